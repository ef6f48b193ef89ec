//! What ledgers say to each other: cosignatures behind an oath, notes, and what follows from what was heard.

use std::convert::Infallible;

use domain::genesis::KeyClass;
use domain::time::Millis;
use ledger::finality::Verdict;
use ledger::oath::Word;
use proof::checkpoint::{Certificate, Checkpoint, cosign};
use wire::cosign::{CosignNote, MAX_CHECKPOINTS};

use crate::town::{MEMBERS, START, TOWN, name, secret};
use crate::world::{Job, MANAGERS, Node, World};

impl World {
    /// Asks the others what they heard it cosign, until enough have answered; then says its last word again, since
    /// whether it was ever heard is not known.
    pub(crate) fn recall(&mut self, member: usize) {
        let others = (0..MEMBERS).filter(|other| *other != member);
        let answered = others.filter(|other| self.asks(Node::Ledger(member), Node::Ledger(*other))).collect::<Vec<_>>();
        if answered.len() < (MEMBERS + 1 - TOWN.set.quorum()).min(TOWN.set.quorum() - 1) {
            return;
        }
        for other in answered {
            // A liar can't forge another's word, only keep it back.
            let known = self.ledgers[other].heard[member].clone().filter(|_| !self.is_liar(other));
            let ledger = &mut self.ledgers[member];
            let disk = &ledger.disk;
            let word = known.map(|mark| ledger.oath.learn(mark, |size| Ok::<_, Infallible>(disk.root_at(size))));
            if let Some(Ok(Word::Broken(why))) = word {
                self.halt(member, &why);
            }
        }
        self.ledgers[member].told = true;
        self.vouch_for_tip(member);
    }

    /// Cosigns the last block, if its place in the chain is sure.
    pub(crate) fn vouch_for_tip(&mut self, member: usize) {
        if let Some(tip) = self.ledgers[member].disk.blocks.last().cloned().filter(|_| self.ledgers[member].disk.sure) {
            let height = self.ledgers[member].disk.height();
            self.vouch(member, height, &tip.checkpoint);
        }
    }

    /// Cosigns a checkpoint unless its oath forbids it; the mark is durable before the word leaves.
    pub(crate) fn vouch(&mut self, member: usize, height: u64, checkpoint: &Checkpoint) -> bool {
        let time_s = START.seconds() + self.now / 1000 + self.ledgers[member].skew_s;
        let ledger = &mut self.ledgers[member];
        // One that has stopped only repeats its last word.
        let repeats = ledger.oath.mark().is_some_and(|mark| mark.is_of(checkpoint));
        if !ledger.told || (ledger.halted.is_some() && !repeats) {
            return false;
        }
        if self.defences.marks {
            let disk = &ledger.disk;
            match ledger.oath.judge(checkpoint, |size| Ok::<_, Infallible>(disk.root_at(size))) {
                Ok(Word::Given) => ledger.mark = Some(ledger.oath.sign(height, checkpoint)),
                Ok(Word::Kept) => return false,
                Ok(Word::Broken(why)) => {
                    self.halt(member, &why);
                    return false;
                }
            }
        }
        let cosigner = &TOWN.set.cosigners[member];
        let key = secret(member, KeyClass::Cosigner);
        let cosignatures = vec![cosign(key, &cosigner.name, checkpoint, time_s)];
        let certificate = Certificate { checkpoint: checkpoint.clone(), cosignatures };
        let last = ledger.finality.last();
        ledger.said.retain(|(height, _)| *height > last);
        ledger.said.push((height, certificate.text()));
        let surplus = ledger.said.len().saturating_sub(MAX_CHECKPOINTS);
        ledger.said.drain(..surplus);
        ledger.finality.vouch(height, certificate);
        self.check.signs(member, checkpoint);
        true
    }

    /// Tells every ledger and sealer.
    pub(crate) fn speak(&mut self, member: usize) {
        let ledger = &mut self.ledgers[member];
        ledger.said_at = self.now;
        let now = Millis(START.0 + self.now);
        let note = CosignNote {
            member: name(member),
            checkpoints: ledger.said.clone(),
            height: ledger.disk.height(),
            best: ledger.disk.certificate.as_ref().map(Certificate::text),
            wants_block: ledger.disk.blocks.last().is_some_and(|last| last.wants_block(now)),
            wants_certificate: false,
            exclusions: Vec::new(),
            halted: ledger.halted.clone(),
        };
        let others = (0..MEMBERS).filter(|other| *other != member).map(Node::Ledger);
        for to in others.chain((0..MANAGERS).map(Node::Sealer)).collect::<Vec<_>>() {
            let note = self.word(member, &note).encode();
            self.send(Some(Node::Ledger(member)), to, Job::Note { to, note });
        }
    }

    pub(crate) fn ledger_hears(&mut self, member: usize, note: &[u8]) {
        let Ok(note) = CosignNote::decode(note) else { return };
        let ledger = &mut self.ledgers[member];
        let mut heights = Vec::new();
        let last = note.checkpoints.len().saturating_sub(1);
        for (place, (height, text)) in note.checkpoints.into_iter().enumerate() {
            if (place == last || height > ledger.finality.last())
                && let Some(certificate) = Certificate::parse(&text)
            {
                if place == last {
                    ledger.remember(&certificate);
                }
                self.liars
                    .iter_mut()
                    .filter(|liar| liar.member == member)
                    .for_each(|liar| liar.learn(height, &certificate));
                ledger.finality.vouch(height, certificate);
                heights.push(height);
            }
        }
        let verdict = ledger.finality.settle(heights);
        self.conclude(member, verdict);
        let Some(best) = note.best.as_deref().and_then(Certificate::parse) else { return };
        let ledger = &mut self.ledgers[member];
        let known = ledger.disk.certificate.as_ref().map_or(0, |certificate| certificate.checkpoint.size);
        let mut verdict = Verdict::Nothing;
        if best.checkpoint.size > known && best.checkpoint.size <= ledger.disk.size() {
            verdict = ledger.finality.certificate(&best);
            let of = best.checkpoint.size;
            if verdict == Verdict::Nothing
                && TOWN.is_final(&best)
                && ledger.disk.root_at(of) == Some(best.checkpoint.root)
                && let Some(end) = ledger.disk.blocks.iter().find(|executed| executed.checkpoint.size == of)
            {
                // It was before this process began.
                verdict = ledger.finality.settled(end.block.header.height, best.clone());
            }
        }
        if best.checkpoint.size > known && verdict == Verdict::Nothing {
            let since = ledger.ahead.as_ref().map_or(self.now, |(since, _)| *since);
            ledger.ahead = Some((since, best));
        }
        self.conclude(member, verdict);
    }

    pub(crate) fn conclude(&mut self, member: usize, verdict: Verdict) {
        match verdict {
            Verdict::Nothing => {}
            Verdict::Final(height, certificate) => {
                self.say(|| format!("ledger {member} knows height {height} to be final"));
                self.ledgers[member].disk.certificate = Some(certificate);
            }
            Verdict::Contradicted(_) if self.ledgers[member].rebuilt => {
                self.halt(member, "it was built anew and is contradicted again");
            }
            Verdict::Contradicted(height) => {
                self.say(|| format!("ledger {member} is contradicted at {height} and builds its store anew"));
                self.rebuild(member);
                self.ledgers[member].rebuilt = true;
            }
        }
    }

    pub(crate) fn halt(&mut self, member: usize, why: &str) {
        self.say(|| format!("ledger {member} stops: {why}"));
        self.ledgers[member].halted = Some(why.into());
    }
}
