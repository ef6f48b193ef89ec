//! The ledger over REST: public reads of the log, the state and proofs. Nothing here changes anything.
//!
//! What must be believed comes with a certificate or a proof file; the rest is this node's word at the height it names.

mod log;
mod state;
#[cfg(test)]
mod tests;
mod view;

use actix_web::{guard, web};
use domain::refusal::Code;
use host::rest::Problem;
use serde::de::DeserializeOwned;
use utoipa::OpenApi;

/// Entries, days or members in one answer.
const MAX_LIMIT: usize = 500;

/// Adds the routes; `web::Data<Desks<Desk>>` must be among the app's data.
pub fn routes(config: &mut web::ServiceConfig) {
    let get = |path: &str| web::resource(format!("/v1/chains{path}"));
    config
        .service(get("").route(web::get().to(state::chains)))
        .service(get("/{chain}/status").route(web::get().to(state::status)))
        .service(get("/{chain}/totals").route(web::get().to(state::totals)))
        .service(get("/{chain}/days").route(web::get().to(state::days)))
        .service(get("/{chain}/members").route(web::get().to(state::members)))
        .service(get("/{chain}/log").route(web::get().to(log::log)))
        .service(get("/{chain}/checkpoint").route(web::get().to(log::checkpoint)))
        .service(get("/{chain}/events/{id}/proof").route(web::get().to(log::proof)))
        // Casting a ballot is another service's route on the same path.
        .service(
            get("/{chain}/events/{id}/ballots").guard(guard::Any(guard::Get()).or(guard::Head())).to(state::ballots),
        );
}

/// The description of the routes.
pub fn openapi() -> utoipa::openapi::OpenApi {
    Doc::openapi()
}

#[derive(OpenApi)]
#[openapi(
    paths(
        state::chains,
        state::status,
        state::totals,
        state::days,
        state::members,
        state::ballots,
        log::log,
        log::checkpoint,
        log::proof
    ),
    tags((name = "ledger", description = "The log of a chain, its state, and proofs"))
)]
struct Doc;

/// A query whose fields are known, or BAD_QUERY.
fn query<Q: DeserializeOwned>(text: &str) -> Result<Q, Problem> {
    let parsed = web::Query::<Q>::from_query(text);
    parsed.map(web::Query::into_inner).map_err(|error| Problem::new(Code::BadQuery, error.to_string()))
}

/// A page size within the bound; 100 when none is asked for.
fn limit(asked: Option<usize>) -> Result<usize, Problem> {
    match asked.unwrap_or(100) {
        limit @ 1..=MAX_LIMIT => Ok(limit),
        _ => Err(Problem::new(Code::BadQuery, format!("limit is 1 to {MAX_LIMIT}"))),
    }
}
