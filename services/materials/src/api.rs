//! Stock over REST: members state movements, everybody reads what is on hand and final, and every movement.

mod view;

use actix_web::{HttpRequest, HttpResponse, web};
use domain::chain::is_name;
use domain::record::Kind;
use host::rest::{Caller, Desks, Problem, asked};
use serde::Deserialize;
use utoipa::OpenApi;

use crate::Desk;
use crate::model::{Filter, Place};
use view::{LotsPage, MovesPage};

/// What cursors begin with, so that one list's is not taken for another's by mistake.
const LOTS: &str = "stock-";
const MOVES: &str = "move-";

/// Adds the routes; `web::Data<Desks<Desk>>` must be among the app's data.
pub fn routes(config: &mut web::ServiceConfig) {
    let stock = web::resource("/v1/chains/{chain}/stock");
    config
        .service(stock.route(web::post().to(move_stock)).route(web::get().to(on_hand)))
        .service(web::resource("/v1/chains/{chain}/stock/moves").route(web::get().to(moves)));
}

/// The description of the routes.
pub fn openapi() -> utoipa::openapi::OpenApi {
    Doc::openapi()
}

#[derive(OpenApi)]
#[openapi(
    paths(move_stock, on_hand, moves),
    tags((name = "materials", description = "Stock of warehouses by item and lot"))
)]
struct Doc;

/// Receive or issue stock
///
/// The body is one movement or an array of at most 500: `kind` (`stock_received` or `stock_issued`), `facility`, `item`,
/// `lot`, `quantity`, `counterparty`. With `expect` the movement is refused if the lot changed since it was read. The
/// calling member signs; the same `Idempotency-Key` gives the same events.
#[utoipa::path(
    post, path = "/v1/chains/{chain}/stock", tag = "materials", security(("token" = [])),
    params(
        ("chain" = String, Path, description = "chain path, e.g. `cn.32.01`"),
        ("Idempotency-Key" = Option<String>, Header, description = "at most 128 bytes")
    ),
    request_body(content = serde_json::Value, content_type = "application/json", description = "a movement or an array of movements"),
    responses(
        (status = 202, description = "an answer for each movement: event id and receipt, or a problem", body = serde_json::Value),
        (status = "4XX", description = "nothing was taken", content_type = "application/problem+json", body = serde_json::Value)
    )
)]
async fn move_stock(
    desks: web::Data<Desks<Desk>>,
    caller: Caller,
    chain: web::Path<String>,
    request: HttpRequest,
    body: web::Bytes,
) -> Result<HttpResponse, Problem> {
    let desk = desks.of(&chain)?;
    desk.front.post(&caller, &[Kind::StockReceived, Kind::StockIssued], &body, asked::idempotency_key(&request)?).await
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct StockQuery {
    facility: Option<String>,
    item: Option<String>,
    lot: Option<String>,
    limit: Option<usize>,
    cursor: Option<String>,
}

/// What a query asks for: which stock, how much, and from where.
fn wanted(request: &HttpRequest) -> Result<(Filter, usize, Option<String>), Problem> {
    let StockQuery { facility, item, lot, limit, cursor } = asked::query(request)?;
    Ok((Filter { facility, item, lot }, asked::limit(limit)?, cursor))
}

/// Stock on hand by facility, item and lot: final movements only
#[utoipa::path(
    get, path = "/v1/chains/{chain}/stock", tag = "materials",
    params(
        ("chain" = String, Path, description = "chain path, e.g. `cn.32.01`"),
        ("facility" = Option<String>, Query, description = "only this facility's"),
        ("item" = Option<String>, Query, description = "only this item"),
        ("lot" = Option<String>, Query, description = "only this lot"),
        ("limit" = Option<u32>, Query, description = "lots, at most 500; 100 if left out"),
        ("cursor" = Option<String>, Query, description = "the `next` of the page before")
    ),
    responses(
        (status = 200, description = "a page of lots", body = LotsPage),
        (status = 400, description = "BAD_QUERY or BAD_CURSOR"),
        (status = 404, description = "NOT_FOUND: no such chain here")
    )
)]
async fn on_hand(
    request: HttpRequest,
    desks: web::Data<Desks<Desk>>,
    chain: web::Path<String>,
) -> Result<web::Json<LotsPage>, Problem> {
    let desk = desks.of(&chain)?;
    let (filter, limit, cursor) = wanted(&request)?;
    let after = cursor.as_deref().map_or(Ok(Default::default()), place)?;
    let (at, (found, more)) = desk.ask(move |stock| (stock.at(), stock.lots(&filter, &after, limit))).await?;
    let last = found.last().filter(|_| more);
    let next = last.map(|(lot, _)| format!("{LOTS}{}/{}/{}", lot.facility, lot.item, lot.lot));
    Ok(web::Json(view::lots(at, found, next)))
}

/// Movements of stock in the order of the log: final ones only
#[utoipa::path(
    get, path = "/v1/chains/{chain}/stock/moves", tag = "materials",
    params(
        ("chain" = String, Path, description = "chain path, e.g. `cn.32.01`"),
        ("facility" = Option<String>, Query, description = "only this facility's"),
        ("item" = Option<String>, Query, description = "only of this item"),
        ("lot" = Option<String>, Query, description = "only of this lot"),
        ("limit" = Option<u32>, Query, description = "movements, at most 500; 100 if left out"),
        ("cursor" = Option<String>, Query, description = "the `next` of the page before")
    ),
    responses(
        (status = 200, description = "a page of movements", body = MovesPage),
        (status = 400, description = "BAD_QUERY or BAD_CURSOR"),
        (status = 404, description = "NOT_FOUND: no such chain here")
    )
)]
async fn moves(
    request: HttpRequest,
    desks: web::Data<Desks<Desk>>,
    chain: web::Path<String>,
) -> Result<web::Json<MovesPage>, Problem> {
    let desk = desks.of(&chain)?;
    let (filter, limit, cursor) = wanted(&request)?;
    let from = cursor.as_deref().map_or(Ok(0), |cursor| asked::numbered(cursor, MOVES))?;
    let (at, (found, more)) = desk.ask(move |stock| (stock.at(), stock.moves(&filter, from, limit))).await?;
    let last = found.last().filter(|_| more);
    let next = last.map(|(index, _)| format!("{MOVES}{}", index + 1));
    Ok(web::Json(view::moves(at, found, next)))
}

/// The place of a cursor we made.
fn place(cursor: &str) -> Result<Place, Problem> {
    let parts: Vec<_> = cursor.strip_prefix(LOTS).unwrap_or_default().split('/').collect();
    match parts.as_slice() {
        [facility, item, lot] if parts.iter().all(|part| is_name(part)) => {
            Ok(((*facility).to_owned(), (*item).to_owned(), (*lot).to_owned()))
        }
        _ => Err(asked::bad_cursor()),
    }
}

#[cfg(test)]
mod tests;
