//! Lots, movements, sums and items, and the same as CSV and EPCIS events.

use actix_web::http::header::ContentType;
use actix_web::{HttpRequest, HttpResponse, web};
use domain::chain::is_name;
use domain::refusal::Code;
use host::page::Page;
use host::rest::{Problem, asked};
use serde::Deserialize;

use super::Data;
use super::view::{self, ItemsView, LotsPage, MovesPage, SumsView};
use crate::epcis;
use crate::model::{Filter, List, Moved, Stock};

/// What cursors begin with, so that one list's is not taken for another's by mistake.
const LOTS: &str = "stock-";
const MOVES: &str = "move-";

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct StockQuery {
    facility: Option<String>,
    item: Option<String>,
    lot: Option<String>,
    donation: Option<String>,
    request: Option<String>,
    hand_over: Option<String>,
    as_of: Option<String>,
    limit: Option<usize>,
    cursor: Option<String>,
}

/// What a query asks for, by names only. A lot is asked for with its item, for its name says little alone.
fn filter(query: &StockQuery) -> Result<Filter, Problem> {
    let filter = Filter {
        facility: asked::name("facility", query.facility.clone())?,
        item: asked::name("item", query.item.clone())?,
        lot: asked::name("lot", query.lot.clone())?,
    };
    if filter.lot.is_some() && filter.item.is_none() {
        return Err(asked::bad("a lot is asked for with its item"));
    }
    Ok(filter)
}

fn only(allowed: bool, detail: &str) -> Result<(), Problem> {
    if allowed { Ok(()) } else { Err(asked::bad(detail)) }
}

/// What is on hand by facility, item and lot: final movements only
///
/// With `as_of` as it was at the end of that day of chain time. Money is the item `cny-fen`, so a fund's lots are here, too.
#[utoipa::path(
    get, path = "/v1/chains/{chain}/stock", tag = "materials",
    params(
        ("chain" = String, Path, description = "chain path, e.g. `cn.32.01`"),
        ("facility" = Option<String>, Query, description = "only this facility's"),
        ("item" = Option<String>, Query, description = "only this item"),
        ("lot" = Option<String>, Query, description = "only this lot of the item"),
        ("as_of" = Option<String>, Query, description = "at the end of this day, `YYYY-MM-DD`"),
        ("limit" = Option<u32>, Query, description = "lots, at most 500; 100 if left out"),
        ("cursor" = Option<String>, Query, description = "the `next` of the page before")
    ),
    responses(
        (status = 200, description = "a page of lots", body = LotsPage),
        (status = 400, description = "BAD_QUERY or BAD_CURSOR"),
        (status = 404, description = "NOT_FOUND: no such chain here")
    )
)]
pub(super) async fn on_hand(
    request: HttpRequest,
    desks: Data,
    chain: web::Path<String>,
) -> Result<web::Json<LotsPage>, Problem> {
    let (desk, query) = desks.asked::<StockQuery>(&request, &chain)?;
    only(
        query.donation.is_none() && query.request.is_none() && query.hand_over.is_none(),
        "ask for movements by these",
    )?;
    let (filter, limit) = (filter(&query)?, asked::limit(query.limit)?);
    let on = asked::day("as_of", query.as_of.as_deref())?;
    let after = asked::behind(query.cursor.as_deref(), LOTS, place)?;
    let (at, found) = desk.ask(move |stock| stock.lots(&filter, after.as_ref(), limit, on)).await?;
    let next = found.next(|(lot, _)| format!("{LOTS}{}/{}/{}", lot.facility, lot.item, lot.lot));
    Ok(web::Json(view::lots(&chain, at, found.lines, next)))
}

