//! The door: one HTTP server for the routes of one or several services, with health, figures and the description.
//!
//! It listens on whatever address it is given (loopback in every default) and speaks no TLS: that ends in front of it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::middleware::from_fn;
use actix_web::{App, HttpServer, web};
use anyhow::Context as _;
use domain::chain::ChainPath;
use tokio::task::JoinHandle;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{ComponentsBuilder, InfoBuilder, OpenApi, OpenApiBuilder};
use utoipa_swagger_ui::SwaggerUi;

use crate::clock::Clock;
use crate::rest::caller::Trust;
use crate::rest::guard::guard;
use crate::rest::pages::{self, Check, Checks, Paths};
use crate::token::ClientKeys;

/// The largest request body: a CSV upload of some ten thousand rows.
pub const MAX_BODY_BYTES: usize = 1024 * 1024;
/// Requests in hand at the end get this long; a receipt is waited for at most ten seconds.
const DRAIN_SECONDS: u64 = 15;
/// A client that sends its head slower than this is not a client.
const HEAD_TIMEOUT: Duration = Duration::from_secs(5);
/// Open connections of one worker thread: pages hold one each for live alerts.
const MAX_CONNECTIONS: usize = 4096;
/// Threads that serve HTTP: the work is done elsewhere, and the machine's cores belong to signatures.
const WORKERS: usize = 2;

type Routes = Arc<dyn Fn(&mut web::ServiceConfig) + Send + Sync>;

/// A door that is being furnished.
pub struct Door {
    trust: Trust,
    routes: Vec<Routes>,
    checks: Vec<Check>,
    openapi: OpenApi,
}

impl Door {
    /// A door whose tokens are judged by this clock's wall time.
    pub fn new(clock: Clock) -> Self {
        let info = InfoBuilder::new().title("Tocsin").version(env!("CARGO_PKG_VERSION")).build();
        let token = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
        let components = ComponentsBuilder::new().security_scheme("token", SecurityScheme::Http(token)).build();
        let openapi = OpenApiBuilder::new().info(info).components(Some(components)).build();
        let trust = Trust { clock, chains: Default::default() };
        Door { trust, routes: Vec::new(), checks: Vec::new(), openapi }
    }

    /// Believes the client keys of a chain (an `Arc<Genesis>`, or a source that follows key rotation).
    #[must_use]
    pub fn trust(mut self, chain: ChainPath, keys: Arc<dyn ClientKeys>) -> Self {
        self.trust.chains.insert(chain, keys);
        self
    }

    /// Adds a service's routes and their description. Routes are set up once for each worker thread, so shared data is
    /// made outside: `.with(move |cfg| { cfg.app_data(desks.clone()); routes(cfg) }, openapi())`.
    #[must_use]
    pub fn with(mut self, routes: impl Fn(&mut web::ServiceConfig) + Send + Sync + 'static, openapi: OpenApi) -> Self {
        self.routes.push(Arc::new(routes));
        self.openapi.merge(openapi);
        self
    }

    /// Adds a question for `/readyz`. It must answer at once, from memory.
    #[must_use]
    pub fn ready(mut self, name: impl Into<String>, check: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        self.checks.push((name.into(), Arc::new(check)));
        self
    }

    /// The merged description.
    pub fn openapi(&self) -> &OpenApi {
        &self.openapi
    }

    /// Binds and serves. Port 0 takes a free one; the address that was bound is in the result.
    pub async fn serve(mut self, address: SocketAddr) -> anyhow::Result<RunningDoor> {
        let open = Arc::new(AtomicBool::new(true));
        let serving = open.clone();
        self.checks.push(("door".to_owned(), Arc::new(move || serving.load(Ordering::Acquire))));
        let paths = web::Data::new(Paths::of(&self.openapi));
        let (trust, checks) = (web::Data::new(self.trust), web::Data::new(Checks(self.checks)));
        let (routes, openapi) = (self.routes, self.openapi);
        let server = HttpServer::new(move || {
            let (routes, openapi) = (routes.clone(), openapi.clone());
            App::new()
                .app_data(trust.clone())
                .app_data(checks.clone())
                .app_data(paths.clone())
                .app_data(web::PayloadConfig::new(MAX_BODY_BYTES))
                .app_data(web::JsonConfig::default().limit(MAX_BODY_BYTES))
                .wrap(from_fn(guard))
                .route("/healthz", web::get().to(pages::healthz))
                .route("/readyz", web::get().to(pages::readyz))
                .route("/metrics", web::get().to(pages::metrics))
                .service(web::redirect("/docs", "/docs/"))
                .service(SwaggerUi::new("/docs/{_:.*}").url("/v1/openapi.json", openapi))
                .configure(move |config| routes.iter().for_each(|each| each(config)))
                .default_service(web::to(pages::nothing))
        });
        let server = server
            .workers(WORKERS)
            .max_connections(MAX_CONNECTIONS)
            .client_request_timeout(HEAD_TIMEOUT)
            .shutdown_timeout(DRAIN_SECONDS)
            // The process ends through `Stop`, in order; a server that ends itself on a signal would break the order.
            .disable_signals()
            .bind(address)
            .with_context(|| format!("REST can not listen on {address}"))?;
        let address = server.addrs().first().copied().context("REST listens nowhere")?;
        let server = server.run();
        let handle = server.handle();
        let task = tokio::spawn(server);
        Ok(RunningDoor { address, handle, task, open })
    }
}

/// A door that is open.
pub struct RunningDoor {
    address: SocketAddr,
    handle: ServerHandle,
    task: JoinHandle<std::io::Result<()>>,
    open: Arc<AtomicBool>,
}

impl RunningDoor {
    /// The address that was bound.
    pub fn addr(&self) -> SocketAddr {
        self.address
    }

    /// Says that it is not ready any more; it still answers. A load balancer needs a few seconds to see it.
    pub fn unready(&self) {
        self.open.store(false, Ordering::Release);
    }

    /// Takes no further connections and waits until the requests in hand are answered.
    pub async fn stop(self) {
        self.unready();
        self.handle.stop(true).await;
        if let Ok(Err(error)) = self.task.await {
            tracing::warn!(%error, "REST ended with an error");
        }
    }
}
