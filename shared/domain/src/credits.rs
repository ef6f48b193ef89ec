//! Credits: what reporting well earns and what crying wolf costs. Credits are entries, each with its reason and event,
//! never a counter: an entry is written once and never changes, a balance is the sum of a member's entries
//! (`credits::account`), and what an entry took back is another entry beside it.
//!
//! An accepted report earns its reporter and those who endorsed it; what is earned vests after [`VESTING_MS`]. A report
//! that objections or a veto rejected, or that a proposal refuted later, costs them; what was earned is then taken back.
//! A report that nobody decided costs nothing.
//!
//! Nothing is earned where nobody was asked: under `author` (with or without a veto) a member's own word would pay the
//! member, and every automatic aggregate would carry an entry of some 150 bytes, more than its own effect on the state.
//! Nor is anything earned or lost in an exercise, in which members must be free to be wrong. A proposal is no report.
//!
//! Credits buy nothing here: they are a record that members read and may use in their policies' choice of whom to ask.
//! Urgency allowances, whose overdraft costs credits, are in `urgency`.

pub mod account;
pub mod urgency;

use crate::act::Scene;
use crate::chain::MemberId;
use crate::codec::{by_place, record};
use crate::event::{Choice, EventId};
use crate::keys;
use crate::record::Outcome;
use crate::refusal::Code;
use crate::report::subject;
use crate::report::subject::{SettledRecord, Subject};
use crate::state::{Draft, Fault};
use crate::time::{DAY_MS, Millis};

/// What is earned vests after this much chain time. A wrong report shows itself within the incubation of the cases it
/// claims, for which quarantine rules take 14 days.
pub const VESTING_MS: u64 = 14 * DAY_MS;

/// Why a member has an entry. Amounts are small whole numbers whose ratios are what matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CreditReason {
    /// Its report was accepted.
    Accepted,
    /// A report it endorsed was accepted.
    Endorsed,
    /// What the report earned it was taken back when the report was refuted.
    TakenBack,
    /// Its report was found wrong.
    Refuted,
    /// A report it endorsed was found wrong.
    EndorsedRefuted,
    /// An urgent event went over its allowance.
    UrgencyOverdraft,
    /// Evidence it brought proved nothing.
    NotEvidence,
}

impl CreditReason {
    /// Every reason.
    pub const ALL: [CreditReason; 7] = [
        CreditReason::Accepted,
        CreditReason::Endorsed,
        CreditReason::TakenBack,
        CreditReason::Refuted,
        CreditReason::EndorsedRefuted,
        CreditReason::UrgencyOverdraft,
        CreditReason::NotEvidence,
    ];

    /// Its name in keys and JSON.
    pub fn name(self) -> &'static str {
        match self {
            CreditReason::Accepted => "accepted",
            CreditReason::Endorsed => "endorsed",
            CreditReason::TakenBack => "taken-back",
            CreditReason::Refuted => "refuted",
            CreditReason::EndorsedRefuted => "endorsed-refuted",
            CreditReason::UrgencyOverdraft => "urgency-overdraft",
            CreditReason::NotEvidence => "not-evidence",
        }
    }

    /// The reason of that name.
    pub fn parse(text: &str) -> Option<Self> {
        CreditReason::ALL.into_iter().find(|reason| reason.name() == text)
    }

    /// What it is worth; what is taken back is worth what was given.
    fn amount(self) -> i64 {
        match self {
            CreditReason::Accepted => 10,
            // To read a report takes less than to make it; five readers are as much as the reporter.
            CreditReason::Endorsed => 2,
            CreditReason::TakenBack => 0,
            // Twice the gain: who is right in less than two of three judged reports loses by carelessness.
            CreditReason::Refuted => -20,
            // The same odds for who vouches, whether a person did or the member's automatic policy.
            CreditReason::EndorsedRefuted => -4,
            // A tenth of what an accepted report earns: an alarm over the allowance that was right still pays.
            CreditReason::UrgencyOverdraft => -1,
            // Evidence can be checked at home for nothing before it takes every ledger's time.
            CreditReason::NotEvidence => -5,
        }
    }
}

