//! A member's automatic policy: it endorses daily aggregates and zero reports of other members that pass its checks of
//! form and consistency, and again as corrected, since a correction voids the ballots before it. It never invents or changes
//! a count, never objects and never judges clusters, cases or findings: those are people's.
//!
//! It follows the member's own ledger from a saved place. Its ballots are made of what they judge alone, so that a repeat
//! after a crash is the same event.

use std::time::Duration;

use anyhow::Context;
use domain::event::{Ballot, Choice, Correction, DailyAggregate, Event, EventId, Fact, SecurityLevel, ZeroReport};
use domain::genesis::KeyClass;
use domain::policy::Policy;
use domain::time::{DAY_MS, Millis};
use host::ledger::LedgerClient;
use host::node::Node;
use host::outbox::Outbox;
use host::standing::Roster;
use journal::Store;
use proof::digest::Digest;
use proof::sign::PublicKey;
use tracing::info;
use wire::ledger::{EntryKind, LogEntry};

/// The policy's name on its ballots.
pub(crate) const NAME: &str = "form-and-consistency";
/// Log entries read at once.
const PAGE: u32 = 256;
/// How long the ledger holds a question while nothing is new.
const WAIT_MS: u64 = 2_000;
/// Pause after a fault.
const AFTER_FAULT: Duration = Duration::from_millis(500);
/// A day is reported at the earliest when it has begun somewhere east of Greenwich.
const EARLIEST_MS: u64 = 14 * 3_600_000;
/// A report of a day older than a month is a correction that people look at.
const LATEST_MS: u64 = 31 * DAY_MS;

/// Follows the ledger until the node stops.
pub(crate) async fn follow(node: Node, outbox: Outbox) {
    while !node.stop.is_set() {
        if let Err(fault) = judge_from_place(&node, &outbox).await {
            info!(chain = %node.genesis.chain, member = %node.member, "the automatic policy pauses: {fault:#}");
            tokio::time::sleep(AFTER_FAULT).await;
        }
    }
}

async fn judge_from_place(node: &Node, outbox: &Outbox) -> anyhow::Result<()> {
    let store = Store::open(node.data.join("automatic"))?;
    let places = store.space("place")?;
    let ledger = LedgerClient::new(node);
    let stored = places.get("next")?.and_then(|bytes| bytes.try_into().ok());
    let mut next = stored.map_or(0, u64::from_be_bytes);
    while !node.stop.is_set() {
        let entries = ledger.read_log(next, PAGE, WAIT_MS, false).await?;
        let Some(last) = entries.last() else { continue };
        let after = last.index + 1;
        let author = node.key(KeyClass::Author).context("the chain lets no author key here count")?.public();
        let mut ballots = Vec::new();
        for entry in &entries {
            ballots.extend(ballot(node, &ledger, author, entry).await?);
        }
        if !ballots.is_empty() {
            let signed = ballots.iter().map(|ballot| outbox.sign(ballot)).collect::<anyhow::Result<Vec<_>>>()?;
            outbox.submit(signed).await?;
        }
        next = after;
        let mut batch = store.batch();
        batch.put(&places, "next", next.to_be_bytes());
        store.commit(batch)?;
    }
    Ok(())
}

/// The ballot on a log entry, if the policy has one to cast.
async fn ballot(
    node: &Node,
    ledger: &LedgerClient,
    author: PublicKey,
    entry: &LogEntry,
) -> anyhow::Result<Option<Event>> {
    let Some((id, said)) = opened(node, entry) else { return Ok(None) };
    let (subject, judged) = match &said.fact {
        Fact::Correction(correction) => match ledger.event_status(correction.subject).await? {
            Some(status) => {
                let entries = ledger.read_log(status.index, 1, 0, false).await?;
                let report = entries.first().and_then(|entry| opened(node, entry));
                let Some((subject, report)) = report else { return Ok(None) };
                (subject, corrected(report, correction))
            }
            None => return Ok(None),
        },
        _ => (id, said.clone()),
    };
    let roster = node.standing.current();
    let is_own = roster.owner(KeyClass::Author, &said.author).is_none_or(|author| author.id == node.member);
    let cast = !is_own && has_policy(&roster, &judged.fact) && passes(&judged);
    Ok(cast.then(|| endorsement(author, subject, id, &said)))
}

/// The event of an entry that was executed and not refused.
fn opened(node: &Node, entry: &LogEntry) -> Option<(EventId, Event)> {
    if entry.kind != EntryKind::Event || entry.code != 0 {
        return None;
    }
    Some((entry.event_id?, wire::event::open(&node.genesis.chain_id, &entry.signed).ok()?.event))
}

/// The report as its member amended it.
fn corrected(mut report: Event, correction: &Correction) -> Event {
    if let (Fact::DailyAggregate(daily), Some(counts)) = (&mut report.fact, correction.counts) {
        daily.counts = counts;
    }
    report
}

