//! The running numbers of endorsement nodes: every number is executed once; a number passed over is a named hole until
//! its bundle arrives.

use proof::sign::PublicKey;

use crate::chain::Lane;
use crate::genesis::KeyClass;
use crate::keys;
use crate::record::{BundleRecord, KeyRecord, MemberRecord};
use crate::refusal::Code;
use crate::state::{Draft, Fault, read};

use super::{BundleInput, Run};

/// Holes kept for a node and lane: 8 KiB of state. A node that is passed over publishes again, so holes close; one
/// that skips more numbers than this is refused until it fills them.
pub const MAX_HOLES: usize = 1024;

impl Run<'_> {
    /// One intake message: a bundle of an active endorsement node in its turn, a repeat, or junk.
    pub(super) fn bundle(&mut self, input: &BundleInput) -> Result<(), Fault> {
        let (endorser, lane, number, events) = match input {
            BundleInput::Junk { lane, hash, code } => return self.junk(*lane, *hash, *code),
            BundleInput::Bundle { endorser, lane, number, events } => (endorser, *lane, *number, events),
        };
        if !self.endorses(endorser)? {
            return self.junk(lane, bundle_id(endorser, lane, number), Code::BadBundle);
        }
        let key = keys::bundle(endorser, lane);
        let record = read(&self.state, &key)?.unwrap_or(BundleRecord { next: 1, holes: Vec::new() });
        match take(record, number) {
            Turn::Repeat => {
                let count = u32::try_from(events.len()).unwrap_or(u32::MAX);
                self.position = self.position.saturating_add(count);
                Ok(())
            }
            Turn::TooFar => self.junk(lane, bundle_id(endorser, lane, number), Code::BadBundle),
            Turn::Now(record) => {
                let mut draft = Draft::new(&self.state);
                draft.put(key, &record);
                let writes = draft.finish().1;
                self.state.apply(writes)?;
                events.iter().try_for_each(|entry| self.event(lane, entry))
            }
        }
    }

    fn junk(&mut self, lane: Lane, hash: proof::digest::Digest, code: Code) -> Result<(), Fault> {
        let position = self.position;
        self.position = self.position.saturating_add(1);
        self.refuse(lane, position, hash, hash, code)
    }

    /// Whether the key is an endorser key in use of a managing member that takes part.
    fn endorses(&self, endorser: &PublicKey) -> Result<bool, Fault> {
        let key = read::<KeyRecord>(&self.state, &keys::key(KeyClass::Endorser, endorser))?;
        let Some(key) = key.filter(|key| key.active_at(self.scene.height)) else { return Ok(false) };
        let member = read::<MemberRecord>(&self.state, &keys::member(&key.member))?;
        Ok(member.is_some_and(|member| member.active && member.node_role.manages()))
    }
}

/// What stands in the leaf of a refused bundle: who sent which number in which lane.
fn bundle_id(endorser: &PublicKey, lane: Lane, number: u64) -> proof::digest::Digest {
    let number = number.to_be_bytes();
    proof::digest::Digest::of_parts(&[b"tocsin/v1/bundle", &endorser.0, lane.name().as_bytes(), &number])
}

/// What a bundle's number means.
enum Turn {
    /// It is executed, and this is the record then.
    Now(BundleRecord),
    /// It was executed before.
    Repeat,
    /// It would leave more holes than we keep.
    TooFar,
}

fn take(mut record: BundleRecord, number: u64) -> Turn {
    if number < record.next {
        return match record.holes.binary_search(&number) {
            Ok(at) => {
                record.holes.remove(at);
                Turn::Now(record)
            }
            Err(_) => Turn::Repeat,
        };
    }
    let skipped = usize::try_from(number - record.next).unwrap_or(usize::MAX);
    // The highest number has no next one.
    if number == u64::MAX || record.holes.len().saturating_add(skipped) > MAX_HOLES {
        return Turn::TooFar;
    }
    record.holes.extend(record.next..number);
    record.next = number + 1;
    Turn::Now(record)
}
