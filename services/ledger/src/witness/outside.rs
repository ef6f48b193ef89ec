//! An outside witness: it knows logs by their genesis files and nothing else of Tocsin, has no bus and no ledger.
//!
//! A log's cosigners change. Whoever submits may show the witness how, with `add-handovers`, which is ours and not the
//! specification's: the origin line, an empty line, and the handovers of proof files, each set vouched for by the one
//! before; the answer is the epoch that the witness then knows. Handovers prove themselves, so anybody may bring them,
//! and what was followed once is remembered. Logs that no genesis file names any more are unknown again, but what was
//! cosigned of them is kept. Limits: [`MAX_LOGS`], [`MAX_HANDOVERS_BYTES`].

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use actix_web::{HttpResponse, web};
use anyhow::{Context, ensure};
use domain::genesis::Genesis;
use domain::refusal::{Code, Refusal};
use host::clock::Clock;
use host::rest::Problem;
use proof::checkpoint::origin;
use proof::handover::{self, Handover};
use proof::leaf::Leaf;
use proof::witness::WitnessRefusal;
use utoipa::OpenApi;

use super::office::Office;
use super::words::{TEXT, answered, body, key_lines, request, text};
use super::{Fork, Log, No, Signer, Witness};

/// Logs watched: every province of a country and as many neighbours; each keeps a megabyte.
pub const MAX_LOGS: usize = 64;

/// Handovers shown at a time: 16 of the largest sets; who has more shows them in turn.
pub const MAX_HANDOVERS_BYTES: usize = 256 * 1024;

/// A witness with the logs it watches. Clones share it.
#[derive(Clone)]
pub struct Outside(Arc<Inner>);

struct Inner {
    office: Arc<Office>,
    signer: Signer,
    origins: BTreeSet<String>,
}

impl Outside {
    /// Opens the memory in a directory for the logs of these chains.
    pub fn open(dir: PathBuf, signer: Signer, logs: &[Genesis], clock: Clock) -> anyhow::Result<Self> {
        ensure!((1..=MAX_LOGS).contains(&logs.len()), "a witness watches 1 to {MAX_LOGS} logs");
        let memory = format!("the memory in {}", dir.display());
        let office = Office::new(dir, clock);
        let witness = office.witness().context(memory)?;
        let mut origins = BTreeSet::new();
        for genesis in logs {
            let set = genesis.cosigner_set();
            // The signed text does not hold the signer's name, so that one key under two names could be renamed.
            let same = set.cosigners.iter().any(|cosigner| cosigner.key == signer.secret.public());
            if same {
                let why = format!("the key is that of a cosigner of {}; a witness has one of its own", genesis.chain);
                return Err(Refusal::of(Code::Config, "keys", why).into());
            }
            let line = origin(genesis.chain.as_str(), &genesis.chain_id);
            witness.with(|book| book.know(&line, &set))?;
            origins.insert(line);
        }
        Ok(Outside(Arc::new(Inner { office: Arc::new(office), signer, origins })))
    }

    /// The origin lines of the logs watched.
    pub fn origins(&self) -> impl Iterator<Item = &str> {
        self.0.origins.iter().map(String::as_str)
    }

    /// Name and key, as a ledger's configuration wants them.
    pub fn key_lines(&self) -> String {
        key_lines(&self.0.signer)
    }

    /// Runs something on the memory where it may block.
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Inner, &Witness) -> Result<T, No> + Send + 'static,
    ) -> Result<T, No> {
        let inner = Arc::clone(&self.0);
        Arc::clone(&self.0.office).run(move |witness| work(&inner, witness)).await
    }
}

impl Inner {
    fn log(&self, witness: &Witness, origin: &str) -> Result<Option<Log>, No> {
        if !self.origins.contains(origin) {
            return Ok(None);
        }
        let set = witness.with(|book| book.newest(origin))?;
        Ok(set.map(|set| Log { set, anchored: None }))
    }

    /// Follows handovers from the newest set known; those that led there are passed over. Gives the epoch reached, or a
    /// status and the reason.
    fn follow(&self, witness: &Witness, body: &[u8]) -> Result<Result<u32, (u16, String)>, No> {
        let (line, handovers) = match handovers(body) {
            Ok(read) => read,
            Err(why) => return Ok(Err((400, why))),
        };
        let Some(Log { mut set, .. }) = self.log(witness, &line)? else {
            return Ok(Err((404, WitnessRefusal::NotFound.to_string())));
        };
        let known = handovers.iter().take_while(|handover| epoch_of(handover) <= set.epoch).count();
        let fresh = handovers.get(known..).unwrap_or_default();
        if let Err(error) = handover::follow(&line, &set, fresh) {
            return Ok(Err((422, error.to_string())));
        }
        for one in fresh {
            // As it followed in the whole list, it follows by itself.
            let Ok(next) = handover::follow(&line, &set, std::slice::from_ref(one)) else { break };
            set = next;
            witness.with(|book| book.know(&line, &set))?;
            tracing::info!(origin = line, epoch = set.epoch, "the log's cosigners changed");
        }
        Ok(Ok(set.epoch))
    }
}

