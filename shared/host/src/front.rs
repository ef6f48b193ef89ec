//! The front desk of a chain: the members whose author keys this process holds, and the one way from a JSON request to
//! a signed event in an outbox.
//!
//! It signs for the calling member only. What a request states is judged by the chain's rules; here it is only given a
//! form, a nonce and a signature. A repeated request (the same idempotency key or, without one, the same body) is the
//! same events again.

mod sheet;

use std::collections::BTreeMap;
use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse};
use domain::chain::MemberId;
use domain::credits::urgency::would_overdraw;
use domain::event::{Event, EventId};
use domain::genesis::{Genesis, KeyClass};
use domain::record::Kind;
use domain::refusal::{Code, Refusal};
use proof::digest::Digest;
use proof::sign::{Domain, SecretKey, Signed};
use serde_json::{Value, json};
use wire::admission::ReceiptBody;
use wire::json::{Defaults, Draft};

use crate::clock::Clock;
use crate::node::Node;
use crate::outbox::{Fate, Once, Outbox, Sent, Submission};
use crate::rest::{Caller, Problem, asked};
use crate::standing::Standing;

/// Requests in one batch: what one block takes, and well within the body bound of a request.
pub const MAX_BATCH: usize = 500;

/// The members of one chain for which this process signs. Clones share the outboxes.
#[derive(Clone)]
pub struct Front {
    standing: Standing,
    clock: Clock,
    authors: BTreeMap<MemberId, Author>,
}

#[derive(Clone)]
struct Author {
    node: Node,
    outbox: Outbox,
}

/// One request of a batch: its kind and content, or why it can't be read.
pub type Request = Result<(Kind, Value), Refusal>;

/// What became of one request: its event in the outbox, or a refusal.
pub type Outcome = Result<Submission, Refusal>;

impl Front {
    /// A desk without members.
    pub fn new(standing: Standing, clock: Clock) -> Self {
        Front { standing, clock, authors: BTreeMap::new() }
    }

    /// Adds a member whose author key is in the node's key ring; without one, the desk does not sign for it.
    #[must_use]
    pub fn with(mut self, node: &Node, outbox: Outbox) -> Self {
        if node.keys.has(KeyClass::Author) {
            self.authors.insert(node.member.clone(), Author { node: node.clone(), outbox });
        }
        self
    }

    /// The chain.
    pub fn genesis(&self) -> &Arc<Genesis> {
        self.standing.genesis()
    }

    /// Who takes part in it.
    pub fn standing(&self) -> &Standing {
        &self.standing
    }

    /// The outboxes of the members here.
    pub fn outboxes(&self) -> impl Iterator<Item = &Outbox> {
        self.authors.values().map(|author| &author.outbox)
    }

    /// The outbox that a member's own signed events go through: its own, or any here.
    pub fn outbox_of(&self, member: &str) -> Result<&Outbox, Refusal> {
        let own = self.authors.get(member).or_else(|| self.authors.values().next());
        own.map(|author| &author.outbox).ok_or_else(|| no_key(member))
    }

    /// Answers a POST whose body says that it is JSON, once for each idempotency key: see [`Front::post`].
    pub async fn post_json(
        &self,
        request: &HttpRequest,
        caller: &Caller,
        kinds: &[Kind],
        body: &[u8],
    ) -> Result<HttpResponse, Problem> {
        asked::content_type(request, &["application/json"])?;
        self.post(caller, kinds, body, asked::idempotency_key(request)?).await
    }

    /// Answers a POST of one request or a batch (a JSON array): 202 with `results[]` of index, event id and receipt or, in
    /// a batch, problem. One request that is refused is a problem itself, so that a status tells a script the truth.
    /// A request names its kind unless the route takes only one.
    pub async fn post(
        &self,
        caller: &Caller,
        kinds: &[Kind],
        body: &[u8],
        idempotency_key: Option<&str>,
    ) -> Result<HttpResponse, Problem> {
        let (requests, one) = match wire::json::parse(body)? {
            Value::Array(batch) => (batch, false),
            one => (vec![one], true),
        };
        let requests = requests.into_iter().map(|request| kind_of(kinds, &request).map(|kind| (kind, request)));
        let outcomes = self.submit(&caller.0, requests.collect(), body, idempotency_key).await?;
        if one { answered(&outcomes) } else { Ok(accepted(&outcomes)) }
    }

