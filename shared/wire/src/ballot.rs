//! Ballots on the wire (`tocsin.endorsement.v1`).

use domain::event::Ballot;
use domain::refusal::Refusal;

use crate::canonical::{digest, text};
use crate::proto::endorsement::v1 as proto;
use crate::vocabulary::choice;

pub(crate) fn ballot_out(fact: &Ballot) -> proto::Ballot {
    proto::Ballot {
        subject: fact.subject.0.to_vec(),
        choice: choice::number(fact.choice),
        reason: fact.reason.clone(),
        policy: fact.policy.clone(),
    }
}

pub(crate) fn ballot_in(fact: proto::Ballot) -> Result<Ballot, Refusal> {
    Ok(Ballot {
        subject: digest(&fact.subject, "subject")?,
        choice: choice::value(fact.choice, "choice")?,
        reason: text(fact.reason, "reason")?,
        policy: text(fact.policy, "policy")?,
    })
}
