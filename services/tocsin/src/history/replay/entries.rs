//! The entries of a copied log, made again by executing its blocks, in the form in which a ledger serves them.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use anyhow::Context;
use domain::chain::Lane;
use domain::event::Event;
use host::projection::Entry;
use ledger::audit::archive::Archive;
use proof::digest::Digest;
use proof::leaf::{Leaf, OK};
use wire::ledger::{EntryKind, LogEntry};

use crate::history::{Page, play};

/// Hands over the entries of a chain in the order of its log, until `take` has seen enough.
pub(super) fn walk(archive: &Archive, mut take: impl FnMut(&Entry<'_>) -> anyhow::Result<bool>) -> anyhow::Result<()> {
    let mut all = |page: &Page<'_>| -> anyhow::Result<bool> {
        for log in entries(page) {
            let event = executed(&log)?;
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

/// The event of an entry that the rules took.
pub(super) fn executed(log: &LogEntry) -> anyhow::Result<Option<Event>> {
    Ok(match (log.code, log.signed.is_empty()) {
        (OK, false) => Some(wire::event::decode(&wire::event::envelope(&log.signed)?.body)?),
        _ => None,
    })
}

/// The leaves of a block as a ledger would serve them.
pub(super) fn entries(page: &Page<'_>) -> Vec<LogEntry> {
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