    /// Signs and submits requests as a member; one outcome for each, in order. `body` is what they came in: with the same
    /// key another body is refused.
    pub async fn submit(
        &self,
        member: &str,
        requests: Vec<Request>,
        body: &[u8],
        idempotency_key: Option<&str>,
    ) -> Result<Vec<Outcome>, Refusal> {
        if requests.is_empty() || requests.len() > MAX_BATCH {
            let detail = format!("a batch has 1 to {MAX_BATCH} requests");
            return Err(Refusal::of(Code::Limit, "batch", detail));
        }
        let (author, secret) = self.author(member)?;
        let drafted: Vec<_> = requests.into_iter().map(|request| self.sign(&secret, request)).collect();
        let signed: Vec<_> = drafted.iter().filter_map(|draft| draft.as_ref().ok().cloned()).collect();
        if signed.is_empty() {
            return Ok(drafted.into_iter().filter_map(|draft| draft.err().map(Err)).collect());
        }
        // A client that sends the very same body again repeats itself; who means another report says so with a key.
        let same_body = Digest::of(body).to_string();
        let once = Once::new(member, idempotency_key.unwrap_or(&same_body), body)?;
        let mut taken = author.outbox.submit_once(&once, signed).await.map_err(fault)??.into_iter();
        Ok(drafted
            .into_iter()
            .map(|draft| {
                draft?;
                taken.next().ok_or_else(no_answer)
            })
            .collect())
    }

    /// The member's outbox here and the key it signs with now.
    fn author(&self, member: &str) -> Result<(&Author, SecretKey), Refusal> {
        let author = self.authors.get(member).ok_or_else(|| no_key(member))?;
        Ok((author, author.node.key(KeyClass::Author).ok_or_else(|| no_active_key(member))?))
    }

    fn sign(&self, secret: &SecretKey, request: Request) -> Result<Vec<u8>, Refusal> {
        let (kind, value) = request?;
        let now = self.clock.now();
        let region = self.genesis().regions.first().map(String::as_str).unwrap_or_default();
        let draft: Draft = wire::json::fact_from(kind.name(), &value, &Defaults { now, region })?;
        let event = draft.into_event(secret.public(), nonce()?, now);
        seal(secret, &self.genesis().chain_id, &event)
    }
}

/// Checks an event's form and signs it.
pub fn seal(secret: &SecretKey, chain: &Digest, event: &Event) -> Result<Vec<u8>, Refusal> {
    domain::form::check(event)?;
    Ok(Signed::seal(secret, Domain::Event, chain, wire::event::encode(event)).to_bytes())
}

/// 16 random bytes.
pub fn nonce() -> Result<[u8; 16], Refusal> {
    let mut nonce = [0; 16];
    getrandom::fill(&mut nonce)
        .map_err(|_| Refusal::new(Code::Overloaded, "the system gave no randomness; try again"))?;
    Ok(nonce)
}

/// The outbox could not write or be reached: ours, not the caller's.
pub fn fault(error: anyhow::Error) -> Refusal {
    tracing::warn!("the outbox met a fault: {error:#}");
    Refusal::new(Code::Overloaded, "the outbox could not take it now; try again")
}

/// The kind a request names, if the route takes it.
fn kind_of(kinds: &[Kind], request: &Value) -> Result<Kind, Refusal> {
    let named = match (request.get("kind").and_then(Value::as_str), kinds) {
        (Some(name), _) => Kind::parse(name),
        (None, [only]) => Some(*only),
        (None, _) => None,
    };
    named.filter(|kind| kinds.contains(kind)).ok_or_else(|| {
        let names: Vec<_> = kinds.iter().map(|kind| kind.name()).collect();
        Refusal::of(Code::UnknownKind, "kind", format!("name a kind this route takes: {}", names.join(", ")))
    })
}

fn no_answer() -> Refusal {
    Refusal::new(Code::Overloaded, "the outbox gave no answer; try again")
}

fn no_key(member: &str) -> Refusal {
    let detail = format!("this service has no author key of {member}; sign the event yourself and post it to /events");
    Refusal::of(Code::IdentityMismatch, "authorization", detail)
}

fn no_active_key(member: &str) -> Refusal {
    let detail = format!("the chain lets none of the author keys of {member} count that this service has");
    Refusal::of(Code::KeyInactive, "authorization", detail)
}

