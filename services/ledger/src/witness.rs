//! Witnesses: somebody who has nothing to do with a log remembers how far it was shown to them, and cosigns only what
//! continues that (C2SP `tlog-witness`). A log that forks must do it in front of them.
//!
//! Three sides. An outside witness (`tocsin witness`: a university, a neighbouring country) knows logs by their genesis
//! files and follows their cosigner sets as it is shown handovers ([`outside`]). A parent's ledger is a witness of its
//! child chains, whose cosigners its own state knows (`children`). And a ledger submits its final checkpoints to the
//! witnesses of its configuration and serves what they answer ([`submit`], `call`). What is common to both kinds of
//! witness is here: the memory (`book`, kept open by `office`), which is on disk before an answer leaves, and the
//! signature.
//!
//! The decision is `proof::witness`. Two stories of one size, each with a valid cosignature of a log's cosigner, are kept
//! as evidence that names exactly those who signed both; a story of another size than any that was seen is refused
//! without a name, because sizes that differ contradict each other only together with the log. Limits: one request at a
//! time, since each waits for the one fsync; bounds of requests in `proof::witness`, of the memory in `book`.

mod book;
mod call;
pub(crate) mod children;
pub(crate) mod office;
pub mod outside;
pub(crate) mod routes;
pub mod submit;
#[cfg(test)]
mod tests;
pub(crate) mod witnessed;
mod words;

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use domain::chain::ChainPath;
use host::clock::Clock;
use host::rest::Problem;
use host::telemetry::metrics::Metric;
use journal::JournalError;
use proof::checkpoint::{Certificate, Checkpoint, Cosignature, Cosigner, MAX_COSIGNATURES, cosign, origin};
use proof::digest::Digest;
use proof::evidence::{Evidence, Vouched};
use proof::handover::CosignerSet;
use proof::sign::{ChainId, SecretKey};
use proof::witness::{Request, WitnessRefusal, decide};
use serde::Serialize;
use utoipa::ToSchema;

use self::book::Book;

pub use self::submit::Address;

/// A log as a witness knows it.
#[derive(Clone, Debug)]
pub(crate) struct Log {
    /// Who vouches for its checkpoints now.
    pub(crate) set: CosignerSet,
    /// What is known of it besides: a parent's state holds what was anchored.
    pub(crate) anchored: Option<(u64, Digest)>,
}

/// Who cosigns.
#[derive(Clone, Debug)]
pub struct Signer {
    /// The key name in signature lines.
    pub name: String,
    /// The key; it serves that name only.
    pub secret: SecretKey,
}

impl Signer {
    /// What others need to check the cosignatures.
    pub fn cosigner(&self) -> Cosigner {
        Cosigner { name: self.name.clone(), key: self.secret.public() }
    }
}

/// Two stories of one log, and who signed both.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Fork {
    /// The log's origin line.
    pub origin: String,
    /// The size that both are of.
    pub size: u64,
    /// The key names of those who signed both.
    pub named: Vec<String>,
    /// The evidence as text (`proof::evidence`), which proves itself to whoever knows the log's cosigners.
    pub evidence: String,
}

/// Why there is no cosignature.
#[derive(Debug)]
pub(crate) enum No {
    /// The specification's answers.
    Refused(WitnessRefusal),
    /// The memory failed: nothing is signed that might not be remembered.
    Failed(JournalError),
}

impl No {
    /// What a caller of Tocsin's own routes hears.
    fn problem(self) -> Problem {
        match self {
            No::Failed(error) => Problem::fault(error),
            No::Refused(refusal) => Problem::fault(refusal),
        }
    }
}

impl From<JournalError> for No {
    fn from(error: JournalError) -> Self {
        No::Failed(error)
    }
}

/// A witness's memory and its hand. Two answers never overlap.
pub(crate) struct Witness {
    book: Mutex<Book>,
    clock: Clock,
}

impl Witness {
    /// Opens the memory in a directory.
    pub(crate) fn open(dir: &Path, clock: Clock) -> Result<Self, JournalError> {
        Ok(Witness { book: Mutex::new(Book::open(dir)?), clock })
    }

