//! Executes a block: due items first, then its events in order, then summaries, then the block's own leaf. Every ledger
//! derives the same leaves and the same state digest, or it cannot cosign.
//!
//! It neither checks the block (`proof::block`) nor signatures and form (the ledger did): it is handed what those
//! checks found.

mod bundles;
mod derived;
pub mod due;
mod input;

pub use bundles::MAX_HOLES;
pub use input::{BlockInput, BlockOutcome, BundleInput, Certified, Entry};

use proof::digest::Digest;
use proof::leaf::{BlockLeaf, DueLeaf, EventLeaf, Leaf};
use proof::sign::PublicKey;

use crate::act::{Halt, Scene, Submitted, is_waiting};
use crate::chain::Lane;
use crate::codec;
use crate::due::MAX_DUE_A_BLOCK;
use crate::event::{Event, EventId};
use crate::genesis::KeyClass;
use crate::record::{EventRecord, KeyRecord, Kind, Outcome, Progress, initial_digest};
use crate::refusal::Code;
use crate::rule;
use crate::state::{Changes, Draft, Fault, Overlay, View, read};
use crate::time::Millis;
use crate::{credits, governance, keys, roster};

/// Executes a block on the state before it.
pub fn block(view: &dyn View, input: &BlockInput) -> Result<BlockOutcome, Fault> {
    let mut run = Run::start(view, input)?;
    let first_alert = roster::progress(&run.state)?.alerts.saturating_add(1);
    run.due()?;
    for bundle in &input.bundles {
        run.bundle(bundle)?;
    }
    run.derived()?;
    run.summaries()?;
    run.hand_over(input.certificate)?;
    let alerts = first_alert..roster::progress(&run.state)?.alerts.saturating_add(1);
    run.end(view, input, alerts)
}

/// A block in progress.
struct Run<'a> {
    state: Overlay<'a>,
    scene: Scene,
    first_leaf: u64,
    leaves: Vec<Leaf>,
    /// The place of the next event among the block's events; a repeated one keeps its place without a leaf, so that a
    /// place always finds the bytes in the block.
    position: u32,
    urgent: bool,
    executed: u32,
    refused: u32,
}

impl<'a> Run<'a> {
    fn start(view: &'a dyn View, input: &BlockInput) -> Result<Self, Fault> {
        let mut state = Overlay::new(view);
        let before = roster::progress(view)?;
        let certified = input.certificate.map_or(0, |certificate| certificate.time_s.saturating_mul(1000));
        let chain_time = before.chain_time.max(Millis(certified));
        let mut draft = Draft::new(view);
        draft.put(keys::progress(), &Progress { height: input.height, chain_time, ..before });
        if let Some(sealer) = &input.excluded {
            exclude(&mut draft, sealer, input.height)?;
        }
        state.apply(draft.finish().1)?;
        let scene = Scene {
            chain_id: input.chain_id,
            chain: input.chain.clone(),
            height: input.height,
            now: chain_time,
            position: 0,
            leaf_index: input.first_leaf,
        };
        let first_leaf = input.first_leaf;
        Ok(Run { state, scene, first_leaf, leaves: Vec::new(), position: 0, urgent: false, executed: 0, refused: 0 })
    }

    /// The scene of the leaf that comes next.
    fn scene(&self, position: u32) -> Scene {
        let made = u64::try_from(self.leaves.len()).unwrap_or(u64::MAX);
        Scene { position, leaf_index: self.first_leaf.saturating_add(made), ..self.scene.clone() }
    }

    /// Due items by (due, event id), each with a leaf.
    fn due(&mut self) -> Result<(), Fault> {
        let items = self.state.scan(keys::DUE, &keys::due_after(self.scene.now), MAX_DUE_A_BLOCK)?;
        for (key, _) in items {
            // An item before it may have settled the report, which takes this one away.
            if self.state.get(&key)?.is_none() {
                continue;
            }
            let (event, what) = due_of(&key).ok_or_else(|| Fault(String::from("a due key does not parse")))?;
            let position = u32::try_from(self.leaves.len()).unwrap_or(u32::MAX);
            let scene = self.scene(position);
            let mut draft = Draft::new(&self.state);
            draft.delete(key);
            due::act(&mut draft, &scene, &event, what)?;
            let writes = draft.finish().1;
            self.state.apply(writes)?;
            self.leaves.push(Leaf::Due(DueLeaf { height: scene.height, position, event, what }));
        }
        Ok(())
    }

