//! What the chain does, seen from outside: blocks from the block stream, cosignatures from the cosign stream, each
//! verified here, and from both what is executed and what is final. It believes no ledger's word about finality.
//!
//! A checkpoint is judged by the cosigner set of its size, which it follows as every client of a chain does
//! (`host::standing`, as one who has no ledger): what it hears under a key that it does not know yet waits until it does.

use std::collections::BTreeMap;
use std::time::Instant;

use anyhow::{Context, ensure};
use bus::{Bus, Message, Pump};
use host::standing::{Roster, Standing};
use proof::block::Block;
use proof::checkpoint::{Certificate, Checkpoint, Cosignature, Cosigner, quorum};
use proof::sign::{PublicKey, Signed};
use wire::cosign::CosignNote;
use wire::subject;

use super::town::Client;

/// No member: whose ledger would be believed by itself.
const OUTSIDE: &str = "";

/// Something that happened.
#[derive(Debug)]
pub enum Seen {
    /// A block is in the stream, with the number of its events and, if asked for, their signed bytes.
    Sealed { height: u64, events: u64, signed: Vec<Vec<u8>> },
    /// A ledger has executed and fsynced everything up to here: its cosignature says so.
    Executed(u64),
    /// q cosigners vouch for the same log up to here.
    Final(u64),
}

/// The observer.
pub struct Watch {
    blocks: Pump,
    notes: Pump,
    standing: Standing,
    words: Words,
    /// Whether blocks are opened.
    open: bool,
}

impl Watch {
    /// Watches from the next block on.
    pub async fn start(bus: &Bus, client: &Client, open: bool) -> anyhow::Result<Self> {
        let genesis = &client.genesis;
        let stream = subject::block_stream(&genesis.chain).name;
        let last = bus.stream_state(&stream).await?.last;
        Ok(Watch {
            blocks: bus.pump(&stream, None, last + 1),
            notes: bus.pump(&subject::cosign_stream(&genesis.chain).name, None, 1),
            standing: Standing::start(genesis.clone(), OUTSIDE, bus, &client.node.stop).await,
            words: Words::default(),
            open,
        })
    }

    /// What happened since; waits for something. It may be dropped at any await.
    pub async fn next(&mut self) -> anyhow::Result<(Instant, Vec<Seen>)> {
        loop {
            let mut seen = Vec::new();
            tokio::select! {
                blocks = self.blocks.next() => {
                    for message in blocks? {
                        seen.push(self.block(&message)?);
                    }
                }
                notes = self.notes.next() => {
                    let roster = self.standing.current();
                    for message in notes? {
                        let note = CosignNote::decode(&message.payload)?;
                        self.words.hear(&note, &roster, &mut seen).with_context(|| format!("the note of {}", note.member))?;
                    }
                }
                roster = self.standing.changed() => self.words.judge_again(&roster, &mut seen)?,
            }
            if !seen.is_empty() {
                return Ok((Instant::now(), seen));
            }
        }
    }

    fn block(&self, message: &Message) -> anyhow::Result<Seen> {
        let block = Block::from_bytes(&message.payload).context("a message of the block stream")?;
        let mut signed = Vec::new();
        if self.open {
            for bundle in &block.bundles {
                let envelope = Signed::from_bytes(bundle).context("a bundle's envelope")?;
                signed.extend(wire::bundle::decode(&envelope.body)?.events);
            }
        }
        Ok(Seen::Sealed { height: block.header.height, events: u64::from(block.header.events), signed })
    }
}

/// What the cosigners said of heights that are not final yet.
#[derive(Default)]
struct Words {
    heights: BTreeMap<u64, Vec<Word>>,
    executed: u64,
    last_final: u64,
}

/// One cosigner's word about a height.
struct Word {
    checkpoint: Checkpoint,
    cosignature: Cosignature,
    /// The key under which it was verified: once, when that key is first heard of.
    by: Option<PublicKey>,
}

impl Word {
    /// Whether this cosigner said it.
    fn is_of(&mut self, cosigner: &Cosigner) -> anyhow::Result<bool> {
        if self.by.is_none() && self.cosignature.is_by(cosigner) {
            let good = self.cosignature.verify(cosigner, &self.checkpoint);
            ensure!(good, "a cosignature of {} does not hold", cosigner.name);
            self.by = Some(cosigner.key);
        }
        Ok(self.by == Some(cosigner.key))
    }
}

impl Words {
    fn hear(&mut self, note: &CosignNote, roster: &Roster, seen: &mut Vec<Seen>) -> anyhow::Result<()> {
        let mut heard = Vec::new();
        for (height, text) in &note.checkpoints {
            // A note repeats what was not final when it was sent.
            if *height <= self.last_final {
                continue;
            }
            let Certificate { checkpoint, cosignatures } =
                Certificate::parse(text).context("a checkpoint that does not parse")?;
            let words = self.heights.entry(*height).or_default();
            for cosignature in cosignatures {
                let same = |word: &Word| {
                    (&word.cosignature.name, word.cosignature.key_id) == (&cosignature.name, cosignature.key_id)
                };
                if !words.iter().any(same) {
                    words.push(Word { checkpoint: checkpoint.clone(), cosignature, by: None });
                    heard.push(*height);
                }
            }
        }
        self.judge(heard, roster, seen)
    }

    /// Judges everything again that is not final, because other keys count now.
    fn judge_again(&mut self, roster: &Roster, seen: &mut Vec<Seen>) -> anyhow::Result<()> {
        self.judge(self.heights.keys().copied().collect(), roster, seen)
    }

    fn judge(&mut self, heights: Vec<u64>, roster: &Roster, seen: &mut Vec<Seen>) -> anyhow::Result<()> {
        let before = (self.executed, self.last_final);
        for height in heights {
            let Some(words) = self.heights.get_mut(&height) else { continue };
            let most = agreed(words, roster).with_context(|| format!("height {height}"))?;
            if most.one {
                self.executed = self.executed.max(height);
            }
            if most.enough {
                self.last_final = self.last_final.max(height);
            }
        }
        if self.executed > before.0 {
            seen.push(Seen::Executed(self.executed));
        }
        if self.last_final > before.1 {
            self.heights = self.heights.split_off(&(self.last_final + 1));
            seen.push(Seen::Final(self.last_final));
        }
        Ok(())
    }
}

/// How many cosigners said the same about a height.
#[derive(Default)]
struct Most {
    /// At least one said something.
    one: bool,
    /// A quorum of the set in force said the same.
    enough: bool,
}

/// Counts distinct cosigners of the set that judges the checkpoint's size.
fn agreed(words: &mut [Word], roster: &Roster) -> anyhow::Result<Most> {
    let mut most = Most::default();
    let mut said = words.iter().map(|word| word.checkpoint.clone()).collect::<Vec<_>>();
    said.dedup();
    for checkpoint in said {
        let cosigners = roster.cosigners_at(checkpoint.size);
        let mut vouching = 0;
        for cosigner in &cosigners {
            for word in words.iter_mut().filter(|word| word.checkpoint == checkpoint) {
                if word.is_of(cosigner)? {
                    vouching += 1;
                    break;
                }
            }
        }
        most.one |= vouching > 0;
        most.enough |= !cosigners.is_empty() && vouching >= quorum(cosigners.len());
    }
    Ok(most)
}

#[cfg(test)]
mod tests;
