//! `tocsin trace`: one event with its causes and what came of it, from archived chains: who reported, admitted, sealed,
//! asked, endorsed or vetoed, how it was settled, and which anchors carried it up.
//!
//! Every step names the leaf and the final checkpoint it is under; the chains are played again, so that a leaf that is
//! named is in the log. Times are the actors' own; delays count from the event's signing, and no step is shown before what
//! it follows (see `steps`).

mod steps;

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use anyhow::Context;
use domain::event::{Event, EventId, Fact};
use domain::genesis::KeyClass;
use domain::query;
use domain::record::Kind;
use domain::refusal::Code;
use domain::time::Millis;
use ledger::audit::archive::Archive;
use proof::checkpoint::Certificate;
use proof::leaf::{Leaf, OK};
use proof::sign::{PublicKey, Signed};
use serde::Serialize;

use super::asked::{Asked, told};
use super::{Page, Played, play};
use steps::{Place, Step, Steps};

/// Causes of causes followed at most; a longer chain of causes is traced from there.
const MAX_DEPTH: usize = 8;

#[derive(clap::Args)]
pub struct Options {
    /// The event's id
    event: String,
    /// With the chains above, the trace goes up to them
    #[command(flatten)]
    asked: Asked,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub fn run(options: Options) -> anyhow::Result<()> {
    let trace = told(options.json, traced(&options))?;
    if options.json {
        println!("{}", serde_json::to_string_pretty(&trace)?);
    } else {
        print!("{}", trace.text(""));
    }
    Ok(())
}

fn traced(options: &Options) -> anyhow::Result<Trace> {
    let event = EventId::parse(&options.event).context("an event id is 64 lower-case hex digits")?;
    let chains = options.asked.all()?.iter().map(Chain::read).collect::<anyhow::Result<Vec<_>>>()?;
    trace(&chains, &event, 0).context("no archived chain holds this event")
}

/// An event as its log holds it.
struct Entry {
    event: Event,
    member: String,
    endorser: String,
    admitted_at: Millis,
    sealed_at: Millis,
    height: u64,
    index: u64,
    code: u16,
}

/// A chain with every event in it.
pub struct Chain {
    path: String,
    played: Played,
    entries: BTreeMap<EventId, Entry>,
    /// When each block was sealed.
    sealed: BTreeMap<u64, Millis>,
    /// Deadlines that passed: the event, its leaf and when.
    due: Vec<(EventId, u64, Millis)>,
}

impl Chain {
    /// Plays an archived chain and keeps what its events say.
    pub fn read(archive: &Archive) -> anyhow::Result<Self> {
        let mut chain = (BTreeMap::new(), BTreeMap::new(), Vec::new());
        let played = play(archive, &mut |page| {
            chain.1.insert(page.block.header.height, page.sealed_at());
            for (leaf, index) in page.leaves.iter().zip(page.first_leaf..) {
                if let Leaf::Due(leaf) = leaf {
                    chain.2.push((leaf.event, index, page.sealed_at()));
                }
            }
            entries(archive, page, &mut chain.0);
            ControlFlow::Continue(())
        })?;
        let (entries, sealed, due) = chain;
        Ok(Chain { path: archive.genesis.chain.to_string(), played, entries, sealed, due })
    }
}

fn entries(archive: &Archive, page: &Page<'_>, found: &mut BTreeMap<EventId, Entry>) {
    let leaves = page.leaves.iter().zip(page.first_leaf..).filter_map(|(leaf, index)| match leaf {
        Leaf::Event(leaf) => Some((leaf.event, (index, leaf.code))),
        _ => None,
    });
    let leaves = leaves.collect::<BTreeMap<_, _>>();
    let height = page.block.header.height;
    let named = |class, key: &PublicKey| {
        let member = query::member_of_key(page.state, class, key, height).ok().flatten();
        member.map_or_else(|| key.to_string(), |member| member.id)
    };
    for bytes in &page.block.bundles {
        let Some(signed) = Signed::from_bytes(bytes) else { continue };
        let Ok(bundle) = wire::bundle::decode(&signed.body) else { continue };
        for bytes in &bundle.events {
            let Ok(opened) = wire::event::open(&archive.genesis.chain_id, bytes) else { continue };
            let Some((index, code)) = leaves.get(&opened.id).copied() else { continue };
            let member = match &opened.event.fact {
                Fact::Anchor(anchor) => anchor.child.clone(),
                _ => named(KeyClass::Author, &opened.key),
            };
            found.entry(opened.id).or_insert(Entry {
                event: opened.event,
                member,
                endorser: named(KeyClass::Endorser, &signed.key),
                admitted_at: bundle.admitted_at,
                sealed_at: page.sealed_at(),
                height,
                index,
                code,
            });
        }
    }
}

/// An event's way.
#[derive(Serialize)]
pub struct Trace {
    pub chain: String,
    pub event: String,
    pub kind: &'static str,
    pub member: String,
    pub result: String,
    pub outcome: Option<&'static str>,
    pub steps: Vec<Step>,
    pub causes: Vec<Trace>,
}

/// The trace of an event, wherever it is.
pub fn trace(chains: &[Chain], event: &EventId, depth: usize) -> Option<Trace> {
    let (chain, entry) = chains.iter().find_map(|chain| Some((chain, chain.entries.get(event)?)))?;
    let record = query::event_record(chain.played.state(), event).ok().flatten();
    let mut steps = Steps::from(entry.event.created_at);
    let signed = steps.add(Millis(0), entry.event.created_at, "signed".into(), &entry.member, None);
    let admitted = steps.add(signed, entry.admitted_at, "admitted".into(), &entry.endorser, None);
    let what = format!("sealed in block {}", entry.height);
    let sealed = steps.add(admitted, entry.sealed_at, what, "", place(chain, entry.index));
    let first = chain.played.final_with(entry.index);
    let settled = first.map_or(sealed, |first| steps.add(sealed, first.at, "final".into(), "", None));
    let record_of = record.as_ref().filter(|record| record.settled_height > entry.height);
    let judged =
        afterwards(chain, event, entry.index, sealed, &mut steps, record_of.map_or(0, |one| one.settled_height));
    for (_, index, at) in chain.due.iter().filter(|(due, ..)| due == event) {
        steps.add(sealed, *at, "a deadline passed".into(), "", place(chain, *index));
    }
    if let Some(record) = record_of {
        let at = chain.sealed.get(&record.settled_height).copied().unwrap_or_default();
        let what = format!("{} in block {}", record.outcome.name(), record.settled_height);
        steps.add(judged, at, what, "", None);
    }
    upwards(chains, chain, entry.index, settled, &mut steps);
    let causes = entry.event.causes.iter().filter(|cause| *cause != event && depth < MAX_DEPTH);
    Some(Trace {
        chain: chain.path.clone(),
        event: event.to_string(),
        kind: Kind::of(&entry.event.fact).name(),
        member: entry.member.clone(),
        result: match entry.code {
            OK => "executed".into(),
            code => format!("refused with {}", Code::from_number(code).map_or("an unknown code", Code::text)),
        },
        outcome: record.map(|record| record.outcome.name()),
        steps: steps.ordered(),
        causes: causes.filter_map(|cause| trace(chains, cause, depth + 1)).collect(),
    })
}

/// Adds what other events did to the event traced; when the last ballot that settled it can have been cast. They are taken
/// in the log's order, so that a cause is known before what names it, and none comes before the block of the event.
fn afterwards(chain: &Chain, event: &EventId, index: u64, sealed: Millis, steps: &mut Steps, settled: u64) -> Millis {
    let later = chain.entries.iter().filter(|(_, other)| other.code == OK && other.index > index);
    let later = later.filter_map(|(id, other)| Some((other.index, id, other, concerns(&other.event, event)?)));
    let mut later = later.collect::<Vec<_>>();
    later.sort_by_key(|(index, ..)| *index);
    let (mut known, mut judged) = (BTreeMap::new(), sealed);
    for (index, id, other, what) in later {
        let causes = other.event.causes.iter().filter_map(|cause| known.get(cause).copied());
        let after = causes.fold(sealed, Millis::max);
        let at = steps.add(after, other.event.created_at, what, &other.member, place(chain, index));
        known.insert(*id, at);
        if matches!(other.event.fact, Fact::Ballot(_)) && other.height <= settled {
            judged = judged.max(at);
        }
    }
    judged
}

/// What an event does to the event traced.
fn concerns(other: &Event, subject: &EventId) -> Option<String> {
    match &other.fact {
        Fact::Ballot(ballot) if ballot.subject == *subject => {
            let why = if ballot.reason.is_empty() { String::new() } else { format!(" ({})", ballot.reason) };
            let how = if ballot.policy.is_empty() { String::new() } else { format!(" by policy {}", ballot.policy) };
            Some(format!("{}{why}{how}", ballot.choice.name()))
        }
        Fact::Correction(correction) if correction.subject == *subject => Some("corrected".into()),
        _ if other.causes.contains(subject) => Some(format!("followed by a {}", Kind::of(&other.fact).name())),
        _ => None,
    }
}

/// The first anchors that carried a leaf up, level by level. An anchor follows finality below.
fn upwards(chains: &[Chain], chain: &Chain, index: u64, mut after: Millis, steps: &mut Steps) {
    let (mut below, mut index) = (chain, index);
    while let Some((above, entry)) = chains.iter().find_map(|above| Some((above, carrying(above, &below.path, index)?)))
    {
        let what = format!("anchored in {}", above.path);
        after = steps.add(after, entry.sealed_at, what, &entry.member, place(above, entry.index));
        (below, index) = (above, entry.index);
    }
}

/// The first anchor of `child` on this chain that covers the child's leaf.
fn carrying<'a>(chain: &'a Chain, child: &str, index: u64) -> Option<&'a Entry> {
    let covers = |entry: &&Entry| match &entry.event.fact {
        Fact::Anchor(anchor) if anchor.child == child && entry.code == OK => {
            Certificate::parse(&anchor.checkpoint).is_some_and(|certificate| certificate.checkpoint.size > index)
        }
        _ => false,
    };
    chain.entries.values().filter(covers).min_by_key(|entry| entry.index)
}

