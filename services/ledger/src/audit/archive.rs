//! A copy of one chain in a directory, as `tocsin export` writes it: `genesis.toml`, `checkpoint`, and the pieces of the
//! log and its blocks at the paths of [`super::piece`].
//!
//! Reading believes nothing: what a file holds is bounded by what its name promises, and whether it is true the audit
//! finds out. Nothing is ever written here. Limits: 4 MiB a genesis file, 16 MiB a bundle of entries; blocks are read one
//! at a time.

use std::fs::File;
use std::io::{BufReader, ErrorKind, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, ensure};
use domain::genesis::Genesis;
use proof::block::MAX_BLOCK_BYTES;
use proof::checkpoint::{self, Certificate};
use proof::digest::Digest;

use super::piece::{HASH_BYTES, Kind, Piece, WIDTH};

/// The genesis file's name.
pub const GENESIS: &str = "genesis.toml";
/// The checkpoint's name.
pub const CHECKPOINT: &str = "checkpoint";

/// A note with 16 cosignatures of the longest names is half as long.
const MAX_CHECKPOINT_BYTES: u64 = 16 * 1024;
/// 256 leaves of the largest length that two bytes can say.
const MAX_ENTRIES_BYTES: u64 = WIDTH * (2 + u16::MAX as u64);

/// One archived chain.
#[derive(Clone, Debug)]
pub struct Archive {
    dir: PathBuf,
    /// What its genesis file says.
    pub genesis: Arc<Genesis>,
}

impl Archive {
    /// Opens the chain in `dir`: its genesis must be one.
    pub fn open(dir: &Path) -> anyhow::Result<Self> {
        let file = dir.join(GENESIS);
        let bytes = limited(&file, wire::genesis::MAX_BYTES as u64)
            .and_then(|bytes| bytes.ok_or_else(|| ErrorKind::NotFound.into()))
            .with_context(|| format!("reading {}", file.display()))?;
        let genesis = wire::genesis::parse(&bytes).with_context(|| file.display().to_string())?;
        Ok(Archive { dir: dir.to_owned(), genesis: Arc::new(genesis) })
    }

    /// The chains in `dir`, parents first: the one that `dir` itself holds, or those of the directories in it.
    pub fn all(dir: &Path) -> anyhow::Result<Vec<Self>> {
        if dir.join(GENESIS).exists() {
            return Ok(vec![Archive::open(dir)?]);
        }
        let mut archives = Vec::new();
        for entry in std::fs::read_dir(dir).with_context(|| format!("reading {}", dir.display()))? {
            let path = entry?.path();
            if path.join(GENESIS).exists() {
                archives.push(Archive::open(&path)?);
            }
        }
        ensure!(!archives.is_empty(), "{} holds no archived chain: no {GENESIS} in it or below it", dir.display());
        archives.sort_by(|one, other| one.genesis.chain.cmp(&other.genesis.chain));
        for (one, other) in archives.iter().zip(archives.iter().skip(1)) {
            let (chain, at, and) = (&one.genesis.chain, one.dir.display(), other.dir.display());
            ensure!(
                one.genesis.chain != other.genesis.chain,
                "{at} and {and} both hold {chain}: audit one against the other"
            );
        }
        Ok(archives)
    }

    /// Where it lies.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The checkpoint's text; `None` when there is none or it is not text.
    pub fn checkpoint(&self) -> anyhow::Result<Option<String>> {
        let file = self.dir.join(CHECKPOINT);
        let bytes = limited(&file, MAX_CHECKPOINT_BYTES);
        let bytes = bytes.with_context(|| format!("reading {}: remove it and export again", file.display()))?;
        Ok(bytes.and_then(|bytes| String::from_utf8(bytes).ok()))
    }

    /// The checkpoint, which must be there and name this chain; whether it is final, only who has the state can say.
    pub fn certificate(&self) -> anyhow::Result<Certificate> {
        let file = self.dir.join(CHECKPOINT);
        let at = file.display();
        ensure!(file.exists(), "{at} is missing, so that nothing says what is final: export the chain again");
        let certificate = self.checkpoint()?.as_deref().and_then(Certificate::parse);
        let certificate =
            certificate.with_context(|| format!("{at} is no certificate of a ledger: export the chain again"))?;
        let origin = checkpoint::origin(self.genesis.chain.as_str(), &self.genesis.chain_id);
        let other = &certificate.checkpoint.origin;
        ensure!(*other == origin, "{at} is of {other}, not of {origin}: export the chain again");
        Ok(certificate)
    }

    /// The bytes of a piece of the log. Where only the whole piece is there, its beginning is what a narrower one holds.
    fn piece(&self, piece: Piece, most: u64) -> std::io::Result<Option<(Piece, Vec<u8>)>> {
        for piece in [piece, piece.whole()] {
            if let Some(bytes) = limited(&self.dir.join(piece.path()), most)? {
                return Ok(Some((piece, bytes)));
            }
        }
        Ok(None)
    }

    /// The hashes of a tile, as many as the piece is wide; `None` when the tile is missing or not as long as its name
    /// says.
    pub fn hashes(&self, level: u8, piece: Piece) -> std::io::Result<Option<Vec<Digest>>> {
        let piece = Piece { kind: Kind::Hashes(level), ..piece };
        let Some((found, bytes)) = self.piece(piece, WIDTH * HASH_BYTES as u64)? else { return Ok(None) };
        let (hashes, rest) = bytes.as_chunks::<HASH_BYTES>();
        let sound = rest.is_empty() && hashes.len() as u64 == found.width;
        let width = usize::try_from(piece.width).unwrap_or(usize::MAX);
        Ok(sound.then(|| hashes.iter().take(width).map(|hash| Digest(*hash)).collect()))
    }

