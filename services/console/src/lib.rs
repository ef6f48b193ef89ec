//! The situation room: one plain page over the services' public APIs, embedded, without a build step. It knows no rules:
//! what it shows, anyone can read with `curl`.

use actix_web::http::header;
use actix_web::{HttpResponse, web};

const PAGE: &str = include_str!("page.html");
const SCRIPT: &str = include_str!("page.js");
const STYLE: &str = include_str!("page.css");
const ICON: &str = include_str!("page.svg");

/// Only our own script and style, only our own API: a headline from the log can never become code here.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Serves the page at `/` and its files.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/", web::get().to(|| file("text/html; charset=utf-8", PAGE)))
        .route("/page.js", web::get().to(|| file("text/javascript; charset=utf-8", SCRIPT)))
        .route("/page.css", web::get().to(|| file("text/css; charset=utf-8", STYLE)))
        .route("/page.svg", web::get().to(|| file("image/svg+xml", ICON)));
}

async fn file(kind: &'static str, text: &'static str) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, kind))
        .insert_header((header::CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((header::CACHE_CONTROL, "no-cache"))
        .body(text)
}

#[cfg(test)]
mod tests {
    use actix_web::{App, test};

    use super::*;

    #[actix_web::test]
    async fn every_file_the_page_names_is_served_and_nothing_else_may_run() {
        let app = test::init_service(App::new().configure(routes)).await;
        let named = PAGE.split('"').filter(|text| text.starts_with("/page."));
        for path in ["/"].into_iter().chain(named) {
            let answer = test::call_service(&app, test::TestRequest::get().uri(path).to_request()).await;
            assert_eq!(answer.status(), 200, "{path}");
            let policy = answer.headers().get(header::CONTENT_SECURITY_POLICY).unwrap();
            assert_eq!(policy, POLICY);
        }
        // The policy forbids inline code, so none may be in the page.
        assert!(!PAGE.contains("<script>") && !PAGE.contains("<style") && !PAGE.contains(" onclick"));
    }
}
