//! What a gift's proof proves to a reader who trusts the genesis cosigners of its top chain and nobody else: each of its
//! events was executed on that chain, in this order, and signed by this key. What follows from them the rules say.

use super::{GiftEvent, GiftProof, Unclosed};
use crate::checkpoint::Checkpoint;
use crate::digest::Digest;
use crate::leaf::{EventLeaf, OK};
use crate::proof_file::verify::{EventProof, Ladder};
use crate::proof_file::{Anchored, Level, ProofError, StepFault, Trust};
use crate::sign::{ChainId, Signed};

/// What was proven.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedGift {
    /// The events in the log's order.
    pub events: Vec<ShownEvent>,
    /// The events' own log, then those above it up to the top chain's. The first index is the last event's.
    pub levels: Vec<Level>,
    /// When the top checkpoint was final: the lower median of its cosignatures' times, in seconds.
    pub time_s: u64,
}

/// An executed event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownEvent {
    /// Its index in the log.
    pub index: u64,
    /// Who is said to have signed it, if the genesis does not know the key; not proven.
    pub member: Option<String>,
    /// The envelope, as signed by its author.
    pub signed: Signed,
    /// Its leaf.
    pub leaf: EventLeaf,
}

/// Where a gift's proof fails.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GiftError {
    /// The figures in the file are not those of units that are all somewhere.
    #[error(transparent)]
    Unclosed(#[from] Unclosed),
    /// The genesis in the file is another chain's.
    #[error("the genesis file is not that of chain `{0}`: its SHA-256 is not the chain's id")]
    Genesis(String),
    /// What leads from the trusted chain to the events' log does not hold.
    #[error(transparent)]
    Way(#[from] ProofError),
    /// An event does not hold.
    #[error("event {number} (index {index}): {fault}")]
    Event {
        /// Which, from 1.
        number: usize,
        /// Where it is said to be in the log.
        index: u64,
        /// Why.
        fault: EventFault,
    },
    /// The gifts are not each named once, in the order of their ids.
    #[error("the gifts do not stand in the order of their ids, each once")]
    Gifts,
    /// A gift is named whose pledge is not among the events.
    #[error("the pledge of gift {0} is not among the events")]
    Pledge(Digest),
}

/// Why an event does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EventFault {
    /// It is not shown to be in the log.
    #[error(transparent)]
    Step(StepFault),
    /// It was refused, so nothing came of it.
    #[error("the event was refused with code {0}")]
    Refused(u16),
    /// It stands before one that the log has earlier.
    #[error("the events do not stand in the order of the log")]
    Order,
}

impl GiftProof {
    /// Checks the way from the trusted chain down, then every event. `anchor` reads an event body as an anchor, `None` for
    /// anything else.
    pub fn verify(&self, trust: &Trust, anchor: &dyn Fn(&[u8]) -> Option<Anchored>) -> Result<VerifiedGift, GiftError> {
        if !self.gifts.is_sorted_by(|(one, _), (next, _)| one < next) {
            return Err(GiftError::Gifts);
        }
        if let Some((gift, sums)) = self.gifts.iter().find(|(_, sums)| !sums.closes()) {
            return Err(Unclosed { gift: *gift, sums: Box::new(*sums) }.into());
        }
        let ladder = Ladder {
            chain: &self.chain,
            chain_id: &self.chain_id,
            above: &self.above,
            handovers: &self.handovers,
            certificate: &self.certificate,
        };
        let (checkpoint, above) = ladder.climb_down(trust, anchor)?;
        let mut events: Vec<ShownEvent> = Vec::with_capacity(self.events.len());
        for (at, event) in self.events.iter().enumerate() {
            let fails = |fault| GiftError::Event { number: at + 1, index: event.index, fault };
            if events.last().is_some_and(|before| before.index >= event.index) {
                return Err(fails(EventFault::Order));
            }
            events.push(event.check(&self.chain_id, &checkpoint).map_err(fails)?);
        }
        // The events' ids hold the whole chain id, so with one of them the id is the chain's.
        if Digest::of(&self.genesis) != self.chain_id {
            return Err(GiftError::Genesis(self.chain.clone()));
        }
        let is_there = |gift: &Digest| events.iter().any(|event| event.leaf.event == *gift);
        if let Some((gift, _)) = self.gifts.iter().find(|(gift, _)| !is_there(gift)) {
            return Err(GiftError::Pledge(*gift));
        }
        let index = events.last().map_or(0, |event| event.index);
        let own = Level { chain: self.chain.clone(), chain_id: self.chain_id, index, checkpoint };
        let levels = std::iter::once(own).chain(above).collect();
        Ok(VerifiedGift { events, levels, time_s: self.certificate.time_s() })
    }
}

impl GiftEvent {
    /// The event, if it was executed in the log of that checkpoint of that chain.
    pub fn check(&self, chain: &ChainId, log: &Checkpoint) -> Result<ShownEvent, EventFault> {
        let GiftEvent { index, member, signed, leaf, inclusion } = self;
        let proof = EventProof { signed, leaf, index: *index, inclusion };
        let (signed, leaf) = proof.check(chain, log).map_err(EventFault::Step)?;
        if leaf.code != OK {
            return Err(EventFault::Refused(leaf.code));
        }
        Ok(ShownEvent { index: *index, member: member.clone(), signed, leaf })
    }
}
