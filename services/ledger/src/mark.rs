//! The mark's file: a few lines beside the store, in none of its files, so that neither a rebuilt nor a restored store
//! takes it back. It is on disk before the cosignature it speaks of leaves the process.
//!
//! Two places are written in turn, each with a checksum and one `fdatasync`: a write that was cut short leaves the one
//! before whole, and then the cosignature has not left. What it says, [`crate::oath`] decides. Limits: one process at a
//! time (the store's lock sees to that); a file that was restored with the rest knows no better, which is why others are
//! asked too.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use proof::digest::Digest;
use proof::sign::ChainId;

use crate::oath::Mark;

/// How the file begins.
const VERSION_LINE: &str = "tocsin-mark@v1";
/// Bytes of a place: the record has under 300.
const RECORD: usize = 512;
/// Where the second place begins: on another block of any disk, so that no torn write hits both.
const SECOND: u64 = 4096;

/// The open file.
#[derive(Debug)]
pub(crate) struct MarkFile {
    file: File,
    chain: ChainId,
    /// How often it was written.
    count: u64,
}

/// What the file said when it was opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kept {
    /// It was not there, or nothing was cosigned.
    Nothing,
    /// The mark.
    Mark(Mark),
    /// It is there and says nothing that can be read: what was cosigned is not known here.
    Damaged,
}

impl MarkFile {
    /// Where the mark of the store in `dir` is.
    pub(crate) fn beside(dir: &Path) -> PathBuf {
        dir.with_extension("mark")
    }

    /// Opens the file, which is made if it is not there.
    pub(crate) fn open(path: &Path, chain: &ChainId) -> io::Result<(Self, Kept)> {
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
        // A file whose name is lost with the power is a mark that is lost.
        if let Some(dir) = path.parent() {
            File::open(dir)?.sync_all()?;
        }
        let places = [place(&file, 0)?, place(&file, SECOND)?];
        let records = places.iter().flatten().map(|text| parse(text, chain)).collect::<Vec<_>>();
        let newest = records.iter().flatten().max_by_key(|(count, _)| *count).cloned();
        let kept = match &newest {
            Some((_, mark)) => Kept::Mark(mark.clone()),
            None if records.is_empty() => Kept::Nothing,
            None => Kept::Damaged,
        };
        if newest.is_some() && records.iter().any(Option::is_none) {
            tracing::warn!(path = %path.display(), "one of the mark's two places can't be read; the other one counts");
        }
        let count = newest.map_or(0, |(count, _)| count);
        Ok((MarkFile { file, chain: *chain, count }, kept))
    }

    /// Keeps a mark: it is on disk when this returns.
    pub(crate) fn keep(&mut self, mark: &Mark) -> io::Result<()> {
        let count = self.count + 1;
        let text = text(count, &self.chain, mark);
        let mut record = [b'\n'; RECORD];
        for (to, from) in record.iter_mut().zip(text.as_bytes()) {
            *to = *from;
        }
        let at = if count.is_multiple_of(2) { 0 } else { SECOND };
        self.file.write_all_at(&record, at)?;
        self.file.sync_data()?;
        self.count = count;
        Ok(())
    }
}

/// The text in a place; `None` when it was never written.
fn place(file: &File, at: u64) -> io::Result<Option<String>> {
    let mut record = vec![0; RECORD];
    let mut read = 0;
    while let Some(rest) = record.get_mut(read..).filter(|rest| !rest.is_empty()) {
        match file.read_at(rest, at + read as u64)? {
            0 => break,
            more => read += more,
        }
    }
    // Before the second place the file is a hole of zeroes.
    let written = record.iter().any(|byte| *byte != 0);
    Ok(written.then(|| String::from_utf8_lossy(&record).trim_end_matches(['\n', '\0']).to_owned()))
}

fn text(count: u64, chain: &ChainId, mark: &Mark) -> String {
    let body = format!(
        "{VERSION_LINE}\nchain {chain}\nwritten {count}\nheight {}\nsize {}\nroot {}\n",
        mark.height, mark.size, mark.root
    );
    let checksum = Digest::of(body.as_bytes());
    format!("{body}checksum {checksum}")
}

/// The record of that text, with how often the file had been written; `None` unless it is exactly what [`text`] gives.
fn parse(found: &str, chain: &ChainId) -> Option<(u64, Mark)> {
    let mut lines = found.lines().skip(2);
    let mut field = |name: &str| lines.next()?.strip_prefix(name)?.strip_prefix(' ').map(str::to_owned);
    let count = field("written")?.parse().ok()?;
    let (height, size) = (field("height")?.parse().ok()?, field("size")?.parse().ok()?);
    let mark = Mark { height, size, root: Digest::parse(&field("root")?)? };
    (text(count, chain, &mark) == found).then_some((count, mark))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(height: u64) -> Mark {
        Mark { height, size: height * 3, root: Digest::of(&height.to_be_bytes()) }
    }

    fn open(path: &Path) -> (MarkFile, Kept) {
        MarkFile::open(path, &Digest::of(b"chain")).unwrap()
    }

    #[test]
    fn the_last_mark_is_read_back_and_survives_the_loss_of_the_one_being_written() {
        let dir = tempfile::tempdir().unwrap();
        let path = MarkFile::beside(&dir.path().join("ledger"));
        assert_eq!(path, dir.path().join("ledger.mark"));
        let (mut file, kept) = open(&path);
        assert_eq!(kept, Kept::Nothing);
        for height in 1..=5 {
            file.keep(&mark(height)).unwrap();
            assert_eq!(open(&path).1, Kept::Mark(mark(height)));
        }
        // The fifth went to the second place.
        let whole = std::fs::read(&path).unwrap();
        for (at, left) in [(SECOND as usize + 40, 4), (40, 5)] {
            let mut torn = whole.clone();
            torn[at] ^= 1;
            std::fs::write(&path, torn).unwrap();
            assert_eq!(open(&path).1, Kept::Mark(mark(left)));
        }
        let (mut file, _) = open(&path);
        file.keep(&mark(6)).unwrap();
        assert_eq!(open(&path).1, Kept::Mark(mark(6)));
    }

    #[test]
    fn every_flipped_bit_of_a_single_record_is_damage_and_never_another_mark() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("ledger.mark");
        open(&path).0.keep(&mark(7)).unwrap();
        let whole = std::fs::read(&path).unwrap();
        for at in SECOND as usize..whole.len() {
            let mut hurt = whole.clone();
            hurt[at] ^= 0x10;
            std::fs::write(&path, &hurt).unwrap();
            assert_eq!(open(&path).1, Kept::Damaged, "byte {at}");
        }
        std::fs::write(&path, b"no mark").unwrap();
        assert_eq!(open(&path).1, Kept::Damaged);
        // A mark of another chain says nothing about this one.
        std::fs::write(&path, &whole).unwrap();
        assert_eq!(MarkFile::open(&path, &Digest::of(b"other")).unwrap().1, Kept::Damaged);
        std::fs::write(&path, b"").unwrap();
        assert_eq!(open(&path).1, Kept::Nothing);
    }
}
