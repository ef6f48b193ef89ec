//! The dry run: the member's own ledger says what an event would do, and whether its causes are there yet.

use std::time::Duration;

use domain::refusal::{Code, Refusal};
use tokio::time::Instant;
use wire::admission::Admitted;
use wire::event::Opened;
use wire::ledger::DryRunResult;

use super::{Desk, Open, fault, set};
use crate::register::Passed;

/// How long an event waits for its causes: two nodes in turn stay well below the 8 s that a submitter waits, because the
/// author's other events in the same request wait with it.
const CAUSE_PATIENCE: Duration = Duration::from_secs(2);
/// Between two looks whether the causes have been executed: a block takes a few milliseconds.
const CAUSE_LOOK: Duration = Duration::from_millis(10);

impl Desk {
    /// Runs the events on the member's own ledger; what waits for a cause is looked at again until patience ends.
    pub(super) async fn dry_run(&self, mut open: Vec<Open>, answers: &mut [Option<Admitted>]) -> Vec<(usize, Passed)> {
        let mut passed = Vec::new();
        let patience = Instant::now() + CAUSE_PATIENCE;
        while !open.is_empty() {
            let reply = self.ledger.dry_run(open.iter().map(|(_, _, signed)| signed.clone()).collect()).await;
            let (height, results) = match reply {
                Ok(reply) => reply,
                Err(error) => {
                    for (place, _, _) in open {
                        set(answers, place, fault(&format!("the member's ledger does not answer: {error}")));
                    }
                    return passed;
                }
            };
            let mut held = Vec::new();
            for ((place, opened, signed), result) in open.into_iter().zip(results) {
                match result {
                    DryRunResult::Ok { reads, writes } => {
                        passed.push((place, pass(opened, signed, height, reads, writes)));
                    }
                    // Sealed through another node: bundling it again is a no-op on the log and gives a receipt that holds.
                    DryRunResult::Executed => {
                        passed.push((place, pass(opened, signed, height, Vec::new(), Vec::new())));
                    }
                    DryRunResult::Refused(refusal) => set(answers, place, self.refuse(opened.id, refusal, height)),
                    DryRunResult::Waiting if Instant::now() < patience => held.push((place, opened, signed)),
                    DryRunResult::Waiting => {
                        let refusal = Refusal::of(Code::BadCause, "causes", "a cause is not on this chain");
                        set(answers, place, self.refuse(opened.id, refusal, height));
                    }
                }
            }
            if !held.is_empty() {
                tokio::time::sleep(CAUSE_LOOK).await;
            }
            open = held;
        }
        passed
    }
}

fn pass(
    opened: Opened,
    signed: Vec<u8>,
    dry_run_height: u64,
    reads: Vec<(Vec<u8>, u64)>,
    writes: Vec<Vec<u8>>,
) -> Passed {
    Passed { id: opened.id, signed, lane: opened.event.lane, dry_run_height, reads, writes }
}
