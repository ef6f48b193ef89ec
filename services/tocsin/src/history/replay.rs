//! `tocsin replay`: alerts, reproduced from a copy of the log.
//!
//! The copy is audited first, by the genesis from elsewhere, so that every leaf and every event's bytes are what the log's
//! root commits to; of a copy with other bytes the events are named that they stand for. Then every block is executed again
//! from the genesis on, and rings what it rang. What early warning computed is computed again besides: the entries go through
//! the same fold as at the member that warned, each event only up to its own leaf. It needs no key, no service and no
//! configuration.

mod entries;
mod rung;
mod shown;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use anyhow::{Context, bail, ensure};
use domain::alert::{AlertState, alert_id};
use domain::event::EventId;
use forecasting::replay::{Replay, Replayed, Wanted};
use ledger::audit;
use ledger::audit::archive::Archive;
use proof::digest::Digest;
use serde::Serialize;

use self::entries::walk;
use self::rung::{By, Chain, Told};
use self::shown::{Origin, Shown};
use super::asked::{Asked, told};
use crate::verify;

#[derive(clap::Args)]
pub struct Options {
    /// The alert's id, or the id of a warning, a lifting, a directive, an assessment or a forecast
    #[arg(required_unless_present = "all")]
    alert: Option<String>,
    /// Every alert of the copy
    #[arg(long, conflicts_with = "alert")]
    all: bool,
    /// A directory that `tocsin export` wrote
    #[arg(long)]
    dir: PathBuf,
    /// The top chain's genesis, from somebody you trust
    #[arg(long, value_name = "FILE")]
    genesis: PathBuf,
    /// The chain to ask; left out, every chain of the copy
    #[arg(long)]
    chain: Option<String>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// What every alert's replay showed.
#[derive(Serialize)]
struct All {
    /// Whether every one came out the same.
    same: bool,
    /// Alerts in their states, on all chains together.
    alerts: usize,
    logs: Vec<Log>,
    events: Vec<Shown>,
}

/// A log that came out of executing a chain again, which its cosigners signed for.
#[derive(Serialize)]
struct Log {
    chain: String,
    size: u64,
    root: String,
}

/// What one alert's replay showed.
#[derive(Serialize)]
struct One {
    /// As it was asked for.
    alert: String,
    #[serde(flatten)]
    shown: Shown,
}

/// Replays and prints; an error unless it came out the same.
pub fn run(options: Options) -> anyhow::Result<()> {
    match &options.alert {
        Some(alert) => {
            let shown = told(options.json, one(&options, alert))?;
            match options.json {
                true => println!("{}", serde_json::to_string(&shown)?),
                false => print!("{}", shown.shown.text()),
            }
            let Shown { kind, event, same, .. } = &shown.shown;
            ensure!(same, "the {kind} {event} does not follow from the log");
        }
        None => {
            let shown = told(options.json, all(&options))?;
            match options.json {
                true => println!("{}", serde_json::to_string(&shown)?),
                false => print!("{}", shown.text()),
            }
            let wrong = shown.events.iter().filter(|shown| !shown.same).map(|shown| shown.event.as_str());
            let wrong = wrong.collect::<Vec<_>>();
            ensure!(wrong.is_empty(), "{} of the events do not follow from the log: {}", wrong.len(), wrong.join(", "));
        }
    }
    Ok(())
}

fn one(options: &Options, alert: &str) -> anyhow::Result<One> {
    let asked = Digest::parse(alert).context("an alert's or an event's id is 64 lower-case hex digits")?;
    let archives = sound(options)?;
    let chains = read(&archives, Some(&asked))?;
    let id = meant(&archives, &chains, &asked)?;
    let shown = events(&chains, [id].into())?.pop().context("nothing was shown")?;
    // A report that rang nothing has nothing to be reproduced.
    if shown.origin == Origin::Person && shown.rung.is_empty() {
        bail!("{id} is a {}: people wrote it, nothing computed it, and it rang nothing", shown.kind);
    }
    Ok(One { alert: alert.to_owned(), shown })
}

fn all(options: &Options) -> anyhow::Result<All> {
    let archives = sound(options)?;
    let chains = read(&archives, None)?;
    let rung = chains.iter().flat_map(|chain| chain.rung.iter().map(|rung| rung.alert.event)).collect::<BTreeSet<_>>();
    let events = events(&chains, rung)?;
    let log = |chain: &Chain<'_>| Log {
        chain: chain.archive.genesis.chain.to_string(),
        size: chain.log.0,
        root: chain.log.1.to_string(),
    };
    Ok(All {
        same: events.iter().all(|shown| shown.same),
        alerts: chains.iter().map(|chain| chain.rung.len()).sum(),
        logs: chains.iter().map(log).collect(),
        events,
    })
}

/// Audits the copy and gives the chains asked; the error says what is wrong and names the events whose bytes are others.
fn sound(options: &Options) -> anyhow::Result<Vec<Archive>> {
    let report = audit::audit_by(&options.dir, None, Some(&verify::read_genesis(&options.genesis)?))?;
    if let Some(first) = report.problems.first() {
        let what = format!("the copy is not sound: {}: {}", first.place, first.what);
        match report.problems.len() {
            1 => bail!(what),
            count => bail!("{what}; there are {count} problems, `tocsin audit` tells them all"),
        }
    }
    let asked = Asked::of(&options.dir, &options.genesis);
    match &options.chain {
        Some(chain) => Ok(vec![asked.one(Some(chain))?]),
        None => asked.all(),
    }
}

