//! A ledger node: what it has on disk, what it keeps apart from it, and what it only remembers. Following, finality and
//! execution are the real ones; only what ties them together is written again here, without threads and network.

use std::convert::Infallible;

use ledger::finality::{Finality, Verdict};
use ledger::follow::{Follow, Heard};
use ledger::oath::{Mark, Oath};
use proof::block::Block;
use proof::checkpoint::{Certificate, Checkpoint};
use proof::digest::Digest;
use proof::sign::PublicKey;

use crate::disk::Disk;
use crate::rng::Rng;
use crate::town::{MEMBERS, TOWN};
use crate::world::{Node, World};

/// How often the last word is said again.
const REPEAT_MS: u64 = 2000;
/// Messages read again at the start.
const AGAIN: u64 = 256;
/// How long the stream has to bring what others have finalised, before peers are asked.
const STREAM_PATIENCE_MS: u64 = 2000;

pub(crate) struct Ledger {
    pub(crate) disk: Disk,
    pub(crate) backup: Option<Disk>,
    /// The high-water mark, in a file of its own that survives whatever happens to the disk.
    pub(crate) mark: Option<Mark>,
    /// Its clock runs this much ahead of the others'.
    pub(crate) skew_s: u64,
    // What is gone with the process:
    pub(crate) follow: Follow,
    pub(crate) finality: Finality,
    pub(crate) oath: Oath,
    /// Whether the others have said what they heard it cosign; before, it signs nothing.
    pub(crate) told: bool,
    /// By member the largest checkpoint that it heard them cosign.
    pub(crate) heard: [Option<Mark>; MEMBERS],
    /// Checkpoints cosigned that are not known to be final.
    pub(crate) said: Vec<(u64, String)>,
    pub(crate) said_at: u64,
    pub(crate) halted: Option<String>,
    /// The height for whose block the stream holds a rival, while it halts for that alone.
    pub(crate) disputed: Option<u64>,
    /// A certificate of a longer log, and since when it waits for its blocks.
    pub(crate) ahead: Option<(u64, Certificate)>,
    /// The last message of the stream, to notice when another stands in its place.
    pub(crate) met: Option<(u64, Digest)>,
    pub(crate) rebuilt: bool,
    /// Whether the others were asked what is final beyond its log, which comes before reading the stream.
    joined: bool,
    /// When they were last asked for the log that it vouched for and does not have.
    asked_at: u64,
}

impl Ledger {
    pub(crate) fn new(rng: &mut Rng) -> Self {
        Ledger {
            disk: Disk::new(),
            backup: None,
            mark: None,
            skew_s: rng.below(3),
            follow: Follow::default(),
            finality: Finality::new(TOWN.set.clone(), 0),
            oath: Oath::default(),
            told: false,
            heard: Default::default(),
            said: Vec::new(),
            said_at: 0,
            halted: None,
            disputed: None,
            ahead: None,
            met: None,
            rebuilt: false,
            joined: false,
            asked_at: 0,
        }
    }

    /// Begins with what is on disk and the mark.
    fn open(&mut self) {
        if self.mark.as_ref().is_some_and(|mark| self.disk.root_at(mark.size).is_some_and(|root| root != mark.root)) {
            // The log is not the one it cosigned; it is set aside.
            self.disk = Disk::new();
        }
        self.follow = Follow::default();
        self.finality = Finality::new(TOWN.set.clone(), self.disk.final_height());
        if let Some(tip) = self.disk.blocks.last() {
            self.finality.executed(self.disk.height(), tip.checkpoint.clone(), TOWN.set.clone());
        }
        // The last messages are read again, to see where the stream parts from its blocks, if it does.
        self.disk.next_sequence = self.disk.next_sequence.saturating_sub(AGAIN).max(1);
        self.oath = Oath::new(self.mark.clone());
        self.told = false;
        self.heard = Default::default();
        self.said.clear();
        self.halted = None;
        self.disputed = None;
        self.ahead = None;
        self.met = None;
        self.joined = false;
    }

