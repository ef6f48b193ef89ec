//! Capacity out and in as other systems write it.

use actix_web::{HttpRequest, HttpResponse, web};
use domain::facility::profile::ProfileRecord;
use domain::keys;
use domain::medical_resources::BedsRecord;
use domain::record::Kind;
use domain::time::Millis;
use host::front;
use host::rest::asked::{self, fits, instant};
use host::rest::{Caller, Desks, Problem};
use serde::Deserialize;

use super::facilities::claiming;
use crate::Desk;
use crate::exchange::{Claimed, Sheet, fhir, have};
use crate::model::Resources;

const FHIR: &str = "application/fhir+json";
const XML: &str = "application/xml";

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SheetsQuery {
    facility: Option<String>,
    region: Option<String>,
    as_of: Option<String>,
}

/// Capacity as FHIR SANER measure reports
///
/// A search set with a `MeasureReport` for each facility that claims something: groups `Beds` and `Ventilators` of SANER
/// 1.0.0, each also by our resources. Stale counts are left out; such a report is `pending`.
#[utoipa::path(
    get, path = "/v1/chains/{chain}/medical-resources/measure-reports", tag = "medical resources",
    params(
        ("chain" = String, Path, description = "chain path, e.g. `cn.32.01`"),
        ("facility" = Option<String>, Query, description = "only of this facility"),
        ("region" = Option<String>, Query, description = "only in this region"),
        ("as_of" = Option<String>, Query, description = "as it stood at this UTC time, e.g. `2021-07-21T00:00:00Z`")
    ),
    responses(
        (status = 200, description = "a Bundle", content_type = "application/fhir+json", body = serde_json::Value),
        (status = 400, description = "BAD_QUERY"),
        (status = 404, description = "NOT_FOUND: no such chain here")
    )
)]
pub(super) async fn measure_reports(
    request: HttpRequest,
    desks: web::Data<Desks<Desk>>,
    chain: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let (desk, query) = desks.asked::<SheetsQuery>(&request, &chain)?;
    let sheets = sheets(&desk, query).await?;
    Ok(HttpResponse::Ok().content_type(FHIR).body(fhir::bundle(&sheets).to_string()))
}

/// Claim capacity with FHIR SANER measure reports
///
/// The body is a complete `MeasureReport`, or a `Bundle` of them; `subject.identifier.value` names the facility. A document with
/// faults is refused whole: IMPORT, with `results` that have the place and reason of each of them.
#[utoipa::path(
    post, path = "/v1/chains/{chain}/medical-resources/measure-reports", tag = "medical resources",
    security(("token" = [])),
    params(
        ("chain" = String, Path, description = "chain path, e.g. `cn.32.01`"),
        ("Idempotency-Key" = Option<String>, Header, description = "at most 128 bytes")
    ),
    request_body(content = serde_json::Value, content_type = "application/fhir+json", description = "a MeasureReport or a Bundle"),
    responses(
        (status = 202, description = "an answer for each claim: event id and receipt, or a problem", body = serde_json::Value),
        (status = "4XX", description = "nothing was taken", content_type = "application/problem+json", body = serde_json::Value)
    )
)]
pub(super) async fn claim_by_measure_reports(
    request: HttpRequest,
    desks: web::Data<Desks<Desk>>,
    caller: Caller,
    chain: web::Path<String>,
    body: web::Bytes,
) -> Result<HttpResponse, Problem> {
    asked::content_type(&request, &[FHIR])?;
    let desk = desks.of(&chain)?;
    claim(&desk, &request, &caller, &body, fhir::read).await
}

/// Capacity as EDXL-HAVE 1.0
///
/// A `HospitalStatus` with a `Hospital` for each facility that claims something. Stale counts are left out.
#[utoipa::path(
    get, path = "/v1/chains/{chain}/medical-resources/have", tag = "medical resources",
    params(
        ("chain" = String, Path, description = "chain path, e.g. `cn.32.01`"),
        ("facility" = Option<String>, Query, description = "only of this facility"),
        ("region" = Option<String>, Query, description = "only in this region"),
        ("as_of" = Option<String>, Query, description = "as it stood at this UTC time, e.g. `2021-07-21T00:00:00Z`")
    ),
    responses(
        (status = 200, description = "a document", content_type = "application/xml", body = String),
        (status = 400, description = "BAD_QUERY"),
        (status = 404, description = "NOT_FOUND: no such chain here")
    )
)]
pub(super) async fn hospital_status(
    request: HttpRequest,
    desks: web::Data<Desks<Desk>>,
    chain: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let (desk, query) = desks.asked::<SheetsQuery>(&request, &chain)?;
    let sheets = sheets(&desk, query).await?;
    let document = have::render(&sheets).map_err(Problem::fault)?;
    Ok(HttpResponse::Ok().content_type(XML).body(document))
}