/// Movements in the order of the log: final ones only
///
/// Of a facility, an item, a lot wherever it went, a donation with what was bought from it, a request, or a hand-over. Each has
/// its event as signed, and under `proof` the way to its proof file.
#[utoipa::path(
    get, path = "/v1/chains/{chain}/stock/moves", tag = "materials",
    params(
        ("chain" = String, Path, description = "chain path, e.g. `cn.32.01`"),
        ("facility" = Option<String>, Query, description = "only this facility's"),
        ("item" = Option<String>, Query, description = "only of this item"),
        ("lot" = Option<String>, Query, description = "only of this lot of the item, wherever it went"),
        ("donation" = Option<String>, Query, description = "only of this donation, from pledge to use"),
        ("request" = Option<String>, Query, description = "only of this request"),
        ("hand_over" = Option<String>, Query, description = "only of this hand-over"),
        ("limit" = Option<u32>, Query, description = "movements, at most 500; 100 if left out"),
        ("cursor" = Option<String>, Query, description = "the `next` of the page before")
    ),
    responses(
        (status = 200, description = "a page of movements", body = MovesPage),
        (status = 400, description = "BAD_QUERY or BAD_CURSOR"),
        (status = 404, description = "NOT_FOUND: no such chain here")
    )
)]
pub(super) async fn moves(
    request: HttpRequest,
    desks: Data,
    chain: web::Path<String>,
) -> Result<web::Json<MovesPage>, Problem> {
    let (desk, query) = desks.asked::<StockQuery>(&request, &chain)?;
    only(query.as_of.is_none(), "movements have their times; as_of is for lots, sums and donations")?;
    let from = asked::numbered(query.cursor.as_deref(), MOVES)?.unwrap_or(0);
    let limit = asked::limit(query.limit)?;
    let wanted = Wanted::of(&query)?;
    let (at, (found, next)) = desk
        .ask(move |stock| {
            let found = stock.moves(&wanted.list(), from, limit)?;
            let (next, shown) = (behind(&found), found.lines.into_iter());
            let shown = shown.map(|(index, moved)| view::Shown::of(stock, index, moved));
            Ok((shown.collect::<anyhow::Result<Vec<_>>>()?, next))
        })
        .await?;
    Ok(web::Json(view::moves(&chain, at, found, next)))
}

/// The cursor behind a page of movements.
fn behind(page: &Page<(u64, Moved)>) -> Option<String> {
    page.next(|(index, _)| format!("{MOVES}{}", index + 1))
}

/// The list of movements a query asks for.
enum Wanted {
    Named(Filter),
    Donation(domain::event::EventId),
    Request(domain::event::EventId),
    HandOver(domain::event::EventId),
}

impl Wanted {
    fn of(query: &StockQuery) -> Result<Self, Problem> {
        let filter = filter(query)?;
        let named = [("donation", &query.donation), ("request", &query.request), ("hand_over", &query.hand_over)];
        let [donation, request, hand_over] = named.map(|(name, id)| asked::id(name, id.as_deref()));
        let ids = [donation?, request?, hand_over?];
        let one = ids.iter().flatten().count() + usize::from(filter != Filter::default()) <= 1;
        only(one, "ask by facility, item and lot, or by one of donation, request and hand_over")?;
        Ok(match ids {
            [Some(id), _, _] => Wanted::Donation(id),
            [_, Some(id), _] => Wanted::Request(id),
            [_, _, Some(id)] => Wanted::HandOver(id),
            _ => Wanted::Named(filter),
        })
    }

    fn list(&self) -> List<'_> {
        match self {
            Wanted::Named(filter) => filter.list(),
            Wanted::Donation(id) => List::Donation(*id),
            Wanted::Request(id) => List::Request(*id),
            Wanted::HandOver(id) => List::HandOver(*id),
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SumsQuery {
    item: Option<String>,
    as_of: Option<String>,
}

/// The sums of items over all stores and hands, and whether they close
///
/// Held, in transit, disputed, used, wasted, missing, lost and spent units make up those received and found.
#[utoipa::path(
    get, path = "/v1/chains/{chain}/stock/sums", tag = "materials",
    params(
        ("chain" = String, Path, description = "chain path, e.g. `cn.32.01`"),
        ("item" = Option<String>, Query, description = "only this item"),
        ("as_of" = Option<String>, Query, description = "at the end of this day, `YYYY-MM-DD`")
    ),
    responses(
        (status = 200, description = "the sums", body = SumsView),
        (status = 400, description = "BAD_QUERY"),
        (status = 404, description = "NOT_FOUND: no such chain here")
    )
)]
pub(super) async fn sums(
    request: HttpRequest,
    desks: Data,
    chain: web::Path<String>,
) -> Result<web::Json<SumsView>, Problem> {
    let (desk, query) = desks.asked::<SumsQuery>(&request, &chain)?;
    let (item, on) = (asked::name("item", query.item)?, asked::day("as_of", query.as_of.as_deref())?);
    let (at, sums) = desk.ask(move |stock| stock.sums(item.as_deref(), on)).await?;
    Ok(web::Json(view::sums(&chain, at, sums)))
}

/// Items as members defined them
#[utoipa::path(
    get, path = "/v1/chains/{chain}/items", tag = "materials", operation_id = "get_items",
    params(("chain" = String, Path, description = "chain path, e.g. `cn.32.01`")),
    responses(
        (status = 200, description = "every item, by name", body = ItemsView),
        (status = 404, description = "NOT_FOUND: no such chain here")
    )
)]
pub(super) async fn items(desks: Data, chain: web::Path<String>) -> Result<web::Json<ItemsView>, Problem> {
    let (at, items) = desks.of(&chain)?.ask(Stock::items).await?;
    Ok(web::Json(view::items(at, &items)))
}

