//! Admission: from a request of signed events to signed receipts or refusals.
//!
//! It looks at form only: well-formed, signed by an active key of a member with the right, not a duplicate, and a dry
//! run on the member's own ledger. An event whose causes that ledger has not executed yet is held for a while, so that
//! no lane overtakes a cause.

use std::sync::Arc;
use std::time::Duration;

use actix::{Addr, Arbiter};
use bus::Publish;
use bytes::Bytes;
use domain::genesis::KeyClass;
use domain::refusal::{Code, Refusal};
use futures::future::join_all;
use host::ledger::LedgerClient;
use host::node::Node;
use host::outbox::Outbox;
use host::telemetry::trace::Trace;
use proof::digest::Digest;
use proof::sign::{Domain, Signed};
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;
use tracing::warn;
use wire::admission::{AdmitReply, AdmitRequest, Admitted, RefusalBody};
use wire::event::Opened;
use wire::ledger::{DryRunResult, Refused};

use crate::register::{Commit, Committed, Passed, Receipts, Register};

/// How long an event waits for its causes: two nodes in turn stay well below the 8 s that a submitter waits, because the
/// author's other events in the same request wait with it.
const CAUSE_PATIENCE: Duration = Duration::from_secs(2);
/// Between two looks whether the causes have been executed: a block takes a few milliseconds.
const CAUSE_LOOK: Duration = Duration::from_millis(10);
/// Requests handled at once: each holds at most 64 events of 64 KiB while it waits for disk and stream.
const REQUESTS_AT_ONCE: usize = 256;
/// Requests waiting for the register; more than are handled at once never wait here.
const QUEUE: usize = REQUESTS_AT_ONCE;
/// Events committed together at most: what the next block can take anyway.
const EVENTS_PER_COMMIT: usize = 1024;
/// A publish is tried again this often before the caller is told to try elsewhere; the bundle is republished anyway.
const PUBLISH_TRIES: usize = 3;

/// Why a node that may not endorse takes nothing.
const NO_KEY: &str = "the chain lets no endorser key of this node count";

struct Waiting {
    passed: Vec<Passed>,
    answer: oneshot::Sender<Result<Vec<Vec<u8>>, String>>,
}

struct Desk {
    node: Node,
    ledger: LedgerClient,
    register: Addr<Register>,
    queue: mpsc::Sender<Waiting>,
    outbox: Outbox,
}

