//! How far this ledger is, for everybody who waits: what is executed and durable, and what is final.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use proof::checkpoint::Certificate;

use crate::core::Beside;
use crate::core::tip::Head;
use crate::oath::Mark;
use crate::sets::Sets;

/// The two ends of the log.
#[derive(Clone, Debug)]
pub(crate) struct Progress {
    /// Executed and durable.
    pub(crate) head: Head,
    /// The last message of the block stream that was looked at in this run.
    pub(crate) heard: u64,
    /// The cosigner sets at its end.
    pub(crate) sets: Sets,
    /// The highest final height.
    pub(crate) final_height: u64,
    /// What makes it final.
    pub(crate) certificate: Option<Arc<Certificate>>,
    /// The highest it vouched for before this run, as far as it is known.
    pub(crate) sworn: Option<Mark>,
    /// Why it stopped cosigning.
    pub(crate) halted: Option<String>,
}

impl Progress {
    /// Leaves that are final.
    pub(crate) fn final_size(&self) -> u64 {
        self.certificate.as_ref().map_or(0, |certificate| certificate.checkpoint.size)
    }
}

/// Times kept in memory at most until a batch takes them to disk. With blocks there are batches; without there are no
/// new times.
const MAX_TIMES: usize = 4096;

/// When heights were seen final: written beside the next batch, since none of it is worth an fsync.
#[derive(Debug, Default)]
pub(crate) struct Finals(Mutex<Waiting>);

#[derive(Debug, Default)]
struct Waiting {
    times: BTreeMap<u64, u64>,
    certificate: Option<String>,
}

impl Finals {
    /// Everything up to `height` was seen final at `at_ms`.
    pub(crate) fn saw(&self, height: u64, at_ms: u64, certificate: String) {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.certificate = Some(certificate);
        if waiting.times.len() < MAX_TIMES {
            waiting.times.insert(height, at_ms);
        }
    }

    /// The time of the first final height from `height` on that is not on disk yet.
    pub(crate) fn at(&self, height: u64) -> Option<u64> {
        let waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.times.range(height..).next().map(|(_, at)| *at)
    }

    /// What the next batch takes along. It stays readable until [`Finals::stored`].
    pub(crate) fn beside(&self) -> Beside {
        let waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Beside {
            certificate: waiting.certificate.clone(),
            finals: waiting.times.iter().map(|(height, at)| (*height, *at)).collect(),
        }
    }

    /// The batch is on disk.
    pub(crate) fn stored(&self, beside: &Beside) {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.certificate == beside.certificate {
            waiting.certificate = None;
        }
        for (height, _) in &beside.finals {
            waiting.times.remove(height);
        }
    }
}
