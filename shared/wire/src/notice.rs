//! Warnings, their end and directives on the wire (`tocsin.alerts.v1`).

use domain::event::{Directive, Ground, Lifting, Warning};
use domain::refusal::Refusal;

use crate::canonical::{digest, text};
use crate::forecasting::{basis_in, basis_out, values_in, values_out};
use crate::proto::alerts::v1 as proto;
use crate::vocabulary::{alert_level, disease_in, disease_out};

pub(crate) fn warning_out(fact: &Warning) -> proto::Warning {
    proto::Warning {
        disease: disease_out(&fact.disease),
        level: alert_level::number(fact.level),
        headline: fact.headline.clone(),
        method: fact.method.clone(),
        supersedes: fact.supersedes.map(|earlier| earlier.0.to_vec()).unwrap_or_default(),
        ground: fact.ground.as_ref().map(ground_out),
    }
}

pub(crate) fn warning_in(fact: proto::Warning) -> Result<Warning, Refusal> {
    Ok(Warning {
        disease: disease_in(fact.disease)?,
        level: alert_level::value(fact.level, "level")?,
        headline: text(fact.headline, "headline")?,
        method: text(fact.method, "method")?,
        supersedes: match fact.supersedes.as_slice() {
            [] => None,
            earlier => Some(digest(earlier, "supersedes")?),
        },
        ground: fact.ground.map(ground_in).transpose()?,
    })
}

fn ground_out(ground: &Ground) -> proto::Ground {
    proto::Ground {
        basis: basis_out(&ground.basis),
        model: ground.model.0.to_vec(),
        rules: ground.rules.0.to_vec(),
        values: values_out(&ground.values),
    }
}

fn ground_in(ground: proto::Ground) -> Result<Ground, Refusal> {
    Ok(Ground {
        basis: basis_in(ground.basis)?,
        model: digest(&ground.model, "ground.model")?,
        rules: digest(&ground.rules, "ground.rules")?,
        values: values_in(ground.values)?,
    })
}

pub(crate) fn lifting_out(fact: &Lifting) -> proto::Lifting {
    proto::Lifting { warning: fact.warning.0.to_vec(), reason: fact.reason.clone() }
}

pub(crate) fn lifting_in(fact: proto::Lifting) -> Result<Lifting, Refusal> {
    Ok(Lifting { warning: digest(&fact.warning, "warning")?, reason: text(fact.reason, "reason")? })
}

pub(crate) fn directive_out(fact: &Directive) -> proto::Directive {
    proto::Directive {
        level: alert_level::number(fact.level),
        headline: fact.headline.clone(),
        instruction: fact.instruction.clone(),
        measure: fact.measure.clone(),
    }
}

pub(crate) fn directive_in(fact: proto::Directive) -> Result<Directive, Refusal> {
    Ok(Directive {
        level: alert_level::value(fact.level, "level")?,
        headline: text(fact.headline, "headline")?,
        instruction: text(fact.instruction, "instruction")?,
        measure: text(fact.measure, "measure")?,
    })
}
