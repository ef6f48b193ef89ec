//! Whether groups of cases differ: how many there are of each and what they are like, and how long each waited from onset to
//! report. The tests are those of `epidemiology::statistics`; one that can't be made says why.
//!
//! Who did not state what they are grouped by is counted, but is no group. Of more than [`MAX_GROUPS`] groups the largest
//! are compared. Nothing is corrected for asking many questions.

use std::collections::{BTreeMap, BTreeSet};

use domain::event::{AgeBand, CaseReport, Classification, Sex};
use epidemiology::statistics::{
    Centre, GroupTest, StatisticsError, anova, goodness_of_fit, independence, kruskal_wallis, levene, welch_anova,
};

/// Groups that are compared: the districts of a city and its larger hospitals, and a table that people still read.
pub(crate) const MAX_GROUPS: usize = 50;

/// What cases are grouped by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum By {
    Age,
    Sex,
    Region,
    Facility,
    Origin,
    Classification,
}

impl By {
    /// Each.
    pub(crate) const ALL: [By; 6] = [By::Age, By::Sex, By::Region, By::Facility, By::Origin, By::Classification];

    /// Its name in a query.
    pub(crate) fn name(self) -> &'static str {
        match self {
            By::Age => "age",
            By::Sex => "sex",
            By::Region => "region",
            By::Facility => "facility",
            By::Origin => "origin",
            By::Classification => "classification",
        }
    }

    /// The group of a case in a region; none where it is not stated.
    fn group(self, case: &CaseReport, region: &str) -> Option<String> {
        let group = match self {
            By::Age if case.age_band == AgeBand::Unknown => return None,
            By::Sex if case.sex == Sex::Unknown => return None,
            By::Origin if case.origin == domain::event::Origin::Unknown => return None,
            By::Age => case.age_band.name(),
            By::Sex => case.sex.name(),
            By::Region => region,
            By::Facility => &case.facility,
            By::Origin => case.origin.name(),
            By::Classification => case.classification.name(),
        };
        Some(group.to_owned())
    }

    /// The place of a group among the others: bands of age and classes in their own order, names by the alphabet.
    fn order(self, group: &str) -> (usize, String) {
        let place = match self {
            By::Age => AgeBand::ALL.iter().position(|band| band.name() == group),
            By::Classification => Classification::ALL.iter().position(|class| class.name() == group),
            _ => None,
        };
        (place.unwrap_or_default(), group.to_owned())
    }
}

/// A group of cases.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Group {
    pub(crate) name: String,
    /// Cases by what they are held against, in the order of the columns.
    pub(crate) counts: Vec<u64>,
    /// Days from onset to report of those whose onset is known.
    pub(crate) delays: Vec<f64>,
}

impl Group {
    /// All its cases.
    pub(crate) fn cases(&self) -> u64 {
        self.counts.iter().sum()
    }
}

/// A test that was made.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Made {
    pub(crate) statistic: f64,
    pub(crate) df: (f64, Option<f64>),
    pub(crate) p: f64,
    /// The name and size of the effect.
    pub(crate) effect: (&'static str, f64),
    /// What to keep in mind.
    pub(crate) note: Option<&'static str>,
}

/// A test by its name, of how many values, with its result or why there is none.
pub(crate) type Test = (&'static str, usize, Result<Made, StatisticsError>);

/// Groups held against each other.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Comparison {
    pub(crate) columns: Vec<String>,
    pub(crate) groups: Vec<Group>,
    /// Cases that did not state their group or column.
    pub(crate) not_stated: u64,
    /// Cases of groups that were too many.
    pub(crate) left_out: u64,
    pub(crate) tests: Vec<Test>,
}

/// Compares cases, each with its region, `by` one thing `against` another. `shares` are what each group was expected to have
/// of all cases (in any unit), such as its part of the population; without them, as much as every other.
pub(crate) fn compare(
    cases: &[(&CaseReport, &str)],
    by: By,
    against: By,
    shares: Option<&BTreeMap<String, f64>>,
) -> Comparison {
    let mut not_stated = 0;
    let (mut found, mut columns) = (BTreeMap::<_, Vec<_>>::new(), BTreeMap::new());
    for (case, region) in cases {
        let Some((group, column)) = by.group(case, region).zip(against.group(case, region)) else {
            not_stated += 1;
            continue;
        };
        let column = against.order(&column);
        columns.insert(column.clone(), ());
        found.entry(by.order(&group)).or_default().push((*case, column));
    }
    let mut sizes = found.iter().map(|(group, cases)| (cases.len(), group.clone())).collect::<Vec<_>>();
    sizes.sort_by(|one, other| other.0.cmp(&one.0).then_with(|| one.1.cmp(&other.1)));
    let small = sizes.split_off(sizes.len().min(MAX_GROUPS));
    for (_, group) in &small {
        found.remove(group);
    }
    let groups = found.into_iter().map(|((_, name), cases)| Group {
        name,
        counts: columns.keys().map(|column| cases.iter().filter(|(_, has)| has == column).count() as u64).collect(),
        delays: cases.iter().filter_map(|(case, _)| delay(case)).collect(),
    });
    let groups = groups.collect::<Vec<_>>();
    let tests = tests(&groups, shares);
    let left_out = small.iter().map(|(cases, _)| *cases as u64).sum();
    Comparison { columns: columns.into_keys().map(|(_, name)| name).collect(), groups, not_stated, left_out, tests }
}

