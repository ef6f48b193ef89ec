//! Appeals: a child's event that found no admission at home is logged here, as its author signed it.
//!
//! The parent takes it at its word of form only: the author's key is one the parent knows of that child, and the
//! signature holds for the child's chain. The receipt is for the appeal, on the parent's own chain.

use domain::event::{Appeal, Event, Fact, SecurityLevel};
use domain::genesis::KeyClass;
use domain::refusal::{Code, Refusal};
use domain::rising::ChildRecord;
use futures::future::join_all;
use host::ledger::LedgerClient;
use host::node::Node;
use host::outbox::{Outbox, Sent};
use proof::digest::Digest;
use wire::admission::{AdmitRequest, Admitted};

/// One answer for each event: the signed receipt of its appeal, or why there is none.
pub(crate) async fn hear(
    node: &Node,
    ledger: &LedgerClient,
    outbox: &Outbox,
    request: AdmitRequest,
    refuse: impl Fn(Digest, Refusal) -> Admitted,
) -> Vec<Admitted> {
    let child = match ledger.record::<ChildRecord>(&domain::keys::child(&request.chain)).await {
        Ok(child) => child,
        Err(error) => return vec![Admitted::Fault(error.to_string()); request.events.len()],
    };
    let child = child.as_ref();
    // All at once: each may wait for its receipt, and the child's outbox asks elsewhere after a few seconds.
    let answers = request.events.into_iter().map(|signed| {
        let refuse = &refuse;
        async move {
            let Some(child) = child else {
                let refusal = Refusal::of(Code::UnknownChild, "chain", "this chain does not know that child");
                return refuse(Digest::of(&signed), refusal);
            };
            let id = wire::event::id_of(&child.chain_id, &signed);
            match appeal(node, child, signed) {
                Ok(event) => match outbox.sign_and_submit(&event).await.map(|submission| submission.result) {
                    Ok(Sent::Receipt(receipt)) => Admitted::Receipt(receipt),
                    Ok(Sent::Refused(refused)) => refuse(id, Refusal::new(refused.code, refused.detail)),
                    Ok(Sent::Queued) => Admitted::Fault("the appeal is on its way".to_owned()),
                    Err(fault) => Admitted::Fault(fault.to_string()),
                },
                Err(refusal) => refuse(id, refusal),
            }
        }
    });
    join_all(answers).await
}

/// The appeal of a child's signed event. It depends on nothing but that event, so a repeat is the same appeal.
fn appeal(node: &Node, child: &ChildRecord, signed: Vec<u8>) -> Result<Event, Refusal> {
    let opened = wire::event::open(&child.chain_id, &signed)?;
    wire::event::verify(&child.chain_id, &opened.envelope)?;
    if !child.authors.iter().any(|(_, key)| *key == opened.key) {
        return Err(Refusal::of(Code::BadSignature, "author", "the key is not one of that child's authors"));
    }
    let author = node.key(KeyClass::Author);
    let author = author.ok_or_else(|| Refusal::new(Code::NoAdmission, "this node has no author key for appeals"))?;
    let nonce = opened.id.as_bytes().first_chunk().copied().unwrap_or_default();
    Ok(Event {
        author: author.public(),
        lane: opened.event.lane,
        nonce,
        occurred_at: opened.event.occurred_at,
        created_at: opened.event.created_at,
        valid_until: opened.event.valid_until,
        region: node.genesis.regions.first().cloned().unwrap_or_default(),
        security: SecurityLevel::Members,
        response: None,
        fact: Fact::Appeal(Appeal { child: child.chain.to_string(), signed }),
        sealed: Vec::new(),
        causes: Vec::new(),
        expect: Vec::new(),
    })
}
