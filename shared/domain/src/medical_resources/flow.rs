//! Patients that came and went since the count, in numbers: they move what is in use.

use crate::act::{Act, Halt};
use crate::event::PatientFlow;
use crate::facility;
use crate::field;
use crate::record::Outcome;
use crate::refusal::{Code, Refusal};
use crate::state::Draft;

use super::hold;

/// The form of a flow.
pub fn check(flow: &PatientFlow) -> Result<(), Refusal> {
    field::name("facility", &flow.facility)?;
    super::takes_patients("resource", flow.resource)?;
    field::count("admitted", flow.admitted, 0)?;
    field::count("discharged", flow.discharged, 0)?;
    field::count("died", flow.died, 0)?;
    if flow.hold.is_some() && flow.admitted == 0 {
        return Err(Refusal::of(Code::OutOfRange, "admitted", "who uses beds that were kept admits somebody"));
    }
    if flow.admitted == 0 && flow.discharged == 0 && flow.died == 0 {
        return Err(Refusal::of(Code::Malformed, "admitted", "nobody came or went; there is nothing to state"));
    }
    Ok(())
}

/// Takes a flow by the facility's own member. Who left makes room for who came. Patients who come without a hold may take
/// beds that are kept for others: they are there, and that too few are left for the others shows.
pub(crate) fn decide(draft: &mut Draft<'_>, act: &Act<'_>, flow: &PatientFlow) -> Result<Outcome, Halt> {
    check(flow)?;
    facility::is_owned(draft, &flow.facility, act.member)?;
    let mut beds = super::stands(draft, &flow.facility, flow.resource)?;
    if let Some(id) = &flow.hold {
        hold::uses(draft, act, id, &mut beds, flow.admitted)?;
    }
    // Each is at most 2^53, so their sum can't overflow.
    let went = flow.discharged.saturating_add(flow.died);
    beds.patients(flow.admitted, went, act.event().occurred_at)?;
    super::put(draft, &beds);
    Ok(Outcome::Accepted)
}
