//! Warnings: how one replaces another and how it ends.
//!
//! A warning that supersedes is a warning of its own: it is judged as every warning, and what it names is replaced when it
//! rings for good. What has become of the earlier one meanwhile never stops the later one from ringing.
//!
//! A lifting says that a warning is over. It is stated and judged under the policy of warnings, by whoever may warn, and
//! rings the warning's own alert as cancelled; the warning stays accepted, for it was right when it rang. What is lifted
//! or refuted never rings again: who warns once more says so in a new warning.

use crate::act::{Act, Halt, Scene, unknown_cause};
use crate::codec::record;
use crate::event::{EventId, Lifting, Warning};
use crate::keys;
use crate::outlook;
use crate::record::{EventRecord, Kind, Outcome};
use crate::refusal::{Code, Refusal};
use crate::report::settle;
use crate::report::subject::{Claim, SettledRecord, Subject};
use crate::state::{Draft, Fault};
use crate::time::Millis;

use super::{AlertKind, AlertRecord, AlertState, AlertText, Superseded, alert_id, later, ring_text};

record! {
    /// A warning of this chain and how far it has rung, at `keys::warning(id)`. It is kept whatever became of it: one
    /// that supersedes it, or lifts it, may come years later, and there are few.
    pub struct WarningRecord {
        /// ICD-10 code.
        pub disease: String,
        /// The place.
        pub region: String,
        /// The warning it replaces.
        pub supersedes: Option<EventId>,
        /// In which state its alert stands, and when that was sent; `None` while it has not rung.
        pub rung: Option<(AlertState, Millis)>,
        /// The last warning that replaced it.
        pub replaced_by: Option<EventId>,
    }
}

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

/// A lifting is decided: accepted, it calls off the alert of its warning, unless that is over by now.
pub(crate) fn lifted(
    draft: &mut Draft<'_>,
    scene: &Scene,
    id: &EventId,
    subject: &Subject,
    outcome: Outcome,
) -> Result<(), Fault> {
    let key = keys::lifting(id);
    let Some(warning) = draft.get::<EventId>(&key)? else {
        return Err(Fault(format!("the lifting {id} names no warning")));
    };
    draft.delete(key);
    let settled = draft.get::<SettledRecord>(&keys::settled(&warning))?;
    let text = settled.filter(|_| outcome == Outcome::Accepted).and_then(|settled| settled.alert);
    let Some(mut text) = text else { return Ok(()) };
    text.events.push(*id);
    ring_text(draft, &later(scene, subject), warning, AlertState::Cancelled, text)
}

/// Notes that a warning of this chain rings, and what it replaces; `false` if it is over and rings no more.
pub(super) fn rings(draft: &mut Draft<'_>, alert: &mut AlertRecord) -> Result<bool, Fault> {
    let key = keys::warning(&alert.event);
    let Some(record) = draft.get::<WarningRecord>(&key)? else {
        return Err(Fault(format!("the warning {} has no record", alert.event)));
    };
    if matches!(record.rung, Some((AlertState::Cancelled, _))) {
        return Ok(false);
    }
    if let Some(id) = record.supersedes
        && let Some(earlier) = draft.get::<WarningRecord>(&keys::warning(&id))?
    {
        alert.supersedes = earlier.rung.map(|(state, sent_at)| Superseded { id: alert_id(&id, state), sent_at });
        if alert.state == AlertState::Confirmed {
            draft.put(keys::warning(&id), &WarningRecord { replaced_by: Some(alert.event), ..earlier });
        }
    }
    draft.put(key, &WarningRecord { rung: Some((alert.state, alert.sent_at)), ..record });
    Ok(true)
}

#[cfg(test)]
mod tests;
