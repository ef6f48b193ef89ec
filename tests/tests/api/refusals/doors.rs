//! Refused at the door: by the shape of a request, its token, its envelope, or a query.

use domain::genesis::KeyClass;
use proof::sign::{Domain, Signed};
use serde_json::json;

use super::Seen;
use crate::answer::CANARY;
use crate::signed;
use crate::world::{CITY, PROVINCE, World, zero};

const JSON: &str = "application/json";

async fn report(world: &World, media: &str, body: String) -> Seen {
    Seen::Whole(world.post(CITY, "airport", "reports", media, body).await)
}

pub async fn malformed(world: &World) -> Seen {
    report(world, JSON, format!("{{\"kind\":\"{CANARY}")).await
}

pub async fn bad_number(world: &World) -> Seen {
    report(world, JSON, format!("{{\"{CANARY}\":1.5}}")).await
}

pub async fn unsupported_media(world: &World) -> Seen {
    report(world, "text/plain; charset=gb2312", zero(CANARY).to_string()).await
}

/// Refused by its announced length, before it is sent.
pub async fn too_large(world: &World) -> Seen {
    let token = world.token(CITY, "airport");
    let head = format!("POST /v1/chains/{CITY}/reports HTTP/1.1\r\nhost: t\r\nconnection: close\r\n");
    let request =
        format!("{head}authorization: Bearer {token}\r\ncontent-type: {JSON}\r\ncontent-length: 1048577\r\n\r\n");
    Seen::Whole(world.raw(&request).await)
}

pub async fn import(world: &World) -> Seen {
    report_csv(world, format!("kind,{CANARY}\nzero_report,1\n")).await
}

async fn report_csv(world: &World, body: String) -> Seen {
    Seen::Whole(world.post(CITY, "airport", "reports/csv", "text/csv", body).await)
}

pub async fn idempotency_reused(world: &World) -> Seen {
    let post = |body: String| {
        let url = world.url(&format!("/v1/chains/{CITY}/reports"));
        let request = world.http.post(url).bearer_auth(world.token(CITY, "airport")).header("content-type", JSON);
        async {
            crate::answer::Answer::of(request.header("idempotency-key", "twice").body(body).send().await.unwrap()).await
        }
    };
    post(zero("idempotency-one").to_string()).await.taken();
    Seen::Whole(post(zero(CANARY).to_string()).await)
}

// Envelopes. `/events` answers each event by itself.

async fn event(world: &World, bytes: Vec<u8>) -> Seen {
    Seen::Row(signed::post(world, CITY, "airport", bytes).await)
}

pub async fn no_signature(world: &World) -> Seen {
    event(world, vec![7; 40]).await
}

pub async fn non_canonical(world: &World) -> Seen {
    let author = &world.secret(CITY, "airport", KeyClass::Author);
    let mut body = wire::event::encode(&signed::event(world, CITY, author));
    // A field number no event has, as a varint: other readers would skip it.
    body.extend_from_slice(&[0xf8, 0x03, 0x01]);
    event(world, Signed::seal(author, Domain::Event, &world.genesis(CITY).chain_id, body).to_bytes()).await
}

pub async fn bad_signature(world: &World) -> Seen {
    let mut bytes = signed::good(world, "airport");
    bytes[40] ^= 1;
    event(world, bytes).await
}

pub async fn wrong_domain(world: &World) -> Seen {
    let author = &world.secret(CITY, "airport", KeyClass::Author);
    let body = wire::event::encode(&signed::event(world, CITY, author));
    event(world, Signed::seal(author, Domain::Receipt, &world.genesis(CITY).chain_id, body).to_bytes()).await
}

/// Signed for the city, sent to the province.
pub async fn wrong_chain(world: &World) -> Seen {
    let author = &world.secret(PROVINCE, "province-cdc", KeyClass::Author);
    let event = signed::event(world, PROVINCE, author);
    Seen::Row(signed::post(world, PROVINCE, "province-cdc", signed::seal(world, CITY, author, &event)).await)
}

pub async fn key_class(world: &World) -> Seen {
    let client = &world.secret(CITY, "airport", KeyClass::Client);
    event(world, signed::seal(world, CITY, client, &signed::event(world, CITY, client))).await
}

pub async fn identity_mismatch(world: &World) -> Seen {
    event(world, signed::good(world, "hospital")).await
}

// Tokens.

async fn with_token(world: &World, token: &str) -> Seen {
    Seen::Whole(world.post_as(token, CITY, "reports", JSON, zero(CANARY).to_string()).await)
}

/// A token of the airport with chosen key, chain and life, `mint`ed or, where that refuses, put together by hand.
fn token(world: &World, class: KeyClass, chain: &str, ago: u64, seconds: u64) -> String {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
    let secret = &world.secret(CITY, "airport", class);
    let iat = world.clock.wall_now().seconds() - ago;
    let claims =
        json!({ "sub": "airport", "aud": world.genesis(chain).chain_id.to_string(), "iat": iat, "exp": iat + seconds });
    let text = format!("{}.{}", BASE64.encode(r#"{"alg":"EdDSA","typ":"JWT"}"#), BASE64.encode(claims.to_string()));
    format!("{text}.{}", BASE64.encode(secret.sign_raw(text.as_bytes())))
}

pub async fn token_missing(world: &World) -> Seen {
    let url = world.url(&format!("/v1/chains/{CITY}/reports"));
    let request = world.http.post(url).header("content-type", JSON).body(zero(CANARY).to_string());
    Seen::Whole(crate::answer::Answer::of(request.send().await.unwrap()).await)
}

pub async fn token_invalid(world: &World) -> Seen {
    with_token(world, &format!("{CANARY}.b.c")).await
}

pub async fn token_expired(world: &World) -> Seen {
    with_token(world, &token(world, KeyClass::Client, CITY, 200, 100)).await
}

pub async fn token_too_long(world: &World) -> Seen {
    with_token(world, &token(world, KeyClass::Client, CITY, 0, 301)).await
}

pub async fn token_audience(world: &World) -> Seen {
    with_token(world, &token(world, KeyClass::Client, PROVINCE, 0, 60)).await
}

pub async fn token_key_class(world: &World) -> Seen {
    with_token(world, &token(world, KeyClass::Author, CITY, 0, 60)).await
}

// Queries.

pub async fn bad_query(world: &World) -> Seen {
    Seen::Whole(world.get(&format!("/v1/chains/{CITY}/log?limit=501")).await)
}

pub async fn bad_cursor(world: &World) -> Seen {
    Seen::Whole(world.get(&format!("/v1/chains/{CITY}/log?cursor={CANARY}")).await)
}

pub async fn not_found(world: &World) -> Seen {
    Seen::Whole(world.get(&format!("/v1/chains/{CITY}/events/{}", "0".repeat(64))).await)
}

/// A house about to end takes no more work.
pub async fn overloaded(world: &World) -> Seen {
    world.unready().await;
    Seen::Whole(world.get("/readyz").await)
}
