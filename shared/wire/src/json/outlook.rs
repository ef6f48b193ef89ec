//! Forecasts, assessments and the ground of a warning in JSON. The steps of a forecast are lists of 23 thousandths of a case; the values of an
//! assessment are one object, `{"n7": 21, "rt_milli": 1430}`.

use domain::event::{AlertLevel, Assessment, Basis, Cadence, Forecast, Ground, QUANTILES, Stage};
use domain::refusal::{Code, Refusal};
use serde_json::{Map, Value, json};

use super::fields::Fields;
use super::request::LEVELS;
use super::view;

/// The stages' names, by number.
pub(super) const STAGES: &str = "sporadic, alert, growth, plateau, decline, ended";

pub(super) fn forecast(fields: &mut Fields<'_>) -> Result<Forecast, Refusal> {
    Ok(Forecast {
        disease: fields.disease()?,
        model: fields.text("model")?,
        code: fields.text("code")?,
        cadence: fields.word("cadence", Cadence::parse, "day, week")?,
        reference_date: fields.date("reference_date")?,
        basis: basis(fields)?,
        parameters: fields.text_or_empty("parameters")?,
        weights: fields.maybe_digest("weights")?,
        steps: fields.list("steps")?.iter().map(step).collect::<Result<_, _>>()?,
    })
}

/// The quantiles of one step.
fn step(value: &Value) -> Result<[u64; QUANTILES], Refusal> {
    let shape = || Refusal::of(Code::Malformed, "steps", format!("a step is a list of {QUANTILES} whole numbers"));
    let found = value.as_array().ok_or_else(shape)?;
    crate::forecasting::quantiles(
        &found.iter().map(|one| one.as_u64().ok_or_else(shape)).collect::<Result<Vec<_>, _>>()?,
    )
}

pub(super) fn assessment(fields: &mut Fields<'_>) -> Result<Assessment, Refusal> {
    Ok(Assessment {
        disease: fields.disease()?,
        day: fields.date("day")?,
        basis: basis(fields)?,
        rules: fields.digest("rules")?,
        stage: fields.word("stage", Stage::parse, STAGES)?,
        level: fields.maybe_word("level", AlertLevel::parse, LEVELS)?,
        rule: fields.text_or_empty("rule")?,
        index_milli: fields.count("index_milli")?,
        values: values(fields)?,
    })
}

pub(super) fn ground(value: &Value) -> Result<Ground, Refusal> {
    let mut fields = Fields::of(value, "ground")?;
    let ground = Ground {
        basis: basis(&mut fields)?,
        model: fields.digest("model")?,
        rules: fields.digest("rules")?,
        values: values(&mut fields)?,
    };
    fields.end("ground")?;
    Ok(ground)
}

/// Values by name, in the order of the names.
fn values(fields: &mut Fields<'_>) -> Result<Vec<(String, i64)>, Refusal> {
    let shape = || Refusal::of(Code::Malformed, "values", "values must be an object of names with whole numbers");
    let Some(found) = fields.maybe("values") else { return Ok(Vec::new()) };
    let named = found.as_object().ok_or_else(shape)?.iter();
    let mut values = named
        .map(|(name, value)| value.as_i64().map(|value| (name.clone(), value)).ok_or_else(shape))
        .collect::<Result<Vec<_>, _>>()?;
    values.sort_unstable();
    Ok(values)
}

fn basis(fields: &mut Fields<'_>) -> Result<Basis, Refusal> {
    let mut fields = Fields::of(fields.must("basis")?, "basis")?;
    let basis = Basis { size: fields.count("size")?, root: fields.digest("root")? };
    fields.end("basis")?;
    Ok(basis)
}

pub(super) fn forecast_view(fact: &Forecast) -> Value {
    json!({
        "disease": view::disease(&fact.disease),
        "model": fact.model,
        "code": fact.code,
        "cadence": fact.cadence.name(),
        "reference_date": fact.reference_date.to_string(),
        "basis": basis_view(&fact.basis),
        "parameters": fact.parameters,
        "weights": fact.weights.map(|weights| weights.to_string()),
        "steps": fact.steps.iter().map(|step| Value::from(step.as_slice())).collect::<Vec<_>>(),
    })
}

pub(super) fn assessment_view(fact: &Assessment) -> Value {
    json!({
        "disease": view::disease(&fact.disease),
        "day": fact.day.to_string(),
        "basis": basis_view(&fact.basis),
        "rules": fact.rules.to_string(),
        "stage": fact.stage.name(),
        "level": fact.level.map(AlertLevel::name),
        "rule": fact.rule,
        "index_milli": fact.index_milli,
        "values": values_view(&fact.values),
    })
}

pub(super) fn ground_view(ground: &Ground) -> Value {
    json!({
        "basis": basis_view(&ground.basis),
        "model": ground.model.to_string(),
        "rules": ground.rules.to_string(),
        "values": values_view(&ground.values),
    })
}

fn values_view(values: &[(String, i64)]) -> Value {
    Value::Object(values.iter().map(|(name, value)| (name.clone(), Value::from(*value))).collect::<Map<_, _>>())
}

fn basis_view(basis: &Basis) -> Value {
    json!({ "size": basis.size, "root": basis.root.to_string() })
}
