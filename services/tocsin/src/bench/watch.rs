//! What the chain does, seen from outside: blocks from the block stream, cosignatures from the cosign stream, each
//! verified here, and from both what is executed and what is final. It believes no ledger's word about finality.

use std::collections::BTreeMap;
use std::time::Instant;

use anyhow::Context;
use bus::{Bus, Message, Pump};
use domain::genesis::Genesis;
use proof::block::Block;
use proof::checkpoint::{Certificate, Checkpoint, Cosigner};
use proof::sign::Signed;
use wire::cosign::CosignNote;
use wire::subject;

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
    cosigners: Vec<Cosigner>,
    quorum: usize,
    /// For each height not final yet each cosigner's checkpoint.
    words: BTreeMap<u64, Vec<Option<Checkpoint>>>,
    executed: u64,
    last_final: u64,
    /// Whether blocks are opened.
    open: bool,
}

impl Watch {
    /// Watches from the next block on.
    pub async fn start(bus: &Bus, genesis: &Genesis, open: bool) -> anyhow::Result<Self> {
        let stream = subject::block_stream(&genesis.chain).name;
        let last = bus.stream_state(&stream).await?.last;
        Ok(Watch {
            blocks: bus.pump(&stream, None, last + 1),
            notes: bus.pump(&subject::cosign_stream(&genesis.chain).name, None, 1),
            cosigners: genesis.cosigners(),
            quorum: genesis.quorum(),
            words: BTreeMap::new(),
            executed: 0,
            last_final: 0,
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
                    for message in notes? {
                        self.note(&message, &mut seen)?;
                    }
                }
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

    fn note(&mut self, message: &Message, seen: &mut Vec<Seen>) -> anyhow::Result<()> {
        let note = CosignNote::decode(&message.payload)?;
        for (height, text) in note.checkpoints {
            // A note repeats what was not final when it was sent.
            if height > self.last_final {
                self.word(height, &text).with_context(|| format!("the note of {}", note.member))?;
                if height > self.executed {
                    self.executed = height;
                    seen.push(Seen::Executed(height));
                }
            }
        }
        let reached = self.words.iter().rev().find(|(_, words)| self.agree(words)).map(|(height, _)| *height);
        if let Some(height) = reached {
            self.last_final = height;
            self.words = self.words.split_off(&(height + 1));
            seen.push(Seen::Final(height));
        }
        Ok(())
    }

    /// One cosigner's word about a height, verified the first time it is heard.
    fn word(&mut self, height: u64, text: &str) -> anyhow::Result<()> {
        let certificate = Certificate::parse(text).context("a checkpoint that does not parse")?;
        let words = self.words.entry(height).or_insert_with(|| vec![None; self.cosigners.len()]);
        for cosignature in &certificate.cosignatures {
            for (cosigner, word) in self.cosigners.iter().zip(words.iter_mut()) {
                if word.is_none() && cosignature.is_by(cosigner) {
                    let good = cosignature.verify(cosigner, &certificate.checkpoint);
                    anyhow::ensure!(good, "a cosignature of height {height} does not hold");
                    *word = Some(certificate.checkpoint.clone());
                }
            }
        }
        Ok(())
    }

    /// Whether q distinct cosigners said the same.
    fn agree(&self, words: &[Option<Checkpoint>]) -> bool {
        let said = || words.iter().flatten();
        said().any(|one| said().filter(|other| *other == one).count() >= self.quorum)
    }
}
