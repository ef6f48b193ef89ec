//! What a replay shows of an event: what it says, who computed or wrote it, and every alert it rang, as JSON and for people.

use std::collections::BTreeMap;

use domain::event::{Disease, EventId, Fact};
use domain::record::Kind;
use forecasting::replay::{Differs, Replayed, Wanted};
use serde::Serialize;

use super::rung::{By, Chain, Received, Rung, Told};

/// What a replay showed of one event.
#[derive(Debug, Serialize)]
pub struct Shown {
    #[serde(skip)]
    event_id: EventId,
    pub event: String,
    /// The event's kind; where the copy does not hold the event, the alert's.
    pub kind: &'static str,
    /// The chain on which it arose.
    pub chain: String,
    pub disease: Option<String>,
    pub region: String,
    /// The day it is about, where it is about one.
    pub day: Option<String>,
    pub level: Option<&'static str>,
    /// The rule or model; empty where none computed it.
    pub rule: String,
    pub origin: Origin,
    /// Who signed it; none where the rules rang by themselves or the chain it arose on was not asked.
    pub author: Option<String>,
    /// The log that it was computed from.
    pub basis_size: Option<u64>,
    pub basis_root: Option<String>,
    pub values: BTreeMap<String, i64>,
    /// Its alerts on every chain asked, as the rules rang them when they were executed again.
    pub rung: Vec<Ring>,
    pub same: bool,
    pub differs: Vec<Differs>,
}

/// Where an event's words come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// Early warning computed it, and here it was computed again.
    Computed,
    /// A person wrote it.
    Person,
    /// The rules of the chain rang, and nobody said anything.
    Rules,
    /// Another chain, which was not asked or is not in the copy.
    Elsewhere,
}

/// An alert in one of its states on one chain.
#[derive(Debug, Serialize)]
pub struct Ring {
    pub chain: String,
    pub number: u64,
    pub alert: String,
    pub state: &'static str,
    pub level: &'static str,
    pub kind: &'static str,
    pub headline: String,
    pub sent_at: String,
    pub height: u64,
    pub leaf: u64,
    /// `event`, `deadline` or `child`.
    pub by: &'static str,
    /// The event that rang it: its own, a ballot, a correction; the anchor where a child's summary did.
    pub by_event: Option<String>,
    /// The child's proof that it came with.
    pub received: Option<Proven>,
}

/// Where a child's log holds the summary that brought an alert.
#[derive(Debug, Serialize)]
pub struct Proven {
    pub child: String,
    pub size: u64,
    pub root: String,
    pub leaf: u64,
}

impl Ring {
    fn of(chain: &Chain<'_>, rung: &Rung) -> Self {
        let Rung { alert, height, by } = rung;
        let (name, by_event, received) = match by {
            By::Event(event) => ("event", Some(event), None),
            By::Deadline => ("deadline", None, None),
            By::Child(received) => ("child", Some(&received.anchor), Some(received)),
        };
        let proven = |received: &Received| Proven {
            child: received.child.clone(),
            size: received.size,
            root: received.root.to_string(),
            leaf: received.leaf,
        };
        Ring {
            chain: chain.archive.genesis.chain.to_string(),
            number: alert.number,
            alert: alert.id().to_string(),
            state: alert.state.name(),
            level: alert.level.name(),
            kind: alert.kind.name(),
            headline: alert.headline.clone(),
            sent_at: alert.sent_at.to_string(),
            height: *height,
            leaf: alert.leaf_index,
            by: name,
            by_event: by_event.map(EventId::to_string),
            received: received.map(proven),
        }
    }

    fn text(&self) -> String {
        let Ring { chain, number, state, level, sent_at, headline, height, leaf, .. } = self;
        let by = match (&self.received, &self.by_event) {
            (Some(Proven { child, size, root, leaf }), anchor) => format!(
                "received from {child}: leaf {leaf} of its log of {size} with root {root}, anchored by {}",
                anchor.as_deref().unwrap_or_default()
            ),
            (None, Some(event)) => format!("rung by {event}"),
            (None, None) => "rung when a deadline passed".to_owned(),
        };
        format!(
            "  {chain} alert {number}: {state}, {level}, sent {sent_at}: {headline}\n    block {height}, leaf {leaf}, {by}\n"
        )
    }
}

impl Shown {
    /// What the rules made of an event; `home` is the chain that holds it, if one of those asked does.
    pub fn executed(id: &EventId, home: Option<(&Chain<'_>, &Told)>, chains: &[Chain<'_>]) -> anyhow::Result<Self> {
        let rung = chains.iter().flat_map(|chain| chain.rung.iter().map(move |rung| (chain, rung)));
        let rung = rung.filter(|(_, rung)| rung.alert.event == *id).collect::<Vec<_>>();
        let first = rung.first().map(|(_, rung)| &rung.alert);
        let by_rule = rung.iter().any(|(_, rung)| !matches!(rung.by, By::Child(_)));
        let fact = home.map(|(_, told)| &told.event.fact);
        let chain = home.map(|(chain, _)| chain.archive.genesis.chain.to_string());
        let region = home.map(|(_, told)| told.event.region.clone());
        let disease = fact.and_then(disease).or(first.and_then(|alert| alert.disease.as_ref()));
        Ok(Shown {
            event_id: *id,
            event: id.to_string(),
            kind: fact.map(|fact| Kind::of(fact).name()).or(first.map(|alert| alert.kind.name())).unwrap_or_default(),
            chain: chain.or(first.map(|alert| alert.origin.to_string())).unwrap_or_default(),
            disease: disease.map(|disease| format!("{} ({})", disease.name, disease.code)),
            region: region.or(first.map(|alert| alert.region.clone())).unwrap_or_default(),
            day: None,
            level: first.map(|alert| alert.level.name()),
            rule: String::new(),
            origin: match (home, by_rule) {
                (Some(_), _) => Origin::Person,
                (None, true) => Origin::Rules,
                (None, false) => Origin::Elsewhere,
            },
            author: home.map(|(chain, told)| chain.author(&told.event)).transpose()?,
            basis_size: None,
            basis_root: None,
            values: BTreeMap::new(),
            rung: rung.into_iter().map(|(chain, rung)| Ring::of(chain, rung)).collect(),
            same: true,
            differs: Vec::new(),
        })
    }