fn place(chain: &Chain, index: u64) -> Option<Place> {
    let first = chain.played.final_with(index)?;
    let checkpoint = &first.certificate.checkpoint;
    Some(Place {
        chain: chain.path.clone(),
        index,
        size: checkpoint.size,
        root: checkpoint.root.to_string(),
        final_at: first.at.to_string(),
    })
}

impl Trace {
    /// For people, indented under what it is a cause of.
    fn text(&self, indent: &str) -> String {
        let Trace { chain, event, kind, member, result, outcome, steps, causes } = self;
        let outcome = outcome.map_or_else(String::new, |outcome| format!(", {outcome}"));
        let mut out = format!("{indent}{kind} {event} by {member} on {chain}: {result}{outcome}\n");
        for Step { what, who, at, delay_ms, proof } in steps {
            let by = if who.is_empty() { String::new() } else { format!(" by {who}") };
            out += &format!("{indent}  {at}  +{}  {what}{by}", steps::spoken(*delay_ms));
            if let Some(Place { chain, index, size, root, .. }) = proof {
                out += &format!("  [leaf {index} of {chain}, under the final checkpoint of {size} leaves {root}]");
            }
            out.push('\n');
        }
        for cause in causes {
            out += &format!("{indent}  because of\n{}", cause.text(&format!("{indent}    ")));
        }
        out
    }
}
