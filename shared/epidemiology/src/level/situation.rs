//! What the rules look at: sums, maxima and numbers of places over the counties of a situation.

use std::collections::{BTreeMap, BTreeSet};

use super::{County, Looked, Rules, Situation, looked};

impl Situation {
    pub(super) fn confirmed(&self) -> Looked {
        looked("confirmed cases", self.sum(County::confirmed), 1)
    }

    pub(super) fn infected_here(&self) -> Looked {
        let cases = if self.imported_only { 0 } else { self.sum(County::confirmed) };
        looked("confirmed cases infected here", cases, 1)
    }

    pub(super) fn any(&self) -> Looked {
        looked("confirmed and suspected cases", self.sum(County::any), 1)
    }

    pub(super) fn in_cities(&self) -> Looked {
        let in_cities = |county: &County| if county.large_city { county.confirmed() } else { 0 };
        looked("confirmed cases in large and medium cities", self.sum(in_cities), 1)
    }

    /// How many of the three signs of spreading there are. One area that has its first cases is where it starts: only a
    /// second area is a sign.
    pub(super) fn spreading(&self, rules: &Rules) -> Looked {
        let now = &self.spreading;
        let grows = now.growing_per_mille.is_some_and(|per_mille| per_mille >= rules.spreading_per_mille);
        let wider = now.areas > now.areas_before && now.areas > 1;
        looked("signs of spreading", [grows, wider, now.exported].into_iter().map(u64::from).sum(), 1)
    }

    pub(super) fn provinces(&self, rules: &Rules) -> Looked {
        let provinces: BTreeSet<_> =
            self.counties.iter().filter(|county| county.any() > 0).map(|county| &county.province).collect();
        looked("provinces", provinces.len() as u64, rules.provinces)
    }

    pub(super) fn prefectures(&self, rules: &Rules) -> Looked {
        let sums = self.by_prefecture(County::confirmed);
        looked("prefectures", sums.into_values().map(|cases| u64::from(cases > 0)).sum(), rules.prefectures)
    }

    pub(super) fn prefecture_week(&self, bound: u32) -> Looked {
        let most = self.by_prefecture(|county| county.week).into_values().max();
        looked("most cases of a week in a prefecture", most.unwrap_or_default(), bound)
    }

    pub(super) fn prefecture_window(&self, bound: u32) -> Looked {
        let most = self.by_prefecture(|county| county.window).into_values().max();
        looked("most cases of the window in a prefecture", most.unwrap_or_default(), bound)
    }

    pub(super) fn county_week(&self, bound: u32) -> Looked {
        looked("most cases of a week in a county", self.most(|county| county.week), bound)
    }

    pub(super) fn county_window(&self, bound: u32) -> Looked {
        looked("most cases of the window in a county", self.most(|county| county.window), bound)
    }

    pub(super) fn counties(&self, rules: &Rules) -> Looked {
        looked("counties with confirmed cases", self.count(|county| county.confirmed() > 0), rules.counties)
    }

    pub(super) fn counties_any(&self, bound: u32) -> Looked {
        looked("counties with cases", self.count(|county| county.any() > 0), bound)
    }

    pub(super) fn first_in_a_city(&self) -> Looked {
        looked("cities with their first cases", self.count(|county| county.first_in_city && county.week > 0), 1)
    }

    pub(super) fn in_an_institution(&self) -> Looked {
        let bound = self.profile.institution.unwrap_or(u32::MAX);
        looked("most cases of a week in an institution", self.most(|county| county.institution), bound)
    }

    /// Counties whose week is above this many thousandths of the usual; where past years are not known none is.
    pub(super) fn in_excess(&self, rules: &Rules, per_mille: u32, bound: u32) -> Looked {
        let exceeds = |county: &County| {
            county.usual.is_some_and(|usual| {
                let now = u128::from(county.week) * u128::from(usual.years) * 1000;
                usual.years > 0 && now > u128::from(usual.cases) * u128::from(per_mille)
            })
        };
        let counties = self.count(|county| county.week >= u64::from(rules.excess_cases) && exceeds(county));
        looked("counties above the usual", counties, bound)
    }

    fn sum(&self, of: impl Fn(&County) -> u64) -> u64 {
        self.counties.iter().map(of).fold(0, u64::saturating_add)
    }

    fn most(&self, of: impl Fn(&County) -> u64) -> u64 {
        self.counties.iter().map(of).max().unwrap_or_default()
    }

    fn count(&self, is: impl Fn(&County) -> bool) -> u64 {
        self.sum(|county| u64::from(is(county)))
    }

    fn by_prefecture(&self, of: impl Fn(&County) -> u64) -> BTreeMap<(&str, &str), u64> {
        let mut sums: BTreeMap<(&str, &str), u64> = BTreeMap::new();
        for county in &self.counties {
            let sum = sums.entry((&county.province, &county.prefecture)).or_default();
            *sum = sum.saturating_add(of(county));
        }
        sums
    }
}

impl County {
    fn confirmed(&self) -> u64 {
        self.week.max(self.window)
    }

    fn any(&self) -> u64 {
        self.confirmed().saturating_add(self.suspected)
    }
}
