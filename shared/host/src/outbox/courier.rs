//! The courier sends what is due in groups, journals what the nodes say, and comes again until every event is settled.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use domain::event::EventId;
use domain::refusal::Code;
use proof::sign::Signed;
use tokio::sync::Semaphore;
use wire::admission::RefusalBody;

use crate::outbox::book::{Answer, Change, Learnt};
use crate::outbox::held::{Fate, Held, SignedRefusal};
use crate::outbox::live::Live;
use crate::outbox::round::{Group, Rounds, SILENCE, Said};
use crate::outbox::writer::Writer;
use crate::stop::Stop;
use crate::telemetry::trace::Trace;

/// Events of one request: one bundle.
const GROUP: usize = wire::admission::MAX_EVENTS;
/// Bytes of one request, with room for its framing.
const GROUP_BYTES: usize = wire::admission::MAX_MESSAGE_BYTES - 32 * 1024;
/// Requests on their way at once. While all are under way, what comes in gathers into full groups.
const REQUESTS: usize = 8;
/// Waits between rounds of one event: 0.5 s, doubling to 8 s, so that a chain that comes back is not flooded.
const FIRST_WAIT: Duration = Duration::from_millis(500);
const LONGEST_WAIT: Duration = Duration::from_secs(8);
/// After a receipt the log is expected to show the event; when it did not within this time, a ledger is asked.
pub(crate) const LOOK_AFTER: Duration = Duration::from_secs(5);

/// What the courier works with.
pub(crate) struct Courier {
    pub(crate) rounds: Arc<Rounds>,
    pub(crate) live: Arc<Live>,
    pub(crate) writer: Writer,
    pub(crate) stop: Stop,
}

impl Courier {
    /// Sends until the end.
    pub(crate) async fn run(self: Arc<Self>) {
        let permits = Arc::new(Semaphore::new(REQUESTS));
        while !self.stop.is_set() {
            let Ok(permit) = permits.clone().acquire_owned().await else { return };
            let due = self.live.take_due(GROUP, GROUP_BYTES);
            if due.is_empty() {
                drop(permit);
                let next = self.live.next_send();
                let time = async {
                    match next {
                        Some(at) => tokio::time::sleep_until(at.into()).await,
                        None => std::future::pending().await,
                    }
                };
                tokio::select! {
                    () = self.live.sendable.notified() => {}
                    () = time => {}
                    () = self.stop.wait() => return,
                }
                continue;
            }
            let courier = self.clone();
            tokio::spawn(async move {
                // Several requests share a round; its trace is the first one's.
                let trace = due.iter().find_map(|id| courier.live.origin(id).1);
                let round = trace.unwrap_or_else(|| Trace::continued(None)).run("outbox round", courier.carry(&due));
                tokio::select! {
                    () = round => {}
                    () = courier.stop.wait() => {}
                }
                drop(permit);
            });
        }
    }

    /// One round of a group.
    async fn carry(&self, due: &[EventId]) {
        let mut group: Group = Vec::with_capacity(due.len());
        let mut held_before = HashMap::new();
        for id in due {
            match (self.writer.pages.signed(id), self.writer.pages.held(id)) {
                (Ok(Some(signed)), Ok(Some(held))) => {
                    group.push((*id, signed.into()));
                    held_before.insert(*id, held);
                }
                (Ok(_), Ok(_)) => self.live.settled(id),
                (Err(fault), _) | (_, Err(fault)) => {
                    tracing::error!("the outbox can not read what it keeps: {fault:#}");
                    self.live.again(id, wait);
                }
            }
        }
        // An event that has its receipt and is sent again goes to another node first.
        let resent = held_before.values().any(|held| held.fate == Fate::Receipt);
        // Journalled as it is heard: while another node is asked about the rest, a submitter would wait for a receipt that
        // is here, and the log could show the event final first. At most one message for each event and node.
        let (hear, mut heard) = tokio::sync::mpsc::unbounded_channel();
        let ask = async move {
            self.rounds.own(group, usize::from(resent), &mut |id, what| drop(hear.send((id, what)))).await
        };
        let journal = async {
            let mut said = Vec::new();
            while heard.recv_many(&mut said, GROUP).await > 0 {
                self.journal(&mut said).await;
            }
        };
        let (left, ()) = tokio::join!(ask, journal);
        let mut said = Vec::new();
        let ids: Vec<_> = left.iter().map(|(id, _)| *id).collect();
        let open = left.into_iter().filter(|(id, _)| self.may_appeal(id)).collect();
        self.rounds.appeal(open, &mut |id, what| said.push((id, what))).await;
        self.journal(&mut said).await;
        for id in ids {
            self.conclude(&id).await;
        }
    }

