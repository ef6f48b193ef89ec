//! What witnesses said of this ledger's own checkpoints, for whoever asks it for the newest.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use proof::checkpoint::{Certificate, Cosignature};

/// The lines that witnesses gave for the newest checkpoint that has any.
#[derive(Debug, Default)]
pub(crate) struct Witnessed(Mutex<Option<(Certificate, BTreeMap<String, Cosignature>)>>);

impl Witnessed {
    /// Keeps the lines of a checkpoint that is not older than the last.
    pub(super) fn add(&self, certificate: &Certificate, lines: Vec<Cosignature>) {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let size = certificate.checkpoint.size;
        match held.as_mut() {
            Some((known, _)) if known.checkpoint.size > size => {}
            Some((known, kept)) if known.checkpoint == certificate.checkpoint => {
                kept.extend(lines.into_iter().map(|line| (line.name.clone(), line)));
            }
            _ if lines.is_empty() => {}
            _ => *held = Some((certificate.clone(), lines.into_iter().map(|line| (line.name.clone(), line)).collect())),
        }
    }

    /// The note with its cosigners' lines and then the witnesses', if there is one with any of the latter.
    pub(crate) fn note(&self) -> Option<String> {
        let held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (certificate, lines) = held.as_ref()?;
        let lines = lines.values().map(|line| line.line() + "\n").collect::<String>();
        Some(certificate.text() + &lines)
    }
}
