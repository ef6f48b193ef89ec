//! What stock is worth to those who need it: how long it lasts, and who could give what to whom. Proposals; members decide by
//! promising.

use std::collections::{BTreeMap, BTreeSet};

use actix_web::{HttpRequest, web};
use domain::chain::is_name;
use domain::event::EventId;
use domain::materials::{RequestRecord, StockRecord};
use domain::record::Outcome;
use domain::refusal::{Code, Refusal};
use domain::time::Date;
use host::rest::{Caller, Problem, asked};
use planning::allocate::{self, Lot, MAX_NEED, Request, Why, allocate};
use planning::supply::{self, Day, Lasts, Per, Rate};
use planning::travel::Place;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Data;
use crate::model::{Filter, Stock};

/// Days of use that are looked at: a quarter; behind them every day is like the last.
const MAX_DAYS: usize = 92;
/// Rates of one question: items of a hospital that anybody counts by the day.
const MAX_RATES: usize = 200;
/// Lots and requests of one item planned at once: the planner takes ten slices of each request times the lots.
const MAX_PLANNED: usize = 500;
/// The longest wait for a delivery and margin, in days: what is ordered for longer is not an emergency's.
const MAX_LEAD_DAYS: usize = 365;

/// Who uses things up, and how long orders take.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SupplyAsked {
    /// From today on, at most 92; behind the last every day is like it.
    days: Vec<DayAsked>,
    /// Rates beside the shipped ones; one of the same item and `per` replaces the shipped.
    #[serde(default)]
    rates: Vec<RateAsked>,
    /// Days until an order is there.
    lead_days: usize,
    /// Days of margin behind it.
    margin_days: usize,
    /// Stock at the end of this day, `YYYY-MM-DD`; today's if left out.
    as_of: Option<String>,
}

/// Who uses things up on a day.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct DayAsked {
    /// All patients in beds.
    patients: u64,
    /// Of those severely ill and not in intensive care.
    #[serde(default)]
    severe: u64,
    /// Of those in intensive care.
    #[serde(default)]
    critical: u64,
    /// Shifts of staff.
    #[serde(default)]
    shifts: u64,
}

/// How much of an item is used up.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RateAsked {
    item: String,
    /// `patient-day`, `severe-patient-day`, `critical-patient-day` or `staff-shift`.
    per: String,
    /// Thousandths of a unit.
    milli: u64,
    /// Who says so, with the version or date.
    source: String,
}

/// How long an item lasts.
#[derive(Debug, Serialize, ToSchema)]
struct ItemSupply {
    item: String,
    /// Units held and promised to nobody.
    free: u64,
    /// Units used up on each day asked for.
    used: Vec<u64>,
    /// Whole days that are covered; none when nothing is used up.
    days_of_supply: Option<u64>,
    /// Order when no more than this is free.
    reorder_at: u64,
    /// Whether that is so now.
    order_now: bool,
    /// The rates it was computed by.
    rates: Vec<RateAsked>,
}

/// How long stock lasts.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Supply {
    /// The last final block taken in.
    height: u64,
    /// Its chain time.
    chain_time: String,
    /// Items that somebody uses up, the shortest supply first.
    items: Vec<ItemSupply>,
    /// Those to be ordered now, by the same order.
    short: Vec<String>,
}

