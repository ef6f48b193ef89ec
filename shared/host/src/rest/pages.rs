//! The door's own pages: health, readiness, figures, and the answer to what is not there.

use std::sync::Arc;

use actix_web::http::header::ALLOW;
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse, ResponseError as _, web};
use utoipa::openapi::OpenApi;

use crate::rest::Problem;
use crate::telemetry::metrics;

/// Whether a part of the process may take work: a name and a question that answers at once.
pub(crate) type Check = (String, Arc<dyn Fn() -> bool + Send + Sync>);

/// What `/readyz` asks.
pub(crate) struct Checks(pub(crate) Vec<Check>);

/// Paths of the description as segments, with their methods: tells a wrong method from a wrong path.
pub(crate) struct Paths(Vec<(Vec<Option<String>>, Vec<Method>)>);

impl Paths {
    pub(crate) fn of(openapi: &OpenApi) -> Self {
        let row = |(path, item): (&String, &utoipa::openapi::PathItem)| {
            let segments = path.split('/').map(|part| (!part.contains('{')).then(|| part.to_owned())).collect();
            let methods = [
                (item.get.is_some(), Method::GET),
                (item.post.is_some(), Method::POST),
                (item.put.is_some(), Method::PUT),
                (item.delete.is_some(), Method::DELETE),
                (item.patch.is_some(), Method::PATCH),
            ];
            (segments, methods.into_iter().filter_map(|(there, method)| there.then_some(method)).collect())
        };
        Paths(openapi.paths.paths.iter().map(row).collect())
    }

    /// The methods a path takes; empty when there is no such path.
    fn methods(&self, path: &str) -> Vec<&Method> {
        let parts = path.split('/').collect::<Vec<_>>();
        let fits = |segments: &[Option<String>]| {
            segments.len() == parts.len()
                && segments
                    .iter()
                    .zip(&parts)
                    .all(|(segment, part)| segment.as_deref().is_none_or(|text| text == *part))
        };
        self.0.iter().filter(|(segments, _)| fits(segments)).flat_map(|(_, methods)| methods).collect()
    }
}

/// The process answers.
pub(crate) async fn healthz() -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain").body("ok\n")
}

/// Every part may take work, or which may not.
pub(crate) async fn readyz(checks: web::Data<Checks>) -> HttpResponse {
    let missing: Vec<_> = checks.0.iter().filter(|(_, ready)| !ready()).map(|(name, _)| name.as_str()).collect();
    if missing.is_empty() {
        return HttpResponse::Ok().content_type("text/plain").body("ready\n");
    }
    let why = format!("not ready: {}", missing.join(", "));
    Problem::new(domain::refusal::Code::Overloaded, why).error_response()
}

/// The figures.
pub(crate) async fn metrics() -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain; version=0.0.4").body(metrics::text())
}

/// What no route takes: 405 with the methods that would do, or 404.
pub(crate) async fn nothing(request: HttpRequest, paths: web::Data<Paths>) -> HttpResponse {
    let methods = paths.methods(request.path());
    if methods.is_empty() || methods.contains(&request.method()) {
        return Problem::of_status(StatusCode::NOT_FOUND).error_response();
    }
    let mut answer = Problem::of_status(StatusCode::METHOD_NOT_ALLOWED).error_response();
    let allow = methods.iter().map(|method| method.as_str()).collect::<Vec<_>>().join(", ");
    if let Ok(allow) = allow.parse() {
        answer.headers_mut().insert(ALLOW, allow);
    }
    answer
}
