//! `tocsin subscribe`: the alert feed in a shell, one line an alert, resumable by sequence.

use anyhow::{Context, ensure};
use bus::Bus;
use clap::Args;
use domain::chain::ChainPath;
use domain::event::AlertLevel;

/// What to follow.
#[derive(Args)]
pub struct Options {
    /// This chain and all below it
    #[arg(long, default_value = "cn")]
    chain: String,
    /// This level and above: blue, yellow, orange, red
    #[arg(long, default_value = "blue")]
    level: String,
    /// The NATS server
    #[arg(long, env = "NATS_URL", hide_env_values = true, default_value = "nats://127.0.0.1:4222")]
    nats: String,
    /// Start behind this sequence of the alert stream (0: from the oldest kept) instead of with the next alert
    #[arg(long)]
    after: Option<u64>,
    /// Stop after this many alerts
    #[arg(long)]
    count: Option<u64>,
    /// Print the alert's JSON instead of a line
    #[arg(long)]
    json: bool,
}

/// Prints alerts until interrupted or `count` is reached.
pub fn run(options: Options) -> anyhow::Result<()> {
    let chain = ChainPath::parse(&options.chain).context("--chain is no chain path, such as cn.32")?;
    let level = AlertLevel::parse(&options.level).context("--level is one of blue, yellow, orange, red")?;
    crate::house::runtime()?.block_on(follow(options, chain, level))
}

async fn follow(options: Options, chain: ChainPath, level: AlertLevel) -> anyhow::Result<()> {
    // The bus names the address without its password; nobody else names it.
    let bus = Bus::connect(&options.nats, "tocsin-subscribe").await?;
    carried(&bus, &chain).await?;
    let stream = wire::subject::alert_stream().name;
    let after = match options.after {
        Some(sequence) => sequence,
        None => bus.stream_state(&stream).await.context("there is no alert stream yet")?.last,
    };
    let mut alerts = bus.pump(&stream, None, after + 1);
    let mut left = options.count.unwrap_or(u64::MAX);
    while left > 0 {
        for message in alerts.next().await? {
            let Some((of_level, of_chain)) = wire::subject::parse_alert(&message.subject) else { continue };
            if of_level < level || !chain.covers(&of_chain) || left == 0 {
                continue;
            }
            left -= 1;
            if options.json {
                println!("{}", String::from_utf8_lossy(&message.payload));
            } else {
                println!("{}", line(message.sequence, &of_chain, &message.payload));
            }
        }
    }
    Ok(())
}

/// Whether the server carries the chain or one below it; else no alert of it can ever come. Every chain has a block stream,
/// whose name is the chain's path with `_` for the dots.
async fn carried(bus: &Bus, chain: &ChainPath) -> anyhow::Result<()> {
    let own = wire::subject::block_stream(chain).name;
    let below = format!("{own}_");
    match bus.stream_names().await {
        Ok(names) => ensure!(
            names.iter().any(|name| *name == own || name.starts_with(&below)),
            "this server carries neither a chain {chain} nor one below it: look at --chain and --nats"
        ),
        // A server with rules of its own may keep its streams' names to itself.
        Err(error) => {
            eprintln!("tocsin: whether there is a chain {chain} can not be told ({error}); waiting for alerts")
        }
    }
    Ok(())
}

fn line(sequence: u64, chain: &ChainPath, payload: &[u8]) -> String {
    let alert: serde_json::Value = serde_json::from_slice(payload).unwrap_or_default();
    let field = |name: &str| alert.get(name).and_then(serde_json::Value::as_str).unwrap_or("?").to_owned();
    format!(
        "{sequence} {} {} {} {chain} {} [{}]",
        field("sent_at"),
        field("level"),
        field("state"),
        field("headline"),
        field("id")
    )
}
