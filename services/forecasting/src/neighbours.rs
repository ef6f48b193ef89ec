//! What early warning and the member's other services tell each other: it says how many beds will be filled, and asks
//! which there are. Neither answer waits for the other: what is asked here is answered from the read model alone.

use domain::event::Resource;
use domain::field::is_region;
use domain::refusal::{Code, Refusal};
use host::area::{self, AreaError, Neighbours};
use host::node::Node;
use planning::demand::Care;
use wire::area::{Beds, BedsAnswer, BedsCourse, BedsDay, BedsForecast, Wards, WardsAnswer};

use crate::Desk;
use crate::answers::{Expected, KNOWN, care_of, expected};

/// Who is asked what stands where.
#[derive(Clone)]
pub(crate) enum Hospitals {
    /// The member's own medical resources.
    Bus(Box<Neighbours>),
    #[cfg(test)]
    Fixed(Result<WardsAnswer, AreaError>),
}

impl Hospitals {
    /// What stands, and where.
    pub(crate) async fn wards(&self, asked: Wards) -> Result<WardsAnswer, AreaError> {
        match self {
            Hospitals::Bus(neighbours) => neighbours.ask(asked).await,
            #[cfg(test)]
            Hospitals::Fixed(answer) => answer.clone(),
        }
    }
}

/// Answers until the node stops.
pub(crate) async fn serve(node: &Node, desk: Desk) -> anyhow::Result<()> {
    let answer = move |asked| {
        let desk = desk.clone();
        async move { beds(&desk, asked).await }
    };
    Ok(area::serve(node, answer).await?)
}

/// Beds that will be filled, by kind.
pub(crate) async fn beds(desk: &Desk, asked: Beds) -> Result<BedsAnswer, Refusal> {
    let unknown = || {
        let known = KNOWN.map(|(code, _)| code).join(", ");
        Refusal::of(Code::BadQuery, "disease", format!("stays are known of {known}"))
    };
    let care = care_of(&asked.disease).ok_or_else(unknown)?;
    if !is_region(&asked.region) {
        return Err(Refusal::of(Code::BadQuery, "region", "is a code of GB/T 2260 or ISO 3166-2"));
    }
    let question = move |days: &crate::model::Days| {
        let found = expected(days, &asked.disease, &asked.region, asked.as_of);
        Ok(found.map(|found| told(&found, care)))
    };
    let found = desk.ask(question).await;
    let (at, forecast) = found.map_err(|problem| Refusal::new(Code::Overloaded, problem.to_string()))?;
    Ok(BedsAnswer { height: at.height, chain_time: at.chain_time, forecast })
}

fn told(found: &Expected, care: &[Care]) -> BedsForecast {
    let course = |care: &Care| {
        let days = found.filled(care).into_iter();
        let days = days.map(|day| BedsDay { low: day.low, middle: day.middle, high: day.high });
        Some(BedsCourse { resource: Resource::parse(care.resource)?, days: days.collect() })
    };
    BedsForecast {
        event: found.forecast,
        reference: found.reference,
        courses: care.iter().filter_map(course).collect(),
    }
}

#[cfg(test)]
mod tests;
