//! What the events of a gift's proof say, read once for who makes a proof and for who checks one: bodies decoded, keys named
//! by the chain's genesis, and the account that the rules give (`domain::materials::gift`).

use std::collections::BTreeMap;

use domain::act::{Scene, Submitted};
use domain::event::Event;
use domain::genesis::{Genesis, KeyClass};
use domain::materials::gift::{Account, Stray, Way};
use domain::record::Kind;
use domain::refusal::Refusal;
use proof::gift::{GiftProof, ShownEvent};
use proof::sign::PublicKey;

/// What the events say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// The events in the log's order.
    pub steps: Vec<Step>,
    /// What became of the gifts by them.
    pub account: Account,
}

/// An event and who signed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What it states.
    pub event: Event,
    /// The member whose key signed it.
    pub member: String,
    /// Whether the chain's genesis says whose key it is; else it is the word of who made the proof.
    pub by_genesis: bool,
}

/// Why the events of a proof are not a gift's way.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GiftFault {
    /// The chain's genesis file can't be read.
    #[error("the chain's genesis file: {}", .0.detail)]
    Genesis(Refusal),
    /// An event is not one of the way.
    #[error("event {number} (index {index}{}): {fault}", said(.kind))]
    Event {
        /// Which, from 1.
        number: usize,
        /// Where it is in the log.
        index: u64,
        /// What it is, if it can be read.
        kind: Option<Kind>,
        /// Why.
        fault: StepFault,
    },
    /// The events are no whole account.
    #[error("the events as a whole: {0}")]
    Account(Stray),
}

/// Why an event is not one of a gift's way.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StepFault {
    /// The body is none that this version reads.
    #[error("it can't be read: {}", .0.detail)]
    Body(Refusal),
    /// Nobody says whose key signed it.
    #[error("the chain's genesis does not name its key, and the file does not say whose it is")]
    Signer,
    /// The file says of one key that it is two members'.
    #[error("the file gives its key to another member than before")]
    TwoMembers,
    /// The file names who signed it though the genesis does.
    #[error("the file names a member though the chain's genesis names the key's")]
    Named,
    /// It does not follow.
    #[error(transparent)]
    Stray(#[from] Stray),
}

fn said(kind: &Option<Kind>) -> String {
    kind.map_or_else(String::new, |kind| format!(", {}", kind.name()))
}

/// The member of an author key by the chain's genesis.
pub fn author<'a>(genesis: &'a Genesis, key: &PublicKey) -> Option<&'a str> {
    let members = genesis.members.iter();
    members.filter(|member| member.keys(KeyClass::Author).contains(key)).map(|member| member.id.as_str()).next()
}

/// What the events of a proof say, once they are shown to be in the log.
pub fn told(proof: &GiftProof, shown: &[ShownEvent]) -> Result<Told, GiftFault> {
    let genesis = crate::genesis::parse(&proof.genesis).map_err(GiftFault::Genesis)?;
    let mut way = Way::of(proof.gifts.iter().map(|(gift, _)| *gift));
    let mut steps = Vec::with_capacity(shown.len());
    // A key is one member's for ever; else one side of a dispute could be made to speak for both.
    let mut said_to_be = BTreeMap::<PublicKey, &str>::new();
    for (at, shown) in shown.iter().enumerate() {
        let fails = |kind, fault| GiftFault::Event { number: at + 1, index: shown.index, kind, fault };
        let event =
            crate::event::decode(&shown.signed.body).map_err(|refusal| fails(None, StepFault::Body(refusal)))?;
        let kind = Some(Kind::of(&event.fact));
        let (member, by_genesis) = match (author(&genesis, &shown.signed.key), &shown.member) {
            (Some(member), None) => (member.to_owned(), true),
            (None, Some(member)) if *said_to_be.entry(shown.signed.key).or_insert(member) == member => {
                (member.clone(), false)
            }
            (None, Some(_)) => return Err(fails(kind, StepFault::TwoMembers)),
            (Some(_), Some(_)) => return Err(fails(kind, StepFault::Named)),
            (None, None) => return Err(fails(kind, StepFault::Signer)),
        };
        let scene = scene(&genesis, shown, &event);
        let submitted = Submitted { id: shown.leaf.event, signed: shown.leaf.signed, event };
        way.take(&scene, &submitted, &member).map_err(|stray| fails(kind, stray.into()))?;
        steps.push(Step { event: submitted.event, member, by_genesis });
    }
    let account = way.account().map_err(GiftFault::Account)?;
    Ok(Told { steps, account })
}

/// Where the event was decided, as far as its leaf says. Chain time is not shown, and no unit depends on it.
fn scene(genesis: &Genesis, shown: &ShownEvent, event: &Event) -> Scene {
    Scene {
        chain_id: genesis.chain_id,
        chain: genesis.chain.clone(),
        height: shown.leaf.height,
        now: event.occurred_at,
        position: shown.leaf.position,
        leaf_index: shown.index,
    }
}
