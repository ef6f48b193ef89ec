//! The outbox: what was taken is journalled first, sent until an endorsement node signs a receipt, and kept until it is
//! final or refused. It is why a receipt, or an event on its way to one, is never lost.
//!
//! The way of an event: `book` (journal, one commit for many) -> `courier` and `round` (admission nodes in turn, a
//! refusing or silent one is routed around, the parent last) -> `watch` (the final log). `live` is what is in hand. After
//! a restart the same code goes on with what the journal holds.
//!
//! It is not a queue for others: one member on one chain. It judges nothing but the form of an event.

mod book;
mod courier;
mod held;
mod live;
mod round;
mod watch;
mod writer;

use std::sync::Arc;
use std::time::Duration;

use actix::{Actor as _, Arbiter};
use anyhow::Context as _;
use domain::event::{Event, EventId};
use domain::genesis::KeyClass;
use domain::refusal::{Code, Refusal};
use proof::digest::Digest;
use proof::sign::{Domain, Signed};
use tokio::sync::oneshot;
use wire::ledger::Refused;

use crate::ledger::LedgerClient;
use crate::node::Node;
use crate::standing::Standing;
use crate::telemetry::trace::Trace;
use book::{Answer, Book, Change};
use courier::{Courier, said_no};
use live::Live;
use round::Rounds;
use watch::Watcher;
use writer::Writer;

pub use held::{Fate, Held, SignedRefusal};

/// How long a submitter waits for a receipt: one silent node, then an answer, with time to spare.
pub const PATIENCE: Duration = Duration::from_secs(8);
/// The longest idempotency key; a UUID has 36.
pub const MAX_IDEMPOTENCY_KEY_BYTES: usize = 128;

/// One event handed in and what came of it so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submission {
    /// Its id; the digest of the bytes when they hold no event.
    pub event_id: EventId,
    /// What came of it.
    pub result: Sent,
}

/// What came of an event while its submitter waited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sent {
    /// The signed receipt.
    Receipt(Vec<u8>),
    /// Refused: by its form here, or with signatures by enough admission nodes, or on the log.
    Refused(Refused),
    /// Journalled and on its way: nobody gave a receipt yet.
    Queued,
}

/// An `Idempotency-Key` of a member with the digest of the request's body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Once {
    key: Digest,
    body: Digest,
}

impl Once {
    /// A key as a client sent it: 1 to 128 visible ASCII characters.
    pub fn new(member: &str, key: &str, body: &[u8]) -> Result<Self, Refusal> {
        if !(1..=MAX_IDEMPOTENCY_KEY_BYTES).contains(&key.len()) || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            let why = "an idempotency key is 1 to 128 visible ASCII characters";
            return Err(Refusal::of(Code::BadText, "idempotency-key", why));
        }
        let key = Digest::of_parts(&[b"tocsin/idempotency", member.as_bytes(), key.as_bytes()]);
        Ok(Once { key, body: Digest::of(body) })
    }
}

/// One member's outbox on one chain. Clones share it.
#[derive(Clone)]
pub struct Outbox {
    node: Node,
    writer: Writer,
    live: Arc<Live>,
}

impl Outbox {
    /// Opens the journal below the node's directory and goes on with what it holds. The parent's nodes are asked last, as
    /// an appeal. Needs a running actix `System`.
    pub async fn start(node: &Node, parent: Option<Standing>) -> anyhow::Result<Self> {
        let dir = node.data.join("outbox");
        let (book, pages) = Book::open(&dir, node.clock.clone())?;
        let live = Arc::new(Live::default());
        for (id, bytes, receipt) in pages.unsettled()? {
            live.add(id, bytes, receipt, None);
        }
        // Alone on its thread: it blocks for every fsync.
        let arbiter = Arbiter::new();
        let address = Book::start_in_arbiter(&arbiter.handle(), |_| book);
        let writer = Writer::start(address, pages, live.clone(), node.genesis.chain.to_string());
        let rounds = Arc::new(Rounds::new(node.clone(), parent));
        let (stop, ledger) = (node.stop.clone(), LedgerClient::new(node));
        let courier = Courier { rounds, live: live.clone(), writer: writer.clone(), stop: stop.clone() };
        let watcher = Watcher { ledger, live: live.clone(), writer: writer.clone(), stop: stop.clone() };
        tokio::spawn(async move {
            tokio::join!(Arc::new(courier).run(), watcher.run());
            arbiter.stop();
        });
        Ok(Outbox { node: node.clone(), writer, live })
    }

    /// Takes finished signed events and waits at most [`PATIENCE`] for their receipts. One that was taken before keeps
    /// its id and state. An error means that nothing of it was taken.
    pub async fn submit(&self, events: Vec<Vec<u8>>) -> anyhow::Result<Vec<Submission>> {
        self.hand_in(events, None).await?.map_err(anyhow::Error::new)
    }

    /// As [`Outbox::submit`], once for each idempotency key: a repeat gives the first call's events and takes nothing,
    /// and another body under the same key is refused. Keys are kept 24 h of scenario time, the longest a client retries.
    pub async fn submit_once(
        &self,
        once: &Once,
        events: Vec<Vec<u8>>,
    ) -> anyhow::Result<Result<Vec<Submission>, Refusal>> {
        self.hand_in(events, Some(once)).await
    }

