//! Misbehaviour that proves itself: whose keys signed two stories of this log lose them, whoever shows it.
//!
//! Only cosigners can be shown to lie by two signatures alone: a cosignature states what the whole log was, so two that
//! contradict each other can't both be honest. A sealer may rightly sign two blocks of one height when the stream lost
//! the first, and who delays or drops events signs nothing; q cosigners exclude a sealer (`proof::exclusion`). Two
//! events of an author that contradict each other are two reports, which ballots judge.
//!
//! What is shown ends the keys that signed, and only those. A key that was replaced long ago may have been stolen since:
//! its two stories say nothing about the key its member cosigns with now, and must not drive an honest member out.

use proof::checkpoint::{Cosigner, origin};
use proof::evidence::{Evidence, EvidenceError};
use proof::sign::PublicKey;

use crate::act::{Act, Halt, Scene};
use crate::alert::{self, AlertKind, AlertState, AlertText};
use crate::chain::{ChainPath, MemberId};
use crate::codec::record;
use crate::event::{AlertLevel, EventId, Misbehaviour};
use crate::genesis::{KeyClass, cosigner_name};
use crate::governance::{self, sets};
use crate::keys;
use crate::record::{KeyRecord, MemberRecord, Outcome};
use crate::refusal::{Code, Refusal};
use crate::state::{Draft, Fault, decoded};
use crate::time::Millis;

record! {
    /// What was proven of a cosigner key, at `keys::misbehaviour(key)`.
    pub struct MisbehaviourRecord {
        /// Whose key it is.
        pub member: MemberId,
        /// The event that carries the evidence.
        pub event: EventId,
        /// Chain time.
        pub at: Millis,
    }
}

/// Ends the keys that the evidence names, hands over to a set without them and rings.
pub(crate) fn decide(draft: &mut Draft<'_>, act: &Act<'_>, claim: &Misbehaviour) -> Result<Outcome, Halt> {
    let scene = act.scene;
    let mut new = Vec::new();
    for (member, key) in proven(draft, scene, claim)? {
        let at = keys::misbehaviour(&key);
        if draft.get::<MisbehaviourRecord>(&at)?.is_some() {
            continue;
        }
        draft.put(at, &MisbehaviourRecord { member: member.clone(), event: act.submitted.id, at: scene.now });
        new.push((member, key));
    }
    if new.is_empty() {
        return Err(Refusal::of(Code::Closed, "evidence", "the keys it names were ended for it already").into());
    }
    for (_, key) in &new {
        let at = keys::key(KeyClass::Cosigner, key);
        if let Some(record) = draft.get::<KeyRecord>(&at)? {
            draft.put(at, &record.ending(scene.height));
        }
    }
    leave(draft, &new)?;
    governance::changed(draft)?;
    alert::ring_text(draft, scene, act.submitted.id, AlertState::Confirmed, text(act, &new))?;
    Ok(Outcome::Accepted)
}

/// The cosigner keys that the evidence proves something about, and whose they are.
fn proven(draft: &mut Draft<'_>, scene: &Scene, claim: &Misbehaviour) -> Result<Vec<(MemberId, PublicKey)>, Halt> {
    let refused = |detail: String| Refusal::of(Code::NotEvidence, "evidence", detail);
    let evidence = Evidence::parse(&claim.evidence).map_err(|error| refused(error.to_string()))?;
    let known = known(draft, &scene.chain)?;
    let cosigners = known.iter().map(|(_, cosigner)| cosigner.clone()).collect::<Vec<_>>();
    let log = origin(scene.chain.as_str(), &scene.chain_id);
    let named = evidence.check(&log, &cosigners).map_err(|error| refused(why(&error)))?;
    let of = |cosigner: &Cosigner| known.iter().find(|(_, one)| one == cosigner).map(|(member, _)| member.clone());
    Ok(named.iter().filter_map(|cosigner| Some((of(cosigner)?, cosigner.key))).collect())
}

/// What the check found, without names that came with the evidence: a refusal repeats no input.
fn why(error: &EvidenceError) -> String {
    match error {
        EvidenceError::Origin(_) => String::from("a checkpoint is of another log than this chain's"),
        EvidenceError::Stranger(_) => String::from("a cosignature is by no cosigner of this chain, or repeated"),
        EvidenceError::Signature(_) => String::from("a cosignature does not hold"),
        plain => plain.to_string(),
    }
}

/// Every cosigner key this chain has ever known, in key order: of all epochs, in use or not. Proposals name them one by
/// one, so there are few.
fn known(draft: &mut Draft<'_>, chain: &ChainPath) -> Result<Vec<(MemberId, Cosigner)>, Fault> {
    let mut known = Vec::new();
    let prefix = format!("key/{}/", KeyClass::Cosigner.name());
    for (key, value) in draft.scan(prefix.as_bytes(), usize::MAX)? {
        let record = decoded::<KeyRecord>(&key, &value)?;
        let public = key.strip_prefix(prefix.as_bytes()).and_then(|text| std::str::from_utf8(text).ok());
        let public = public.and_then(PublicKey::parse).ok_or_else(|| Fault(String::from("a key's key is no key")))?;
        let name = cosigner_name(&record.member, chain);
        known.push((record.member, Cosigner { name, key: public }));
    }
    Ok(known)
}

/// Hands over to a set without those that cosign with a proven key, even if fewer than four remain: a set that keeps a
/// proven liar to make up the number is worse than a small one, and members can name more. Only a set of nobody is not
/// derived: no chain could leave it again.
fn leave(draft: &mut Draft<'_>, proven: &[(MemberId, PublicKey)]) -> Result<(), Fault> {
    let cosigners = sets::newest(draft)?.cosigners;
    let (lying, honest): (Vec<_>, Vec<_>) = cosigners.into_iter().partition(|cosigner| proven.contains(cosigner));
    if honest.is_empty() {
        return Ok(());
    }
    for (member, _) in lying {
        let at = keys::member(&member);
        if let Some(record) = draft.get::<MemberRecord>(&at)? {
            draft.put(at, &MemberRecord { cosigner: false, ..record });
        }
        sets::remove(draft, &member)?;
    }
    Ok(())
}

fn text(act: &Act<'_>, proven: &[(MemberId, PublicKey)]) -> AlertText {
    let mut members = proven.iter().map(|(member, _)| member.as_str()).collect::<Vec<_>>();
    members.sort_unstable();
    members.dedup();
    let headline = format!("Cosigners of this log signed two stories of it: {}", members.join(", "));
    AlertText {
        instruction: String::from("Compare the checkpoints you hold with the other cosigners' and audit the log."),
        events: act.event().causes.clone(),
        ..AlertText::line(AlertLevel::Orange, AlertKind::Misbehaviour, &act.event().region, headline)
    }
}

#[cfg(test)]
mod tests;
