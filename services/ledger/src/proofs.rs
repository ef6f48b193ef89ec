//! Proof files: the own step from the own log, the steps above from the parent's ledgers.
//!
//! An event has a proof up to the nation once the parent has executed an anchor that covers it and that anchor has a
//! proof in turn. Nothing of it is believed: every answer is held against our own log, and readers verify the whole.

use std::time::Duration;

use domain::codec;
use domain::event::EventId;
use domain::keys;
use domain::refusal::{Code, Refusal};
use domain::rising::ChildRecord;
use host::ledger::{LedgerClient, LedgerError};
use host::standing::Standing;
use proof::proof_file::ProofFile;

use crate::desk::Desk;
use crate::desk::not_found;
use crate::peers;

/// How long the parent is asked for the proof of the latest anchor, which becomes final within milliseconds as a rule:
/// below the time-out of whoever asks us.
const PATIENCE: Duration = Duration::from_millis(1500);
const PAUSE: Duration = Duration::from_millis(50);

/// The proof file of an event up to the topmost chain.
pub(crate) async fn proof(desk: &Desk, id: &EventId) -> Result<ProofFile, Refusal> {
    match &desk.parent {
        None => own(desk, id).await,
        Some(parent) => {
            // Whether the event is there at all, we say without asking anybody.
            own(desk, id).await?;
            let risen = tokio::time::timeout(PATIENCE, risen(desk, parent, id)).await;
            risen
                .unwrap_or(Ok(None))?
                .ok_or_else(|| not_found("the event has not risen to the parent chain yet; ask again, or with ?to=own"))
        }
    }
}

/// The proof up to this chain's own final checkpoint.
pub(crate) async fn own(desk: &Desk, id: &EventId) -> Result<ProofFile, Refusal> {
    let id = *id;
    let found = desk.ask(move |reader, progress| {
        let Some(certificate) = &progress.certificate else { return Ok(None) };
        let Some(step) = reader.step(&id, certificate.checkpoint.size)? else { return Ok(None) };
        Ok(Some(ProofFile {
            handovers: reader.handovers(0, certificate.checkpoint.size)?,
            steps: vec![step],
            certificate: certificate.as_ref().clone(),
        }))
    });
    found.await?.ok_or_else(|| not_found("no final event of that id in this chain's log"))
}

/// The proof through the parent: our step in the log that an anchor covers, then that anchor's own proof.
async fn risen(desk: &Desk, parent: &Standing, id: &EventId) -> Result<Option<ProofFile>, Refusal> {
    let first = usize::from(id.0.first().copied().unwrap_or(0));
    for ledger in peers::from(peers::of(&desk.node, &parent.genesis().chain, parent), first) {
        let Some(anchor) = child(desk, &ledger).await.and_then(|(record, _)| record.anchor) else { continue };
        let Some(mut above) = proof_of(&ledger, anchor).await else { continue };
        let first = above.steps.first().and_then(|step| proof::sign::Signed::from_bytes(&step.signed));
        let Some(anchored) = first.and_then(|signed| wire::anchored(&signed.body)) else { continue };
        let (id, checkpoint) = (*id, anchored.checkpoint);
        let step = desk.ask(move |reader, progress| {
            if checkpoint.size > progress.head.size || reader.root_at(checkpoint.size)? != checkpoint.root {
                return Ok(None);
            }
            reader.step(&id, checkpoint.size)
        });
        if let Some(step) = step.await? {
            above.steps.insert(0, step);
            return Ok(Some(above));
        }
    }
    Ok(None)
}

/// What one of the parent's ledgers holds of this chain, with the version of that record.
pub(crate) async fn child(desk: &Desk, ledger: &LedgerClient) -> Option<(ChildRecord, u64)> {
    let from = keys::child(desk.chain());
    let (_, entries, _) = ledger.read_state(from.clone(), keys::end_of(&from), 1).await.ok()?;
    let (_, stored) = entries.into_iter().find(|(key, _)| *key == from)?;
    Some((codec::decode::<ChildRecord>(&stored.value)?, stored.version))
}

/// The proof of an anchor, waiting until it is final or has risen further itself.
async fn proof_of(ledger: &LedgerClient, anchor: EventId) -> Option<ProofFile> {
    loop {
        match ledger.proof(anchor).await {
            Ok(text) => return ProofFile::parse(&text).ok(),
            Err(LedgerError::Refused(refused)) if refused.code == Code::NotFound => tokio::time::sleep(PAUSE).await,
            Err(_) => return None,
        }
    }
}
