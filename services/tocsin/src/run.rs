//! `tocsin run`: one service of one member on one chain, as a deployment starts it.
//!
//! Everything that can be wrong is read and checked first (`prepare`); then the bus, the service and its door (`parts`).
//! The end, on SIGTERM or SIGINT: not ready any more, requests in hand answered, the parts told and waited for, the bus
//! drained, the last traces sent: 30 s at most. A second signal ends at once. It supervises nothing: who restarts a
//! service that failed is the platform.

mod credentials;
mod entitled;
mod parts;
mod prepare;

use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use bus::{Bus, BusError, Identity};
use clap::{Args, ValueEnum};
use domain::genesis::KeyClass;
use host::clock::Clock;
use host::keys;
use host::node::Node;
use host::rest::RunningDoor;
use host::standing::Standing;
use host::stop::Stop;
use host::telemetry::{self, Lines};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing::{info, warn};

use prepare::{Prepared, prepare};

/// The parts get this long to put down what they hold. What they took is on disk before it is answered, so a part that
/// takes longer loses nothing but its place in the order. With the door's 15 s it stays below 30 s.
const PARTS_END: Duration = Duration::from_secs(10);
/// Messages on their way out are acknowledged within two seconds or lost.
const BUS_ENDS: Duration = Duration::from_secs(3);

/// What to run.
#[derive(Args)]
pub struct Options {
    /// The service
    service: Service,
    /// The chain's path, such as cn.32.01; the genesis file must be its
    #[arg(long)]
    chain: String,
    /// The member; the key file must be its
    #[arg(long)]
    member: String,
    /// The configuration file; TOCSIN_* variables win over it
    #[arg(long)]
    config: Option<PathBuf>,
    /// endorsement: also endorse what passes the automatic policy's checks of form and consistency
    #[arg(long)]
    automatic: bool,
    /// alerts: what goes out is a drill, and says so
    #[arg(long)]
    exercise: bool,
}

/// The services, one process each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Service {
    Reporting,
    Endorsement,
    Ordering,
    Ledger,
    Alerts,
    Forecasting,
    MedicalResources,
    Materials,
    PublicOpinion,
    Console,
    /// Beside the nats-server: its users are the chain's members
    Credentials,
}

impl Service {
    /// As on the command line.
    fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }
}

/// Runs the service until a signal ends it.
pub fn run(options: Options) -> anyhow::Result<()> {
    let prepared = prepare(&options, std::env::vars_os())?;
    // Containers' standard error is collected; a terminal's is read.
    let lines = if std::io::stderr().is_terminal() { Lines::Compact } else { Lines::Json };
    let telemetry = telemetry::start(&format!("tocsin-{}", options.service.name()), lines)?;
    crate::house::runtime()?.block_on(async {
        let outcome = serve(&options, prepared).await;
        telemetry.end().await;
        outcome
    })
}

async fn serve(options: &Options, prepared: Prepared) -> anyhow::Result<()> {
    // Before anything starts: a signal during the start must end it in order, not by the kernel's default.
    let mut signals = Signals::listen()?;
    let address = prepared.config.listen;
    let bus = connect(options, &prepared).await?;
    let stop = Stop::new();
    let standing = Standing::start(Arc::clone(&prepared.genesis), &options.member, &bus, &stop).await;
    let roster = standing.current();
    entitled::entitled(options.service, &prepared, &roster)?;
    for class in entitled::idle(options.service, &prepared, &roster) {
        warn!(class = class.name(), "the chain lets no {} key of the key file count", class.name());
    }
    keys::follow(Arc::clone(&prepared.keys), prepared.config.keys.clone(), stop.clone())
        .context("listening for SIGHUP")?;
    let node = prepared.node(standing, bus.clone(), Clock::wall(), stop.clone());
    let started = tokio::select! {
        name = signals.next() => {
            info!(signal = name, "ended while starting");
            None
        }
        door = start(options, &prepared, node, address) => Some(door?),
    };
    if let Some(door) = started {
        info!(address = %door.addr(), service = options.service.name(), chain = options.chain, member = options.member, "open");
        let name = signals.next().await;
        info!(signal = name, "ending");
        tokio::select! {
            () = end(options.service, door, stop, bus) => info!("ended"),
            name = signals.next() => bail!("ended at once by a second signal ({name})"),
        }
    } else {
        stop.set();
    }
    Ok(())
}