/// Claim capacity with EDXL-HAVE 1.0
///
/// The ID of each `OrganisationName` names the facility; `BaselineCount` and `AvailableCount` are needed. A document with
/// faults is refused whole: IMPORT, with `results` that have the place and reason of each of them.
#[utoipa::path(
    post, path = "/v1/chains/{chain}/medical-resources/have", tag = "medical resources", security(("token" = [])),
    params(
        ("chain" = String, Path, description = "chain path, e.g. `cn.32.01`"),
        ("Idempotency-Key" = Option<String>, Header, description = "at most 128 bytes")
    ),
    request_body(content = String, content_type = "application/xml", description = "a HospitalStatus"),
    responses(
        (status = 202, description = "an answer for each claim: event id and receipt, or a problem", body = serde_json::Value),
        (status = "4XX", description = "nothing was taken", content_type = "application/problem+json", body = serde_json::Value)
    )
)]
pub(super) async fn claim_by_hospital_status(
    request: HttpRequest,
    desks: web::Data<Desks<Desk>>,
    caller: Caller,
    chain: web::Path<String>,
    body: web::Bytes,
) -> Result<HttpResponse, Problem> {
    asked::content_type(&request, &[XML])?;
    let desk = desks.of(&chain)?;
    claim(&desk, &request, &caller, &body, have::read).await
}

async fn claim(
    desk: &Desk,
    request: &HttpRequest,
    caller: &Caller,
    body: &[u8],
    read: fn(&[u8]) -> Result<Vec<Claimed>, Problem>,
) -> Result<HttpResponse, Problem> {
    let claims = read(body)?;
    let requests = claims.iter().map(|claim| Ok((Kind::CapacityClaim, claim.request()))).collect();
    let outcomes = desk.front.submit(&caller.0, requests, body, asked::idempotency_key(request)?).await?;
    Ok(front::accepted(&outcomes))
}

async fn sheets(desk: &Desk, query: SheetsQuery) -> Result<Vec<Sheet>, Problem> {
    let then = instant("as_of", query.as_of.as_deref())?;
    let now = then.unwrap_or(desk.now());
    let asked = desk.ask(move |resources| {
        let mut sheets = Vec::new();
        for facility in claiming(resources, then)? {
            if fits(query.facility.as_ref(), &facility) {
                sheets.extend(sheet(resources, facility, query.region.as_deref(), then, now)?);
            }
        }
        Ok(sheets)
    });
    Ok(asked.await?.1)
}

/// A facility's fresh counts in a region, if it claims anything there.
fn sheet(
    resources: &Resources,
    facility: String,
    region: Option<&str>,
    then: Option<Millis>,
    now: Millis,
) -> anyhow::Result<Option<Sheet>> {
    let claimed = resources.all::<BedsRecord>(format!("beds/{facility}/").as_bytes(), b"", then);
    let claimed = claimed.map(|found| Ok(found?.record)).collect::<anyhow::Result<Vec<_>>>()?;
    let there = claimed.into_iter().filter(|beds| region.is_none_or(|region| region == beds.region));
    let (stale, mut beds): (Vec<_>, Vec<_>) = there.partition(|beds| beds.is_stale(now));
    beds.sort_by_key(|beds| beds.resource);
    let Some(member) = beds.iter().chain(&stale).map(|beds| beds.member.clone()).next() else { return Ok(None) };
    let profile = resources.one::<ProfileRecord>(&keys::profile(&facility), then)?.map(|found| found.record);
    Ok(Some(Sheet {
        title: profile.as_ref().map_or_else(|| facility.clone(), |profile| profile.title.clone()),
        place: profile.and_then(|profile| profile.place),
        facility,
        member,
        as_of: now,
        beds,
        partial: !stale.is_empty(),
    }))
}