/// Days of supply, when to order again, and what is short
///
/// Stock by the log, as of any day, over what patients and staff use up a day. The rates shipped are few, each with its
/// source; name your own beside them.
#[utoipa::path(
    post, path = "/v1/chains/{chain}/stock/supply", tag = "materials", security(("token" = [])),
    params(("chain" = String, Path, description = "chain path, e.g. `cn.32.01`")),
    request_body(content = SupplyAsked, content_type = "application/json", description = "who uses things up, and how long orders take"),
    responses(
        (status = 200, description = "items, the shortest supply first", body = Supply),
        (status = "4XX", description = "what can't be computed", content_type = "application/problem+json", body = serde_json::Value)
    )
)]
pub(super) async fn supply(
    request: HttpRequest,
    desks: Data,
    _caller: Caller,
    chain: web::Path<String>,
    body: web::Bytes,
) -> Result<web::Json<Supply>, Problem> {
    asked::content_type(&request, &["application/json"])?;
    let desk = desks.of(&chain)?;
    let asked: SupplyAsked =
        read(&body, "is an object of days, lead_days, margin_days and, if wanted, rates and as_of")?;
    bounded("days", asked.days.len(), MAX_DAYS)?;
    bounded("rates", asked.rates.len(), MAX_RATES)?;
    bounded("lead_days", asked.lead_days.max(asked.margin_days), MAX_LEAD_DAYS)?;
    let on = super::day(asked.as_of.as_deref())?;
    let rates = rates(&asked.rates)?;
    let (at, sums) = desk.ask(move |stock| Ok((stock.at(), stock.sums(None, on)?))).await?;
    let days = asked.days.iter().map(|day| Day {
        patients: day.patients,
        severe: day.severe,
        critical: day.critical,
        shifts: day.shifts,
    });
    let days = days.collect::<Vec<_>>();
    let held = sums.into_iter().map(|(item, sums)| (item, sums.held.saturating_sub(sums.reserved)));
    let held = held.collect::<BTreeMap<_, _>>();
    let names = rates.iter().map(|rate| rate.item.clone()).collect::<BTreeSet<_>>();
    let item = |item: String| {
        let used = days.iter().map(|day| supply::used(&item, day, &rates)).collect::<Vec<_>>();
        let free = held.get(&item).copied().unwrap_or(0);
        let days_of_supply = match supply::lasts(free, &used) {
            Lasts::Days(days) => Some(days),
            Lasts::Unused => None,
        };
        let reorder_at = supply::reorder_point(&used, asked.lead_days, asked.margin_days);
        let by = rates.iter().filter(|rate| rate.item == item).map(|rate| RateAsked {
            item: rate.item.clone(),
            per: rate.per.name().to_owned(),
            milli: rate.milli,
            source: rate.source.clone(),
        });
        let rates = by.collect();
        ItemSupply {
            free,
            days_of_supply,
            reorder_at,
            order_now: reorder_at > 0 && free <= reorder_at,
            rates,
            used,
            item,
        }
    };
    let mut items =
        names.into_iter().map(item).filter(|item| item.used.iter().any(|used| *used > 0)).collect::<Vec<_>>();
    items.sort_by_key(|item| item.days_of_supply.unwrap_or(u64::MAX));
    let short = items.iter().filter(|item| item.order_now).map(|item| item.item.clone()).collect();
    Ok(web::Json(Supply { height: at.0, chain_time: at.1.to_string(), items, short }))
}

/// The shipped rates and those asked for.
fn rates(asked: &[RateAsked]) -> Result<Vec<Rate>, Refusal> {
    let mut rates = supply::shipped();
    for rate in asked {
        let per = Per::parse(&rate.per).ok_or_else(|| {
            let names = Per::ALL.map(Per::name).join(", ");
            Refusal::of(Code::UnknownCode, "rates.per", format!("is one of {names}"))
        })?;
        if !is_name(&rate.item) {
            return Err(Refusal::of(Code::UnknownCode, "rates.item", "is 1 to 64 of a-z, 0-9 and -"));
        }
        if rate.source.is_empty() {
            return Err(Refusal::of(Code::Malformed, "rates.source", "a rate names who says so"));
        }
        rates.retain(|kept| (kept.item.as_str(), kept.per) != (rate.item.as_str(), per));
        rates.push(Rate { item: rate.item.clone(), per, milli: rate.milli, source: rate.source.clone() });
    }
    Ok(rates)
}

/// Which item, how great each need is, and where facilities are.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AllocationAsked {
    item: String,
    /// By request (event id), 1 to 10; 5 where nothing is said.
    #[serde(default)]
    needs: BTreeMap<String, u8>,
    /// By facility; ways count only where every facility that asks or could give is named.
    #[serde(default)]
    places: BTreeMap<String, PlaceAsked>,
}

