//! Which patient goes to which bed.
//!
//! As many as can be, the severe ones first, each as near as that leaves possible. To place a patient counts twice what the
//! grade of severity below counts, and the mildest outweighs [`WORTH`] minutes; so ways are made longer to place one more, and
//! nobody waits to spare others a drive. A minute on the way counts as often as the patient is severe. It proposes: whether a patient can be moved is for who stands at the bed.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::transport::{Lane, Problem, Unsolved};
use crate::travel::{Place, minutes};

/// Minutes that placing a patient of severity 1 outweighs: more than what it can cost that a dozen critical patients each
/// move on to a bed an hour farther.
pub const WORTH: i64 = 10_000;
/// The gravest severity.
pub const MAX_SEVERITY: u8 = 5;
/// Nobody is driven for longer than this without a decision of its own.
pub const MAX_MINUTES: u32 = 24 * 60;

/// Who waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Patient {
    /// What the asking member calls the patient: a number of its own, never a name.
    pub reference: String,
    /// 1, mild, to [`MAX_SEVERITY`], critical.
    pub severity: u8,
    /// Where.
    pub place: Place,
    /// The kind of bed that is needed.
    pub resource: String,
}

/// Free beds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beds {
    /// The facility.
    pub facility: String,
    /// Where it is.
    pub place: Place,
    /// Their kind.
    pub resource: String,
    /// How many nobody lies in and nobody holds.
    pub free: u64,
}

/// What is proposed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// Who goes where, in the order of the patients.
    pub placed: Vec<Placed>,
    /// Who waits, in the order of the patients.
    pub waiting: Vec<Waiting>,
    /// Facilities and kinds where one more bed would do most, best first.
    pub scarce: Vec<Scarce>,
}

/// A patient's bed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    /// The patient.
    pub reference: String,
    /// The facility.
    pub facility: String,
    /// Minutes by road.
    pub minutes: u32,
    /// Facilities that are nearer and have such beds, nearest first, all taken by others; empty: the nearest there is.
    pub nearer_full: Vec<String>,
}

/// A patient without a bed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// The patient.
    pub reference: String,
    /// Why.
    pub why: Why,
}

/// Why a patient waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// No facility has a free bed of that kind.
    NoneFree,
    /// The nearest free one is too far.
    TooFar {
        /// Where.
        facility: String,
        /// How far.
        minutes: u32,
    },
    /// Those in reach are taken by patients at least as severe.
    Outweighed {
        /// How many facilities are in reach.
        in_reach: usize,
        /// The severity of the mildest patient in one of them.
        mildest: u8,
    },
}

/// A kind of bed that is short at a facility.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scarce {
    /// The facility.
    pub facility: String,
    /// The kind.
    pub resource: String,
    /// What one more would be worth in minutes; [`WORTH`] times a grade's weight where it would place somebody.
    pub worth: i64,
}

/// Why there is no plan.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// A severity is none of 1 to 5.
    #[error("patient {0}: the severity is not between 1 and 5")]
    Severity(usize),
    /// A place is not on the Earth.
    #[error("{0}: the place is not on the Earth")]
    Place(String),
    /// The limit is too long.
    #[error("the limit is more than 24 hours")]
    Limit,
    /// The solver failed.
    #[error(transparent)]
    Unsolved(#[from] Unsolved),
}

/// Patients that are the same to the plan. The severe come first, so that fewer are moved on again.
type Group = (Reverse<u8>, Place);

/// Proposes beds for patients, none more than `limit` minutes away.
///
/// # Errors
/// [`Refused`].
pub fn assign(patients: &[Patient], beds: &[Beds], limit: u32) -> Result<Plan, Refused> {
    if limit > MAX_MINUTES {
        return Err(Refused::Limit);
    }
    if let Some(at) = patients.iter().position(|patient| !(1..=MAX_SEVERITY).contains(&patient.severity)) {
        return Err(Refused::Severity(at));
    }
    if let Some(patient) = patients.iter().find(|patient| !patient.place.is_sound()) {
        return Err(Refused::Place(patient.reference.clone()));
    }
    if let Some(beds) = beds.iter().find(|beds| !beds.place.is_sound()) {
        return Err(Refused::Place(beds.facility.clone()));
    }
    let mut kinds = BTreeMap::<&str, BTreeMap<Group, Vec<usize>>>::new();
    for (at, patient) in patients.iter().enumerate() {
        let group = (Reverse(patient.severity), patient.place);
        kinds.entry(&patient.resource).or_default().entry(group).or_default().push(at);
    }
    let mut found = Found { placed: BTreeMap::new(), waiting: BTreeMap::new(), scarce: Vec::new() };
    for (resource, groups) in kinds {
        let beds = beds.iter().filter(|beds| beds.resource == resource && beds.free > 0).collect::<Vec<_>>();
        one_kind(patients, &groups, &beds, limit, &mut found)?;
    }
    found.scarce.sort_by(|one, other| (other.worth, &one.facility).cmp(&(one.worth, &other.facility)));
    Ok(Plan {
        placed: found.placed.into_values().collect(),
        waiting: found.waiting.into_values().collect(),
        scarce: found.scarce,
    })
}

