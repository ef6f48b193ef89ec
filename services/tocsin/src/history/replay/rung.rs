//! A chain executed again from its genesis: every alert that rings on it, and what rang it.
//!
//! Nothing is believed but the events' bytes. What the rules make of them (state, level, kind, headline of each alert) is in
//! the state whose digest each block's leaf carries, and `play` holds the log of those leaves against the final checkpoints:
//! an alert that rings here is the one that the cosigners signed for.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use anyhow::Context;
use domain::alert::AlertRecord;
use domain::event::{Anchor, Event, EventId, Fact};
use domain::genesis::KeyClass;
use domain::record::KeyRecord;
use domain::rising::Summary;
use domain::state::{MemoryState, read};
use domain::{keys, query};
use ledger::audit::archive::Archive;
use proof::checkpoint::Certificate;
use proof::digest::Digest;
use proof::leaf::{Leaf, OK};

use super::entries::{entries, executed};
use crate::history::{Page, play};

/// More alerts than a block can ring: it holds 500 events, and an anchor of 16 KiB brings some 150 at a hundred bytes each.
const MOST_IN_A_BLOCK: usize = 100_000;

/// A chain, executed again.
pub struct Chain<'a> {
    /// Its copy.
    pub archive: &'a Archive,
    /// Its alerts in the order of their numbers.
    pub rung: Vec<Rung>,
    /// The size and root of the log that came out, which its cosigners signed for.
    pub log: (u64, Digest),
    /// What the rules took, by event; ballots and forecasts that nobody asked for ring nothing and are left out.
    events: BTreeMap<EventId, Told>,
    state: MemoryState,
}

/// An event on its log.
#[derive(Clone)]
pub struct Told {
    /// Its leaf.
    pub index: u64,
    pub event: Event,
}

/// An alert in one of its states on one chain.
pub struct Rung {
    pub alert: AlertRecord,
    /// The block whose execution rang it.
    pub height: u64,
    pub by: By,
}

/// What rang it.
pub enum By {
    /// An event: its own, a ballot or a correction.
    Event(EventId),
    /// A deadline that passed in chain time.
    Deadline,
    /// A child's summary.
    Child(Received),
}

/// Where in a child's log an alert is proven that a summary brought.
pub struct Received {
    pub child: String,
    /// The anchor, an event of this chain.
    pub anchor: EventId,
    /// The child's checkpoint in it.
    pub size: u64,
    pub root: Digest,
    /// The summary's leaf in the child's log.
    pub leaf: u64,
}

impl<'a> Chain<'a> {
    /// Executes a copy; `asked` is kept whatever it is.
    pub fn read(archive: &'a Archive, asked: Option<&EventId>) -> anyhow::Result<Self> {
        let (mut events, mut rung, mut failed) = (BTreeMap::new(), Vec::new(), Ok(()));
        let played = play(archive, &mut |page| match page_of(page, asked, &mut events, &mut rung) {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                failed = Err(error);
                ControlFlow::Break(())
            }
        })?;
        let chain = || archive.genesis.chain.to_string();
        failed.with_context(chain)?;
        let end = played.finals.iter().map(|one| &one.certificate.checkpoint).max_by_key(|one| one.size);
        let end = end.context("the copy has no final checkpoint").with_context(chain)?;
        Ok(Chain { archive, rung, log: (end.size, end.root), events, state: played.state().clone() })
    }

    /// An event that the rules of this chain took.
    pub fn told(&self, id: &EventId) -> Option<&Told> {
        self.events.get(id)
    }

    /// Every such event's id.
    pub fn ids(&self) -> impl Iterator<Item = &EventId> {
        self.events.keys()
    }

    /// The member whose key signed an event of this chain.
    pub fn author(&self, event: &Event) -> anyhow::Result<String> {
        for class in [KeyClass::Author, KeyClass::Root] {
            if let Some(record) = read::<KeyRecord>(&self.state, &keys::key(class, &event.author))? {
                return Ok(record.member);
            }
        }
        Ok(event.author.to_string())
    }
}

/// Takes up what a block's events say and which alerts they rang.
fn page_of(
    page: &Page<'_>,
    asked: Option<&EventId>,
    events: &mut BTreeMap<EventId, Told>,
    rung: &mut Vec<Rung>,
) -> anyhow::Result<()> {
    let mut anchors = BTreeMap::new();
    for log in entries(page) {
        let (Some(id), Some(event)) = (log.event_id, executed(&log)?) else { continue };
        match &event.fact {
            Fact::Anchor(anchor) => drop(anchors.insert(log.index, anchor.clone())),
            Fact::Forecast(_) | Fact::Ballot(_) if asked != Some(&id) => {}
            _ => drop(events.insert(id, Told { index: log.index, event })),
        }
    }
    let next = rung.last().map_or(0, |last| last.alert.number).saturating_add(1);
    for alert in query::alerts(page.state, next, MOST_IN_A_BLOCK)? {
        let at = alert.leaf_index.checked_sub(page.first_leaf).and_then(|at| usize::try_from(at).ok());
        let leaf = at.and_then(|at| page.leaves.get(at));
        let by = match (leaf, anchors.get(&alert.leaf_index)) {
            (Some(Leaf::Event(leaf)), Some(anchor)) => match received(leaf.event, anchor, &alert) {
                Some(received) => By::Child(received),
                // An anchor also ends its child's silence, by itself.
                None => By::Event(leaf.event),
            },
            (Some(Leaf::Event(leaf)), None) if leaf.code == OK => By::Event(leaf.event),
            (Some(Leaf::Due(_)), _) => By::Deadline,
            _ => anyhow::bail!("alert {} names leaf {}, which rings nothing", alert.number, alert.leaf_index),
        };
        rung.push(Rung { alert, height: page.block.header.height, by });
    }
    Ok(())
}

/// Where the anchor proves an alert, if it brought it.
fn received(id: EventId, anchor: &Anchor, alert: &AlertRecord) -> Option<Received> {
    let checkpoint = Certificate::parse(&anchor.checkpoint)?.checkpoint;
    let leaf = anchor.leaves.iter().find(|proven| match Leaf::from_bytes(&proven.leaf) {
        Some(Leaf::Summary(leaf)) => {
            let raised = Summary::decode(&leaf.body).map(|summary| summary.raised).unwrap_or_default();
            raised.iter().any(|raised| raised.id() == alert.id())
        }
        _ => false,
    })?;
    let Anchor { child, .. } = anchor;
    Some(Received { child: child.clone(), anchor: id, size: checkpoint.size, root: checkpoint.root, leaf: leaf.index })
}
