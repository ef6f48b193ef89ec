//! The ledger over REST: public reads of the log, the state and proofs. Nothing here changes the chain; what child chains
//! show to this ledger as their witness changes its memory of them.
//!
//! What must be believed comes with a certificate or a proof file; the rest is this node's word at the height it names.

mod below;
mod credits;
mod duties;
mod governance;
mod log;
mod state;
#[cfg(test)]
mod tests;
mod tiles;
mod view;

use actix_web::{guard, web};
use utoipa::OpenApi;

use crate::witness::routes as witness;

/// Adds the routes; `web::Data<Desks<Desk>>` must be among the app's data.
pub fn routes(config: &mut web::ServiceConfig) {
    let get = |path: &str| web::resource(format!("/v1/chains{path}"));
    config
        .service(get("").route(web::get().to(state::chains)))
        .service(get("/{chain}/status").route(web::get().to(state::status)))
        .service(get("/{chain}/children").route(web::get().to(below::children)))
        .service(get("/{chain}/children/{child}/escalated").route(web::get().to(below::escalated)))
        .service(get("/{chain}/rollup/{disease}").route(web::get().to(below::rollup)))
        .service(get("/{chain}/totals").route(web::get().to(state::totals)))
        .service(get("/{chain}/days").route(web::get().to(state::days)))
        .service(get("/{chain}/members").route(web::get().to(governance::members)))
        .service(get("/{chain}/cosigners").route(web::get().to(governance::cosigners)))
        .service(get("/{chain}/policies").route(web::get().to(governance::policies)))
        .service(get("/{chain}/phase").route(web::get().to(governance::phase)))
        .service(get("/{chain}/credits").route(web::get().to(credits::credits)))
        .service(get("/{chain}/duties").route(web::get().to(duties::duties)))
        .service(get("/{chain}/definitions").route(web::get().to(duties::definitions)))
        // Proposing is another service's route on the same path, as casting a ballot is.
        .service(get("/{chain}/proposals").guard(guard::Any(guard::Get()).or(guard::Head())).to(governance::proposals))
        .service(get("/{chain}/log").route(web::get().to(log::log)))
        .service(get("/{chain}/checkpoint").route(web::get().to(log::checkpoint)))
        .service(get("/{chain}/events/{id}/proof").route(web::get().to(log::proof)))
        .service(get("/{chain}/genesis").route(web::get().to(tiles::genesis_file)))
        .service(get("/{chain}/tlog/checkpoint").route(web::get().to(tiles::tlog_checkpoint)))
        .service(get("/{chain}/tlog/checkpoint.witnessed").route(web::get().to(tiles::witnessed_checkpoint)))
        .service(get("/{chain}/witness/add-checkpoint").route(web::post().to(witness::add_checkpoint)))
        .service(get("/{chain}/witness/key").route(web::get().to(witness::key)))
        .service(get("/{chain}/witness/forks").route(web::get().to(witness::forks)))
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
        below::children,
        below::escalated,
        below::rollup,
        state::totals,
        state::days,
        governance::members,
        governance::cosigners,
        governance::policies,
        governance::phase,
        governance::proposals,
        credits::credits,
        duties::duties,
        duties::definitions,
        state::ballots,
        log::log,
        log::checkpoint,
        log::proof,
        tiles::genesis_file,
        tiles::tlog_checkpoint,
        tiles::witnessed_checkpoint,
        tiles::tile,
        tiles::entries,
        tiles::blocks,
        witness::add_checkpoint,
        witness::key,
        witness::forks
    ),
    tags((name = "ledger", description = "The log of a chain, its state, and proofs"))
)]
struct Doc;