/// By the patient's index.
struct Found {
    placed: BTreeMap<usize, Placed>,
    waiting: BTreeMap<usize, Waiting>,
    scarce: Vec<Scarce>,
}

/// A lane with what it was made of.
struct Way {
    site: usize,
    minutes: u32,
    amount: u64,
}

fn one_kind(
    patients: &[Patient],
    groups: &BTreeMap<Group, Vec<usize>>,
    beds: &[&Beds],
    limit: u32,
    found: &mut Found,
) -> Result<(), Refused> {
    let mut problem = Problem {
        units: groups.values().map(|members| members.len() as u64).collect(),
        room: beds.iter().map(|beds| beds.free).collect(),
        lanes: Vec::new(),
    };
    // Every way, nearest first, whether in reach or not: the reasons name those out of reach too.
    let mut all = Vec::with_capacity(groups.len());
    for (from, (Reverse(severity), place)) in groups.keys().enumerate() {
        let ways = beds.iter().enumerate().map(|(site, beds)| (minutes(*place, beds.place), site));
        let mut ways = ways.collect::<Vec<_>>();
        ways.sort_unstable();
        let reached = ways.iter().take_while(|(minutes, _)| *minutes <= limit);
        problem.lanes.extend(reached.map(|(minutes, to)| Lane { from, to: *to, cost: cost(*minutes, *severity) }));
        all.push(ways);
    }
    let shipment = problem.solve()?;
    let severities = groups.keys().map(|(Reverse(severity), _)| *severity).collect::<Vec<_>>();
    let mut mildest = vec![MAX_SEVERITY; beds.len()];
    let mut ways = groups.iter().map(|_| Vec::new()).collect::<Vec<Vec<Way>>>();
    for (lane, amount) in problem.lanes.iter().zip(&shipment.amounts).filter(|(_, amount)| **amount > 0) {
        let severity = severities.get(lane.from).copied().unwrap_or(MAX_SEVERITY);
        if let Some(least) = mildest.get_mut(lane.to) {
            *least = severity.min(*least);
        }
        let way = Way { site: lane.to, minutes: minutes_of(lane.cost, severity), amount: *amount };
        if let Some(ways) = ways.get_mut(lane.from) {
            ways.push(way);
        }
    }
    for ((members, ways), all) in groups.values().zip(&ways).zip(&all) {
        let to =
            ways.iter().flat_map(|way| std::iter::repeat_n(way, usize::try_from(way.amount).unwrap_or(usize::MAX)));
        let mut members = members.iter().filter_map(|at| Some((*at, patients.get(*at)?)));
        for (way, (at, patient)) in to.zip(members.by_ref()) {
            let nearer = all.iter().take_while(|(minutes, _)| *minutes < way.minutes);
            let nearer = nearer.filter_map(|(_, site)| Some(beds.get(*site)?.facility.clone()));
            let facility = beds.get(way.site).map_or_else(String::new, |beds| beds.facility.clone());
            let reference = patient.reference.clone();
            let placed = Placed { reference, facility, minutes: way.minutes, nearer_full: nearer.collect() };
            found.placed.insert(at, placed);
        }
        for (at, patient) in members {
            let why = why(all, beds, limit, &mildest);
            found.waiting.insert(at, Waiting { reference: patient.reference.clone(), why });
        }
    }
    let short = beds.iter().zip(&shipment.prices).filter(|(_, worth)| **worth > 0);
    let short = short.map(|(beds, worth)| Scarce {
        facility: beds.facility.clone(),
        resource: beds.resource.clone(),
        worth: *worth,
    });
    found.scarce.extend(short);
    Ok(())
}

/// What placing a patient of a severity is worth in minutes.
fn worth(severity: u8) -> i64 {
    WORTH << u32::from(severity.saturating_sub(1))
}

fn cost(minutes: u32, severity: u8) -> i64 {
    i64::from(minutes) * i64::from(severity) - worth(severity)
}

/// The minutes that [`cost`] was made of.
fn minutes_of(cost: i64, severity: u8) -> u32 {
    u32::try_from((cost + worth(severity)) / i64::from(severity.max(1))).unwrap_or(u32::MAX)
}

fn why(ways: &[(u32, usize)], beds: &[&Beds], limit: u32, mildest: &[u8]) -> Why {
    let Some((nearest, site)) = ways.first() else { return Why::NoneFree };
    if *nearest > limit {
        let facility = beds.get(*site).map_or_else(String::new, |beds| beds.facility.clone());
        return Why::TooFar { facility, minutes: *nearest };
    }
    let reached = || ways.iter().take_while(|(minutes, _)| *minutes <= limit);
    let least = reached().filter_map(|(_, site)| mildest.get(*site)).min();
    Why::Outweighed { in_reach: reached().count(), mildest: least.copied().unwrap_or(MAX_SEVERITY) }
}

#[cfg(test)]
mod tests;
