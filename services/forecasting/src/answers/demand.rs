//! Beds that the forecasts will fill: counted cases and the ensemble's newest forecast, times published stays. REST and the
//! member's other services are answered from here alone.

use domain::event::{Classification, EventId};
use domain::time::Date;
use epidemiology::forecast::{LEVELS, MEDIAN};
use planning::demand::{AHEAD, COVID_19, Care, Coming, Filled};

use super::series::{Wanted, counts_known};
use crate::model::Days;
use crate::place;

/// The model whose word is taken.
const TRUSTED: &str = "ensemble";
/// The diseases whose stays are known here, by ICD-10 code.
pub(crate) const KNOWN: [(&str, &[Care]); 1] = [("U07.1", &COVID_19)];
/// The quantiles of the low and the high course, by which a shortage is foreseen: 10 % and 90 %.
const LOW: f64 = 0.1;
const HIGH: f64 = 0.9;

/// Kinds of beds that cases of a disease need.
pub(crate) fn care_of(disease: &str) -> Option<&'static [Care]> {
    KNOWN.iter().find(|(code, _)| *code == disease).map(|(_, care)| *care)
}

/// Cases counted and cases to come.
#[derive(Clone, Debug)]
pub(crate) struct Expected {
    /// The forecast on the log.
    pub(crate) forecast: EventId,
    /// The last day it counted.
    pub(crate) reference: Date,
    past: Vec<u64>,
    coming: Vec<Coming>,
}

impl Expected {
    /// Beds filled on each day to come, at most [`AHEAD`], the nearest first.
    pub(crate) fn filled(&self, care: &Care) -> Vec<Filled> {
        care.filled(&self.past, &self.coming)
    }
}

/// What is expected of a disease in a region, by what was known at the end of a day or is known now; none without a
/// forecast.
pub(crate) fn expected(days: &Days, disease: &str, region: &str, as_of: Option<Date>) -> Option<Expected> {
    let (forecast, issued) = days.newest(&place::named(disease, region), TRUSTED, as_of)?;
    let (reference, class) = (issued.reference, Classification::Confirmed);
    let (disease, region) = (disease.to_owned(), region.to_owned());
    let wanted = Wanted { disease, region, class, from: None, to: Some(reference) };
    let counts = counts_known(days, &wanted, as_of);
    // A day of which nobody said anything adds no patient that anybody knows of.
    let past = counts.map(|counts| counts.days().map(|(_, count)| count.unwrap_or(0)).collect());
    let at = |level: f64| LEVELS.iter().position(|one| *one >= level).unwrap_or(MEDIAN);
    let coming = issued.steps.iter().take(AHEAD).map(|step| {
        let of = |level: usize| step.get(level).copied().unwrap_or(0);
        Coming { low: of(at(LOW)), middle: of(MEDIAN), high: of(at(HIGH)) }
    });
    Some(Expected { forecast, reference, past: past.unwrap_or_default(), coming: coming.collect() })
}
