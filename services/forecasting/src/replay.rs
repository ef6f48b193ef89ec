//! Computing again what early warning said, from a log that somebody kept: a warning, an assessment or a forecast.
//!
//! What is said is a function of the log and of the author's key, to the byte. So the same fold over the same entries
//! says the very event, or the event does not follow from the log; then the nearest thing that does is held against it.
//! A warning that follows from an assessment is the same only if the assessment is too: who may write one can write any.
//!
//! Thresholds are configuration and on no log. A warning of a fixed threshold names its own at the end of its headline,
//! and it is replayed as if that had been the threshold from the first leaf on. Limit: what was signed by a member's
//! earlier key counts as another's.

use std::sync::Arc;

use anyhow::{Context as _, bail};
use domain::event::{Assessment, Disease, Event, EventId, Fact, Forecast, Warning};
use domain::genesis::Genesis;
use domain::record::Kind;
use domain::time::Date;
use host::projection::Entry;
use proof::digest::Digest;
use proof::merkle::{Frontier, leaf_hash};
use serde::Serialize;

use crate::detector::{Thresholds, Trigger, Watch};
use crate::model::{Days, Says, said};
use crate::warn::Author;

/// What stands between a fixed-threshold headline and its threshold.
const THRESHOLD: &str = ", threshold ";

/// What is to be computed again.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// The event.
    pub event: Event,
    /// The assessment that a warning follows from.
    pub because: Option<Assessment>,
    /// What a warning of a fixed threshold says of itself.
    pub fixed: Option<Fixed>,
    parts: Vec<Part>,
    watch: Vec<Watch>,
}

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

/// How one thing differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Differs {
    /// What.
    pub what: String,
    /// As the log has it.
    pub on_log: String,
    /// As it was computed again.
    pub recomputed: String,
}

/// What came out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replayed {
    /// The size and root of the log that it was said from; none where it was not said.
    pub said_from: Option<(u64, Digest)>,
    /// How what was computed again differs; nothing where it is the same.
    pub differs: Vec<Differs>,
}

impl Wanted {
    /// What there is to compute again of an event; `of` gives the events of its log. What people wrote, nothing computed.
    pub fn new(id: EventId, event: Event, of: impl Fn(&EventId) -> Option<Event>) -> anyhow::Result<Self> {
        let part = |id, event| Part { id, event, said_from: None, near: None };
        let mut wanted = Wanted {
            event: event.clone(),
            because: None,
            fixed: None,
            parts: vec![part(id, event.clone())],
            watch: Vec::new(),
        };
        let kind = Kind::of(&event.fact).name();
        match &event.fact {
            Fact::Assessment(_) | Fact::Forecast(_) => {}
            Fact::Warning(warning) => match Trigger::parse(&warning.method) {
                Some(trigger) => {
                    let fixed = Fixed::of(warning, trigger).context("its headline names no count and threshold")?;
                    wanted.watch = vec![fixed.watch(&warning.disease, trigger)];
                    wanted.fixed = Some(fixed);
                }
                None => {
                    let because = event.causes.first().and_then(|id| Some((*id, of(id)?)));
                    let Some((cause, because)) = because else {
                        bail!(
                            "the warning {id} names no threshold and no assessment: people wrote it, nothing computed it"
                        )
                    };
                    let Fact::Assessment(assessment) = &because.fact else {
                        bail!("the warning {id} follows from no assessment: people wrote it, nothing computed it")
                    };
                    wanted.because = Some(assessment.clone());
                    wanted.parts.push(part(cause, because));
                }
            },
            _ => bail!("{id} is a {kind}: people wrote it, nothing computed it"),
        }
        Ok(wanted)
    }
}

impl Fixed {
    /// Read from the headline that [`crate::warn::of_threshold`] writes.
    fn of(warning: &Warning, trigger: Trigger) -> Option<Self> {
        let (before, threshold) = warning.headline.rsplit_once(THRESHOLD)?;
        let (_, what) = before.rsplit_once(": ")?;
        let count = what.split(' ').find_map(|word| word.parse().ok())?;
        let day = (trigger == Trigger::Day).then(|| what.rsplit(' ').next().and_then(Date::parse)).flatten();
        Some(Fixed { count, threshold: threshold.parse().ok()?, day })
    }

    /// The other trigger stays out: each has its own memory of a place.
    fn watch(&self, disease: &Disease, trigger: Trigger) -> Watch {
        let of = |this| if this == trigger { self.threshold } else { u64::MAX };
        let (confirmed_a_day, cluster_positives) = (of(Trigger::Day), of(Trigger::Cluster));
        Watch { disease: disease.code.clone(), confirmed_a_day, cluster_positives }
    }
}

/// A log on its way through the fold again.
pub struct Replay {
    days: Days,
    edge: Frontier,
    parts: Vec<Part>,
}

impl Replay {
    /// Before the first entry of the genesis's chain.
    pub fn new(genesis: Arc<Genesis>, wanted: &Wanted) -> anyhow::Result<Self> {
        let (key, chain) = (wanted.event.author, genesis.chain_id);
        let author = Author { key: Box::new(move || key), chain };
        // Whichever part of early warning the author was: each says only what follows from the log.
        let says = Says { warns: true, checks: true };
        let days = Days::new(genesis, Thresholds::new(wanted.watch.clone())?, says, Some(author), Arc::default())?;
        Ok(Replay { days, edge: Frontier::default(), parts: wanted.parts.clone() })
    }

