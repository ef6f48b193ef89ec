//! Who takes part in a chain at a height and how it decides: members, their keys, the cosigner sets and the policies, as
//! the chain's state has them.

use std::collections::BTreeMap;

use domain::chain::{ChainPath, MemberId};
use domain::genesis::{Genesis, KeyClass};
use domain::keys;
use domain::query;
use domain::record::{CosignersRecord, EpochsRecord, KeyRecord, MemberRecord, PolicyRecord};
use domain::state::{Entries, Fault, MemoryState, View as _, decoded, read};
use proof::checkpoint::Cosigner;
use proof::sign::PublicKey;

/// More entries than decades of governance leave behind.
pub(super) const MAX_ENTRIES: usize = 65_536;

/// The parts of the state that make a roster, as ranges of keys.
pub(super) fn parts() -> [(Vec<u8>, Vec<u8>); 6] {
    let below = |prefix: &[u8]| (prefix.to_vec(), keys::end_of(prefix));
    let only = |key: Vec<u8>| (key.clone(), [key.as_slice(), &[0]].concat());
    let (sets, keys_, members, policies) = (below(b"cosigners/"), below(b"key/"), below(b"member/"), below(b"policy/"));
    [sets, only(keys::epochs()), keys_, members, policies, only(keys::roster())]
}

/// Who takes part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Roster {
    /// Of which chain.
    pub chain: ChainPath,
    /// How often governance changed it; 0 is the genesis.
    pub version: u64,
    /// The height at which it was so. It still is while no newer one comes.
    pub height: u64,
    /// Everybody who is or was a member.
    pub members: BTreeMap<MemberId, MemberRecord>,
    /// Every key that counts or counted.
    pub keys: BTreeMap<PublicKey, KeyRecord>,
    /// Members whose ledgers cosign now, in the chain's order, with their keys.
    pub cosigners: Vec<(MemberId, PublicKey)>,
    /// Policies by class, as written.
    pub policies: BTreeMap<String, PolicyRecord>,
    state: MemoryState,
}

impl Roster {
    /// What the genesis says.
    pub fn of(genesis: &Genesis) -> Self {
        let mut whole = MemoryState::default();
        whole.apply(&genesis.writes());
        let parts = parts().into_iter().filter_map(|(from, to)| whole.scan(&from, &to, MAX_ENTRIES).ok()).flatten();
        Self::from_entries(&genesis.chain, 0, parts.collect()).unwrap_or_else(|fault| {
            // Rules write only what they can read; a chain of nobody believes nobody.
            tracing::error!(%fault, chain = %genesis.chain, "a genesis that can't be read");
            Self::empty(&genesis.chain)
        })
    }

    /// What a ledger's state says.
    pub(super) fn from_entries(chain: &ChainPath, height: u64, entries: Entries) -> Result<Self, Fault> {
        let mut roster = Self { height, ..Self::empty(chain) };
        let mut changes = BTreeMap::new();
        for (key, stored) in entries {
            if key.starts_with(b"member/") {
                let member: MemberRecord = decoded(&key, &stored.value)?;
                roster.members.insert(member.id.clone(), member);
            } else if key.starts_with(b"key/") {
                let public = std::str::from_utf8(&key).ok().and_then(|key| PublicKey::parse(key.rsplit('/').next()?));
                let public = public.ok_or_else(|| Fault("a key that is none".to_owned()))?;
                roster.keys.insert(public, decoded(&key, &stored.value)?);
            } else if let Some(class) = key.strip_prefix(b"policy/") {
                let class = String::from_utf8_lossy(class).into_owned();
                roster.policies.insert(class, decoded(&key, &stored.value)?);
            }
            changes.insert(key, Some(stored));
        }
        roster.state.change(&changes);
        roster.version = query::roster_version(&roster.state)?;
        let epochs: Option<EpochsRecord> = query::epochs(&roster.state)?;
        let current = keys::cosigners(epochs.map_or(0, |epochs| epochs.current));
        let set: Option<CosignersRecord> = read(&roster.state, &current)?;
        roster.cosigners = set.map(|set| set.cosigners).unwrap_or_default();
        Ok(roster)
    }

