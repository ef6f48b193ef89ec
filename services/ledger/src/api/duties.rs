//! Who owes reports and has not been heard, and from which day a disease is counted by another definition.

use actix_web::{HttpRequest, web};
use domain::chain::is_name;
use domain::field::is_disease_code;
use domain::outlook::DefinitionRecord;
use domain::query::{self, DefinitionKey};
use domain::refusal::Code;
use domain::report::duty::DutyRecord;
use domain::time::Date;
use host::rest::{Desks, Problem, asked};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::desk::Desk;

/// What the cursors of the two lists begin with.
const DUTY: &str = "duty-";
const DEFINITION: &str = "definition-";

/// Who owes reports.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DutiesView {
    /// The height they are of.
    height: u64,
    /// Chain time at that height, by which a day is missed.
    chain_time: String,
    /// By member and disease.
    duties: Vec<DutyView>,
    /// The cursor of the next page; `null` at the end.
    next: Option<String>,
}

/// A member owes a report or a signed zero of a disease for every day.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DutyView {
    /// Who owes.
    member: String,
    /// ICD-10 code.
    disease: String,
    /// How long after the end of a day (UTC) its report is in time.
    grace_ms: u64,
    /// The first day owed.
    from: String,
    /// The last day that was reported; `null` before the first.
    last_heard: Option<String>,
    /// The report of it.
    last_report: Option<String>,
    /// The day waited for; in a silence the first one missed.
    waits_for: String,
    /// When that day was or will be missed.
    missed_at: String,
    /// Chain time when the silence was told; `null` while there is none.
    silent_since: Option<String>,
    /// Whether it was told a second time, a level higher.
    escalated: bool,
}

impl DutyView {
    fn of(duty: DutyRecord) -> Self {
        let (last_heard, last_report) =
            duty.heard.as_ref().map(|heard| (heard.slot.to_string(), heard.event.to_string())).unzip();
        DutyView {
            grace_ms: duty.grace_ms,
            from: duty.from.to_string(),
            last_heard,
            last_report,
            waits_for: duty.slot.to_string(),
            missed_at: duty.misses(duty.slot).to_string(),
            silent_since: duty.silence.as_ref().map(|silence| silence.since.to_string()),
            escalated: duty.silence.is_some_and(|silence| silence.escalated),
            member: duty.member,
            disease: duty.disease,
        }
    }
}

/// Changes of case definitions.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DefinitionsView {
    /// The height they are of.
    height: u64,
    /// By disease and day.
    definitions: Vec<DefinitionView>,
    /// The cursor of the next page; `null` at the end.
    next: Option<String>,
}

/// From a day on a disease is counted by another definition.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DefinitionView {
    /// ICD-10 code.
    disease: String,
    /// The first day; it may lie ahead.
    from: String,
    /// What changes.
    note: String,
    /// Chain time of the decision.
    decided_at: String,
    /// The proposal.
    event_id: String,
}

