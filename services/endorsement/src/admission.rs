//! Admission: from a request of signed events to signed receipts or refusals.
//!
//! It looks at form only: well-formed, signed by an active key of a member with the right, not a duplicate, and a dry
//! run on the member's own ledger. An event whose causes that ledger has not executed yet is held for a while, so that
//! no lane overtakes a cause.
//!
//! `dry_run` asks the ledger, `publish` makes what passed durable; what needs no state is checked here.

mod dry_run;
mod publish;

use std::sync::Arc;

use actix::{Addr, Arbiter};
use bytes::Bytes;
use domain::genesis::KeyClass;
use domain::refusal::Refusal;
use host::ledger::LedgerClient;
use host::node::Node;
use host::outbox::Outbox;
use host::telemetry::trace::Trace;
use proof::digest::Digest;
use proof::sign::{Domain, Signed};
use tokio::sync::mpsc;
use wire::admission::{AdmitReply, AdmitRequest, Admitted, RefusalBody};
use wire::event::Opened;
use wire::ledger::Refused;

pub(crate) use publish::send;
use publish::{Waiting, commit_and_publish};

use crate::register::{Receipts, Register};

/// Requests handled at once: each holds at most 64 events of 64 KiB while it waits for disk and stream.
const REQUESTS_AT_ONCE: usize = 256;
/// Requests waiting for the register; more than are handled at once never wait here.
const QUEUE: usize = REQUESTS_AT_ONCE;

/// Why a node that may not endorse takes nothing.
const NO_KEY: &str = "the chain lets no endorser key of this node count";

/// An event under way: its place in the request, what it says, and its bytes.
type Open = (usize, Opened, Vec<u8>);

struct Desk {
    node: Node,
    ledger: LedgerClient,
    register: Addr<Register>,
    queue: mpsc::Sender<Waiting>,
    outbox: Outbox,
}

/// Opens the register and answers requests until the node stops. Gives the register, of which the rest of the service
/// sends again what no block has.
pub(crate) async fn start(node: Node, outbox: Outbox) -> anyhow::Result<Addr<Register>> {
    anyhow::ensure!(node.keys.has(KeyClass::Endorser), "this member has no endorser key");
    for lane in domain::chain::Lane::ALL {
        node.bus.ensure_stream(&wire::subject::intake_stream(lane, &node.genesis.chain)).await?;
    }
    let register = Register::open(&node.data.join("register"), node.genesis.chain_id)?;
    let register = actix::Actor::start_in_arbiter(&Arbiter::new().handle(), move |_| register);
    let (queue, waiting) = mpsc::channel(QUEUE);
    tokio::spawn(commit_and_publish(node.clone(), register.clone(), waiting));
    let ledger = LedgerClient::new(&node);
    let subject = wire::subject::admit(&node.member, &node.genesis.chain);
    let bus = node.bus.clone();
    let desk = Arc::new(Desk { node, ledger, register: register.clone(), queue, outbox });
    let stop = desk.node.stop.clone();
    let served = bus
        .serve(&subject, REQUESTS_AT_ONCE, move |request: Bytes, headers| {
            let desk = Arc::clone(&desk);
            let trace = Trace::from_headers(&headers);
            async move { Bytes::from(trace.run("admission", desk.answer(&request)).await.encode()) }
        })
        .await?;
    tokio::spawn(async move {
        stop.wait().await;
        served.stop().await;
    });
    Ok(register)
}

impl Desk {
    async fn answer(&self, request: &[u8]) -> AdmitReply {
        let request = match AdmitRequest::decode(request) {
            Ok(request) => request,
            Err(refusal) => {
                let body = self.refuse(Digest::of(request), refusal, 0);
                return AdmitReply { results: vec![body] };
            }
        };
        let results = if request.chain == self.node.genesis.chain {
            self.admit(request.events).await
        } else {
            let refuse = |id, refusal| self.refuse(id, refusal, 0);
            crate::appeal::hear(&self.node, &self.ledger, &self.outbox, request, refuse).await
        };
        AdmitReply { results }
    }