/// Lots of one CSV export: a large city's warehouses, some megabytes of text.
const MAX_SHEET: usize = 50_000;

/// What is on hand as CSV
///
/// One row a lot, at most 50,000, with the columns of an upload that they have in common. `as_of` and `facility` as for the
/// JSON list.
#[utoipa::path(
    get, path = "/v1/chains/{chain}/stock/csv", tag = "materials", operation_id = "get_stock_csv",
    params(
        ("chain" = String, Path, description = "chain path, e.g. `cn.32.01`"),
        ("facility" = Option<String>, Query, description = "only this facility's"),
        ("item" = Option<String>, Query, description = "only this item"),
        ("as_of" = Option<String>, Query, description = "at the end of this day, `YYYY-MM-DD`")
    ),
    responses(
        (status = 200, description = "UTF-8, a header and a row a lot", body = String, content_type = "text/csv"),
        (status = 400, description = "BAD_QUERY"),
        (status = 404, description = "NOT_FOUND: no such chain here"),
        (status = 413, description = "LIMIT: more lots than one file takes; ask by facility")
    )
)]
pub(super) async fn sheet(
    request: HttpRequest,
    desks: Data,
    chain: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct SheetQuery {
        facility: Option<String>,
        item: Option<String>,
        as_of: Option<String>,
    }
    let (desk, query) = desks.asked::<SheetQuery>(&request, &chain)?;
    let on = asked::day("as_of", query.as_of.as_deref())?;
    let (facility, item) = (asked::name("facility", query.facility)?, asked::name("item", query.item)?);
    let filter = Filter { facility, item, lot: None };
    let (_, found) = desk.ask(move |stock| stock.lots(&filter, None, MAX_SHEET, on)).await?;
    if found.more {
        return Err(Problem::new(Code::Limit, format!("more than {MAX_SHEET} lots; ask by facility")));
    }
    let text = view::sheet(&found.lines).map_err(Problem::fault)?;
    Ok(HttpResponse::Ok().content_type("text/csv; charset=utf-8").body(text))
}

/// Movements as GS1 EPCIS 2.0 events
///
/// An EPCIS document in JSON-LD with ObjectEvents and TransactionEvents, of a facility, an item or a lot, in the order of the
/// log. Movements that move no goods (money, pledges, definitions) have none.
#[utoipa::path(
    get, path = "/v1/chains/{chain}/stock/epcis", tag = "materials",
    params(
        ("chain" = String, Path, description = "chain path, e.g. `cn.32.01`"),
        ("facility" = Option<String>, Query, description = "only this facility's"),
        ("item" = Option<String>, Query, description = "only of this item"),
        ("lot" = Option<String>, Query, description = "only of this lot of the item"),
        ("donation" = Option<String>, Query, description = "only of this donation"),
        ("limit" = Option<u32>, Query, description = "movements, at most 500; 100 if left out"),
        ("cursor" = Option<String>, Query, description = "the header `GS1-Next` of the page before")
    ),
    responses(
        (status = 200, description = "an EPCISDocument", content_type = "application/ld+json", body = serde_json::Value),
        (status = 400, description = "BAD_QUERY or BAD_CURSOR"),
        (status = 404, description = "NOT_FOUND: no such chain here")
    )
)]
pub(super) async fn epcis(
    request: HttpRequest,
    desks: Data,
    chain: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let (desk, query) = desks.asked::<StockQuery>(&request, &chain)?;
    only(query.as_of.is_none(), "movements have their times; as_of is for lots, sums and donations")?;
    let from = asked::numbered(query.cursor.as_deref(), MOVES)?.unwrap_or(0);
    let (limit, wanted, path) = (asked::limit(query.limit)?, Wanted::of(&query)?, chain.clone());
    let (_, (document, next)) = desk
        .ask(move |stock| {
            let found = stock.moves(&wanted.list(), from, limit)?;
            Ok((epcis::document(stock, &path, &found.lines)?, behind(&found)))
        })
        .await?;
    let mut answer = HttpResponse::Ok();
    answer.insert_header(ContentType("application/ld+json".parse().map_err(Problem::fault)?));
    if let Some(next) = next {
        answer.insert_header(("GS1-Next", next));
    }
    Ok(answer.body(document.to_string()))
}

/// The place that a cursor names.
fn place(named: &str) -> Option<(String, String, String)> {
    let [facility, item, lot] = named.split('/').collect::<Vec<_>>().try_into().ok()?;
    let place = [facility, item, lot].into_iter().all(is_name).then_some((facility, item, lot));
    place.map(|(facility, item, lot)| (facility.to_owned(), item.to_owned(), lot.to_owned()))
}
