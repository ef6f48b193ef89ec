//! Who calls: the member that a bearer token names, on the chain that the path names.

use std::collections::BTreeMap;
use std::future::{Ready, ready};
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::http::header::AUTHORIZATION;
use actix_web::{FromRequest, HttpRequest, web};
use domain::chain::{ChainPath, MemberId};
use domain::refusal::{Code, Refusal};

use crate::clock::Clock;
use crate::rest::Problem;
use crate::token::{self, ClientKeys};

/// Whose tokens are believed on which chain.
#[derive(Clone)]
pub struct Trust {
    pub(crate) clock: Clock,
    pub(crate) chains: BTreeMap<ChainPath, Arc<dyn ClientKeys>>,
}

/// The member that calls. The route's path must name its chain as `{chain}`; a handler that takes this refuses everybody
/// else before it runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller(pub MemberId);

impl FromRequest for Caller {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(caller(request))
    }
}

fn caller(request: &HttpRequest) -> Result<Caller, Problem> {
    let trust = request.app_data::<web::Data<Trust>>().ok_or_else(|| Problem::fault("the door has no trust"))?;
    let chain = request.match_info().get("chain").and_then(ChainPath::parse);
    let keys = chain.and_then(|chain| trust.chains.get(&chain));
    let keys = keys.ok_or_else(|| Problem::not_found("no such chain here"))?;
    let header = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let token = match header.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim(),
        _ => return Err(missing()),
    };
    Ok(Caller(token::verify(token, keys.as_ref(), trust.clock.wall_now())?))
}

fn missing() -> Problem {
    Refusal::of(Code::TokenMissing, "authorization", "send `Authorization: Bearer <token>`; `tocsin token` makes one")
        .into()
}
