//! Who could give what to whom: lots for the open requests of an item.

use std::collections::{BTreeMap, BTreeSet};

use actix_web::{HttpRequest, web};
use domain::chain::is_name;
use domain::event::EventId;
use domain::materials::{RequestRecord, StockRecord};
use domain::record::Outcome;
use domain::refusal::{Code, Refusal};
use domain::time::Date;
use host::page::Page;
use host::rest::{Caller, GlobePlace, Problem, asked};
use planning::allocate::{self, Lot, MAX_NEED, Request, Why, allocate};
use planning::travel::Place;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use wire::area::Wards;

use super::super::Data;
use super::{bounded, read};
use crate::Desk;
use crate::model::{Filter, Stock};

/// Lots and requests of one item planned at once: the planner takes ten slices of each request times the lots.
const MAX_PLANNED: usize = 500;

/// Which item, how great each need is, and where facilities are.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct AllocationAsked {
    item: String,
    /// By request (event id), 1 to 10; 5 where nothing is said.
    #[serde(default)]
    needs: BTreeMap<String, u8>,
    /// By facility: where its profile on the log says no place, or another one is meant.
    #[serde(default)]
    places: BTreeMap<String, GlobePlace>,
}

/// Stock for a request.
#[derive(Debug, Serialize, ToSchema)]
struct ShareView {
    /// The request, as `commits` names it.
    request: String,
    from: String,
    lot: String,
    quantity: u64,
    /// By road, as estimated from coordinates; 0 where ways are not counted.
    minutes: u32,
    expiry: Option<String>,
}

/// Units nobody has for a request.
#[derive(Debug, Serialize, ToSchema)]
struct UnmetView {
    request: String,
    quantity: u64,
    /// `no_stock` (but the asker's own), `expires` (before it is needed) or `shared` (by need).
    why: &'static str,
}

/// A proposal.
#[derive(Debug, Serialize, ToSchema)]
pub(in super::super) struct Allocation {
    /// The last final block taken in.
    height: u64,
    /// Its chain time.
    chain_time: String,
    item: String,
    /// Facilities that ask or could give and whose place neither their profile nor the caller says; with any, ways are not
    /// counted.
    without_place: Vec<String>,
    /// The last final block that the profiles are as of; none where this member's medical resources did not tell.
    places_height: Option<u64>,
    /// What goes where, by request, the lot that expires first in front.
    shares: Vec<ShareView>,
    /// What stays unmet.
    unmet: Vec<UnmetView>,
}

/// Propose stock for the open requests of an item
///
/// Accepted requests, as far as nobody promised for them, and lots, as far as they are promised to nobody. Need first, in
/// tenths of each request; then what expires first; then the way, between the places of the facilities' profiles. Nothing is
/// promised by it: `POST` the promises you decide on.
#[utoipa::path(
    post, path = "/v1/chains/{chain}/requests/allocation", tag = "materials", security(("token" = [])),
    params(("chain" = String, Path, description = "chain path, e.g. `cn.32.01`")),
    request_body(content = AllocationAsked, content_type = "application/json", description = "the item, needs and places"),
    responses(
        (status = 200, description = "a proposal with its reasons", body = Allocation),
        (status = "4XX", description = "what can't be planned", content_type = "application/problem+json", body = serde_json::Value)
    )
)]
pub(in super::super) async fn propose_allocation(
    request: HttpRequest,
    desks: Data,
    _caller: Caller,
    chain: web::Path<String>,
    body: web::Bytes,
) -> Result<web::Json<Allocation>, Problem> {
    asked::content_type(&request, &["application/json"])?;
    let desk = desks.of(&chain)?;
    let asked: AllocationAsked = read(&body, "is an object of item and, if wanted, needs and places")?;
    if !is_name(&asked.item) {
        return Err(Refusal::of(Code::UnknownCode, "item", "is 1 to 64 of a-z, 0-9 and -").into());
    }
    let item = asked.item.clone();
    let (at, (requests, lots)) = desk.ask(move |stock| known(stock, &item)).await?;
    let judged = desk.judged(&requests.iter().map(|(id, _)| *id).collect::<Vec<_>>()).await?;
    let open = requests.into_iter().zip(judged).filter(|(_, outcome)| *outcome == Outcome::Accepted);
    let open = open.map(|((id, record), _)| (id, record)).collect::<Vec<_>>();
    bounded("item", open.len().max(lots.len()), MAX_PLANNED)?;
    let today = at.chain_time.date();
    let facilities = open.iter().map(|(_, one)| &one.facility).chain(lots.iter().map(|lot| &lot.facility));
    let (places_height, known) = places(&desk, &asked.places).await;
    let without_place = facilities.filter(|one| !known.contains_key(*one)).cloned().collect::<BTreeSet<_>>();
    let places = if without_place.is_empty() { known } else { Places::new() };
    let requests = open.iter().map(|(id, record)| wanted(&asked, &places, today, id, record)).collect::<Vec<_>>();
    let offered = lots.iter().map(|lot| offer(&places, today, lot)).collect::<Vec<_>>();
    let plan = web::block(move || allocate(&requests, &offered)).await.map_err(Problem::fault)?;
    let plan = plan.map_err(|error| match error {
        allocate::Refused::Unsolved(error) => Problem::fault(error),
        allocate::Refused::Need(_) => out_of_range("needs", format!("a need is 1 to {MAX_NEED}")).into(),
        allocate::Refused::Place(_) => out_of_range("places", "a place is on the globe".to_owned()).into(),
    })?;
    let shares = plan.shares.into_iter().map(|share| ShareView {
        request: share.request,
        from: share.facility,
        lot: share.lot,
        quantity: share.quantity,
        minutes: share.minutes,
        expiry: share.expires_in.map(|days| Date(today.0.saturating_add(days)).to_string()),
    });
    let unmet = plan.unmet.into_iter().map(|unmet| UnmetView {
        request: unmet.request,
        quantity: unmet.quantity,
        why: match unmet.why {
            Why::NoStock => "no_stock",
            Why::Expires => "expires",
            Why::Shared => "shared",
        },
    });
    let (shares, unmet) = (shares.collect(), unmet.collect());
    Ok(web::Json(Allocation {
        height: at.height,
        chain_time: at.chain_time.to_string(),
        item: asked.item,
        without_place: without_place.into_iter().collect(),
        places_height,
        shares,
        unmet,
    }))
}

