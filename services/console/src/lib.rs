//! The situation room: one plain page over the services' public APIs, embedded, without a build step. It knows no rules:
//! what it shows, anyone can read with `curl`. Every question it asks stands in `page/questions.js`.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use proof::digest::Digest;

const HTML: &str = "text/html; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";
const ICON: &str = "image/svg+xml";

/// What is served: the way, the kind and the text.
const FILES: [(&str, &str, &str); 15] = [
    ("/", HTML, include_str!("page/page.html")),
    ("/page/page.css", STYLE, include_str!("page/page.css")),
    ("/page/page.svg", ICON, include_str!("page/page.svg")),
    ("/page/alerts.js", SCRIPT, include_str!("page/alerts.js")),
    ("/page/api.js", SCRIPT, include_str!("page/api.js")),
    ("/page/beds.js", SCRIPT, include_str!("page/beds.js")),
    ("/page/days.js", SCRIPT, include_str!("page/days.js")),
    ("/page/dom.js", SCRIPT, include_str!("page/dom.js")),
    ("/page/gifts.js", SCRIPT, include_str!("page/gifts.js")),
    ("/page/goods.js", SCRIPT, include_str!("page/goods.js")),
    ("/page/levels.js", SCRIPT, include_str!("page/levels.js")),
    ("/page/page.js", SCRIPT, include_str!("page/page.js")),
    ("/page/questions.js", SCRIPT, include_str!("page/questions.js")),
    ("/page/supply.js", SCRIPT, include_str!("page/supply.js")),
    ("/page/warning.js", SCRIPT, include_str!("page/warning.js")),
];

/// Only our own script and style, only our own API: a headline from the log can never become code here.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Serves the page at `/` and its files.
pub fn routes(config: &mut web::ServiceConfig) {
    for (path, kind, text) in FILES {
        config.route(path, web::get().to(move |request: HttpRequest| async move { file(&request, kind, text) }));
    }
}

/// A browser asks again whether a file is still the same, and on a slow link is not sent it twice.
fn file(request: &HttpRequest, kind: &'static str, text: &'static str) -> HttpResponse {
    let tag = format!("\"{}\"", Digest::of(text.as_bytes()));
    let known = request.headers().get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes());
    let mut answer = if known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    answer
        .insert_header((header::CONTENT_TYPE, kind))
        .insert_header((header::CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((header::CACHE_CONTROL, "no-cache"))
        .insert_header((header::ETAG, tag));
    if known { answer.finish() } else { answer.body(text) }
}

#[cfg(test)]
mod tests {
    use actix_web::{App, test};

    use super::*;

    /// The ways of our own files that a text names: in attributes, and in imports beside itself.
    fn named(text: &str) -> Vec<String> {
        let pieces = text.split('"').map(|piece| piece.replace("./", "/page/"));
        pieces.filter(|piece| piece.starts_with("/page/")).collect()
    }

    #[actix_web::test]
    async fn every_file_the_page_names_is_served_and_nothing_else_may_run() {
        let app = test::init_service(App::new().configure(routes)).await;
        for (path, kind, text) in FILES {
            for path in named(text).into_iter().chain([path.to_owned()]) {
                let answer = test::call_service(&app, test::TestRequest::get().uri(&path).to_request()).await;
                assert_eq!(answer.status(), 200, "{path}");
                assert_eq!(answer.headers().get(header::CONTENT_SECURITY_POLICY).unwrap(), POLICY);
            }
            // The policy forbids inline code, so none may be in the page; and text may never be read as HTML.
            for never in
                ["<script>", "<style", " onclick", " style=", "innerHTML", "insertAdjacentHTML", "document.write"]
            {
                assert!(!text.contains(never), "{path} has {never}");
            }
            if kind == SCRIPT {
                let preloaded = path == "/page/page.js" || HTML_TEXT.contains(path);
                assert!(preloaded, "{path} is found only when another module asks for it: one more way on a slow link");
            }
        }
    }

    const HTML_TEXT: &str = FILES[0].2;

    #[actix_web::test]
    async fn a_file_the_browser_has_is_not_sent_again() {
        let app = test::init_service(App::new().configure(routes)).await;
        let get = |tag: &str| test::TestRequest::get().uri("/page/page.js").insert_header((header::IF_NONE_MATCH, tag));
        let first = test::call_service(&app, get("\"another\"").to_request()).await;
        assert_eq!(first.status(), 200);
        let tag = first.headers().get(header::ETAG).unwrap().to_str().unwrap().to_owned();
        let second = test::call_service(&app, get(&tag).to_request()).await;
        assert_eq!(second.status(), 304);
        assert!(test::read_body(second).await.is_empty());
    }
}
