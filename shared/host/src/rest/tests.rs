//! The door over real HTTP.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use actix_web::{HttpResponse, web};
use domain::chain::ChainPath;
use domain::genesis::KeyClass;
use domain::time::Millis;
use proof::digest::Digest;
use proof::sign::{ChainId, PublicKey, SecretKey};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use utoipa::openapi::path::{HttpMethod, OperationBuilder, PathItem};
use utoipa::openapi::{Info, OpenApi, PathsBuilder};

use super::*;
use crate::clock::Clock;
use crate::token::{self, ClientKeys};

struct Keys(SecretKey);

impl ClientKeys for Keys {
    fn chain_id(&self) -> ChainId {
        Digest::of(b"chain")
    }

    fn keys(&self, member: &str, class: KeyClass) -> Vec<PublicKey> {
        let ours = member == "cdc" && class == KeyClass::Client;
        if ours { vec![self.0.public()] } else { Vec::new() }
    }
}

async fn echo(caller: Caller, body: web::Bytes) -> HttpResponse {
    HttpResponse::Ok().body(format!("{} {}", caller.0, body.len()))
}

async fn open() -> Result<HttpResponse, Problem> {
    Err(Problem::not_found("no such thing"))
}

fn routes(config: &mut web::ServiceConfig) {
    config.route("/v1/chains/{chain}/things", web::post().to(echo)).route("/v1/open", web::get().to(open));
}

fn openapi() -> OpenApi {
    let operation = || OperationBuilder::new().build();
    let paths = PathsBuilder::new()
        .path("/v1/chains/{chain}/things", PathItem::new(HttpMethod::Post, operation()))
        .path("/v1/open", PathItem::new(HttpMethod::Get, operation()));
    OpenApi::new(Info::new("test", "1"), paths.build())
}

/// Status line and headers in lower case, and body.
async fn http(door: &RunningDoor, request: &str) -> (String, String) {
    let mut stream = tokio::net::TcpStream::connect(door.addr()).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.to_lowercase(), body.to_owned())
}

async fn send(door: &RunningDoor, method: &str, path: &str, headers: &str, body: &str) -> (String, String) {
    let length = body.len();
    let head = format!("{method} {path} HTTP/1.1\r\nhost: t\r\nconnection: close\r\ncontent-length: {length}\r\n");
    http(door, &format!("{head}{headers}\r\n{body}")).await
}

fn is_problem((head, body): &(String, String), status: u16, code: &str) {
    assert!(head.starts_with(&format!("http/1.1 {status} ")), "{head}");
    assert!(head.contains("content-type: application/problem+json"), "{head}");
    let json: serde_json::Value = serde_json::from_str(body).unwrap();
    assert_eq!((json["code"].as_str(), json["status"].as_u64()), (Some(code), Some(u64::from(status))), "{body}");
    let trace = json["trace_id"].as_str().unwrap();
    assert!(head.contains(&format!("trace-id: {trace}")), "{head} {trace}");
}

/// A door, its client key and the switch behind its readiness.
async fn door() -> (RunningDoor, SecretKey, Arc<AtomicBool>) {
    let secret = SecretKey::from_seed(&[7; 32]);
    let ready = Arc::new(AtomicBool::new(true));
    let asked = ready.clone();
    let door = Door::new(Clock::wall())
        .trust(ChainPath::parse("cn.32").unwrap(), Arc::new(Keys(secret.clone())))
        .with(routes, openapi())
        .ready("ledger", move || asked.load(Ordering::SeqCst))
        .serve(([127, 0, 0, 1], 0).into())
        .await
        .unwrap();
    (door, secret, ready)
}

