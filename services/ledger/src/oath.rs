//! What a cosigner has promised: never two stories. Its highest cosigned checkpoint is its mark; below it and at it, it
//! signs nothing that could differ, and beyond it only a log that holds the mark's.
//!
//! Pure. A log with the mark's root at the mark's size is the log that was cosigned, down to its first leaf. So until
//! the log at hand has been met there, nothing is signed: a store that was lost or restored grows back in silence. What
//! others heard of us counts like what we remember. Where the mark is kept is `mark`'s business.

use proof::checkpoint::Checkpoint;
use proof::digest::Digest;

/// The highest checkpoint that carries our cosignature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Its height; for people, since a cosignature does not cover it.
    pub height: u64,
    /// The size of the log.
    pub size: u64,
    /// The root over it.
    pub root: Digest,
}

impl Mark {
    /// The mark that cosigning a checkpoint sets.
    pub fn of(height: u64, checkpoint: &Checkpoint) -> Self {
        Mark { height, size: checkpoint.size, root: checkpoint.root }
    }

    /// Whether it is of that checkpoint.
    pub fn is_of(&self, checkpoint: &Checkpoint) -> bool {
        (self.size, self.root) == (checkpoint.size, checkpoint.root)
    }
}

/// Whether a checkpoint may be cosigned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Word {
    /// It may.
    Given,
    /// It is below the mark: what we said there, we said.
    Kept,
    /// The log is another one than the one we cosigned; why.
    Broken(String),
}

/// The mark, and whether the log at hand was met there.
#[derive(Clone, Debug, Default)]
pub struct Oath {
    mark: Option<Mark>,
    met: bool,
}

impl Oath {
    /// What is remembered.
    pub fn new(mark: Option<Mark>) -> Self {
        Oath { mark, met: false }
    }

    /// The mark.
    pub fn mark(&self) -> Option<&Mark> {
        self.mark.as_ref()
    }

    /// Somebody else knows a checkpoint that we cosigned; `root_at` is the root our log has at a size, if it is so long. It
    /// is remembered also when our log is another one.
    pub fn learn<E>(&mut self, heard: Mark, root_at: impl FnOnce(u64) -> Result<Option<Digest>, E>) -> Result<Word, E> {
        let ours = root_at(heard.size)?;
        let said = self.mark.as_ref().filter(|mark| mark.size == heard.size).map(|mark| mark.root);
        let broken = [ours, said].into_iter().flatten().any(|root| root != heard.root).then(|| broken(&heard));
        if self.mark.as_ref().is_none_or(|mark| mark.size < heard.size) {
            self.met = false;
            self.mark = Some(heard);
        }
        Ok(broken.unwrap_or(Word::Given))
    }

    /// Whether this checkpoint of our log may be cosigned. It may be again what it was before: the time beside it says
    /// when it was said, not what.
    pub fn judge<E>(
        &mut self,
        checkpoint: &Checkpoint,
        root_at: impl FnOnce(u64) -> Result<Option<Digest>, E>,
    ) -> Result<Word, E> {
        let Some(mark) = &self.mark else { return Ok(Word::Given) };
        if checkpoint.size < mark.size {
            return Ok(Word::Kept);
        }
        if !self.met {
            let root = if checkpoint.size == mark.size { Some(checkpoint.root) } else { root_at(mark.size)? };
            if root != Some(mark.root) {
                return Ok(broken(mark));
            }
            self.met = true;
        } else if checkpoint.size == mark.size && checkpoint.root != mark.root {
            return Ok(broken(mark));
        }
        Ok(Word::Given)
    }

    /// A checkpoint that may be cosigned is; gives the mark to keep before the cosignature leaves.
    pub fn sign(&mut self, height: u64, checkpoint: &Checkpoint) -> Mark {
        let mark = Mark::of(height, checkpoint);
        self.mark = Some(mark.clone());
        self.met = true;
        mark
    }
}

fn broken(mark: &Mark) -> Word {
    Word::Broken(format!(
        "this cosigner vouched for the root {} over {} leaves, which is not in its log",
        mark.root, mark.size
    ))
}

#[cfg(test)]
mod tests;
