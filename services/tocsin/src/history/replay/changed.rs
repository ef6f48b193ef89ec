//! Which events of a copy are not what its leaves commit to: an audit says that a block was changed, and here it is said
//! whose words in it were.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use ledger::audit::archive::{Archive, Next};
use ledger::audit::piece::{Kind, Piece};
use proof::block::Block;
use proof::digest::Digest;
use proof::leaf::{EventLeaf, Leaf};
use proof::sign::Signed;

/// Told at most; a copy with more is worthless.
const MOST: usize = 10;

/// A sentence for each event of the copies below `dir` whose bytes are not in the block that its leaf names.
pub fn events(dir: &Path) -> anyhow::Result<Vec<String>> {
    let mut told = Vec::new();
    for archive in Archive::all(dir)? {
        let mut by_height = BTreeMap::<u64, Vec<(u64, EventLeaf)>>::new();
        for (index, leaf) in leaves(&archive) {
            by_height.entry(leaf.height).or_default().push((index, leaf));
        }
        for next in archive.blocks(archive.extent(Kind::Blocks)) {
            let Next::Block(height, bytes) = next else { continue };
            let Some(leaves) = by_height.get(&height) else { continue };
            let held = held(&bytes);
            let changed = leaves.iter().filter(|(_, leaf)| !held.contains(&leaf.signed));
            told.extend(changed.map(|(index, leaf)| {
                let (chain, event) = (&archive.genesis.chain, leaf.event);
                format!("{chain}: the bytes of the event {event} in block {height} are not those of leaf {index}")
            }));
        }
    }
    told.truncate(MOST);
    Ok(told)
}

/// The event leaves that can be read, with their indices.
fn leaves(archive: &Archive) -> Vec<(u64, EventLeaf)> {
    let (size, mut from, mut found) = (archive.extent(Kind::Entries), 0, Vec::new());
    while let Some(piece) = Piece::holding(Kind::Entries, from, size) {
        let entries = archive.entries(piece).ok().flatten().unwrap_or_default();
        let leaves = (piece.first()..).zip(entries).filter_map(|(index, bytes)| match Leaf::from_bytes(&bytes)? {
            Leaf::Event(leaf) => Some((index, leaf)),
            _ => None,
        });
        found.extend(leaves);
        from = piece.end();
    }
    found
}

/// The hashes of the signed events in a block's bytes, as far as they can be taken apart.
fn held(block: &[u8]) -> BTreeSet<Digest> {
    let bundles = Block::from_bytes(block).map(|block| block.bundles).unwrap_or_default();
    let bundles = bundles.iter().filter_map(|bytes| wire::bundle::decode(&Signed::from_bytes(bytes)?.body).ok());
    bundles.flat_map(|bundle| bundle.events).map(|bytes| Digest::of(&bytes)).collect()
}