/// Opens the register and answers requests until the node stops.
pub(crate) async fn start(node: Node, outbox: Outbox) -> anyhow::Result<()> {
    anyhow::ensure!(node.keys.has(KeyClass::Endorser), "this member has no endorser key");
    for lane in domain::chain::Lane::ALL {
        node.bus.ensure_stream(&wire::subject::intake_stream(lane, &node.genesis.chain)).await?;
    }
    let register = Register::open(&node.data.join("register"), node.genesis.chain_id)?;
    let register = actix::Actor::start_in_arbiter(&Arbiter::new().handle(), move |_| register);
    let (queue, waiting) = mpsc::channel(QUEUE);
    tokio::spawn(commit_and_publish(node.clone(), register.clone(), waiting));
    tokio::spawn(crate::republish::run(node.clone(), register.clone()));
    let ledger = LedgerClient::new(&node);
    let subject = wire::subject::admit(&node.member, &node.genesis.chain);
    let bus = node.bus.clone();
    let desk = Arc::new(Desk { node, ledger, register, queue, outbox });
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
    Ok(())
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
    async fn repeat_receipts(&self, open: &mut Vec<(usize, Opened, Vec<u8>)>, answers: &mut [Option<Admitted>]) {
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

    /// Runs the events on the member's own ledger; what waits for a cause is looked at again until patience ends.
    async fn dry_run(
        &self,
        mut open: Vec<(usize, Opened, Vec<u8>)>,
        answers: &mut [Option<Admitted>],
    ) -> Vec<(usize, Passed)> {
        let mut passed = Vec::new();
        let patience = Instant::now() + CAUSE_PATIENCE;
        while !open.is_empty() {
            let reply = self.ledger.dry_run(open.iter().map(|(_, _, signed)| signed.clone()).collect()).await;
            let (height, results) = match reply {
                Ok(reply) => reply,
                Err(error) => {
                    for (place, _, _) in open {
                        set(answers, place, fault(&format!("the member's ledger does not answer: {error}")));
                    }
                    return passed;
                }
            };
            let mut held = Vec::new();
            for ((place, opened, signed), result) in open.into_iter().zip(results) {
                match result {
                    DryRunResult::Ok { reads, writes } => passed.push((
                        place,
                        Passed {
                            id: opened.id,
                            signed,
                            lane: opened.event.lane,
                            dry_run_height: height,
                            reads,
                            writes,
                        },
                    )),
                    // Sealed through another node: bundling it again is a no-op on the log and gives a receipt that holds.
                    DryRunResult::Executed => passed.push((
                        place,
                        Passed {
                            id: opened.id,
                            signed,
                            lane: opened.event.lane,
                            dry_run_height: height,
                            reads: Vec::new(),
                            writes: Vec::new(),
                        },
                    )),
                    DryRunResult::Refused(refusal) => set(answers, place, self.refuse(opened.id, refusal, height)),
                    DryRunResult::Waiting if Instant::now() < patience => held.push((place, opened, signed)),
                    DryRunResult::Waiting => {
                        let refusal = Refusal::of(Code::BadCause, "causes", "a cause is not on this chain");
                        set(answers, place, self.refuse(opened.id, refusal, height));
                    }
                }
            }
            if !held.is_empty() {
                tokio::time::sleep(CAUSE_LOOK).await;
            }
            open = held;
        }
        passed
    }

    async fn commit(&self, passed: Vec<(usize, Passed)>, answers: &mut [Option<Admitted>]) {
        if passed.is_empty() {
            return;
        }
        let (places, passed): (Vec<_>, Vec<_>) = passed.into_iter().unzip();
        let (answer, committed) = oneshot::channel();
        let outcome = match self.queue.send(Waiting { passed, answer }).await {
            Ok(()) => committed.await.unwrap_or_else(|_| Err("the register ended".to_owned())),
            Err(_) => Err("the register ended".to_owned()),
        };
        match outcome {
            Ok(receipts) => {
                for (place, receipt) in places.into_iter().zip(receipts) {
                    set(answers, place, Admitted::Receipt(receipt));
                }
            }
            Err(why) => places.into_iter().for_each(|place| set(answers, place, fault(&why))),
        }
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

/// Takes whatever requests have arrived, journals them in one commit, publishes the bundles, and only then lets the
/// receipts out. A receipt that is repeated from the register may be ahead of its bundle: the register has it and sends it
/// until a block does.
async fn commit_and_publish(node: Node, register: Addr<Register>, mut waiting: mpsc::Receiver<Waiting>) {
    while let Some(first) = waiting.recv().await {
        let mut requests = vec![first];
        let mut events = 0;
        while events < EVENTS_PER_COMMIT
            && let Ok(next) = waiting.try_recv()
        {
            events += next.passed.len();
            requests.push(next);
        }
        let (passed, answers): (Vec<_>, Vec<_>) =
            requests.into_iter().map(|request| (request.passed, request.answer)).unzip();
        let counts: Vec<_> = passed.iter().map(Vec::len).collect();
        let passed = passed.into_iter().flatten().collect();
        let outcome = match node.key(KeyClass::Endorser) {
            Some(secret) => match register.send(Commit { passed, at: node.clock.now(), secret }).await {
                Ok(Ok(committed)) => publish(&node, committed).await,
                Ok(Err(error)) => Err(format!("the register could not be written: {error}")),
                Err(error) => Err(error.to_string()),
            },
            None => Err(NO_KEY.to_owned()),
        };
        let mut receipts = outcome.map(Vec::into_iter);
        for (answer, count) in answers.into_iter().zip(counts) {
            let mine = match &mut receipts {
                Ok(all) => all.by_ref().take(count).collect::<Result<Vec<_>, String>>(),
                Err(why) => Err(why.clone()),
            };
            // The caller may have gone; its events are journalled and will be sealed all the same.
            drop(answer.send(mine));
        }
    }
}

/// Each event's receipt, or why its bundle is not durable yet.
async fn publish(node: &Node, committed: Committed) -> Result<Vec<Result<Vec<u8>, String>>, String> {
    let durable = join_all(committed.bundles.iter().map(|ready| send(node, ready, Digest::of(&ready.signed)))).await;
    Ok(committed
        .receipts
        .into_iter()
        .map(|(receipt, bundle)| match durable.get(bundle) {
            Some(Ok(_)) => Ok(receipt),
            Some(Err(why)) => Err(why.clone()),
            None => Err("no bundle".to_owned()),
        })
        .collect())
}

/// Publishes one bundle until the stream acknowledges it, and gives its sequence. Within its window the stream drops a
/// repeat of `id` and gives the first one's sequence; beyond it the ledgers drop it.
pub(crate) async fn send(node: &Node, ready: &crate::register::Ready, id: Digest) -> Result<u64, String> {
    let subject = wire::subject::intake(ready.lane, &node.genesis.chain);
    let mut why = String::new();
    for _ in 0..PUBLISH_TRIES {
        let options = Publish { msg_id: Some(id.to_string()), ..Publish::default() };
        match node.bus.publish(&subject, Bytes::from(ready.signed.clone()), options).await {
            Ok(sequence) => return Ok(sequence),
            Err(error) => why = error.to_string(),
        }
    }
    warn!(chain = %node.genesis.chain, lane = ready.lane.name(), number = ready.number, "bundle not acknowledged: {why}");
    Err(why)
}
