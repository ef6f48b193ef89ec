//! Where each piece of a log lies: the paths of C2SP `tlog-tiles`, and beside them the blocks.
//!
//! | path | holds |
//! |---|---|
//! | `tile/<L>/<N>[.p/<W>]` | 256 (or `W`) subtree hashes of level `8 * L` |
//! | `tile/entries/<N>[.p/<W>]` | 256 (or `W`) leaves, each behind its length in two bytes |
//! | `block/<N>[.p/<W>]` | 256 (or `W`) blocks from height `256 * N + 1` on, each behind its length in four bytes |
//!
//! The same paths are served over HTTP, written by `tocsin export` and read by the audit. A path has one spelling: what
//! [`Piece::parse`] takes, [`Piece::path`] gives back, so that nothing else can be asked for. It holds no bytes.

use std::fmt::Write as _;

/// Things in a whole piece, as C2SP fixes it.
pub const WIDTH: u64 = 256;

/// The bytes of a hash in a tile.
pub const HASH_BYTES: usize = 32;

/// The highest level that a path may name (C2SP); a log of 2^63 leaves has none above 7.
const MAX_LEVEL: u8 = 63;

/// What a piece is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Subtree hashes of level `8 * L`.
    Hashes(u8),
    /// Leaves.
    Entries,
    /// Blocks.
    Blocks,
}

impl Kind {
    /// How many of them a log of `size` leaves that ends with block `height` has.
    pub fn total(self, size: u64, height: u64) -> u64 {
        match self {
            Kind::Hashes(level) => size.checked_shr(8 * u32::from(level)).unwrap_or(0),
            Kind::Entries => size,
            Kind::Blocks => height,
        }
    }
}

/// A run of hashes, leaves or blocks that is one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Piece {
    /// What it is made of.
    pub kind: Kind,
    /// Which one, from 0.
    pub index: u64,
    /// How many things it holds: [`WIDTH`] when it is whole, never 0.
    pub width: u64,
}

impl Piece {
    /// The number of its first thing, from 0.
    pub fn first(&self) -> u64 {
        self.index.saturating_mul(WIDTH)
    }

    /// The number after its last thing.
    pub fn end(&self) -> u64 {
        self.first().saturating_add(self.width)
    }

    /// Whether it never grows any more.
    pub fn is_whole(&self) -> bool {
        self.width == WIDTH
    }

    /// The whole piece at the same place.
    pub fn whole(&self) -> Piece {
        Piece { width: WIDTH, ..*self }
    }

    /// Its path below the log's prefix.
    pub fn path(&self) -> String {
        let mut path = match self.kind {
            Kind::Hashes(level) => format!("tile/{level}/"),
            Kind::Entries => "tile/entries/".to_owned(),
            Kind::Blocks => "block/".to_owned(),
        };
        path.push_str(&digits(self.index));
        if !self.is_whole() {
            // Writing to a String can't fail.
            let _ = write!(path, ".p/{}", self.width);
        }
        path
    }

    /// The piece of that path; `None` unless it is spelt as [`Piece::path`] spells it.
    pub fn parse(path: &str) -> Option<Self> {
        let (kind, rest) = if let Some(rest) = path.strip_prefix("block/") {
            (Kind::Blocks, rest)
        } else if let Some(rest) = path.strip_prefix("tile/entries/") {
            (Kind::Entries, rest)
        } else {
            let (level, rest) = path.strip_prefix("tile/")?.split_once('/')?;
            (Kind::Hashes(level.parse().ok().filter(|level| *level <= MAX_LEVEL)?), rest)
        };
        let (index, width) = match rest.split_once(".p/") {
            Some((index, width)) => (index, width.parse().ok().filter(|width| (1..WIDTH).contains(width))?),
            None => (rest, WIDTH),
        };
        let index = index.split('/').try_fold(0_u64, |number, group| {
            let group = group.strip_prefix('x').unwrap_or(group).parse::<u64>().ok().filter(|group| *group < 1000)?;
            number.checked_mul(1000)?.checked_add(group)
        })?;
        let piece = Piece { kind, index, width };
        (piece.path() == path).then_some(piece)
    }

