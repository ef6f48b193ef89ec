//! What this ledger vouched for and does not have: its store was lost or restored, and the stream may hold a rival by now.
//! Whoever has that log gives it back, so that the ledger can stand by its word; one that executed rivals meanwhile is
//! built anew first.
//!
//! Nobody's word counts here either: a leaf that is proven under the root which was cosigned belongs to that log. What is
//! final stays: a word that parts from it can't be kept. Limit: a log that no ledger has any more can't be given back.

use std::time::Duration;

use host::ledger::LedgerClient;
use proof::checkpoint::Checkpoint;
use proof::leaf::Leaf;
use tokio::time::timeout;

use super::beyond::leaf;
use super::{Ended, Feed};
use crate::oath::Mark;
use crate::peers;
use crate::worker::Work;

/// How long one of the others has to prove what it has: one that is there needs milliseconds.
const PROOF: Duration = Duration::from_millis(500);

/// The log that was vouched for, as another ledger has it.
struct Found {
    ledger: LedgerClient,
    /// The height of its last block.
    height: u64,
    /// Whether our log is its beginning.
    follows: bool,
}

impl Feed {
    /// Whether our log is not known to hold what was vouched for.
    pub(super) fn lacks_vouched(&mut self) -> bool {
        let (sworn, size) = {
            let progress = self.progress.borrow();
            (progress.sworn.clone(), progress.head.size)
        };
        if sworn == self.met {
            return false;
        }
        // A failing disk is met by whoever writes to it; here it says nothing.
        let held =
            |mark: &Mark| mark.size <= size && self.reader.root_at(mark.size).is_ok_and(|root| root == mark.root);
        if sworn.as_ref().is_some_and(held) {
            self.met = sworn;
            return false;
        }
        sworn.is_some()
    }

    /// Takes back what was vouched for from whoever has it.
    pub(super) async fn take_back(&mut self) -> Result<(), Ended> {
        if !self.lacks_vouched() {
            return Ok(());
        }
        let (mark, set) = {
            let progress = self.progress.borrow();
            (progress.sworn.clone(), progress.sets.current.clone())
        };
        let Some(mark) = mark else { return Ok(()) };
        for (_, ledger) in peers::others(&self.node, &set) {
            let Ok(Some(found)) = timeout(PROOF, self.found(ledger, &mark)).await else { continue };
            if !found.follows {
                return self.tell(Work::Forsworn(found.height)).await;
            }
            let next = self.progress.borrow().head.tip.height + 1;
            tracing::info!(chain = %self.chain.path(), from = next, to = found.height, "another ledger has what this one vouched for");
            self.fetch(next..found.height.saturating_add(1), Some(found.ledger)).await?;
            return Ok(());
        }
        Ok(())
    }

    /// What a ledger has of it; none if it does not prove it, or if it parts from what is final.
    async fn found(&self, ledger: LedgerClient, mark: &Mark) -> Option<Found> {
        let sworn = Checkpoint { origin: self.chain.origin.clone(), size: mark.size, root: mark.root };
        let (size, tip, last) = {
            let progress = self.progress.borrow();
            (progress.head.size, progress.head.tip.clone(), progress.certificate.clone())
        };
        let Some(Leaf::Block(end)) = leaf(&ledger, mark.size.checked_sub(1)?, &sworn).await else { return None };
        if let Some(size) = last.map(|certificate| certificate.checkpoint.size) {
            // What is final is in our log, and must be in that one too.
            let at = size.checked_sub(1)?;
            let ours = Leaf::from_bytes(&self.reader.proven(at, size).ok()?.leaf)?;
            if size > mark.size || leaf(&ledger, at, &sworn).await? != ours {
                return None;
            }
        }
        let follows = match size.checked_sub(1) {
            None => true,
            Some(_) if size > mark.size => false,
            // Our log ends with its last block's leaf, and that names the block.
            Some(at) => matches!(leaf(&ledger, at, &sworn).await?, Leaf::Block(last) if last.block == tip.hash),
        };
        Some(Found { ledger, height: end.height, follows })
    }
}
