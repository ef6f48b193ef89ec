//! What executing a block added to it: the result codes and derived leaves, without a byte that the block holds already.
//!
//! An event leaf's id and hash follow from the signed bytes in the stored block, so 12 bytes an event are enough to
//! derive the whole log again.

use domain::time::Millis;
use proof::digest::Digest;
use proof::leaf::{EventLeaf, Leaf};

/// One leaf as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kept {
    /// The leaf of the block's event number `source`.
    Event { source: u32, position: u32, lane: u8, code: u16 },
    /// Any other leaf, as its bytes.
    Whole(Vec<u8>),
}

/// The results of one block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BlockResult {
    /// The log's size before the block.
    pub(crate) first_leaf: u64,
    /// Chain time of the block.
    pub(crate) chain_time: Millis,
    /// The digest of the state after it.
    pub(crate) state_digest: Digest,
    /// Its leaves in order.
    pub(crate) leaves: Vec<Kept>,
}

const EVENT: u8 = 1;
const WHOLE: u8 = 2;

impl BlockResult {
    /// Keeps leaves beside the (event id, hash of signed bytes) pairs of the block they came from.
    pub(crate) fn keep(
        first_leaf: u64,
        chain_time: Millis,
        state_digest: Digest,
        leaves: &[Leaf],
        sources: &[(Digest, Digest)],
    ) -> Self {
        let mut next = 0;
        let leaves = leaves
            .iter()
            .map(|leaf| match leaf {
                Leaf::Event(event) => match find(sources, next, (event.event, event.signed)) {
                    Some(source) => {
                        next = source + 1;
                        let source = u32::try_from(source).unwrap_or(u32::MAX);
                        Kept::Event { source, position: event.position, lane: event.lane, code: event.code }
                    }
                    None => Kept::Whole(leaf.to_bytes()),
                },
                other => Kept::Whole(other.to_bytes()),
            })
            .collect();
        BlockResult { first_leaf, chain_time, state_digest, leaves }
    }

    /// The log's size after the block.
    pub(crate) fn end(&self) -> u64 {
        self.first_leaf + u64::try_from(self.leaves.len()).unwrap_or(0)
    }

    /// The leaf kept at `at`, derived again.
    pub(crate) fn leaf(&self, at: usize, height: u64, sources: &[(Digest, Digest)]) -> Option<Leaf> {
        match self.leaves.get(at)? {
            Kept::Whole(bytes) => Leaf::from_bytes(bytes),
            Kept::Event { source, position, lane, code } => {
                let (event, signed) = *sources.get(usize::try_from(*source).ok()?)?;
                Some(Leaf::Event(EventLeaf { height, position: *position, lane: *lane, event, signed, code: *code }))
            }
        }
    }

    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(64 + 12 * self.leaves.len());
        out.extend_from_slice(&self.first_leaf.to_be_bytes());
        out.extend_from_slice(&self.chain_time.0.to_be_bytes());
        out.extend_from_slice(&self.state_digest.0);
        for leaf in &self.leaves {
            match leaf {
                Kept::Event { source, position, lane, code } => {
                    out.push(EVENT);
                    out.extend_from_slice(&source.to_be_bytes());
                    out.extend_from_slice(&position.to_be_bytes());
                    out.push(*lane);
                    out.extend_from_slice(&code.to_be_bytes());
                }
                Kept::Whole(bytes) => {
                    out.push(WHOLE);
                    proof::digest::put_lp(&mut out, bytes);
                }
            }
        }
        out
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (first, rest) = bytes.split_first_chunk::<8>()?;
        let (time, rest) = rest.split_first_chunk::<8>()?;
        let (digest, mut rest) = rest.split_first_chunk::<32>()?;
        let mut leaves = Vec::new();
        while let Some((tag, after)) = rest.split_first() {
            match *tag {
                EVENT => {
                    let (source, after) = after.split_first_chunk::<4>()?;
                    let (position, after) = after.split_first_chunk::<4>()?;
                    let (lane, after) = after.split_first()?;
                    let (code, after) = after.split_first_chunk::<2>()?;
                    rest = after;
                    leaves.push(Kept::Event {
                        source: u32::from_be_bytes(*source),
                        position: u32::from_be_bytes(*position),
                        lane: *lane,
                        code: u16::from_be_bytes(*code),
                    });
                }
                WHOLE => {
                    let (length, after) = after.split_first_chunk::<4>()?;
                    let (leaf, after) = after.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
                    rest = after;
                    leaves.push(Kept::Whole(leaf.to_vec()));
                }
                _ => return None,
            }
        }
        Some(BlockResult {
            first_leaf: u64::from_be_bytes(*first),
            chain_time: Millis(u64::from_be_bytes(*time)),
            state_digest: Digest(*digest),
            leaves,
        })
    }
}

/// The place of a pair: leaves come in the block's order, so it is nearly always the next one.
fn find(sources: &[(Digest, Digest)], next: usize, pair: (Digest, Digest)) -> Option<usize> {
    let ahead = sources.iter().enumerate().skip(next).find(|(_, source)| **source == pair);
    ahead.or_else(|| sources.iter().enumerate().find(|(_, source)| **source == pair)).map(|(at, _)| at)
}

#[cfg(test)]
mod tests {
    use proof::leaf::BlockLeaf;

    use super::*;

    #[test]
    fn leaves_come_back_from_their_sources() {
        let pair = |n: u8| (Digest([n; 32]), Digest([n + 100; 32]));
        let event = |n: u8, code| {
            let (event, signed) = pair(n);
            Leaf::Event(EventLeaf { height: 7, position: u32::from(n), lane: n % 3, event, signed, code })
        };
        let block = Leaf::Block(BlockLeaf {
            height: 7,
            block: Digest([9; 32]),
            state: Digest([8; 32]),
            rules_version: 1,
            snapshot: None,
        });
        // Source 1 was a repeated event without a leaf; 50 is no event of the block.
        let leaves = vec![event(0, 0), event(2, 14), event(50, 0), block];
        let sources = [pair(0), pair(1), pair(2)];
        let kept = BlockResult::keep(40, Millis(5), Digest([8; 32]), &leaves, &sources);
        assert!(matches!(kept.leaves.get(1), Some(Kept::Event { source: 2, .. })));
        let back = BlockResult::from_bytes(&kept.to_bytes()).unwrap();
        assert_eq!(back, kept);
        assert_eq!(back.end(), 44);
        let derived = (0..4).map(|at| back.leaf(at, 7, &sources)).collect::<Option<Vec<_>>>().unwrap();
        assert_eq!(derived, leaves);
        assert_eq!(back.leaf(4, 7, &sources), None);
        let bytes = kept.to_bytes();
        assert_eq!(BlockResult::from_bytes(&bytes[..bytes.len() - 1]), None);
    }
}
