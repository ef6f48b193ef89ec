//! How much of an item is used up, as a deployment or a question states it, over what is shipped.

use std::collections::{BTreeMap, BTreeSet};

use domain::chain::is_name;
use domain::refusal::{Code, Refusal};
use planning::supply::rates::{over, shipped};
use planning::supply::{Per, Rate};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Rates of one deployment or question: items of a hospital that anybody counts by the day.
const MAX_RATES: usize = 200;
/// Bytes of a source: a citation, not the paper.
const MAX_SOURCE: usize = 300;

/// How much of an item is used up.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StatedRate {
    item: String,
    /// `patient-day`, `ward-patient-day` (not in intensive care), `severe-patient-day`, `critical-patient-day` (in intensive
    /// care) or `staff-shift`.
    per: String,
    /// Thousandths of a unit.
    milli: u64,
    /// Who says so, with the version or date.
    source: String,
}

impl From<&Rate> for StatedRate {
    fn from(rate: &Rate) -> Self {
        StatedRate {
            item: rate.item.clone(),
            per: rate.per.name().to_owned(),
            milli: rate.milli,
            source: rate.source.clone(),
        }
    }
}

/// Rates to compute by: who states any rate of an item states all of them.
#[derive(Clone, Debug)]
pub struct Rates {
    rates: Vec<Rate>,
    /// Items that somebody here spoke of, beside those that published figures happen to name.
    named: BTreeSet<String>,
}

impl Rates {
    /// The shipped ones, and a deployment's over them.
    pub fn of_deployment(stated: &[StatedRate]) -> Result<Self, Refusal> {
        Rates { rates: shipped(), named: BTreeSet::new() }.and(stated)
    }

    /// These, and others over them.
    pub(crate) fn and(mut self, stated: &[StatedRate]) -> Result<Self, Refusal> {
        if stated.len() > MAX_RATES {
            return Err(Refusal::of(Code::Limit, "rates", format!("is more than {MAX_RATES}")));
        }
        let checked = stated.iter().map(checked).collect::<Result<Vec<_>, _>>()?;
        self.named.extend(checked.iter().map(|rate| rate.item.clone()));
        Ok(Rates { rates: over(self.rates, &checked), named: self.named })
    }

    /// Those of one item.
    pub(crate) fn only(self, item: String) -> Self {
        let rates = self.rates.into_iter().filter(|rate| rate.item == item).collect();
        Rates { rates, named: BTreeSet::from([item]) }
    }

    /// Without those of items that the chain never had and nobody here spoke of: they are made otherwise here, or called
    /// otherwise, and would be short for ever. And the names of these items.
    pub(crate) fn stocked(mut self, known: &BTreeMap<String, u64>) -> (Self, Vec<String>) {
        let other = |item: &String| !known.contains_key(item) && !self.named.contains(item);
        let others = self.rates.iter().map(|rate| &rate.item).filter(|item| other(item)).cloned();
        let others = others.collect::<BTreeSet<_>>();
        self.rates.retain(|rate| !others.contains(&rate.item));
        (self, others.into_iter().collect())
    }

    pub(crate) fn all(&self) -> &[Rate] {
        &self.rates
    }

    /// Those of an item, as they are shown.
    pub(crate) fn of(&self, item: &str) -> Vec<StatedRate> {
        self.rates.iter().filter(|rate| rate.item == item).map(StatedRate::from).collect()
    }
}

fn checked(stated: &StatedRate) -> Result<Rate, Refusal> {
    let per = Per::parse(&stated.per).ok_or_else(|| {
        let names = Per::ALL.map(Per::name).join(", ");
        Refusal::of(Code::UnknownCode, "rates.per", format!("is one of {names}"))
    })?;
    if !is_name(&stated.item) {
        return Err(Refusal::of(Code::UnknownCode, "rates.item", "is 1 to 64 of a-z, 0-9 and -"));
    }
    if stated.source.trim().is_empty() || stated.source.len() > MAX_SOURCE {
        let detail = format!("a rate names who says so, in at most {MAX_SOURCE} bytes");
        return Err(Refusal::of(Code::Malformed, "rates.source", detail));
    }
    Ok(Rate { item: stated.item.clone(), per, milli: stated.milli, source: stated.source.clone() })
}
