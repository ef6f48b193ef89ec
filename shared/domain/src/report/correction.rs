//! Corrections: a report's own member answers a question and amends what it stated, while the report is open.
//!
//! Whoever judged before judged something else, so all ballots lapse with the correction, questions too; their members
//! may judge again. The deadline stays: a member cannot put a decision off by correcting. What has rung stays as it rang:
//! a headline changes by a report of its own, not under those who read it. The report's event is what it was; the
//! correction is an event beside it.

use crate::act::{Act, Halt, unknown_cause};
use crate::ballot::BallotRecord;
use crate::codec::record;
use crate::event::{Correction, EventId};
use crate::keys;
use crate::record::{EventRecord, Kind, Outcome};
use crate::refusal::{Code, Refusal};
use crate::state::Draft;
use crate::time::Millis;

use super::{DailyClaim, Subject};

record! {
    /// The last correction of an open report.
    pub struct Amended {
        /// The correction's event.
        pub event: EventId,
        /// When its author signed it: a ballot signed before judged another claim.
        pub at: Millis,
    }
}

/// Amends an open report.
pub(crate) fn decide(draft: &mut Draft<'_>, act: &Act<'_>, correction: &Correction) -> Result<Outcome, Halt> {
    let mut subject = subject(draft, act, correction)?;
    if let Some(counts) = correction.counts {
        let Some(claim) = subject.daily else {
            let detail = "only a daily aggregate states counts; leave them out";
            return Err(Refusal::of(Code::BadAction, "counts", detail).into());
        };
        subject.daily = Some(DailyClaim { counts, ..claim });
    }
    for ballot in std::mem::take(&mut subject.ballots) {
        let key = keys::ballot(&correction.subject, &ballot.member);
        if let Some(record) = draft.get::<BallotRecord>(&key)? {
            draft.put(key, &BallotRecord { lapsed: true, ..record });
        }
    }
    subject.amended = Some(Amended { event: act.submitted.id, at: act.event().created_at });
    draft.put(keys::open(&correction.subject), &subject);
    Ok(Outcome::Accepted)
}

/// The open report that the correction is about, if it is the author's own.
fn subject(draft: &mut Draft<'_>, act: &Act<'_>, correction: &Correction) -> Result<Subject, Halt> {
    let Some(record) = draft.get::<EventRecord>(&keys::event(&correction.subject))? else {
        return Err(unknown_cause(&correction.subject).into());
    };
    if !record.kind.judged() || record.kind == Kind::Proposal || record.code != proof::leaf::OK {
        return Err(
            Refusal::of(Code::BadCause, "subject", "only reports, warnings and directives are corrected").into()
        );
    }
    if record.member != act.member.id {
        return Err(Refusal::of(Code::NotOwner, "subject", "only the report's own member corrects it").into());
    }
    let open = draft.get::<Subject>(&keys::open(&correction.subject))?.filter(|_| record.outcome == Outcome::Open);
    let closed = || Refusal::new(Code::Closed, "the report is settled; what was accepted is superseded or refuted");
    Ok(open.ok_or_else(closed)?)
}

#[cfg(test)]
mod tests;
