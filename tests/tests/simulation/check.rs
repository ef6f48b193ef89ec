//! The invariants, held against the whole world after every step. Numbers as in the project's list: I1 final events are
//! everywhere, I2 nothing twice, I3 equal logs and states, I4 contiguous chains, I5 proofs, I6 no two final stories and no
//! honest cosigner with two, I11 final is for ever. I10 (convergence) and I12 (what rots is noticed) are in `end`.
//!
//! It looks at ledgers from outside and believes none of their memories: what it knows, it has from their disks and from
//! the signatures that were made.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use domain::chain::Lane;
use domain::event::EventId;
use proof::block::Tip;
use proof::checkpoint::Checkpoint;
use proof::digest::Digest;
use proof::leaf::{EventLeaf, Leaf, OK};
use proof::sign::{PublicKey, Signed};

use crate::disk::{Disk, Executed};
use crate::town::{MEMBERS, TOWN};
use crate::world::World;

#[derive(Default)]
pub(crate) struct Check {
    /// Every block that an honest ledger ever executed, with what came of it.
    known: BTreeMap<Digest, Arc<Executed>>,
    /// Which block a checkpoint is of.
    blocks: BTreeMap<(u64, Digest), Digest>,
    /// Who signed a checkpoint.
    signers: BTreeMap<(u64, Digest), BTreeSet<usize>>,
    /// Blocks executed and signatures made in this step.
    executed: Vec<(usize, Arc<Executed>)>,
    signed: Vec<(usize, Checkpoint)>,
    /// The final chain: block hashes from height 1.
    pub(crate) last: Vec<Digest>,
    /// Blocks that a restored backup took from a ledger.
    lost: BTreeSet<Digest>,
    /// By member the highest block it ever signed.
    highest: [Option<Digest>; MEMBERS],
    /// What was proven final to somebody.
    promised: BTreeMap<u64, EventLeaf>,
    promises: Vec<(u64, EventLeaf)>,
    seen: [Seen; MEMBERS],
}

/// What was looked at of a ledger's disk.
#[derive(Default)]
struct Seen {
    height: u64,
    /// Events executed.
    events: BTreeSet<EventId>,
    /// Bundle numbers taken, by node and lane.
    numbers: BTreeMap<(PublicKey, usize), BTreeSet<u64>>,
    final_size: u64,
}

type Held = Result<(), String>;

fn hold(holds: bool, broken: impl FnOnce() -> String) -> Held {
    if holds { Ok(()) } else { Err(broken()) }
}

impl Check {
    /// A ledger executed a block.
    pub(crate) fn executes(&mut self, member: usize, executed: &Arc<Executed>) {
        self.executed.push((member, executed.clone()));
    }

    /// A member signed a checkpoint.
    pub(crate) fn signs(&mut self, member: usize, checkpoint: &Checkpoint) {
        self.signed.push((member, checkpoint.clone()));
    }

    /// Somebody was shown that an event is final.
    pub(crate) fn promises(&mut self, index: u64, leaf: EventLeaf) {
        self.promises.push((index, leaf));
    }

    /// A ledger's disk is another one.
    pub(crate) fn forget(&mut self, member: usize) {
        self.seen[member] = Seen::default();
    }

    /// A ledger's disk is an older one: what was only on this one is lost.
    pub(crate) fn loses(&mut self, disk: &Disk) {
        self.lost.extend(disk.blocks.iter().map(|executed| executed.hash));
    }

    /// Whether every block of a disk gave what it gave the honest.
    pub(crate) fn is_sound(&self, disk: &Disk) -> bool {
        let same = |executed: &Arc<Executed>| {
            self.known.get(&executed.hash).is_none_or(|known| known.checkpoint == executed.checkpoint)
        };
        disk.blocks.iter().all(same)
    }

    /// Whether a ledger's blocks agree with the final chain as far as both go.
    pub(crate) fn astray(&self, disk: &Disk) -> bool {
        let both = disk.blocks.len().min(self.last.len());
        both > 0 && disk.blocks[both - 1].hash != self.last[both - 1]
    }

