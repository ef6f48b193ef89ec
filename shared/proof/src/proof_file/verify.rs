//! What a proof file proves to a reader who trusts the genesis cosigners of its top chain and nobody else.
//!
//! Read from the top: the certificate makes the top checkpoint final; a leaf included in it with result ok makes an anchor
//! executed, and by executing it the chain vouches for the child's checkpoint; and so down to the event. Knowing how an
//! anchor is encoded is the caller's part.

use super::{ProofFile, Step, Trust};
use crate::checkpoint::{Certificate, CertificateError, Checkpoint, origin};
use crate::digest::Digest;
use crate::handover::{Handover, HandoverError};
use crate::leaf::{EventLeaf, Leaf, OK, ProvenLeaf};
use crate::merkle::{leaf_hash, verify_inclusion};
use crate::sign::{ChainId, Domain, Signed, event_id};

/// What an anchor says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anchored {
    /// The child's path.
    pub child: String,
    /// The child's checkpoint.
    pub checkpoint: Checkpoint,
    /// The leaves of the child's log that came with it.
    pub leaves: Vec<ProvenLeaf>,
}

/// What was proven.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// The event's envelope, as signed by its author.
    pub signed: Signed,
    /// The event's leaf: its id, place and result code. A code other than [`OK`] proves a refusal.
    pub leaf: EventLeaf,
    /// Each log on the way, the event's own first.
    pub levels: Vec<Level>,
    /// When the top checkpoint was final: the lower median of its cosignatures' times, in seconds.
    pub time_s: u64,
}

/// A log on the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Level {
    /// The chain's path.
    pub chain: String,
    /// The chain's id.
    pub chain_id: ChainId,
    /// Where the leaf is in the log.
    pub index: u64,
    /// The checkpoint that includes it.
    pub checkpoint: Checkpoint,
}

/// Where a proof fails.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// Nothing is proven.
    #[error("the proof has no steps")]
    Empty,
    /// The proof ends at another chain than the trusted one.
    #[error("the proof ends at chain `{found}`; the trusted chain is `{wanted}`")]
    TopChain {
        /// The trusted chain.
        wanted: String,
        /// The last step's.
        found: String,
    },
    /// The trusted chain's cosigners do not vouch for the top checkpoint.
    #[error("certificate of chain `{chain}`: {fault}")]
    Certificate {
        /// The trusted chain.
        chain: String,
        /// Why.
        fault: CertificateError,
    },
    /// The trusted cosigners did not hand over to those of the certificate.
    #[error("chain `{chain}`, {fault}")]
    Handover {
        /// The trusted chain.
        chain: String,
        /// Which handover, and why.
        fault: HandoverError,
    },
    /// The certificate is older than the set that signed it.
    #[error("certificate of chain `{chain}`: its size {found} is not beyond {handed}, where its cosigners were named")]
    Early {
        /// The trusted chain.
        chain: String,
        /// The certificate's size.
        found: u64,
        /// The size of the last handover's checkpoint.
        handed: u64,
    },
    /// A step does not hold.
    #[error("step {} (chain `{chain}`): {fault}", level + 1)]
    Step {
        /// 0 for the event's own chain.
        level: usize,
        /// The step's chain.
        chain: String,
        /// Why.
        fault: StepFault,
    },
}

/// Why a step does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StepFault {
    /// The chain or its id is not the one that the level above (or the reader) vouches for.
    #[error("the chain is not the one vouched for")]
    Chain,
    /// The leaf is not an event leaf.
    #[error("the leaf is not an event leaf")]
    Leaf,
    /// The leaf is of other signed bytes.
    #[error("the leaf is not of these signed bytes")]
    SignedHash,
    /// The signed bytes are no envelope.
    #[error("the signed bytes are no envelope")]
    Envelope,
    /// The leaf's event id is not that of the body on this chain.
    #[error("the event id in the leaf is not that of the event on this chain")]
    EventId,
    /// The author's signature does not hold.
    #[error("the event's signature does not hold")]
    Signature,
    /// The leaf is not in the log.
    #[error("the leaf is not in the log at that index")]
    Inclusion,
    /// An anchor was refused: the chain does not vouch for it.
    #[error("the anchor was refused with code {0}")]
    Refused(u16),
    /// The event above the first step is no anchor.
    #[error("the event is not an anchor")]
    NotAnchor,
}

impl ProofFile {
    /// Checks every step from the trusted chain down. `anchor` reads an event body as an anchor, `None` for anything else.
    pub fn verify(&self, trust: &Trust, anchor: &dyn Fn(&[u8]) -> Option<Anchored>) -> Result<Verified, ProofError> {
        let (own, above) = self.steps.split_first().ok_or(ProofError::Empty)?;
        let ladder = Ladder {
            chain: &own.chain,
            chain_id: &own.chain_id,
            above,
            handovers: &self.handovers,
            certificate: &self.certificate,
        };
        let (checkpoint, above) = ladder.climb_down(trust, anchor)?;
        let (signed, leaf) = own.proof().check(&own.chain_id, &checkpoint).map_err(|fault| ladder.at(0, fault))?;
        let levels = std::iter::once(own.level(checkpoint)).chain(above).collect();
        Ok(Verified { signed, leaf, levels, time_s: self.certificate.time_s() })
    }
}

