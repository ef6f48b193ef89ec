//! Questions to the stored log, from any thread and beside the core's fsyncs: entries, proofs, the state at a height.
//!
//! Everything read is checked on its way (checksums below, decoding here); what does not check is damage and never an
//! answer.

use std::sync::Arc;

use domain::chain::Lane;
use domain::event::{EventId, ProvenLeaf};
use domain::keys;
use domain::query;
use domain::record::{CosignersRecord, EpochsRecord, EventRecord};
use domain::state::{Entries, Fault, Versioned, View, read};
use domain::time::Millis;
use journal::{JournalError, Snapshot, Space};
use proof::block::Block;
use proof::checkpoint::Certificate;
use proof::digest::Digest;
use proof::handover::Handover;
use proof::leaf::Leaf;
use proof::merkle::{self, Nodes};
use proof::proof_file::Step;
use wire::ledger::{EntryKind, EventStatus, Level, LogEntry};

use crate::chain::Chain;
use crate::core::result::{BlockResult, Kept};
use crate::core::state::{collect, fault, versioned};
use crate::core::store::{BUCKET, Numbered, Single, Spaces};
use crate::core::tip::Head;
use crate::core::tree::StoredTree;
use crate::core::{CoreError, inputs};
use crate::progress::{Finals, Progress};

/// A view of one ledger's store.
#[derive(Clone)]
pub(crate) struct Reader {
    pub(crate) chain: Arc<Chain>,
    spaces: Spaces,
    tree: StoredTree,
    finals: Arc<Finals>,
}

impl Reader {
    pub(crate) fn new(chain: Arc<Chain>, spaces: Spaces, finals: Arc<Finals>) -> Self {
        let tree = StoredTree::new(spaces.tree.clone());
        Reader { chain, spaces, tree, finals }
    }

    /// The whole state at one height, whatever is committed meanwhile.
    pub(crate) fn picture(&self) -> Result<Picture, CoreError> {
        let snapshot = self.spaces.store.snapshot();
        let bytes = self.spaces.single_of(&snapshot, Single::Tip)?;
        let head = bytes.and_then(|bytes| Head::from_bytes(&bytes));
        let head = head.ok_or_else(|| CoreError::Damaged("the tip record is missing".to_owned()))?;
        Ok(Picture { snapshot, state: self.spaces.state.clone(), head })
    }

    /// A stored block.
    pub(crate) fn block(&self, height: u64) -> Result<Block, CoreError> {
        self.spaces.block(height)?.ok_or_else(|| CoreError::Damaged(format!("block {height} is missing")))
    }

    fn result(&self, height: u64) -> Result<BlockResult, CoreError> {
        self.spaces
            .result(height)?
            .ok_or_else(|| CoreError::Damaged(format!("the results of block {height} are missing")))
    }

    /// The bytes of a stored block; `None` above the tip.
    pub(crate) fn block_bytes(&self, height: u64) -> Result<Option<Vec<u8>>, CoreError> {
        Ok(self.spaces.blocks.get(height.to_be_bytes())?)
    }