    /// How many of those members could still sign one story: whoever has signed a block may sign only what descends from
    /// it, and one who has signed what no honest ledger has, nothing. Nor may one who has signed a block that backups were
    /// restored in the place of, and that is now on no disk and not in the stream: nobody can bring it back.
    pub(crate) fn together(&self, world: &World, members: &[usize]) -> usize {
        let gone = |block: &Digest| {
            let held = |disk: &Disk| disk.blocks.iter().any(|executed| executed.hash == *block);
            self.lost.contains(block)
                && !world.ledgers.iter().any(|ledger| held(&ledger.disk))
                && !self.known.get(block).is_some_and(|known| world.blocks.holds(&known.bytes))
        };
        let words = members.iter().filter_map(|member| self.word(*member));
        let words = words.filter(|word| !word.as_ref().is_some_and(gone)).collect::<Vec<_>>();
        let may = |word: &Option<Digest>, story: Option<Digest>| {
            word.is_none_or(|word| story.is_some_and(|story| self.descends(story, word)))
        };
        words.iter().map(|story| words.iter().filter(|word| may(word, *story)).count()).max().unwrap_or(0)
    }

    /// The highest block that a member has signed, if any; `None` where it signed what no honest ledger has.
    fn word(&self, member: usize) -> Option<Option<Digest>> {
        let signed = self.signers.iter().filter(|(_, signers)| signers.contains(&member));
        signed.map(|(of, _)| self.blocks.get(of).copied()).try_fold(None, |_, block| Some(Some(block?)))
    }

    /// Checks everything that this step may have changed.
    pub(crate) fn step(&mut self, world: &World) -> Held {
        for (member, executed) in std::mem::take(&mut self.executed) {
            if world.is_honest(member) {
                self.learn(&executed).map_err(|broken| format!("{broken} (ledger {member})"))?;
            }
        }
        for member in (0..MEMBERS).filter(|member| world.is_honest(*member)) {
            let mut seen = std::mem::take(&mut self.seen[member]);
            let held = self.disk(&mut seen, &world.ledgers[member].disk);
            self.seen[member] = seen;
            held.map_err(|broken| format!("{broken} (ledger {member})"))?;
        }
        for (member, checkpoint) in std::mem::take(&mut self.signed) {
            self.signature(world, member, &checkpoint)?;
        }
        for (index, leaf) in std::mem::take(&mut self.promises) {
            let first = self.promised.entry(index).or_insert_with(|| leaf.clone());
            hold(*first == leaf, || format!("I11: two proofs for index {index}"))?;
            for (member, ledger) in world.ledgers.iter().enumerate().filter(|(member, _)| world.is_honest(*member)) {
                self.kept(&ledger.disk, index, &leaf).map_err(|broken| format!("{broken} (ledger {member})"))?;
            }
        }
        Ok(())
    }

    /// New blocks and claims on a disk.
    fn disk(&mut self, seen: &mut Seen, disk: &Disk) -> Held {
        let from = seen.height;
        while seen.height < disk.height() {
            let executed = disk.at(seen.height + 1).unwrap();
            self.block(seen, disk, executed)?;
            seen.height += 1;
        }
        if seen.height > from {
            numbers(seen, disk)?;
            let first = disk.at(from).map_or(0, |executed| executed.checkpoint.size);
            for (index, leaf) in self.promised.range(first..disk.size()) {
                self.kept(disk, *index, leaf)?;
            }
        }
        let certified = disk.certificate.as_ref().filter(|best| best.checkpoint.size != seen.final_size);
        if let Some(certificate) = certified {
            seen.final_size = certificate.checkpoint.size;
            hold(TOWN.is_final(certificate), || "I5: a certificate that is none".into())?;
            let size = certificate.checkpoint.size;
            if let Some(executed) = disk.blocks.iter().find(|executed| executed.checkpoint.size == size) {
                hold(executed.checkpoint == certificate.checkpoint, || "I3: final, but of another log".into())?;
            }
        }
        Ok(())
    }

    /// Whoever executes a block gets the same.
    fn learn(&mut self, executed: &Arc<Executed>) -> Held {
        let height = executed.block.header.height;
        if let Some(known) = self.known.get(&executed.hash) {
            let same = known.checkpoint == executed.checkpoint && known.state_digest == executed.state_digest;
            return hold(same, || format!("I3: block {height} gave another log or state"));
        }
        executed.block.check_alone(TOWN.chain.id()).map_err(|error| format!("I4: block {height}: {error}"))?;
        let of = (executed.checkpoint.size, executed.checkpoint.root);
        self.blocks.insert(of, executed.hash);
        self.known.insert(executed.hash, executed.clone());
        Ok(())
    }