    /// The piece that holds the thing of that number among `total`; `None` beyond them.
    pub fn holding(kind: Kind, number: u64, total: u64) -> Option<Self> {
        let index = number / WIDTH;
        (number < total).then(|| Piece { kind, index, width: WIDTH.min(total - index * WIDTH) })
    }

    /// The pieces that hold `total` things of a kind, in order.
    pub fn all(kind: Kind, total: u64) -> impl Iterator<Item = Piece> {
        (0..total.div_ceil(WIDTH)).filter_map(move |index| Piece::holding(kind, index * WIDTH, total))
    }
}

/// The levels of tiles that a log of `size` leaves has.
pub fn levels(size: u64) -> impl Iterator<Item = u8> {
    (0..=MAX_LEVEL).take_while(move |level| Kind::Hashes(*level).total(size, 0) > 0)
}

/// 1234067 as `x001/x234/067`.
fn digits(index: u64) -> String {
    let mut text = format!("{:03}", index % 1000);
    let mut rest = index / 1000;
    while rest > 0 {
        text = format!("x{:03}/{text}", rest % 1000);
        rest /= 1000;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_those_of_the_specification() {
        let path = |kind, index, width| Piece { kind, index, width }.path();
        assert_eq!(path(Kind::Hashes(0), 1_234_067, WIDTH), "tile/0/x001/x234/067");
        assert_eq!(path(Kind::Hashes(1), 0, 17), "tile/1/000.p/17");
        assert_eq!(path(Kind::Entries, 273, 112), "tile/entries/273.p/112");
        assert_eq!(path(Kind::Blocks, 1000, WIDTH), "block/x001/000");
    }

    #[test]
    fn a_path_has_one_spelling() {
        for piece in [
            Piece { kind: Kind::Hashes(7), index: u64::MAX, width: 255 },
            Piece { kind: Kind::Entries, index: 999, width: WIDTH },
            Piece { kind: Kind::Blocks, index: 1_000_000, width: 1 },
        ] {
            assert_eq!(Piece::parse(&piece.path()), Some(piece));
        }
        let other = [
            "",
            "tile/0",
            "tile/0/",
            "tile/00/000",
            "tile/64/000",
            "tile/0/0",
            "tile/0/0000",
            "tile/0/x000/001",
            "tile/0/001/002",
            "tile/0/x001/x002",
            "tile/0/+01",
            "tile/0/000.p/0",
            "tile/0/000.p/256",
            "tile/0/000.p/01",
            "tile/0/000.p/",
            "tile/0/000.p/1/",
            "tile/0/../000",
            "tile/entries/../../genesis.toml",
            "block/-01",
            "block/x018/x446/x744/x073/x709/x551/616",
            "checkpoint",
        ];
        for path in other {
            assert_eq!(Piece::parse(path), None, "{path}");
        }
    }

    #[test]
    fn a_log_of_70_000_leaves_has_the_tiles_of_the_specification() {
        let widths = |kind: Kind| Piece::all(kind, kind.total(70_000, 0)).map(|piece| piece.width).collect::<Vec<_>>();
        let lowest = widths(Kind::Hashes(0));
        assert_eq!((lowest.len(), lowest.last()), (274, Some(&112)));
        assert_eq!(widths(Kind::Hashes(1)), [256, 17]);
        assert_eq!(widths(Kind::Hashes(2)), [1]);
        assert_eq!(levels(70_000).collect::<Vec<_>>(), [0, 1, 2]);
        assert_eq!(widths(Kind::Hashes(0)), widths(Kind::Entries));
        let whole = Kind::Hashes(0).total(256, 0);
        assert_eq!(Piece::all(Kind::Hashes(0), whole).map(|piece| piece.width).collect::<Vec<_>>(), [256]);
        assert_eq!(levels(0).count(), 0);
        assert_eq!(levels(u64::MAX).count(), 8);
    }
}