async fn start(
    options: &Options,
    prepared: &Prepared,
    node: Node,
    address: std::net::SocketAddr,
) -> anyhow::Result<RunningDoor> {
    let service = options.service.name();
    let door = parts::furnish(options, prepared, node).await.with_context(|| format!("starting {service}"))?;
    door.serve(address).await
}

/// Connects, under the member's client key if the address names no user, and never repeats the address: it may hold a
/// password.
async fn connect(options: &Options, prepared: &Prepared) -> anyhow::Result<Bus> {
    let name = format!("tocsin-{}-{}-{}", options.service.name(), options.chain, options.member);
    let url = &prepared.config.nats_url;
    let clients = prepared.keys.secrets(KeyClass::Client).len();
    if Bus::has_login(url) || clients == 0 {
        return said(Bus::connect(url, &name).await);
    }
    let keys = Arc::clone(&prepared.keys);
    let user = domain::genesis::cosigner_name(&options.member, &prepared.genesis.chain);
    let identity = Identity::new(user, move |turn, challenge| {
        let clients = keys.secrets(KeyClass::Client);
        let client = clients.get(turn % clients.len().max(1))?;
        Some((client.public().0, client.sign_raw(challenge)))
    });
    for _ in 1..clients {
        if let Ok(bus) = Bus::connect_as(url, &name, &identity).await {
            return Ok(bus);
        }
    }
    said(Bus::connect_as(url, &name, &identity).await)
}

/// What kept us from connecting, without the address.
fn said(connected: Result<Bus, BusError>) -> anyhow::Result<Bus> {
    connected.map_err(|error| match error {
        BusError::Connect { why, .. } => anyhow::anyhow!("no connection to the nats-server of nats_url: {why}"),
        other => other.into(),
    })
}

async fn end(service: Service, door: RunningDoor, stop: Stop, bus: Bus) {
    door.unready();
    if service == Service::Alerts {
        // Live feeds end only when they are told; nothing is written through this door that could be cut off.
        stop.set();
    }
    door.stop().await;
    stop.set();
    if tokio::time::timeout(PARTS_END, stop.released()).await.is_err() {
        warn!("some parts did not end in {} s; what they took is on disk", PARTS_END.as_secs());
    }
    match tokio::time::timeout(BUS_ENDS, bus.drain()).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => warn!(%error, "the bus was not drained"),
        Err(_) => warn!("the bus was not drained in {} s", BUS_ENDS.as_secs()),
    }
}

/// What asks a process to end: the platform's SIGTERM, a person's SIGINT.
pub(crate) struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    pub(crate) fn listen() -> anyhow::Result<Self> {
        let listen = |kind| signal(kind).context("listening for signals");
        Ok(Signals { terminate: listen(SignalKind::terminate())?, interrupt: listen(SignalKind::interrupt())? })
    }

    pub(crate) async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        options: Options,
    }

    #[test]
    fn the_deployments_command_lines_are_taken() {
        let compose = include_str!("../../../deploy/compose.yaml");
        let lists = compose.lines().filter_map(|line| line.trim().strip_prefix("command: [run, ")?.strip_suffix(']'));
        let services: Vec<_> = lists
            .map(|list| Line::try_parse_from(["run"].into_iter().chain(list.split(", "))).unwrap().options.service)
            .collect();
        for service in Service::value_variants() {
            assert!(services.contains(service), "compose.yaml does not run {}", service.name());
        }
    }
}
