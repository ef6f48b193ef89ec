//! Deposits over REST: members deposit, everybody reads who deposited a digest first, with a certificate once it is final.

mod request;
mod view;

use actix_web::{HttpRequest, HttpResponse, web};
use domain::record::Kind;
use host::rest::{Caller, Desks, Problem, asked, bodies};
use proof::digest::Digest;
use serde::Deserialize;
use utoipa::OpenApi;

use crate::Desk;
use view::{CertificateView, DepositView};

/// Adds the routes; `web::Data<Desks<Desk>>` must be among the app's data.
pub fn routes(config: &mut web::ServiceConfig) {
    let path = "/v1/chains/{chain}/deposits";
    config
        .service(web::resource(path).route(web::post().to(deposit)))
        .service(web::resource(format!("{path}/{{digest}}")).route(web::get().to(deposited)))
        .service(web::resource(format!("{path}/{{digest}}/certificate")).route(web::get().to(certificate)));
}

/// The description of the routes.
pub fn openapi() -> utoipa::openapi::OpenApi {
    bodies::described(Doc::openapi(), &[("/v1/chains/{chain}/deposits", &[Kind::Deposit])])
}

#[derive(OpenApi)]
#[openapi(
    paths(deposit, deposited, certificate),
    tags((name = "public opinion", description = "Deposits of what was published, and their certificates"))
)]
struct Doc;

/// Deposit the digest of something published
///
/// The body is one deposit or an array of at most 500: `source`, `title`, and either `digest` (SHA-256) or `text`, whose
/// SHA-256 over its UTF-8 bytes as sent is taken here; the text itself is neither kept, signed nor logged. The calling
/// member signs; the same `Idempotency-Key` gives the same events.
#[utoipa::path(
    post, path = "/v1/chains/{chain}/deposits", tag = "public opinion", security(("token" = [])),
    params(
        ("chain" = String, Path, description = "chain path, e.g. `cn.32.01`"),
        ("Idempotency-Key" = Option<String>, Header, description = "at most 128 bytes")
    ),
    request_body(content = serde_json::Value, content_type = "application/json", description = "a deposit or an array of deposits"),
    responses(
        (status = 202, description = "an answer for each deposit: event id and receipt, or a problem", body = serde_json::Value),
        (status = "4XX", description = "nothing was taken", content_type = "application/problem+json", body = serde_json::Value)
    )
)]
async fn deposit(
    desks: web::Data<Desks<Desk>>,
    caller: Caller,
    chain: web::Path<String>,
    request: HttpRequest,
    body: web::Bytes,
) -> Result<HttpResponse, Problem> {
    let desk = desks.of(&chain)?;
    let body = request::without_texts(&body)?;
    desk.front.post(&caller, &[Kind::Deposit], &body, asked::idempotency_key(&request)?).await
}

fn digest(text: &str) -> Result<Digest, Problem> {
    Digest::parse(text).ok_or_else(|| Problem::not_found("a digest is 64 lower-case hex digits"))
}

fn none() -> Problem {
    Problem::not_found("no final deposit of this digest")
}

/// Who deposited a digest first
#[utoipa::path(
    get, path = "/v1/chains/{chain}/deposits/{digest}", tag = "public opinion",
    params(
        ("chain" = String, Path, description = "chain path, e.g. `cn.32.01`"),
        ("digest" = String, Path, description = "SHA-256, 64 hex digits")
    ),
    responses(
        (status = 200, description = "the first deposit", body = DepositView),
        (status = 404, description = "NOT_FOUND: no such chain here, or no final deposit of this digest")
    )
)]
async fn deposited(
    desks: web::Data<Desks<Desk>>,
    path: web::Path<(String, String)>,
) -> Result<web::Json<DepositView>, Problem> {
    let desk = desks.of(&path.0)?;
    let digest = digest(&path.1)?;
    let (at, found) = desk.ask(move |deposits| Ok(deposits.of(&digest))).await?;
    Ok(web::Json(view::deposit(&digest, found.ok_or_else(none)?, at)))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CertificateQuery {
    format: Option<String>,
}

/// The certificate of a digest's first deposit, with its proof file
///
/// The proof file can be checked offline against the topmost chain's genesis; it is `null` while the deposit has not
/// risen to that chain. With `format=text` the same as plain text, for print.
#[utoipa::path(
    get, path = "/v1/chains/{chain}/deposits/{digest}/certificate", tag = "public opinion",
    params(
        ("chain" = String, Path, description = "chain path, e.g. `cn.32.01`"),
        ("digest" = String, Path, description = "SHA-256, 64 hex digits"),
        ("format" = Option<String>, Query, description = "`json` (if left out) or `text`")
    ),
    responses(
        (status = 200, description = "the certificate", body = CertificateView),
        (status = 400, description = "BAD_QUERY"),
        (status = 404, description = "NOT_FOUND: no such chain here, or no final deposit of this digest"),
        (status = 503, description = "OVERLOADED: no ledger answered")
    )
)]
async fn certificate(
    request: HttpRequest,
    desks: web::Data<Desks<Desk>>,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (desk, query) = desks.asked::<CertificateQuery>(&request, &path.0)?;
    let digest = digest(&path.1)?;
    let format = asked::one_of("format", query.format.as_deref().unwrap_or("json"), &["json", "text"], |word| word)?;
    let asked = desk.ask(move |deposits| {
        let genesis = deposits.genesis();
        Ok(deposits.of(&digest).map(|found| (found, genesis.chain.to_string(), genesis.chain_id.to_string())))
    });
    let (found, chain, chain_id) = asked.await?.1.ok_or_else(none)?;
    let proof = desk.proof(found.event).await?;
    let certificate = view::certificate(&digest, found, chain, chain_id, proof);
    Ok(match format {
        "json" => HttpResponse::Ok().json(certificate),
        _ => HttpResponse::Ok().content_type("text/plain; charset=utf-8").body(certificate.text()),
    })
}

#[cfg(test)]
mod tests;
