//! What a roll-up proves to a reader who trusts the genesis cosigners of its top chain and nobody else.
//!
//! First the figures are held against each other ([`Gap`](super::Gap)). Then, from the top: the certificate makes the top
//! checkpoint final; the roll-up leaf in it is what the chain's cosigners computed; each anchor in it was executed, so
//! that the chain vouches for the child's checkpoint, and the child's summary in it says the figure that was counted.

use std::collections::BTreeMap;

use super::figures::{Gaps, differences};
use super::{AnchorStep, RollupLevel, RollupProof};
use crate::checkpoint::{Checkpoint, origin};
use crate::leaf::{Counts, Leaf, RollupLeaf, RollupPart};
use crate::proof_file::verify::{EventProof, child};
use crate::proof_file::{Anchored, ProofError, StepFault, Trust};

/// What was proven.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedRollup {
    /// The disease.
    pub disease: String,
    /// Each chain's sum, the top chain first.
    pub levels: Vec<VerifiedLevel>,
    /// When the top checkpoint was final: the lower median of its cosignatures' times, in seconds.
    pub time_s: u64,
}

/// A chain's sum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedLevel {
    /// The chain's path.
    pub chain: String,
    /// The checkpoint of its log.
    pub checkpoint: Checkpoint,
    /// The sum.
    pub sum: RollupLeaf,
}

/// Why a roll-up is not believed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RollupError {
    /// Figures do not close.
    #[error("{0}")]
    Gaps(Gaps),
    /// The top chain's cosigners do not vouch for it.
    #[error(transparent)]
    Trust(#[from] ProofError),
    /// The first chain is not the trusted one.
    #[error("the roll-up is of chain `{found}`; the trusted chain is `{wanted}`")]
    TopChain {
        /// The trusted chain.
        wanted: String,
        /// The first chain.
        found: String,
    },
    /// A chain's sum is not proven.
    #[error("roll-up of {chain}: {fault}")]
    Chain {
        /// The chain.
        chain: String,
        /// Why.
        fault: RollupFault,
    },
    /// A child's part is not proven.
    #[error("roll-up of {chain}, part {child}: {fault}")]
    Part {
        /// The chain that sums.
        chain: String,
        /// The child.
        child: String,
        /// Why.
        fault: RollupFault,
    },
}

/// Why a chain's sum or a child's part is not proven.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RollupFault {
    /// The chain is no part of a chain above, or stands there again, or its id is another.
    #[error("the chain is not one that a chain above vouches for")]
    Unvouched,
    /// The leaf is no roll-up leaf.
    #[error("the leaf is not a roll-up leaf")]
    Leaf,
    /// The leaf is about another disease.
    #[error("the leaf is about {0}")]
    Disease(String),
    /// The leaf is not in the log.
    #[error("the leaf is not in the log at that index")]
    Inclusion,
    /// An anchor stands where the leaf's parts have none.
    #[error("no figure was brought by its anchor")]
    Needless,
    /// A part with a figure has no anchor in its place.
    #[error("its anchor is missing or out of place")]
    Missing,
    /// The anchor does not hold.
    #[error("anchor: {0}")]
    Step(StepFault),
    /// The anchor is of another child.
    #[error("the anchor is of {0}")]
    OtherChild(String),
    /// The anchor brought another checkpoint than the one the leaf names.
    #[error("the anchor is of size {found}; the figure came with size {wanted}")]
    Size {
        /// In the leaf.
        wanted: u64,
        /// In the anchor.
        found: u64,
    },
    /// The anchor brought no such summary that says a figure of the disease.
    #[error("the anchor brought no summary {0} of that child with a figure of the disease")]
    Summary(u64),
    /// Counts without a summary.
    #[error("it counts, and no summary brought it")]
    Unbrought,
    /// The child said something else.
    #[error("{class}: it counts as {counted}, the child's own leaf says {said}")]
    Said {
        /// The classification.
        class: &'static str,
        /// What the chain counts.
        counted: u64,
        /// What the child's summary says.
        said: u64,
    },
}

/// What the caller knows about bodies: how to read an anchor, and the all-days counts of a disease in a summary's body.
struct Readers<'a> {
    anchor: &'a dyn Fn(&[u8]) -> Option<Anchored>,
    summary: &'a dyn Fn(&[u8], &str) -> Option<Counts>,
    disease: &'a str,
}

