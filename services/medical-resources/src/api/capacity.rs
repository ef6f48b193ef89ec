//! What stands, resource by resource, and sums of it.

use std::collections::BTreeMap;

use actix_web::{HttpRequest, web};
use domain::chain::is_name;
use domain::event::Resource;
use domain::medical_resources::BedsRecord;
use domain::time::Millis;
use host::rest::asked::{self, fits, instant};
use host::rest::{Desks, Problem};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::after;
use super::view::BedsView;
use crate::Desk;
use crate::model::Found;

const BEDS: &str = "beds/";

/// A page of what stands.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct BedsPage {
    /// The last final block taken in; later claims are not in here yet.
    height: u64,
    /// Its chain time.
    chain_time: String,
    /// The instant by which counts are fresh or stale.
    as_of: String,
    beds: Vec<BedsView>,
    /// The cursor of the next page, if there is one.
    next: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct BedsQuery {
    facility: Option<String>,
    resource: Option<String>,
    region: Option<String>,
    as_of: Option<String>,
    limit: Option<usize>,
    cursor: Option<String>,
}

/// What stands by facility and resource: final events only
#[utoipa::path(
    get, path = "/v1/chains/{chain}/beds", tag = "medical resources",
    params(
        ("chain" = String, Path, description = "chain path, e.g. `cn.32.01`"),
        ("facility" = Option<String>, Query, description = "only this facility's"),
        ("resource" = Option<String>, Query, description = "only this resource, e.g. `adult-icu`"),
        ("region" = Option<String>, Query, description = "only in this region"),
        ("as_of" = Option<String>, Query, description = "as it stood at this UTC time, e.g. `2021-07-21T00:00:00Z`"),
        ("limit" = Option<u32>, Query, description = "lines, at most 500; 100 if left out"),
        ("cursor" = Option<String>, Query, description = "the `next` of the page before")
    ),
    responses(
        (status = 200, description = "a page of what stands", body = BedsPage),
        (status = 400, description = "BAD_QUERY or BAD_CURSOR"),
        (status = 404, description = "NOT_FOUND: no such chain here")
    )
)]
pub(super) async fn beds_that_stand(
    request: HttpRequest,
    desks: web::Data<Desks<Desk>>,
    chain: web::Path<String>,
) -> Result<web::Json<BedsPage>, Problem> {
    let (desk, query) = desks.asked::<BedsQuery>(&request, &chain)?;
    let (limit, then) = (asked::limit(query.limit)?, instant("as_of", query.as_of.as_deref())?);
    let only = resource(query.resource.as_deref())?;
    let is_place = |name: &str| {
        name.split_once('/').is_some_and(|(facility, kind)| is_name(facility) && Resource::parse(kind).is_some())
    };
    let after = after(query.cursor.as_deref(), BEDS, is_place)?;
    let now = then.unwrap_or(desk.now());
    let wanted = move |beds: &BedsRecord| {
        fits(query.facility.as_ref(), &beds.facility)
            && fits(only.as_ref(), &beds.resource)
            && fits(query.region.as_ref(), &beds.region)
    };
    let (at, found) = desk.ask(move |resources| resources.page(BEDS, &after, then, limit, wanted)).await?;
    let next = found.next(|last| last.key.clone());
    let beds = found.lines.into_iter().map(|found| BedsView::of(found, now)).collect();
    let (chain_time, as_of) = (at.chain_time.to_string(), now.to_string());
    Ok(web::Json(BedsPage { height: at.height, chain_time, as_of, beds, next }))
}

/// A resource over all facilities. Stale counts are beside the sums, not in them.
#[derive(Debug, Default, Serialize, ToSchema)]
struct CapacitySum {
    resource: String,
    /// `beds`, `devices`, `supply`, `staff` or `status`.
    group: String,
    /// Facilities with a fresh count.
    facilities: u64,
    staffed: u64,
    occupied: u64,
    reserved: u64,
    available: u64,
    overcommitted: u64,
    /// Facilities whose count is stale.
    stale_facilities: u64,
    /// What they last claimed.
    stale_staffed: u64,
    /// The events that say so, of the fresh counts.
    event_ids: Vec<String>,
}

