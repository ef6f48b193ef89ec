//! What early warning says, as events, and their way out.
//!
//! Nothing in them comes from a clock or from chance: nonce and times follow from the log, so that one computed again, after a
//! restart or from zero, is the same event and changes nothing on the chain. Each is sent until it is seen in the final log.
//! A warning is worth something for [`VALID_DAYS`], so that a service set up on an old log rings for nothing old: the chain
//! refuses what has expired, as it refuses forecasts of what has happened.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use domain::chain::Lane;
use domain::event::{Disease, Event, EventId, Fact, SecurityLevel, Warning};
use domain::time::{DAY_MS, Millis};
use host::outbox::{Outbox, Sent};
use host::projection::Projected;
use host::stop::Stop;
use proof::digest::Digest;
use proof::sign::{ChainId, PublicKey, event_id};
use tokio::sync::Notify;

use crate::detector::{Draft, Trigger};
use crate::lookout::Said;
use crate::model::Days;

/// A warning of last week warns nobody.
const VALID_DAYS: u64 = 7;
/// After a fault of the outbox, before the next try.
const RETRY: Duration = Duration::from_secs(1);
/// A headline is read on a telephone; a longer name of a disease is left to the disease's own field.
const MAX_NAME_IN_HEADLINE: usize = 100;

/// Who signs, on which chain.
pub(crate) struct Author {
    /// The author key to sign with now. A warning that is drawn up again after a rotation is another event; those that
    /// are old enough to be on the log already have expired.
    pub(crate) key: Box<dyn Fn() -> PublicKey + Send + Sync>,
    pub(crate) chain: ChainId,
}

impl Author {
    /// Whether a key is the one it signs with.
    pub(crate) fn signs(&self, key: &PublicKey) -> bool {
        (self.key)() == *key
    }

    /// The event of what is to be said: its id and body.
    pub(crate) fn event(&self, said: &Said) -> anyhow::Result<(EventId, Vec<u8>)> {
        let (lane, valid_until) = match &said.fact {
            Fact::Warning(_) => (Lane::Urgent, said.known_at.plus_ms(VALID_DAYS * DAY_MS)),
            Fact::Assessment(_) | Fact::Ballot(_) => (Lane::High, Millis(0)),
            _ => (Lane::Normal, Millis(0)),
        };
        let mut event = Event {
            author: (self.key)(),
            lane,
            nonce: [0; 16],
            occurred_at: said.known_at,
            created_at: said.known_at,
            valid_until,
            region: said.region.clone(),
            security: SecurityLevel::Public,
            response: None,
            fact: said.fact.clone(),
            sealed: Vec::new(),
            causes: said.causes.clone(),
            expect: Vec::new(),
        };
        // 16 bytes of the hash of all the rest: the same said again is the same event.
        event.nonce = Digest::of(&wire::event::encode(&event)).0.first_chunk().copied().unwrap_or_default();
        domain::form::check(&event)?;
        let body = wire::event::encode(&event);
        Ok((event_id(&self.chain, &body), body))
    }
}

/// The warning of a count that reached its threshold.
pub(crate) fn of_threshold(draft: Draft) -> Said {
    let Draft { signal, level, threshold } = draft;
    let what = match signal.trigger {
        Trigger::Day => format!("{} confirmed on {}", signal.count, signal.day),
        Trigger::Cluster => format!("suspected cluster of {} positives", signal.count),
    };
    let headline = format!("{} in region {}: {what}, threshold {threshold}", short(&signal.disease), signal.region);
    let method = signal.trigger.method().to_owned();
    let fact =
        Fact::Warning(Warning { disease: signal.disease, level, headline, method, supersedes: None, ground: None });
    Said { region: signal.region, fact, causes: signal.causes, known_at: signal.known_at }
}

/// A disease's name for a headline, or its code where the name is too long.
pub(crate) fn short(disease: &Disease) -> &str {
    if disease.name.len() <= MAX_NAME_IN_HEADLINE { &disease.name } else { &disease.code }
}

/// Hands everything pending to the outbox once in a process; the outbox keeps it until it is final.
pub(crate) async fn send(days: Projected<Days>, outbox: Outbox, bell: Arc<Notify>, stop: Stop) {
    let mut sent = BTreeSet::new();
    while !stop.is_set() {
        let Ok(pending) = days.ask(Days::pending).await else { return };
        sent.retain(|id| pending.iter().any(|(other, _)| other == id));
        let mut failed = false;
        for (id, body) in pending {
            if sent.contains(&id) {
                continue;
            }
            match hand_in(&outbox, &body).await {
                Ok(()) => {
                    sent.insert(id);
                }
                Err(error) => {
                    failed = true;
                    tracing::warn!(event = %id, "the outbox did not take the event {id}: {error:#}");
                }
            }
        }
        tokio::select! {
            () = bell.notified() => {}
            () = tokio::time::sleep(RETRY), if failed => {}
            () = stop.wait() => {}
        }
    }
}

/// A refusal is an answer: it is told, and sending the same again would not mend it.
async fn hand_in(outbox: &Outbox, body: &[u8]) -> anyhow::Result<()> {
    let submission = outbox.sign_and_submit(&wire::event::decode(body)?).await?;
    let id = submission.event_id;
    match submission.result {
        Sent::Refused(refused) => {
            tracing::error!(event = %id, code = refused.code.text(), "what was said as {id} was refused")
        }
        Sent::Receipt(_) | Sent::Queued => tracing::info!(event = %id, "the event {id} was sent"),
    }
    Ok(())
}
