//! The history of an archived chain, played again offline: what a sceptic asks of a copy. `as_of` says what could be known
//! at a time, `trace` follows one event to its causes and consequences, `receipt` holds a promise against the log,
//! `replay` computes an alert of early warning again.
//!
//! Whether the copy itself is sound is `tocsin audit`'s question; here a block that does not follow ends the reading with
//! an error, and so does a copy whose checkpoint is not final. It changes nothing. Limit: the state of the chain in memory.

pub mod as_of;
pub mod asked;
pub mod receipt;
pub mod replay;
pub mod trace;

use std::collections::HashMap;
use std::ops::ControlFlow;

use anyhow::{Context, bail, ensure};
use domain::state::MemoryState;
use domain::time::Millis;
use ledger::audit::archive::{Archive, CHECKPOINT, Next};
use ledger::audit::piece::Kind;
use ledger::audit::replay::Replay;
use proof::block::{Block, Tip};
use proof::checkpoint::Certificate;
use proof::digest::Digest;
use proof::leaf::Leaf;
use proof::merkle::Frontier;
use proof::sign::Signed;

/// A block of the chain, just executed.
pub struct Page<'a> {
    /// The block.
    pub block: &'a Block,
    /// The log's size before it.
    pub first_leaf: u64,
    /// Its leaves.
    pub leaves: &'a [Leaf],
    /// Chain time from it on.
    pub chain_time: Millis,
    /// The state after it.
    pub state: &'a MemoryState,
}

impl Page<'_> {
    /// The log's size after it.
    pub fn end(&self) -> u64 {
        self.first_leaf + self.leaves.len() as u64
    }

    /// When its sealer made it.
    pub fn sealed_at(&self) -> Millis {
        Millis(self.block.header.sealed_at_ms)
    }

    /// Its bundles that can be opened, with the time each was admitted.
    pub fn bundles(&self) -> impl Iterator<Item = wire::bundle::Bundle> {
        self.block.bundles.iter().filter_map(|bytes| wire::bundle::decode(&Signed::from_bytes(bytes)?.body).ok())
    }
}

/// A checkpoint that was final at a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Final {
    /// The lower median of its cosignatures' times.
    pub at: Millis,
    /// What it vouches for.
    pub certificate: Certificate,
}

/// A chain played as far as it was read.
pub struct Played {
    /// Checkpoints that are final under the cosigners of their size, in the order in which the chain shows them. Each is
    /// of the log that was played.
    pub finals: Vec<Final>,
    replay: Replay,
    frontier: Frontier,
    roots: HashMap<u64, Digest>,
}

/// Plays the chain from its genesis to its final checkpoint, a page at a time, or until `visit` has seen enough.
///
/// Only what q cosigners vouch for is believed: each block is sealed by who may seal it, the log they give is that of the
/// copy's checkpoint, and that is final under the cosigners of its size. Blocks behind it are not read.
pub fn play(archive: &Archive, visit: &mut dyn FnMut(&Page<'_>) -> ControlFlow<()>) -> anyhow::Result<Played> {
    let last = archive.certificate()?;
    let at = archive.dir().display();
    let replay = Replay::new(archive.genesis.clone());
    let mut played = Played { finals: Vec::new(), replay, frontier: Frontier::default(), roots: HashMap::new() };
    let mut tip = Tip::genesis(&archive.genesis.chain_id);
    let mut blocks = archive.blocks(archive.extent(Kind::Blocks));
    while played.replay.size() < last.checkpoint.size {
        let (height, bytes) = match blocks.next() {
            Some(Next::Block(height, bytes)) => (height, bytes),
            Some(Next::Lost { from, path, what, .. }) => {
                bail!("{at}/{path}: block {from} cannot be read: {what}: remove the file and export again")
            }
            None => bail!(
                "the blocks of {at} end at {} leaves, its checkpoint is of {}: export the chain again",
                played.replay.size(),
                last.checkpoint.size
            ),
        };
        let place = || format!("{at}: block {height}: audit the archive");
        let block = Block::from_bytes(&bytes).with_context(place)?;
        block.check_alone(&archive.genesis.chain_id).with_context(place)?;
        block.check_follows(&tip).with_context(place)?;
        let sealer = block.header.sealer;
        ensure!(
            played.replay.seals(&sealer)?,
            "{at}: block {height} is sealed by {sealer}, who may not: audit the archive"
        );
        played.certified(block.header.certificate.as_ref()).with_context(place)?;
        let first_leaf = played.replay.size();
        let outcome = played.replay.step(&block).with_context(place)?;
        played.append(&outcome.leaves);
        tip = block.tip();
        let page = Page {
            block: &block,
            first_leaf,
            leaves: &outcome.leaves,
            chain_time: outcome.chain_time,
            state: played.replay.state(),
        };
        if visit(&page).is_break() {
            return Ok(played);
        }
    }
    let checkpoint =
        || format!("{at}/{CHECKPOINT} is not final, so that nothing here is believed: export the chain again");
    played.replay.is_final(&last)?.with_context(checkpoint)?;
    played.certified(Some(&last)).with_context(|| format!("{at}/{CHECKPOINT}"))?;
    Ok(played)
}

impl Played {
    /// The state after the last block read.
    pub fn state(&self) -> &MemoryState {
        self.replay.state()
    }

    /// The first checkpoint that vouches for the leaf at `index`.
    pub fn final_with(&self, index: u64) -> Option<&Final> {
        let with = self.finals.iter().filter(|one| one.certificate.checkpoint.size > index);
        with.min_by_key(|one| (one.at, one.certificate.checkpoint.size))
    }

    fn append(&mut self, leaves: &[Leaf]) {
        let mut made = Vec::new();
        for leaf in leaves {
            made.clear();
            self.frontier.append(leaf.hash(), &mut made);
        }
        self.roots.insert(self.frontier.size(), self.frontier.root());
    }

    /// Takes a certificate that is final and of this log. One that is final and of another log is a fork, which only an
    /// audit can name.
    fn certified(&mut self, certificate: Option<&Certificate>) -> anyhow::Result<()> {
        let Some(certificate) = certificate else { return Ok(()) };
        if self.replay.is_final(certificate)?.is_err() {
            return Ok(());
        }
        let checkpoint = &certificate.checkpoint;
        ensure!(
            self.roots.get(&checkpoint.size) == Some(&checkpoint.root),
            "a final checkpoint of {} leaves is not of this log: audit the archive",
            checkpoint.size
        );
        let at = Millis(certificate.time_s().saturating_mul(1000));
        self.finals.push(Final { at, certificate: certificate.clone() });
        Ok(())
    }
}
