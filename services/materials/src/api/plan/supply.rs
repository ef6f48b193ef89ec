//! Days of supply, when to order again, and what is short, for days that a caller names.

use std::collections::BTreeMap;

use actix_web::{HttpRequest, web};
use domain::refusal::Refusal;
use host::rest::{Caller, Problem, asked};
use planning::supply::{self, Along, Course, Day, Lasts, Lead};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::super::Data;
use super::{bounded, read};
use crate::rates::{Rates, StatedRate};

/// Days of use that are looked at: a quarter; behind them every day is like the last.
const MAX_DAYS: usize = 92;
/// The longest wait for a delivery and margin, in days: what is ordered for longer is not an emergency's.
const MAX_LEAD_DAYS: usize = 365;

/// Who uses things up, and how long orders take.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct SupplyAsked {
    /// From today on, at most 92; behind the last every day is like it.
    days: Vec<UseDay>,
    /// Rates beside those of the deployment and the shipped ones; who states any rate of an item states all of them.
    #[serde(default)]
    rates: Vec<StatedRate>,
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
struct UseDay {
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

/// An item over one course of the coming days.
#[derive(Debug, Serialize, ToSchema)]
struct CourseSupply {
    /// `given` for a caller's own days, else `low`, `middle` and `high`.
    course: &'static str,
    /// Units used up on each day.
    used: Vec<u64>,
    /// Whole days that are covered; none when nothing is used up.
    days_of_supply: Option<u64>,
}

/// How long an item lasts.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ItemSupply {
    item: String,
    /// Units held, promised to nobody and not expired.
    free: u64,
    courses: Vec<CourseSupply>,
    /// Order when no more than this is free: what the course that uses most uses up before the delivery is there and in the
    /// days of margin.
    reorder_at: u64,
    /// Whether that is so now.
    order_now: bool,
    /// The rates it was computed by.
    rates: Vec<StatedRate>,
}

/// How long stock lasts.
#[derive(Debug, Serialize, ToSchema)]
pub(in super::super) struct Supply {
    /// The last final block taken in.
    height: u64,
    /// Its chain time.
    chain_time: String,
    /// Items that have a rate, the shortest supply first; last those that nobody uses up.
    items: Vec<ItemSupply>,
    /// Those to be ordered now, by the same order.
    short: Vec<String>,
    /// Items with a published rate that this chain never had: name them (`item`, or a rate of your own) and they are computed.
    not_stocked: Vec<String>,
}

/// Days of supply, when to order again, and what is short, for days of your own
///
/// Stock by the log, as of any day, over what patients and staff use up a day. Each rate names its source; name your own beside
/// them.
#[utoipa::path(
    post, path = "/v1/chains/{chain}/stock/supply", tag = "materials", security(("token" = [])),
    params(("chain" = String, Path, description = "chain path, e.g. `cn.32.01`")),
    request_body(content = SupplyAsked, content_type = "application/json", description = "who uses things up, and how long orders take"),
    responses(
        (status = 200, description = "items, the shortest supply first", body = Supply),
        (status = "4XX", description = "what can't be computed", content_type = "application/problem+json", body = serde_json::Value)
    )
)]
pub(in super::super) async fn supply(
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
    let lead = lead(asked.lead_days, asked.margin_days)?;
    let on = asked::day("as_of", asked.as_of.as_deref())?;
    let rates = desk.rates.clone().and(&asked.rates)?;
    let (at, free) = desk.ask(move |stock| stock.free(None, on)).await?;
    let days = asked.days.iter().map(|day| Day {
        patients: day.patients,
        severe: day.severe,
        critical: day.critical,
        shifts: day.shifts,
    });
    let given = Course { name: "given", days: days.collect() };
    let Items { items, short, not_stocked } = items(&free, rates, &[given], lead);
    Ok(web::Json(Supply { height: at.height, chain_time: at.chain_time.to_string(), items, short, not_stocked }))
}

/// How long an order takes, within its bounds.
pub(super) fn lead(days: usize, margin: usize) -> Result<Lead, Refusal> {
    bounded("lead_days", days, MAX_LEAD_DAYS)?;
    bounded("margin_days", margin, MAX_LEAD_DAYS)?;
    Ok(Lead { days, margin })
}

/// What comes of stock, rates and courses.
pub(super) struct Items {
    /// The shortest supply first.
    pub(super) items: Vec<ItemSupply>,
    /// Those to be ordered now.
    pub(super) short: Vec<String>,
    /// Those that the chain never had.
    pub(super) not_stocked: Vec<String>,
}

pub(super) fn items(free: &BTreeMap<String, u64>, rates: Rates, courses: &[Course], lead: Lead) -> Items {
    let (rates, not_stocked) = rates.stocked(free);
    let course = |along: Along| CourseSupply {
        course: along.course,
        used: along.used,
        days_of_supply: match along.lasts {
            Lasts::Days(days) => Some(days),
            Lasts::Unused => None,
        },
    };
    let found = supply::supplies(free, rates.all(), courses, lead).into_iter().map(|found| ItemSupply {
        rates: rates.of(&found.item),
        item: found.item,
        free: found.free,
        courses: found.courses.into_iter().map(course).collect(),
        reorder_at: found.reorder_at,
        order_now: found.order_now,
    });
    let items = found.collect::<Vec<_>>();
    let short = items.iter().filter(|item| item.order_now).map(|item| item.item.clone()).collect();
    Items { items, short, not_stocked }
}
