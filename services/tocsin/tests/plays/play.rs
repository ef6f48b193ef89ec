//! A play as it was read: who takes part, and the sentences in order. What a sentence does is for the stage.

use std::collections::{BTreeMap, BTreeSet};

use domain::event::{Choice, Phase};
use domain::refusal::Code;
use domain::time::{Date, Millis};
use tocsin::demo::scenario::{Chain, Member};

/// A whole play.
pub struct Play {
    /// ICD-10 code and name of the one disease it is about.
    pub disease: (String, String),
    /// Scenario time at the first sentence.
    pub begins: Millis,
    /// Chains with the members they begin with, as a scenario has them.
    pub chains: Vec<Chain>,
    /// Everybody by the name in the text, those who join later too.
    pub seats: BTreeMap<String, Seat>,
    /// Members whose endorsement service also judges form and consistency by itself.
    pub automatic: BTreeSet<String>,
    /// What happens.
    pub lines: Vec<Line>,
}

/// A member on its chain.
#[derive(Clone)]
pub struct Seat {
    pub chain: String,
    pub member: Member,
}

/// A sentence and where it stands.
pub struct Line {
    pub number: usize,
    pub text: String,
    pub sentence: Sentence,
}

/// One thing that happens or is looked at. Members and events go by their names in the text.
#[derive(Debug, PartialEq)]
pub enum Sentence {
    /// A member acts.
    Act(Act),
    /// Scenario time passes, in milliseconds.
    After(u64),
    /// A member that joined starts its services.
    Starts(String),
    /// All services of a chain end.
    Falls(String),
    /// Something must be so, at once or as soon as what was said has gone round.
    Then(Check),
}

/// A member's deed.
#[derive(Debug, PartialEq)]
pub struct Act {
    pub who: String,
    pub deed: Deed,
    /// The name later sentences call it by.
    pub called: Option<String>,
    /// The refusal it must meet; none: it must be taken.
    pub refused: Option<Code>,
}

/// What a member does.
#[derive(Debug, PartialEq)]
pub enum Deed {
    Cluster { urgent: bool, positives: u64, place: String },
    Figures { confirmed: u64, day: Date },
    Directive { headline: String },
    Ballot { on: String, choice: Choice, reason: String },
    Correction { on: String, confirmed: Option<u64>, statement: String },
    Proposal(Vec<Step>),
    Goods(Goods),
}

/// What a member does with masks, or with the place it speaks for.
#[derive(Debug, PartialEq)]
pub enum Goods {
    SpeaksFor { place: String },
    Pledges { units: u64 },
    Receives { units: u64, gift: String, at: String },
    Hands { units: u64, from: String, to: String, promise: Option<String> },
    TakesOver { units: u64, delivery: String },
    Uses { units: u64, at: String },
    AsksFor { units: u64, at: String },
    Promises { units: u64, from: String, request: String },
}

/// One action of a proposal.
#[derive(Debug, PartialEq)]
pub enum Step {
    /// The member whose seat has this name joins.
    Join(String),
    Leave(String),
    Phase {
        phase: Phase,
        led_by: Option<String>,
    },
    Policy {
        class: String,
        rule: String,
        deadline_ms: u64,
    },
    Refute {
        on: String,
        reason: String,
    },
    /// A facility is to treat the disease.
    Designated {
        place: String,
    },
}

/// What must be so.
#[derive(Debug, PartialEq)]
pub enum Check {
    /// Judgement of an event on its own chain: `open`, `accepted`, `rejected`.
    Judged { on: String, outcome: String },
    /// An alert of the event rings at the chain in this state.
    Heard { chain: String, on: String, state: String },
    /// Nothing of the event rings at the chain, though something later has.
    NeverHeard { chain: String, on: String },
    /// The chain's official total of confirmed cases.
    Counts { chain: String, confirmed: u64 },
    /// The chain's phase and who leads it.
    InPhase { chain: String, phase: Phase, led_by: Option<String> },
    /// The sum of a member's credit entries, vested or not yet.
    Credits { who: String, sum: i64, vested: bool },
    /// The proof file of the event holds and was signed by this member's author key.
    Proof { on: String, who: String },
    /// The member is of the cosigner set in force, and its cosignature was heard since.
    Cosigns { who: String },
    /// Whether the parent marks the child silent.
    Misses { parent: String, child: String, silent: bool },
    /// The event escalated to the chain, and nobody has decided it there.
    Asked { chain: String, on: String },
    /// Whether an alert of the chain says that masks lie idle at a store, and who is short of them.
    Idle { chain: String, at: String, short: Option<String> },
    /// The sums of a gift close, and are these.
    Closes { on: String, received: u64, used: u64, in_transit: u64 },
}