/// A place in millionths of a degree.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PlaceAsked {
    latitude_e6: i64,
    longitude_e6: i64,
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
pub(super) struct Allocation {
    /// The last final block taken in.
    height: u64,
    /// Its chain time.
    chain_time: String,
    item: String,
    /// Facilities that ask or could give and whose place was not said; with any, ways are not counted.
    without_place: Vec<String>,
    /// What goes where, by request, the lot that expires first in front.
    shares: Vec<ShareView>,
    /// What stays unmet.
    unmet: Vec<UnmetView>,
}

/// Propose stock for the open requests of an item
///
/// Accepted requests, as far as nobody promised for them, and lots, as far as they are promised to nobody. Need first, in
/// tenths of each request; then what expires first; then the way. Nothing is promised by it: `POST` the promises you decide on.
#[utoipa::path(
    post, path = "/v1/chains/{chain}/requests/allocation", tag = "materials", security(("token" = [])),
    params(("chain" = String, Path, description = "chain path, e.g. `cn.32.01`")),
    request_body(content = AllocationAsked, content_type = "application/json", description = "the item, needs and places"),
    responses(
        (status = 200, description = "a proposal with its reasons", body = Allocation),
        (status = "4XX", description = "what can't be planned", content_type = "application/problem+json", body = serde_json::Value)
    )
)]
pub(super) async fn propose_allocation(
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
    let (at, (requests, lots)) = desk.ask(move |stock| Ok((stock.at(), known(stock, &item)?))).await?;
    let judged = desk.judged(&requests.iter().map(|(id, _)| *id).collect::<Vec<_>>()).await?;
    let open = requests.into_iter().zip(judged).filter(|(_, outcome)| *outcome == Outcome::Accepted);
    let open = open.map(|((id, record), _)| (id, record)).collect::<Vec<_>>();
    bounded("item", open.len().max(lots.len()), MAX_PLANNED)?;
    let today = at.1.date();
    let facilities = open.iter().map(|(_, one)| &one.facility).chain(lots.iter().map(|lot| &lot.facility));
    let without_place = facilities.filter(|one| !asked.places.contains_key(*one)).cloned().collect::<BTreeSet<_>>();
    let places = if without_place.is_empty() { asked.places.clone() } else { BTreeMap::new() };
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
        height: at.0,
        chain_time: at.1.to_string(),
        item: asked.item,
        without_place: without_place.into_iter().collect(),
        shares,
        unmet,
    }))
}

type Known = (Vec<(EventId, RequestRecord)>, Vec<StockRecord>);

/// The requests of an item that want more than was promised, and the lots that have any to give.
fn known(stock: &Stock, item: &str) -> anyhow::Result<Known> {
    let (mut requests, mut after) = (Vec::new(), None);
    loop {
        let (page, more) = stock.requests(after.as_ref(), MAX_PLANNED)?;
        after = page.last().map(|(id, _)| *id);
        requests.extend(page.into_iter().filter(|(_, one)| one.item == item && one.short() > 0));
        if !more || requests.len() > MAX_PLANNED {
            break;
        }
    }
    let filter = Filter { item: Some(item.to_owned()), ..Filter::default() };
    let (mut lots, mut behind) = (Vec::new(), None);
    loop {
        let (page, more) = stock.lots(&filter, behind.as_ref(), MAX_PLANNED, None)?;
        behind = page.last().map(|(lot, _)| (lot.facility.clone(), lot.item.clone(), lot.lot.clone()));
        lots.extend(page.into_iter().map(|(lot, _)| lot).filter(|lot| lot.free() > 0));
        if !more || lots.len() > MAX_PLANNED {
            break;
        }
    }
    Ok((requests, lots))
}

type Places = BTreeMap<String, PlaceAsked>;

/// Where a facility is, as the caller says.
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

fn read<T: DeserializeOwned>(body: &[u8], shape: &str) -> Result<T, Refusal> {
    serde_json::from_value(wire::json::parse(body)?).map_err(|_| Refusal::of(Code::Malformed, "body", shape))
}

fn bounded(field: &'static str, has: usize, most: usize) -> Result<(), Refusal> {
    if has <= most { Ok(()) } else { Err(Refusal::of(Code::Limit, field, format!("is more than {most}"))) }
}

fn out_of_range(field: &'static str, detail: String) -> Refusal {
    Refusal::of(Code::OutOfRange, field, detail)
}