/// Sums by resource.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Capacity {
    /// The last final block taken in.
    height: u64,
    /// Its chain time.
    chain_time: String,
    /// The instant by which counts are fresh or stale.
    as_of: String,
    /// In the order of the resources, those that anybody claims.
    totals: Vec<CapacitySum>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CapacityQuery {
    region: Option<String>,
    resource: Option<String>,
    disease: Option<String>,
    as_of: Option<String>,
}

/// Sums by resource over all facilities, without stale counts
#[utoipa::path(
    get, path = "/v1/chains/{chain}/medical-resources/capacity", tag = "medical resources",
    params(
        ("chain" = String, Path, description = "chain path, e.g. `cn.32.01`"),
        ("region" = Option<String>, Query, description = "only in this region"),
        ("resource" = Option<String>, Query, description = "only this resource, e.g. `adult-icu`"),
        ("disease" = Option<String>, Query, description = "only facilities designated for this ICD-10 code"),
        ("as_of" = Option<String>, Query, description = "as it stood at this UTC time, e.g. `2021-07-21T00:00:00Z`")
    ),
    responses(
        (status = 200, description = "one sum a resource", body = Capacity),
        (status = 400, description = "BAD_QUERY"),
        (status = 404, description = "NOT_FOUND: no such chain here")
    )
)]
pub(super) async fn capacity(
    request: HttpRequest,
    desks: web::Data<Desks<Desk>>,
    chain: web::Path<String>,
) -> Result<web::Json<Capacity>, Problem> {
    let (desk, query) = desks.asked::<CapacityQuery>(&request, &chain)?;
    let (then, only) = (instant("as_of", query.as_of.as_deref())?, resource(query.resource.as_deref())?);
    let now = then.unwrap_or(desk.now());
    let (at, totals) = desk
        .ask(move |resources| {
            let designated = query.disease.map(|disease| resources.designated(&disease, then)).transpose()?;
            let mut totals = BTreeMap::<Resource, CapacitySum>::new();
            for found in resources.all::<BedsRecord>(BEDS.as_bytes(), b"", then) {
                let Found { record: beds, .. } = found?;
                let there = designated.as_ref().is_none_or(|designated| designated.contains(&beds.facility));
                if there && fits(query.region.as_ref(), &beds.region) && fits(only.as_ref(), &beds.resource) {
                    totals.entry(beds.resource).or_default().add(&beds, now);
                }
            }
            Ok(totals)
        })
        .await?;
    let named = totals.into_iter().map(|(resource, sum)| CapacitySum {
        resource: resource.name().to_owned(),
        group: resource.group().name().to_owned(),
        ..sum
    });
    let (chain_time, as_of) = (at.chain_time.to_string(), now.to_string());
    Ok(web::Json(Capacity { height: at.height, chain_time, as_of, totals: named.collect() }))
}

impl CapacitySum {
    fn add(&mut self, beds: &BedsRecord, now: Millis) {
        if beds.is_stale(now) {
            self.stale_facilities = self.stale_facilities.saturating_add(1);
            self.stale_staffed = self.stale_staffed.saturating_add(beds.staffed);
            return;
        }
        self.facilities = self.facilities.saturating_add(1);
        self.staffed = self.staffed.saturating_add(beds.staffed);
        self.occupied = self.occupied.saturating_add(beds.occupied);
        self.reserved = self.reserved.saturating_add(beds.reserved);
        self.available = self.available.saturating_add(beds.available());
        self.overcommitted = self.overcommitted.saturating_add(beds.overcommitted());
        self.event_ids.push(beds.event.to_string());
    }
}

/// A resource, if one is asked for.
fn resource(asked: Option<&str>) -> Result<Option<Resource>, Problem> {
    asked.map(|word| asked::one_of("resource", word, &Resource::ALL, Resource::name)).transpose()
}