    /// The leaves of an entry bundle, as many as the piece is wide; `None` when it is missing or its frames do not fit.
    pub fn entries(&self, piece: Piece) -> std::io::Result<Option<Vec<Vec<u8>>>> {
        let piece = Piece { kind: Kind::Entries, ..piece };
        let Some((found, bytes)) = self.piece(piece, MAX_ENTRIES_BYTES)? else { return Ok(None) };
        let (mut entries, mut rest) = (Vec::new(), bytes.as_slice());
        while let Some((length, after)) = rest.split_first_chunk::<2>() {
            let Some((entry, after)) = after.split_at_checked(usize::from(u16::from_be_bytes(*length))) else { break };
            entries.push(entry.to_vec());
            rest = after;
        }
        let sound = rest.is_empty() && entries.len() as u64 == found.width;
        entries.truncate(usize::try_from(piece.width).unwrap_or(usize::MAX));
        Ok(sound.then_some(entries))
    }

    /// The leaf at an index of a log of `size` leaves.
    pub fn entry(&self, index: u64, size: u64) -> anyhow::Result<Vec<u8>> {
        let piece = Piece::holding(Kind::Entries, index, size).with_context(|| format!("no leaf {index}"))?;
        let entries = self.entries(piece)?.with_context(|| format!("{} is missing or damaged", piece.path()))?;
        let at = usize::try_from(index - piece.first())?;
        entries.into_iter().nth(at).with_context(|| format!("{} misses leaf {index}", piece.path()))
    }

    /// The blocks of heights 1 to `height`, in order.
    pub fn blocks(&self, height: u64) -> Blocks {
        Blocks { archive: self.clone(), last: height, next: 1, open: None }
    }

    /// How many things of a kind the files hold by their names, from the first on without a gap.
    pub fn extent(&self, kind: Kind) -> u64 {
        let whole =
            (0..).take_while(|index| self.dir.join(Piece { kind, index: *index, width: WIDTH }.path()).exists());
        let index = whole.count() as u64;
        let widths = (1..WIDTH).rev().map(|width| Piece { kind, index, width });
        let partial = widths.into_iter().find(|piece| self.dir.join(piece.path()).exists());
        index * WIDTH + partial.map_or(0, |piece| piece.width)
    }
}

/// What comes next in an archive's blocks.
#[derive(Debug)]
pub enum Next {
    /// The bytes that stand for the block of a height.
    Block(u64, Vec<u8>),
    /// Heights whose blocks can't be told from each other any more.
    Lost {
        /// The first of them.
        from: u64,
        /// The last of them.
        to: u64,
        /// The file.
        path: String,
        /// What is wrong with it.
        what: String,
    },
}

/// The blocks of an archive, read one at a time: a whole file may have 140 MB.
#[derive(Debug)]
pub struct Blocks {
    archive: Archive,
    last: u64,
    next: u64,
    /// The file that holds the next height, and the last height it is read for.
    open: Option<(Piece, BufReader<File>)>,
}

impl Iterator for Blocks {
    type Item = Next;

    fn next(&mut self) -> Option<Next> {
        if self.next > self.last {
            return None;
        }
        let height = self.next;
        let piece = Piece::holding(Kind::Blocks, height - 1, self.last)?;
        let read = match self.open.take().filter(|(open, _)| open.index == piece.index) {
            Some((_, file)) => frame(file),
            None => self.archive.block_file(piece).and_then(frame),
        };
        Some(match read {
            Ok((bytes, file)) => {
                self.open = Some((piece, file));
                self.next = height + 1;
                Next::Block(height, bytes)
            }
            Err(what) => {
                self.next = piece.end() + 1;
                Next::Lost { from: height, to: piece.end(), path: piece.path(), what: what.to_string() }
            }
        })
    }
}

impl Archive {
    fn block_file(&self, piece: Piece) -> std::io::Result<BufReader<File>> {
        let file = match File::open(self.dir.join(piece.path())) {
            Err(error) if error.kind() == ErrorKind::NotFound => File::open(self.dir.join(piece.whole().path())),
            opened => opened,
        };
        file.map(BufReader::new)
    }
}

/// The next block in a file, and the file behind it.
fn frame(mut file: BufReader<File>) -> std::io::Result<(Vec<u8>, BufReader<File>)> {
    let ends = |error: std::io::Error| match error.kind() {
        ErrorKind::UnexpectedEof => std::io::Error::other("the file ends within a block"),
        _ => error,
    };
    let mut length = [0; 4];
    file.read_exact(&mut length).map_err(ends)?;
    let length = u32::from_be_bytes(length);
    if length as usize > MAX_BLOCK_BYTES {
        return Err(std::io::Error::other(format!("a frame of {length} bytes is longer than any block")));
    }
    let mut bytes = vec![0; length as usize];
    file.read_exact(&mut bytes).map_err(ends)?;
    Ok((bytes, file))
}

/// A file's bytes if it is there; one longer than `most` is not read further, which whoever looks at its length sees.
fn limited(path: &Path, most: u64) -> std::io::Result<Option<Vec<u8>>> {
    let file = match File::open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        opened => opened?,
    };
    let mut bytes = Vec::new();
    file.take(most + 1).read_to_end(&mut bytes)?;
    Ok(Some(bytes))
}
