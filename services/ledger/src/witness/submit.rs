//! From a ledger to the witnesses of its configuration: its newest final checkpoint, at most once in `PACE`, and from
//! them the cosignatures that are served beside it.
//!
//! The certificate that makes a checkpoint final keeps exactly q cosignatures, in every file and message; witnesses'
//! lines stand only in the note at `/v1/chains/{chain}/tlog/checkpoint.witnessed`. Nothing waits for a witness: one that
//! is gone or says no costs its line and is asked more seldom. Nothing it says is believed but a signature under the key
//! in the configuration. What was collected is in memory and is asked for again after a restart.
//!
//! Limits: [`MAX_WITNESSES`]; one request to each at a time.

use std::time::Duration;

use domain::refusal::{Code, Refusal};
use futures::future::join_all;
use host::telemetry::metrics::Metric;
use proof::checkpoint::{Certificate, Cosignature, Cosigner, is_name};
use proof::leaf::Leaf;
use proof::sign::PublicKey;
use proof::witness::{self, Request};
use serde::Deserialize;
use tokio::time::Instant;

use super::call::{Answer, Caller, Prefix};
use super::words::handovers_body;
use crate::desk::Desk;

/// Witnesses of a ledger: with a chain's 16 cosigners as many lines as readers of notes are obliged to read.
pub const MAX_WITNESSES: usize = 16;

/// Between two submissions: a witness pays an fsync for each, and a checkpoint covers all before it.
const PACE: Duration = Duration::from_secs(1);

/// A witness that failed is asked again after the pace, doubled with each further failure up to this.
const LAST_PAUSE: Duration = Duration::from_secs(60);

/// Steps of one submission: the size may be told once by a conflict, the cosigner sets once, and each again by another
/// ledger's doing in between.
const STEPS: usize = 5;

/// Handovers shown at a time: what a body of ours may hold of the largest sets.
const HANDOVERS_AT_A_TIME: usize = 16;

/// A witness in the configuration.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Address {
    /// Its key name in signature lines.
    pub name: String,
    /// Its Ed25519 public key, in hex as everywhere.
    pub key: String,
    /// The submission prefix: https, or http to this machine.
    pub url: String,
}

/// A witness that may be called.
#[derive(Clone, Debug)]
struct Witness {
    cosigner: Cosigner,
    prefix: Prefix,
}

/// What became of a submission.
enum Outcome {
    /// Cosigned.
    Given(Vec<Cosignature>),
    /// Another ledger was there with a larger checkpoint.
    Behind,
}

/// Submits a ledger's checkpoints to these witnesses until its service stops.
pub fn submit(desk: &Desk, addresses: &[Address]) -> Result<(), Refusal> {
    let witnesses = witnesses(addresses)?;
    if witnesses.is_empty() {
        return Ok(());
    }
    let caller = Caller::new().map_err(|error| config(format!("TLS: {error:#}")))?;
    let desk = desk.clone();
    let stop = desk.node.stop.clone();
    let courier = Courier { desk, caller, rounds: witnesses.into_iter().map(Round::new).collect() };
    tokio::spawn(async move {
        tokio::select! {
            () = stop.wait() => {}
            () = courier.run() => {}
        }
    });
    Ok(())
}

/// Whether a configuration's witnesses can be called.
pub fn check(addresses: &[Address]) -> Result<(), Refusal> {
    witnesses(addresses).map(|_| ())
}

fn witnesses(addresses: &[Address]) -> Result<Vec<Witness>, Refusal> {
    if addresses.len() > MAX_WITNESSES {
        return Err(config(format!("more than {MAX_WITNESSES}")));
    }
    let mut found = Vec::<Witness>::new();
    for Address { name, key, url } in addresses {
        let key = PublicKey::parse(key).ok_or_else(|| config(format!("{name}: the key is 64 hex digits")))?;
        let prefix = Prefix::parse(url).map_err(|why| config(format!("{name}: {why}")))?;
        let cosigner = Cosigner { name: name.clone(), key };
        if !is_name(name) {
            return Err(config("a name is printable ASCII without spaces and `+`, at most 255 characters".to_owned()));
        }
        if found.iter().any(|one| one.cosigner.name == *name || one.cosigner.key == key) {
            return Err(config(format!("{name}: the name or key is there twice")));
        }
        found.push(Witness { cosigner, prefix });
    }
    Ok(found)
}

fn config(detail: String) -> Refusal {
    Refusal::of(Code::Config, "witnesses", format!("witnesses: {detail}"))
}

/// How it stands with one witness.
struct Round {
    witness: Witness,
    /// What it cosigned last, as far as we know.
    at: u64,
    /// The size that is done with.
    done: u64,
    pause: Duration,
    next: Instant,
}

impl Round {
    fn new(witness: Witness) -> Self {
        Round { witness, at: 0, done: 0, pause: PACE, next: Instant::now() }
    }
}

