//! Ballots: members' judgements of open reports. Every ballot is an event with an author and a reason; the report's
//! policy, as it stood when the report was opened, says what the ballots amount to.

use proof::sign::PublicKey;

use crate::act::{Act, Halt};
use crate::codec::{Reader, Record, Writer, record};
use crate::event::{Ballot, Choice, EventId};
use crate::genesis::NodeRole;
use crate::keys;
use crate::policy::{CastBallot, roles_of};
use crate::record::{EventRecord, MemberRecord, Outcome};
use crate::refusal::{Code, Refusal};
use crate::report::subject::Subject;
use crate::report::{settle, subject};
use crate::rising;
use crate::state::Draft;
use crate::time::Millis;

record! {
    /// A member's ballot on a subject, at `keys::ballot(subject, member)`; it outlives the subject's settling.
    pub struct BallotRecord {
        /// The ballot's event.
        pub event: EventId,
        /// The author key that signed it: one that is revoked later may have been in other hands then.
        pub key: PublicKey,
        /// The judgement.
        pub choice: Choice,
        /// The reason code; may be empty.
        pub reason: String,
        /// The automatic policy that cast it; empty when a person did.
        pub policy: String,
        /// Chain time.
        pub at: Millis,
        /// The block's height.
        pub height: u64,
        /// Whether the report was corrected since, so that the ballot no longer counts.
        pub lapsed: bool,
    }
}

impl Record for CastBallot {
    fn write(&self, out: &mut Writer) {
        self.member.write(out);
        self.roles.write(out);
        self.sector.write(out);
        self.regions.write(out);
        self.choice.write(out);
    }
    fn read(input: &mut Reader<'_>) -> Option<Self> {
        Some(CastBallot {
            member: Record::read(input)?,
            roles: Record::read(input)?,
            sector: Record::read(input)?,
            regions: Record::read(input)?,
            choice: Record::read(input)?,
        })
    }
}

/// Casts a ballot and settles the report if that decides it.
pub(crate) fn decide(draft: &mut Draft<'_>, act: &Act<'_>, ballot: &Ballot) -> Result<Outcome, Halt> {
    let (scene, member) = (act.scene, act.member);
    let mut subject = subject(draft, ballot, member)?;
    if subject.amended.as_ref().is_some_and(|amended| act.event().created_at < amended.at) {
        let detail = "the report was corrected after the ballot was signed; judge it as it is now";
        return Err(Refusal::of(Code::BadCause, "subject", detail).into());
    }
    let policy = subject::parsed(&subject.rule)?;
    let cast = CastBallot {
        member: member.id.clone(),
        roles: roles_of(&member.roles, member.node_role),
        sector: member.sector.clone(),
        regions: member.regions.clone(),
        choice: ballot.choice,
    };
    let supervisor = member.node_role == NodeRole::Supervisor;
    let stops = ballot.choice == Choice::Veto && supervisor;
    if !stops {
        policy.hears(&cast, &subject.electors)?;
        if ballot.choice == Choice::Veto && subject.window_end.is_none_or(|end| scene.now >= end) {
            return Err(Refusal::new(Code::Closed, "the veto window of this report has passed").into());
        }
    }
    let key = keys::ballot(&ballot.subject, &member.id);
    // A question is not yet a judgement: whoever asked may still judge, once.
    let judged =
        |earlier: BallotRecord| !earlier.lapsed && (earlier.choice != Choice::Ask || ballot.choice == Choice::Ask);
    if draft.get::<BallotRecord>(&key)?.is_some_and(judged) {
        return Err(Refusal::new(Code::AlreadyBalloted, "the member has judged this report already").into());
    }
    let record = BallotRecord {
        event: act.submitted.id,
        key: act.event().author,
        choice: ballot.choice,
        reason: ballot.reason.clone(),
        policy: ballot.policy.clone(),
        at: scene.now,
        height: scene.height,
        lapsed: false,
    };
    draft.put(key, &record);
    subject.ballots.retain(|earlier| earlier.member != cast.member);
    subject.ballots.push(cast);
    if stops {
        settle::settle(draft, scene, &ballot.subject, &subject, Outcome::Rejected)?;
    } else {
        settle::judge(draft, scene, &ballot.subject, &subject)?;
    }
    Ok(Outcome::Accepted)
}

/// The open report that the ballot is about, if this member may judge it.
fn subject(draft: &mut Draft<'_>, ballot: &Ballot, member: &MemberRecord) -> Result<Subject, Halt> {
    if ballot.choice == Choice::Veto && ballot.reason.is_empty() {
        return Err(Refusal::of(Code::VetoReason, "reason", "a veto names its reason code").into());
    }
    let Some(record) = draft.get::<EventRecord>(&keys::event(&ballot.subject))? else {
        return rising::escalation::subject(draft, &ballot.subject, member);
    };
    if !record.kind.judged() || record.code != proof::leaf::OK {
        return Err(Refusal::of(Code::BadCause, "subject", "only reports, warnings and directives are judged").into());
    }
    if record.member == member.id {
        return Err(Refusal::new(Code::SelfEndorse, "a member does not judge its own report").into());
    }
    if record.outcome != Outcome::Open {
        return Err(Refusal::new(Code::Closed, "the report is settled").into());
    }
    match draft.get::<Subject>(&keys::open(&ballot.subject))? {
        Some(subject) => Ok(subject),
        None => Err(Refusal::new(Code::Closed, "the report is settled").into()),
    }
}

#[cfg(test)]
mod tests;
