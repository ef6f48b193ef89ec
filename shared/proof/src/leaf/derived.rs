//! What a chain derives by its rules and no single event says: summaries for the parent, new cosigner sets, decisions on
//! a child's reports, and sums with their parts. They leave their log to be read elsewhere, so each is whole in itself.
//!
//! Limits: [`MAX_LEAF_BYTES`] a leaf, 16 cosigners, [`MAX_RELAYS`] relays, [`MAX_PARTS`] parts.

use crate::checkpoint::{Cosigner, MAX_COSIGNATURES, MAX_NAME_BYTES, is_name};
use crate::cursor::Cursor;
use crate::digest::{Digest, put_lp};
use crate::sign::PublicKey;

/// An entry of C2SP `tlog-tiles` has a 16-bit length.
pub const MAX_LEAF_BYTES: usize = 65_535;

/// A summary rides whole in an anchor on the parent chain, whose event body ends at 16 KiB.
pub const MAX_SUMMARY_BYTES: usize = 8 * 1024;

/// Relay keys in a set's leaf: two for each of 16 cosigners, while they rotate.
pub const MAX_RELAYS: usize = 32;

/// The parts of one sum: with the longest chain paths they fill 62 of the 64 KiB of a leaf, and no jurisdiction has
/// more than some dozens of direct children.
pub const MAX_PARTS: usize = 512;

/// The longest chain path and disease code in a leaf, those of the domain.
const MAX_CODE_BYTES: usize = 64;

/// The longest reason, that of every text of an event.
const MAX_REASON_BYTES: usize = 1024;

/// Counts by classification: suspected, probable, confirmed, asymptomatic, discarded.
pub type Counts = [u64; 5];

/// What rises to the parent chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SummaryLeaf {
    /// The block that derived it.
    pub height: u64,
    /// Its running number on this chain, from 1.
    pub number: u64,
    /// The summary as the rules encode it.
    pub body: Vec<u8>,
}

/// The cosigners that a decision of the chain names for later checkpoints.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CosignersLeaf {
    /// The block that derived it.
    pub height: u64,
    /// The set's running number; the genesis set is 0.
    pub epoch: u32,
    /// The whole set in its order, 1 to 16, no name and no key twice.
    pub cosigners: Vec<Cosigner>,
    /// The keys that may carry this chain's anchors to its parent, at most [`MAX_RELAYS`], none twice.
    pub relays: Vec<PublicKey>,
}

/// What a parent decided on a child's report that the child left undecided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecisionLeaf {
    /// The block that derived it.
    pub height: u64,
    /// The child's path.
    pub child: String,
    /// The report's event id on the child.
    pub event: Digest,
    /// Accepted, or rejected.
    pub accepted: bool,
    /// Why.
    pub reason: String,
}

/// A chain's total of one disease over all days, and what it is the sum of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RollupLeaf {
    /// The block that derived it.
    pub height: u64,
    /// ICD-10 code.
    pub disease: String,
    /// The total.
    pub total: Counts,
    /// What the chain accepted by itself.
    pub own: Counts,
    /// What its children brought.
    pub parts: Vec<RollupPart>,
}

/// A child's part of a sum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RollupPart {
    /// The child's path.
    pub child: String,
    /// The counts.
    pub counts: Counts,
    /// The number of the child's summary that brought them; 0 when none did and all counts are 0.
    pub summary: u64,
    /// The size of the child's log in the anchor that brought that summary.
    pub size: u64,
}

impl SummaryLeaf {
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.height.to_be_bytes());
        out.extend_from_slice(&self.number.to_be_bytes());
        put_lp(out, &self.body);
    }

    pub(super) fn read(from: &mut Cursor) -> Option<Self> {
        let (height, number) = (from.u64()?, from.u64()?);
        Some(SummaryLeaf { height, number, body: from.lp(MAX_SUMMARY_BYTES)?.to_vec() })
    }
}

