//! `tocsin replay`: an alert of early warning, computed again from a copy of the log.
//!
//! The copy is audited first, by the genesis from elsewhere, so that every leaf and every event's bytes are what the log's
//! root commits to; of a copy with other bytes the events are named that they stand for. Then the entries go through the
//! same fold as at the member that warned, up to the alert's own leaf. It needs no key, no service and no configuration.

mod changed;

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, bail, ensure};
use domain::alert::{AlertState, alert_id};
use domain::chain::Lane;
use domain::event::{Event, EventId, Fact};
use domain::record::Kind;
use forecasting::replay::{Differs, Replay, Replayed, Wanted};
use host::projection::Entry;
use ledger::audit;
use ledger::audit::archive::Archive;
use proof::digest::Digest;
use proof::leaf::{Leaf, OK};
use serde::Serialize;
use wire::ledger::{EntryKind, LogEntry};

use super::asked::{Asked, told};
use super::{Page, play};
use crate::verify;

#[derive(clap::Args)]
pub struct Options {
    /// The alert's id, or the id of a warning, an assessment or a forecast
    alert: String,
    /// A directory that `tocsin export` wrote
    #[arg(long)]
    dir: PathBuf,
    /// The top chain's genesis, from somebody you trust
    #[arg(long, value_name = "FILE")]
    genesis: PathBuf,
    /// The chain on which it arose; left out, every chain of the copy is searched
    #[arg(long)]
    chain: Option<String>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Replays and prints; an error unless it came out the same.
pub fn run(options: Options) -> anyhow::Result<()> {
    let shown = told(options.json, replay(&options))?;
    match options.json {
        true => println!("{}", serde_json::to_string(&shown)?),
        false => print!("{}", shown.text()),
    }
    ensure!(shown.same, "the {} {} does not follow from the log", shown.kind, shown.event);
    Ok(())
}

/// What a replay showed.
#[derive(Debug, Serialize)]
struct Shown {
    /// As it was asked for.
    alert: String,
    event: String,
    kind: &'static str,
    chain: String,
    disease: String,
    region: String,
    /// The day it is about; none for a cluster's warning.
    day: Option<String>,
    level: Option<&'static str>,
    rule: String,
    /// The log that it was computed from.
    basis_size: Option<u64>,
    basis_root: Option<String>,
    values: BTreeMap<String, i64>,
    same: bool,
    differs: Vec<Differs>,
}

fn replay(options: &Options) -> anyhow::Result<Shown> {
    let alert = Digest::parse(&options.alert).context("an alert's or an event's id is 64 lower-case hex digits")?;
    sound(options)?;
    let asked = Asked::of(&options.dir, &options.genesis);
    let archives = match &options.chain {
        Some(chain) => vec![asked.one(Some(chain))?],
        None => asked.all()?,
    };
    for archive in &archives {
        if let Some((id, index, wanted)) = search(archive, &alert)? {
            let replayed = fold(archive, &wanted, index)?;
            return Ok(Shown::of(&options.alert, archive, id, &wanted, replayed));
        }
    }
    let chains = archives.iter().map(|archive| archive.genesis.chain.to_string()).collect::<Vec<_>>().join(", ");
    bail!("neither an event nor the alert of an event of {chains} has the id {alert}")
}

/// Audits the copy; the error says what is wrong and names the events whose bytes are others.
fn sound(options: &Options) -> anyhow::Result<()> {
    let report = audit::audit_by(&options.dir, None, Some(&verify::read_genesis(&options.genesis)?))?;
    let Some(first) = report.problems.first() else { return Ok(()) };
    let mut what = format!("the copy is not sound: {}: {}", first.place, first.what);
    for event in changed::events(&options.dir)? {
        what += &format!("; {event}");
    }
    match report.problems.len() {
        1 => bail!(what),
        count => bail!("{what}; there are {count} problems, `tocsin audit` tells them all"),
    }
}

/// The event that is meant on this chain, its leaf's index, and what there is to compute again.
fn search(archive: &Archive, alert: &Digest) -> anyhow::Result<Option<(EventId, u64, Wanted)>> {
    let (mut found, mut assessments) = (None, BTreeMap::new());
    walk(archive, |entry| {
        let (Some(id), EntryKind::Event) = (entry.log.event_id, entry.log.kind) else { return Ok(true) };
        if let Some(event) = entry.event.filter(|event| matches!(event.fact, Fact::Assessment(_))) {
            assessments.insert(id, event.clone());
        }
        let meant = id == *alert || AlertState::ALL.iter().any(|state| alert_id(&id, *state) == *alert);
        if meant {
            let event = entry.event.with_context(|| format!("the rules refused the event {id}: it rang nothing"))?;
            found = Some((id, entry.log.index, event.clone()));
        }
        Ok(!meant)
    })?;
    let Some((id, index, event)) = found else { return Ok(None) };
    let wanted = Wanted::new(id, event, |cause| assessments.get(cause).cloned())?;
    Ok(Some((id, index, wanted)))
}

/// What the log below the leaf at `index` says: nothing that came later can have led to it.
fn fold(archive: &Archive, wanted: &Wanted, index: u64) -> anyhow::Result<Replayed> {
    let mut replay = Replay::new(Arc::clone(&archive.genesis), wanted)?;
    walk(archive, |entry| {
        if entry.log.index < index {
            replay.take(entry)?;
        }
        Ok(entry.log.index < index)
    })?;
    Ok(replay.end())
}

/// Hands over the entries of a chain in the order of its log, until `take` has seen enough.
fn walk(archive: &Archive, mut take: impl FnMut(&Entry<'_>) -> anyhow::Result<bool>) -> anyhow::Result<()> {
    let mut all = |page: &Page<'_>| -> anyhow::Result<bool> {
        for log in entries(page) {
            let event = match (log.code, log.signed.is_empty()) {
                (OK, false) => Some(wire::event::decode(&wire::event::envelope(&log.signed)?.body)?),
                _ => None,
            };
            if !take(&Entry { log: &log, event: event.as_ref() })? {
                return Ok(false);
            }
        }
        Ok(true)
    };
    let mut ended = Ok(());
    play(archive, &mut |page| match all(page) {
        Ok(true) => ControlFlow::Continue(()),
        Ok(false) => ControlFlow::Break(()),
        Err(error) => {
            ended = Err(error);
            ControlFlow::Break(())
        }
    })?;
    ended.with_context(|| archive.genesis.chain.to_string())
}

/// The leaves of a block as a ledger would serve them.
fn entries(page: &Page<'_>) -> Vec<LogEntry> {
    let events = page.bundles().flat_map(|bundle| bundle.events);
    let signed = events.map(|bytes| (Digest::of(&bytes), bytes)).collect::<BTreeMap<_, _>>();
    let leaves = page.leaves.iter().zip(page.first_leaf..).map(|(leaf, index)| {
        let (kind, position, event_id) = match leaf {
            Leaf::Event(leaf) => (EntryKind::Event, leaf.position, Some(leaf.event)),
            Leaf::Due(leaf) => (EntryKind::Due, leaf.position, Some(leaf.event)),
            Leaf::Summary(_) => (EntryKind::Summary, 0, None),
            Leaf::Block(_) => (EntryKind::Block, 0, None),
            Leaf::Cosigners(_) => (EntryKind::Cosigners, 0, None),
            Leaf::Decision(leaf) => (EntryKind::Decision, 0, Some(leaf.event)),
            Leaf::Rollup(_) => (EntryKind::Rollup, 0, None),
        };
        let (lane, code, signed) = match leaf {
            Leaf::Event(leaf) => {
                let lane = Lane::ALL.get(usize::from(leaf.lane)).copied();
                (lane, leaf.code, signed.get(&leaf.signed).cloned().unwrap_or_default())
            }
            _ => (None, OK, Vec::new()),
        };
        let (height, chain_time, leaf) = (page.block.header.height, page.chain_time, leaf.to_bytes());
        LogEntry { index, height, position, lane, event_id, code, signed, kind, leaf, chain_time }
    });
    leaves.collect()
}

impl Shown {
    fn of(alert: &str, archive: &Archive, id: EventId, wanted: &Wanted, replayed: Replayed) -> Self {
        let Event { fact, region, .. } = &wanted.event;
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
        let disease = warning.map(|warning| &warning.disease).or(forecast.map(|forecast| &forecast.disease));
        let disease = disease.or(assessment.map(|assessment| &assessment.disease));
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
            alert: alert.to_owned(),
            event: id.to_string(),
            kind: Kind::of(fact).name(),
            chain: archive.genesis.chain.to_string(),
            disease: disease.map_or_else(String::new, |disease| format!("{} ({})", disease.name, disease.code)),
            region: region.clone(),
            day: day.map(|day| day.to_string()),
            level: level.map(|level| level.name()),
            rule: rule.cloned().unwrap_or_default(),
            basis_size: basis.map(|(size, _)| size),
            basis_root: basis.map(|(_, root)| root.to_string()),
            values: values.into_iter().collect(),
            same: replayed.differs.is_empty(),
            differs: replayed.differs,
        }
    }

    /// For people.
    fn text(&self) -> String {
        let Shown { event, kind, chain, disease, region, rule, .. } = self;
        let day = self.day.as_ref().map_or_else(String::new, |day| format!(", on {day}"));
        let mut out = format!("{kind} {event}\n  {disease} in region {region} of {chain}{day}\n");
        out += &format!("  level {}, by {rule}\n", self.level.unwrap_or("none"));
        if let (Some(size), Some(root)) = (self.basis_size, &self.basis_root) {
            out += &format!("  from the log of {size} leaves with root {root}\n");
        }
        let values = self.values.iter().map(|(name, value)| format!("{name} {value}")).collect::<Vec<_>>();
        if !values.is_empty() {
            out += &format!("  {}\n", values.join(", "));
        }
        if self.same {
            return out + "  recomputed: the same\n";
        }
        for Differs { what, on_log, recomputed } in &self.differs {
            out += &format!("  {what}: on the log {on_log}, recomputed {recomputed}\n");
        }
        out
    }
}
