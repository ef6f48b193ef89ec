//! A witness's memory on disk, opened when somebody asks and opened anew after it failed; one request at a time.
//!
//! It decides nothing. Limits: who comes while another is served waits for the runtime and not on a thread, so that a
//! crowd of strangers leaves the threads that may block to the ledger.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use host::clock::Clock;
use journal::JournalError;
use tokio::sync::Semaphore;

use super::{No, Witness};

/// Where one witness works.
pub(crate) struct Office {
    dir: PathBuf,
    clock: Clock,
    open: Mutex<Option<Arc<Witness>>>,
    gate: Arc<Semaphore>,
}

impl Office {
    pub(crate) fn new(dir: PathBuf, clock: Clock) -> Self {
        Office { dir, clock, open: Mutex::new(None), gate: Arc::new(Semaphore::new(1)) }
    }

    /// The witness, with its memory open. It blocks.
    pub(super) fn witness(&self) -> Result<Arc<Witness>, JournalError> {
        // A holder that panicked left it open or not.
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(witness) = &*open {
            return Ok(Arc::clone(witness));
        }
        let witness = Arc::new(Witness::open(&self.dir, self.clock.clone())?);
        *open = Some(Arc::clone(&witness));
        Ok(witness)
    }

    /// Runs something on the memory where it may block.
    pub(super) async fn run<T: Send + 'static>(
        self: Arc<Self>,
        work: impl FnOnce(&Witness) -> Result<T, No> + Send + 'static,
    ) -> Result<T, No> {
        // The gate is never closed.
        let _turn = Arc::clone(&self.gate).acquire_owned().await;
        let done = tokio::task::spawn_blocking(move || {
            let outcome = self.witness().map_err(No::Failed).and_then(|witness| work(&witness));
            if matches!(outcome, Err(No::Failed(_))) {
                *self.open.lock().unwrap_or_else(PoisonError::into_inner) = None;
            }
            outcome
        });
        done.await.unwrap_or_else(|bug| Err(No::Failed(std::io::Error::other(bug.to_string()).into())))
    }
}
