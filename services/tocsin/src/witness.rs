//! `tocsin witness`: an outside witness of logs (C2SP `tlog-witness`). It has a key, a directory and the genesis files of
//! the logs it watches; no bus, no ledger, and no right on any chain.
//!
//! It listens in the clear, as every door of ours: TLS ends in front of it. What it refuses and remembers is
//! `ledger::witness`.

use std::io::IsTerminal as _;
use std::net::SocketAddr;
use std::path::PathBuf;

use actix_web::web;
use clap::Args;
use domain::genesis::KeyClass;
use domain::refusal::{Code, Refusal};
use host::clock::Clock;
use host::keys::KeyRing;
use host::rest::Door;
use host::telemetry::{self, Lines};
use ledger::witness::Signer;
use ledger::witness::outside::{self, Outside};
use tracing::info;

use crate::run::Signals;
use crate::verify::read_genesis;

/// What to watch, and as whom.
#[derive(Args)]
pub struct Options {
    /// Where it listens
    #[arg(long, default_value = "127.0.0.1:8090")]
    listen: SocketAddr,
    /// A key file made by `tocsin keys new --class cosigner`; a key that cosigns for nobody else
    #[arg(long)]
    keys: PathBuf,
    /// The name in its signature lines, such as witness.university.example; left out: the key file's member
    #[arg(long)]
    name: Option<String>,
    /// The genesis files of the chains whose logs it watches
    #[arg(long, required = true, num_args = 1.., value_name = "GENESIS")]
    log: Vec<PathBuf>,
    /// The directory of its memory. One that comes back from a backup has forgotten what was signed since: take a new key
    #[arg(long)]
    data: PathBuf,
}

/// Witnesses until a signal ends it.
pub fn run(options: Options) -> anyhow::Result<()> {
    let signer = signer(&options)?;
    let logs = options.log.iter().map(|file| read_genesis(file)).collect::<anyhow::Result<Vec<_>>>()?;
    let lines = if std::io::stderr().is_terminal() { Lines::Compact } else { Lines::Json };
    let telemetry = telemetry::start("tocsin-witness", lines)?;
    crate::house::runtime()?.block_on(async {
        let outcome = serve(&options, signer, &logs).await;
        telemetry.end().await;
        outcome
    })
}

fn signer(options: &Options) -> anyhow::Result<Signer> {
    let ring = KeyRing::load(&options.keys)?;
    let config = |field, why: &str| Refusal::of(Code::Config, field, why);
    let secret = ring.secret(KeyClass::Cosigner);
    let secret =
        secret.ok_or_else(|| config("keys", "keys.cosigner: the key file has no cosigner key, which signs"))?;
    let name = options.name.clone().unwrap_or(ring.member);
    if !proof::checkpoint::is_name(&name) {
        return Err(config("name", "--name is printable ASCII without spaces and `+`, at most 255 characters").into());
    }
    Ok(Signer { name, secret })
}

async fn serve(options: &Options, signer: Signer, logs: &[domain::genesis::Genesis]) -> anyhow::Result<()> {
    let mut signals = Signals::listen()?;
    let clock = Clock::wall();
    let witness = Outside::open(options.data.clone(), signer, logs, clock.clone())?;
    for origin in witness.origins() {
        info!(origin, "watching");
    }
    // A ledger's configuration wants these lines.
    print!("{}", witness.key_lines());
    let data = web::Data::new(witness);
    let routes = move |config: &mut web::ServiceConfig| {
        config.app_data(data.clone());
        outside::routes(config);
    };
    let door = Door::new(clock).with(routes, outside::openapi()).serve(options.listen).await?;
    info!(address = %door.addr(), service = "witness", "open");
    let name = signals.next().await;
    info!(signal = name, "ending");
    door.stop().await;
    Ok(())
}
