//! Corrections: a report's own member answers a question and amends what it stated, while the report is open.

use crate::event::Correction;
use crate::record::Outcome;
use crate::refusal::{Code, Refusal};
use crate::rule::{Act, Halt};
use crate::state::Draft;

/// Amends an open report.
pub(crate) fn decide(_draft: &mut Draft<'_>, _act: &Act<'_>, _correction: &Correction) -> Result<Outcome, Halt> {
    Err(Refusal::new(Code::Closed, "the report is settled").into())
}
