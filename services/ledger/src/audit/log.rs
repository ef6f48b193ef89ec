//! What an archive's files say the log is, leaf by leaf, and the tree over the leaves that are believed.
//!
//! A leaf is said twice, as an entry and as a hash in a tile of level 0; every higher tile follows from those. The caller
//! decides which of two that differ is believed, so that one changed byte is one problem and not one at every level
//! above. Limits: one bundle of entries and one tile a level are in memory.

use std::collections::HashMap;

use proof::digest::Digest;
use proof::leaf::Leaf;
use proof::merkle::{Frontier, Node, leaf_hash};

use super::archive::Archive;
use super::piece::{Kind, Piece, WIDTH};
use super::report::Book;

/// Levels of the tree in one level of tiles.
const TILE_LEVELS: u8 = 8;

/// What the files say about one leaf.
#[derive(Clone, Debug)]
pub(super) struct Claim {
    pub(super) index: u64,
    /// The entry; `None` when its bundle can't be read.
    pub(super) entry: Option<Vec<u8>>,
    /// Its hash in the tile; `None` when the tile can't be read.
    pub(super) hash: Option<Digest>,
}

impl Claim {
    /// The entry as a leaf.
    pub(super) fn leaf(&self) -> Option<Leaf> {
        self.entry.as_deref().and_then(Leaf::from_bytes)
    }

    /// Where the entry is, for people.
    pub(super) fn entry_place(&self, size: u64) -> String {
        place(Kind::Entries, self.index, size)
    }

    /// Where the hash is, for people.
    pub(super) fn hash_place(&self, size: u64) -> String {
        place(Kind::Hashes(0), self.index, size)
    }
}

fn place(kind: Kind, number: u64, size: u64) -> String {
    let path = Piece::holding(kind, number, kind.total(size, 0)).map(|piece| piece.path()).unwrap_or_default();
    format!("{path}, number {}", number % WIDTH)
}

/// The log of an archive.
pub(super) struct Log<'a> {
    archive: &'a Archive,
    size: u64,
    /// The next leaf to be claimed.
    next: u64,
    /// A claim that was looked at and not taken.
    seen: Option<Claim>,
    entries: Option<(u64, Vec<Vec<u8>>)>,
    /// By level the tile last read, empty when it can't be.
    tiles: HashMap<u8, (u64, Vec<Digest>)>,
    frontier: Frontier,
    made: Vec<Node>,
    /// A leaf was lost: from then on nothing is known of the tree.
    lost: bool,
}

impl<'a> Log<'a> {
    pub(super) fn new(archive: &'a Archive, size: u64) -> Self {
        Log {
            archive,
            size,
            next: 0,
            seen: None,
            entries: None,
            tiles: HashMap::new(),
            frontier: Frontier::default(),
            made: Vec::new(),
            lost: false,
        }
    }

    /// How many leaves the files are read for.
    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// The number and root of the leaves that have been believed; `None` when one was lost.
    pub(super) fn tree(&self) -> Option<(u64, Digest)> {
        (!self.lost).then(|| (self.frontier.size(), self.frontier.root()))
    }

    /// The next claim.
    pub(super) fn take(&mut self, book: &mut Book) -> Option<Claim> {
        if let Some(seen) = self.seen.take() {
            return Some(seen);
        }
        if self.next >= self.size {
            return None;
        }
        let index = self.next;
        self.next += 1;
        Some(Claim { index, entry: self.entry(index, book), hash: self.hash(0, index, book) })
    }

    /// The next claim, if it is wanted; else it stays the next one.
    pub(super) fn take_if(&mut self, book: &mut Book, wanted: impl FnOnce(&Claim) -> bool) -> Option<Claim> {
        let claim = self.take(book)?;
        if wanted(&claim) {
            return Some(claim);
        }
        self.seen = Some(claim);
        None
    }

    fn entry(&mut self, index: u64, book: &mut Book) -> Option<Vec<u8>> {
        let piece = Piece::holding(Kind::Entries, index, self.size)?;
        if self.entries.as_ref().is_none_or(|(held, _)| *held != piece.index) {
            let read = self.archive.entries(piece);
            let entries = self.read(book, piece, read).unwrap_or_default();
            self.entries = Some((piece.index, entries));
        }
        // Each is taken once.
        let (_, entries) = self.entries.as_mut()?;
        entries.get_mut(usize::try_from(index - piece.first()).ok()?).map(std::mem::take)
    }

    /// The hash at a level of tiles.
    fn hash(&mut self, level: u8, number: u64, book: &mut Book) -> Option<Digest> {
        let kind = Kind::Hashes(level);
        let piece = Piece::holding(kind, number, kind.total(self.size, 0))?;
        if self.tiles.get(&level).is_none_or(|(held, _)| *held != piece.index) {
            let read = self.archive.hashes(level, piece);
            let hashes = self.read(book, piece, read).unwrap_or_default();
            self.tiles.insert(level, (piece.index, hashes));
        }
        let (_, hashes) = self.tiles.get(&level)?;
        hashes.get(usize::try_from(number - piece.first()).ok()?).copied()
    }

    fn read<T>(&self, book: &mut Book, piece: Piece, read: std::io::Result<Option<T>>) -> Option<T> {
        let what = match read {
            Ok(Some(found)) => return Some(found),
            Ok(None) => "missing, or not as long as its name says".to_owned(),
            Err(error) => error.to_string(),
        };
        book.problem(piece.path(), what, "");
        None
    }

    /// Believes a leaf's hash: appends it and holds the tiles it completes against the tree. `None` is a leaf of which
    /// nothing is left.
    pub(super) fn believe(&mut self, hash: Option<Digest>, book: &mut Book) {
        self.lost |= hash.is_none();
        let Some(hash) = hash.filter(|_| !self.lost) else { return };
        let mut made = std::mem::take(&mut self.made);
        made.clear();
        self.frontier.append(hash, &mut made);
        for node in made.iter().filter(|node| node.level > 0 && node.level % TILE_LEVELS == 0) {
            let level = node.level / TILE_LEVELS;
            if self.hash(level, node.index, book).is_some_and(|hash| hash != node.hash) {
                let place = place(Kind::Hashes(level), node.index, self.size);
                book.problem(place, "not the hash that the tiles below give", "");
            }
        }
        self.made = made;
    }
}

/// Which hash of a leaf is believed when nothing but the files tells: what tile and entry agree on, else the tile's.
pub(super) fn by_files(claim: &Claim) -> (Option<Digest>, bool) {
    let entry = claim.entry.as_deref().map(leaf_hash);
    match (claim.hash, entry) {
        (Some(hash), Some(entry)) => (Some(hash), hash == entry),
        (one, other) => (one.or(other), true),
    }
}