    /// Takes the next entry of the log.
    pub fn take(&mut self, entry: &Entry<'_>) -> anyhow::Result<()> {
        self.edge.append(leaf_hash(&entry.log.leaf), &mut Vec::new());
        let rows = self.days.take(entry).with_context(|| format!("leaf {}", entry.log.index))?;
        for (id, body) in said(&rows) {
            let event = wire::event::decode(body).context("what is said does not decode")?;
            for part in &mut self.parts {
                if part.id == id {
                    part.said_from = Some((self.edge.size(), self.edge.root()));
                } else if kin(&part.event) == kin(&event) {
                    let far = differences(&part.event, &event).len();
                    // Of two as near the later one is meant.
                    if part.near.as_ref().is_none_or(|(nearest, _)| far <= *nearest) {
                        part.near = Some((far, event.clone()));
                    }
                }
            }
        }
        Ok(())
    }

    /// What came of the entries taken.
    pub fn end(self) -> Replayed {
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

/// What two events must have in common to be held against each other: the kind, the place and whose figures it is.
fn kin(event: &Event) -> Option<(&str, &str, &str, &str)> {
    let (kind, region) = (Kind::of(&event.fact).name(), event.region.as_str());
    Some(match &event.fact {
        // A rule of an assessment may be another one with another level; a trigger is a matter of its own.
        Fact::Warning(Warning { disease, method, .. }) => {
            (kind, region, &disease.code, Trigger::parse(method).map_or("", Trigger::method))
        }
        Fact::Assessment(assessment) => (kind, region, &assessment.disease.code, ""),
        Fact::Forecast(forecast) => (kind, region, &forecast.disease.code, &forecast.model),
        _ => return None,
    })
}

fn differ(what: &str, on_log: String, recomputed: String) -> Differs {
    Differs { what: what.to_owned(), on_log, recomputed }
}

/// Where two events of a kind differ, field by field.
fn differences(on_log: &Event, recomputed: &Event) -> Vec<Differs> {
    let (ours, theirs) = (fields(recomputed), fields(on_log));
    let of = |fields: &[(String, String)], name: &str| {
        let found = fields.iter().find(|(other, _)| other == name);
        found.map_or_else(|| "-".to_owned(), |(_, value)| value.clone())
    };
    let added = ours.iter().filter(|(name, _)| !theirs.iter().any(|(other, _)| other == name));
    let names = theirs.iter().chain(added).map(|(name, _)| name);
    let pairs = names.map(|name| differ(name, of(&theirs, name), of(&ours, name)));
    let mut found = pairs.filter(|one| one.on_log != one.recomputed).collect::<Vec<_>>();
    if found.is_empty() && on_log != recomputed {
        let nonce = |event: &Event| Digest::of(&wire::event::encode(event)).to_string();
        found.push(differ("hash of the body", nonce(on_log), nonce(recomputed)));
    }
    found
}

/// What an event says, by name, the gravest first.
fn fields(event: &Event) -> Vec<(String, String)> {
    let mut fields = match &event.fact {
        Fact::Warning(Warning { level, headline, method, .. }) => {
            named([("level", level.name().to_owned()), ("rule", method.clone()), ("headline", headline.clone())])
        }
        Fact::Assessment(assessment) => {
            let level = assessment.level.map_or("none", |level| level.name()).to_owned();
            let mut fields = named([
                ("level", level),
                ("stage", assessment.stage.name().to_owned()),
                ("rule", assessment.rule.clone()),
                ("day", assessment.day.to_string()),
                ("basis_size", assessment.basis.size.to_string()),
                ("basis_root", assessment.basis.root.to_string()),
                ("rules", assessment.rules.to_string()),
                ("index_milli", assessment.index_milli.to_string()),
            ]);
            fields.extend(assessment.values.iter().map(|(name, value)| (name.clone(), value.to_string())));
            fields
        }
        Fact::Forecast(forecast) => of_forecast(forecast),
        _ => Vec::new(),
    };
    let causes = event.causes.iter().map(EventId::to_string).collect::<Vec<_>>().join(" ");
    fields.extend(named([("causes", causes), ("signed_at", event.created_at.to_string())]));
    fields
}

fn of_forecast(forecast: &Forecast) -> Vec<(String, String)> {
    let mut fields = named([
        ("model", forecast.model.clone()),
        ("code", forecast.code.clone()),
        ("day", forecast.reference_date.to_string()),
        ("basis_size", forecast.basis.size.to_string()),
        ("basis_root", forecast.basis.root.to_string()),
        ("parameters", forecast.parameters.clone()),
        ("weights", forecast.weights.map_or_else(String::new, |weights| weights.to_string())),
    ]);
    fields.extend(forecast.steps.iter().zip(1..).map(|(quantiles, step)| {
        let quantiles = quantiles.map(|quantile| quantile.to_string());
        (format!("quantiles_{step}"), quantiles.join(" "))
    }));
    fields
}

fn named<const N: usize>(fields: [(&str, String); N]) -> Vec<(String, String)> {
    fields.map(|(name, value)| (name.to_owned(), value)).into()
}

#[cfg(test)]
mod tests;
