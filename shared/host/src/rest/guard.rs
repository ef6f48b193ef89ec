//! What every request passes: bounds on its head, a trace id, figures, and problem+json for every error there is.

use std::time::Instant;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderName, HeaderValue, X_CONTENT_TYPE_OPTIONS};
use actix_web::middleware::Next;
use actix_web::{Error, ResponseError as _};

use crate::rest::Problem;
use crate::rest::problem::MEDIA_TYPE;
use crate::telemetry::metrics::Metric;
use crate::telemetry::trace::{TRACEPARENT, Trace};

/// Put into an answer's extensions: it is an error answer that another specification words, and stays as it is.
#[derive(Clone, Copy, Debug)]
pub struct AsItIs;

/// Path and query. Cursors and event ids are the longest things in it, some 200 bytes.
pub(crate) const MAX_URI_BYTES: usize = 4096;

/// Wraps every service of the door.
pub(crate) async fn guard(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let header = request.headers().get(TRACEPARENT).and_then(|value| value.to_str().ok());
    let trace = Trace::continued(header);
    let (method, started) = (request.method().as_str().to_owned(), Instant::now());
    let answered = trace.run("http", answer(request, next)).await;
    let mut response = answered?;
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(&trace.id()) {
        headers.insert(HeaderName::from_static("trace-id"), id);
    }
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    Metric::HttpAnswersTotal.add(response.status().as_str(), 1);
    // Methods are the caller's to choose; the label must not be.
    let label = match method.as_str() {
        "GET" | "HEAD" => "read",
        "POST" | "PUT" | "DELETE" | "PATCH" => "write",
        _ => "other",
    };
    Metric::HttpSeconds.observe(label, started.elapsed());
    Ok(response)
}

async fn answer(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    if let Some(problem) = refused(&request) {
        return Ok(request.into_response(problem.error_response()));
    }
    // No second handle on the request may live here: the router takes it for its own. Handlers' errors are answers by now.
    next.call(request).await.map(|response| as_problem(response.map_into_boxed_body()))
}

/// A head that is refused before anything reads it.
fn refused(request: &ServiceRequest) -> Option<Problem> {
    let uri = request.uri();
    let path = uri.path();
    if uri.path_and_query().is_some_and(|all| all.as_str().len() > MAX_URI_BYTES) {
        return Some(Problem::of_status(StatusCode::URI_TOO_LONG));
    }
    // No name of ours holds these, so they are attempts at a second decoding or another directory.
    let lower = path.to_ascii_lowercase();
    let odd = ["%00", "%25", "%2e", "%2f", "%5c", "\\"].iter().any(|odd| lower.contains(odd))
        || path.split('/').any(|segment| segment == ".." || segment == ".");
    if odd {
        return Some(Problem::of_status(StatusCode::BAD_REQUEST));
    }
    // Bodies are bounded at 1 MiB, so compression would buy little and bring bombs.
    let encoded = request.headers().get(CONTENT_ENCODING).is_some_and(|value| value.as_bytes() != b"identity");
    encoded.then(|| Problem::of_status(StatusCode::UNSUPPORTED_MEDIA_TYPE))
}

/// An error answer that is not a problem yet (the framework's own) becomes one.
fn as_problem(response: ServiceResponse<BoxBody>) -> ServiceResponse<BoxBody> {
    let status = response.status();
    let failed = status.is_client_error() || status.is_server_error();
    let problem = response.headers().get(CONTENT_TYPE).is_some_and(|value| value.as_bytes() == MEDIA_TYPE.as_bytes());
    let told = problem || response.response().extensions().contains::<AsItIs>();
    if !failed || told {
        return response;
    }
    let allow = response.headers().get(actix_web::http::header::ALLOW).cloned();
    let (request, _) = response.into_parts();
    let mut answer = Problem::of_status(status).error_response();
    if let Some(allow) = allow {
        answer.headers_mut().insert(actix_web::http::header::ALLOW, allow);
    }
    ServiceResponse::new(request, answer)
}
