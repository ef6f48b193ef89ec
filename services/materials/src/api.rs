//! Goods and money over REST: members post what they did, everybody reads what is final.

mod custody;
mod donations;
mod kept;
mod plan;
mod posts;
mod requests;
mod stock;
mod view;

use actix_web::web;
use host::rest::Desks;
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
        .service(
            at("stock/supply")
                .route(web::post().to(plan::supply::supply))
                .route(web::get().to(plan::foreseen::foreseen_supply)),
        )
        .service(at("requests/allocation").route(web::post().to(plan::allocation::propose_allocation)))
        .service(at("commits").route(web::get().to(requests::commits)))
        .service(at("donations").route(web::post().to(posts::donations)).route(web::get().to(donations::donations)))
        .service(at("donations/proof").route(web::get().to(kept::donor_proof)))
        .service(at("donations/{id}/proof").route(web::get().to(kept::donation_proof)))
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
        kept::donor_proof,
        kept::donation_proof,
        plan::supply::supply,
        plan::foreseen::foreseen_supply,
        plan::allocation::propose_allocation
    ),
    tags((name = "materials", description = "Goods and money: stock, hand-overs, requests, gifts, purchases"))
)]
struct Doc;

#[cfg(test)]
mod tests;
