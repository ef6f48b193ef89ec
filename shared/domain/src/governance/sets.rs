//! Cosigner sets and how one follows another. A change names the set of the next epoch; the block derives its leaf; when
//! a header's certificate under the set in force covers that leaf, the new set judges every checkpoint after that block.
//!
//! So every set is final under the one before it, and whoever knows the genesis can follow them to the newest.

use proof::checkpoint::Cosigner;
use proof::leaf::{CosignersLeaf, Leaf, MAX_RELAYS};
use proof::sign::PublicKey;

use crate::act::Halt;
use crate::chain::ChainPath;
use crate::genesis::bounds::{COSIGNERS, MAX_KEYS, MAX_MEMBERS};
use crate::genesis::{KeyClass, cosigner_name};
use crate::keys;
use crate::record::{ChainRecord, CosignersRecord, EpochsRecord, KeyRecord, MemberRecord};
use crate::refusal::{Code, Refusal};
use crate::state::{Draft, Fault, decoded};

/// The cosigners of a record as checkpoints name them.
pub fn named(record: &CosignersRecord, chain: &ChainPath) -> Vec<Cosigner> {
    let name = |(member, key): &(String, PublicKey)| Cosigner { name: cosigner_name(member, chain), key: *key };
    record.cosigners.iter().map(name).collect()
}

pub(crate) fn epochs(draft: &mut Draft<'_>) -> Result<EpochsRecord, Fault> {
    draft.get(&keys::epochs())?.ok_or_else(|| Fault(String::from("the chain has no cosigner epochs")))
}

fn of(draft: &mut Draft<'_>, epoch: u32) -> Result<CosignersRecord, Fault> {
    let record = draft.get(&keys::cosigners(epoch))?;
    record.ok_or_else(|| Fault(format!("the cosigner set of epoch {epoch} is not kept")))
}

/// The newest set named, in force or not.
pub(crate) fn newest(draft: &mut Draft<'_>) -> Result<CosignersRecord, Fault> {
    let newest = epochs(draft)?.newest;
    of(draft, newest)
}

/// A member cosigns with this key: in its place when it did before, else as the last.
pub(crate) fn put(draft: &mut Draft<'_>, member: &str, key: PublicKey) -> Result<(), Fault> {
    change(draft, |cosigners| match cosigners.iter_mut().find(|(cosigner, _)| cosigner == member) {
        Some((_, before)) => *before = key,
        None => cosigners.push((member.to_owned(), key)),
    })
}

/// A member no longer cosigns.
pub(crate) fn remove(draft: &mut Draft<'_>, member: &str) -> Result<(), Fault> {
    change(draft, |cosigners| cosigners.retain(|(cosigner, _)| cosigner != member))
}

/// The relay keys changed, which the leaf of a set carries to the parent too.
pub(crate) fn relays_changed(draft: &mut Draft<'_>) -> Result<(), Fault> {
    change(draft, |_| {})
}

/// Names the set of the next epoch; several changes in one block make one.
fn change(draft: &mut Draft<'_>, edit: impl FnOnce(&mut Vec<(String, PublicKey)>)) -> Result<(), Fault> {
    let mut at = epochs(draft)?;
    let mut record = of(draft, at.newest)?;
    edit(&mut record.cosigners);
    let unnamed = at.newest > at.current && record.leaf_index.is_none();
    if !unnamed {
        at.newest = at.newest.saturating_add(1);
        record = CosignersRecord { epoch: at.newest, leaf_index: None, from_size: None, handover: 0, ..record };
        draft.put(keys::epochs(), &at);
    }
    draft.put(keys::cosigners(record.epoch), &record);
    Ok(())
}

/// Refuses actions that leave a newest set with which the chain would stop or one liar would be too many, or nobody to
/// admit events and seal blocks. `before` is how many cosigned: where proven misbehaviour left fewer than four, what does
/// not make it worse is not refused, or nothing could be mended any more.
pub(super) fn safe(draft: &mut Draft<'_>, height: u64, before: usize) -> Result<(), Halt> {
    let fewer = draft.get::<ChainRecord>(&keys::chain())?.is_some_and(|chain| chain.allow_fewer_cosigners);
    let count = newest(draft)?.cosigners.len();
    let unsafe_ = |detail: String| Refusal::of(Code::UnsafeMembership, "actions", detail);
    let few = count < *COSIGNERS.start() && count < before && !fewer;
    if count == 0 || count > *COSIGNERS.end() || few {
        let detail = format!("{count} members would cosign; a quorum that one liar cannot break needs 4 to 16");
        return Err(unsafe_(detail).into());
    }
    // Keys that end this block or later by a retirement do not count: they will be gone.
    let live = keys_of(draft, height)?.into_iter().map(|(_, record)| record).filter(|record| record.until.is_none());
    let live = live.collect::<Vec<_>>();
    let members = super::apply::members(draft)?;
    let holds = |member: &MemberRecord, class| live.iter().any(|key| key.class == class && key.member == member.id);
    for (class, what) in [(KeyClass::Endorser, "admit events"), (KeyClass::Sealer, "seal blocks")] {
        if !members.iter().any(|member| member.node_role.manages() && holds(member, class)) {
            return Err(unsafe_(format!("no managing member would be left with a key to {what}")).into());
        }
    }
    Ok(())
}