    /// Remembers the largest checkpoint that a member cosigned.
    pub(crate) fn remember(&mut self, certificate: &Certificate) {
        let mark = Mark::of(0, &certificate.checkpoint);
        for word in &certificate.cosignatures {
            let Some(of) = TOWN.set.cosigners.iter().position(|cosigner| word.is_by(cosigner)) else { continue };
            let larger = self.heard[of].as_ref().is_none_or(|known| known.size < mark.size);
            if larger && word.verify(&TOWN.set.cosigners[of], &certificate.checkpoint) {
                self.heard[of] = Some(mark.clone());
            }
        }
    }

    /// Notices a stream that is not the one it read: shorter, or with another message where it read the last one.
    fn shrank(&self, blocks: &crate::stream::Stream) -> bool {
        let replaced =
            |(sequence, hash): (u64, Digest)| blocks.get(sequence).is_some_and(|message| Digest::of(message) != hash);
        blocks.last() + 1 < self.disk.next_sequence || self.met.is_some_and(replaced)
    }
}

impl World {
    pub(crate) fn ledger_starts(&mut self, member: usize) {
        self.ledgers[member].open();
        self.ledgers[member].rebuilt = false;
        self.check.forget(member);
    }

    pub(crate) fn ledger_tick(&mut self, member: usize) {
        if !self.hears(Node::Ledger(member)) {
            return;
        }
        if self.ledgers[member].disk.damaged.get() {
            self.say(|| format!("ledger {member} met damage"));
            self.rebuild(member);
        }
        if !self.ledgers[member].told {
            self.recall(member);
        }
        if self.ledgers[member].shrank(&self.blocks) {
            self.say(|| format!("ledger {member} notices that the stream is another one"));
            let ledger = &mut self.ledgers[member];
            (ledger.follow, ledger.met, ledger.disk.next_sequence) = (Follow::default(), None, 1);
            ledger.joined = false;
        }
        if !std::mem::replace(&mut self.ledgers[member].joined, true) {
            self.join(member);
            self.take_back(member);
        } else if self.now >= self.ledgers[member].asked_at + STREAM_PATIENCE_MS {
            self.take_back(member);
        }
        self.go_on(member);
        for _ in 0..self.rng.between(1, 5) {
            if self.ledgers[member].halted.is_some() || !self.read_next(member) {
                break;
            }
        }
        self.catch_up(member);
        if self.now >= self.ledgers[member].said_at + REPEAT_MS {
            self.speak(member);
        }
    }

    /// Reads one message of the block stream; false when there is none.
    fn read_next(&mut self, member: usize) -> bool {
        let sequence = self.ledgers[member].disk.next_sequence;
        if sequence > self.blocks.last() {
            return false;
        }
        if let Some(message) = self.blocks.get(sequence).map(<[u8]>::to_vec) {
            let mut heard = self.judge(member, &message);
            if let Heard::Gap(height) = heard {
                self.fetch(member, height, None);
                heard = self.judge(member, &message);
            }
            match heard {
                Heard::Next(block) => self.extend(member, *block, message.clone(), true),
                Heard::Rewritten(height) if height <= self.ledgers[member].disk.final_height() => {}
                Heard::Rewritten(height) => {
                    self.halt(member, "the stream holds another block at a height it has");
                    self.ledgers[member].disputed = Some(height);
                    return false;
                }
                Heard::Ours(height) if height == self.ledgers[member].disk.height() => {
                    if !std::mem::replace(&mut self.ledgers[member].disk.sure, true) {
                        self.vouch_for_tip(member);
                    }
                }
                Heard::PassedOver(_) if self.ledgers[member].disk.is_rotten_before(&message) => {
                    self.say(|| format!("ledger {member} finds its state rotten"));
                    self.rebuild(member);
                    return false;
                }
                Heard::Ours(_) | Heard::Known | Heard::PassedOver(_) | Heard::Gap(_) => {}
            }
            self.ledgers[member].met = Some((sequence, Digest::of(&message)));
        }
        self.ledgers[member].disk.next_sequence = sequence + 1;
        true
    }

