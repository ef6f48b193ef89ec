//! What others prove to be final beyond what we know to be. A ledger that is new, restored or far behind takes it from
//! them before it reads the stream; one whose log parts from it has executed rivals, and is built anew.
//!
//! Nobody's word counts here: a certificate of q cosigners names the log, and leaves proven under it say how high it is
//! and whether ours is its beginning, or its root whether it is the beginning of ours. Limits: who does not answer in time is not waited for; the stream is read then, and
//! the others are asked again when a note says that they are ahead.

use std::cmp::Reverse;
use std::sync::Arc;
use std::time::Duration;

use domain::event::{ProvenHandover, ProvenLeaf};
use futures::future::join_all;
use host::ledger::LedgerClient;
use proof::block::Tip;
use proof::checkpoint::{Certificate, Checkpoint};
use proof::handover::{self, Handover};
use proof::leaf::Leaf;
use proof::merkle::{leaf_hash, verify_inclusion};
use tokio::time::timeout;

use super::{Ended, Feed};
use crate::peers;
use crate::worker::Work;

/// How long the others have to say how far they are: one that is there needs milliseconds, and when all begin at once, the
/// stream must not wait.
const STATUS: Duration = Duration::from_millis(500);

/// How long the proof may take beyond that: three more questions, each asked of one who has just answered.
const PROOF: Duration = Duration::from_millis(500);

/// A final log of which we do not know that it is.
struct Beyond {
    /// Who has it.
    ledger: LedgerClient,
    /// The height of its last final block.
    height: u64,
    /// Whether our log and it tell one story, as far as both go.
    agrees: bool,
}

impl Feed {
    /// Takes what is final beyond our log from others, if they prove any.
    pub(super) async fn join(&self) -> Result<(), Ended> {
        let (known, size, tip) = {
            let progress = self.progress.borrow();
            (progress.final_size(), progress.head.size, progress.head.tip.clone())
        };
        let claims = self.claims(known).await;
        let Ok(Some(beyond)) = timeout(PROOF, self.proven(claims, size, &tip)).await else { return Ok(()) };
        if !beyond.agrees {
            return self.tell(Work::Contradicted(tip.height)).await;
        }
        let height = beyond.height;
        if height <= tip.height {
            return Ok(());
        }
        tracing::info!(chain = %self.chain.path(), from = tip.height, to = height, "others have finalised more; asking them for blocks");
        self.fetch(tip.height + 1..height.saturating_add(1), Some(beyond.ledger)).await.map(drop)
    }

    /// Certificates of longer logs than we know to be final, as others show them, of the longest first.
    async fn claims(&self, known: u64) -> Vec<(LedgerClient, Certificate)> {
        let set = Arc::clone(&self.progress.borrow().sets.current);
        let asked = peers::others(&self.node, &set).into_iter().map(|(_, ledger)| async move {
            let status = timeout(STATUS, ledger.status()).await.ok()?.ok()?;
            let certificate = Certificate::parse(status.certificate.as_deref()?)?;
            (certificate.checkpoint.size > known).then_some((ledger, certificate))
        });
        let mut claims = join_all(asked).await.into_iter().flatten().collect::<Vec<_>>();
        claims.sort_by_key(|(_, certificate)| Reverse(certificate.checkpoint.size));
        claims
    }

    /// The longest of those logs that is proven to be final, and how it goes with ours.
    async fn proven(&self, claims: Vec<(LedgerClient, Certificate)>, size: u64, tip: &Tip) -> Option<Beyond> {
        for (ledger, certificate) in claims {
            if !self.is_final(&certificate).await {
                continue;
            }
            let Checkpoint { size: end, .. } = certificate.checkpoint;
            let Some(Leaf::Block(last)) = leaf(&ledger, end.saturating_sub(1), &certificate.checkpoint).await else {
                continue;
            };
            let agrees = match size.checked_sub(1) {
                None => true,
                // A failing disk is met by whoever writes to it; here it says nothing.
                Some(_) if end <= size => self.reader.root_at(end).ok()? == certificate.checkpoint.root,
                // A log ends with its last block's leaf, and that names the block.
                Some(at) => match leaf(&ledger, at, &certificate.checkpoint).await {
                    Some(Leaf::Block(ours)) => ours.block == tip.hash,
                    Some(_) => false,
                    None => continue,
                },
            };
            return Some(Beyond { ledger, height: last.height, agrees });
        }
        None
    }

    /// Whether q cosigners vouch for a longer log than ours: those of today, or those whom they are followed by according
    /// to a peer, each set under the one before.
    async fn is_final(&self, certificate: &Certificate) -> bool {
        let set = Arc::clone(&self.progress.borrow().sets.current);
        if set.verify(&self.chain.origin, certificate).is_ok() {
            return true;
        }
        for (_, ledger) in peers::others(&self.node, &set) {
            let Ok(handovers) = ledger.handovers(set.epoch).await else { continue };
            let Some(handovers) = handovers.iter().map(parsed).collect::<Option<Vec<_>>>() else { continue };
            // The certificate may be of any of the sets on the way.
            let sets = (1..=handovers.len()).filter_map(|count| handovers.get(..count));
            let mut followed = sets.map_while(|some| handover::follow(&self.chain.origin, &set, some).ok());
            if followed.any(|later| later.verify(&self.chain.origin, certificate).is_ok()) {
                return true;
            }
        }
        false
    }
}

/// A leaf that a ledger proves to be under a checkpoint.
pub(super) async fn leaf(ledger: &LedgerClient, index: u64, checkpoint: &Checkpoint) -> Option<Leaf> {
    let (_, given) = ledger.leaf(index, Some(checkpoint.size)).await.ok()?;
    let hash = leaf_hash(&given.leaf);
    let proven = verify_inclusion(&hash, index, checkpoint.size, &given.inclusion, &checkpoint.root);
    if given.index == index && proven { Leaf::from_bytes(&given.leaf) } else { None }
}

/// A handover as a peer gave it.
fn parsed(given: &ProvenHandover) -> Option<Handover> {
    let certificate = Certificate::parse(&given.certificate)?;
    let ProvenLeaf { leaf, index, inclusion } = given.leaf.clone();
    Some(Handover { certificate, leaf, index, inclusion })
}