#[actix_rt::test]
async fn errors_of_every_origin_are_problems_with_the_trace() {
    let (door, _, _) = door().await;
    is_problem(&send(&door, "GET", "/v1/nowhere", "", "").await, 404, "NOT_FOUND");
    is_problem(&send(&door, "GET", "/v1/open", "", "").await, 404, "NOT_FOUND");
    let wrong = send(&door, "DELETE", "/v1/chains/cn.32/things", "", "").await;
    is_problem(&wrong, 405, "METHOD_NOT_ALLOWED");
    is_problem(&send(&door, "DELETE", "/healthz", "", "").await, 404, "NOT_FOUND");
    is_problem(&send(&door, "GET", &format!("/v1/open?x={}", "a".repeat(5000)), "", "").await, 414, "URI_TOO_LONG");
    for path in ["/v1/../open", "/v1/%00", "/v1/%252e%252e/open", "/v1/%2e%2e/open"] {
        is_problem(&send(&door, "GET", path, "", "").await, 400, "MALFORMED");
    }
    let parent = "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n";
    let traced = send(&door, "GET", "/v1/open", parent, "").await;
    assert!(traced.1.contains("4bf92f3577b34da6a3ce929d0e0e4736"), "{}", traced.1);
    door.stop().await;
}

#[actix_rt::test]
async fn a_mutation_needs_a_token_of_the_chain_and_a_body_within_bounds() {
    let (door, secret, _) = door().await;
    let path = "/v1/chains/cn.32/things";
    is_problem(&send(&door, "POST", path, "", "x").await, 401, "TOKEN_MISSING");
    is_problem(&send(&door, "POST", path, "cookie: token=x\r\n", "x").await, 401, "TOKEN_MISSING");
    is_problem(&send(&door, "POST", path, "authorization: Bearer x\r\n", "x").await, 401, "TOKEN_INVALID");
    let now = Clock::wall().wall_now();
    let bearer = |at: Millis| {
        let token = token::mint(&secret, "cdc", &Digest::of(b"chain"), at, 60).unwrap();
        format!("authorization: Bearer {token}\r\n")
    };
    let (head, body) = send(&door, "POST", path, &bearer(now), "four").await;
    assert!(head.starts_with("http/1.1 200 "), "{head}");
    assert_eq!(body, "cdc 4");
    let old = bearer(Millis(now.0 - 120_000));
    is_problem(&send(&door, "POST", path, &old, "x").await, 401, "TOKEN_EXPIRED");
    is_problem(&send(&door, "POST", "/v1/chains/cn.33/things", &bearer(now), "x").await, 404, "NOT_FOUND");
    let zipped = format!("{}content-encoding: gzip\r\n", bearer(now));
    is_problem(&send(&door, "POST", path, &zipped, "x").await, 415, "UNSUPPORTED_MEDIA");
    // Announced as too long: refused before it is sent.
    let head = format!("POST {path} HTTP/1.1\r\nhost: t\r\nconnection: close\r\ncontent-length: 1048577\r\n");
    is_problem(&http(&door, &format!("{head}{}\r\n", bearer(now))).await, 413, "TOO_LARGE");
    door.stop().await;
}

#[actix_rt::test]
async fn the_doors_own_pages_work_offline() {
    let (door, _, ready) = door().await;
    assert!(send(&door, "GET", "/healthz", "", "").await.0.starts_with("http/1.1 200 "));
    assert!(send(&door, "GET", "/readyz", "", "").await.0.starts_with("http/1.1 200 "));
    ready.store(false, Ordering::SeqCst);
    let unready = send(&door, "GET", "/readyz", "", "").await;
    is_problem(&unready, 503, "OVERLOADED");
    assert!(unready.1.contains("ledger"));
    ready.store(true, Ordering::SeqCst);
    door.unready();
    is_problem(&send(&door, "GET", "/readyz", "", "").await, 503, "OVERLOADED");
    assert!(send(&door, "GET", "/healthz", "", "").await.0.starts_with("http/1.1 200 "), "it still answers");
    let figures = send(&door, "GET", "/metrics", "", "").await.1;
    assert!(figures.contains("tocsin_http_answers_total{status=\"503\"}"), "{figures}");
    let description: serde_json::Value =
        serde_json::from_str(&send(&door, "GET", "/v1/openapi.json", "", "").await.1).unwrap();
    assert_eq!(description["openapi"], "3.1.0");
    assert!(description["paths"]["/v1/open"].is_object(), "{description}");
    let page = send(&door, "GET", "/docs/", "", "").await;
    assert!(page.0.starts_with("http/1.1 200 ") && page.1.contains("swagger-ui"), "{page:?}");
    assert!(!page.1.contains("https://"), "the page loads nothing from elsewhere");
    let address = door.addr();
    door.stop().await;
    assert!(tokio::net::TcpStream::connect(address).await.is_err(), "nobody listens after the end");
}