/// Days from the onset of a case to its reporting day.
fn delay(case: &CaseReport) -> Option<f64> {
    Some(f64::from(case.report_date.0.checked_sub(case.onset_date?.0)?))
}

/// Below this expected count a p-value of chi-square is a rough one (Cochran 1954, doi:10.2307/3001616).
const LEAST_EXPECTED: f64 = 5.0;
const ROUGH: &str = "rough: a count of less than 5 was to be expected";

fn tests(groups: &[Group], shares: Option<&BTreeMap<String, f64>>) -> Vec<Test> {
    let table = groups.iter().map(|group| group.counts.iter().map(|count| *count as f64).collect::<Vec<_>>());
    let table = table.collect::<Vec<_>>();
    let cases = groups.iter().map(Group::cases).sum::<u64>();
    let n = usize::try_from(cases).unwrap_or(usize::MAX);
    // A single delay has no spread and says little of a mean.
    let delays = groups.iter().map(|group| group.delays.clone()).filter(|delays| delays.len() > 1);
    let delays = delays.collect::<Vec<_>>();
    let waited = delays.iter().map(Vec::len).sum();
    let of_groups = |result: Result<GroupTest, StatisticsError>| {
        result.map(|test| Made {
            statistic: test.statistic,
            df: (test.df.0, Some(test.df.1)),
            p: test.p,
            effect: ("eta_squared", test.eta_squared),
            note: None,
        })
    };
    let ranks = kruskal_wallis(&delays).map(|test| Made {
        statistic: test.statistic,
        df: (test.df as f64, None),
        p: test.p,
        effect: ("epsilon_squared", test.epsilon_squared),
        note: None,
    });
    let related = independence(&table, false).map(|table| Made {
        statistic: table.test.statistic,
        df: (table.test.df as f64, None),
        p: table.test.p,
        effect: ("cramers_v", table.cramers_v),
        note: (table.least_expected < LEAST_EXPECTED).then_some(ROUGH),
    });
    vec![
        ("chi_square_fit", n, fit(groups, cases as f64, shares)),
        ("chi_square_independence", n, related),
        ("anova", waited, of_groups(anova(&delays))),
        ("welch_anova", waited, of_groups(welch_anova(&delays))),
        ("kruskal_wallis", waited, ranks),
        ("levene", waited, of_groups(levene(&delays, Centre::Median))),
    ]
}

/// Whether each group has as many cases as its share; one that has a share and no case counts, too. The effect is Cohen's w,
/// the root of chi-square a case.
fn fit(groups: &[Group], cases: f64, shares: Option<&BTreeMap<String, f64>>) -> Result<Made, StatisticsError> {
    let counted = groups.iter().map(|group| (group.name.as_str(), group.cases() as f64)).collect::<BTreeMap<_, _>>();
    let names = counted.keys().copied().chain(shares.into_iter().flat_map(|shares| shares.keys().map(String::as_str)));
    let names = names.collect::<BTreeSet<_>>();
    let share = |name: &str| shares.map_or(1.0, |shares| shares.get(name).copied().unwrap_or_default());
    let all = names.iter().map(|name| share(name)).sum::<f64>();
    let expected = names.iter().map(|name| cases * share(name) / all).collect::<Vec<_>>();
    let observed = names.iter().map(|name| counted.get(name).copied().unwrap_or_default()).collect::<Vec<_>>();
    let test = goodness_of_fit(&observed, &expected, 0)?;
    Ok(Made {
        statistic: test.statistic,
        df: (test.df as f64, None),
        p: test.p,
        effect: ("cohens_w", (test.statistic / cases).sqrt()),
        note: expected.iter().any(|due| *due < LEAST_EXPECTED).then_some(ROUGH),
    })
}