struct Courier {
    desk: Desk,
    caller: Caller,
    rounds: Vec<Round>,
}

impl Courier {
    async fn run(mut self) {
        loop {
            self.round().await;
            tokio::time::sleep(PACE).await;
        }
    }

    /// Submits the newest certificate to everybody who has not seen it and is not paused.
    async fn round(&mut self) {
        let Ok(open) = self.desk.open() else { return };
        let Some(certificate) = open.progress.borrow().certificate.clone() else { return };
        drop(open);
        let (size, now) = (certificate.checkpoint.size, Instant::now());
        let due = self.rounds.iter_mut().filter(|round| round.done < size && round.next <= now);
        let submitted = due.map(|round| attempt(&self.desk, &self.caller, round, &certificate));
        let lines = join_all(submitted).await.into_iter().flatten().collect();
        self.desk.witnessed.add(&certificate, lines);
    }
}

async fn attempt(desk: &Desk, caller: &Caller, round: &mut Round, certificate: &Certificate) -> Vec<Cosignature> {
    let outcome = submission(desk, caller, round, certificate).await;
    let name = &round.witness.cosigner.name;
    let lines = match outcome {
        Ok(outcome) => {
            (round.done, round.pause) = (certificate.checkpoint.size, PACE);
            match outcome {
                Outcome::Given(lines) => lines,
                Outcome::Behind => Vec::new(),
            }
        }
        Err(why) => {
            tracing::warn!(chain = %desk.chain(), witness = name, "not witnessed: {why:#}");
            Metric::WitnessRefusalsTotal.add(name, 1);
            round.pause = (round.pause * 2).min(LAST_PAUSE);
            Vec::new()
        }
    };
    round.next = Instant::now() + round.pause;
    lines
}

async fn submission(
    desk: &Desk,
    caller: &Caller,
    round: &mut Round,
    certificate: &Certificate,
) -> anyhow::Result<Outcome> {
    let Witness { cosigner, prefix } = &round.witness;
    let checkpoint = &certificate.checkpoint;
    let (size, mut shown) = (checkpoint.size, false);
    for _ in 0..STEPS {
        let old = round.at;
        if old > size {
            return Ok(Outcome::Behind);
        }
        let proof = desk.ask(move |reader, _| reader.consistency(old, size)).await?;
        let body = Request { old, proof, note: certificate.clone() }.body();
        let Answer { status, body } = caller.post(prefix, "/add-checkpoint", body).await?;
        match status {
            200 => {
                let lines = witness::answered(&body, checkpoint, std::slice::from_ref(cosigner));
                anyhow::ensure!(
                    !lines.is_empty(),
                    "it answered without a signature under the key in the configuration"
                );
                round.at = size;
                return Ok(Outcome::Given(lines));
            }
            409 => {
                let told =
                    witness::conflicting_size(&body).ok_or_else(|| anyhow::anyhow!("a conflict without a size"))?;
                anyhow::ensure!(
                    told != old,
                    "it cosigned another log of {told} leaves under our origin: one of the two is a fork"
                );
                round.at = told;
            }
            403 if !shown => {
                show(desk, caller, prefix, &checkpoint.origin, size).await?;
                shown = true;
            }
            422 => anyhow::bail!(
                "what it cosigned at size {old} is not the beginning of our log: one of the two is a fork"
            ),
            status => anyhow::bail!("{status}: {}", body.trim_end().chars().take(200).collect::<String>()),
        }
    }
    anyhow::bail!("it changed its mind {STEPS} times")
}

/// Shows a witness of ours how the cosigner sets followed each other; one of another make says 404.
async fn show(desk: &Desk, caller: &Caller, prefix: &Prefix, origin: &str, size: u64) -> anyhow::Result<()> {
    // With nothing shown it says what it knows.
    let mut known = epoch(caller.post(prefix, "/add-handovers", handovers_body(origin, &[])).await?)?;
    loop {
        let handovers = desk.ask(move |reader, _| reader.handovers(known, size)).await?;
        let page = handovers.get(..HANDOVERS_AT_A_TIME.min(handovers.len())).unwrap_or_default();
        let Some(last) = page.last().and_then(|last| Leaf::from_bytes(&last.leaf)) else { return Ok(()) };
        let reached = epoch(caller.post(prefix, "/add-handovers", handovers_body(origin, page)).await?)?;
        anyhow::ensure!(
            matches!(last, Leaf::Cosigners(last) if last.epoch <= reached) && reached > known,
            "it does not follow the cosigner sets"
        );
        known = reached;
    }
}

fn epoch(answer: Answer) -> anyhow::Result<u32> {
    let told = answer.body.trim_end().parse().ok().filter(|_| answer.status == 200);
    told.ok_or_else(|| anyhow::anyhow!("the log's cosigners do not suffice for it, and it takes no handovers"))
}
