//! Forecasts and assessments on the wire (`tocsin.forecasting.v1`).

use domain::event::{Assessment, Basis, Forecast, MAX_STEPS, MAX_VALUES, QUANTILES};
use domain::refusal::{Code, Refusal};
use domain::time::Date;

use crate::canonical::{at_most, digest, required, text};
use crate::proto::forecasting::v1 as proto;
use crate::vocabulary::{alert_level, cadence, disease_in, disease_out, stage};

pub(crate) fn forecast_out(fact: &Forecast) -> proto::Forecast {
    proto::Forecast {
        disease: disease_out(&fact.disease),
        model: fact.model.clone(),
        code: fact.code.clone(),
        cadence: cadence::number(fact.cadence),
        reference_date: fact.reference_date.0,
        basis: basis_out(&fact.basis),
        parameters: fact.parameters.clone(),
        weights: fact.weights.map(|weights| weights.0.to_vec()).unwrap_or_default(),
        steps: fact.steps.iter().map(|step| proto::Step { quantiles_milli: step.to_vec() }).collect(),
    }
}

pub(crate) fn forecast_in(fact: proto::Forecast) -> Result<Forecast, Refusal> {
    at_most(fact.steps.len(), MAX_STEPS, "steps")?;
    Ok(Forecast {
        disease: disease_in(fact.disease)?,
        model: text(fact.model, "model")?,
        code: text(fact.code, "code")?,
        cadence: cadence::value(fact.cadence, "cadence")?,
        reference_date: Date(fact.reference_date),
        basis: basis_in(fact.basis)?,
        parameters: text(fact.parameters, "parameters")?,
        weights: if fact.weights.is_empty() { None } else { Some(digest(&fact.weights, "weights")?) },
        steps: fact.steps.iter().map(|step| quantiles(&step.quantiles_milli)).collect::<Result<_, _>>()?,
    })
}

/// The quantiles of a step: as many as there are levels.
pub(crate) fn quantiles(found: &[u64]) -> Result<[u64; QUANTILES], Refusal> {
    let not_all = |_| Refusal::of(Code::Malformed, "steps", format!("a step has {QUANTILES} quantiles"));
    found.try_into().map_err(not_all)
}

pub(crate) fn assessment_out(fact: &Assessment) -> proto::Assessment {
    proto::Assessment {
        disease: disease_out(&fact.disease),
        day: fact.day.0,
        basis: basis_out(&fact.basis),
        rules: fact.rules.0.to_vec(),
        stage: stage::number(fact.stage),
        level: fact.level.map_or(0, alert_level::number),
        rule: fact.rule.clone(),
        index_milli: fact.index_milli,
        values: values_out(&fact.values),
    }
}

pub(crate) fn assessment_in(fact: proto::Assessment) -> Result<Assessment, Refusal> {
    Ok(Assessment {
        disease: disease_in(fact.disease)?,
        day: Date(fact.day),
        basis: basis_in(fact.basis)?,
        rules: digest(&fact.rules, "rules")?,
        stage: stage::value(fact.stage, "stage")?,
        level: match fact.level {
            0 => None,
            level => Some(alert_level::value(level, "level")?),
        },
        rule: text(fact.rule, "rule")?,
        index_milli: fact.index_milli,
        values: values_in(fact.values)?,
    })
}

/// Values by name, in the order they stand in.
pub(crate) fn values_out(values: &[(String, i64)]) -> Vec<proto::Value> {
    values.iter().map(|(name, value)| proto::Value { name: name.clone(), value: *value }).collect()
}

pub(crate) fn values_in(values: Vec<proto::Value>) -> Result<Vec<(String, i64)>, Refusal> {
    at_most(values.len(), MAX_VALUES, "values")?;
    values.into_iter().map(|one| Ok((text(one.name, "values")?, one.value))).collect()
}

pub(crate) fn basis_out(basis: &Basis) -> Option<proto::Basis> {
    Some(proto::Basis { size: basis.size, root: basis.root.0.to_vec() })
}

pub(crate) fn basis_in(basis: Option<proto::Basis>) -> Result<Basis, Refusal> {
    let basis = required(basis, "basis")?;
    Ok(Basis { size: basis.size, root: digest(&basis.root, "basis.root")? })
}
