//! When each member that has reported did so last, by the end of the log.
//!
//! Limit: of who reported before that part of the log only accepted reports that were judged are remembered, by their
//! credits. Ballots, stocks and beds are no reports.

use std::collections::BTreeMap;

use domain::credits::{CreditReason, CreditRecord};
use domain::event::Fact;
use domain::genesis::Genesis;
use domain::keys;
use domain::record::{KeyRecord, MemberRecord};
use domain::time::Millis;
use host::ledger::LedgerClient;

use super::MOST;

/// Entries of the log looked through: some days of a busy city.
const TAIL: u64 = 20_000;
/// Entries read at once.
const PAGE: u32 = 256;
/// A member's credits looked at: one that reports has earned some within as many.
const CREDITS: usize = 256;

/// The members that have reported and take part, with the time of the last report that was found.
pub(super) async fn heard(
    ledger: &LedgerClient,
    genesis: &Genesis,
    members: &BTreeMap<String, MemberRecord>,
    size: u64,
) -> anyhow::Result<Vec<(String, Option<Millis>)>> {
    let authors = ledger.records::<KeyRecord>(b"key/author/", MOST).await?.into_iter();
    let authors = authors
        .filter_map(|(key, record)| Some((String::from_utf8(key).ok()?.rsplit('/').next()?.to_owned(), record.member)))
        .collect::<BTreeMap<_, _>>();
    let mut heard = BTreeMap::<String, Option<Millis>>::new();
    let mut from = size.saturating_sub(TAIL);
    while from < size {
        let entries = ledger.read_log(from, PAGE, 0, true).await?;
        let Some(last) = entries.last().map(|entry| entry.index) else { break };
        for entry in entries.iter().filter(|entry| !entry.signed.is_empty()) {
            let Ok(opened) = wire::event::open(&genesis.chain_id, &entry.signed) else { continue };
            let member = authors.get(&opened.key.to_string()).and_then(|member| members.get(member));
            if let Some(member) = member.filter(|member| member.active && is_report(&opened.event.fact)) {
                let at = heard.entry(member.id.clone()).or_default();
                *at = (*at).max(Some(opened.event.created_at));
            }
        }
        from = last + 1;
    }
    for member in members.values().filter(|member| member.active && !heard.contains_key(&member.id)).collect::<Vec<_>>()
    {
        let credits = ledger.records::<CreditRecord>(&keys::credits(&member.id), CREDITS).await?;
        if credits.iter().any(|(_, credit)| credit.reason == CreditReason::Accepted) {
            heard.insert(member.id.clone(), None);
        }
    }
    Ok(heard.into_iter().collect())
}

/// Whether it is what a sentinel owes: a report, be it that there was nothing.
fn is_report(fact: &Fact) -> bool {
    matches!(
        fact,
        Fact::CaseReport(_)
            | Fact::DailyAggregate(_)
            | Fact::SuspectedCluster(_)
            | Fact::ZeroReport(_)
            | Fact::LabResult(_)
    )
}

#[cfg(test)]
mod tests {
    use domain::event::{Ballot, Choice, Disease, EventId, ZeroReport};
    use domain::time::Date;

    use super::*;

    /// Seen to fail while every signed event counted: a ministry that votes was a sentinel.
    #[test]
    fn a_zero_is_a_report_and_a_ballot_is_none() {
        let disease = Disease { code: "U07.1".into(), name: "COVID-19".into() };
        let report_date = Date::parse("2021-07-20").unwrap();
        assert!(is_report(&Fact::ZeroReport(ZeroReport { disease, report_date, facility: "hospital".into() })));
        let subject = EventId::parse(&"0".repeat(64)).unwrap();
        let (reason, policy) = (String::new(), String::new());
        assert!(!is_report(&Fact::Ballot(Ballot { subject, choice: Choice::Endorse, reason, policy })));
    }
}
