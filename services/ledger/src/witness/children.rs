//! A parent's ledger as the witness of its child chains: who cosigns them, its own state knows, and how far they came it
//! knows by their anchors, even when nobody submitted anything here before.
//!
//! It signs with a key of its own, made from its member's cosigner key and this chain's id: whoever holds the one holds
//! the other, nothing more is to be kept, and a word about a child's log can't be taken for a word about its own. Its
//! name is the cosigner's with `/witness` behind it, which no member's name can be. When the cosigner key rotates, so
//! does this one. Limits: direct children only; one request at a time.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use actix_web::HttpResponse;
use domain::genesis::{KeyClass, cosigner_name};
use domain::query;
use domain::refusal::{Code, Refusal};
use host::clock::Clock;
use host::rest::Problem;
use journal::JournalError;
use proof::checkpoint::Cosigner;
use proof::digest::Digest;
use proof::handover::CosignerSet;
use proof::sign::SecretKey;
use proof::witness::Request;
use tokio::sync::Semaphore;

use super::routes::{answered, unable};
use super::{Fork, Log, Signer, Witness, is_origin, path_in};
use crate::core::CoreError;
use crate::desk::Desk;
use crate::reader::Reader;

/// The witness of one ledger, opened when somebody asks for it: most chains have no children.
pub(crate) struct Office {
    dir: PathBuf,
    clock: Clock,
    open: Mutex<Option<Arc<Witness>>>,
    /// Only one thread waits for the disk; who comes meanwhile waits here.
    gate: Arc<Semaphore>,
}

impl Office {
    pub(crate) fn new(dir: PathBuf, clock: Clock) -> Self {
        Office { dir, clock, open: Mutex::new(None), gate: Arc::new(Semaphore::new(1)) }
    }

    fn witness(&self) -> Result<Arc<Witness>, JournalError> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(witness) = &*open {
            return Ok(Arc::clone(witness));
        }
        let witness = Arc::new(Witness::open(&self.dir, self.clock.clone())?);
        *open = Some(Arc::clone(&witness));
        Ok(witness)
    }

    /// Runs something on the memory where it may block. A memory that failed is opened anew the next time.
    async fn run<T: Send + 'static>(
        self: Arc<Self>,
        work: impl FnOnce(&Witness) -> Result<T, super::No> + Send + 'static,
    ) -> Result<T, super::No> {
        // The gate is never closed.
        let _turn = Arc::clone(&self.gate).acquire_owned().await;
        let done = tokio::task::spawn_blocking(move || {
            let outcome = self.witness().map_err(super::No::Failed).and_then(|witness| work(&witness));
            if matches!(outcome, Err(super::No::Failed(_))) {
                *self.open.lock().unwrap_or_else(PoisonError::into_inner) = None;
            }
            outcome
        });
        done.await.unwrap_or_else(|bug| Err(super::No::Failed(std::io::Error::other(bug.to_string()).into())))
    }
}

/// Answers `add-checkpoint` about a child.
pub(super) async fn add_checkpoint(desk: &Desk, request: Request) -> HttpResponse {
    let signer = match signer(desk) {
        Ok(signer) => signer,
        Err(refusal) => return unable(&refusal.detail),
    };
    let origin = request.note.checkpoint.origin.clone();
    let log = match desk.ask(move |reader, _| child(reader, &origin)).await {
        Ok(log) => log,
        Err(refusal) => return unable(&refusal.detail),
    };
    let work = move |witness: &Witness| witness.add_checkpoint(&request, log.as_ref(), &signer);
    answered(Arc::clone(&desk.office).run(work).await)
}

/// The forks noticed here.
pub(super) async fn forks(desk: &Desk) -> Result<Vec<Fork>, Problem> {
    let read = Arc::clone(&desk.office).run(|witness| witness.forks().map_err(super::No::Failed)).await;
    read.map_err(|no| match no {
        super::No::Failed(error) => Problem::fault(error),
        super::No::Refused(refusal) => Problem::fault(refusal),
    })
}

/// The child chain whose log has this origin, as the last durable state knows it.
fn child(reader: &Reader, origin: &str) -> Result<Option<Log>, CoreError> {
    let Some(path) = path_in(origin) else { return Ok(None) };
    let record = query::child(&reader.picture()?, &path)?;
    let Some(record) = record.filter(|record| is_origin(origin, &record.chain, &record.chain_id)) else {
        return Ok(None);
    };
    let named = record.cosigners.iter();
    let cosigners = named.map(|(member, key)| Cosigner { name: cosigner_name(member, &path), key: *key }).collect();
    let anchored = (record.size > 0).then_some((record.size, record.root));
    Ok(Some(Log { set: CosignerSet { epoch: record.epoch, cosigners }, anchored }))
}

/// Who this ledger is as a witness, while its member is among the cosigners in force.
pub(super) fn signer(desk: &Desk) -> Result<Signer, Refusal> {
    let set = Arc::clone(&desk.open()?.progress.borrow().sets.current);
    let name = desk.chain.cosigner(&desk.node.member);
    let key = set.cosigners.iter().find(|cosigner| cosigner.name == name).map(|cosigner| cosigner.key);
    let secret = key.and_then(|key| desk.node.keys.secret_of(KeyClass::Cosigner, &key));
    let secret = secret.ok_or_else(|| Refusal::new(Code::Overloaded, "this ledger's member does not cosign now"))?;
    let seed = Digest::of_parts(&[b"tocsin/v1/witness-key", desk.chain.id().as_bytes(), secret.seed().as_slice()]);
    Ok(Signer { name: format!("{name}/witness"), secret: SecretKey::from_seed(&seed.0) })
}