    /// Goes on when what was disputed is decided: its block is final.
    fn go_on(&mut self, member: usize) {
        let ledger = &mut self.ledgers[member];
        let last = ledger.disk.final_height();
        if ledger.disputed.take_if(|height| *height <= last).is_some() {
            ledger.halted = None;
            self.say(|| format!("ledger {member} goes on"));
            self.vouch_for_tip(member);
        }
    }

    fn judge(&mut self, member: usize, message: &[u8]) -> Heard {
        let follows = self.defences.follows;
        let Ledger { disk, follow, .. } = &mut self.ledgers[member];
        if !follows
            && let Ok(block) = Block::from_bytes(message)
            && block.check_alone(TOWN.chain.id()).is_ok()
            && block.header.height == disk.height() + 1
        {
            return Heard::Next(Box::new(block));
        }
        hear(follow, disk, message)
    }

    /// Executes, makes durable, and cosigns if the block's place in the chain is sure.
    fn extend(&mut self, member: usize, block: Block, bytes: Vec<u8>, sure: bool) {
        let ledger = &mut self.ledgers[member];
        let Ok(executed) = ledger.disk.execute(block, bytes) else {
            self.say(|| format!("ledger {member} meets damage"));
            return self.rebuild(member);
        };
        self.check.executes(member, &executed);
        let (height, checkpoint) = (ledger.disk.height(), executed.checkpoint.clone());
        ledger.disk.sure = sure;
        ledger.finality.executed(height, checkpoint.clone(), TOWN.set.clone());
        self.say(|| format!("ledger {member} executes block {height}"));
        if sure && self.vouch(member, height, &checkpoint) {
            self.speak(member);
        }
        let verdict = self.ledgers[member].finality.settle(vec![height]);
        self.conclude(member, verdict);
    }

    /// Sets the store aside and begins with an empty one.
    pub(crate) fn rebuild(&mut self, member: usize) {
        self.ledgers[member].disk = Disk::new();
        self.ledgers[member].open();
        self.check.forget(member);
    }

    /// Others have finalised more than this ledger has: what the stream does not bring comes from them.
    fn catch_up(&mut self, member: usize) {
        let ledger = &self.ledgers[member];
        let Some((since, certificate)) = &ledger.ahead else { return };
        if self.now < since + STREAM_PATIENCE_MS {
            return;
        }
        let known = ledger.disk.certificate.as_ref().map_or(0, |known| known.checkpoint.size);
        let more = certificate.checkpoint.size > known;
        self.ledgers[member].ahead = None;
        if more {
            self.join(member);
        }
    }

    /// Takes what is final beyond its log from the one who proves most, or learns that its log parts from it. A liar can
    /// only keep back what it could prove.
    fn join(&mut self, member: usize) {
        // Draws of its own: a question more must not change all that follows in a seed's story.
        let mut rng = Rng::new(self.steps);
        let lost = self.weather.drop;
        let own = &self.ledgers[member].disk;
        let (height, size, end) = (own.height(), own.size(), own.leaves.last().cloned());
        let known = own.certificate.as_ref().map_or(0, |known| known.checkpoint.size);
        let mut best: Option<(u64, usize)> = None;
        for other in (0..MEMBERS).filter(|other| *other != member) {
            let (from, to) = (Node::Ledger(member), Node::Ledger(other));
            let answers = self.hears(to) && !self.weather.apart.contains(&(from, to)) && !rng.chance(lost);
            if !answers || (self.is_liar(other) && rng.chance(500)) {
                continue;
            }
            let disk = &self.ledgers[other].disk;
            let Some(certificate) = &disk.certificate else { continue };
            let Checkpoint { size: length, root, .. } = certificate.checkpoint;
            let proven = TOWN.is_final(certificate) && disk.root_at(length) == Some(root);
            if proven && length > best.map_or(known, |(length, _)| length) {
                best = Some((length, other));
            }
        }
        let Some((length, best)) = best else { return };
        let (disk, own) = (&self.ledgers[best].disk, &self.ledgers[member].disk);
        let last = usize::try_from(size).unwrap().checked_sub(1);
        let agrees = if length <= size {
            own.root_at(length) == disk.root_at(length)
        } else {
            last.and_then(|last| disk.leaves.get(last)) == end.as_ref()
        };
        if !agrees {
            return self.conclude(member, Verdict::Contradicted(height));
        }
        self.fetch(member, disk.final_height() + 1, Some(best));
    }

