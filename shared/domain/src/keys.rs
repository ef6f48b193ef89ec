//! Every key of the state, in one place. Keys are text, so that `expect[]` can name them and a person can read a dump;
//! numbers and times are 16 hex digits, so that key order is their order.
//!
//! The parts are names, codes and digests that hold no `/` (see `form` and `genesis`), so no two keys collide.

use proof::digest::Digest;
use proof::sign::PublicKey;

use crate::chain::{ChainPath, Lane};
use crate::event::{Cadence, EventId, Origin, Resource};
use crate::genesis::KeyClass;
use crate::time::{Date, Millis};

/// The end of the range of all keys that start with `prefix`, for [`crate::state::View::scan`].
pub fn end_of(prefix: &[u8]) -> Vec<u8> {
    // Keys are ASCII, so 0xff sorts after every continuation.
    let mut end = prefix.to_vec();
    end.push(0xff);
    end
}

/// When a due item is to be done, by its key.
pub fn due_at(key: &[u8]) -> Option<Millis> {
    let at = std::str::from_utf8(key.strip_prefix(DUE)?).ok()?.split('/').next()?;
    u64::from_str_radix(at, 16).ok().map(Millis)
}

macro_rules! keys {
    ($($(#[$doc:meta])* $name:ident($($arg:ident: $kind:ty),*) = $format:literal $(, $value:expr)*;)+) => {
        $($(#[$doc])* pub fn $name($($arg: $kind),*) -> Vec<u8> { format!($format $(, $value)*).into_bytes() })+
    };
}

keys! {
    /// The chain's settings: [`crate::record::ChainRecord`].
    chain() = "chain";
    /// How far execution has come: [`crate::record::Progress`].
    progress() = "progress";
    /// The state digest of the last block; the one key that digest does not cover.
    digest() = "digest";
    /// Where the cosigner sets stand: [`crate::record::EpochsRecord`].
    epochs() = "epochs";
    /// The cosigner set of an epoch: [`crate::record::CosignersRecord`].
    cosigners(epoch: u32) = "cosigners/{epoch:08x}";
    /// How often governance changed who takes part and how: [`crate::record::RosterRecord`].
    roster() = "roster";
    /// The phase of the response: [`crate::record::PhaseRecord`].
    phase() = "phase";
    /// The parent, where the genesis names one: [`crate::record::ParentRecord`].
    parent() = "parent";
    /// A proposal: [`crate::governance::ProposalRecord`].
    proposal(id: &EventId) = "proposal/{id}";
    /// A member's urgency allowance and what it used today: [`crate::credits::urgency::AllowanceRecord`].
    allowance(member: &str) = "allowance/{member}";
    /// A member's credit entries by event and reason: [`crate::credits::CreditRecord`].
    credit(member: &str, event: &EventId, what: &str) = "credit/{member}/{event}/{what}";
    /// Where a member's credit entries start.
    credits(member: &str) = "credit/{member}/";
    /// Misbehaviour that was proven of a cosigner key: [`crate::misbehaviour::MisbehaviourRecord`].
    misbehaviour(key: &PublicKey) = "misbehaviour/{key}";
    /// A member: [`crate::record::MemberRecord`].
    member(id: &str) = "member/{id}";
    /// A key of a class: [`crate::record::KeyRecord`].
    key(class: KeyClass, key: &PublicKey) = "key/{}/{key}", class.name();
    /// The policy of a report class: [`crate::record::PolicyRecord`].
    policy(class: &str) = "policy/{class}";
    /// What became of an event: [`crate::record::EventRecord`].
    event(id: &EventId) = "event/{id}";
    /// A report not settled yet: [`crate::report::Subject`].
    open(id: &EventId) = "open/{id}";
    /// An accepted report that can be undone: [`crate::report::SettledRecord`].
    settled(id: &EventId) = "settled/{id}";
    /// A member's ballot on a subject: [`crate::ballot::BallotRecord`].
    ballot(subject: &EventId, member: &str) = "ballot/{subject}/{member}";
    /// Something to do at a time: the subject and what ([`crate::due::DueWhat`]).
    due(at: Millis, event: &EventId, what: u8) = "due/{:016x}/{event}/{what:02x}", at.0;
    /// Where the due items after `at` start.
    due_after(at: Millis) = "due/{:016x}", at.0.saturating_add(1);
    /// The aggregate in force of a day: [`crate::report::DailyRecord`].
    daily(disease: &str, region: &str, date: Date, origin: Origin) = "daily/{disease}/{region}/{date}/{}", origin.name();
    /// Counts of a disease over all days, own and the children's.
    total(disease: &str) = "total/{disease}";
    /// Counts of a disease on a day, own and the children's.
    day(disease: &str, date: Date) = "day/{disease}/{date}";
    /// A child chain: [`crate::rising::ChildRecord`].
    child(path: &ChainPath) = "child/{path}";
    /// A child's latest anchored total of a disease: [`crate::rising::ChildTotal`].
    child_total(path: &ChainPath, disease: &str) = "child-total/{path}/{disease}";
    /// A child's latest anchored counts of a day.
    child_day(path: &ChainPath, disease: &str, date: Date) = "child-day/{path}/{disease}/{date}";
    /// A report below that nobody decided in time: [`crate::rising::EscalatedRecord`].
    escalated(child: &ChainPath, event: &EventId) = "escalated/{child}/{event}";
    /// Which children named an event of theirs as escalated: [`crate::rising::BelowRecord`].
    below(event: &EventId) = "below/{event}";
    /// An escalated report decided here, whose leaf the block must derive.
    decided(child: &ChainPath, event: &EventId) = "decided/{child}/{event}";
    /// Where the decisions on a child's reports are.
    decisions(child: &ChainPath) = "decision/{child}/";
    /// A decision on an escalated report by the index of its leaf: the report.
    decision(child: &ChainPath, leaf_index: u64) = "decision/{child}/{leaf_index:016x}";
    /// The last sum of a disease with its parts: [`crate::rising::RollupRecord`].
    rollup(disease: &str) = "rollup/{disease}";
    /// On the root, a total that changed since its last sum.
    unsummed(disease: &str) = "unsummed/{disease}";
    /// An event of a child logged here on appeal: [`crate::rising::AppealRecord`].
    appeal(child: &ChainPath, event: &EventId) = "appeal/{child}/{event}";
    /// A warning and how far it has rung: [`crate::alert::WarningRecord`].
    warning(id: &EventId) = "warning/{id}";
    /// The warning that a lifting not settled yet is about.
    lifting(id: &EventId) = "lifting/{id}";
    /// An alert by its running number: [`crate::alert::AlertRecord`].
    alert(number: u64) = "alert/{number:016x}";
    /// An alert the next summary must raise.
    changed_alert(number: u64) = "changed/1/{number:016x}";
    /// An escalation the next summary must name.
    changed_escalated(event: &EventId) = "changed/2/{event}";
    /// A total the next summary must carry.
    changed_total(disease: &str) = "changed/3/{disease}";
    /// A day's counts the next summary must carry.
    changed_day(disease: &str, date: Date) = "changed/4/{disease}/{date}";
    /// Whose a facility is: [`crate::facility::FacilityRecord`].
    facility(name: &str) = "facility/{name}";
    /// What a facility is: [`crate::facility::profile::ProfileRecord`].
    profile(facility: &str) = "profile/{facility}";
    /// How much of a resource a facility has: [`crate::medical_resources::BedsRecord`].
    beds(facility: &str, resource: Resource) = "beds/{facility}/{}", resource.name();
    /// Beds kept for patients to come: [`crate::medical_resources::hold::HoldRecord`].
    hold(id: &EventId) = "hold/{id}";
    /// A transfer by its request: [`crate::medical_resources::transfer::TransferRecord`].
    transfer(request: &EventId) = "transfer/{request}";
    /// A member's check of a claim: [`crate::medical_resources::spot_check::CheckRecord`].
    spot_check(claim: &EventId, member: &str) = "spot-check/{claim}/{member}";
    /// How a facility's claims stood up to checks: [`crate::medical_resources::spot_check::ReliabilityRecord`].
    reliability(facility: &str) = "reliability/{facility}";
    /// Whether a facility is designated to treat a disease:
    /// [`crate::medical_resources::designation::DesignationRecord`].
    designation(facility: &str, disease: &str) = "designation/{facility}/{disease}";
    /// Where a facility's designations start.
    designations(facility: &str) = "designation/{facility}/";
    /// The stock of a lot of an item at a facility: [`crate::materials::StockRecord`].
    stock(facility: &str, item: &str, lot: &str) = "stock/{facility}/{item}/{lot}";
    /// A lot with anything free, by item and by how long it has not moved.
    idle_lot(item: &str, moved_at: Millis, facility: &str, lot: &str) = "idle/{item}/{:016x}/{facility}/{lot}", moved_at.0;
    /// Where the lots of an item with anything free start.
    idle_lots(item: &str) = "idle/{item}/";
    /// That a request has told of an idle lot of its item.
    idle_told(request: &EventId, facility: &str, lot: &str) = "idle-told/{request}/{facility}/{lot}";
    /// What an item is: [`crate::materials::ItemRecord`].
    item(name: &str) = "item/{name}";
    /// A hand-over: [`crate::materials::HandOverRecord`].
    hand_over(event: &EventId) = "hand-over/{event}";
    /// What giver and taker of a hand-over do not agree on: [`crate::materials::DiscrepancyRecord`].
    discrepancy(hand_over: &EventId) = "discrepancy/{hand_over}";
    /// A request for goods or money: [`crate::materials::RequestRecord`].
    request(event: &EventId) = "request/{event}";
    /// A promise for a request: [`crate::materials::CommitRecord`].
    commit(event: &EventId) = "commit/{event}";
    /// A donation by its pledge: [`crate::materials::DonationRecord`].
    donation(pledge: &EventId) = "donation/{pledge}";
    /// A purchase: [`crate::materials::PurchaseRecord`].
    purchase(event: &EventId) = "purchase/{event}";
    /// The first deposit of a digest: [`crate::public_opinion::DepositRecord`].
    deposit(digest: &Digest) = "deposit/{digest}";
    /// A forecast: [`crate::outlook::ForecastRecord`].
    forecast(disease: &str, region: &str, cadence: Cadence, reference_date: Date, member: &str, model: &str, code: &str)
        = "forecast/{disease}/{region}/{}/{reference_date}/{member}/{model}/{code}", cadence.name();
    /// A member's latest assessment: [`crate::outlook::AssessmentRecord`].
    assessment(disease: &str, region: &str, member: &str) = "assessment/{disease}/{region}/{member}";
    /// What members voted of a disease in a region: [`crate::outlook::ResponseRecord`].
    response(disease: &str, region: &str) = "response/{disease}/{region}";
    /// The rules of early warning in force: [`crate::outlook::RulesRecord`].
    rules() = "rules";
    /// The day from which a disease is counted by another definition: [`crate::outlook::DefinitionRecord`].
    definition(disease: &str, from: Date) = "definition/{disease}/{from}";
    /// Reports that a member owes: [`crate::report::duty::DutyRecord`].
    duty(member: &str, disease: &str) = "duty/{member}/{disease}";
    /// Where a member's duties start.
    duties(member: &str) = "duty/{member}/";
    /// Whose duty an id stands for: [`crate::report::duty::OwingRecord`].
    owing(duty: &Digest) = "owing/{duty}";
    /// Running numbers of an endorsement node in a lane: [`crate::record::BundleRecord`].
    bundle(endorser: &PublicKey, lane: Lane) = "bundle/{endorser}/{}", lane.name();
}

/// All due items.
pub const DUE: &[u8] = b"due/";
/// All duties.
pub const DUTIES: &[u8] = b"duty/";
/// All changes a summary has not carried yet.
pub const CHANGED: &[u8] = b"changed/";
/// All decisions on escalated reports whose leaves are not derived yet.
pub const DECIDED: &[u8] = b"decided/";
/// All totals of the root whose sums are not derived yet.
pub const UNSUMMED: &[u8] = b"unsummed/";
