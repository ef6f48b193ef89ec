//! What early warning writes into the log: forecasts and assessments by members, and what members voted beside them.
//!
//! A forecast is a commitment: it is taken before its first step has ended, once for the same model, code and days, and
//! stands for good, so that its author can neither hide nor mend it when the outcome is known. It rings nothing, adds to
//! no total and rises nowhere. An assessment is an oracle's word: it names the log and the rules it was computed from, so
//! that others compute it again and vote on it under the policy of its class; without such a policy it stands as said. Of
//! each member the latest is kept; what became of it stands on its event, as with every report.
//!
//! A ledger keeps no root but the last: that a basis is a prefix of this log is for who has the log, here only its size is
//! checked. Bounds: `event::outlook`.

use proof::digest::Digest;

use crate::act::{Act, Halt};
use crate::codec::record;
use crate::event::{
    AlertLevel, Assessment, Basis, Cadence, EventId, Forecast, Ground, MAX_INDEX_MILLI, MAX_STEPS, MAX_VALUES, Stage,
};
use crate::field::{count, disease, limit, name, name_if_any, past_day, stated_digest};
use crate::keys;
use crate::record::{Kind, Outcome, PolicyRecord};
use crate::refusal::{Code, Refusal};
use crate::report::settle;
use crate::report::subject::Claim;
use crate::state::Draft;
use crate::text::check_field;
use crate::time::{Date, Millis};

record! {
    /// A forecast, at `keys::forecast(..)`; the numbers are in the event.
    pub struct ForecastRecord {
        /// The event.
        pub event: EventId,
        /// Height of its block.
        pub height: u64,
        /// Index of its leaf in the log.
        pub leaf_index: u64,
        /// Chain time of its block: it stood by then.
        pub committed_at: Millis,
    }
    /// A member's latest assessment of a disease in a region, at `keys::assessment(disease, region, member)`. Where its
    /// judgement stands is on its event ([`crate::query::assessments`] reads both).
    pub struct AssessmentRecord {
        /// The event.
        pub event: EventId,
        /// Whose it is.
        pub member: String,
        /// The last day it looks at.
        pub day: Date,
        /// The stage.
        pub stage: Stage,
        /// The level.
        pub level: Option<AlertLevel>,
        /// The rule that gave the level; empty without one.
        pub rule: String,
        /// The index of the indicators.
        pub index_milli: u64,
        /// The rule file it follows.
        pub rules: Digest,
        /// The size of the log it was computed from.
        pub basis_size: u64,
    }
    /// What members voted, at `keys::response(disease, region)`.
    pub struct ResponseRecord {
        /// The stage; `None`: as computed.
        pub stage: Option<Stage>,
        /// The level; `None`: as computed.
        pub level: Option<AlertLevel>,
        /// Chain time since when.
        pub since: Millis,
        /// The proposal.
        pub event: EventId,
    }
    /// Another case definition, at `keys::definition(disease, from)`; of two for one day the later proposal stands.
    pub struct DefinitionRecord {
        /// What changes.
        pub note: String,
        /// Chain time of the decision.
        pub since: Millis,
        /// The proposal.
        pub event: EventId,
    }
    /// The rules of early warning in force, at `keys::rules()`.
    pub struct RulesRecord {
        /// SHA-256 of the rule file.
        pub rules: Digest,
        /// Chain time since when.
        pub since: Millis,
        /// The proposal.
        pub event: EventId,
    }
}

/// When the first step of a forecast is over: from then on its outcome may be known. A week's `reference_date` is the
/// first day of the last week that was counted, so the first step begins seven days after it and takes seven more.
pub fn first_step_ends(cadence: Cadence, reference_date: Date) -> Millis {
    Date(reference_date.0.saturating_add(2 * cadence.days())).start()
}

/// The form of a forecast.
pub fn check_forecast(forecast: &Forecast, signed_on: Date) -> Result<(), Refusal> {
    disease(&forecast.disease)?;
    name("model", &forecast.model)?;
    name("code", &forecast.code)?;
    past_day("reference_date", forecast.reference_date, signed_on)?;
    check_basis(&forecast.basis)?;
    check_field("parameters", &forecast.parameters)?;
    forecast.weights.iter().try_for_each(|weights| stated_digest("weights", weights))?;
    if forecast.steps.is_empty() {
        return Err(Refusal::of(Code::Malformed, "steps", "a forecast has at least one step"));
    }
    limit("steps", forecast.steps.len(), MAX_STEPS)?;
    for step in &forecast.steps {
        step.iter().try_for_each(|milli| count("steps", *milli, 0))?;
        if !step.is_sorted() {
            return Err(Refusal::of(Code::OutOfRange, "steps", "the quantiles of a step must not fall"));
        }
    }
    Ok(())
}

