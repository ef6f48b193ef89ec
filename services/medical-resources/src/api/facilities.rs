//! Facilities: what they are, what they have, how far they can be believed, and whom they are to treat.

use std::collections::BTreeSet;
use std::ops::Bound::{Excluded, Unbounded};

use actix_web::{HttpRequest, web};
use domain::chain::is_name;
use domain::event::FacilityKind;
use domain::facility::profile::ProfileRecord;
use domain::keys;
use domain::medical_resources::BedsRecord;
use domain::medical_resources::designation::DesignationRecord;
use domain::time::Millis;
use host::page::Page;
use host::rest::asked::{self, fits, instant, one_of};
use host::rest::{Desks, Problem};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::view::{BedsView, DesignationView, ProfileView, ReliabilityView};
use crate::Desk;
use crate::model::Resources;

/// A facility.
#[derive(Debug, Serialize, ToSchema)]
struct FacilityView {
    facility: String,
    /// What its member says it is; none when it says nothing.
    profile: Option<ProfileView>,
    /// What it claims, by resource.
    beds: Vec<BedsView>,
    /// None when nobody checked it.
    reliability: Option<ReliabilityView>,
    /// What it is, and once was, designated for.
    designations: Vec<DesignationView>,
}

/// A page of facilities.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Facilities {
    /// The last final block taken in.
    height: u64,
    /// Its chain time.
    chain_time: String,
    /// The instant by which counts are fresh or stale.
    as_of: String,
    facilities: Vec<FacilityView>,
    /// The cursor of the next page, if there is one.
    next: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FacilitiesQuery {
    facility: Option<String>,
    kind: Option<String>,
    region: Option<String>,
    capability: Option<String>,
    disease: Option<String>,
    as_of: Option<String>,
    limit: Option<usize>,
    cursor: Option<String>,
}

const CURSOR: &str = "facility-";

/// Facilities by name, with what they claim
#[utoipa::path(
    get, path = "/v1/chains/{chain}/medical-resources/facilities", tag = "medical resources",
    params(
        ("chain" = String, Path, description = "chain path, e.g. `cn.32.01`"),
        ("facility" = Option<String>, Query, description = "only this one"),
        ("kind" = Option<String>, Query, description = "only of this kind, e.g. `tertiary-hospital`"),
        ("region" = Option<String>, Query, description = "only in this region"),
        ("capability" = Option<String>, Query, description = "only those that can do this, e.g. `dialysis`"),
        ("disease" = Option<String>, Query, description = "only those designated for this ICD-10 code"),
        ("as_of" = Option<String>, Query, description = "as it stood at this UTC time, e.g. `2021-07-21T00:00:00Z`"),
        ("limit" = Option<u32>, Query, description = "facilities, at most 500; 100 if left out"),
        ("cursor" = Option<String>, Query, description = "the `next` of the page before")
    ),
    responses(
        (status = 200, description = "a page of facilities", body = Facilities),
        (status = 400, description = "BAD_QUERY or BAD_CURSOR"),
        (status = 404, description = "NOT_FOUND: no such chain here")
    )
)]
pub(super) async fn facilities(
    request: HttpRequest,
    desks: web::Data<Desks<Desk>>,
    chain: web::Path<String>,
) -> Result<web::Json<Facilities>, Problem> {
    let (desk, query) = desks.asked::<FacilitiesQuery>(&request, &chain)?;
    let (limit, then) = (asked::limit(query.limit)?, instant("as_of", query.as_of.as_deref())?);
    let kind = query.kind.as_deref();
    let kind = kind.map(|word| one_of("kind", word, &FacilityKind::ALL, FacilityKind::name)).transpose()?;
    let after = asked::behind(query.cursor.as_deref(), CURSOR, |name| is_name(name).then(|| name.to_owned()))?;
    let now = then.unwrap_or(desk.now());
    let (at, found) = desk
        .ask(move |resources| {
            let names = names(resources, then)?;
            let behind = names.range((after.map_or(Unbounded, Excluded), Unbounded));
            let found = behind.filter(|name| fits(query.facility.as_ref(), *name)).filter_map(|name| {
                let wanted = wanted(resources, name, kind, &query, then);
                wanted.and_then(|wanted| wanted.then(|| facility(resources, name, then, now)).transpose()).transpose()
            });
            Page::of(found, limit)
        })
        .await?;
    let next = found.next(|last| format!("{CURSOR}{}", last.facility));
    let (chain_time, as_of) = (at.chain_time.to_string(), now.to_string());
    Ok(web::Json(Facilities { height: at.height, chain_time, as_of, facilities: found.lines, next }))
}

