//! Goods and money over REST: members post what they did, everybody reads what is final.

mod custody;
mod donations;
mod plan;
mod posts;
mod requests;
mod stock;
mod view;

use actix_web::{HttpRequest, web};
use domain::chain::is_name;
use domain::event::EventId;
use domain::time::Date;
use host::rest::{Desks, Problem, asked};
use utoipa::OpenApi;

use crate::Desk;

type Data = web::Data<Desks<Desk>>;

/// Adds the routes; `web::Data<Desks<Desk>>` must be among the app's data.
pub fn routes(config: &mut web::ServiceConfig) {
    let at = |path: &str| web::resource(format!("/v1/chains/{{chain}}/{path}"));
    config
        .service(at("stock").route(web::post().to(posts::stock)).route(web::get().to(stock::on_hand)))
        .service(at("stock/csv").route(web::post().to(posts::sheet)).route(web::get().to(stock::sheet)))
        .service(at("stock/moves").route(web::get().to(stock::moves)))
        .service(at("stock/sums").route(web::get().to(stock::sums)))
        .service(at("stock/epcis").route(web::get().to(stock::epcis)))
        .service(at("items").route(web::post().to(posts::items)).route(web::get().to(stock::items)))
        .service(at("hand-overs").route(web::post().to(posts::hand_overs)).route(web::get().to(custody::hand_overs)))
        .service(at("discrepancies").route(web::get().to(custody::discrepancies)))
        .service(at("requests").route(web::post().to(posts::requests)).route(web::get().to(requests::requests)))
        .service(at("stock/supply").route(web::post().to(plan::supply::supply)))
        .service(at("requests/allocation").route(web::post().to(plan::allocation::propose_allocation)))
        .service(at("commits").route(web::get().to(requests::commits)))
        .service(at("donations").route(web::post().to(posts::donations)).route(web::get().to(donations::donations)))
        .service(at("purchases").route(web::post().to(posts::purchases)));
}

/// The description of the routes.
pub fn openapi() -> utoipa::openapi::OpenApi {
    host::rest::bodies::described(Doc::openapi(), posts::POSTS)
}

#[derive(OpenApi)]
#[openapi(
    paths(
        posts::stock,
        posts::sheet,
        posts::items,
        posts::hand_overs,
        posts::requests,
        posts::donations,
        posts::purchases,
        stock::on_hand,
        stock::sheet,
        stock::moves,
        stock::sums,
        stock::epcis,
        stock::items,
        custody::hand_overs,
        custody::discrepancies,
        requests::requests,
        requests::commits,
        donations::donations,
        plan::supply::supply,
        plan::allocation::propose_allocation
    ),
    tags((name = "materials", description = "Goods and money: stock, hand-overs, requests, gifts, purchases"))
)]
struct Doc;

/// A name in a query; the read model's rows are made of names.
fn named(field: Option<String>) -> Result<Option<String>, Problem> {
    match field {
        Some(name) if !is_name(&name) => {
            Err(Problem::new(domain::refusal::Code::BadQuery, "a facility, item or lot is 1 to 64 of a-z, 0-9 and -"))
        }
        name => Ok(name),
    }
}

/// A day in a query.
fn day(field: Option<&str>) -> Result<Option<Date>, Problem> {
    let bad = || Problem::new(domain::refusal::Code::BadQuery, "as_of is a day as YYYY-MM-DD");
    field.map(|text| Date::parse(text).ok_or_else(bad)).transpose()
}

/// An event id in a query.
fn id(field: Option<&str>) -> Result<Option<EventId>, Problem> {
    let bad = || Problem::new(domain::refusal::Code::BadQuery, "an event id is 64 lower-case hex digits");
    field.map(|text| EventId::parse(text).ok_or_else(bad)).transpose()
}

/// The event id in a cursor that begins with `prefix`.
fn behind(cursor: Option<&str>, prefix: &str) -> Result<Option<EventId>, Problem> {
    let parse = |cursor: &str| cursor.strip_prefix(prefix).and_then(EventId::parse).ok_or_else(asked::bad_cursor);
    cursor.map(parse).transpose()
}

/// The query of a list whose rows have event ids.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct ListQuery {
    facility: Option<String>,
    open: Option<bool>,
    id: Option<String>,
    code: Option<String>,
    as_of: Option<String>,
    limit: Option<usize>,
    cursor: Option<String>,
}

impl ListQuery {
    /// The query, if it asks by nothing but the fields in `taken` beside limit and cursor.
    fn of(request: &HttpRequest, taken: &[&str]) -> Result<Self, Problem> {
        let found: ListQuery = asked::query(request)?;
        let fields = [
            ("facility", found.facility.is_some()),
            ("open", found.open.is_some()),
            ("id", found.id.is_some()),
            ("code", found.code.is_some()),
            ("as_of", found.as_of.is_some()),
        ];
        match fields.into_iter().find(|(name, there)| *there && !taken.contains(name)) {
            Some(_) => {
                let detail = format!("this list is asked by: {}, limit, cursor", taken.join(", "));
                Err(Problem::new(domain::refusal::Code::BadQuery, detail))
            }
            None => Ok(found),
        }
    }
}

#[cfg(test)]
mod tests;
