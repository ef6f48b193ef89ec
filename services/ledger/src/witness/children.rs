//! A parent's ledger as the witness of its child chains: who cosigns them, its own state knows, and how far they came it
//! knows by their anchors, even when nobody submitted anything here before.
//!
//! It signs with a key of its own, made from its member's cosigner key and this chain's id: whoever holds the one holds
//! the other, nothing more is to be kept, and a word about a child's log can't be taken for a word about its own. Its
//! name is the cosigner's with `/witness` behind it, which no member's name can be. When the cosigner key rotates, so
//! does this one. Limits: direct children only; one request at a time.

use std::sync::Arc;

use actix_web::HttpResponse;
use domain::genesis::{KeyClass, cosigner_name};
use domain::query;
use domain::refusal::{Code, Refusal};
use host::rest::Problem;
use proof::checkpoint::Cosigner;
use proof::digest::Digest;
use proof::handover::CosignerSet;
use proof::sign::SecretKey;
use proof::witness::Request;

use super::words::{answered, unable};
use super::{Fork, Log, No, Signer, is_origin, path_in};
use crate::core::CoreError;
use crate::desk::Desk;
use crate::reader::Reader;

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
    let signed = Arc::clone(&desk.office).run(move |witness| witness.add_checkpoint(&request, log.as_ref(), &signer));
    answered(signed.await)
}

/// The forks noticed here.
pub(super) async fn forks(desk: &Desk) -> Result<Vec<Fork>, Problem> {
    let read = Arc::clone(&desk.office).run(|witness| Ok(witness.forks()?));
    read.await.map_err(No::problem)
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
