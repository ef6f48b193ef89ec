//! What a ledger has on disk: its blocks, the log they became, and the state, executed by the real rules. A restart keeps
//! it; a restored backup is an older one.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;

use domain::act::{Halt, Scene, Submitted, is_waiting};
use domain::chain::Lane;
use domain::event::EventId;
use domain::execute::{self, BlockInput};
use domain::keys;
use domain::query;
use domain::record::BundleRecord;
use domain::rule;
use domain::state::{Fault, MemoryState, View as _, Writes, read};
use domain::time::Millis;
use ledger::sets;
use proof::block::{Block, Tip};
use proof::checkpoint::{Certificate, Checkpoint};
use proof::digest::Digest;
use proof::leaf::Leaf;
use proof::merkle::{self, Frontier, Nodes};
use proof::proof_file::{ProofFile, Step, Trust};
use proof::sign::PublicKey;

use crate::rng::Rng;
use crate::town::TOWN;

#[derive(Clone)]
pub(crate) struct Disk {
    pub(crate) state: MemoryState,
    /// Height 1 first.
    pub(crate) blocks: Vec<Arc<Executed>>,
    pub(crate) leaves: Vec<Leaf>,
    frontier: Frontier,
    nodes: Tree,
    /// The block stream's sequence after the last message looked at.
    pub(crate) next_sequence: u64,
    /// Whether the last block came from the stream, and not only from a peer.
    pub(crate) sure: bool,
    /// The best certificate known.
    pub(crate) certificate: Option<Certificate>,
    /// A read met damage: the store is set aside at the next look.
    pub(crate) damaged: Cell<bool>,
}

#[derive(Clone, Default)]
struct Tree(BTreeMap<(u8, u64), Digest>);

impl Nodes for Tree {
    type Error = Infallible;

    fn node(&self, level: u8, index: u64) -> Result<Option<Digest>, Infallible> {
        Ok(self.0.get(&(level, index)).copied())
    }
}

/// A block and what became of it.
pub(crate) struct Executed {
    pub(crate) block: Block,
    pub(crate) bytes: Vec<u8>,
    pub(crate) hash: Digest,
    pub(crate) checkpoint: Checkpoint,
    pub(crate) state_digest: Digest,
    pending: bool,
    next_due: Option<Millis>,
}

impl Executed {
    /// Whether an empty block is wanted at that time.
    pub(crate) fn wants_block(&self, now: Millis) -> bool {
        self.pending || self.next_due.is_some_and(|due| due <= now)
    }
}

impl Disk {
    pub(crate) fn new() -> Self {
        let mut state = MemoryState::default();
        state.apply(&TOWN.genesis().writes());
        Disk {
            state,
            blocks: Vec::new(),
            leaves: Vec::new(),
            frontier: Frontier::default(),
            nodes: Tree::default(),
            next_sequence: 1,
            sure: false,
            certificate: None,
            damaged: Cell::new(false),
        }
    }

    pub(crate) fn height(&self) -> u64 {
        self.blocks.len() as u64
    }

    pub(crate) fn size(&self) -> u64 {
        self.frontier.size()
    }

    pub(crate) fn at(&self, height: u64) -> Option<&Arc<Executed>> {
        self.blocks.get(usize::try_from(height.checked_sub(1)?).ok()?)
    }

    /// The hash of the block at a height, 0 being the genesis.
    pub(crate) fn hash_at(&self, height: u64) -> Option<Digest> {
        if height == 0 { Some(Tip::genesis(TOWN.chain.id()).hash) } else { Some(self.at(height)?.hash) }
    }

    pub(crate) fn tip(&self) -> Tip {
        self.blocks.last().map_or_else(|| Tip::genesis(TOWN.chain.id()), |last| last.block.tip())
    }

    pub(crate) fn final_height(&self) -> u64 {
        let size = self.certificate.as_ref().map_or(0, |certificate| certificate.checkpoint.size);
        self.blocks.partition_point(|executed| executed.checkpoint.size <= size) as u64
    }

    /// One entry of the state is changed or lost behind everybody's back.
    pub(crate) fn rot(&mut self, rng: &mut Rng) {
        let entries = self.state.scan(&[0], &[0xff], usize::MAX).unwrap();
        let (key, stored) = rng.pick(&entries).clone();
        let mut value = stored.value;
        let at = rng.index(value.len() + 1);
        let changed = value.get_mut(at).map(|byte| *byte ^= 1 << rng.below(8)).map(|()| value);
        self.state.apply(&Writes::from([(key, changed)]));
    }

    /// What was read, or nothing when it was damage.
    fn read<T: Default>(&self, found: Result<T, Fault>) -> T {
        found.unwrap_or_else(|_| {
            self.damaged.set(true);
            T::default()
        })
    }

    /// How far an endorsement node's bundles in a lane are taken.
    pub(crate) fn bundles(&self, endorser: &PublicKey, lane: Lane) -> Option<BundleRecord> {
        self.read(read(&self.state, &keys::bundle(endorser, lane)))
    }

