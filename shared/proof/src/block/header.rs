//! The header of a block and its one canonical encoding: fields in order, big-endian, lists and texts with a 4-byte count.

use super::{VERSION, block_hash};
use crate::checkpoint::Certificate;
use crate::cursor::Cursor;
use crate::digest::{Digest, put_lp};
use crate::exclusion::{ExclusionCertificate, MAX_EXCLUSION_BYTES};
use crate::sign::{ChainId, PublicKey};

/// The version that brought the exclusion.
const WITH_EXCLUSION: u16 = 2;

/// The holes one block may name in a lane: 8 KiB; a longer gap takes several blocks.
pub const MAX_HOLES: usize = 1024;

/// A certificate of 16 cosignatures with the longest names.
const MAX_CERTIFICATE_BYTES: usize = 8 * 1024;

/// The contiguous intake sequences a block takes from one lane.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LaneRange {
    /// The first, from 1.
    pub first: u64,
    /// The last; `first - 1` when the range is empty.
    pub last: u64,
    /// Sequences in the range that were lost for good, ascending: named, so that nothing is skipped unseen.
    pub holes: Vec<u64>,
}

impl LaneRange {
    /// A range of nothing, at the place where the lane goes on.
    pub fn empty(next: u64) -> Self {
        LaneRange { first: next, last: next.saturating_sub(1), holes: Vec::new() }
    }

    /// How many bundles of the range are in the block.
    pub fn bundles(&self) -> u64 {
        self.last.saturating_add(1).saturating_sub(self.first).saturating_sub(self.holes.len() as u64)
    }

    /// The sequences of those bundles, in the block's order.
    pub fn sequences(&self) -> impl Iterator<Item = u64> + '_ {
        let mut holes = self.holes.iter().peekable();
        (self.first..=self.last).filter(move |sequence| holes.next_if_eq(&sequence).is_none())
    }

    /// Whether the range is one: from 1 on, not running backwards, holes ascending and inside it.
    pub(super) fn is_sound(&self) -> bool {
        self.first >= 1
            && self.last >= self.first - 1
            && self.last < u64::MAX
            && self.holes.len() <= MAX_HOLES
            && self.holes.iter().all(|hole| (self.first..=self.last).contains(hole))
            && self.holes.is_sorted_by(|a, b| a < b)
    }
}

/// The header of a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The version of this encoding: [`VERSION`], or 1, which ends before the exclusion.
    pub version: u16,
    /// The chain.
    pub chain: ChainId,
    /// 1 for the first block.
    pub height: u64,
    /// The hash of the block below; of the genesis for the first.
    pub previous: Digest,
    /// Who sealed it.
    pub sealer: PublicKey,
    /// What it takes from the lanes urgent, high and normal.
    pub lanes: [LaneRange; 3],
    /// How many events its bundles hold.
    pub events: u32,
    /// The hash over the bundles.
    pub body: Digest,
    /// The rules its sealer expects to execute it.
    pub rules_version: u32,
    /// The sealer's clock; no rule reads it.
    pub sealed_at_ms: u64,
    /// The latest final certificate, when it advances chain time.
    pub certificate: Option<Certificate>,
    /// The exclusion of a sealer, one a block.
    pub exclusion: Option<ExclusionCertificate>,
}

impl Header {
    /// The header's bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(2048);
        out.extend_from_slice(&self.version.to_be_bytes());
        out.extend_from_slice(&self.chain.0);
        out.extend_from_slice(&self.height.to_be_bytes());
        out.extend_from_slice(&self.previous.0);
        out.extend_from_slice(&self.sealer.0);
        for lane in &self.lanes {
            out.extend_from_slice(&lane.first.to_be_bytes());
            out.extend_from_slice(&lane.last.to_be_bytes());
            let count = u32::try_from(lane.holes.len()).unwrap_or(u32::MAX);
            out.extend_from_slice(&count.to_be_bytes());
            for hole in &lane.holes {
                out.extend_from_slice(&hole.to_be_bytes());
            }
        }
        out.extend_from_slice(&self.events.to_be_bytes());
        out.extend_from_slice(&self.body.0);
        out.extend_from_slice(&self.rules_version.to_be_bytes());
        out.extend_from_slice(&self.sealed_at_ms.to_be_bytes());
        // A certificate's text is never empty, so that an empty one says "none".
        let certificate = self.certificate.as_ref().map(Certificate::text).unwrap_or_default();
        put_lp(&mut out, certificate.as_bytes());
        if self.version >= WITH_EXCLUSION {
            // An exclusion is never empty either.
            let exclusion = self.exclusion.as_ref().map(ExclusionCertificate::to_bytes).unwrap_or_default();
            put_lp(&mut out, &exclusion);
        }
        out
    }

    /// The header of those bytes; `None` unless they are exactly what [`Header::to_bytes`] gives and its lane ranges are sound.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut from = Cursor::new(bytes);
        let version = from.u16().filter(|version| (1..=VERSION).contains(version))?;
        let header = Header {
            version,
            chain: from.digest()?,
            height: from.u64().filter(|height| *height >= 1)?,
            previous: from.digest()?,
            sealer: PublicKey(from.array()?),
            lanes: [read_lane(&mut from)?, read_lane(&mut from)?, read_lane(&mut from)?],
            events: from.u32()?,
            body: from.digest()?,
            rules_version: from.u32()?,
            sealed_at_ms: from.u64()?,
            certificate: match from.lp(MAX_CERTIFICATE_BYTES)? {
                [] => None,
                text => Some(Certificate::parse(str::from_utf8(text).ok()?)?),
            },
            exclusion: match version {
                ..WITH_EXCLUSION => None,
                _ => match from.lp(MAX_EXCLUSION_BYTES)? {
                    [] => None,
                    bytes => Some(ExclusionCertificate::from_bytes(bytes)?),
                },
            },
        };
        from.end(header)
    }

    /// The hash of the block with this header.
    pub fn hash(&self) -> Digest {
        block_hash(&self.to_bytes())
    }
}

fn read_lane(from: &mut Cursor) -> Option<LaneRange> {
    let (first, last) = (from.u64()?, from.u64()?);
    let count = usize::try_from(from.u32()?).ok().filter(|count| *count <= MAX_HOLES)?;
    let holes = (0..count).map(|_| from.u64()).collect::<Option<Vec<_>>>()?;
    Some(LaneRange { first, last, holes }).filter(LaneRange::is_sound)
}