/// Keys that may be used at `height` or later, by their record.
pub(crate) fn keys_of(draft: &mut Draft<'_>, height: u64) -> Result<Vec<(Vec<u8>, KeyRecord)>, Fault> {
    let most = MAX_MEMBERS.saturating_mul(KeyClass::ALL.len()).saturating_mul(MAX_KEYS);
    let found = draft.scan(b"key/", most)?;
    let records = found.into_iter().map(|(key, value)| decoded::<KeyRecord>(&key, &value).map(|record| (key, record)));
    let live = |record: &KeyRecord| record.until.is_none_or(|until| until >= height);
    Ok(records.collect::<Result<Vec<_>, _>>()?.into_iter().filter(|(_, record)| live(record)).collect())
}

/// The key that a key record's key in the state names.
fn public(key: &[u8]) -> Option<PublicKey> {
    std::str::from_utf8(key).ok()?.rsplit('/').next().and_then(PublicKey::parse)
}

/// The leaf of the newest set, if the block has to derive it; its index is kept with the set.
pub(crate) fn leaf(draft: &mut Draft<'_>, chain: &ChainPath, height: u64, index: u64) -> Result<Option<Leaf>, Fault> {
    let at = epochs(draft)?;
    if at.newest == at.current {
        return Ok(None);
    }
    let record = of(draft, at.newest)?;
    if record.leaf_index.is_some() {
        return Ok(None);
    }
    let cosigners = named(&record, chain);
    let relays = relays(draft, height)?;
    draft.put(keys::cosigners(record.epoch), &CosignersRecord { leaf_index: Some(index), ..record });
    Ok(Some(Leaf::Cosigners(CosignersLeaf { height, epoch: at.newest, cosigners, relays })))
}

/// Relay keys of members that take part. One that is retired is left out at once: the parent learns of no later block
/// in which it ends, and the key that takes its place was named to it before.
fn relays(draft: &mut Draft<'_>, height: u64) -> Result<Vec<PublicKey>, Fault> {
    let mut found = Vec::new();
    for (key, record) in keys_of(draft, height)? {
        let named = record.class == KeyClass::Relay && record.until.is_none();
        if named && super::apply::takes_part(draft, &record.member)? {
            found.extend(public(&key));
        }
    }
    found.truncate(MAX_RELAYS);
    Ok(found)
}

/// Puts the newest set in force that a certificate of this size covers, from the log size `end` on.
pub(crate) fn hand_over(draft: &mut Draft<'_>, covered: u64, height: u64, end: u64) -> Result<bool, Fault> {
    let at = epochs(draft)?;
    for epoch in (at.current.saturating_add(1)..=at.newest).rev() {
        let record = of(draft, epoch)?;
        if record.leaf_index.is_none_or(|index| index >= covered) {
            continue;
        }
        end_unnamed(draft, height, &record, at.newest)?;
        draft.put(keys::cosigners(epoch), &CosignersRecord { from_size: Some(end), handover: height, ..record });
        draft.put(keys::epochs(), &EpochsRecord { current: epoch, ..at });
        super::changed(draft)?;
        return Ok(true);
    }
    Ok(false)
}

/// Ends the cosigner keys that neither the set coming into force nor the newest one names, whatever became of the sets
/// in between.
fn end_unnamed(draft: &mut Draft<'_>, height: u64, now: &CosignersRecord, newest: u32) -> Result<(), Fault> {
    let newest = of(draft, newest)?;
    for (at, record) in keys_of(draft, height)? {
        let named = |set: &CosignersRecord| set.cosigners.iter().any(|(_, key)| Some(*key) == public(&at));
        if record.class == KeyClass::Cosigner && record.until.is_none() && !named(now) && !named(&newest) {
            draft.put(at, &record.ending(height));
        }
    }
    Ok(())
}