/// From the trusted chain down to the log of the chain at the bottom, whatever is to be shown of that log.
pub(crate) struct Ladder<'a> {
    /// The chain at the bottom.
    pub(crate) chain: &'a str,
    pub(crate) chain_id: &'a ChainId,
    /// The anchors above it, the top chain's last.
    pub(crate) above: &'a [Step],
    pub(crate) handovers: &'a [Handover],
    pub(crate) certificate: &'a Certificate,
}

impl Ladder<'_> {
    /// The checkpoint of the bottom chain that the trusted cosigners vouch for, and each log above it, the top chain's last.
    pub(crate) fn climb_down(
        &self,
        trust: &Trust,
        anchor: &dyn Fn(&[u8]) -> Option<Anchored>,
    ) -> Result<(Checkpoint, Vec<Level>), ProofError> {
        let (chain, chain_id) =
            self.above.last().map_or((self.chain, self.chain_id), |top| (&top.chain, &top.chain_id));
        if chain != trust.chain {
            return Err(ProofError::TopChain { wanted: trust.chain.clone(), found: chain.to_owned() });
        }
        trust.certify(self.handovers, self.certificate)?;
        // The id's first 8 bytes are in the origin the cosigners signed; the whole is held against the reader's.
        if *chain_id != trust.chain_id {
            return Err(self.at(self.above.len(), StepFault::Chain));
        }
        let (mut child_chain, mut checkpoint) = (chain.to_owned(), self.certificate.checkpoint.clone());
        let mut levels = Vec::with_capacity(self.above.len());
        for (below, step) in self.above.iter().enumerate().rev() {
            let fails = |fault| self.at(below + 1, fault);
            if !is_of(&step.chain, &step.chain_id, &child_chain, &checkpoint) {
                return Err(fails(StepFault::Chain));
            }
            let (signed, leaf) = step.proof().check(&step.chain_id, &checkpoint).map_err(fails)?;
            let vouched = child(&signed, &leaf, anchor).map_err(fails)?;
            levels.push(step.level(checkpoint));
            (child_chain, checkpoint) = (vouched.child, vouched.checkpoint);
        }
        if !is_of(self.chain, self.chain_id, &child_chain, &checkpoint) {
            return Err(self.at(0, StepFault::Chain));
        }
        levels.reverse();
        Ok((checkpoint, levels))
    }

    /// A fault of a step; 0 is the bottom chain's own.
    fn at(&self, level: usize, fault: StepFault) -> ProofError {
        let above = level.checked_sub(1).and_then(|above| self.above.get(above));
        let chain = above.map_or(self.chain, |step| &step.chain).to_owned();
        ProofError::Step { level, chain, fault }
    }
}

/// Whether a chain and its id are those that a checkpoint is vouched for.
fn is_of(chain: &str, id: &ChainId, vouched: &str, checkpoint: &Checkpoint) -> bool {
    chain == vouched && origin(chain, id) == checkpoint.origin
}

impl Step {
    fn proof(&self) -> EventProof<'_> {
        let Step { signed, leaf, index, inclusion, .. } = self;
        EventProof { signed, leaf, index: *index, inclusion }
    }

    fn level(&self, checkpoint: Checkpoint) -> Level {
        Level { chain: self.chain.clone(), chain_id: self.chain_id, index: self.index, checkpoint }
    }
}

/// That a signed event is in a log.
pub(crate) struct EventProof<'a> {
    pub(crate) signed: &'a [u8],
    pub(crate) leaf: &'a [u8],
    pub(crate) index: u64,
    pub(crate) inclusion: &'a [Digest],
}

impl EventProof<'_> {
    /// The event and its leaf, if the leaf is in the log of that checkpoint and is this event's on that chain.
    pub(crate) fn check(&self, chain: &ChainId, log: &Checkpoint) -> Result<(Signed, EventLeaf), StepFault> {
        let Some(Leaf::Event(leaf)) = Leaf::from_bytes(self.leaf) else { return Err(StepFault::Leaf) };
        if !verify_inclusion(&leaf_hash(self.leaf), self.index, log.size, self.inclusion, &log.root) {
            return Err(StepFault::Inclusion);
        }
        if leaf.signed != Digest::of(self.signed) {
            return Err(StepFault::SignedHash);
        }
        let signed = Signed::from_bytes(self.signed).ok_or(StepFault::Envelope)?;
        if leaf.event != event_id(chain, &signed.body) {
            return Err(StepFault::EventId);
        }
        if !signed.verify(Domain::Event, chain) {
            return Err(StepFault::Signature);
        }
        Ok((signed, leaf))
    }
}

/// What an executed anchor vouches for.
pub(crate) fn child(
    signed: &Signed,
    leaf: &EventLeaf,
    anchor: &dyn Fn(&[u8]) -> Option<Anchored>,
) -> Result<Anchored, StepFault> {
    if leaf.code != OK {
        return Err(StepFault::Refused(leaf.code));
    }
    anchor(&signed.body).ok_or(StepFault::NotAnchor)
}
