//! The state at height 0: the chain's settings, members, keys, policies and children, as if the genesis were an event.

use proof::digest::Digest;

use crate::codec::{Record, encode};
use crate::keys;
use crate::record::{
    ChainRecord, CosignersRecord, EpochsRecord, KeyRecord, MemberRecord, ParentRecord, PolicyRecord, RosterRecord,
};
use crate::report::duty::DutyRecord;
use crate::rising::{ChildRecord, silence};
use crate::state::Writes;
use crate::time::Millis;

use super::{Child, Genesis, KeyClass, Member};

impl Genesis {
    /// What the genesis writes. Deterministic: two ledgers with one file start from the same bytes.
    pub fn writes(&self) -> Writes {
        let mut writes = Writes::new();
        put(
            &mut writes,
            keys::chain(),
            &ChainRecord {
                regions: self.regions.clone(),
                genesis_time: self.genesis_time,
                urgent_per_day: self.urgent_per_day,
                allow_fewer_cosigners: self.allow_fewer_cosigners,
            },
        );
        for member in &self.members {
            put(&mut writes, keys::member(&member.id), &member_record(member));
            for (class, key) in member.keys.iter().flat_map(|(class, keys)| keys.iter().map(|key| (*class, key))) {
                let record = KeyRecord { member: member.id.clone(), class, since: 0, until: None, suspect_since: None };
                put(&mut writes, keys::key(class, key), &record);
            }
        }
        for (class, policy) in &self.policies {
            let record = PolicyRecord { rule: policy.rule.clone(), deadline_ms: policy.deadline_ms };
            put(&mut writes, keys::policy(class), &record);
        }
        put(&mut writes, keys::epochs(), &EpochsRecord { current: 0, newest: 0 });
        put(&mut writes, keys::roster(), &RosterRecord { version: 0 });
        put(&mut writes, keys::cosigners(0), &self.first_cosigners());
        if !self.parent.is_empty() {
            let parent = ParentRecord { epoch: 0, cosigners: self.parent.clone(), size: 0, origin: None };
            put(&mut writes, keys::parent(), &parent);
        }
        for child in &self.children {
            let record = child_record(child, self.genesis_time);
            put(&mut writes, keys::child(&child.chain), &record);
            if let Some(due) = silence::due(&record) {
                put(&mut writes, due, &());
            }
        }
        for duty in &self.duties {
            let start = self.genesis_time;
            let record = DutyRecord::new(&duty.member, &duty.disease, duty.grace_ms(), self.chain_id, start);
            let (owing, whose) = record.owing();
            put(&mut writes, owing, &whose);
            put(&mut writes, record.key(), &record);
            if let Some(due) = record.due() {
                put(&mut writes, due, &());
            }
        }
        writes
    }

    fn first_cosigners(&self) -> CosignersRecord {
        let cosigners = self.members.iter().filter(|member| member.cosigner);
        let keyed = cosigners.filter_map(|member| Some((member.id.clone(), *member.keys(KeyClass::Cosigner).first()?)));
        CosignersRecord { epoch: 0, cosigners: keyed.collect(), leaf_index: None, from_size: Some(0), handover: 0 }
    }
}

pub(crate) fn member_record(member: &Member) -> MemberRecord {
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

/// Nothing anchored yet: a child's silence counts from here.
pub(crate) fn child_record(child: &Child, now: Millis) -> ChildRecord {
    ChildRecord {
        chain: child.chain.clone(),
        chain_id: child.chain_id,
        cosigners: child.cosigners.clone(),
        relays: child.relays.clone(),
        authors: child.authors.clone(),
        epoch: 0,
        silent_after_ms: child.silent_after_ms,
        silent_since: None,
        size: 0,
        root: Digest::default(),
        summary: 0,
        anchored_at: now,
        anchor: None,
    }
}

fn put<R: Record>(writes: &mut Writes, key: Vec<u8>, record: &R) {
    writes.insert(key, Some(encode(record)));
}