/// Facilities that say what they are, claim something, or are designated.
fn names(resources: &Resources, then: Option<Millis>) -> anyhow::Result<BTreeSet<String>> {
    let mut names = claiming(resources, then)?;
    for found in resources.all::<ProfileRecord>(b"profile/", b"", then) {
        names.insert(found?.record.facility);
    }
    for found in resources.all::<DesignationRecord>(b"designation/", b"", then) {
        names.insert(found?.record.facility);
    }
    Ok(names)
}

/// Facilities that claim something.
pub(super) fn claiming(resources: &Resources, then: Option<Millis>) -> anyhow::Result<BTreeSet<String>> {
    let found = resources.all::<BedsRecord>(b"beds/", b"", then);
    found.map(|found| Ok(found?.record.facility)).collect()
}

fn wanted(
    resources: &Resources,
    name: &str,
    kind: Option<FacilityKind>,
    query: &FacilitiesQuery,
    then: Option<Millis>,
) -> anyhow::Result<bool> {
    let profile = resources.one::<ProfileRecord>(&keys::profile(name), then)?.map(|found| found.record);
    if kind.is_some() && profile.as_ref().map(|profile| profile.kind) != kind {
        return Ok(false);
    }
    if let Some(capability) = &query.capability
        && !profile.as_ref().is_some_and(|profile| profile.capabilities.contains(capability))
    {
        return Ok(false);
    }
    if let Some(disease) = &query.disease {
        let designation = resources.one::<DesignationRecord>(&keys::designation(name, disease), then)?;
        if !designation.is_some_and(|found| found.record.designated) {
            return Ok(false);
        }
    }
    let Some(region) = &query.region else { return Ok(true) };
    if profile.is_some_and(|profile| profile.region == *region) {
        return Ok(true);
    }
    let mut there = resources.all::<BedsRecord>(format!("beds/{name}/").as_bytes(), b"", then);
    Ok(there.any(|found| found.is_ok_and(|found| found.record.region == *region)))
}

fn facility(resources: &Resources, name: &str, then: Option<Millis>, now: Millis) -> anyhow::Result<FacilityView> {
    let beds = resources.all::<BedsRecord>(format!("beds/{name}/").as_bytes(), b"", then);
    let designations = resources.all::<DesignationRecord>(&keys::designations(name), b"", then);
    Ok(FacilityView {
        facility: name.to_owned(),
        profile: resources.one(&keys::profile(name), then)?.map(ProfileView::of),
        beds: beds.map(|found| Ok(BedsView::of(found?, now))).collect::<anyhow::Result<_>>()?,
        reliability: resources.one(&keys::reliability(name), then)?.map(ReliabilityView::of),
        designations: designations.map(|found| Ok(DesignationView::of(found?))).collect::<anyhow::Result<_>>()?,
    })
}

/// Designations.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Designations {
    /// The last final block taken in.
    height: u64,
    /// Its chain time.
    chain_time: String,
    /// By facility and disease; those that ended too.
    designations: Vec<DesignationView>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct DesignationsQuery {
    disease: Option<String>,
    as_of: Option<String>,
}

/// Which facilities members designated to treat what
#[utoipa::path(
    get, path = "/v1/chains/{chain}/medical-resources/designations", tag = "medical resources",
    params(
        ("chain" = String, Path, description = "chain path, e.g. `cn.32.01`"),
        ("disease" = Option<String>, Query, description = "only this ICD-10 code"),
        ("as_of" = Option<String>, Query, description = "as it stood at this UTC time, e.g. `2021-07-21T00:00:00Z`")
    ),
    responses(
        (status = 200, description = "all of them: a proposal each, so there are few", body = Designations),
        (status = 400, description = "BAD_QUERY"),
        (status = 404, description = "NOT_FOUND: no such chain here")
    )
)]
pub(super) async fn designations(
    request: HttpRequest,
    desks: web::Data<Desks<Desk>>,
    chain: web::Path<String>,
) -> Result<web::Json<Designations>, Problem> {
    let (desk, query) = desks.asked::<DesignationsQuery>(&request, &chain)?;
    let then = instant("as_of", query.as_of.as_deref())?;
    let (at, designations) = desk
        .ask(move |resources| {
            let all = resources.all::<DesignationRecord>(b"designation/", b"", then);
            let found = all.collect::<anyhow::Result<Vec<_>>>()?;
            let wanted = found.into_iter().filter(|found| fits(query.disease.as_ref(), &found.record.disease));
            Ok(wanted.map(DesignationView::of).collect())
        })
        .await?;
    Ok(web::Json(Designations { height: at.height, chain_time: at.chain_time.to_string(), designations }))
}