impl CosignersLeaf {
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.height.to_be_bytes());
        out.extend_from_slice(&self.epoch.to_be_bytes());
        put_count(out, self.cosigners.len());
        for cosigner in &self.cosigners {
            put_lp(out, cosigner.name.as_bytes());
            out.extend_from_slice(&cosigner.key.0);
        }
        put_count(out, self.relays.len());
        for relay in &self.relays {
            out.extend_from_slice(&relay.0);
        }
    }

    pub(super) fn read(from: &mut Cursor) -> Option<Self> {
        let (height, epoch) = (from.u64()?, from.u32()?);
        let count = count(from, MAX_COSIGNATURES).filter(|count| *count > 0)?;
        let mut cosigners = Vec::<Cosigner>::with_capacity(count);
        for _ in 0..count {
            let name = text(from, MAX_NAME_BYTES).filter(|name| is_name(name))?;
            let key = PublicKey(from.array()?);
            // One that stood twice in a set could vouch twice.
            if cosigners.iter().any(|other| other.name == name || other.key == key) {
                return None;
            }
            cosigners.push(Cosigner { name, key });
        }
        let count = self::count(from, MAX_RELAYS)?;
        let mut relays = Vec::with_capacity(count);
        for _ in 0..count {
            let relay = PublicKey(from.array()?);
            if relays.contains(&relay) {
                return None;
            }
            relays.push(relay);
        }
        Some(CosignersLeaf { height, epoch, cosigners, relays })
    }
}

impl DecisionLeaf {
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.height.to_be_bytes());
        put_lp(out, self.child.as_bytes());
        out.extend_from_slice(&self.event.0);
        out.push(u8::from(self.accepted));
        put_lp(out, self.reason.as_bytes());
    }

    pub(super) fn read(from: &mut Cursor) -> Option<Self> {
        Some(DecisionLeaf {
            height: from.u64()?,
            child: name(from)?,
            event: from.digest()?,
            accepted: match from.u8()? {
                0 => false,
                1 => true,
                _ => return None,
            },
            reason: text(from, MAX_REASON_BYTES)?,
        })
    }
}

impl RollupLeaf {
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.height.to_be_bytes());
        put_lp(out, self.disease.as_bytes());
        put_counts(out, &self.total);
        put_counts(out, &self.own);
        put_count(out, self.parts.len());
        for part in &self.parts {
            put_lp(out, part.child.as_bytes());
            put_counts(out, &part.counts);
            out.extend_from_slice(&part.summary.to_be_bytes());
            out.extend_from_slice(&part.size.to_be_bytes());
        }
    }

    pub(super) fn read(from: &mut Cursor) -> Option<Self> {
        let (height, disease) = (from.u64()?, name(from)?);
        let (total, own) = (counts(from)?, counts(from)?);
        let parts = count(from, MAX_PARTS)?;
        let mut part = || {
            let (child, counts) = (name(from)?, counts(from)?);
            Some(RollupPart { child, counts, summary: from.u64()?, size: from.u64()? })
        };
        let parts = (0..parts).map(|_| part()).collect::<Option<_>>()?;
        Some(RollupLeaf { height, disease, total, own, parts })
    }
}

fn put_count(out: &mut Vec<u8>, count: usize) {
    out.extend_from_slice(&u16::try_from(count).unwrap_or(u16::MAX).to_be_bytes());
}

fn put_counts(out: &mut Vec<u8>, counts: &Counts) {
    for count in counts {
        out.extend_from_slice(&count.to_be_bytes());
    }
}

fn count(from: &mut Cursor, limit: usize) -> Option<usize> {
    from.u16().map(usize::from).filter(|count| *count <= limit)
}

fn counts(from: &mut Cursor) -> Option<Counts> {
    Some([from.u64()?, from.u64()?, from.u64()?, from.u64()?, from.u64()?])
}

/// A chain path or a code.
fn name(from: &mut Cursor) -> Option<String> {
    text(from, MAX_CODE_BYTES).filter(|name| is_name(name))
}

fn text(from: &mut Cursor, limit: usize) -> Option<String> {
    str::from_utf8(from.lp(limit)?).ok().map(str::to_owned)
}