    /// Adds what came of computing it again, or of an event that rang its alert later.
    pub fn computed(mut self, wanted: &Wanted, replayed: Replayed) -> Self {
        let fact = &wanted.event.fact;
        if wanted.id != self.event_id {
            let kind = Kind::of(fact).name();
            let later = replayed.differs.into_iter();
            self.differs.extend(later.map(|one| Differs { what: format!("{kind}: {}", one.what), ..one }));
            self.same = self.differs.is_empty();
            return self;
        }
        let assessment = match fact {
            Fact::Assessment(assessment) => Some(assessment),
            _ => wanted.because.as_ref(),
        };
        let forecast = if let Fact::Forecast(forecast) = fact { Some(forecast) } else { None };
        let warning = if let Fact::Warning(warning) = fact { Some(warning) } else { None };
        let basis = forecast.map(|forecast| &forecast.basis).or(assessment.map(|assessment| &assessment.basis));
        let basis = basis.map(|basis| (basis.size, basis.root)).or(replayed.said_from);
        let day = forecast.map(|forecast| forecast.reference_date).or(assessment.map(|assessment| assessment.day));
        let day = day.or(wanted.fixed.as_ref().and_then(|fixed| fixed.day));
        let level = warning.map(|warning| warning.level).or(assessment.and_then(|assessment| assessment.level));
        let rule = warning.map(|warning| &warning.method).or(forecast.map(|forecast| &forecast.model));
        let rule = rule.or(assessment.map(|assessment| &assessment.rule));
        let mut values = assessment.map(|assessment| assessment.values.clone()).unwrap_or_default();
        let saturated = |count| i64::try_from(count).unwrap_or(i64::MAX);
        if let Some(assessment) = assessment {
            values.push(("index_milli".to_owned(), saturated(assessment.index_milli)));
        }
        if let Some(fixed) = &wanted.fixed {
            values.push(("count".to_owned(), saturated(fixed.count)));
            values.push(("threshold".to_owned(), saturated(fixed.threshold)));
        }
        Shown {
            day: day.map(|day| day.to_string()),
            level: level.map(|level| level.name()).or(self.level),
            rule: rule.cloned().unwrap_or_default(),
            origin: Origin::Computed,
            basis_size: basis.map(|(size, _)| size),
            basis_root: basis.map(|(_, root)| root.to_string()),
            values: values.into_iter().collect(),
            same: self.same && replayed.differs.is_empty(),
            differs: replayed.differs.into_iter().chain(self.differs).collect(),
            ..self
        }
    }

    /// For people.
    pub fn text(&self) -> String {
        let Shown { event, kind, chain, region, rule, .. } = self;
        let day = self.day.as_ref().map_or_else(String::new, |day| format!(", on {day}"));
        let disease = self.disease.as_ref().map_or_else(String::new, |disease| format!("{disease} "));
        let mut out = format!("{kind} {event}\n  {disease}in region {region} of {chain}{day}\n");
        if !rule.is_empty() {
            out += &format!("  level {}, by {rule}\n", self.level.unwrap_or("none"));
        }
        if let (Some(size), Some(root)) = (self.basis_size, &self.basis_root) {
            out += &format!("  from the log of {size} leaves with root {root}\n");
        }
        let values = self.values.iter().map(|(name, value)| format!("{name} {value}")).collect::<Vec<_>>();
        if !values.is_empty() {
            out += &format!("  {}\n", values.join(", "));
        }
        out += &self.rung.iter().map(Ring::text).collect::<String>();
        let author = self.author.as_deref().unwrap_or_default();
        out += &match self.origin {
            Origin::Computed if self.same => "  recomputed: the same\n".to_owned(),
            Origin::Computed => String::new(),
            Origin::Person => {
                format!("  written by a person, of {author}; nothing computed it; executed again: the same\n")
            }
            Origin::Rules => "  rung by the rules alone; executed again: the same\n".to_owned(),
            Origin::Elsewhere => format!("  arose on {chain}, which was not asked; received again: the same\n"),
        };
        for Differs { what, on_log, recomputed } in &self.differs {
            out += &format!("  {what}: on the log {on_log}, recomputed {recomputed}\n");
        }
        out
    }
}

/// The disease that early warning speaks of where it rings nothing.
fn disease(fact: &Fact) -> Option<&Disease> {
    match fact {
        Fact::Assessment(assessment) => Some(&assessment.disease),
        Fact::Forecast(forecast) => Some(&forecast.disease),
        Fact::Warning(warning) => Some(&warning.disease),
        _ => None,
    }
}