/// The answer to one request, not sent as a batch: the 202 of its outcome, or its problem, with the id of the event that
/// was refused.
pub fn answered(outcomes: &[Outcome]) -> Result<HttpResponse, Problem> {
    let problem = outcomes.first().and_then(|outcome| match outcome {
        Ok(submission) => refused(outcome).map(|problem| problem.of_event(submission.event_id)),
        Err(_) => refused(outcome),
    });
    problem.map_or_else(|| Ok(accepted(outcomes)), Err)
}

/// The 202 of outcomes: one result for each, in order.
pub fn accepted(outcomes: &[Outcome]) -> HttpResponse {
    let results: Vec<_> = outcomes.iter().enumerate().map(|(index, outcome)| result(index, outcome)).collect();
    HttpResponse::Accepted().json(json!({ "results": results }))
}

/// Why an outcome is none.
fn refused(outcome: &Outcome) -> Option<Problem> {
    match outcome {
        Ok(Submission { result: Sent::Refused(refused), .. }) => Some(Problem::from(refused.clone())),
        Ok(_) => None,
        Err(refusal) => Some(Problem::from(refusal.clone())),
    }
}

/// One row of `results[]`.
pub fn result(index: usize, outcome: &Outcome) -> Value {
    let problem = refused(outcome).map(|problem| problem.json());
    match outcome {
        Ok(Submission { event_id, result }) => {
            let event_id = event_id.to_string();
            match result {
                Sent::Receipt(receipt) => json!({
                    "index": index,
                    "event_id": event_id,
                    "state": "queued",
                    "receipt": base64(receipt),
                    "urgency_overdrawn": overdrawn(receipt),
                }),
                Sent::Queued => json!({ "index": index, "event_id": event_id, "state": "queued" }),
                Sent::Refused(_) => {
                    json!({ "index": index, "event_id": event_id, "state": "rejected", "problem": problem })
                }
            }
        }
        Err(_) => json!({ "index": index, "problem": problem }),
    }
}

/// Whether the dry run that a receipt tells of went over the member's urgency allowance. The event is taken all the same,
/// and what the log says of it later is what counts.
fn overdrawn(receipt: &[u8]) -> bool {
    let body = Signed::from_bytes(receipt).and_then(|signed| ReceiptBody::decode(&signed.body).ok());
    body.is_some_and(|receipt| would_overdraw(&receipt.writes))
}

/// The acknowledgement level a client sees for what an outbox knows.
pub fn state(fate: Fate) -> &'static str {
    match fate {
        Fate::Queued | Fate::Receipt => "queued",
        Fate::Final => "final",
        Fate::Rejected(_) | Fate::Refused(_) => "rejected",
    }
}

/// Receipts and refusals travel in JSON as base64 of their signed envelope.
pub fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

/// An event id in a path.
pub fn event_id(text: &str) -> Result<EventId, Problem> {
    Digest::parse(text).ok_or_else(|| Problem::not_found("an event id is 64 lower-case hex digits"))
}

#[cfg(test)]
mod tests {
    use domain::chain::Lane;
    use domain::time::Millis;

    use super::*;

    #[test]
    fn a_receipt_says_whether_the_dry_run_went_over_the_allowance() {
        let secret = SecretKey::from_seed(&[1; 32]);
        let (event_id, chain) = (Digest::of(b"event"), Digest::of(b"chain"));
        let receipt = |keys: &[&str]| {
            let body = ReceiptBody {
                event_id,
                lane: Lane::Urgent,
                bundle_number: 1,
                admitted_at: Millis(1),
                dry_run_height: 1,
                reads: Vec::new(),
                writes: keys.iter().map(|key| key.as_bytes().to_vec()).collect(),
            };
            let signed = Signed::seal(&secret, Domain::Receipt, &chain, body.encode()).to_bytes();
            let outcome = Ok(Submission { event_id, result: Sent::Receipt(signed) });
            result(0, &outcome)["urgency_overdrawn"].clone()
        };
        let overdraft = format!("credit/airport/{event_id}/urgency-overdraft");
        assert_eq!(receipt(&["allowance/airport", &overdraft]), true);
        assert_eq!(receipt(&["allowance/airport", "event/x"]), false);
        assert!(!overdrawn(b"no receipt"));
    }
}