    fn empty(chain: &ChainPath) -> Self {
        Self {
            chain: chain.clone(),
            version: 0,
            height: 0,
            members: BTreeMap::new(),
            keys: BTreeMap::new(),
            cosigners: Vec::new(),
            policies: BTreeMap::new(),
            state: MemoryState::default(),
        }
    }

    /// The same at a later height: keys may have ended by themselves.
    pub(super) fn at(&self, height: u64) -> Self {
        Self { height, ..self.clone() }
    }

    /// Whether another says the same, whenever it was read.
    pub(super) fn says(&self, other: &Self) -> bool {
        (&self.members, &self.keys, &self.cosigners, &self.policies)
            == (&other.members, &other.keys, &other.cosigners, &other.policies)
    }

    /// The height at which the next key ends, if one does by itself.
    pub(super) fn next_end(&self) -> Option<u64> {
        self.keys.values().filter_map(|key| key.until).filter(|until| *until > self.height).min()
    }

    /// A member that takes part.
    pub fn member(&self, id: &str) -> Option<&MemberRecord> {
        self.members.get(id).filter(|member| member.active)
    }

    /// Members that take part and run endorsement and ordering nodes.
    pub fn managers(&self) -> impl Iterator<Item = &MemberRecord> {
        self.members.values().filter(|member| member.active && member.node_role.manages())
    }

    /// A key that counts in the next block and whose member takes part.
    pub fn key(&self, key: &PublicKey) -> Option<&KeyRecord> {
        let counts = |record: &&KeyRecord| record.active_at(self.height.saturating_add(1));
        self.keys.get(key).filter(counts).filter(|record| self.member(&record.member).is_some())
    }

    /// Whether a key is known to count no more.
    pub fn ended(&self, key: &PublicKey) -> bool {
        self.keys.get(key).and_then(|record| record.until).is_some_and(|until| until <= self.height)
    }

    /// The keys of a class of a member that count in the next block.
    pub fn keys_of(&self, member: &str, class: KeyClass) -> Vec<PublicKey> {
        let all = self.keys.iter().filter(|(_, record)| record.member == member && record.class == class);
        all.map(|(key, _)| *key).filter(|key| self.key(key).is_some()).collect()
    }

    /// Whose key of a class this is or was.
    pub fn owner(&self, class: KeyClass, key: &PublicKey) -> Option<&MemberRecord> {
        let record = self.keys.get(key).filter(|record| record.class == class)?;
        self.members.get(&record.member)
    }

    /// Whether a key seals the block of a height. The ledgers judge; this keeps what they refuse from being built on.
    pub fn seals(&self, key: &PublicKey, height: u64) -> bool {
        let counts = self.keys.get(key).is_some_and(|record| record.active_at(height));
        // Who has left or manages no more may have sealed what lies below.
        let may = |member: &MemberRecord| height <= self.height || (member.active && member.node_role.manages());
        counts && self.owner(KeyClass::Sealer, key).is_some_and(may)
    }

    /// The cosigners whose checkpoints of this size count, under the names their cosignatures carry.
    pub fn cosigners_at(&self, size: u64) -> Vec<Cosigner> {
        query::cosigners_at_size(&self.state, &self.chain, size).map(|(_, set)| set).unwrap_or_default()
    }

    /// The members that admit events, with the keys that sign their answers.
    pub fn admitters(&self) -> Vec<(MemberId, Vec<PublicKey>)> {
        let keys = |member: &MemberRecord| self.keys_of(&member.id, KeyClass::Endorser);
        self.managers().map(|member| (member.id.clone(), keys(member))).collect()
    }
}
