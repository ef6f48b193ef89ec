//! `tocsin bench`: what one chain on this machine carries, and why not more.
//!
//! It starts a nats-server of its own and the same services that `tocsin run` starts, one ledger for each of `--n`
//! cosigners, and measures them from outside as a client would: requests to admission, blocks from the block stream,
//! cosignatures from the cosign stream, checked here. Beside each figure stands what bounds it, measured in the same run:
//! the signatures this machine can verify, and one durable publish, one request and one fsync.
//!
//! The load comes from one thread whose CPU is counted apart. It is not a test of a cluster or of a network: everything
//! is on the loopback of one machine. Limits: 16 ledgers, a minute for each measurement, three minutes in all; `growth`
//! takes longer. `rotation` measures something else: how long nothing becomes final while keys change. `forecast` has nothing
//! to do with a chain: it asks how good models and detectors are.

mod bounds;
mod cpu;
mod disk;
mod events;
mod forecast;
mod growth;
mod latency;
mod report;
mod rotation;
mod saturation;
mod town;
mod watch;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;

use crate::bench::latency::Latencies;
use crate::bench::report::Report;
use crate::bench::saturation::Saturation;
use crate::bench::town::{Place, Town};

/// `tocsin bench`.
#[derive(clap::Args)]
pub struct Options {
    #[command(subcommand)]
    what: Option<What>,
    /// Ledger nodes, each verifying, executing and fsyncing by itself
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=16))]
    n: u8,
    /// Seconds for each of the two measurements, saturation and latency
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u64).range(2..=60))]
    seconds: u64,
    /// Print one JSON object
    #[arg(long, global = true)]
    json: bool,
    /// Where stores and streams are kept and left; a temporary directory, removed at the end, if not given. For `forecast`,
    /// which needs it, the folder of the series
    #[arg(long, global = true)]
    data: Option<PathBuf>,
}

#[derive(clap::Subcommand)]
enum What {
    /// What an event costs a ledger as its log grows to a million events
    Growth {
        /// Events in the end
        #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(10_000..=1_000_000))]
        events: u64,
    },
    /// How long nothing becomes final while every class of key of a member is rotated under load
    Rotation {
        /// Events a second
        #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(10..=1_000))]
        per_s: u32,
        /// Seconds of the same load before anything is rotated, to compare with
        #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u64).range(2..=60))]
        quiet: u64,
    },
    /// How good forecasts and detectors are on the series in --data, beside the goals
    Forecast {
        /// Few series and origins, without the recurrent network: whether it works
        #[arg(long)]
        quick: bool,
    },
}

/// Runs it and prints what it found.
pub fn run(options: Options) -> anyhow::Result<()> {
    let place = || Place::new(options.data.clone());
    let text = crate::house::runtime()?.block_on(async {
        match options.what {
            None => {
                let report = measure(&place()?, usize::from(options.n), Duration::from_secs(options.seconds)).await?;
                anyhow::Ok(if options.json { report.json() } else { report.table() })
            }
            Some(What::Growth { events }) => {
                let growth = growth::measure(&place()?, events).await?;
                Ok(if options.json { growth.json() } else { growth.table() })
            }
            Some(What::Rotation { per_s, quiet }) => {
                let found = rotation::measure(&place()?, per_s, Duration::from_secs(quiet)).await?;
                Ok(if options.json { found.json() } else { found.table() })
            }
            Some(What::Forecast { quick }) => {
                let data = options.data.as_deref().context("--data: say where the series are")?;
                let effort = if quick { forecast::Effort::Quick } else { forecast::Effort::Whole };
                let report = forecast::measure(data, effort)?;
                Ok(if options.json { report.json() } else { report.table() })
            }
        }
    })?;
    println!("{text}");
    Ok(())
}

/// Everything about one chain with `n` ledgers.
async fn measure(place: &Place, n: usize, length: Duration) -> anyhow::Result<Report> {
    eprintln!("bench: {n} ledgers, data in {}", place.dir().display());
    let town = Town::open(place, n).await?;
    let client = town.client()?;
    let (floor, saturation, latencies, bound_per_s) = on_a_thread(async move || {
        let floor = bounds::floor(&client).await.context("the floor")?;
        eprintln!("bench: latency at {} events/s", latency::load(n));
        let latencies: Latencies = latency::measure(&client, latency::load(n), length).await.context("latency")?;
        let bound_per_s = bounds::verifications_per_s(&client)? / (1 + n) as f64;
        eprintln!("bench: saturation");
        let saturation: Saturation = saturation::measure(&client, length).await.context("saturation")?;
        client.check_results().await?;
        anyhow::Ok((floor, saturation, latencies, bound_per_s))
    })
    .await?;
    let executed = town.agreed().await?;
    let (n, q) = (town.genesis.cosigners().len(), town.genesis.quorum());
    let stores = town.close().await?;
    let disk = disk::measure(&stores, executed)?;
    Ok(Report { n, q, floor, saturation, latencies, bound_per_s, disk })
}

/// Runs the load on a thread and a runtime of its own, so that its CPU can be told from the services'.
async fn on_a_thread<T, F>(load: F) -> anyhow::Result<T>
where
    T: Send + 'static,
    F: AsyncFnOnce() -> anyhow::Result<T> + Send + 'static,
{
    let (done, result) = tokio::sync::oneshot::channel();
    std::thread::Builder::new().name("load".to_owned()).spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let outcome = runtime.context("the load's runtime").and_then(|runtime| runtime.block_on(load()));
        // Nobody waits any more when the bench was ended.
        drop(done.send(outcome));
    })?;
    result.await.context("the load's thread ended by a bug")?
}
