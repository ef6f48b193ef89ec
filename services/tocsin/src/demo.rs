//! `tocsin demo`: the outbreak of July and August 2021 in Jiangsu, played on three levels of chains with real services,
//! real signatures and a private nats-server, then left running for a newcomer to try.

mod account;
mod books;
pub mod cast;
mod foresight;
mod guide;
mod kept;
mod latency;
mod outcome;
mod outlook;
pub mod player;
pub mod scenario;
mod wards;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use alerts::cap::Status;
use anyhow::{Context, anyhow, bail};
use bus::server::NatsServer;
use clap::Args;
use domain::chain::ChainPath;
use forecasting::Watch;
use host::clock::Clock;
use host::telemetry::{self, Lines};

use crate::house::{self, EarlyWarning, House, Plan};
use crate::run::Signals;
use cast::Cast;
use player::Player;
use scenario::{JIANGSU_2021, Scenario};

/// How to play.
#[derive(Args)]
pub struct Options {
    /// Play, check and end instead of staying up
    #[arg(long)]
    once: bool,
    /// Print the outcome as JSON (with --once)
    #[arg(long, requires = "once")]
    json: bool,
    /// Where keys, geneses, data and results go; a new directory below the system's temporary one when left out
    #[arg(long)]
    out: Option<PathBuf>,
    /// Days of the play in a second
    #[arg(long, default_value_t = 1.0)]
    days_per_second: f64,
    /// Urgent reports whose way to the nation's alert is timed at the end
    #[arg(long, default_value_t = 200)]
    latency_reports: u32,
    /// Where REST and the page listen; port 0 takes a free one
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
}

/// How long the house may take to open: 24 ledgers, 12 sealers and some 40 outboxes on two cores.
const OPENING: Duration = Duration::from_secs(60);
/// From this many cases a day, or positives at once, the early warning of a city warns: COVID-19 was new there.
const WARN_FROM: u64 = 5;

/// Plays the scenario.
pub fn run(options: Options) -> anyhow::Result<()> {
    if !(options.days_per_second.is_finite() && options.days_per_second > 0.0) {
        bail!("--days-per-second must be above 0");
    }
    let dir = directory(options.out.as_deref())?;
    house::runtime()?.block_on(async {
        let telemetry = telemetry::start("tocsin-demo", Lines::Compact)?;
        let played = play(options, &dir).await;
        telemetry.end().await;
        played
    })
}

async fn play(options: Options, dir: &Path) -> anyhow::Result<()> {
    // Listened to from the start, so that a signal while it plays ends it in order too.
    let mut signals = Signals::listen()?;
    let scenario = Scenario::parse(JIANGSU_2021)?;
    let cast = cast::hire(&scenario.chains, dir)?;
    let nats = NatsServer::start(&dir.join("nats")).await?;
    let first = scenario.days()?.first().context("a play without days")?.start();
    let clock = Clock::stepped(first);
    clock.run_at_wall_speed();
    let house = open(&options, &scenario, &cast, &nats, &clock, dir).await?;
    let acted = tokio::select! {
        acted = act(&options, &scenario, &cast, &nats, clock, &house, dir) => acted,
        name = signals.next() => Err(anyhow!("ended by {name} before the play was over")),
    };
    if acted.is_ok() && !options.once {
        println!("ending ({})", signals.next().await);
    }
    house.close().await?;
    acted
}

/// Plays, times, counts and checks; unless it ends then, tells a newcomer what to try.
async fn act(
    options: &Options,
    scenario: &Scenario,
    cast: &Cast,
    nats: &NatsServer,
    clock: Clock,
    house: &House,
    dir: &Path,
) -> anyhow::Result<()> {
    let player = Player::new(house, cast, clock, scenario)?;
    let say = |line: &str| if options.json { eprintln!("{line}") } else { println!("{line}") };
    say(&format!(
        "{}: {} chains, page at {}/, data in {}",
        scenario.title,
        cast.len(),
        player.caller.base,
        dir.display()
    ));
    let played = player.play(options.days_per_second, &say).await?;
    let latency = latency::measure(&player, nats.url(), options.latency_reports).await?;
    let outcome = outcome::gather(&player, house, cast, &played, latency, nats.url(), dir).await?;
    match options.json {
        true => println!("{}", serde_json::to_string(&outcome)?),
        false => println!("{}\n\n{}", outcome.table(), played.foresight.table()),
    }
    outcome.verdict(scenario)?;
    played.foresight.verdict()?;
    if !options.once {
        println!("{}", guide::text(&player, cast, &played, nats, dir)?);
    }
    Ok(())
}

async fn open(
    options: &Options,
    scenario: &Scenario,
    cast: &Cast,
    nats: &NatsServer,
    clock: &Clock,
    dir: &Path,
) -> anyhow::Result<House> {
    let automatic =
        scenario.daily.cities.iter().filter_map(|city| Some((ChainPath::parse(&city.chain)?, city.endorsers.clone())));
    let watch =
        Watch { disease: scenario.disease.code.clone(), confirmed_a_day: WARN_FROM, cluster_positives: WARN_FROM };
    let warns = scenario.daily.cities.iter().filter_map(|city| {
        let (by, checked_by) = (city.author.clone(), city.endorsers.first().cloned());
        Some((ChainPath::parse(&city.chain)?, EarlyWarning { by, checked_by, watch: vec![watch.clone()] }))
    });
    let plan = Plan {
        cast,
        nats: nats.url(),
        clock: clock.clone(),
        data: dir.join("data"),
        listen: options.listen,
        status: Status::Exercise,
        automatic: automatic.collect(),
        warns: warns.collect(),
    };
    let house = house::open(plan).await?;
    let ready = async {
        while !house.ledgers.values().flat_map(|ledgers| ledgers.values()).all(ledger::Desk::is_ready) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(OPENING, ready).await.context("the ledgers did not open in time")?;
    Ok(house)
}

fn directory(out: Option<&Path>) -> anyhow::Result<PathBuf> {
    let dir = match out {
        Some(dir) => dir.to_owned(),
        None => std::env::temp_dir().join(format!("tocsin-demo-{}", std::process::id())),
    };
    std::fs::create_dir_all(&dir).with_context(|| format!("making {}", dir.display()))?;
    let mut inside = std::fs::read_dir(&dir).with_context(|| format!("reading {}", dir.display()))?;
    if inside.next().is_some() {
        bail!("{} is not empty; name a new directory with --out", dir.display());
    }
    Ok(dir.canonicalize()?)
}
