//! The risk index: the papers' three-level table of indicators made computable, each with what it was computed from, their
//! weighted mean in thousandths, and the colour it stands for.
//!
//! What is not known drops out, the weights of the rest are scaled up, and what dropped out is said. Scores are floats and
//! stay here; a ledger sees [`Index::per_mille`] and a level.

mod indicators;
pub mod weights;

use domain::event::{AlertLevel, EventId};

use crate::stage::Stage;
use indicators::Score;
use weights::{Judged, WeightsError, judged};

pub use indicators::{
    Areas, Band, Burden, Diffusion, Kind, Neighbour, Periods, RARE_YEARS, RECORDS_NEEDED, Severity, Timing,
};

/// The indicators in the order of the weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Indicator {
    /// Areas involved.
    Areas,
    /// The trend to spread.
    Diffusion,
    /// Cases around.
    Surroundings,
    /// Time since the last case against the longest incubation.
    Recency,
    /// Doubling time against the mean incubation.
    Doubling,
    /// What disease it is.
    Disease,
    /// Cases against the detector's bound.
    Burden,
    /// Ages against the population.
    Ages,
    /// Severe cases.
    Severity,
}

impl Indicator {
    /// Every indicator.
    pub const ALL: [Indicator; 9] = [
        Indicator::Areas,
        Indicator::Diffusion,
        Indicator::Surroundings,
        Indicator::Recency,
        Indicator::Doubling,
        Indicator::Disease,
        Indicator::Burden,
        Indicator::Ages,
        Indicator::Severity,
    ];

    /// The name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Indicator::Areas => "areas",
            Indicator::Diffusion => "diffusion",
            Indicator::Surroundings => "surroundings",
            Indicator::Recency => "recency",
            Indicator::Doubling => "doubling",
            Indicator::Disease => "disease",
            Indicator::Burden => "burden",
            Indicator::Ages => "ages",
            Indicator::Severity => "severity",
        }
    }
}

/// Something observed, and the events it was computed from.
#[derive(Clone, Debug, PartialEq)]
pub struct Observed<T> {
    /// The observation.
    pub value: T,
    /// The events, so that an audit can compute it again.
    pub events: Vec<EventId>,
}

/// What the index is computed from; what is not known is `None`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Inputs {
    /// For [`Indicator::Areas`].
    pub areas: Option<Observed<Areas>>,
    /// For [`Indicator::Diffusion`].
    pub diffusion: Option<Observed<Diffusion>>,
    /// For [`Indicator::Surroundings`].
    pub surroundings: Option<Observed<Vec<Neighbour>>>,
    /// For [`Indicator::Recency`] and [`Indicator::Doubling`].
    pub timing: Option<Observed<Timing>>,
    /// For [`Indicator::Disease`].
    pub disease: Option<Observed<Kind>>,
    /// For [`Indicator::Burden`].
    pub burden: Option<Observed<Burden>>,
    /// For [`Indicator::Ages`].
    pub ages: Option<Observed<Vec<Band>>>,
    /// For [`Indicator::Severity`].
    pub severity: Option<Observed<Severity>>,
}

/// An indicator's score.
#[derive(Clone, Debug, PartialEq)]
pub struct Scored {
    /// Which.
    pub indicator: Indicator,
    /// 0 to 1.
    pub score: f64,
    /// Its weight among those that are known; they sum to 1.
    pub weight: f64,
    /// What it was computed from, in words.
    pub says: String,
    /// And in events.
    pub events: Vec<EventId>,
}

/// The index of an area and disease.
#[derive(Clone, Debug, PartialEq)]
pub struct Index {
    /// The weighted mean of the scores in thousandths, 0 to 1000.
    pub per_mille: u16,
    /// The colour it stands for.
    pub band: AlertLevel,
    /// What the known indicators weigh of all, in thousandths, before their weights were scaled up.
    pub known_per_mille: u16,
    /// The indicators that are known, in their order.
    pub scored: Vec<Scored>,
    /// The indicators that dropped out.
    pub missing: Vec<Indicator>,
}

/// The weights of [`Indicator::ALL`].
pub type Weights = [f64; Indicator::ALL.len()];

/// The default weights and the worst consistency ratio of the judgements behind them.
///
/// Judged by this system after the papers' order of importance, not theirs in numbers: first people and places (what is
/// happening), then the disease (what it can do), then time. Within places the trend counts twice the number, within people
/// cases and severity twice the ages.
///
/// # Errors
/// Never for the judgements as committed: a test computes them.
pub fn default_weights() -> Result<(Weights, f64), WeightsError> {
    // Places, time, disease, people: how many times as important the first of each pair is.
    let top = judged(&[2.0, 1.0, 0.5, 0.5, 1.0 / 3.0, 0.5])?;
    // Areas, diffusion, surroundings.
    let places = judged(&[0.5, 1.0, 2.0])?;
    // Recency, doubling.
    let time = judged(&[1.0])?;
    let disease = judged(&[])?;
    // Burden, ages, severity.
    let people = judged(&[2.0, 1.0, 0.5])?;
    let below = [&places, &time, &disease, &people];
    let products =
        top.weights.iter().zip(below).flat_map(|(above, below)| below.weights.iter().map(move |own| above * own));
    let mut weights = Weights::default();
    weights.iter_mut().zip(products).for_each(|(place, weight)| *place = weight);
    let consistency = |judged: &Judged| judged.consistency;
    Ok((weights, below.into_iter().chain([&top]).map(consistency).fold(0.0, f64::max)))
}