fn read<'a>(archives: &'a [Archive], asked: Option<&EventId>) -> anyhow::Result<Vec<Chain<'a>>> {
    archives.iter().map(|archive| Chain::read(archive, asked)).collect()
}

/// The event that is meant by an alert's or an event's id.
fn meant(archives: &[Archive], chains: &[Chain<'_>], asked: &Digest) -> anyhow::Result<EventId> {
    let rung = || chains.iter().flat_map(|chain| chain.rung.iter().map(|rung| &rung.alert));
    if let Some(alert) = rung().find(|alert| alert.id() == *asked || alert.event == *asked) {
        return Ok(alert.event);
    }
    let mut ids = chains.iter().flat_map(Chain::ids);
    let rings = |id: &EventId| AlertState::ALL.into_iter().find(|state| alert_id(id, *state) == *asked);
    match ids.find_map(|id| if id == asked { Some((id, None)) } else { Some((id, Some(rings(id)?))) }) {
        Some((id, None)) => return Ok(*id),
        Some((id, Some(state))) => bail!("the event {id} did not ring in the state {}", state.name()),
        None => {}
    }
    for archive in archives {
        let mut code = None;
        walk(archive, |entry| {
            code = code.or(Some(entry.log.code).filter(|_| entry.log.event_id == Some(*asked)));
            Ok(code.is_none())
        })?;
        ensure!(code.is_none(), "the rules refused the event {asked}: it rang nothing");
    }
    let chains = archives.iter().map(|archive| archive.genesis.chain.to_string()).collect::<Vec<_>>().join(", ");
    bail!("neither an event nor the alert of an event of {chains} has the id {asked}")
}

/// What the rules made of these events, and what came of computing again what early warning computed: the events, and those
/// that rang their alerts later, as one that ends a warning does. In the order in which the chains, parents first, hold them.
fn events(chains: &[Chain<'_>], ids: BTreeSet<EventId>) -> anyhow::Result<Vec<Shown>> {
    let mut computed = BTreeMap::<EventId, Vec<(Wanted, Replayed)>>::new();
    for chain in chains {
        let rang = chain.rung.iter().filter_map(|rung| match &rung.by {
            By::Event(by) => Some((rung.alert.event, *by)),
            By::Deadline | By::Child(_) => None,
        });
        let own = ids.iter().map(|id| (*id, *id));
        let pairs = own.chain(rang.filter(|(id, _)| ids.contains(id))).collect::<BTreeSet<_>>();
        let of = |cause: &EventId| chain.told(cause).map(|told| told.event.clone());
        let wanted = pairs.into_iter().filter_map(|(id, by)| {
            let Told { index, event } = chain.told(&by)?;
            Some((id, Wanted::new(by, *index, event.clone(), of)?))
        });
        let (of, wanted): (Vec<_>, Vec<_>) = wanted.unzip();
        for (id, one) in of.into_iter().zip(fold(chain.archive, wanted)?) {
            computed.entry(id).or_default().push(one);
        }
    }
    let home = |id: &EventId| chains.iter().find_map(|chain| Some((chain, chain.told(id)?)));
    let mut shown = Vec::new();
    for id in &ids {
        let home = home(id);
        let place = home.map(|(chain, told)| (chain.archive.genesis.chain.to_string(), told.index));
        let executed = Shown::executed(id, home, chains)?;
        let of = computed.remove(id).unwrap_or_default();
        shown.push((
            place,
            of.into_iter().fold(executed, |shown, (wanted, replayed)| shown.computed(&wanted, replayed)),
        ));
    }
    shown.sort_by(|(one, _), (other, _)| one.cmp(other));
    Ok(shown.into_iter().map(|(_, shown)| shown).collect())
}

/// Has a chain's log go through early warning again.
fn fold(archive: &Archive, wanted: Vec<Wanted>) -> anyhow::Result<Vec<(Wanted, Replayed)>> {
    let Some(last) = wanted.iter().map(|wanted| wanted.index).max() else { return Ok(Vec::new()) };
    let mut replay = Replay::new(&archive.genesis, wanted)?;
    walk(archive, |entry| {
        if entry.log.index < last {
            replay.take(entry)?;
        }
        Ok(entry.log.index < last)
    })?;
    Ok(replay.end())
}

impl All {
    /// For people.
    fn text(&self) -> String {
        let mut out = self.events.iter().map(Shown::text).collect::<String>();
        for Log { chain, size, root } in &self.logs {
            out += &format!("{chain}: executed again to {size} leaves with root {root}, which its cosigners signed\n");
        }
        let of = |origin| self.events.iter().filter(|shown| shown.origin == origin).count();
        let wrong = self.events.iter().filter(|shown| !shown.same).count();
        out += &format!(
            "{} alerts of {} events reproduced: {} recomputed, {} written by people, {} of the rules alone",
            self.alerts,
            self.events.len(),
            of(Origin::Computed),
            of(Origin::Person),
            of(Origin::Rules)
        );
        match wrong {
            0 => out + "; all the same\n",
            wrong => out + &format!("; {wrong} DO NOT FOLLOW from the log\n"),
        }
    }
}