    /// The height of the block that holds a leaf below `head.size`: its bucket's first block, then at most seven steps.
    fn height_of(&self, leaf: u64, head: &Head) -> Result<u64, CoreError> {
        let missing = || CoreError::Damaged(format!("the leaf index misses leaf {leaf}"));
        let mut low = self.spaces.number(Numbered::Bucket(leaf / BUCKET))?.ok_or_else(missing)?;
        let next = self.spaces.number(Numbered::Bucket(leaf / BUCKET + 1))?;
        let mut high = next.unwrap_or(head.tip.height);
        while low < high {
            let middle = low + (high - low).div_ceil(2);
            if self.result(middle)?.first_leaf <= leaf {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        Ok(low)
    }

    /// Log entries from `from` to below `to`, at most `limit` and little more than `max_bytes` of them.
    pub(crate) fn log(
        &self,
        from: u64,
        to: u64,
        limit: usize,
        max_bytes: usize,
        head: &Head,
    ) -> Result<Vec<LogEntry>, CoreError> {
        let (to, mut entries, mut bytes) = (to.min(head.size), Vec::new(), 0);
        if from >= to {
            return Ok(entries);
        }
        let mut height = self.height_of(from, head)?;
        let mut index = from;
        while index < to {
            let block = Executed::load(self, height)?;
            while index < block.result.end().min(to) {
                let entry = block.entry(index)?;
                bytes += entry.signed.len() + entry.leaf.len();
                entries.push(entry);
                index += 1;
                if entries.len() >= limit || bytes >= max_bytes {
                    return Ok(entries);
                }
            }
            height += 1;
        }
        Ok(entries)
    }

    /// What became of an event, if the log knows it.
    pub(crate) fn event(&self, view: &dyn View, id: &EventId) -> Result<Option<EventRecord>, CoreError> {
        Ok(read::<EventRecord>(view, &keys::event(id))?)
    }

    /// The status of an event.
    pub(crate) fn event_status(&self, id: &EventId, progress: &Progress) -> Result<Option<EventStatus>, CoreError> {
        let picture = self.picture()?;
        let Some(record) = self.event(&picture, id)? else { return Ok(None) };
        let block = self.block(record.height)?;
        // A policy may settle an event after it was final, so its fields may still move; its place does not.
        let is_final = record.height <= progress.final_height;
        let urgency_overdrawn = domain::query::overdrawn(&picture, &record.member, id)?;
        Ok(Some(EventStatus {
            level: if is_final { Level::Final } else { Level::Sealed },
            code: record.code,
            outcome: record.outcome,
            height: record.height,
            position: record.position,
            index: record.leaf_index,
            sealed_at: Millis(block.header.sealed_at_ms),
            final_at: if is_final { self.final_at(record.height)? } else { None },
            member: record.member,
            kind: record.kind,
            urgency_overdrawn,
        }))
    }

    fn final_at(&self, height: u64) -> Result<Option<Millis>, CoreError> {
        let stored = self.spaces.first_final(height)?;
        Ok(stored.or_else(|| self.finals.at(height)).map(Millis))
    }

    /// The step of a proof file that shows an event in the log of `size` leaves; `None` when the log does not hold it.
    pub(crate) fn step(&self, id: &EventId, size: u64) -> Result<Option<Step>, CoreError> {
        let picture = self.picture()?;
        let Some(record) = self.event(&picture, id)?.filter(|record| record.leaf_index < size) else {
            return Ok(None);
        };
        let block = Executed::load(self, record.height)?;
        let entry = block.entry(record.leaf_index)?;
        if entry.event_id != Some(*id) {
            return Err(CoreError::Damaged(format!("leaf {} is not the event's", record.leaf_index)));
        }
        let inclusion = merkle::inclusion(&self.tree, record.leaf_index, size)?;
        let chain = self.chain.path().as_str().to_owned();
        let (chain_id, index) = (*self.chain.id(), record.leaf_index);
        Ok(Some(Step { chain, chain_id, signed: entry.signed, leaf: entry.leaf, index, inclusion }))
    }

    /// The summary of that number with its inclusion in the log of `size` leaves; `None` when it is not in that log.
    pub(crate) fn summary(&self, number: u64, size: u64) -> Result<Option<ProvenLeaf>, CoreError> {
        match self.spaces.number(Numbered::Summary(number))?.filter(|index| *index < size) {
            Some(index) => self.proven(index, size).map(Some),
            None => Ok(None),
        }
    }

    /// A leaf with its inclusion in the log of `size` leaves, which holds it.
    pub(crate) fn proven(&self, index: u64, size: u64) -> Result<ProvenLeaf, CoreError> {
        let head = self.picture()?.head;
        let entry = Executed::load(self, self.height_of(index, &head)?)?.entry(index)?;
        let inclusion = merkle::inclusion(&self.tree, index, size)?;
        Ok(ProvenLeaf { leaf: entry.leaf, index, inclusion })
    }

    /// How the cosigner sets after epoch `after` came to be, oldest first, as far as they judge a log of `size` leaves.
    /// The certificate under the set before is in the header of the block that brought the new one.
    pub(crate) fn handovers(&self, after: u32, size: u64) -> Result<Vec<Handover>, CoreError> {
        let picture = self.picture()?;
        let Some(EpochsRecord { current, .. }) = query::epochs(&picture)? else { return Ok(Vec::new()) };
        let mut found = Vec::new();
        for epoch in after.saturating_add(1)..=current {
            let record = read::<CosignersRecord>(&picture, &keys::cosigners(epoch))?;
            // One that a later set replaced before it came into force handed nothing over.
            let Some((index, record)) = record.and_then(|record| Some((record.leaf_index?, record))) else { continue };
            if record.from_size.is_none_or(|from| from >= size) {
                continue;
            }
            let missing = || CoreError::Damaged(format!("block {} hands nothing over", record.handover));
            let certificate = self.block(record.handover)?.header.certificate.ok_or_else(missing)?;
            let ProvenLeaf { leaf, index, inclusion } = self.proven(index, certificate.checkpoint.size)?;
            found.push(Handover { certificate, leaf, index, inclusion });
        }
        Ok(found)
    }

    /// The stored certificate.
    pub(crate) fn certificate(&self) -> Result<Option<Certificate>, CoreError> {
        let text = self.spaces.single(Single::Certificate)?;
        Ok(text.and_then(|text| String::from_utf8(text).ok()).and_then(|text| Certificate::parse(&text)))
    }

    /// The proof that the log of `new` leaves begins with that of `old`.
    pub(crate) fn consistency(&self, old: u64, new: u64) -> Result<Vec<Digest>, CoreError> {
        Ok(merkle::consistency(&self.tree, old, new)?)
    }

    /// The root of a perfect subtree that the log has.
    pub(crate) fn subtree(&self, level: u8, index: u64) -> Result<Digest, CoreError> {
        let node = Nodes::node(&self.tree, level, index)?;
        node.ok_or_else(|| CoreError::Damaged(format!("the tree misses the subtree {index} of level {level}")))
    }

    /// The root the log had at a size.
    pub(crate) fn root_at(&self, size: u64) -> Result<Digest, CoreError> {
        Ok(merkle::root_at(&self.tree, size)?)
    }

    /// The height whose block ended the log at `size`; `None` when no block did.
    pub(crate) fn height_at(&self, size: u64) -> Result<Option<u64>, CoreError> {
        let head = self.picture()?.head;
        let Some(last) = size.checked_sub(1).filter(|_| size <= head.size) else { return Ok(None) };
        let height = self.height_of(last, &head)?;
        Ok((self.result(height)?.end() == size).then_some(height))
    }
}

/// A stored block with its results, opened as far as its leaves need.
struct Executed {
    height: u64,
    result: BlockResult,
    signed: Vec<Vec<u8>>,
    sources: Vec<(Digest, Digest)>,
}

impl Executed {
    fn load(reader: &Reader, height: u64) -> Result<Self, CoreError> {
        let result = reader.result(height)?;
        let (mut signed, mut sources) = (Vec::new(), Vec::new());
        if result.leaves.iter().any(|leaf| matches!(leaf, Kept::Event { .. })) {
            let block = reader.block(height)?;
            sources = inputs::sources(reader.chain.id(), &block);
            signed = inputs::signed_bytes(&block);
        }
        Ok(Executed { height, result, signed, sources })
    }

    fn entry(&self, index: u64) -> Result<LogEntry, CoreError> {
        let wrong = || CoreError::Damaged(format!("leaf {index} does not derive from block {}", self.height));
        let at = index.checked_sub(self.result.first_leaf).and_then(|at| usize::try_from(at).ok()).ok_or_else(wrong)?;
        let leaf = self.result.leaf(at, self.height, &self.sources).ok_or_else(wrong)?;
        let signed = match self.result.leaves.get(at) {
            Some(Kept::Event { source, .. }) => {
                usize::try_from(*source).ok().and_then(|source| self.signed.get(source)).cloned().ok_or_else(wrong)?
            }
            _ => Vec::new(),
        };
        let (kind, position, lane, event_id, code) = match &leaf {
            Leaf::Event(event) => {
                let lane = Lane::ALL.get(usize::from(event.lane)).copied();
                (EntryKind::Event, event.position, lane, Some(event.event), event.code)
            }
            Leaf::Due(due) => (EntryKind::Due, due.position, None, Some(due.event), 0),
            Leaf::Summary(_) => (EntryKind::Summary, 0, None, None, 0),
            Leaf::Block(_) => (EntryKind::Block, 0, None, None, 0),
            Leaf::Cosigners(_) => (EntryKind::Cosigners, 0, None, None, 0),
            Leaf::Decision(decision) => (EntryKind::Decision, 0, None, Some(decision.event), 0),
            Leaf::Rollup(_) => (EntryKind::Rollup, 0, None, None, 0),
        };
        let (height, chain_time) = (self.height, self.result.chain_time);
        Ok(LogEntry { index, height, position, lane, event_id, code, signed, kind, leaf: leaf.to_bytes(), chain_time })
    }
}

/// The state as it was at one height.
pub(crate) struct Picture {
    snapshot: Snapshot,
    state: Space,
    pub(crate) head: Head,
}

impl View for Picture {
    fn get(&self, key: &[u8]) -> Result<Option<Versioned>, Fault> {
        let stored: Result<_, JournalError> = self.snapshot.get(&self.state, key);
        stored.map_err(fault)?.map(|bytes| versioned(key, &bytes)).transpose()
    }

    fn scan(&self, from: &[u8], to: &[u8], limit: usize) -> Result<Entries, Fault> {
        collect(self.snapshot.range(&self.state, from, to), limit)
    }
}
