//! A sealer: it asks ledgers where the chain stands, puts back what the streams lost, and seals what waits in the lanes,
//! fenced by compare-and-set. Tail, lanes, filling and the choice of what to build on are the real ones; the steps between
//! them are those of `services/ordering`, one at a time, so that others get in between.

use domain::genesis::KeyClass;
use domain::lanes::Limits;
use ordering::lane::LaneQueue;
use ordering::said::Said;
use ordering::tail::{Heard, Tail};
use proof::block::{Block, Header};
use proof::sign::Signed;

use crate::town::{MEMBERS, START, TOWN, secret};
use crate::world::{Job, Node, World};

/// As in `services/ordering`.
const ALL_LEDGERS_PATIENCE_MS: u64 = 5000;
const COURTESY_MS: u64 = 150;
const EMPTY_BLOCK_AFTER_MS: u64 = 5000;
const TIME_BLOCK_AFTER_MS: u64 = 1000;
const LEFT_AFTER_MS: u64 = 10_000;
const READ_AHEAD: usize = 512;
/// How long the stream's answer is waited for.
const ANSWER_MS: u64 = 2000;

pub(crate) struct Sealer {
    /// Counts readings of the chain: what was asked in an earlier one is not answered in this one.
    session: u64,
    phase: Phase,
}

enum Phase {
    Asking { since: Option<u64> },
    PuttingBack { tail: Box<Tail>, ledger: usize, height: u64, breaks: u64 },
    Sealing(Box<Bench>),
}

/// What one session knows.
struct Bench {
    tail: Tail,
    lanes: [LaneQueue; 3],
    /// The next sequence to read in each lane.
    next: [u64; 3],
    breaks: u64,
    said: Said,
    /// How far the ledgers followed when they last got on or had got to the end, and when that was.
    followed: (u64, u64),
    last_block: u64,
    waiting_since: Option<u64>,
    outrun: bool,
    /// A block on its way: since when, and behind which sequence.
    sent: Option<(u64, u64, Block)>,
}

impl Sealer {
    pub(crate) fn new() -> Self {
        Sealer { session: 0, phase: Phase::Asking { since: None } }
    }

    /// Forgets everything: a start, or a doubt.
    pub(crate) fn doubt(&mut self) {
        self.session += 1;
        self.phase = Phase::Asking { since: None };
    }

    pub(crate) fn hears(&mut self, note: &[u8], now: u64) {
        let Phase::Sealing(bench) = &mut self.phase else { return };
        bench.said.hear(note, &bench.tail);
        bench.follow(now);
    }
}

impl Bench {
    fn new(tail: Tail, now: u64, breaks: u64) -> Self {
        let cursors = tail.cursors();
        Bench {
            lanes: cursors.map(LaneQueue::after),
            next: cursors.map(|cursor| cursor + 1),
            tail,
            breaks,
            said: Said::default(),
            followed: (0, now),
            last_block: now,
            waiting_since: None,
            outrun: false,
            sent: None,
        }
    }

    fn stand(&mut self, sequence: u64, block: &Block, now: u64) {
        self.tail.stand(block);
        self.tail.sequence = sequence;
        self.moved(now);
    }

    fn moved(&mut self, now: u64) {
        for (queue, cursor) in self.lanes.iter_mut().zip(self.tail.cursors()) {
            queue.advance(cursor, now);
        }
        self.said.moved(&self.tail);
        self.follow(now);
        self.last_block = now;
        self.waiting_since = self.lanes.iter().any(|queue| !queue.is_empty()).then_some(now);
    }

    fn follow(&mut self, now: u64) {
        let followed = self.said.followed(&self.tail);
        if followed >= self.tail.height() || followed > self.followed.0 {
            self.followed = (followed, now);
        }
    }

    fn is_left(&self, now: u64) -> bool {
        now > self.followed.1 + LEFT_AFTER_MS && self.said.followed(&self.tail) < self.tail.height()
    }

    fn cut(&mut self, member: usize, now: u64) -> Option<Block> {
        for queue in &mut self.lanes {
            if queue.give_up_gap(now) {
                self.waiting_since.get_or_insert(now);
            }
        }
        let key = secret(member, KeyClass::Sealer);
        let first = self.tail.sealer.is_none_or(|sealer| sealer == key.public());
        let courtesy = if first { 0 } else { COURTESY_MS };
        let certificate = self.said.certificate(&self.tail).cloned();
        let after = if certificate.is_some() { TIME_BLOCK_AFTER_MS } else { EMPTY_BLOCK_AFTER_MS };
        let wanted = self.said.wants_block(&self.tail).then_some(self.last_block + after);
        let at = self.waiting_since.or(wanted)? + courtesy;
        if self.outrun || now < at {
            return None;
        }
        let sizes = self.lanes.each_ref().map(|queue| queue.pending(READ_AHEAD));
        let counts = domain::lanes::fill(sizes.each_ref().map(Vec::as_slice), Limits::BLOCK);
        let (mut bundles, mut events) = (Vec::new(), 0);
        let mut taken = counts.into_iter().zip(&self.lanes).map(|(count, queue)| {
            let lane = queue.take(count);
            events += u32::try_from(lane.events).unwrap();
            bundles.extend(lane.bundles);
            lane.range
        });
        let ranges = [taken.next()?, taken.next()?, taken.next()?];
        drop(taken);
        let sealed_at_ms = START.0 + now;
        let next = self.tail.next_header(key.public(), ranges);
        let header = Header { events, sealed_at_ms, certificate, ..next };
        Some(Block::seal(header, bundles, key))
    }
}

