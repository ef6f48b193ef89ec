//! The ledger over REST: public reads of the log, the state and proofs. Nothing here changes anything.
//!
//! What must be believed comes with a certificate or a proof file; the rest is this node's word at the height it names.

mod log;
mod state;
#[cfg(test)]
mod tests;
mod tiles;
mod view;

use actix_web::{guard, web};
use utoipa::OpenApi;

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
        .service(get("/{chain}/genesis").route(web::get().to(tiles::genesis_file)))
        .service(get("/{chain}/tlog/checkpoint").route(web::get().to(tiles::tlog_checkpoint)))
        .service(get("/{chain}/tlog/tile/entries/{index:.*}").route(web::get().to(tiles::entries)))
        .service(get("/{chain}/tlog/tile/{level}/{index:.*}").route(web::get().to(tiles::tile)))
        .service(get("/{chain}/tlog/block/{index:.*}").route(web::get().to(tiles::blocks)))
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
        log::proof,
        tiles::genesis_file,
        tiles::tlog_checkpoint,
        tiles::tile,
        tiles::entries,
        tiles::blocks
    ),
    tags((name = "ledger", description = "The log of a chain, its state, and proofs"))
)]
struct Doc;
