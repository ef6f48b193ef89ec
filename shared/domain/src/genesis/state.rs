//! The state at height 0: the chain's settings, members, keys, policies and children, as if the genesis were an event.

use proof::digest::Digest;

use crate::codec::{Record, encode};
use crate::keys;
use crate::record::{ChainRecord, KeyRecord, MemberRecord, PolicyRecord};
use crate::rising::ChildRecord;
use crate::state::Writes;
use crate::time::Millis;

use super::{Child, Genesis, Member};

impl Genesis {
    /// What the genesis writes. Deterministic: two ledgers with one file start from the same bytes.
    pub fn writes(&self) -> Writes {
        let mut writes = Writes::new();
        put(
            &mut writes,
            keys::chain(),
            &ChainRecord { regions: self.regions.clone(), genesis_time: self.genesis_time },
        );
        for member in &self.members {
            put(&mut writes, keys::member(&member.id), &member_record(member));
            for (class, key) in member.keys.iter().flat_map(|(class, keys)| keys.iter().map(|key| (*class, key))) {
                let record = KeyRecord { member: member.id.clone(), class, since: 0, until: None };
                put(&mut writes, keys::key(class, key), &record);
            }
        }
        for (class, policy) in &self.policies {
            let record = PolicyRecord { rule: policy.rule.clone(), deadline_ms: policy.deadline_ms };
            put(&mut writes, keys::policy(class), &record);
        }
        for child in &self.children {
            put(&mut writes, keys::child(&child.chain), &child_record(child));
        }
        writes
    }
}

fn member_record(member: &Member) -> MemberRecord {
    MemberRecord {
        id: member.id.clone(),
        name: member.name.clone(),
        node_role: member.node_role,
        roles: member.roles.clone(),
        sector: member.sector.clone(),
        regions: member.regions.clone(),
        cosigner: member.cosigner,
        active: true,
    }
}

/// Nothing anchored yet.
fn child_record(child: &Child) -> ChildRecord {
    ChildRecord {
        chain: child.chain.clone(),
        chain_id: child.chain_id,
        cosigners: child.cosigners.clone(),
        relays: child.relays.clone(),
        authors: child.authors.clone(),
        size: 0,
        root: Digest::default(),
        summary: 0,
        anchored_at: Millis(0),
        anchor: None,
    }
}

fn put<R: Record>(writes: &mut Writes, key: Vec<u8>, record: &R) {
    writes.insert(key, Some(encode(record)));
}
