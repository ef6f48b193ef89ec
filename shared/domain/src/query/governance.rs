//! What a state says about its own government: proposals, policies, the phase, cosigner sets, keys.

use proof::sign::PublicKey;

use crate::event::EventId;
use crate::governance::{CLASSES, DEFAULT_RULE, FALLBACK_CLASS, ProposalRecord};
use crate::keys;
use crate::record::{CosignersRecord, KeyRecord, Kind, PhaseRecord, PolicyRecord};
use crate::state::list::list;
use crate::state::{Fault, View, read};

/// A policy as it decides a class now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyInForce {
    /// The class.
    pub class: &'static str,
    /// The policy.
    pub policy: PolicyRecord,
    /// Whether the chain set it for this class; else it is that of `governance`, or what stands in for that.
    pub own: bool,
}

/// Proposals of all outcomes, by event id after `after`.
pub fn proposals(
    view: &dyn View,
    after: Option<&EventId>,
    limit: usize,
) -> Result<Vec<(EventId, ProposalRecord)>, Fault> {
    list(view, "proposal/", after.map(keys::proposal), limit, EventId::parse)
}

/// The policy of every class that has one: of reports those the chain takes, of proposals all.
pub fn policies(view: &dyn View) -> Result<Vec<PolicyInForce>, Fault> {
    let fallback = read::<PolicyRecord>(view, &keys::policy(FALLBACK_CLASS))?;
    let fallback = fallback.unwrap_or_else(|| PolicyRecord { rule: DEFAULT_RULE.to_owned(), deadline_ms: 0 });
    let mut found = Vec::new();
    let reports = Kind::ALL.into_iter().filter(|kind| kind.judged() && *kind != Kind::Proposal).map(Kind::name);
    for class in reports {
        if let Some(policy) = read(view, &keys::policy(class))? {
            found.push(PolicyInForce { class, policy, own: true });
        }
    }
    for class in CLASSES {
        let own = read::<PolicyRecord>(view, &keys::policy(class))?;
        found.push(PolicyInForce { class, own: own.is_some(), policy: own.unwrap_or_else(|| fallback.clone()) });
    }
    Ok(found)
}

/// The phase of the response; `None` until a proposal sets one.
pub fn phase(view: &dyn View) -> Result<Option<PhaseRecord>, Fault> {
    read(view, &keys::phase())
}

/// Cosigner sets from an epoch on.
pub fn cosigner_sets(view: &dyn View, from: u32, limit: usize) -> Result<Vec<CosignersRecord>, Fault> {
    let after = from.checked_sub(1).map(keys::cosigners);
    let found = list(view, "cosigners/", after, limit, |epoch| Some(epoch.to_owned()))?;
    Ok(found.into_iter().map(|(_, set)| set).collect())
}

/// Every key the chain has known, by class and key; proposals name them one by one.
pub fn keys_known(view: &dyn View) -> Result<Vec<(PublicKey, KeyRecord)>, Fault> {
    list(view, "key/", None, usize::MAX, |key| key.rsplit('/').next().and_then(PublicKey::parse))
}

/// The record of a member's author key: whether, and since when, it may have been in other hands.
pub fn author_key(view: &dyn View, key: &PublicKey) -> Result<Option<KeyRecord>, Fault> {
    read(view, &keys::key(crate::genesis::KeyClass::Author, key))
}
