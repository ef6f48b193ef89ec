//! What a parent has not of its child: decided from the parent's record of the child and the child's own log.

use std::sync::Arc;

use domain::rising::ChildRecord;
use proof::checkpoint::Certificate;
use wire::ledger::EntryKind;

use crate::core::CoreError;
use crate::progress::Progress;
use crate::reader::Reader;

/// Leaves looked through for such events.
const RECENT: u64 = 256;

/// What the parent has not.
pub(super) enum Pending {
    /// A cosigner set in force here, which the parent must know before it believes later checkpoints.
    Set { epoch: u32 },
    /// The next summary, final here.
    Summary { number: u64, certificate: Arc<Certificate> },
    /// Only the log grew since the size anchored.
    Growth { from: u64, certificate: Arc<Certificate> },
}

impl Pending {
    /// Decides whose turn it is, and tells one pending thing from another.
    pub(super) fn number(&self) -> u64 {
        match self {
            Pending::Set { epoch } => u64::from(*epoch),
            Pending::Summary { number, .. } => *number,
            Pending::Growth { from, .. } => *from,
        }
    }

    /// Those that change no total wait a little, so that the ones that do carry them along.
    pub(super) fn hurry(&self) -> bool {
        !matches!(self, Pending::Growth { .. })
    }
}

/// What of this log, if anything, the parent lacks that keeps this record of it.
pub(super) fn found(reader: &Reader, progress: &Progress, known: &ChildRecord) -> Result<Option<Pending>, CoreError> {
    if progress.sets.current.epoch > known.epoch {
        return Ok(Some(Pending::Set { epoch: known.epoch }));
    }
    let Some(certificate) = progress.certificate.clone().filter(|one| one.checkpoint.size > known.size) else {
        return Ok(None);
    };
    let (next, size) = (known.summary + 1, certificate.checkpoint.size);
    if reader.summary(next, size)?.is_some() {
        return Ok(Some(Pending::Summary { number: next, certificate }));
    }
    let from = known.size.max(size.saturating_sub(RECENT));
    let recent = reader.log(from, size, RECENT as usize, usize::MAX, &progress.head)?;
    let grew = recent.iter().any(|entry| entry.kind == EntryKind::Event);
    Ok(grew.then_some(Pending::Growth { from: known.size, certificate }))
}
