//! Days of supply, when to order again, and what is short.

use std::collections::{BTreeMap, BTreeSet};

use actix_web::{HttpRequest, web};
use domain::chain::is_name;
use domain::refusal::{Code, Refusal};
use host::rest::{Caller, Problem, asked};
use planning::supply::{self, Day, Lasts, Per, Rate};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::super::{Data, day};
use super::{bounded, read};

/// Days of use that are looked at: a quarter; behind them every day is like the last.
const MAX_DAYS: usize = 92;
/// Rates of one question: items of a hospital that anybody counts by the day.
const MAX_RATES: usize = 200;
/// The longest wait for a delivery and margin, in days: what is ordered for longer is not an emergency's.
const MAX_LEAD_DAYS: usize = 365;

/// Who uses things up, and how long orders take.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct SupplyAsked {
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
pub(in super::super) struct Supply {
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
    bounded("rates", asked.rates.len(), MAX_RATES)?;
    bounded("lead_days", asked.lead_days.max(asked.margin_days), MAX_LEAD_DAYS)?;
    let on = day(asked.as_of.as_deref())?;
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