    /// Takes the log that it vouched for, and does not have, from one who has it; a log that parts from that one is built
    /// anew first, unless it is final.
    fn take_back(&mut self, member: usize) {
        let Some(mark) = self.ledgers[member].oath.mark().cloned() else { return };
        if self.ledgers[member].disk.root_at(mark.size) == Some(mark.root) {
            return;
        }
        self.ledgers[member].asked_at = self.now;
        let mut rng = Rng::new(self.steps + 1);
        let lost = self.weather.drop;
        let others = (0..MEMBERS).filter(|other| *other != member);
        let found =
            others.filter(|other| self.ledgers[*other].disk.root_at(mark.size) == Some(mark.root)).find(|other| {
                let (from, to) = (Node::Ledger(member), Node::Ledger(*other));
                let answers = self.hears(to) && !self.weather.apart.contains(&(from, to)) && !rng.chance(lost);
                answers && !(self.is_liar(*other) && rng.chance(500))
            });
        let Some(found) = found else { return };
        let (own, theirs) = (&self.ledgers[member].disk, &self.ledgers[found].disk);
        let last = own.certificate.as_ref().map_or(0, |certificate| certificate.checkpoint.size);
        if last > mark.size || own.root_at(last) != theirs.root_at(last) {
            return;
        }
        let below = own.size().min(mark.size);
        if own.size() > mark.size || own.root_at(below) != theirs.root_at(below) {
            self.say(|| format!("ledger {member} finds the log that it vouched for, and builds its store anew"));
            self.rebuild(member);
            return;
        }
        let end = theirs.blocks.iter().find(|executed| executed.checkpoint.size == mark.size);
        let Some(height) = end.map(|executed| executed.block.header.height) else { return };
        self.say(|| format!("ledger {member} takes back what it vouched for, up to block {height}"));
        self.fetch(member, height + 1, Some(found));
        let ledger = &mut self.ledgers[member];
        if ledger.disk.root_at(mark.size) == Some(mark.root) && ledger.disk.size() == mark.size {
            // Saying again what it said is sure.
            ledger.disk.sure = true;
            self.vouch_for_tip(member);
        }
    }

    /// Takes blocks below a height from peers, as far as they follow; from one before all others if it is named.
    fn fetch(&mut self, member: usize, below: u64, best: Option<usize>) {
        let mut peers = (0..MEMBERS).filter(|peer| *peer != member).collect::<Vec<_>>();
        self.rng.shuffle(&mut peers);
        for peer in best.into_iter().chain(peers) {
            // What is disputed is decided by certificates, and one of a longer log needs the blocks up to there.
            let follows = |ledger: &Ledger| ledger.halted.is_none() || ledger.disputed.is_some();
            while self.ledgers[member].disk.height() + 1 < below && follows(&self.ledgers[member]) {
                let next = self.ledgers[member].disk.height() + 1;
                if !self.asks(Node::Ledger(member), Node::Ledger(peer)) {
                    break;
                }
                let Some(bytes) = self.serves_block(peer, next) else { break };
                if self.ledgers[member].disk.is_rotten_before(&bytes) {
                    self.say(|| format!("ledger {member} finds its state rotten"));
                    return self.rebuild(member);
                }
                let Some(block) = self.ledgers[member].disk.follows(&bytes) else { break };
                self.extend(member, block, bytes, false);
            }
        }
    }
}

/// What a message of the block stream is to a ledger with that disk.
pub(crate) fn hear(follow: &mut Follow, disk: &Disk, message: &[u8]) -> Heard {
    let own = |height| Ok::<_, Infallible>(disk.hash_at(height).unwrap());
    let seals = |key: &PublicKey, height| Ok(disk.seals(key, height));
    let Ok(heard) = follow.hear(&TOWN.chain, message, &disk.tip(), seals, own);
    heard
}
