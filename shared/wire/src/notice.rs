//! Warnings and directives on the wire (`tocsin.alerts.v1`).

use domain::event::{Directive, Warning};
use domain::refusal::Refusal;

use crate::canonical::text;
use crate::proto::alerts::v1 as proto;
use crate::vocabulary::{alert_level, disease_in, disease_out};

pub(crate) fn warning_out(fact: &Warning) -> proto::Warning {
    proto::Warning {
        disease: disease_out(&fact.disease),
        level: alert_level::number(fact.level),
        headline: fact.headline.clone(),
        method: fact.method.clone(),
    }
}

pub(crate) fn warning_in(fact: proto::Warning) -> Result<Warning, Refusal> {
    Ok(Warning {
        disease: disease_in(fact.disease)?,
        level: alert_level::value(fact.level, "level")?,
        headline: text(fact.headline, "headline")?,
        method: text(fact.method, "method")?,
    })
}

pub(crate) fn directive_out(fact: &Directive) -> proto::Directive {
    proto::Directive {
        level: alert_level::number(fact.level),
        headline: fact.headline.clone(),
        instruction: fact.instruction.clone(),
    }
}

pub(crate) fn directive_in(fact: proto::Directive) -> Result<Directive, Refusal> {
    Ok(Directive {
        level: alert_level::value(fact.level, "level")?,
        headline: text(fact.headline, "headline")?,
        instruction: text(fact.instruction, "instruction")?,
    })
}
