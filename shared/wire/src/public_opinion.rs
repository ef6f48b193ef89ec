//! Deposits on the wire (`tocsin.public_opinion.v1`).

use domain::event::Deposit;
use domain::refusal::Refusal;

use crate::canonical::{digest, text};
use crate::proto::public_opinion::v1 as proto;

pub(crate) fn deposit_out(fact: &Deposit) -> proto::Deposit {
    proto::Deposit { digest: fact.digest.0.to_vec(), source: fact.source.clone(), title: fact.title.clone() }
}

pub(crate) fn deposit_in(fact: proto::Deposit) -> Result<Deposit, Refusal> {
    Ok(Deposit {
        digest: digest(&fact.digest, "digest")?,
        source: text(fact.source, "source")?,
        title: text(fact.title, "title")?,
    })
}