    /// What an idempotency key gave before, so that a caller need not build events again: none if it is new.
    pub async fn idempotent(&self, once: &Once) -> anyhow::Result<Result<Option<Vec<Submission>>, Refusal>> {
        let Some(used) = self.writer.pages.used(&once.key, self.node.clock.now())? else { return Ok(Ok(None)) };
        if used.body != once.body {
            return Ok(Err(book::reused()));
        }
        let held = used.events.iter().filter_map(|id| self.status(id).transpose());
        Ok(Ok(Some(held.map(|held| Ok(submission(&held?))).collect::<anyhow::Result<_>>()?)))
    }

    /// Signs an event with the node's author key, takes it and waits for its receipt.
    pub async fn sign_and_submit(&self, event: &Event) -> anyhow::Result<Submission> {
        let signed = self.sign(event)?;
        let submissions = self.submit(vec![signed]).await?;
        submissions.into_iter().next().context("an event without an answer")
    }

    /// The signed bytes of an event under the key it names as its author: the author's, or the relay's for an anchor.
    pub fn sign(&self, event: &Event) -> anyhow::Result<Vec<u8>> {
        let classes = [KeyClass::Author, KeyClass::Relay].into_iter();
        let secret = classes.filter_map(|class| self.node.keys.secret_of(class, &event.author)).next();
        let secret = secret.context("the event's author key is not one of ours")?;
        Ok(Signed::seal(&secret, Domain::Event, &self.node.genesis.chain_id, wire::event::encode(event)).to_bytes())
    }

    /// What is held of an event; none if it never came here, or was settled more than a day ago.
    pub fn status(&self, id: &EventId) -> anyhow::Result<Option<Held>> {
        self.writer.pages.held(id)
    }

    /// How many events are not settled.
    pub fn unsettled(&self) -> usize {
        self.live.len()
    }

    fn forget(&self, waits: Vec<(EventId, oneshot::Receiver<Held>)>) {
        for (id, told) in waits {
            drop(told);
            self.live.stop_waiting(&id);
        }
    }

    async fn hand_in(
        &self,
        events: Vec<Vec<u8>>,
        once: Option<&Once>,
    ) -> anyhow::Result<Result<Vec<Submission>, Refusal>> {
        let chain = &self.node.genesis.chain_id;
        let mut answers = Vec::with_capacity(events.len());
        let mut good: Vec<(EventId, Arc<[u8]>)> = Vec::with_capacity(events.len());
        for signed in events {
            let event_id = wire::event::id_of(chain, &signed);
            let checked = wire::event::open(chain, &signed).and_then(|opened| domain::form::check(&opened.event));
            let result = match checked {
                Ok(()) => {
                    good.push((event_id, signed.into()));
                    Sent::Queued
                }
                Err(refusal) => Sent::Refused(refusal.into()),
            };
            answers.push(Submission { event_id, result });
        }
        if !self.live.fits(good.len(), good.iter().map(|(_, signed)| signed.len()).sum()) {
            let why = "the outbox is full: the chain takes nothing at the moment; try again later";
            return Ok(Err(Refusal::new(Code::Overloaded, why)));
        }
        let waits: Vec<_> = good.iter().map(|(id, _)| (*id, self.live.wait(*id))).collect();
        let once = once.map(|once| (once.key, once.body));
        let written = self.writer.write(Change::Take { events: good, once, trace: Trace::current() }).await;
        let taken = match written {
            Ok(Answer::Taken(taken)) => taken,
            other => {
                self.forget(waits);
                return match other {
                    Ok(Answer::Reused(refusal)) => Ok(Err(refusal)),
                    Ok(_) => Err(anyhow::anyhow!("the outbox answered another question")),
                    Err(fault) => Err(fault),
                };
            }
        };
        let repeat = taken.iter().any(|(held, _)| answers.iter().all(|answer| answer.event_id != held.event_id));
        if repeat {
            self.forget(waits);
            return Ok(Ok(taken.iter().map(|(held, _)| submission(held)).collect()));
        }
        let mut known: std::collections::BTreeMap<_, _> =
            taken.into_iter().map(|(held, _)| (held.event_id, held)).collect();
        let ends = tokio::time::Instant::now() + PATIENCE;
        for (id, told) in waits {
            if known.get(&id).is_some_and(|held| held.fate == Fate::Queued) {
                if let Ok(Ok(held)) = tokio::time::timeout_at(ends, told).await {
                    known.insert(id, held);
                }
            } else {
                drop(told);
            }
            self.live.stop_waiting(&id);
        }
        for answer in &mut answers {
            if let Some(held) = known.get(&answer.event_id) {
                *answer = submission(held);
            }
        }
        Ok(Ok(answers))
    }
}

/// What is held of an event as an answer.
fn submission(held: &Held) -> Submission {
    let result = match (&held.fate, &held.receipt) {
        (Fate::Refused(code) | Fate::Rejected(code), _) => {
            let told = held.refusals.iter().filter_map(said_no).find(|body| body.code == *code);
            Sent::Refused(match told {
                Some(body) => Refused { code: body.code, field: body.field, detail: body.detail },
                None => Refused { code: *code, field: String::new(), detail: "refused on the log".to_owned() },
            })
        }
        (_, Some(receipt)) => Sent::Receipt(receipt.clone()),
        // Final through another outbox, or not there yet: there is no receipt to show.
        (_, None) => Sent::Queued,
    };
    Submission { event_id: held.event_id, result }
}

#[cfg(test)]
mod tests;