/// The epoch of the set that a handover names; what names none fails where it is followed.
fn epoch_of(handover: &Handover) -> u32 {
    match Leaf::from_bytes(&handover.leaf) {
        Some(Leaf::Cosigners(leaf)) => leaf.epoch,
        _ => u32::MAX,
    }
}

/// The origin line and the handovers of a body.
fn handovers(body: &[u8]) -> Result<(String, Vec<Handover>), String> {
    let body = str::from_utf8(body).map_err(|error| error.to_string())?;
    let (line, rest) = body.split_once("\n\n").ok_or("the origin line and an empty line must come first")?;
    let handovers = handover::parse(rest, MAX_HANDOVERS_BYTES).map_err(|error| error.to_string())?;
    Ok((line.to_owned(), handovers))
}

/// Adds the routes; `web::Data<Outside>` must be among the app's data.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .service(web::resource("/add-checkpoint").route(web::post().to(add_checkpoint)))
        .service(web::resource("/add-handovers").route(web::post().to(add_handovers)))
        .service(web::resource("/key").route(web::get().to(key)))
        .service(web::resource("/forks").route(web::get().to(forks)));
}

/// The description of the routes.
pub fn openapi() -> utoipa::openapi::OpenApi {
    Doc::openapi()
}

#[derive(OpenApi)]
#[openapi(
    paths(add_checkpoint, add_handovers, key, forks),
    tags((name = "witness", description = "C2SP tlog-witness for Tocsin's logs"))
)]
struct Doc;

/// Cosigns a checkpoint that continues the one cosigned last: C2SP tlog-witness.
#[utoipa::path(
    post, path = "/add-checkpoint", tag = "witness", security(()),
    request_body(content = String, content_type = "text/plain", description = "old size, consistency proof, signed note"),
    responses(
        (status = 200, description = "the cosignature as a note's signature line", body = String, content_type = "text/plain"),
        (status = 400, description = "no request, or the old size is beyond the checkpoint's", body = String, content_type = "text/plain"),
        (status = 403, description = "the log's cosigners do not vouch for the checkpoint", body = String, content_type = "text/plain"),
        (status = 404, description = "a log that is not watched here", body = String, content_type = "text/plain"),
        (status = 409, description = "the size cosigned last is another one", body = String, content_type = "text/x.tlog.size"),
        (status = 422, description = "the consistency proof does not hold", body = String, content_type = "text/plain"),
        (status = 503, description = "the memory failed", body = String, content_type = "text/plain")
    )
)]
async fn add_checkpoint(outside: web::Data<Outside>, payload: web::Payload) -> HttpResponse {
    let request = match request(payload).await {
        Ok(request) => request,
        Err(refused) => return refused,
    };
    let work = move |inner: &Inner, witness: &Witness| {
        let log = inner.log(witness, &request.note.checkpoint.origin)?;
        witness.add_checkpoint(&request, log.as_ref(), &inner.signer)
    };
    answered(outside.run(work).await)
}

/// Shows how a log's cosigner sets followed each other.
#[utoipa::path(
    post, path = "/add-handovers", tag = "witness", security(()),
    request_body(content = String, content_type = "text/plain", description = "origin line, empty line, handovers as in proof files"),
    responses(
        (status = 200, description = "the epoch of the set that is known now", body = String, content_type = "text/plain"),
        (status = 400, description = "no handovers", body = String, content_type = "text/plain"),
        (status = 404, description = "a log that is not watched here", body = String, content_type = "text/plain"),
        (status = 422, description = "a set that the one before does not vouch for", body = String, content_type = "text/plain"),
        (status = 503, description = "the memory failed", body = String, content_type = "text/plain")
    )
)]
async fn add_handovers(outside: web::Data<Outside>, payload: web::Payload) -> HttpResponse {
    let body = body(payload, MAX_HANDOVERS_BYTES).await;
    match outside.run(move |inner, witness| inner.follow(witness, &body)).await {
        Ok(Ok(epoch)) => text(200, TEXT, format!("{epoch}\n")),
        Ok(Err((status, why))) => text(status, TEXT, why + "\n"),
        Err(no) => answered(Err(no)),
    }
}

/// The witness's name and key, as the table `witnesses` of a ledger's configuration wants them.
#[utoipa::path(
    get, path = "/key", tag = "witness",
    responses((status = 200, description = "name and key, a line each", body = String, content_type = "text/plain"))
)]
async fn key(outside: web::Data<Outside>) -> HttpResponse {
    text(200, TEXT, outside.key_lines())
}

/// Logs of which this witness was shown two stories, with evidence that names who signed both.
#[utoipa::path(
    get, path = "/forks", tag = "witness",
    responses(
        (status = 200, description = "the forks, oldest first", body = Vec<Fork>),
        (status = 503, description = "OVERLOADED: the memory can't be read now")
    )
)]
async fn forks(outside: web::Data<Outside>) -> Result<web::Json<Vec<Fork>>, Problem> {
    outside.run(|_, witness| Ok(witness.forks()?)).await.map(web::Json).map_err(No::problem)
}