    /// A block in its place on a disk.
    fn block(&self, seen: &mut Seen, disk: &Disk, executed: &Executed) -> Held {
        let (height, block) = (executed.block.header.height, &executed.block);
        let before = disk.at(height - 1);
        let tip = before.map_or_else(|| Tip::genesis(TOWN.chain.id()), |before| before.block.tip());
        block.check_follows(&tip).map_err(|error| format!("I4: block {height}: {error}"))?;
        let first = before.map_or(0, |before| before.checkpoint.size);
        let leaves = &disk.leaves[usize::try_from(first).unwrap()..usize::try_from(executed.checkpoint.size).unwrap()];
        hold(matches!(leaves.last(), Some(Leaf::Block(_))), || format!("I3: block {height} has no leaf"))?;
        for leaf in leaves {
            hold(leaf.height() == height, || "I3: a leaf of another block".into())?;
            if let Leaf::Event(leaf) = leaf
                && leaf.code == OK
            {
                hold(seen.events.insert(leaf.event), || format!("I2: {} was executed twice", leaf.event))?;
            }
        }
        for bundle in &block.bundles {
            let opened = Signed::from_bytes(bundle)
                .and_then(|signed| Some((signed.key, wire::bundle::decode(&signed.body).ok()?)));
            if let Some((endorser, bundle)) = opened {
                seen.numbers.entry((endorser, bundle.lane.index())).or_default().insert(bundle.number);
            }
        }
        Ok(())
    }

    /// A promised leaf is where it was promised, in every honest ledger that is that long; one that is astray may not
    /// call anything final there.
    fn kept(&self, disk: &Disk, index: u64, leaf: &EventLeaf) -> Held {
        if index >= disk.size() {
            return Ok(());
        }
        let there = &disk.leaves[usize::try_from(index).unwrap()];
        let kept = matches!(there, Leaf::Event(there) if there == leaf);
        let claims = disk.certificate.as_ref().is_some_and(|certificate| certificate.checkpoint.size > index);
        hold(kept || (self.astray(disk) && !claims), || format!("I1: the final event at {index} is not there"))
    }

    fn signature(&mut self, world: &World, member: usize, checkpoint: &Checkpoint) -> Held {
        let of = (checkpoint.size, checkpoint.root);
        let signers = self.signers.entry(of).or_default();
        if signers.insert(member) && signers.len() == TOWN.set.quorum() {
            self.certified(of)?;
        }
        if !world.is_honest(member) {
            return Ok(());
        }
        let Some(block) = self.blocks.get(&of).copied() else {
            return Err(format!("I12: ledger {member} signed a log that it does not have"));
        };
        match self.highest[member] {
            Some(highest) if self.descends(highest, block) => {}
            Some(highest) if !self.descends(block, highest) => {
                return Err(format!("I6: ledger {member} is honest and signed two stories"));
            }
            _ => self.highest[member] = Some(block),
        }
        Ok(())
    }

    /// A checkpoint has q cosignatures.
    fn certified(&mut self, of: (u64, Digest)) -> Held {
        let Some(block) = self.blocks.get(&of) else {
            return Err(format!("I6: q cosigners vouch for a log of {} that no honest ledger has", of.0));
        };
        let mut chain = self.history(*block).collect::<Vec<_>>();
        chain.reverse();
        let both = chain.len().min(self.last.len());
        hold(chain[..both] == self.last[..both], || {
            format!(
                "I6: two final stories at height {}",
                1 + (0..both).find(|at| chain[*at] != self.last[*at]).unwrap()
            )
        })?;
        if chain.len() > self.last.len() {
            self.last = chain;
        }
        Ok(())
    }

    /// A block and those below it, down to height 1.
    fn history(&self, block: Digest) -> impl Iterator<Item = Digest> + '_ {
        let below = |hash: &Digest| Some(self.known.get(hash)?.block.header.previous);
        std::iter::successors(Some(block), below).take_while(|hash| self.known.contains_key(hash))
    }

    fn descends(&self, block: Digest, from: Digest) -> bool {
        let height = |hash: &Digest| self.known.get(hash).map_or(0, |known| known.block.header.height);
        let lowest = height(&from);
        self.history(block).take_while(|hash| height(hash) >= lowest).any(|hash| hash == from)
    }
}

/// A node's bundle numbers are complete, or the hole is named in the state.
fn numbers(seen: &Seen, disk: &Disk) -> Held {
    for ((endorser, lane), taken) in &seen.numbers {
        let Some(record) = disk.bundles(endorser, Lane::ALL[*lane]) else {
            return Err("I4: a bundle was taken without a record".into());
        };
        let all = taken.iter().chain(&record.holes).copied().collect::<BTreeSet<_>>();
        let whole = all.len() == taken.len() + record.holes.len() && all.into_iter().eq(1..record.next);
        hold(whole, || format!("I4: bundle numbers {taken:?} with holes {:?} before {}", record.holes, record.next))?;
    }
    Ok(())
}
