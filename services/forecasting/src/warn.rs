//! Warnings as events, and their way out.
//!
//! Nothing in a warning comes from a clock or from chance: nonce and times follow from its causes, so that one computed
//! again, after a restart or from zero, is the same event and changes nothing on the chain. It is sent until it is seen in
//! the final log. It is worth something for [`VALID_DAYS`], so that a service set up on an old log rings for nothing old:
//! the chain refuses what has expired.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use domain::chain::Lane;
use domain::event::{Event, EventId, Fact, SecurityLevel, Warning};
use domain::time::DAY_MS;
use host::outbox::{Outbox, Sent};
use host::projection::Projected;
use host::stop::Stop;
use proof::digest::Digest;
use proof::sign::{ChainId, PublicKey, event_id};
use tokio::sync::Notify;

use crate::detector::{Draft, Trigger};
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
    /// The event of a warning: its id and body.
    pub(crate) fn event(&self, draft: &Draft) -> anyhow::Result<(EventId, Vec<u8>)> {
        let signal = &draft.signal;
        let method = signal.trigger.method();
        let name = match signal.disease.name.len() {
            0..=MAX_NAME_IN_HEADLINE => &signal.disease.name,
            _ => &signal.disease.code,
        };
        let what = match signal.trigger {
            Trigger::Day => format!("{} confirmed on {}", signal.count, signal.day),
            Trigger::Cluster => format!("suspected cluster of {} positives", signal.count),
        };
        let event = Event {
            author: (self.key)(),
            lane: Lane::Urgent,
            nonce: nonce(method, &signal.causes),
            occurred_at: signal.known_at,
            created_at: signal.known_at,
            valid_until: signal.known_at.plus_ms(VALID_DAYS * DAY_MS),
            region: signal.region.clone(),
            security: SecurityLevel::Public,
            response: None,
            fact: Fact::Warning(Warning {
                disease: signal.disease.clone(),
                level: draft.level,
                headline: format!("{name} in region {}: {what}, threshold {}", signal.region, draft.threshold),
                method: method.to_owned(),
            }),
            sealed: Vec::new(),
            causes: signal.causes.clone(),
            expect: Vec::new(),
        };
        domain::form::check(&event)?;
        let body = wire::event::encode(&event);
        Ok((event_id(&self.chain, &body), body))
    }
}

/// 16 bytes of the hash of the method and the causes' ids.
fn nonce(method: &str, causes: &[EventId]) -> [u8; 16] {
    let ids = causes.iter().map(|cause| cause.as_bytes().as_slice());
    let parts: Vec<&[u8]> = [b"tocsin/v1/warning".as_slice(), method.as_bytes()].into_iter().chain(ids).collect();
    let hash = Digest::of_parts(&parts);
    hash.0.first_chunk().copied().unwrap_or_default()
}

/// Hands every pending warning to the outbox once in a process; the outbox keeps it until it is final.
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
                    tracing::warn!(event = %id, "the outbox did not take the warning {id}: {error:#}");
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
            tracing::error!(event = %id, code = refused.code.text(), "the warning {id} was refused")
        }
        Sent::Receipt(_) | Sent::Queued => tracing::info!(event = %id, "the warning {id} was sent"),
    }
    Ok(())
}