    /// Runs something on the memory, alone. It blocks for an fsync.
    pub(crate) fn with<T>(&self, work: impl FnOnce(&Book) -> T) -> T {
        // A holder that panicked left nothing half done: what counts is on disk, in one batch.
        work(&self.book.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Cosigns a checkpoint that continues what was cosigned last, or says why not. What is signed is on disk before.
    pub(crate) fn add_checkpoint(
        &self,
        request: &Request,
        log: Option<&Log>,
        signer: &Signer,
    ) -> Result<Cosignature, No> {
        self.with(|book| {
            let remembered = if log.is_some() { book.last(&request.note.checkpoint.origin)? } else { None };
            let known = furthest(remembered, log.and_then(|log| log.anchored));
            let decided = decide(known, request, log.map(|log| &log.set));
            if let Some(log) = log {
                judge(book, request, &log.set, &decided)?;
            }
            let checkpoint = decided.map_err(No::Refused)?;
            Ok(cosign(&signer.secret, &signer.name, &checkpoint, self.clock.now().seconds()))
        })
    }

    /// The forks that were noticed, newest last.
    pub(crate) fn forks(&self) -> Result<Vec<Fork>, JournalError> {
        self.with(Book::forks)
    }
}

/// What is known of a log: of one size the own word counts, because it was given.
fn furthest(said: Option<(u64, Digest)>, anchored: Option<(u64, Digest)>) -> Option<(u64, Digest)> {
    match (said, anchored) {
        (Some(said), Some(anchored)) if anchored.0 > said.0 => Some(anchored),
        (said, anchored) => said.or(anchored),
    }
}

/// Holds the note against the other notes of its size, whatever was decided: a single liar's signature under another
/// story is evidence already. A note that a quorum vouches for is kept for those to come, and is what was cosigned last
/// if it is to be cosigned.
fn judge(
    book: &Book,
    request: &Request,
    set: &CosignerSet,
    decided: &Result<Checkpoint, WitnessRefusal>,
) -> Result<(), JournalError> {
    let checkpoint = &request.note.checkpoint;
    book.know(&checkpoint.origin, set)?;
    let known = book.cosigners(&checkpoint.origin)?;
    let word = |cosigner: &Cosigner| request.note.cosignatures.iter().find(|one| one.verify(cosigner, checkpoint));
    let cosignatures = known.iter().filter_map(word).take(MAX_COSIGNATURES).cloned().collect::<Vec<_>>();
    if cosignatures.is_empty() {
        return Ok(());
    }
    let note = Certificate { checkpoint: checkpoint.clone(), cosignatures };
    notice(book, &note, &known)?;
    match decided {
        Ok(_) => book.keep(&note, true),
        Err(WitnessRefusal::Forbidden { .. }) => Ok(()),
        Err(refusal) => {
            let vouching = note.cosignatures.iter().map(|one| one.name.as_str()).collect::<Vec<_>>().join(", ");
            tracing::warn!(origin = checkpoint.origin, size = checkpoint.size, %refusal, vouching, "not cosigned");
            book.keep(&note, false)
        }
    }
}

/// Keeps the evidence that a note and those of its size give.
fn notice(book: &Book, note: &Certificate, known: &[Cosigner]) -> Result<(), JournalError> {
    let bare = |certificate: &Certificate| Vouched { certificate: certificate.clone(), block: None };
    let Checkpoint { origin, size, .. } = &note.checkpoint;
    for other in book.notes(origin, *size)? {
        let Ok(evidence) = Evidence::gather(origin, known, &bare(&other), &bare(note)) else { continue };
        let Ok(liars) = evidence.check(origin, known) else { continue };
        let named = liars.into_iter().map(|liar| liar.name).collect::<Vec<_>>();
        let fork = Fork { origin: origin.clone(), size: *size, named, evidence: evidence.text() };
        if book.keep_fork(&fork)? {
            let named = fork.named.join(", ");
            tracing::error!(origin, size, named, "cosigners of this log signed two stories of it");
            Metric::WitnessForksTotal.add(origin, 1);
        }
    }
    Ok(())
}

/// The chain's path in an origin line; whether it is of the chain known there, the whole line says.
pub(crate) fn path_in(line: &str) -> Option<ChainPath> {
    let (path, _) = line.strip_prefix("tocsin/")?.rsplit_once('/')?;
    ChainPath::parse(path)
}

/// Whether an origin line is exactly this chain's.
pub(crate) fn is_origin(line: &str, chain: &ChainPath, id: &ChainId) -> bool {
    origin(chain.as_str(), id) == line
}
