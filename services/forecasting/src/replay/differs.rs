//! How two events of a kind differ, field by field, for people who look for what went wrong.

use domain::event::{Directive, Event, EventId, Fact, Forecast, Lifting, Warning};
use domain::record::Kind;
use proof::digest::Digest;
use serde::Serialize;

use crate::detector::Trigger;

/// How one thing differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Differs {
    /// What.
    pub what: String,
    /// As the log has it.
    pub on_log: String,
    /// As it was computed again.
    pub recomputed: String,
}

/// What two events must have in common to be held against each other: the kind, the place and whose figures it is.
pub(super) fn kin(event: &Event) -> Option<(&str, &str, &str, [&str; 2])> {
    let (kind, region) = (Kind::of(&event.fact).name(), event.region.as_str());
    Some(match &event.fact {
        // A rule of an assessment may be another one with another level; a trigger is a matter of its own.
        Fact::Warning(Warning { disease, method, .. }) => {
            (kind, region, &disease.code, [Trigger::parse(method).map_or("", Trigger::method), ""])
        }
        Fact::Assessment(assessment) => (kind, region, &assessment.disease.code, ["", ""]),
        Fact::Forecast(forecast) => (kind, region, &forecast.disease.code, [&forecast.model, forecast.cadence.name()]),
        Fact::Directive(directive) => (kind, region, &directive.measure, ["", ""]),
        // A warning is lifted once.
        Fact::Lifting(_) => (kind, region, "", ["", ""]),
        _ => return None,
    })
}

pub(super) fn differ(what: &str, on_log: String, recomputed: String) -> Differs {
    Differs { what: what.to_owned(), on_log, recomputed }
}

/// Where two events of a kind differ, field by field.
pub(super) fn differences(on_log: &Event, recomputed: &Event) -> Vec<Differs> {
    let (ours, theirs) = (fields(recomputed), fields(on_log));
    let of = |fields: &[(String, String)], name: &str| {
        let found = fields.iter().find(|(other, _)| other == name);
        found.map_or_else(|| "-".to_owned(), |(_, value)| value.clone())
    };
    let added = ours.iter().filter(|(name, _)| !theirs.iter().any(|(other, _)| other == name));
    let names = theirs.iter().chain(added).map(|(name, _)| name);
    let pairs = names.map(|name| differ(name, of(&theirs, name), of(&ours, name)));
    let mut found = pairs.filter(|one| one.on_log != one.recomputed).collect::<Vec<_>>();
    if found.is_empty() && on_log != recomputed {
        let nonce = |event: &Event| Digest::of(&wire::event::encode(event)).to_string();
        found.push(differ("hash of the body", nonce(on_log), nonce(recomputed)));
    }
    found
}

/// What an event says, by name, the gravest first.
fn fields(event: &Event) -> Vec<(String, String)> {
    let mut fields = match &event.fact {
        Fact::Warning(warning) => of_warning(warning),
        Fact::Directive(Directive { level, headline, instruction, measure }) => named([
            ("level", level.name().to_owned()),
            ("measure", measure.clone()),
            ("headline", headline.clone()),
            ("instruction", instruction.clone()),
        ]),
        Fact::Lifting(Lifting { warning, reason }) => {
            named([("warning", warning.to_string()), ("reason", reason.clone())])
        }
        Fact::Assessment(assessment) => {
            let level = assessment.level.map_or("none", |level| level.name()).to_owned();
            let mut fields = named([
                ("level", level),
                ("stage", assessment.stage.name().to_owned()),
                ("rule", assessment.rule.clone()),
                ("day", assessment.day.to_string()),
                ("basis_size", assessment.basis.size.to_string()),
                ("basis_root", assessment.basis.root.to_string()),
                ("rules", assessment.rules.to_string()),
                ("index_milli", assessment.index_milli.to_string()),
            ]);
            fields.extend(assessment.values.iter().map(|(name, value)| (name.clone(), value.to_string())));
            fields
        }
        Fact::Forecast(forecast) => of_forecast(forecast),
        _ => Vec::new(),
    };
    let causes = event.causes.iter().map(EventId::to_string).collect::<Vec<_>>().join(" ");
    fields.extend(named([("causes", causes), ("signed_at", event.created_at.to_string())]));
    fields
}

fn of_warning(warning: &Warning) -> Vec<(String, String)> {
    let Warning { level, headline, method, supersedes, ground, .. } = warning;
    let mut fields =
        named([("level", level.name().to_owned()), ("rule", method.clone()), ("headline", headline.clone())]);
    if let Some(earlier) = supersedes {
        fields.extend(named([("supersedes", earlier.to_string())]));
    }
    if let Some(ground) = ground {
        fields.extend(named([
            ("basis_size", ground.basis.size.to_string()),
            ("basis_root", ground.basis.root.to_string()),
            ("model", ground.model.to_string()),
            ("rules", ground.rules.to_string()),
        ]));
        fields.extend(ground.values.iter().map(|(name, value)| (name.clone(), value.to_string())));
    }
    fields
}

fn of_forecast(forecast: &Forecast) -> Vec<(String, String)> {
    let mut fields = named([
        ("model", forecast.model.clone()),
        ("code", forecast.code.clone()),
        ("day", forecast.reference_date.to_string()),
        ("basis_size", forecast.basis.size.to_string()),
        ("basis_root", forecast.basis.root.to_string()),
        ("parameters", forecast.parameters.clone()),
        ("weights", forecast.weights.map_or_else(String::new, |weights| weights.to_string())),
    ]);
    fields.extend(forecast.steps.iter().zip(1..).map(|(quantiles, step)| {
        let quantiles = quantiles.map(|quantile| quantile.to_string());
        (format!("quantiles_{step}"), quantiles.join(" "))
    }));
    fields
}

fn named<const N: usize>(fields: [(&str, String); N]) -> Vec<(String, String)> {
    fields.map(|(name, value)| (name.to_owned(), value)).into()
}