impl DefinitionView {
    fn of((key, record): (DefinitionKey, DefinitionRecord)) -> Self {
        DefinitionView {
            disease: key.disease,
            from: key.from.to_string(),
            note: record.note,
            decided_at: record.since.to_string(),
            event_id: record.event.to_string(),
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct DutiesQuery {
    cursor: Option<String>,
    limit: Option<usize>,
}

/// Who owes a report of which disease for every day, the last day each was heard of, and since when it is silent.
#[utoipa::path(
    get, path = "/v1/chains/{chain}/duties", tag = "ledger",
    params(
        ("chain" = String, Path, description = "chain path, e.g. `cn.32.01`"),
        ("cursor" = Option<String>, Query, description = "where to go on"),
        ("limit" = Option<u32>, Query, description = "duties, at most 500")
    ),
    responses(
        (status = 200, description = "duties by member and disease", body = DutiesView),
        (status = 400, description = "BAD_QUERY or BAD_CURSOR"),
        (status = 404, description = "NOT_FOUND: no such chain here"),
        (status = 503, description = "CORRUPT: the ledger checks or repairs itself")
    )
)]
pub(crate) async fn duties(
    request: HttpRequest,
    desks: web::Data<Desks<Desk>>,
    chain: web::Path<String>,
) -> Result<web::Json<DutiesView>, Problem> {
    let desk = desks.of(&chain)?;
    let DutiesQuery { cursor, limit } = asked::query(&request)?;
    let limit = asked::limit(limit)?;
    let after = cursor.as_deref().map(after_duty).transpose()?;
    let view = desk.ask(move |reader, _| {
        let picture = reader.picture()?;
        let after = after.as_ref().map(|(member, disease)| (member.as_str(), disease.as_str()));
        let found = query::duties(&picture, after, limit)?;
        let last = (found.len() == limit).then(|| found.last()).flatten();
        Ok(DutiesView {
            height: picture.head.tip.height,
            chain_time: picture.head.chain_time.to_string(),
            next: last.map(|duty| format!("{DUTY}{}.{}", duty.member, duty.disease)),
            duties: found.into_iter().map(DutyView::of).collect(),
        })
    });
    Ok(web::Json(view.await?))
}

/// The member and disease in a cursor: no name of a member holds a dot.
fn after_duty(cursor: &str) -> Result<(String, String), Problem> {
    let parts = cursor.strip_prefix(DUTY).and_then(|rest| rest.split_once('.'));
    let parts = parts.filter(|(member, disease)| is_name(member) && is_disease_code(disease));
    parts.map(|(member, disease)| (member.to_owned(), disease.to_owned())).ok_or_else(asked::bad_cursor)
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct DefinitionsQuery {
    disease: Option<String>,
    cursor: Option<String>,
    limit: Option<usize>,
}

/// From which day a disease is counted by another case definition: what changes with it in the counts is no growth.
#[utoipa::path(
    get, path = "/v1/chains/{chain}/definitions", tag = "ledger",
    params(
        ("chain" = String, Path, description = "chain path, e.g. `cn.32.01`"),
        ("disease" = Option<String>, Query, description = "ICD-10 code, e.g. `U07.1`"),
        ("cursor" = Option<String>, Query, description = "where to go on"),
        ("limit" = Option<u32>, Query, description = "changes, at most 500")
    ),
    responses(
        (status = 200, description = "changes by disease and day", body = DefinitionsView),
        (status = 400, description = "BAD_QUERY or BAD_CURSOR"),
        (status = 404, description = "NOT_FOUND: no such chain here"),
        (status = 503, description = "CORRUPT: the ledger checks or repairs itself")
    )
)]
pub(crate) async fn definitions(
    request: HttpRequest,
    desks: web::Data<Desks<Desk>>,
    chain: web::Path<String>,
) -> Result<web::Json<DefinitionsView>, Problem> {
    let desk = desks.of(&chain)?;
    let DefinitionsQuery { disease, cursor, limit } = asked::query(&request)?;
    let limit = asked::limit(limit)?;
    if disease.as_deref().is_some_and(|disease| !is_disease_code(disease)) {
        return Err(Problem::new(Code::BadQuery, "disease is an ICD-10 code"));
    }
    let after = cursor.as_deref().map(after_definition).transpose()?;
    let view = desk.ask(move |reader, _| {
        let picture = reader.picture()?;
        let found = query::definitions(&picture, disease.as_deref(), after.as_ref(), limit)?;
        let last = (found.len() == limit).then(|| found.last()).flatten();
        Ok(DefinitionsView {
            height: picture.head.tip.height,
            next: last.map(|(key, _)| format!("{DEFINITION}{}.{}", key.disease, key.from)),
            definitions: found.into_iter().map(DefinitionView::of).collect(),
        })
    });
    Ok(web::Json(view.await?))
}

/// The disease and day in a cursor: no day holds a dot.
fn after_definition(cursor: &str) -> Result<DefinitionKey, Problem> {
    let parts = cursor.strip_prefix(DEFINITION).and_then(|rest| rest.rsplit_once('.'));
    let parts = parts.filter(|(disease, _)| is_disease_code(disease));
    let key =
        parts.and_then(|(disease, from)| Some(DefinitionKey { disease: disease.into(), from: Date::parse(from)? }));
    key.ok_or_else(asked::bad_cursor)
}
