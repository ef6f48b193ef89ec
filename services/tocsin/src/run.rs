//! `tocsin run`: one service of one member on one chain, as a deployment starts it.
//!
//! Everything that can be wrong is read and checked first (`prepare`); then the bus, the service and its door (`parts`).
//! The end, on SIGTERM or SIGINT: not ready any more, requests in hand answered, the parts told and waited for, the bus
//! drained, the last traces sent: 30 s at most. A second signal ends at once. It supervises nothing: who restarts a
//! service that failed is the platform.

mod parts;
mod prepare;

use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, bail};
use bus::{Bus, BusError};
use clap::{Args, ValueEnum};
use host::clock::Clock;
use host::node::Node;
use host::rest::RunningDoor;
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
    let bus = connect(&prepared.config.nats_url, options).await?;
    let stop = Stop::new();
    let node = prepared.node(bus.clone(), Clock::wall(), stop.clone());
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

/// Connects, and never repeats the address: it holds a password.
async fn connect(url: &str, options: &Options) -> anyhow::Result<Bus> {
    let name = format!("tocsin-{}-{}-{}", options.service.name(), options.chain, options.member);
    Bus::connect(url, &name).await.map_err(|error| match error {
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