/// How many leaves a message becomes.
fn events_in(message: &[u8]) -> usize {
    let bundle = Signed::from_bytes(message).and_then(|signed| wire::bundle::decode(&signed.body).ok());
    bundle.map_or(1, |bundle| bundle.events.len().max(1))
}

impl World {
    fn breaks(&self) -> u64 {
        self.blocks.breaks + self.lanes.iter().map(|lane| lane.breaks).sum::<u64>()
    }

    pub(crate) fn sealer_tick(&mut self, member: usize) {
        if !self.hears(Node::Sealer(member)) {
            return;
        }
        let phase = std::mem::replace(&mut self.sealers[member].phase, Phase::Asking { since: None });
        let next = match phase {
            Phase::Asking { since } => Some(self.ask(member, since.unwrap_or(self.now))),
            Phase::PuttingBack { tail, ledger, height, breaks } => self.put_back(member, *tail, ledger, height, breaks),
            Phase::Sealing(bench) => self.seal(member, bench).map(Phase::Sealing),
        };
        match next {
            Some(phase) => self.sealers[member].phase = phase,
            None => {
                self.say(|| format!("sealer {member} reads the chain again"));
                self.sealers[member].doubt();
            }
        }
    }

    /// Asks every ledger how far it is, and reads the stream once enough have answered.
    fn ask(&mut self, member: usize, since: u64) -> Phase {
        let breaks = self.breaks();
        if !self.defences.rebuild {
            let tail = self.read_stream(None);
            return Phase::Sealing(Box::new(Bench::new(tail, self.now, breaks)));
        }
        let answers = (0..MEMBERS)
            .filter(|ledger| self.asks(Node::Sealer(member), Node::Ledger(*ledger)))
            .collect::<Vec<_>>()
            .into_iter()
            .map(|ledger| (ledger, self.claims(ledger)))
            .collect::<Vec<_>>();
        let quorum = TOWN.set.quorum();
        let patient = self.now < since + ALL_LEDGERS_PATIENCE_MS;
        if answers.len() < quorum || (answers.len() < MEMBERS && patient) {
            return Phase::Asking { since: Some(since) };
        }
        let agree = answers.iter().map(|one| answers.iter().map(|other| self.agree(*one, *other)).collect::<Vec<_>>());
        let agree = agree.collect::<Vec<_>>();
        let known = self.known_final(&answers);
        let chosen = ordering::goal::build_on(&agree, &known, MEMBERS, quorum);
        let chosen = chosen.unwrap();
        let (ledger, height) = answers[chosen.answer];
        let tail = self.read_stream(Some((ledger, height, chosen.may_be_final)));
        self.say(|| {
            format!("sealer {member} hears {answers:?}, builds on {ledger} at {height}, tail {}", tail.height())
        });
        Phase::PuttingBack { tail: Box::new(tail), ledger, height, breaks }
    }

    /// Up to which height each ledger holds what one of them proves to be final; a liar may keep its proof back.
    fn known_final(&self, answers: &[(usize, u64)]) -> Vec<u64> {
        let honest = answers.iter().map(|(ledger, _)| *ledger).filter(|ledger| !self.is_liar(*ledger));
        let proven = honest.map(|ledger| {
            let disk = &self.ledgers[ledger].disk;
            (disk.final_height(), disk.hash_at(disk.final_height()))
        });
        let Some((proven, block)) = proven.max_by_key(|(height, _)| *height) else { return vec![0; answers.len()] };
        let holds =
            |(ledger, height): &(usize, u64)| *height >= proven && self.ledgers[*ledger].disk.hash_at(proven) == block;
        answers.iter().map(|answer| if holds(answer) { proven } else { 0 }).collect()
    }

    /// The height up to which two ledgers tell the same story, as far as they say they are.
    fn agree(&self, (one, one_height): (usize, u64), (other, other_height): (usize, u64)) -> u64 {
        let (one, other) = (&self.ledgers[one].disk, &self.ledgers[other].disk);
        let both = one_height.min(other_height);
        (0..=both).rev().find(|height| one.hash_at(*height) == other.hash_at(*height)).unwrap()
    }

