//! The genesis of a chain: who takes part, with which roles and keys, under which policies. Its file's SHA-256 is the
//! chain's identity, so it never changes; everything later is governance on the log.
//!
//! This file is the vocabulary; `bounds` says how large it may be, `check` what must hold of it, `state` what it puts into
//! the state at height 0.

pub(crate) mod bounds;
pub(crate) mod check;
pub(crate) mod state;

use std::collections::BTreeMap;

use proof::checkpoint::Cosigner;
pub use proof::checkpoint::quorum;
use proof::handover::CosignerSet;
use proof::sign::{ChainId, PublicKey};

use crate::chain::{ChainPath, MemberId};
use crate::time::Millis;

/// What a genesis file says. Parsing TOML is `wire::genesis`; what must hold of it is [`Genesis::check`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Genesis {
    /// The file's bytes, so that who keeps a copy of the log can keep what it begins with; empty when there was no file.
    pub file: Vec<u8>,
    /// SHA-256 of the file.
    pub chain_id: ChainId,
    /// The chain's path.
    pub chain: ChainPath,
    /// A name for people.
    pub name: String,
    /// Regions whose events the chain takes (codes; the first is the chain's own).
    pub regions: Vec<String>,
    /// Chain time at height 0.
    pub genesis_time: Millis,
    /// Version of the rules.
    pub rules_version: u32,
    /// Fewer than four cosigners were asked for in so many words.
    pub allow_fewer_cosigners: bool,
    /// Members in file order.
    pub members: Vec<Member>,
    /// Policies by report class (`case_report`, `daily_aggregate`, `suspected_cluster`, `zero_report`, `lab_result`, `warning`, `directive`).
    pub policies: BTreeMap<String, PolicyText>,
    /// Child chains admitted from the start.
    pub children: Vec<Child>,
    /// The parent chain's cosigners at its genesis, member and key in its order, so that its decisions on escalated
    /// reports can be believed here; empty where there is no parent or it decides nothing.
    pub parent: Vec<(MemberId, PublicKey)>,
    /// Urgent events a day of chain time that cost a member nothing.
    pub urgent_per_day: u64,
    /// Who owes reports from the start.
    pub duties: Vec<Duty>,
}

/// A member owes a report or a signed zero of a disease for every day (`report::duty`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Duty {
    /// Who.
    pub member: MemberId,
    /// ICD-10 code.
    pub disease: String,
    /// Hours after the end of a day (UTC) in which its report is still in time.
    pub grace_hours: u32,
}

impl Duty {
    /// The same in milliseconds.
    pub fn grace_ms(&self) -> u64 {
        u64::from(self.grace_hours).saturating_mul(3_600_000)
    }
}

/// Urgent events a day where a genesis says nothing: a large hospital in an outbreak's worst week reports fewer.
pub const URGENT_PER_DAY: u64 = 500;

/// A child that anchors nothing for this long in chain time is marked silent where its admission says nothing else.
///
/// Three days: a city signs a count or a zero every day, two missed days are a silence, and the time of a quiet parent may
/// itself be a day old.
pub const SILENT_AFTER_MS: u64 = 3 * crate::time::DAY_MS;

impl Genesis {
    /// The members whose ledgers cosign, in file order, under the names their cosignatures carry: `<member>.<chain>`.
    pub fn cosigners(&self) -> Vec<Cosigner> {
        let cosigners = self.members.iter().filter(|member| member.cosigner);
        cosigners
            .filter_map(|member| {
                let key = *member.keys(KeyClass::Cosigner).first()?;
                Some(Cosigner { name: cosigner_name(&member.id, &self.chain), key })
            })
            .collect()
    }

    /// The cosigner set of epoch 0.
    pub fn cosigner_set(&self) -> CosignerSet {
        CosignerSet { epoch: 0, cosigners: self.cosigners() }
    }

    /// How many cosignatures make a checkpoint final.
    pub fn quorum(&self) -> usize {
        quorum(self.cosigners().len())
    }

    /// The members that run endorsement and ordering nodes, in file order.
    pub fn managers(&self) -> Vec<&Member> {
        self.members.iter().filter(|member| member.node_role.manages()).collect()
    }

    /// The member of that name.
    pub fn member(&self, id: &str) -> Option<&Member> {
        self.members.iter().find(|member| member.id == id)
    }
}

impl Member {
    /// Its keys of a class.
    pub fn keys(&self, class: KeyClass) -> &[PublicKey] {
        self.keys.get(&class).map_or(&[], Vec::as_slice)
    }
}