/// The index; `None` when nothing is known or what is known weighs nothing.
pub fn index(inputs: &Inputs, weights: &Weights) -> Option<Index> {
    let weighed = Indicator::ALL.into_iter().zip(weights).map(|(indicator, weight)| (indicator, weight.max(0.0)));
    let whole: f64 = weighed.clone().map(|(_, weight)| weight).filter(|weight| weight.is_finite()).sum();
    let (mut scored, mut missing) = (Vec::new(), Vec::new());
    for (indicator, weight) in weighed {
        match score(inputs, indicator) {
            Some(((score, says), events)) if score.is_finite() && weight.is_finite() => {
                let (score, events) = (score.clamp(0.0, 1.0), events.to_vec());
                scored.push(Scored { indicator, score, weight, says, events });
            }
            _ => missing.push(indicator),
        }
    }
    let all: f64 = scored.iter().map(|scored| scored.weight).sum();
    if !(all > 0.0 && all.is_finite()) {
        return None;
    }
    scored.iter_mut().for_each(|scored| scored.weight /= all);
    let per_mille = per_mille(scored.iter().map(|scored| scored.score * scored.weight).sum());
    let known_per_mille = self::per_mille(all / whole);
    Some(Index { per_mille, band: band(per_mille), known_per_mille, scored, missing })
}

fn score(inputs: &Inputs, indicator: Indicator) -> Option<(Score, &[EventId])> {
    fn of<T>(observed: &Option<Observed<T>>, score: fn(&T) -> Option<Score>) -> Option<(Score, &[EventId])> {
        let observed = observed.as_ref()?;
        Some((score(&observed.value)?, &observed.events))
    }
    match indicator {
        Indicator::Areas => of(&inputs.areas, indicators::areas),
        Indicator::Diffusion => of(&inputs.diffusion, indicators::diffusion),
        Indicator::Surroundings => of(&inputs.surroundings, |around| indicators::surroundings(around)),
        Indicator::Recency => of(&inputs.timing, indicators::recency),
        Indicator::Doubling => of(&inputs.timing, indicators::doubling),
        Indicator::Disease => of(&inputs.disease, indicators::kind),
        Indicator::Burden => of(&inputs.burden, indicators::burden),
        Indicator::Ages => of(&inputs.ages, |bands| indicators::ages(bands)),
        Indicator::Severity => of(&inputs.severity, indicators::severity),
    }
}

/// A share in thousandths, rounded to the nearest: the one way from a float to the ledger.
pub fn per_mille(share: f64) -> u16 {
    // A cast from a float saturates, and no number becomes 0.
    (share.clamp(0.0, 1.0) * 1000.0).round() as u16
}

/// The colour of an index: blue to 0.25, yellow to 0.5, orange to 0.75, red above.
pub fn band(per_mille: u16) -> AlertLevel {
    match per_mille {
        0..=250 => AlertLevel::Blue,
        251..=500 => AlertLevel::Yellow,
        501..=750 => AlertLevel::Orange,
        _ => AlertLevel::Red,
    }
}

/// What the known indicators must weigh of all, in thousandths, for the index to count for a level. Scaled up, few of them
/// shout: with three cases in a city, of which only recency, growth and the disease were known, the index was red.
pub const ENOUGH_KNOWN: u16 = 500;

/// The level of an area: the rule's, which the index may raise by one step, but never to red.
///
/// A rule counts cases and is written in a plan. The index weighs signs by judgement, several of them are shares of small
/// numbers, and what is not known was left out: it tells a grave orange from a mild one and puts a first blue beside
/// what no rule grades, but a national emergency by weights alone would be nobody's decision. It counts only with
/// [`ENOUGH_KNOWN`], and where something is going on: in a quiet stage it alarms nobody.
pub fn grade(stage: Stage, index: Option<&Index>, rule: Option<AlertLevel>) -> Option<AlertLevel> {
    let going_on = match stage {
        Stage::Sporadic | Stage::Ended => false,
        Stage::Alert | Stage::Growth | Stage::Plateau | Stage::Decline => true,
    };
    let index = index.filter(|index| going_on && index.known_per_mille >= ENOUGH_KNOWN);
    let step = match rule {
        None => AlertLevel::Blue,
        Some(AlertLevel::Blue) => AlertLevel::Yellow,
        Some(AlertLevel::Yellow | AlertLevel::Orange | AlertLevel::Red) => AlertLevel::Orange,
    };
    rule.max(index.map(|index| index.band.min(step)))
}

#[cfg(test)]
mod tests;