    /// One answer for each event, in order.
    async fn admit(&self, events: Vec<Vec<u8>>) -> Vec<Admitted> {
        let (chain, at) = (self.node.genesis.chain_id, self.node.clock.now());
        let others: Vec<_> = self.node.genesis.children.iter().map(|child| child.chain_id).collect();
        let asked = events.len();
        let checks = tokio::task::spawn_blocking(move || {
            events.into_iter().map(|signed| check(&chain, &others, signed, at)).collect::<Vec<_>>()
        });
        let Ok(checked) = checks.await else {
            return vec![fault("the checks were broken off"); asked];
        };
        let mut answers: Vec<Option<Admitted>> = Vec::with_capacity(checked.len());
        let mut open = Vec::new();
        for (place, outcome) in checked.into_iter().enumerate() {
            answers.push(match outcome {
                Ok((opened, signed)) => {
                    open.push((place, opened, signed));
                    None
                }
                Err((id, refusal)) => Some(self.refuse(id, refusal, 0)),
            });
        }
        self.repeat_receipts(&mut open, &mut answers).await;
        let passed = self.dry_run(open, &mut answers).await;
        self.commit(passed, &mut answers).await;
        answers.into_iter().map(|answer| answer.unwrap_or_else(|| fault("no answer"))).collect()
    }

    /// An event that has a receipt gets the same receipt again, unless it is under a key that counts no more: its bundle
    /// may never be sealed, so the event is taken anew.
    async fn repeat_receipts(&self, open: &mut Vec<Open>, answers: &mut [Option<Admitted>]) {
        let ids = open.iter().map(|(_, opened, _)| opened.id).collect();
        let Ok(Ok(stored)) = self.register.send(Receipts(ids)).await else { return };
        let roster = self.node.standing.current();
        let counts = |receipt: &Vec<u8>| Signed::from_bytes(receipt).is_some_and(|signed| !roster.ended(&signed.key));
        let mut stored = stored.into_iter();
        open.retain(|(place, _, _)| match (stored.next().flatten().filter(counts), answers.get_mut(*place)) {
            (Some(receipt), Some(answer)) => {
                *answer = Some(Admitted::Receipt(receipt));
                false
            }
            _ => true,
        });
    }

    fn refuse(&self, event_id: Digest, refusal: impl Into<Refused>, dry_run_height: u64) -> Admitted {
        let Some(secret) = self.node.key(KeyClass::Endorser) else { return fault(NO_KEY) };
        let Refused { code, field, detail } = refusal.into();
        let body = RefusalBody { event_id, code, field, detail, refused_at: self.node.clock.now(), dry_run_height };
        let signed = Signed::seal(&secret, Domain::Refusal, &self.node.genesis.chain_id, body.encode());
        Admitted::Refused(signed.to_bytes())
    }
}

type Checked = Result<(Opened, Vec<u8>), (Digest, Refusal)>;

/// Everything that needs no state: envelope, canonical body, form, signature, a time not in the future. `others` are the
/// chains whose events may come here by mistake.
fn check(chain: &Digest, others: &[Digest], signed: Vec<u8>, now: domain::time::Millis) -> Checked {
    let opened = wire::event::open(chain, &signed).map_err(|refusal| (wire::event::id_of(chain, &signed), refusal))?;
    let refused = |refusal| Err((opened.id, refusal));
    if let Err(refusal) = wire::event::verify_knowing(chain, others, &opened.envelope) {
        return refused(refusal);
    }
    if let Err(refusal) = domain::form::check_at(&opened.event, now) {
        return refused(refusal);
    }
    Ok((opened, signed))
}

fn set(answers: &mut [Option<Admitted>], place: usize, answer: Admitted) {
    if let Some(slot) = answers.get_mut(place) {
        *slot = Some(answer);
    }
}

fn fault(why: &str) -> Admitted {
    Admitted::Fault(why.to_owned())
}