type Known = (Vec<(EventId, RequestRecord)>, Vec<StockRecord>);

/// The requests of an item that want more than was promised, and the lots that have any to give.
fn known(stock: &Stock, item: &str) -> anyhow::Result<Known> {
    let (mut requests, mut after) = (Vec::new(), None);
    loop {
        let Page { lines, more } = stock.requests(Some(item), after.as_ref(), MAX_PLANNED)?;
        after = lines.last().map(|(id, _)| *id);
        requests.extend(lines);
        if !more || requests.len() > MAX_PLANNED {
            break;
        }
    }
    let filter = Filter { item: Some(item.to_owned()), ..Filter::default() };
    let (mut lots, mut behind) = (Vec::new(), None);
    loop {
        let Page { lines, more } = stock.lots(&filter, behind.as_ref(), MAX_PLANNED, None)?;
        behind = lines.last().map(|(lot, _)| (lot.facility.clone(), lot.item.clone(), lot.lot.clone()));
        lots.extend(lines.into_iter().map(|(lot, _)| lot).filter(|lot| lot.free() > 0));
        if !more || lots.len() > MAX_PLANNED {
            break;
        }
    }
    Ok((requests, lots))
}

type Places = BTreeMap<String, GlobePlace>;

/// Where facilities are by their profiles on the log and what the caller says, who knows best; and as of which block.
async fn places(desk: &Desk, said: &Places) -> (Option<u64>, Places) {
    let (height, mut places) = match desk.around.wards(Wards::default()).await {
        Ok(answer) => {
            let at = |latitude_e6, longitude_e6| GlobePlace { latitude_e6, longitude_e6 };
            let places = answer.places.into_iter().map(|one| (one.facility, at(one.latitude_e6, one.longitude_e6)));
            (Some(answer.height), places.collect::<Places>())
        }
        // A plan without ways is still a plan, and says which places it lacks.
        Err(_) => (None, Places::new()),
    };
    places.extend(said.iter().map(|(facility, at)| (facility.clone(), *at)));
    (height, places)
}

/// Where a facility is.
fn place(places: &Places, facility: &str) -> Place {
    places.get(facility).map_or(NOWHERE, |at| Place { lat_e6: at.latitude_e6, lon_e6: at.longitude_e6 })
}

/// The place of all where nothing is said of some: all ways between them are none.
const NOWHERE: Place = Place { lat_e6: 0, lon_e6: 0 };
/// The need of a request of which nothing is said: the middle.
const USUAL: u8 = 5;

fn wanted(asked: &AllocationAsked, places: &Places, today: Date, id: &EventId, record: &RequestRecord) -> Request {
    let name = id.to_string();
    Request {
        need: asked.needs.get(&name).copied().unwrap_or(USUAL),
        name,
        facility: record.facility.clone(),
        place: place(places, &record.facility),
        quantity: record.short(),
        in_days: record.needed_by.0.saturating_sub(today.0),
    }
}

fn offer(places: &Places, today: Date, lot: &StockRecord) -> Lot {
    Lot {
        facility: lot.facility.clone(),
        place: place(places, &lot.facility),
        lot: lot.lot.clone(),
        free: lot.free(),
        expires_in: lot.marks.expiry.map(|expiry| expiry.0.saturating_sub(today.0)),
    }
}

fn out_of_range(field: &'static str, detail: String) -> Refusal {
    Refusal::of(Code::OutOfRange, field, detail)
}
