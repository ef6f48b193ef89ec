//! Holds on beds and transfers of patients.

use actix_web::{HttpRequest, web};
use domain::event::EventId;
use domain::medical_resources::hold::{HoldRecord, HoldState};
use domain::medical_resources::transfer::{TransferRecord, TransferState};
use host::rest::asked::{self, fits, instant, one_of};
use host::rest::{Desks, Problem};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::after;
use super::view::{HoldView, TransferView};
use crate::Desk;

const HOLDS: &str = "hold/";
const TRANSFERS: &str = "transfer/";

/// What is asked for of holds or transfers; what is left out asks for all.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct MovesQuery {
    facility: Option<String>,
    state: Option<String>,
    as_of: Option<String>,
    limit: Option<usize>,
    cursor: Option<String>,
}

fn is_id(name: &str) -> bool {
    EventId::parse(name).is_some()
}

/// A page of holds.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Holds {
    /// The last final block taken in.
    height: u64,
    /// Its chain time.
    chain_time: String,
    holds: Vec<HoldView>,
    /// The cursor of the next page, if there is one.
    next: Option<String>,
}

/// Beds kept for patients to come, by event id
#[utoipa::path(
    get, path = "/v1/chains/{chain}/medical-resources/holds", tag = "medical resources",
    params(
        ("chain" = String, Path, description = "chain path, e.g. `cn.32.01`"),
        ("facility" = Option<String>, Query, description = "only on this facility's beds"),
        ("state" = Option<String>, Query, description = "only `held`, `used`, `released` or `lapsed` ones"),
        ("as_of" = Option<String>, Query, description = "as it stood at this UTC time, e.g. `2021-07-21T00:00:00Z`"),
        ("limit" = Option<u32>, Query, description = "lines, at most 500; 100 if left out"),
        ("cursor" = Option<String>, Query, description = "the `next` of the page before")
    ),
    responses(
        (status = 200, description = "a page of holds", body = Holds),
        (status = 400, description = "BAD_QUERY or BAD_CURSOR"),
        (status = 404, description = "NOT_FOUND: no such chain here")
    )
)]
pub(super) async fn holds(
    request: HttpRequest,
    desks: web::Data<Desks<Desk>>,
    chain: web::Path<String>,
) -> Result<web::Json<Holds>, Problem> {
    let (desk, query) = desks.asked::<MovesQuery>(&request, &chain)?;
    let (limit, then) = (asked::limit(query.limit)?, instant("as_of", query.as_of.as_deref())?);
    let state =
        query.state.as_deref().map(|word| one_of("state", word, &HoldState::ALL, HoldState::name)).transpose()?;
    let after = after(query.cursor.as_deref(), HOLDS, is_id)?;
    let wanted =
        move |hold: &HoldRecord| fits(query.facility.as_ref(), &hold.facility) && fits(state.as_ref(), &hold.state);
    let (at, found) = desk.ask(move |resources| resources.page(HOLDS, &after, then, limit, wanted)).await?;
    let next = found.next(|last| last.key.clone());
    let holds = found.lines.into_iter().map(HoldView::of).collect();
    Ok(web::Json(Holds { height: at.height, chain_time: at.chain_time.to_string(), holds, next }))
}

/// A page of transfers.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Transfers {
    /// The last final block taken in.
    height: u64,
    /// Its chain time.
    chain_time: String,
    transfers: Vec<TransferView>,
    /// The cursor of the next page, if there is one.
    next: Option<String>,
}

/// Patients handed from one facility to another, by the event id of the request
#[utoipa::path(
    get, path = "/v1/chains/{chain}/medical-resources/transfers", tag = "medical resources",
    params(
        ("chain" = String, Path, description = "chain path, e.g. `cn.32.01`"),
        ("facility" = Option<String>, Query, description = "only to or from this facility"),
        ("state" = Option<String>, Query, description = "only those in this state, e.g. `departed`"),
        ("as_of" = Option<String>, Query, description = "as it stood at this UTC time, e.g. `2021-07-21T00:00:00Z`"),
        ("limit" = Option<u32>, Query, description = "lines, at most 500; 100 if left out"),
        ("cursor" = Option<String>, Query, description = "the `next` of the page before")
    ),
    responses(
        (status = 200, description = "a page of transfers", body = Transfers),
        (status = 400, description = "BAD_QUERY or BAD_CURSOR"),
        (status = 404, description = "NOT_FOUND: no such chain here")
    )
)]
pub(super) async fn transfers(
    request: HttpRequest,
    desks: web::Data<Desks<Desk>>,
    chain: web::Path<String>,
) -> Result<web::Json<Transfers>, Problem> {
    let (desk, query) = desks.asked::<MovesQuery>(&request, &chain)?;
    let (limit, then) = (asked::limit(query.limit)?, instant("as_of", query.as_of.as_deref())?);
    let state = query
        .state
        .as_deref()
        .map(|word| one_of("state", word, &TransferState::ALL, TransferState::name))
        .transpose()?;
    let after = after(query.cursor.as_deref(), TRANSFERS, is_id)?;
    let wanted = move |transfer: &TransferRecord| {
        let facility = query.facility.as_ref();
        (fits(facility, &transfer.from) || fits(facility, &transfer.to)) && fits(state.as_ref(), &transfer.state)
    };
    let (at, found) = desk.ask(move |resources| resources.page(TRANSFERS, &after, then, limit, wanted)).await?;
    let next = found.next(|last| last.key.clone());
    let transfers = found.lines.into_iter().map(TransferView::of).collect();
    Ok(web::Json(Transfers { height: at.height, chain_time: at.chain_time.to_string(), transfers, next }))
}