    /// Makes durable what was said; only then anybody hears of it. A receipt that can't be journalled is asked for again.
    async fn journal(&self, said: &mut Vec<(EventId, Said)>) {
        let changes = said.drain(..).map(|(id, said)| {
            let (what, receipt) = match said {
                Said::Receipt(receipt) => (Learnt::Receipt(receipt), true),
                Said::Appeal(receipt) => (Learnt::Appeal(receipt), false),
                Said::Refusal(refusal) => (Learnt::Refusal(refusal), false),
            };
            async move {
                let answer = self.writer.write(Change::Learn { id, what }).await;
                match answer {
                    Ok(Answer::Learnt(Some(_))) if receipt => self.live.receipted(&id, LOOK_AFTER),
                    Ok(_) => {}
                    Err(fault) => {
                        tracing::error!("an answer could not be journalled: {fault:#}");
                        self.live.again(&id, wait);
                    }
                }
            }
        });
        futures::future::join_all(changes).await;
    }

    /// An appeal is made once, when the chain's own nodes were silent for long enough or enough of them refused: nodes that
    /// are just starting are no reason to trouble the parent.
    fn may_appeal(&self, id: &EventId) -> bool {
        let Ok(Some(held)) = self.writer.pages.held(id) else { return false };
        let silent = self.live.origin(id).0 >= SILENCE;
        held.fate == Fate::Queued && held.appeal.is_none() && (silent || self.verdict(&held).is_some())
    }

    /// After a round without a receipt: settled when enough nodes refused, else again later.
    async fn conclude(&self, id: &EventId) {
        let held = match self.writer.pages.held(id) {
            Ok(Some(held)) => held,
            Ok(None) => return self.live.settled(id),
            Err(fault) => {
                tracing::error!("the outbox can not read what it keeps: {fault:#}");
                return self.live.again(id, wait);
            }
        };
        if held.fate == Fate::Receipt {
            // Sent again without a new receipt: the old one stands, a ledger is asked again.
            return self.live.receipted(id, LOOK_AFTER);
        }
        match self.verdict(&held) {
            Some(code) => {
                let what = Learnt::Settled(Fate::Refused(code));
                if let Err(fault) = self.writer.write(Change::Learn { id: *id, what }).await {
                    tracing::error!("a refusal could not be journalled: {fault:#}");
                    self.live.again(id, wait);
                }
            }
            None => self.live.again(id, wait),
        }
    }

    /// The code the first refusing node of the own chain gave, once enough of them refused.
    fn verdict(&self, held: &Held) -> Option<Code> {
        let own = held.refusals.iter().filter(|refusal| self.rounds.is_own(&refusal.member));
        let refusals: Vec<_> = own.collect();
        if refusals.is_empty() || refusals.len() < self.rounds.enough_refusals() {
            return None;
        }
        refusals.first().and_then(|refusal| said_no(refusal)).map(|body| body.code)
    }
}

/// The body of a signed refusal.
pub(crate) fn said_no(refusal: &SignedRefusal) -> Option<RefusalBody> {
    RefusalBody::decode(&Signed::from_bytes(&refusal.signed)?.body).ok()
}

/// The wait before round `n`.
pub(crate) fn wait(round: u32) -> Duration {
    FIRST_WAIT.saturating_mul(1 << round.saturating_sub(1).min(4)).min(LONGEST_WAIT)
}
