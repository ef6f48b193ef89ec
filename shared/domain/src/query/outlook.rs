//! What a state says of early warning: forecasts, assessments, what members voted, the rules and case definitions in force.

use crate::chain::is_name;
use crate::codec::Record;
use crate::event::Cadence;
use crate::field::{is_disease_code, is_region};
use crate::keys::{self, end_of};
use crate::outlook::{AssessmentRecord, DefinitionRecord, ForecastRecord, ResponseRecord, RulesRecord};
use crate::record::Outcome;
use crate::state::list::{behind, no_such_form};
use crate::state::{Fault, View, decoded, read};
use crate::time::Date;

use super::event_record;

/// Which forecast; in the order of its parts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ForecastKey {
    /// ICD-10 code.
    pub disease: String,
    /// The place.
    pub region: String,
    /// Days or weeks.
    pub cadence: Cadence,
    /// The last day, or the first of the last week, that was counted.
    pub reference_date: Date,
    /// Whose it is.
    pub member: String,
    /// The model.
    pub model: String,
    /// The version of its code.
    pub code: String,
}

/// A disease in a region: what assessments and votes are about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// ICD-10 code.
    pub disease: String,
    /// The place.
    pub region: String,
}

/// From which day a disease is counted by another definition.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DefinitionKey {
    /// ICD-10 code.
    pub disease: String,
    /// The first day.
    pub from: Date,
}

/// A member's latest assessment and where its judgement stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assessed {
    /// Of what.
    pub place: Place,
    /// The assessment.
    pub record: AssessmentRecord,
    /// What ballots made of it.
    pub outcome: Outcome,
}

impl ForecastKey {
    /// The key in the state.
    pub fn key(&self) -> Vec<u8> {
        let ForecastKey { disease, region, cadence, reference_date, member, model, code } = self;
        keys::forecast(disease, region, *cadence, *reference_date, member, model, code)
    }

    /// From `disease/region/cadence/date/member/model/code`.
    pub fn parse(text: &str) -> Option<Self> {
        let parts: [&str; 7] = text.split('/').collect::<Vec<_>>().try_into().ok()?;
        let [disease, region, cadence, date, member, model, code] = parts;
        let names = [member, model, code];
        (is_disease_code(disease) && is_region(region) && names.into_iter().all(is_name)).then_some(())?;
        Some(ForecastKey {
            disease: disease.to_owned(),
            region: region.to_owned(),
            cadence: Cadence::parse(cadence)?,
            reference_date: Date::parse(date)?,
            member: member.to_owned(),
            model: model.to_owned(),
            code: code.to_owned(),
        })
    }
}

impl Place {
    /// From `disease/region`, behind which more parts may stand.
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('/');
        let (disease, region) = (parts.next()?, parts.next()?);
        (is_disease_code(disease) && is_region(region))
            .then(|| Place { disease: disease.into(), region: region.into() })
    }
}

impl DefinitionKey {
    /// From `disease/date`.
    pub fn parse(text: &str) -> Option<Self> {
        let (disease, from) = text.split_once('/')?;
        is_disease_code(disease).then_some(())?;
        Some(DefinitionKey { disease: disease.to_owned(), from: Date::parse(from)? })
    }
}

/// Forecasts after `after`, in the order of their keys; of a disease, a region, or both.
pub fn forecasts(
    view: &dyn View,
    disease: Option<&str>,
    region: Option<&str>,
    after: Option<&ForecastKey>,
    limit: usize,
) -> Result<Vec<(ForecastKey, ForecastRecord)>, Fault> {
    filtered(view, "forecast/", (disease, region), after.map(ForecastKey::key), limit, ForecastKey::parse)
}

/// A forecast.
pub fn forecast(view: &dyn View, key: &ForecastKey) -> Result<Option<ForecastRecord>, Fault> {
    read(view, &key.key())
}