    /// The root of the log at a size, if it is so long.
    pub(crate) fn root_at(&self, size: u64) -> Option<Digest> {
        (size <= self.size()).then(|| merkle::root_at(&self.nodes, size).unwrap())
    }

    /// Whether a key seals the block of a height.
    pub(crate) fn seals(&self, key: &PublicKey, height: u64) -> bool {
        self.read(sets::seals(&self.state, key, height))
    }

    /// Whether the state is not what the blocks make, while these bytes are a block that follows by no sealer that it knows.
    pub(crate) fn is_rotten_before(&self, bytes: &[u8]) -> bool {
        let follows = Block::from_bytes(bytes).is_ok_and(|block| {
            block.check_follows(&self.tip()).is_ok()
                && block.check_alone(TOWN.chain.id()).is_ok()
                && !self.seals(&block.header.sealer, block.header.height)
        });
        if !follows {
            return false;
        }
        let mut again = Disk::new();
        self.blocks.iter().all(|one| again.execute(one.block.clone(), one.bytes.clone()).is_ok())
            && again.state != self.state
    }

    /// The block of those bytes, if it is the next one.
    pub(crate) fn follows(&self, bytes: &[u8]) -> Option<Block> {
        let block = Block::from_bytes(bytes).ok()?;
        let sound = block.check_follows(&self.tip()).is_ok()
            && self.seals(&block.header.sealer, block.header.height)
            && block.check_alone(TOWN.chain.id()).is_ok();
        sound.then_some(block)
    }

    /// Executes a block that follows, as `services/ledger` does, and gives what came of it; the error is damage to the state.
    pub(crate) fn execute(&mut self, block: Block, bytes: Vec<u8>) -> Result<Arc<Executed>, Fault> {
        let chain = &TOWN.chain;
        let prepared = ledger::prepare_here(chain.id(), &block);
        let input = BlockInput {
            chain_id: *chain.id(),
            chain: chain.path().clone(),
            height: block.header.height,
            block: block.hash(),
            rules_version: chain.genesis.rules_version,
            certificate: sets::certified(&self.state, chain, &block.header)?,
            excluded: sets::excluded(&self.state, chain, &block.header, self.size())?,
            first_leaf: self.size(),
            bundles: prepared.bundles,
        };
        let outcome = execute::block(&self.state, &input)?;
        let mut made = Vec::new();
        for leaf in &outcome.leaves {
            self.frontier.append(leaf.hash(), &mut made);
        }
        self.nodes.0.extend(made.into_iter().map(|node| ((node.level, node.index), node.hash)));
        self.leaves.extend(outcome.leaves);
        self.state.change(&outcome.writes);
        let checkpoint = Checkpoint { origin: chain.origin.clone(), size: self.size(), root: self.frontier.root() };
        let executed = Arc::new(Executed {
            hash: block.hash(),
            bytes,
            block,
            checkpoint,
            state_digest: outcome.state_digest,
            pending: outcome.pending,
            next_due: outcome.next_due,
        });
        self.blocks.push(executed.clone());
        Ok(executed)
    }

    /// Whether an event was answered here, for good.
    pub(crate) fn knows(&self, event: &EventId) -> bool {
        self.read(query::event_record(&self.state, event)).is_some()
    }

    /// Whether a dry run says that the event waits for another one.
    pub(crate) fn waits(&self, submitted: &Submitted) -> bool {
        let (id, path) = (*TOWN.chain.id(), TOWN.chain.path().clone());
        let Some(scene) = self.read(Scene::next(&self.state, id, path, self.size()).map(Some)) else { return true };
        matches!(rule::decide(&self.state, &scene, submitted), Err(Halt::Refused(why)) if is_waiting(&why))
    }

    /// The proof file of a final event.
    pub(crate) fn proof(&self, event: &EventId, signed: &[u8]) -> Option<ProofFile> {
        let certificate = self.certificate.clone()?;
        let index = self.read(query::event_record(&self.state, event))?.leaf_index;
        let size = certificate.checkpoint.size;
        if index >= size || size > self.size() {
            return None;
        }
        let leaf = self.leaves[usize::try_from(index).unwrap()].to_bytes();
        let inclusion = merkle::inclusion(&self.nodes, index, size).unwrap();
        let (chain, chain_id) = (TOWN.chain.path().to_string(), *TOWN.chain.id());
        let step = Step { chain, chain_id, signed: signed.to_vec(), leaf, index, inclusion };
        Some(ProofFile { handovers: Vec::new(), steps: vec![step], certificate })
    }
}

/// What a reader of proofs trusts: the genesis.
pub(crate) fn trust() -> Trust {
    Trust { chain: TOWN.chain.path().to_string(), chain_id: *TOWN.chain.id(), cosigners: TOWN.genesis().cosigner_set() }
}
