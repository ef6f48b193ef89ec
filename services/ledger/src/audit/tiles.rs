//! The Merkle tree of an archive, read from its tiles: what proofs are made from offline.
//!
//! A tile holds every eighth level; the levels between are hashed when they are asked for. Nothing is verified here: a
//! proof from a damaged tile does not hold, and whoever takes it sees that.

use std::io;

use proof::digest::Digest;
use proof::merkle::{Nodes, node_hash};

use super::archive::Archive;
use super::piece::{Kind, Piece};

/// Levels of the tree in one level of tiles.
const TILE_LEVELS: u8 = 8;

/// The tree over the first `size` leaves of an archive.
pub struct Tiles<'a> {
    archive: &'a Archive,
    size: u64,
}

impl<'a> Tiles<'a> {
    /// Of an archive whose tiles are those of a log of this size.
    pub fn new(archive: &'a Archive, size: u64) -> Self {
        Tiles { archive, size }
    }
}

impl Nodes for Tiles<'_> {
    type Error = io::Error;

    fn node(&self, level: u8, index: u64) -> Result<Option<Digest>, io::Error> {
        let (tile, above) = (level / TILE_LEVELS, level % TILE_LEVELS);
        let kind = Kind::Hashes(tile);
        let first = index << above;
        let Some(piece) = Piece::holding(kind, first, kind.total(self.size, 0)) else { return Ok(None) };
        let Some(hashes) = self.archive.hashes(tile, piece)? else { return Ok(None) };
        let from = usize::try_from(first - piece.first()).unwrap_or(usize::MAX);
        // The subtree lies within the tile: both are aligned.
        let Some(hashes) = hashes.get(from..from.saturating_add(1 << above)) else { return Ok(None) };
        let mut row = hashes.to_vec();
        while let [left, right, ..] = row.as_slice() {
            if row.len() == 2 {
                return Ok(Some(node_hash(left, right)));
            }
            row = row.as_chunks::<2>().0.iter().map(|[left, right]| node_hash(left, right)).collect();
        }
        Ok(row.first().copied())
    }
}