/// Members' latest assessments by disease, region and member, behind that of a place and member.
pub fn assessments(
    view: &dyn View,
    disease: Option<&str>,
    region: Option<&str>,
    after: Option<(&Place, &str)>,
    limit: usize,
) -> Result<Vec<Assessed>, Fault> {
    let after = after.map(|(place, member)| keys::assessment(&place.disease, &place.region, member));
    let found = filtered(view, "assessment/", (disease, region), after, limit, Place::parse)?;
    found.into_iter().map(|(place, record)| assessed(view, place, record)).collect()
}

/// A member's latest assessment of a disease in a region.
pub fn assessment(view: &dyn View, place: &Place, member: &str) -> Result<Option<Assessed>, Fault> {
    let found = read::<AssessmentRecord>(view, &keys::assessment(&place.disease, &place.region, member))?;
    found.map(|record| assessed(view, place.clone(), record)).transpose()
}

fn assessed(view: &dyn View, place: Place, record: AssessmentRecord) -> Result<Assessed, Fault> {
    let event = event_record(view, &record.event)?;
    let event = event.ok_or_else(|| Fault(format!("the assessment {} has no record of its event", record.event)))?;
    Ok(Assessed { place, record, outcome: event.outcome })
}

/// What members voted, by disease and region.
pub fn responses(
    view: &dyn View,
    disease: Option<&str>,
    region: Option<&str>,
    after: Option<&Place>,
    limit: usize,
) -> Result<Vec<(Place, ResponseRecord)>, Fault> {
    let after = after.map(|place| keys::response(&place.disease, &place.region));
    filtered(view, "response/", (disease, region), after, limit, Place::parse)
}

/// What members voted of a disease in a region.
pub fn response(view: &dyn View, place: &Place) -> Result<Option<ResponseRecord>, Fault> {
    read(view, &keys::response(&place.disease, &place.region))
}

/// The rules of early warning in force; `None` until a proposal sets them.
pub fn rules(view: &dyn View) -> Result<Option<RulesRecord>, Fault> {
    read(view, &keys::rules())
}

/// Changes of case definitions, by disease and day; behind `after`.
pub fn definitions(
    view: &dyn View,
    disease: Option<&str>,
    after: Option<&DefinitionKey>,
    limit: usize,
) -> Result<Vec<(DefinitionKey, DefinitionRecord)>, Fault> {
    let after = after.map(|key| keys::definition(&key.disease, key.from));
    filtered(view, "definition/", (disease, None), after, limit, DefinitionKey::parse)
}

/// Keys looked at in one go where a region has to be picked out.
const AT_ONCE: usize = 256;

/// Records of an area by disease and region, behind the key `after`. With a disease only its own keys are read; a region
/// alone is looked for under every disease.
fn filtered<N, R: Record>(
    view: &dyn View,
    area: &str,
    (disease, region): (Option<&str>, Option<&str>),
    after: Option<Vec<u8>>,
    limit: usize,
    parse: impl Fn(&str) -> Option<N>,
) -> Result<Vec<(N, R)>, Fault> {
    let scope = match (disease, region) {
        (Some(disease), Some(region)) => format!("{area}{disease}/{region}"),
        (Some(disease), None) => format!("{area}{disease}/"),
        (None, _) => area.to_owned(),
    };
    let to = end_of(scope.as_bytes());
    let mut from = after.map_or_else(Vec::new, behind).max(scope.into_bytes());
    let mut found = Vec::new();
    while found.len() < limit {
        let page = view.scan(&from, &to, AT_ONCE)?;
        let last = page.len() < AT_ONCE;
        for (key, stored) in page {
            let rest = std::str::from_utf8(&key).ok().and_then(|key| key.strip_prefix(area));
            if region.is_none_or(|region| rest.and_then(|rest| rest.split('/').nth(1)) == Some(region)) {
                let name = rest.and_then(&parse).ok_or_else(|| no_such_form(&key))?;
                found.push((name, decoded(&key, &stored.value)?));
            }
            from = behind(key);
        }
        if last {
            break;
        }
    }
    found.truncate(limit);
    Ok(found)
}