/// Reports accepted by their author's word alone need no ballot.
fn has_policy(roster: &Roster, fact: &Fact) -> bool {
    let class = domain::record::Kind::of(fact).class();
    let rule = roster.policies.get(class).and_then(|policy| Policy::parse(&policy.rule).ok());
    rule.is_some_and(|rule| rule.asks_others())
}

/// Whether form and consistency hold.
fn passes(event: &Event) -> bool {
    match &event.fact {
        Fact::DailyAggregate(DailyAggregate { report_date, counts, .. }) => {
            in_time(event.created_at, report_date.start())
                && counts.iter().try_fold(0_u64, |sum, n| sum.checked_add(*n)).is_some()
        }
        Fact::ZeroReport(ZeroReport { report_date, .. }) => in_time(event.created_at, report_date.start()),
        _ => false,
    }
}

/// Whether a day that starts at `day` was reported neither before it began nor long after it ended.
fn in_time(created: Millis, day: Millis) -> bool {
    created.plus_ms(EARLIEST_MS) >= day && created <= day.plus_ms(LATEST_MS)
}

/// The ballot on `subject` as `said` by the event `id`: the report itself or its last correction.
fn endorsement(author: PublicKey, subject: EventId, id: EventId, said: &Event) -> Event {
    let nonce = Digest::of_parts(&[b"tocsin/v1/automatic", author.0.as_slice(), id.as_bytes()]);
    let mut causes = vec![subject, id];
    causes.dedup();
    Event {
        author,
        lane: said.lane,
        nonce: nonce.as_bytes().first_chunk().copied().unwrap_or_default(),
        occurred_at: said.created_at,
        created_at: said.created_at,
        valid_until: Millis(0),
        region: said.region.clone(),
        security: SecurityLevel::Public,
        response: None,
        fact: Fact::Ballot(Ballot { subject, choice: Choice::Endorse, reason: String::new(), policy: NAME.to_owned() }),
        sealed: Vec::new(),
        causes,
        expect: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use domain::chain::Lane;
    use domain::event::{Disease, Origin};
    use domain::time::Date;

    use super::*;

    fn daily(created: &str, day: &str, counts: [u64; 5]) -> Event {
        Event {
            author: PublicKey([1; 32]),
            lane: Lane::Normal,
            nonce: [0; 16],
            occurred_at: Millis::parse(created).unwrap(),
            created_at: Millis::parse(created).unwrap(),
            valid_until: Millis(0),
            region: "320100".into(),
            security: SecurityLevel::Public,
            response: None,
            fact: Fact::DailyAggregate(DailyAggregate {
                disease: Disease { code: "U07.1".into(), name: "COVID-19".into() },
                report_date: Date::parse(day).unwrap(),
                origin: Origin::Local,
                counts,
            }),
            sealed: vec![],
            causes: vec![],
            expect: vec![],
        }
    }

    #[test]
    fn a_days_counts_in_time_pass_and_a_future_or_ancient_day_is_left_to_people() {
        assert!(passes(&daily("2021-07-21T16:30:00Z", "2021-07-21", [0, 0, 11, 0, 0])));
        assert!(!passes(&daily("2021-07-21T16:30:00Z", "2021-07-23", [0, 0, 11, 0, 0])));
        assert!(!passes(&daily("2021-07-21T16:30:00Z", "2021-05-23", [0, 0, 11, 0, 0])));
        assert!(!passes(&daily("2021-07-21T16:30:00Z", "2021-07-21", [u64::MAX, 1, 0, 0, 0])));
    }

    #[test]
    fn the_ballot_on_a_subject_is_the_same_after_a_restart_and_another_as_corrected_or_of_another_member() {
        let (subject, correction) = (Digest::of(b"subject"), Digest::of(b"correction"));
        let of = daily("2021-07-21T16:30:00Z", "2021-07-21", [0; 5]);
        let cast = |member, id| endorsement(PublicKey([member; 32]), subject, id, &of);
        assert_eq!(cast(2, subject), cast(2, subject));
        assert_ne!(cast(2, subject).nonce, cast(3, subject).nonce);
        assert_ne!(cast(2, subject).nonce, cast(2, correction).nonce);
        assert_eq!(cast(2, correction).causes, [subject, correction]);
    }

    #[test]
    fn a_corrected_day_is_judged_by_its_new_counts_and_an_answer_without_counts_by_its_old_ones() {
        let report = daily("2021-07-21T16:30:00Z", "2021-07-21", [0, 0, 11, 0, 0]);
        let correction = |counts| Correction { subject: Digest::of(b"s"), counts, statement: "as asked".into() };
        assert!(passes(&corrected(report.clone(), &correction(None))));
        assert!(passes(&corrected(report.clone(), &correction(Some([0, 0, 12, 0, 0])))));
        assert!(!passes(&corrected(report, &correction(Some([u64::MAX, 1, 0, 0, 0])))));
    }
}
