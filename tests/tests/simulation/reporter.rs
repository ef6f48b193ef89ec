//! Those who report: they keep every event until a ledger proves it final, and send it again to other admission nodes
//! when a receipt is late or its promise is broken. They believe proofs, not ledgers.

use domain::event::EventId;
use proof::leaf::EventLeaf;
use proof::proof_file::ProofFile;
use proof::sign::{Domain, Signed};
use wire::admission::ReceiptBody;

use crate::disk::trust;
use crate::town::{MEMBERS, Made, TOWN};
use crate::world::{Job, MANAGERS, Node, World};

/// Events of one reporter in a run.
const EVENTS: usize = 14;
/// As in `shared/host`: a request is repeated, a silent node is left, a receipt that is not honoured is looked after.
const TRY_EVERY_MS: u64 = 2000;
const SILENCE_MS: u64 = 5000;
const LOOK_EVERY_MS: u64 = 1500;
const PROMISE_MS: u64 = 10_000;

#[derive(Default)]
pub(crate) struct Reporter {
    pub(crate) entries: Vec<Entry>,
}

/// An event in the outbox; all of it is journalled.
pub(crate) struct Entry {
    pub(crate) made: Made,
    /// Which admission node is asked.
    turn: usize,
    turned_at: u64,
    sent_at: Option<u64>,
    receipt_at: Option<u64>,
    looked_at: u64,
    /// Proven final.
    pub(crate) settled: bool,
}

impl Reporter {
    /// After a start everything is sent again.
    pub(crate) fn start(&mut self) {
        self.entries.iter_mut().for_each(|entry| entry.sent_at = None);
    }

    pub(crate) fn settled(&self) -> usize {
        self.entries.iter().filter(|entry| entry.settled).count()
    }

    /// Takes a receipt that an admission node of the chain has signed.
    pub(crate) fn receipt(&mut self, receipt: &[u8], now: u64) {
        let Some(signed) = Signed::from_bytes(receipt).filter(|signed| signed.verify(Domain::Receipt, TOWN.chain.id()))
        else {
            return;
        };
        let Ok(body) = ReceiptBody::decode(&signed.body) else { return };
        if let Some(entry) = self.entries.iter_mut().find(|entry| entry.made.id == body.event_id) {
            entry.receipt_at.get_or_insert(now);
        }
    }
}

/// What a ledger answers about an event.
enum Answer {
    Unknown,
    Sealed,
    Final(String),
}

impl World {
    pub(crate) fn reporter_tick(&mut self, number: usize) {
        if self.storm && self.reporters[number].entries.len() < EVENTS && self.rng.chance(140) {
            let made = self.report(number);
            let now = self.now;
            self.say(|| format!("reporter {number} has {}", made.id));
            self.reporters[number].entries.push(Entry {
                made,
                turn: number,
                turned_at: now,
                sent_at: None,
                receipt_at: None,
                looked_at: now,
                settled: false,
            });
        }
        for at in 0..self.reporters[number].entries.len() {
            let entry = &mut self.reporters[number].entries[at];
            if entry.settled {
                // Final is a promise: whoever proves it later proves the same.
                if self.rng.chance(20) {
                    self.ask_about(number, at);
                }
            } else if entry.receipt_at.is_none() {
                if self.now > entry.turned_at + SILENCE_MS {
                    (entry.turn, entry.turned_at) = (entry.turn + 1, self.now);
                }
                if entry.sent_at.is_none_or(|sent| self.now > sent + TRY_EVERY_MS) {
                    entry.sent_at = Some(self.now);
                    let (desk, signed) = (entry.turn % MANAGERS, entry.made.signed.clone());
                    let admit = Job::Admit { desk, reporter: number, signed };
                    self.send(Some(Node::Reporter(number)), Node::Desk(desk), admit);
                }
            } else if self.now > entry.looked_at + LOOK_EVERY_MS {
                entry.looked_at = self.now;
                self.ask_about(number, at);
            }
        }
    }

    fn report(&mut self, number: usize) -> Made {
        let clusters = self.reporters.iter().flat_map(|reporter| &reporter.entries);
        let clusters = clusters.filter(|entry| entry.made.is_cluster());
        let clusters = clusters.map(|entry| (entry.made.id, entry.made.member)).collect::<Vec<_>>();
        let count = self.reporters.iter().map(|reporter| reporter.entries.len() as u64).sum::<u64>();
        TOWN.report(&mut self.rng, number, count + 1, &clusters)
    }

    /// Asks a ledger about an event, and believes what it can prove.
    fn ask_about(&mut self, number: usize, at: usize) {
        let ledger = self.rng.index(MEMBERS);
        if !self.asks(Node::Reporter(number), Node::Ledger(ledger)) {
            return;
        }
        let (id, signed) = {
            let made = &self.reporters[number].entries[at].made;
            (made.id, made.signed.clone())
        };
        let answer = self.answer(ledger, &id, &signed);
        let now = self.now;
        let entry = &mut self.reporters[number].entries[at];
        match answer {
            Answer::Final(text) => {
                if let Some((index, leaf)) = proven(&text, &id) {
                    entry.settled = true;
                    self.check.promises(index, leaf);
                }
            }
            Answer::Unknown
                if self.defences.republish && entry.receipt_at.is_some_and(|receipt| now > receipt + PROMISE_MS) =>
            {
                // The promise is broken so far; another node may keep its own.
                (entry.turn, entry.turned_at) = (entry.turn + 1, now);
                (entry.receipt_at, entry.sent_at) = (None, None);
            }
            Answer::Unknown | Answer::Sealed => {}
        }
    }

    fn answer(&mut self, ledger: usize, id: &EventId, signed: &[u8]) -> Answer {
        let disk = &self.ledgers[ledger].disk;
        let answer = match disk.proof(id, signed) {
            Some(proof) => Answer::Final(proof.text()),
            None if disk.knows(id) => Answer::Sealed,
            None => Answer::Unknown,
        };
        if !self.is_liar(ledger) || self.rng.chance(300) {
            return answer;
        }
        match answer {
            Answer::Final(text) if self.rng.chance(800) => {
                let mut bytes = text.into_bytes();
                let at = self.rng.index(bytes.len());
                bytes[at] ^= 1 << self.rng.below(7);
                String::from_utf8(bytes).map_or(Answer::Unknown, Answer::Final)
            }
            _ => Answer::Sealed,
        }
    }
}

/// What a proof proves of an event to a reader who knows the genesis only.
pub(crate) fn proven(text: &str, id: &EventId) -> Option<(u64, EventLeaf)> {
    let verified = ProofFile::parse(text).ok()?.verify(&trust(), &|_| None).ok()?;
    let index = verified.levels.first()?.index;
    (verified.leaf.event == *id).then_some((index, verified.leaf))
}