    /// The tail of the stream from the last block in it that the ledger also has.
    fn read_stream(&mut self, goal: Option<(usize, u64, u64)>) -> Tail {
        let mut tail = Tail::genesis(TOWN.genesis().clone());
        if let Some((ledger, height, may_be_final)) = goal {
            for sequence in (1..=self.blocks.last()).rev() {
                let Some(block) = self.blocks.get(sequence).and_then(|message| tail.check_alone(message).ok()) else {
                    continue;
                };
                let held = self.ledgers[ledger].disk.hash_at(block.header.height);
                if block.header.height <= height && held == Some(block.hash()) {
                    tail.stand(&block);
                    tail.sequence = sequence;
                    break;
                }
            }
            // What stands in the place of a lost block that may be final is not the chain, nor is what is behind it.
            if tail.height() < may_be_final {
                tail.sequence = self.blocks.last();
            }
        }
        self.hear_stream(&mut tail);
        tail
    }

    /// Hears what the stream holds beyond the tail; how many messages that were, and whether the tail moved.
    fn hear_stream(&self, tail: &mut Tail) -> (u64, bool) {
        let (from, mut moved) = (tail.sequence + 1, false);
        for sequence in from..=self.blocks.last() {
            match self.blocks.get(sequence) {
                Some(message) => moved |= tail.hear(sequence, message) == Heard::Next,
                None => tail.sequence = sequence,
            }
        }
        (tail.sequence + 1 - from, moved)
    }

    /// Puts one missing block back, or fills the lanes and begins to seal.
    fn put_back(&mut self, member: usize, mut tail: Tail, ledger: usize, height: u64, breaks: u64) -> Option<Phase> {
        if breaks != self.breaks() {
            return None;
        }
        if tail.height() < height {
            if !self.asks(Node::Sealer(member), Node::Ledger(ledger)) {
                return None;
            }
            let bytes = self.serves_block(ledger, tail.height() + 1)?;
            let block = tail.check(&bytes).ok()?;
            let sequence = self.blocks.publish(Some(tail.sequence), bytes)?;
            self.say(|| format!("sealer {member} puts block {} back", block.header.height));
            tail.stand(&block);
            tail.sequence = sequence;
            return Some(Phase::PuttingBack { tail: Box::new(tail), ledger, height, breaks });
        }
        for (lane, cursor) in self.lanes.iter_mut().zip(tail.cursors()) {
            while lane.last() < cursor {
                lane.publish(None, Vec::new());
            }
        }
        Some(Phase::Sealing(Box::new(Bench::new(tail, self.now, breaks))))
    }

    /// Hears, and cuts a block when it is time; `None` when the session must end.
    fn seal(&mut self, member: usize, mut bench: Box<Bench>) -> Option<Box<Bench>> {
        if bench.breaks != self.breaks() || bench.sent.as_ref().is_some_and(|(at, ..)| self.now > at + ANSWER_MS) {
            return None;
        }
        let (heard, moved) = self.hear_stream(&mut bench.tail);
        if moved {
            bench.moved(self.now);
        }
        bench.outrun &= heard == 0;
        if bench.is_left(self.now) {
            if self.can_ask(member) {
                return None;
            }
            bench.followed.1 = self.now;
        }
        for lane in 0..3 {
            for sequence in bench.next[lane]..=self.lanes[lane].last() {
                if let Some(message) = self.lanes[lane].get(sequence) {
                    bench.lanes[lane].arrive(sequence, message.to_vec(), events_in(message), self.now);
                    bench.waiting_since.get_or_insert(self.now);
                }
            }
            bench.next[lane] = self.lanes[lane].last() + 1;
        }
        if bench.sent.is_none()
            && let Some(block) = bench.cut(member, self.now)
        {
            let (session, breaks) = (self.sealers[member].session, self.blocks.breaks);
            let (expect, bytes) = (bench.tail.sequence, block.to_bytes());
            self.say(|| format!("sealer {member} cuts block {} behind {expect}", block.header.height));
            bench.sent = Some((self.now, expect, block));
            self.publish(Node::Sealer(member), Job::Block { sealer: member, session, expect, block: bytes, breaks });
        }
        Some(bench)
    }

    /// Whether so many ledgers answer that the chain can be read again at once.
    fn can_ask(&mut self, member: usize) -> bool {
        let answers = (0..MEMBERS).filter(|ledger| self.asks(Node::Sealer(member), Node::Ledger(*ledger))).count();
        answers >= TOWN.set.quorum()
    }

    /// The stream's answer to a block.
    pub(crate) fn sealer_answered(&mut self, member: usize, session: u64, sequence: Option<u64>) {
        let now = self.now;
        let sealer = &mut self.sealers[member];
        let Phase::Sealing(bench) = &mut sealer.phase else { return };
        if sealer.session != session {
            return;
        }
        let Some((_, expected, block)) = bench.sent.take() else { return };
        match sequence {
            // What it read of the stream meanwhile may be this very block.
            Some(sequence) if sequence > bench.tail.sequence => bench.stand(sequence, &block, now),
            Some(_) => {}
            // What outran it may have been heard meanwhile.
            None => bench.outrun = bench.tail.sequence == expected,
        }
    }
}