impl Child {
    /// The child's cosigners under the names their cosignatures carry.
    pub fn cosigners(&self) -> Vec<Cosigner> {
        let named =
            |(member, key): &(MemberId, PublicKey)| Cosigner { name: cosigner_name(member, &self.chain), key: *key };
        self.cosigners.iter().map(named).collect()
    }
}

/// The name under which a member's ledger cosigns a chain's checkpoints.
pub fn cosigner_name(member: &str, chain: &ChainPath) -> String {
    format!("{member}.{chain}")
}

/// A policy as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyText {
    /// E.g. `n_of(2, epidemiologist@sector:health, lab@sector:cdc) unless veto(supervisor) within 4h provisional`; `author` accepts at once.
    pub rule: String,
    /// A report nobody decided by then escalates, in milliseconds of chain time after its execution (0: never).
    pub deadline_ms: u64,
}

/// What a member may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum NodeRole {
    /// N3: collect, report, share.
    Common,
    /// N2: also verify, endorse, run ordering.
    Management,
    /// N1: also admit members and set policies.
    Master,
    /// May veto.
    Supervisor,
}

impl NodeRole {
    /// Every role.
    pub const ALL: [NodeRole; 4] = [NodeRole::Common, NodeRole::Management, NodeRole::Master, NodeRole::Supervisor];

    /// Its name in genesis files.
    pub fn name(self) -> &'static str {
        match self {
            NodeRole::Common => "common",
            NodeRole::Management => "management",
            NodeRole::Master => "master",
            NodeRole::Supervisor => "supervisor",
        }
    }

    /// The role of that name.
    pub fn parse(text: &str) -> Option<Self> {
        NodeRole::ALL.into_iter().find(|role| role.name() == text)
    }

    /// Whether members of this role run endorsement and ordering nodes.
    pub fn manages(self) -> bool {
        matches!(self, NodeRole::Management | NodeRole::Master)
    }
}

/// An organisation with keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its name on the chain.
    pub id: MemberId,
    /// A name for people.
    pub name: String,
    /// What its node may do.
    pub node_role: NodeRole,
    /// Professional roles (`epidemiologist`, `lab`, `clinician`, ...).
    pub roles: Vec<String>,
    /// `health`, `cdc`, `transport`, ...
    pub sector: String,
    /// Regions it may report on; empty: all of the chain's.
    pub regions: Vec<String>,
    /// Whether its ledger node cosigns.
    pub cosigner: bool,
    /// Its keys by class.
    pub keys: BTreeMap<KeyClass, Vec<PublicKey>>,
}

/// What a key is for; classes never mix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyClass {
    /// Offline, for the member itself.
    Root,
    /// Signs events.
    Author,
    /// Signs bundles, receipts and refusals.
    Endorser,
    /// Signs blocks.
    Sealer,
    /// Cosigns checkpoints.
    Cosigner,
    /// Signs anchors on the parent chain.
    Relay,
    /// Signs API tokens.
    Client,
    /// Receives sealed material.
    Encryption,
}

impl KeyClass {
    /// Every class.
    pub const ALL: [KeyClass; 8] = [
        KeyClass::Root,
        KeyClass::Author,
        KeyClass::Endorser,
        KeyClass::Sealer,
        KeyClass::Cosigner,
        KeyClass::Relay,
        KeyClass::Client,
        KeyClass::Encryption,
    ];

    /// Its name in genesis and key files.
    pub fn name(self) -> &'static str {
        match self {
            KeyClass::Root => "root",
            KeyClass::Author => "author",
            KeyClass::Endorser => "endorser",
            KeyClass::Sealer => "sealer",
            KeyClass::Cosigner => "cosigner",
            KeyClass::Relay => "relay",
            KeyClass::Client => "client",
            KeyClass::Encryption => "encryption",
        }
    }

    /// The class of that name.
    pub fn parse(text: &str) -> Option<Self> {
        KeyClass::ALL.into_iter().find(|class| class.name() == text)
    }
}

/// A child chain as its parent knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Child {
    /// The child's path.
    pub chain: ChainPath,
    /// SHA-256 of the child's genesis file.
    pub chain_id: ChainId,
    /// The child's cosigners: member and cosigner key, in the child's order.
    pub cosigners: Vec<(MemberId, PublicKey)>,
    /// Keys that may sign anchors of this child.
    pub relays: Vec<PublicKey>,
    /// The child's author keys may appeal here: member and key.
    pub authors: Vec<(MemberId, PublicKey)>,
    /// It is marked silent when it anchored nothing for this long, in milliseconds of chain time (0: never).
    pub silent_after_ms: u64,
}
