//! Medical resources over REST: members state, everybody reads what is final.

mod assignment;
mod capacity;
mod exchange;
mod facilities;
mod history;
mod moves;
mod posts;
mod view;

use actix_web::web;
use host::rest::{Problem, asked};
use utoipa::OpenApi;

/// Adds the routes; `web::Data<Desks<Desk>>` must be among the app's data.
pub fn routes(config: &mut web::ServiceConfig) {
    let below = |what: &str| web::resource(format!("/v1/chains/{{chain}}/medical-resources{what}"));
    let beds = web::resource("/v1/chains/{chain}/beds");
    config
        .service(beds.route(web::post().to(posts::claim_beds)).route(web::get().to(capacity::beds_that_stand)))
        .service(below("").route(web::post().to(posts::state_resources)))
        .service(below("/facilities").route(web::get().to(facilities::facilities)))
        .service(below("/capacity").route(web::get().to(capacity::capacity)))
        .service(below("/designations").route(web::get().to(facilities::designations)))
        .service(below("/holds").route(web::get().to(moves::holds)))
        .service(below("/transfers").route(web::get().to(moves::transfers)))
        .service(below("/assignment").route(web::post().to(assignment::propose_assignment)))
        .service(below("/history").route(web::get().to(history::history)))
        .service(
            below("/measure-reports")
                .route(web::get().to(exchange::measure_reports))
                .route(web::post().to(exchange::claim_by_measure_reports)),
        )
        .service(
            below("/have")
                .route(web::get().to(exchange::hospital_status))
                .route(web::post().to(exchange::claim_by_hospital_status)),
        );
}

/// The description of the routes.
pub fn openapi() -> utoipa::openapi::OpenApi {
    host::rest::bodies::described(Doc::openapi(), &posts::POSTS)
}

#[derive(OpenApi)]
#[openapi(
    paths(
        posts::claim_beds, posts::state_resources, capacity::beds_that_stand, capacity::capacity,
        facilities::facilities, facilities::designations, moves::holds, moves::transfers, history::history,
        exchange::measure_reports, exchange::claim_by_measure_reports, exchange::hospital_status,
        exchange::claim_by_hospital_status,
        assignment::propose_assignment
    ),
    tags((name = "medical resources", description = "Facilities, beds, holds on beds and transfers of patients"))
)]
struct Doc;

/// The key that a cursor of this list stands for: `prefix`, then what names a record; empty for the first page.
fn after(cursor: Option<&str>, prefix: &str, is_name: impl Fn(&str) -> bool) -> Result<Vec<u8>, Problem> {
    let key = asked::behind(cursor, prefix, |name| is_name(name).then(|| [prefix, name].concat().into_bytes()))?;
    Ok(key.unwrap_or_default())
}

#[cfg(test)]
mod tests;
