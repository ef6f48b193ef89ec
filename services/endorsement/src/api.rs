//! The REST routes: people's ballots here, what they say about the chain itself in `proposals`.

use actix_web::{HttpRequest, HttpResponse, web};
use domain::record::Kind;
use domain::refusal::{Code, Refusal};
use host::front;
use host::rest::{Caller, Desks, Problem, asked, bodies};
use serde_json::Value;
use utoipa::OpenApi;

use crate::Desk;

/// Mounts the routes; the app holds `Desks<Desk>`.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/v1/chains/{chain}/events/{id}/ballots", web::post().to(post_ballot))
        .configure(crate::proposals::routes);
}

/// The routes' OpenAPI.
pub fn openapi() -> utoipa::openapi::OpenApi {
    #[derive(OpenApi)]
    #[openapi(paths(
        post_ballot,
        crate::proposals::post_proposal,
        crate::proposals::post_correction,
        crate::proposals::post_misbehaviour
    ))]
    struct Api;
    let posts: [(&str, &[Kind]); 3] = [
        ("/v1/chains/{chain}/proposals", &[Kind::Proposal]),
        ("/v1/chains/{chain}/corrections", &[Kind::Correction]),
        ("/v1/chains/{chain}/misbehaviour", &[Kind::Misbehaviour]),
    ];
    let api = bodies::described(Api::openapi(), &posts);
    bodies::described_but(api, "/v1/chains/{chain}/events/{id}/ballots", Kind::Ballot, "subject")
}

/// Judge a report
///
/// `{"choice": "endorse" | "object" | "ask" | "veto", "reason": "<code>"}`. A veto needs a reason. Nobody judges the
/// own member's report; one judgement a member.
#[utoipa::path(
    post, path = "/v1/chains/{chain}/events/{id}/ballots", tag = "endorsement", security(("token" = [])),
    params(("chain" = String, Path, description = "Chain path, such as cn.32.01"),
           ("id" = String, Path, description = "The report's event id")),
    request_body(content = serde_json::Value, description = "The ballot", content_type = "application/json"),
    responses((status = 202, description = "The ballot's event id and receipt, or a problem", body = serde_json::Value),
              (status = "4XX", description = "Nothing was taken", content_type = "application/problem+json", body = serde_json::Value))
)]
async fn post_ballot(
    desks: web::Data<Desks<Desk>>,
    caller: Caller,
    path: web::Path<(String, String)>,
    request: HttpRequest,
    body: web::Bytes,
) -> Result<HttpResponse, Problem> {
    let (chain, id) = path.into_inner();
    let desk = desks.of(&chain)?;
    let subject = front::event_id(&id)?;
    let mut ballot = wire::json::parse(&body)?;
    let Value::Object(fields) = &mut ballot else {
        return Err(Refusal::new(Code::Malformed, "send a JSON object").into());
    };
    if fields.insert("subject".to_owned(), Value::String(subject.to_string())).is_some() {
        return Err(Refusal::of(Code::Malformed, "subject", "the path names the subject").into());
    }
    let key = asked::idempotency_key(&request)?;
    // The same choice on another report is another ballot: the body alone would not tell them apart.
    let identity = serde_json::to_vec(&ballot).unwrap_or_default();
    let outcomes = desk.front.submit(&caller.0, vec![Ok((Kind::Ballot, ballot))], &identity, key).await?;
    front::answered(&outcomes)
}