impl RollupProof {
    /// Checks the figures, then every proof from the trusted chain down. `anchor` reads an event body as an anchor;
    /// `summary` reads from a summary's body what it says of a disease over all days. `children` are the paths that must
    /// appear as parts of the chain one level up; empty asks for none.
    pub fn verify(
        &self,
        trust: &Trust,
        anchor: &dyn Fn(&[u8]) -> Option<Anchored>,
        summary: &dyn Fn(&[u8], &str) -> Option<Counts>,
        children: &[&str],
    ) -> Result<VerifiedRollup, RollupError> {
        let top = self.levels.first().ok_or(ProofError::Empty)?;
        let gaps = self.gaps(children);
        if !gaps.is_empty() {
            return Err(RollupError::Gaps(Gaps(gaps)));
        }
        if top.chain != trust.chain {
            return Err(RollupError::TopChain { wanted: trust.chain.clone(), found: top.chain.clone() });
        }
        trust.certify(&self.handovers, &self.certificate)?;
        // The id's first 8 bytes are in the origin the cosigners signed; the whole is held against the reader's.
        if top.chain_id != trust.chain_id {
            return Err(top.fails(RollupFault::Unvouched));
        }
        let readers = Readers { anchor, summary, disease: &self.disease };
        let mut vouched = BTreeMap::from([(top.chain.clone(), self.certificate.checkpoint.clone())]);
        let mut levels = Vec::with_capacity(self.levels.len());
        for level in &self.levels {
            // Taken out, so that a chain is broken down once only.
            let checkpoint = vouched.remove(&level.chain).ok_or_else(|| level.fails(RollupFault::Unvouched))?;
            let sum = level.sum_in(&checkpoint, &self.disease).map_err(|fault| level.fails(fault))?;
            vouched.extend(level.parts(&sum, &checkpoint, &readers)?);
            levels.push(VerifiedLevel { chain: level.chain.clone(), checkpoint, sum });
        }
        Ok(VerifiedRollup { disease: self.disease.clone(), levels, time_s: self.certificate.time_s() })
    }
}

impl RollupLevel {
    fn fails(&self, fault: RollupFault) -> RollupError {
        RollupError::Chain { chain: self.chain.clone(), fault }
    }

    /// The sum, if the log that is vouched for holds it.
    fn sum_in(&self, checkpoint: &Checkpoint, disease: &str) -> Result<RollupLeaf, RollupFault> {
        if origin(&self.chain, &self.chain_id) != checkpoint.origin {
            return Err(RollupFault::Unvouched);
        }
        if !self.sum.is_in(checkpoint) {
            return Err(RollupFault::Inclusion);
        }
        match self.sum.read() {
            Some(Leaf::Rollup(leaf)) if leaf.disease == disease => Ok(leaf),
            Some(Leaf::Rollup(leaf)) => Err(RollupFault::Disease(leaf.disease)),
            _ => Err(RollupFault::Leaf),
        }
    }

    /// The children's checkpoints, if every part of the sum was brought by its anchor.
    fn parts(
        &self,
        sum: &RollupLeaf,
        checkpoint: &Checkpoint,
        readers: &Readers,
    ) -> Result<Vec<(String, Checkpoint)>, RollupError> {
        let part = |child: &str, fault| RollupError::Part { chain: self.chain.clone(), child: child.to_owned(), fault };
        let mut anchors = self.anchors.iter();
        let mut brought = Vec::with_capacity(self.anchors.len());
        for counted in &sum.parts {
            let fails = |fault| part(&counted.child, fault);
            if counted.summary == 0 {
                let nothing = counted.counts == [0; 5] && counted.size == 0;
                nothing.then_some(()).ok_or_else(|| fails(RollupFault::Unbrought))?;
                continue;
            }
            let step =
                anchors.next().filter(|step| step.child == counted.child).ok_or_else(|| fails(RollupFault::Missing))?;
            let below = self.brought(step, counted, checkpoint, readers).map_err(fails)?;
            brought.push((counted.child.clone(), below));
        }
        match anchors.next() {
            Some(step) => Err(part(&step.child, RollupFault::Needless)),
            None => Ok(brought),
        }
    }

    /// The child's checkpoint, if the anchor was executed and brought the figure that is counted.
    fn brought(
        &self,
        step: &AnchorStep,
        counted: &RollupPart,
        checkpoint: &Checkpoint,
        readers: &Readers,
    ) -> Result<Checkpoint, RollupFault> {
        let proof =
            EventProof { signed: &step.signed, leaf: &step.leaf, index: step.index, inclusion: &step.inclusion };
        let (signed, leaf) = proof.check(&self.chain_id, checkpoint).map_err(RollupFault::Step)?;
        let anchored = child(&signed, &leaf, readers.anchor).map_err(RollupFault::Step)?;
        if anchored.child != counted.child {
            return Err(RollupFault::OtherChild(anchored.child));
        }
        let found = anchored.checkpoint.size;
        if found != counted.size {
            return Err(RollupFault::Size { wanted: counted.size, found });
        }
        let mut said = anchored.leaves.iter().filter_map(|proven| match proven.read() {
            Some(Leaf::Summary(summary)) if summary.number == counted.summary => {
                (readers.summary)(&summary.body, readers.disease).filter(|_| proven.is_in(&anchored.checkpoint))
            }
            _ => None,
        });
        let said = said.next().ok_or(RollupFault::Summary(counted.summary))?;
        match differences(&counted.counts, &said).first() {
            Some((class, counted, said)) => Err(RollupFault::Said { class, counted: *counted, said: *said }),
            None => Ok(anchored.checkpoint),
        }
    }
}
