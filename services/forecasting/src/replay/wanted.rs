//! What is to be computed again of one event, and what came of it.

use std::collections::BTreeMap;

use domain::event::{Assessment, Event, EventId, Fact, Warning};
use domain::record::Kind;
use domain::time::Date;
use proof::digest::Digest;
use proof::merkle::Frontier;

use super::differs::{Differs, differ, differences, kin};
use crate::detector::Trigger;
use crate::lookout::LEVEL_ENDED;

/// What stands between a fixed-threshold headline and its threshold.
const THRESHOLD: &str = ", threshold ";

/// What is to be computed again.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Its id.
    pub id: EventId,
    /// The event.
    pub event: Event,
    /// The assessment that a warning, a lifting or a directive follows from.
    pub because: Option<Assessment>,
    /// What a warning of a fixed threshold says of itself.
    pub fixed: Option<Fixed>,
    /// Its leaf: nothing that came later can have led to it.
    pub index: u64,
    parts: Vec<Part>,
}

/// The threshold of a disease for a trigger.
pub(super) type Watched = BTreeMap<(String, Trigger), u64>;

/// What a warning of a fixed threshold says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fixed {
    /// The count that reached the threshold.
    pub count: u64,
    /// The threshold.
    pub threshold: u64,
    /// The day, where it is of one.
    pub day: Option<Date>,
}

/// An event that must be said.
#[derive(Clone, Debug)]
struct Part {
    id: EventId,
    event: Event,
    /// The size and root of the log that it was said from.
    said_from: Option<(u64, Digest)>,
    /// The nearest that was said.
    near: Option<(usize, Event)>,
}

impl Wanted {
    /// What there is to compute again of an event whose leaf is at `index`; `of` gives the events of its log. Nothing for
    /// what people wrote.
    pub fn new(id: EventId, index: u64, event: Event, of: impl Fn(&EventId) -> Option<Event>) -> Option<Self> {
        let mut parts = Vec::new();
        follow(id, event.clone(), &of, &mut parts)?;
        let (mut because, mut fixed) = (None, None);
        if let Fact::Warning(warning) = &event.fact {
            fixed = Fixed::of(warning);
        }
        if !matches!(event.fact, Fact::Assessment(_)) {
            because = parts.iter().find_map(|part| match &part.event.fact {
                Fact::Assessment(assessment) => Some(assessment.clone()),
                _ => None,
            });
        }
        Some(Wanted { id, event, because, fixed, index, parts })
    }

    pub(super) fn is_forecast(&self) -> bool {
        matches!(self.event.fact, Fact::Forecast(_))
    }

    /// What must be watched for it to be said. Without a threshold that can be read, nothing is and it does not follow.
    pub(super) fn watched(&self) -> Watched {
        let of = |part: &Part| match &part.event.fact {
            Fact::Warning(warning) => {
                let (trigger, fixed) = (Trigger::parse(&warning.method)?, Fixed::of(warning)?);
                Some(((warning.disease.code.clone(), trigger), fixed.threshold))
            }
            _ => None,
        };
        self.parts.iter().filter_map(of).collect()
    }

    /// The fold said `event`, from the log of that edge.
    pub(super) fn heard(&mut self, id: EventId, event: &Event, edge: &Frontier) {
        for part in &mut self.parts {
            if part.id == id {
                part.said_from = Some((edge.size(), edge.root()));
            } else if kin(&part.event) == kin(event) {
                let far = differences(&part.event, event).len();
                // Of two as near the later one is meant.
                if part.near.as_ref().is_none_or(|(nearest, _)| far <= *nearest) {
                    part.near = Some((far, event.clone()));
                }
            }
        }
    }

    /// What came of it.
    pub(super) fn replayed(&self) -> Replayed {
        let said_from = self.parts.first().and_then(|part| part.said_from);
        let alone = self.parts.len() == 1;
        let differs = self.parts.iter().filter(|part| part.said_from.is_none()).flat_map(|part| {
            let kind = Kind::of(&part.event.fact).name();
            let found = match &part.near {
                Some((_, near)) => differences(&part.event, near),
                None => vec![differ(kind, format!("said as {}", part.id), "not said".to_owned())],
            };
            found.into_iter().map(move |one| match alone || one.what == kind {
                true => one,
                false => Differs { what: format!("{kind}: {}", one.what), ..one },
            })
        });
        Replayed { said_from, differs: differs.collect() }
    }
}

impl Fixed {
    /// Read from the headline that [`crate::warn::of_threshold`] writes.
    fn of(warning: &Warning) -> Option<Self> {
        let trigger = Trigger::parse(&warning.method)?;
        let (before, threshold) = warning.headline.rsplit_once(THRESHOLD)?;
        let (_, what) = before.rsplit_once(": ")?;
        let count = what.split(' ').find_map(|word| word.parse().ok())?;
        let day = (trigger == Trigger::Day).then(|| what.rsplit(' ').next().and_then(Date::parse)).flatten();
        Some(Fixed { count, threshold: threshold.parse().ok()?, day })
    }
}

/// Adds an event and what it follows from, as far as early warning said it; `None` for what people wrote. It ends, since
/// a cause was on the log before what follows from it.
fn follow(id: EventId, event: Event, of: &impl Fn(&EventId) -> Option<Event>, parts: &mut Vec<Part>) -> Option<()> {
    let assessment = |fact: &Fact| matches!(fact, Fact::Assessment(_));
    let cause = || event.causes.first().and_then(|cause| Some((*cause, of(cause)?)));
    let cause = match &event.fact {
        Fact::Assessment(_) | Fact::Forecast(_) => None,
        Fact::Warning(warning) if Trigger::parse(&warning.method).is_some() => None,
        Fact::Warning(warning) if !warning.method.is_empty() => {
            Some(cause().filter(|(_, cause)| assessment(&cause.fact))?)
        }
        Fact::Directive(directive) if !directive.measure.is_empty() => {
            Some(cause().filter(|(_, cause)| matches!(cause.fact, Fact::Warning(_)))?)
        }
        Fact::Lifting(lifting) if lifting.reason == LEVEL_ENDED => {
            Some(cause().filter(|(_, cause)| assessment(&cause.fact) || matches!(cause.fact, Fact::Warning(_)))?)
        }
        _ => return None,
    };
    parts.push(Part { id, event, said_from: None, near: None });
    cause.map_or(Some(()), |(id, event)| follow(id, event, of, parts))
}

/// What came out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replayed {
    /// The size and root of the log that it was said from; none where it was not said.
    pub said_from: Option<(u64, Digest)>,
    /// How what was computed again differs; nothing where it is the same.
    pub differs: Vec<Differs>,
}