/// The form of an assessment.
pub fn check_assessment(assessment: &Assessment, signed_on: Date) -> Result<(), Refusal> {
    disease(&assessment.disease)?;
    past_day("day", assessment.day, signed_on)?;
    check_basis(&assessment.basis)?;
    stated_digest("rules", &assessment.rules)?;
    name_if_any("rule", &assessment.rule)?;
    if assessment.level.is_some() == assessment.rule.is_empty() {
        return Err(Refusal::of(Code::Malformed, "rule", "names what gave the level: one with a level, none without"));
    }
    if assessment.index_milli > MAX_INDEX_MILLI {
        return Err(Refusal::of(Code::OutOfRange, "index_milli", format!("is more than {MAX_INDEX_MILLI}")));
    }
    check_values(&assessment.values)
}

/// The form of what a warning stands on.
pub(crate) fn check_ground(ground: &Ground) -> Result<(), Refusal> {
    check_basis(&ground.basis)?;
    stated_digest("ground.model", &ground.model)?;
    stated_digest("ground.rules", &ground.rules)?;
    check_values(&ground.values)
}

fn check_values(values: &[(String, i64)]) -> Result<(), Refusal> {
    limit("values", values.len(), MAX_VALUES)?;
    for (called, value) in values {
        name("values", &called.replace('_', "-"))?;
        count("values", value.unsigned_abs(), 0)?;
    }
    if !values.is_sorted_by(|(one, _), (next, _)| one < next) {
        return Err(Refusal::of(Code::Malformed, "values", "stand in the order of their names, each once"));
    }
    Ok(())
}

fn check_basis(basis: &Basis) -> Result<(), Refusal> {
    count("basis.size", basis.size, 1)?;
    stated_digest("basis.root", &basis.root)
}

/// The log that was read is one this chain has had.
pub(crate) fn read_here(act: &Act<'_>, basis: &Basis) -> Result<(), Refusal> {
    if basis.size > act.scene.leaf_index {
        return Err(Refusal::of(Code::BadBasis, "basis.size", "is more than the leaves of this chain's log"));
    }
    Ok(())
}

/// Takes a forecast, if its outcome is still to come and it is the first of its kind.
pub(crate) fn forecast(draft: &mut Draft<'_>, act: &Act<'_>, forecast: &Forecast) -> Result<Outcome, Halt> {
    read_here(act, &forecast.basis)?;
    // Chain time of a quiet chain stands behind; an author who signed later than the end says so himself.
    let (scene, event) = (act.scene, act.event());
    if scene.now.max(event.created_at) >= first_step_ends(forecast.cadence, forecast.reference_date) {
        let detail = "its first step has ended, so its outcome may be known; forecast from a later day";
        return Err(Refusal::of(Code::ForecastLate, "reference_date", detail).into());
    }
    let Forecast { disease, model, code, cadence, reference_date, .. } = forecast;
    let key = keys::forecast(&disease.code, &event.region, *cadence, *reference_date, &act.member.id, model, code);
    if draft.get::<ForecastRecord>(&key)?.is_some() {
        let detail = "the member has committed a forecast of this model and code for these days; it stands";
        return Err(Refusal::of(Code::ForecastRepeated, "reference_date", detail).into());
    }
    let record = ForecastRecord {
        event: act.submitted.id,
        height: scene.height,
        leaf_index: scene.leaf_index,
        committed_at: scene.now,
    };
    draft.put(key, &record);
    Ok(Outcome::Accepted)
}

/// Takes an assessment: under the policy of its class where the chain has one, else at once. It rings nothing, whatever
/// becomes of it.
pub(crate) fn assessment(draft: &mut Draft<'_>, act: &Act<'_>, assessment: &Assessment) -> Result<Outcome, Halt> {
    read_here(act, &assessment.basis)?;
    if draft.get::<RulesRecord>(&keys::rules())?.is_some_and(|set| set.rules != assessment.rules) {
        let detail = "members set other rules; assess by those in force";
        return Err(Refusal::of(Code::RulesNotInForce, "rules", detail).into());
    }
    let (event, member) = (act.event(), &act.member.id);
    let key = keys::assessment(&assessment.disease.code, &event.region, member);
    // One that comes late is taken and judged, but what is known of a later day stays in front.
    if draft.get::<AssessmentRecord>(&key)?.is_none_or(|latest| latest.day <= assessment.day) {
        let record = AssessmentRecord {
            event: act.submitted.id,
            member: member.clone(),
            day: assessment.day,
            stage: assessment.stage,
            level: assessment.level,
            rule: assessment.rule.clone(),
            index_milli: assessment.index_milli,
            rules: assessment.rules,
            basis_size: assessment.basis.size,
        };
        draft.put(key, &record);
    }
    match draft.get::<PolicyRecord>(&keys::policy(Kind::Assessment.name()))? {
        Some(policy) => {
            let claim = Claim::quiet(event, Kind::Assessment, &assessment.disease).patient();
            settle::open_under(draft, act, claim, policy)
        }
        None => Ok(Outcome::Accepted),
    }
}

#[cfg(test)]
mod tests;
