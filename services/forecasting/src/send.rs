//! The way out of what early warning says: everything pending is handed to the outbox once in a process, and the outbox
//! keeps it until it is final.
//!
//! Many go together: a day is a dozen forecasts, and one after the other each would wait for the block of the one before.
//! What names another pending one as its cause waits until that one is on the final log, because admission holds a whole
//! request for a cause that is still on its way.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use domain::event::{Event, EventId};
use host::outbox::{Outbox, Sent};
use host::projection::Projected;
use host::stop::Stop;
use tokio::sync::Notify;
use tokio::task::JoinSet;

use crate::model::Days;

/// Events handed in together: what one bundle holds, so that one journal entry and one request carry them.
const TOGETHER: usize = wire::admission::MAX_EVENTS;
/// Groups on their way at once: as many requests as an outbox has under way, so that a new warning does not wait for the
/// receipts of a day's forecasts.
const GROUPS: usize = 8;
/// After a fault of the outbox, before the next try.
const RETRY: Duration = Duration::from_secs(1);

/// Hands in what is pending until the node stops.
pub(crate) async fn send(days: Projected<Days>, outbox: Outbox, bell: Arc<Notify>, stop: Stop) {
    let (mut sent, mut groups) = (BTreeSet::new(), JoinSet::new());
    while !stop.is_set() {
        let Ok(pending) = days.ask(Days::pending).await else { return };
        sent.retain(|id| pending.iter().any(|(other, _)| other == id));
        for group in ready(&pending, &sent).chunks(TOGETHER).take(GROUPS.saturating_sub(groups.len())) {
            sent.extend(group.iter().map(|(id, _)| *id));
            groups.spawn(hand_in(outbox.clone(), group.to_vec()));
        }
        let failed = tokio::select! {
            () = bell.notified() => BTreeSet::new(),
            // A task that panicked is a bug, which ends the process; nothing is left to hand in again.
            Some(done) = groups.join_next() => done.unwrap_or_default(),
            () = stop.wait() => return,
        };
        if !failed.is_empty() {
            sent.retain(|id| !failed.contains(id));
            tokio::select! {
                () = tokio::time::sleep(RETRY) => {}
                () = stop.wait() => return,
            }
        }
    }
}

/// What may be handed in now: the most urgent first, and nothing before its causes.
fn ready(pending: &[(EventId, Vec<u8>)], sent: &BTreeSet<EventId>) -> Vec<(EventId, Event)> {
    let waits = |event: &Event| event.causes.iter().any(|cause| pending.iter().any(|(id, _)| id == cause));
    let decoded = pending.iter().filter(|(id, _)| !sent.contains(id));
    // What was drawn up here decodes.
    let decoded = decoded.filter_map(|(id, body)| Some((*id, wire::event::decode(body).ok()?)));
    let mut ready = decoded.filter(|(_, event)| !waits(event)).collect::<Vec<_>>();
    ready.sort_by_key(|(id, event)| (event.lane, event.created_at, *id));
    ready
}

/// Hands in a group; gives those that the outbox did not take.
async fn hand_in(outbox: Outbox, group: Vec<(EventId, Event)>) -> BTreeSet<EventId> {
    match submit(&outbox, &group).await {
        Ok(()) => BTreeSet::new(),
        Err(error) => {
            tracing::warn!(events = group.len(), "the outbox did not take {} events: {error:#}", group.len());
            group.into_iter().map(|(id, _)| id).collect()
        }
    }
}

/// A refusal is an answer: it is told, and sending the same again would not mend it.
async fn submit(outbox: &Outbox, group: &[(EventId, Event)]) -> anyhow::Result<()> {
    let signed = group.iter().map(|(id, event)| outbox.sign(event).with_context(|| format!("the event {id}")));
    for submission in outbox.submit(signed.collect::<anyhow::Result<_>>()?).await? {
        let id = submission.event_id;
        match submission.result {
            Sent::Refused(refused) => {
                tracing::error!(event = %id, code = refused.code.text(), "what was said as {id} was refused")
            }
            Sent::Receipt(_) | Sent::Queued => tracing::info!(event = %id, "the event {id} was sent"),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use domain::event::{Ballot, Choice, Fact};
    use domain::time::Millis;
    use proof::digest::Digest;

    use super::*;
    use crate::lookout::Said;
    use crate::warn::Author;

    fn said(reason: &str, causes: Vec<EventId>) -> (EventId, Vec<u8>) {
        let author = Author { key: Box::new(|| proof::sign::PublicKey([1; 32])), chain: Digest([1; 32]) };
        let ballot =
            Ballot { subject: Digest([2; 32]), choice: Choice::Endorse, reason: reason.into(), policy: String::new() };
        let said = Said { region: "320100".into(), fact: Fact::Ballot(ballot), causes, known_at: Millis(1) };
        author.event(&said).unwrap()
    }

    /// Seen to fail with `waits` left out of `ready`: both went together.
    #[test]
    fn what_another_pending_one_causes_waits_until_that_one_is_on_the_log() {
        let first = said("first", vec![Digest([2; 32])]);
        let second = said("second", vec![first.0]);
        let ids = |pending: &[_], sent: &[EventId]| {
            let ready = ready(pending, &sent.iter().copied().collect());
            ready.into_iter().map(|(id, _)| id).collect::<Vec<_>>()
        };
        let both = [first.clone(), second.clone()];
        assert_eq!(ids(&both, &[]), [first.0]);
        assert_eq!(ids(&both, &[first.0]), [], "it was sent, but is not on the log yet");
        assert_eq!(ids(&both[1..], &[first.0]), [second.0]);
    }
}
