//! The end of the chain as this ledger has executed it: everything needed to go on, in one small record that is written
//! with every batch.

use domain::codec::{self, Record as _, Writer};
use domain::time::Millis;
use proof::block::Tip;
use proof::checkpoint::Checkpoint;
use proof::digest::Digest;

use super::state::Sum;

/// The end of the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    /// The last block and what the next one must fit.
    pub(crate) tip: Tip,
    /// Leaves of the log.
    pub(crate) size: u64,
    /// The root over them.
    pub(crate) root: Digest,
    /// The digest of the state.
    pub(crate) state_digest: Digest,
    /// Chain time.
    pub(crate) chain_time: Millis,
    /// The sum over the stored state.
    pub(crate) sum: Sum,
    /// The sequence after the last message of the block stream that was looked at.
    pub(crate) next_sequence: u64,
    /// Whether a change waits for a later block.
    pub(crate) pending: bool,
    /// When the next due item is.
    pub(crate) next_due: Option<Millis>,
    /// The number of the last summary derived.
    pub(crate) summaries: u64,
    /// The number of the last alert.
    pub(crate) alerts: u64,
    /// The height at which each lane last gave something to a block.
    pub(crate) moved: [u64; 3],
    /// Whether the last block came from the stream, so that its place in the chain is sure.
    pub(crate) sure: bool,
}

/// The version of the record.
const VERSION: u8 = 2;

impl Head {
    /// The checkpoint of the log here.
    pub(crate) fn checkpoint(&self, origin: &str) -> Checkpoint {
        Checkpoint { origin: origin.to_owned(), size: self.size, root: self.root }
    }

    /// Whether an empty block is wanted at that time.
    pub(crate) fn wants_block(&self, now: Millis) -> bool {
        self.pending || self.next_due.is_some_and(|due| due <= now)
    }

    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut out = Writer::default();
        VERSION.write(&mut out);
        self.tip.height.write(&mut out);
        self.tip.hash.write(&mut out);
        self.tip.next.iter().chain(&self.sum.0).for_each(|number| number.write(&mut out));
        self.size.write(&mut out);
        self.root.write(&mut out);
        self.state_digest.write(&mut out);
        self.chain_time.write(&mut out);
        self.next_sequence.write(&mut out);
        self.pending.write(&mut out);
        self.next_due.write(&mut out);
        self.summaries.write(&mut out);
        self.alerts.write(&mut out);
        self.moved.iter().for_each(|height| height.write(&mut out));
        self.sure.write(&mut out);
        out.into_bytes()
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut input = codec::Reader::new(bytes);
        let from = &mut input;
        if u8::read(from)? != VERSION {
            return None;
        }
        let (height, hash) = (u64::read(from)?, Digest::read(from)?);
        let next = [u64::read(from)?, u64::read(from)?, u64::read(from)?];
        let sum = Sum([u64::read(from)?, u64::read(from)?, u64::read(from)?, u64::read(from)?]);
        let head = Head {
            tip: Tip { height, hash, next },
            size: u64::read(from)?,
            root: Digest::read(from)?,
            state_digest: Digest::read(from)?,
            chain_time: Millis::read(from)?,
            sum,
            next_sequence: u64::read(from)?,
            pending: bool::read(from)?,
            next_due: Option::read(from)?,
            summaries: u64::read(from)?,
            alerts: u64::read(from)?,
            moved: [u64::read(from)?, u64::read(from)?, u64::read(from)?],
            sure: bool::read(from)?,
        };
        (input.left() == 0).then_some(head)
    }
}
