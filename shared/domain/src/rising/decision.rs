//! A parent's decision on a report that escalated: it counts here once it is a proven event of this log.

use crate::event::Decision;
use crate::record::Outcome;
use crate::refusal::{Code, Refusal};
use crate::rule::{Act, Halt};
use crate::state::Draft;

/// Settles the report the parent decided.
pub(crate) fn decide(_draft: &mut Draft<'_>, _act: &Act<'_>, _decision: &Decision) -> Result<Outcome, Halt> {
    Err(Refusal::new(Code::BadDecision, "this chain knows no parent whose decisions it could prove").into())
}
