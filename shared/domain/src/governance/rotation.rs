//! Keys that enter and end. What has ended never counts again, and a key that stood here once stands for nobody else.

use proof::sign::PublicKey;

use crate::act::{Halt, Scene};
use crate::event::Action;
use crate::genesis::KeyClass;
use crate::genesis::bounds::MAX_KEYS;
use crate::keys;
use crate::record::{KeyRecord, MemberRecord};
use crate::state::{Draft, Fault};
use crate::time::Millis;

use super::apply::{active, bad};
use super::sets;

/// The longest overlap of an old and a new key: a week of the busiest chain's blocks is far more than a rotation takes,
/// and a key that "retires" in years has not retired.
const MAX_OVERLAP_BLOCKS: u64 = 1_000_000;

/// Whether the action changes keys of this member and nothing else.
pub(super) fn concerns(draft: &mut Draft<'_>, action: &Action, member: &str) -> Result<bool, Fault> {
    Ok(match action {
        Action::AddKey { member: of, .. } => of == member,
        Action::NameCosigner { member: of, .. } => {
            of == member && sets::newest(draft)?.cosigners.iter().any(|(cosigner, _)| cosigner == member)
        }
        Action::RetireKey { class, key, .. } | Action::RevokeKey { class, key, .. } => {
            draft.get::<KeyRecord>(&keys::key(*class, key))?.is_some_and(|key| key.member == member)
        }
        _ => false,
    })
}

/// A key of any class but cosigner enters.
pub(super) fn add(
    draft: &mut Draft<'_>,
    scene: &Scene,
    member: &str,
    class: KeyClass,
    key: PublicKey,
) -> Result<(), Halt> {
    let record = active(draft, member)?;
    let fits = match class {
        KeyClass::Cosigner => return Err(bad("class", "a cosigner key is named with the set it belongs to")),
        KeyClass::Endorser | KeyClass::Sealer => record.node_role.manages(),
        _ => true,
    };
    if !fits {
        return Err(bad("class", "the member's node role has no use for such a key"));
    }
    enter(draft, scene, member, class, key)?;
    if class == KeyClass::Relay { Ok(sets::relays_changed(draft)?) } else { Ok(()) }
}

/// Enters a key that stands nowhere on this chain yet.
pub(super) fn enter(
    draft: &mut Draft<'_>,
    scene: &Scene,
    member: &str,
    class: KeyClass,
    key: PublicKey,
) -> Result<(), Halt> {
    if key.0 == [0; 32] {
        return Err(bad("key", "is all zeros"));
    }
    for known in KeyClass::ALL {
        if draft.get::<KeyRecord>(&keys::key(known, &key))?.is_some() {
            return Err(bad("key", "the key stands on this chain already; every key is used once"));
        }
    }
    let held = sets::keys_of(draft, scene.height)?;
    if held.iter().filter(|(_, record)| record.member == member && record.class == class).count() >= MAX_KEYS {
        return Err(bad("key", "the member has as many keys of this class as it may; retire one first"));
    }
    let record = KeyRecord { member: member.to_owned(), class, since: scene.height, until: None, suspect_since: None };
    draft.put(keys::key(class, &key), &record);
    Ok(())
}

/// A key ends after an overlap in which old and new are both valid.
pub(super) fn retire(
    draft: &mut Draft<'_>,
    scene: &Scene,
    class: KeyClass,
    key: &PublicKey,
    overlap_blocks: u64,
) -> Result<(), Halt> {
    if overlap_blocks > MAX_OVERLAP_BLOCKS {
        return Err(bad("overlap_blocks", "is over a million blocks"));
    }
    end(draft, class, key, |record| record.ending(scene.height.saturating_add(overlap_blocks)))
}

/// A key ends with this block; a suspicion can be found to reach further back, and is not taken back.
pub(super) fn revoke(
    draft: &mut Draft<'_>,
    scene: &Scene,
    class: KeyClass,
    key: &PublicKey,
    suspect_since: Option<Millis>,
) -> Result<(), Halt> {
    end(draft, class, key, |record| KeyRecord {
        suspect_since: match (record.suspect_since, suspect_since) {
            (Some(known), Some(since)) => Some(known.min(since)),
            (known, since) => known.or(since),
        },
        ..record.ending(scene.height)
    })
}

fn end(
    draft: &mut Draft<'_>,
    class: KeyClass,
    key: &PublicKey,
    ending: impl Fn(KeyRecord) -> KeyRecord,
) -> Result<(), Halt> {
    let at = keys::key(class, key);
    let Some(record) = draft.get::<KeyRecord>(&at)? else {
        return Err(bad("key", "no such key of that class stands on this chain"));
    };
    let member = record.member.clone();
    draft.put(at, &ending(record));
    match class {
        KeyClass::Relay => Ok(sets::relays_changed(draft)?),
        // A key that cosigns can end only with its place in the set; whoever rotates it names the new one first.
        KeyClass::Cosigner if sets::newest(draft)?.cosigners.iter().any(|(_, named)| named == key) => {
            if let Some(record) = draft.get::<MemberRecord>(&keys::member(&member))? {
                draft.put(keys::member(&member), &MemberRecord { cosigner: false, ..record });
            }
            Ok(sets::remove(draft, &member)?)
        }
        _ => Ok(()),
    }
}