by_place!(CreditReason);

record! {
    /// An entry of a member's account, at `keys::credit(member, event, reason)`.
    pub struct CreditRecord {
        /// What it adds; what costs is negative.
        pub amount: i64,
        /// Why.
        pub reason: CreditReason,
        /// Chain time when it was written.
        pub at: Millis,
        /// Chain time from which it counts as vested; what costs does so at once.
        pub vests_at: Millis,
    }
}

fn key_of(member: &str, event: &EventId, reason: CreditReason) -> Vec<u8> {
    keys::credit(member, event, reason.name())
}

fn enter(draft: &mut Draft<'_>, scene: &Scene, member: &str, event: &EventId, reason: CreditReason) {
    let vests_at = match reason {
        CreditReason::Accepted | CreditReason::Endorsed => scene.now.plus_ms(VESTING_MS),
        _ => scene.now,
    };
    let record = CreditRecord { amount: reason.amount(), reason, at: scene.now, vests_at };
    draft.put(key_of(member, event, reason), &record);
}

/// What a report earns or costs when ballots decide it.
pub(crate) fn settled(
    draft: &mut Draft<'_>,
    scene: &Scene,
    id: &EventId,
    subject: &Subject,
    outcome: Outcome,
) -> Result<(), Fault> {
    if subject.exercise() {
        return Ok(());
    }
    let (reporters, endorsers) = match outcome {
        Outcome::Accepted if subject::parsed(&subject.rule)?.asks_others() => {
            (CreditReason::Accepted, CreditReason::Endorsed)
        }
        // Only objections and vetoes reject; what nobody decides stays open.
        Outcome::Rejected => (CreditReason::Refuted, CreditReason::EndorsedRefuted),
        _ => return Ok(()),
    };
    enter(draft, scene, &subject.member, id, reporters);
    for ballot in subject.ballots.iter().filter(|ballot| ballot.choice == Choice::Endorse) {
        enter(draft, scene, &ballot.member, id, endorsers);
    }
    Ok(())
}

/// Takes back what an accepted report earned and charges what a refuted one costs. `settled` is missing where nobody
/// but its author spoke for it.
pub(crate) fn refuted(
    draft: &mut Draft<'_>,
    scene: &Scene,
    id: &EventId,
    member: &str,
    settled: Option<&SettledRecord>,
) -> Result<(), Fault> {
    if settled.is_some_and(|settled| settled.exercise) {
        return Ok(());
    }
    let endorsers: &[MemberId] = settled.map_or(&[], |settled| &settled.endorsers);
    let reporter = [(member, CreditReason::Accepted, CreditReason::Refuted)];
    let endorsing = endorsers.iter().map(|member| {
        let member: &str = member;
        (member, CreditReason::Endorsed, CreditReason::EndorsedRefuted)
    });
    for (member, earned, cost) in reporter.into_iter().chain(endorsing) {
        if let Some(earned) = draft.get::<CreditRecord>(&key_of(member, id, earned))? {
            // It vests with what it takes back, so that a balance never counts one without the other.
            let back = CreditRecord {
                amount: earned.amount.saturating_neg(),
                reason: CreditReason::TakenBack,
                at: scene.now,
                vests_at: earned.vests_at,
            };
            draft.put(key_of(member, id, CreditReason::TakenBack), &back);
        }
        enter(draft, scene, member, id, cost);
    }
    Ok(())
}

/// What a refused event costs its author: only evidence that proves nothing does, for it takes every ledger's time and
/// accuses somebody.
pub(crate) fn refused(draft: &mut Draft<'_>, scene: &Scene, id: &EventId, member: &str, code: Code) {
    if code == Code::NotEvidence && !member.is_empty() {
        enter(draft, scene, member, id, CreditReason::NotEvidence);
    }
}

#[cfg(test)]
mod tests;
