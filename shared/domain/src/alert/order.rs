//! Who may ring every bell, and who may stop it: warnings and what lifts them, and orders.
//!
//! A warning that supersedes is a warning of its own and is judged as every warning. A lifting says that a warning is over. It
//! is stated and judged under the policy of warnings, by whoever may warn.

use crate::act::{Act, Halt, unknown_cause};
use crate::event::{Directive, EventId, Lifting, Warning};
use crate::record::{EventRecord, Kind, Outcome, PhaseRecord};
use crate::refusal::{Code, Refusal};
use crate::report::settle;
use crate::report::subject::{Claim, SettledRecord};
use crate::state::{Draft, Fault};
use crate::{keys, outlook};

use super::{AlertKind, AlertState, AlertText, WarningRecord};

/// An early warning: under the policy `author` a managing member's rings at once, else when ballots accept it.
pub(crate) fn warning(draft: &mut Draft<'_>, act: &Act<'_>, warning: &Warning) -> Result<Outcome, Halt> {
    if let Some(ground) = &warning.ground {
        outlook::read_here(act, &ground.basis)?;
    }
    let region = &act.event().region;
    if let Some(earlier) = &warning.supersedes {
        let known = known(draft, earlier, "supersedes")?;
        if known.disease != warning.disease.code || known.region != *region {
            let detail = "the earlier warning is of another disease or region";
            return Err(Refusal::of(Code::BadCause, "supersedes", detail).into());
        }
    }
    let record = WarningRecord {
        disease: warning.disease.code.clone(),
        region: region.clone(),
        supersedes: warning.supersedes,
        rung: None,
        replaced_by: None,
    };
    draft.put(keys::warning(&act.submitted.id), &record);
    let line = AlertText::line(warning.level, AlertKind::Warning, region, warning.headline.clone());
    let text = AlertText {
        disease: Some(warning.disease.clone()),
        rule: warning.method.clone(),
        ground: warning.ground.clone(),
        ..line
    };
    let outcome = settle::open(draft, act, Claim::rings(Kind::Warning, text))?;
    alone(act, outcome)
}

/// The end of a warning: with a warning's rights, as a warning is judged.
pub(crate) fn lifting(draft: &mut Draft<'_>, act: &Act<'_>, lifting: &Lifting) -> Result<Outcome, Halt> {
    let refused = |code, detail: &str| Err(Refusal::of(code, "warning", detail).into());
    let known = known(draft, &lifting.warning, "warning")?;
    if known.region != act.event().region {
        return refused(Code::BadCause, "the warning is of another region than the event");
    }
    let event = draft.get::<EventRecord>(&keys::event(&lifting.warning))?;
    if event.is_some_and(|event| event.outcome == Outcome::Open) {
        return refused(Code::BadCause, "the warning is not accepted yet; it ends when ballots reject it");
    }
    if known.replaced_by.is_some() {
        return refused(Code::Closed, "a later warning replaced it; lift that one");
    }
    // Where it was rejected without having rung there is nothing to call off either.
    if known.rung.is_none_or(|(state, _)| state == AlertState::Cancelled) {
        return refused(Code::Closed, "the warning is over already");
    }
    let settled = draft.get::<SettledRecord>(&keys::settled(&lifting.warning))?;
    let Some(disease) = settled.and_then(|settled| settled.alert).and_then(|text| text.disease) else {
        return Err(Fault(format!("the accepted warning {} has no text", lifting.warning)).into());
    };
    draft.put(keys::lifting(&act.submitted.id), &lifting.warning);
    let outcome = settle::open(draft, act, Claim::quiet(act.event(), Kind::Lifting, &disease))?;
    alone(act, outcome)
}

/// Alone, only a member that also answers for others' reports may ring every bell or stop it; others need ballots.
fn alone(act: &Act<'_>, outcome: Outcome) -> Result<Outcome, Halt> {
    if outcome == Outcome::Accepted && !act.member.node_role.manages() {
        return Err(Refusal::new(Code::RoleMissing, "only a management member warns by itself").into());
    }
    Ok(outcome)
}

/// The warning of this chain that a field names.
fn known(draft: &mut Draft<'_>, id: &EventId, field: &'static str) -> Result<WarningRecord, Halt> {
    if let Some(known) = draft.get::<WarningRecord>(&keys::warning(id))? {
        return Ok(known);
    }
    match draft.get::<EventRecord>(&keys::event(id))? {
        Some(_) => Err(Refusal::of(Code::BadCause, field, "names an event that is no warning of this chain").into()),
        None => Err(unknown_cause(id).into()),
    }
}

/// An order, by a management member, or in a phase with a dominant member by that member alone.
pub(crate) fn directive(draft: &mut Draft<'_>, act: &Act<'_>, directive: &Directive) -> Result<Outcome, Halt> {
    match draft.get::<PhaseRecord>(&keys::phase())?.and_then(|phase| phase.dominant) {
        Some(dominant) if dominant != act.member.id => {
            let detail = "in this phase only the directives of its dominant member are accepted";
            return Err(Refusal::new(Code::RoleMissing, detail).into());
        }
        None if !act.member.node_role.manages() => {
            return Err(Refusal::new(Code::RoleMissing, "only a management member issues directives").into());
        }
        _ => {}
    }
    let line = AlertText::line(directive.level, AlertKind::Directive, &act.event().region, directive.headline.clone());
    let text = AlertText { instruction: directive.instruction.clone(), measure: directive.measure.clone(), ..line };
    settle::open(draft, act, Claim::rings(Kind::Directive, text))
}

#[cfg(test)]
mod tests;
