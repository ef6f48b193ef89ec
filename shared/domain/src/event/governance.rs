//! What members may propose and state about the chain itself. Who may, and what it does, is in [`crate::governance`]
//! and [`crate::misbehaviour`].

use proof::digest::Digest;
use proof::sign::PublicKey;

use super::{AlertLevel, Disease, EventId, ProvenLeaf, Stage};
use crate::chain::MemberId;
use crate::genesis::{Child, KeyClass, Member, NodeRole};
use crate::time::{Date, Millis};

/// Actions of one proposal: what people read at one sitting; a reform of the whole chain is several proposals.
pub const MAX_ACTIONS: usize = 8;

/// Something members are asked to decide about the chain. All its actions belong to one policy class, and all are
/// applied together when its policy holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// What is to be done, 1 to [`MAX_ACTIONS`].
    pub actions: Vec<Action>,
    /// Why, in a sentence; never anything personal.
    pub reason: String,
}

/// One thing a proposal does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// A member joins with its keys. One that is to cosign enters a new cosigner set.
    Admit(Box<Member>),
    /// A member leaves; all its keys end.
    Expel {
        /// Who.
        member: MemberId,
    },
    /// A member's roles change.
    SetRoles {
        /// Whose.
        member: MemberId,
        /// What its node may do from now on.
        node_role: NodeRole,
        /// Its professional roles from now on.
        roles: Vec<String>,
    },
    /// A member's ledger cosigns with this key from the new set on: a new cosigner, or a cosigner's new key.
    NameCosigner {
        /// Who.
        member: MemberId,
        /// Its cosigner key.
        key: PublicKey,
    },
    /// A member's ledger no longer cosigns.
    DropCosigner {
        /// Who.
        member: MemberId,
    },
    /// A key enters (any class but cosigner).
    AddKey {
        /// Whose.
        member: MemberId,
        /// For what.
        class: KeyClass,
        /// The key.
        key: PublicKey,
    },
    /// A key ends after so many blocks more, in which old and new are both valid.
    RetireKey {
        /// For what.
        class: KeyClass,
        /// The key.
        key: PublicKey,
        /// Blocks for which it still counts.
        overlap_blocks: u64,
    },
    /// A key ends at once.
    RevokeKey {
        /// For what.
        class: KeyClass,
        /// The key.
        key: PublicKey,
        /// Since when it may have been in other hands; ballots cast under it since then are flagged.
        suspect_since: Option<Millis>,
    },
    /// A policy is set.
    SetPolicy {
        /// Of which class.
        class: String,
        /// Its text.
        rule: String,
        /// When an undecided subject escalates, in milliseconds of chain time (0: never).
        deadline_ms: u64,
    },
    /// A member's urgency allowance is set.
    SetQuota {
        /// Whose.
        member: MemberId,
        /// Urgent events a day of chain time that cost nothing.
        urgent_per_day: u64,
    },
    /// The response enters a phase.
    SetPhase {
        /// Which.
        phase: Phase,
        /// Whose directives count in it; `None`: those of every member with the right.
        dominant: Option<MemberId>,
    },
    /// A child chain is admitted.
    AdmitChild(Box<Child>),
    /// A report that was accepted is found wrong: its effect is undone.
    Refute {
        /// The report.
        event: EventId,
        /// A reason code (a name).
        reason: String,
    },
    /// What members hold of a disease in a region; it stands beside what was computed, and replaces what was voted before.
    SetResponse {
        /// The disease.
        disease: Disease,
        /// The region, one of the chain's.
        region: String,
        /// The stage voted; `None`: as computed.
        stage: Option<Stage>,
        /// The level voted; `None`: as computed.
        level: Option<AlertLevel>,
    },
    /// The rules of early warning are these from now on.
    SetRules {
        /// SHA-256 of the rule file.
        rules: Digest,
    },
    /// The case definition of a disease is another one from a day on: what changes with it in the counts is no growth.
    SetDefinition {
        /// The disease.
        disease: Disease,
        /// The first day counted by it; it may be announced ahead.
        from: Date,
        /// What changes, in a sentence.
        note: String,
    },
    /// A facility is designated to treat a disease, or no longer.
    Designate {
        /// The facility; some member speaks for it.
        facility: String,
        /// ICD-10 code.
        disease: String,
        /// Whether it is from now on.
        designated: bool,
    },
    /// A member owes a report or a signed zero of a disease for every day, or no longer does.
    SetDuty {
        /// Who.
        member: MemberId,
        /// ICD-10 code.
        disease: String,
        /// How long after the end of a day its report is still in time.
        grace_ms: u64,
        /// Whether it is owed from now on.
        owed: bool,
    },
}

impl Action {
    /// The class of policy that decides it.
    pub fn class(&self) -> &'static str {
        match self {
            Action::Admit(_)
            | Action::Expel { .. }
            | Action::SetRoles { .. }
            | Action::NameCosigner { .. }
            | Action::DropCosigner { .. } => "membership",
            Action::AddKey { .. } | Action::RetireKey { .. } | Action::RevokeKey { .. } => "keys",
            Action::SetPolicy { .. } | Action::SetQuota { .. } => "policies",
            Action::SetPhase { .. } => "phase",
            Action::AdmitChild(_) => "children",
            Action::Refute { .. } => "refutation",
            // Who must report what is decided with the definition it is reported by, as an outbreak goes.
            Action::SetResponse { .. }
            | Action::SetRules { .. }
            | Action::SetDefinition { .. }
            | Action::SetDuty { .. }
            | Action::Designate { .. } => "response",
        }
    }
}

/// The phase of the response, as the disaster-management cycle names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Before an outbreak.
    Preparedness,
    /// During it.
    Response,
    /// After it.
    Recovery,
}

impl Phase {
    /// Every phase in order.
    pub const ALL: [Phase; 3] = [Phase::Preparedness, Phase::Response, Phase::Recovery];

    /// Its name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Phase::Preparedness => "preparedness",
            Phase::Response => "response",
            Phase::Recovery => "recovery",
        }
    }

    /// The phase of that name.
    pub fn parse(text: &str) -> Option<Self> {
        Phase::ALL.into_iter().find(|phase| phase.name() == text)
    }
}

/// A report's own member amends it while it is open, in answer to a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Correction {
    /// The report, on the same chain.
    pub subject: EventId,
    /// The counts it should have stated; only for an aggregate.
    pub counts: Option<[u64; 5]>,
    /// The answer, in a sentence; never anything personal.
    pub statement: String,
}

/// Handovers of some 2 KiB each that fit a body beside the decision; a child further behind brings them in several steps.
pub const MAX_HANDOVERS: usize = 8;

/// A parent's decision on a report that escalated, brought down with its proof; or, with a cosigners leaf in its place,
/// only the handovers up to that one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The parent's final checkpoint as C2SP note text.
    pub certificate: String,
    /// How the parent's cosigners came to be those of the certificate, from those this chain knows; at most
    /// [`MAX_HANDOVERS`].
    pub handovers: Vec<ProvenHandover>,
    /// The parent's decision or cosigners leaf (`proof::leaf`), in that checkpoint.
    pub leaf: ProvenLeaf,
}

/// A cosigner set that the one before it made final.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProvenHandover {
    /// A checkpoint final under the set before, as C2SP note text.
    pub certificate: String,
    /// The cosigners leaf in it.
    pub leaf: ProvenLeaf,
}

/// Evidence that proves itself: whose keys signed two stories.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misbehaviour {
    /// The evidence text (`proof::evidence`).
    pub evidence: String,
}