    /// One event of a bundle: executed, refused, or a repeat.
    fn event(&mut self, lane: Lane, entry: &Entry) -> Result<(), Fault> {
        let position = self.position;
        self.position = self.position.saturating_add(1);
        let submitted = match entry {
            Ok(submitted) => submitted,
            Err((id, signed, refusal)) => return self.refuse(lane, position, *id, *signed, refusal.code),
        };
        let (id, signed) = (submitted.id, submitted.signed);
        if self.state.get(&keys::event(&id))?.is_some() {
            return Ok(());
        }
        if submitted.event.lane != lane {
            return self.refuse(lane, position, id, signed, Code::LaneMismatch);
        }
        let scene = self.scene(position);
        match rule::decide(&self.state, &scene, submitted) {
            Ok(effects) => {
                self.state.apply(effects.writes)?;
                self.urgent |= lane == Lane::Urgent;
                self.executed = self.executed.saturating_add(1);
                self.leaf(lane, position, id, signed, proof::leaf::OK);
                Ok(())
            }
            Err(Halt::Fault(fault)) => Err(fault),
            Err(Halt::Refused(refusal)) => {
                // The endorsement node sent it before its cause or in another lane: not the author's fault, so the
                // event itself is not answered for good.
                if !is_waiting(&refusal) {
                    self.answer(&scene, submitted, refusal.code)?;
                }
                self.refuse(lane, position, id, signed, refusal.code)
            }
        }
    }

    /// Records that a refused event is answered for good.
    fn answer(&mut self, scene: &Scene, submitted: &Submitted, code: Code) -> Result<(), Fault> {
        let event = &submitted.event;
        let record = EventRecord {
            height: scene.height,
            position: scene.position,
            leaf_index: scene.leaf_index,
            lane: event.lane,
            member: self.signer(event)?,
            kind: Kind::of(&event.fact),
            code: code.number(),
            outcome: Outcome::Rejected,
            settled_height: scene.height,
        };
        let mut draft = Draft::new(&self.state);
        credits::refused(&mut draft, scene, &submitted.id, &record.member, code);
        draft.put(keys::event(&submitted.id), &record);
        let writes = draft.finish().1;
        self.state.apply(writes)
    }

    /// The member an author or root key belongs to; empty for another key.
    fn signer(&self, event: &Event) -> Result<String, Fault> {
        for class in [KeyClass::Author, KeyClass::Root] {
            if let Some(key) = read::<KeyRecord>(&self.state, &keys::key(class, &event.author))? {
                return Ok(key.member);
            }
        }
        Ok(String::new())
    }

    fn refuse(&mut self, lane: Lane, position: u32, event: EventId, signed: Digest, code: Code) -> Result<(), Fault> {
        self.refused = self.refused.saturating_add(1);
        self.leaf(lane, position, event, signed, code.number());
        Ok(())
    }

    fn leaf(&mut self, lane: Lane, position: u32, event: EventId, signed: Digest, code: u16) {
        let lane = match lane {
            Lane::Urgent => 0,
            Lane::High => 1,
            Lane::Normal => 2,
        };
        self.leaves.push(Leaf::Event(EventLeaf { height: self.scene.height, position, lane, event, signed, code }));
    }

    fn end(mut self, view: &dyn View, input: &BlockInput, alerts: std::ops::Range<u64>) -> Result<BlockOutcome, Fault> {
        let (pending, next_due) = (self.pending()?, self.next_due()?);
        let before = read::<Digest>(view, &keys::digest())?.unwrap_or_else(|| initial_digest(&input.chain_id));
        let state_digest = digest(&before, self.state.changes());
        let mut draft = Draft::new(&self.state);
        draft.put(keys::digest(), &state_digest);
        let writes = draft.finish().1;
        self.state.apply(writes)?;
        self.leaves.push(Leaf::Block(BlockLeaf {
            height: input.height,
            block: input.block,
            state: state_digest,
            rules_version: input.rules_version,
            snapshot: None,
        }));
        Ok(BlockOutcome {
            leaves: self.leaves,
            writes: self.state.into_changes(),
            state_digest,
            chain_time: self.scene.now,
            pending,
            next_due,
            alerts,
            executed: self.executed,
            refused: self.refused,
        })
    }
}

/// Ends a sealer's key at this height; an exclusion of a key that has ended already changes nothing.
fn exclude(draft: &mut Draft<'_>, sealer: &PublicKey, height: u64) -> Result<(), Fault> {
    let key = keys::key(KeyClass::Sealer, sealer);
    match draft.get::<KeyRecord>(&key)? {
        Some(record) if record.until.is_none_or(|until| until > height) => {
            draft.put(key, &KeyRecord { until: Some(height), ..record });
            governance::changed(draft)
        }
        _ => Ok(()),
    }
}

/// `H(previous digest || H(sorted changes))`; a change is its key and the versioned value, or a deletion.
fn digest(before: &Digest, changes: &Changes) -> Digest {
    let mut out = codec::Writer::default();
    for (key, change) in changes {
        out.bytes(key);
        match change {
            Some(stored) => out.bytes(&stored.to_bytes()),
            // No stored value is shorter than its version, so an empty one cannot be mistaken.
            None => out.bytes(&[]),
        }
    }
    Digest::of_parts(&[b"tocsin/v1/state", before.as_bytes(), Digest::of(&out.into_bytes()).as_bytes()])
}

/// The event and number of a due key.
fn due_of(key: &[u8]) -> Option<(EventId, u8)> {
    let mut parts = std::str::from_utf8(key).ok()?.split('/').skip(2);
    Some((EventId::parse(parts.next()?)?, u8::from_str_radix(parts.next()?, 16).ok()?))
}

#[cfg(test)]
mod tests;
