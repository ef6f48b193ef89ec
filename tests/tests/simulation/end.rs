//! What must hold when the storm is over: everybody who can go on has converged (I10), whoever replays gets the same
//! (I3), a ledger whose store rotted has halted or repaired itself (I12), and every final event is proven offline, while a proof with one changed bit proves nothing else (I5).

use ledger::follow::{Follow, Heard};

use crate::check::Check;
use crate::disk::Disk;
use crate::ledger::hear;
use crate::reporter::proven;
use crate::town::{MEMBERS, TOWN};
use crate::world::World;

/// Bits changed in each proof at the end of a run; all of one proof's are `shared/proof`'s to try.
const MUTATIONS: usize = 3;
/// Blocks that may wait where a liar's word is needed: some seconds of its silence.
const WAITING_BLOCKS: u64 = 8;

impl World {
    /// Honest ledgers that have neither stopped nor executed what is not final any more.
    fn live(&self) -> Vec<usize> {
        let honest = (0..MEMBERS).filter(|member| self.is_honest(*member));
        honest
            .filter(|member| {
                let ledger = &self.ledgers[*member];
                ledger.halted.is_none() && !self.check.astray(&ledger.disk)
            })
            .collect()
    }

    /// Whether q cosigners can still sign one story without breaking their word. If not, the chain is split: nothing can
    /// become final before people name other cosigner keys, which is the runbook's case. It is judged by the signatures
    /// that were made and by what restored backups took from disks, and by nothing that a ledger says of itself.
    pub(crate) fn may_go_on(&self) -> bool {
        if self.liars.len() > 1 {
            return false;
        }
        // One whose state rots counts while it has signed nothing wrong.
        let others = (0..MEMBERS).filter(|member| !self.is_liar(*member)).collect::<Vec<_>>();
        let helping = self.liars.iter().filter(|liar| liar.helps).count();
        self.check.together(self, &others) + helping >= TOWN.set.quorum()
    }

    /// Every event of every reporter is final, every live ledger has the same final end, and the stream has it too. Where
    /// finality needs a liar, who tells the truth now and then and asks for blocks all the time, the end is never final
    /// for long: there the last few blocks may wait.
    pub(crate) fn converged(&self) -> bool {
        let settled = self.reporters.iter().all(|reporter| reporter.settled() == reporter.entries.len());
        if !settled {
            return false;
        }
        let disks = self.live().into_iter().map(|member| &self.ledgers[member].disk).collect::<Vec<_>>();
        let Some(first) = disks.first() else { return false };
        let waiting = disks.iter().map(|disk| disk.height() - disk.final_height()).max().unwrap_or(0);
        disks.iter().all(|disk| disk.tip() == first.tip())
            && first.blocks.last().is_none_or(|tip| self.blocks.holds(&tip.bytes))
            && (waiting == 0 || (waiting <= WAITING_BLOCKS && self.needs_a_liar()))
            && self.may_go_on()
    }

    /// Whether the honest alone are too few for finality.
    fn needs_a_liar(&self) -> bool {
        let honest = (0..MEMBERS).filter(|member| !self.is_liar(*member)).collect::<Vec<_>>();
        self.check.together(self, &honest) < TOWN.set.quorum()
    }

    /// What has not come to its end, for people.
    pub(crate) fn stuck(&self) -> String {
        let open =
            self.reporters.iter().map(|reporter| reporter.entries.len() - reporter.settled()).collect::<Vec<_>>();
        let ledgers = self.ledgers.iter().enumerate().map(|(member, ledger)| {
            let disk = &ledger.disk;
            let who = if self.is_liar(member) { "liar, " } else { "" };
            let signed = ledger.oath.mark().map_or(0, |mark| mark.size);
            let what = ledger.halted.as_deref().unwrap_or("live");
            format!("{who}{}/{} of {} leaves, signed {signed}: {what}", disk.final_height(), disk.height(), disk.size())
        });
        format!("open events {open:?}, ledgers {:?}", ledgers.collect::<Vec<_>>())
    }
}

impl Check {
    /// The last look.
    pub(crate) fn end(&self, world: &World) -> Result<(), String> {
        let Some(member) = world.live().first().copied() else { return Ok(()) };
        let disk = &world.ledgers[member].disk;
        // One of the two a run: a replay costs as much as a ledger.
        if world.converged() && world.steps.is_multiple_of(2) {
            let stream = (1..=world.blocks.last()).filter_map(|sequence| world.blocks.get(sequence));
            same(&replay(stream, disk), disk, "the block stream")?;
        } else {
            let from_peer = replay(disk.blocks.iter().map(|executed| executed.bytes.as_slice()), disk);
            same(&from_peer, disk, "a peer's blocks")?;
        }
        if let Some(rotten) = world.rotten.filter(|_| world.converged()) {
            let ledger = &world.ledgers[rotten];
            if ledger.halted.is_none() && !self.is_sound(&ledger.disk) {
                return Err(format!("I12: ledger {rotten} goes on with a log that is wrong"));
            }
        }
        let mut rng = crate::rng::Rng::new(world.steps);
        for entry in world.reporters.iter().flat_map(|reporter| &reporter.entries).filter(|entry| entry.settled) {
            let id = &entry.made.id;
            let Some(text) = disk.proof(id, &entry.made.signed).map(|proof| proof.text()) else {
                return Err(format!("I1: a live ledger can't prove the final event {id}"));
            };
            let found = proven(&text, id).ok_or_else(|| format!("I5: the proof of {id} does not verify"))?;
            for _ in 0..MUTATIONS {
                let mut changed = text.clone().into_bytes();
                let at = rng.index(changed.len());
                changed[at] ^= 1 << rng.below(8);
                let taken = String::from_utf8(changed).ok().and_then(|changed| proven(&changed, id));
                if taken.is_some() {
                    return Err(format!("I5: a changed proof of {id} verifies, {found:?} or not"));
                }
            }
        }
        Ok(())
    }
}

/// A new ledger that reads messages in order, up to a peer's height; what they lack, the peer has. Where a sealer's key was
/// misused while a final block was lost, its rival stands before it: the new ledger knows from the final checkpoint.
fn replay<'a>(messages: impl Iterator<Item = &'a [u8]>, peer: &Disk) -> Disk {
    let (mut disk, mut follow) = (Disk::new(), Follow::default());
    for message in messages {
        while disk.height() < peer.height() {
            match hear(&mut follow, &disk, message) {
                Heard::Next(block) if peer.hash_at(disk.height() + 1) == Some(block.hash()) => {
                    disk.execute(*block, message.to_vec()).unwrap();
                    break;
                }
                Heard::Gap(_) => {
                    let Some(missing) = peer.at(disk.height() + 1) else { break };
                    disk.execute(missing.block.clone(), missing.bytes.clone()).unwrap();
                }
                Heard::Next(_) | Heard::Ours(_) | Heard::Known | Heard::PassedOver(_) | Heard::Rewritten(_) => break,
            }
        }
    }
    disk
}

fn same(replayed: &Disk, disk: &Disk, from: &str) -> Result<(), String> {
    let ends = [replayed, disk]
        .map(|disk| disk.blocks.last().map(|last| (last.hash, last.state_digest, last.checkpoint.root)));
    if ends[0] == ends[1] && replayed.state == disk.state {
        return Ok(());
    }
    Err(format!("I3: a replay from {from} ends at {} and not at {}", replayed.height(), disk.height()))
}
