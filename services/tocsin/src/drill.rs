//! `tocsin drill`: somebody lies, and a stranger sees it. Each drill runs a province and a city with real services, a private
//! nats-server and real signatures in a directory of its own, lets one member do its worst, and shows who is named by
//! what. Under a minute each.

pub mod suppress;
mod tamper;
mod town;

use std::path::PathBuf;

use anyhow::{Context, ensure};
use serde::Serialize;

pub use town::TOWN;

#[derive(clap::Args)]
pub struct Options {
    /// Which
    #[command(subcommand)]
    drill: Drill,
    /// Print JSON
    #[arg(long, global = true)]
    json: bool,
    /// Where data goes; a new directory below the system's temporary one, removed at the end, when left out
    #[arg(long, global = true)]
    out: Option<PathBuf>,
}

#[derive(Clone, Copy, clap::Subcommand)]
enum Drill {
    /// A member sits on five reports and its operator deletes one from the member's own copy of the log
    Suppress,
    /// A stored block, a checkpoint, a ledger's state and a proof are changed
    Tamper,
}

/// What a drill showed.
#[derive(Debug, Serialize)]
pub struct Shown {
    pub drill: &'static str,
    /// Whether everything that was done is named.
    pub caught: bool,
    /// What shows it, a sentence each.
    pub evidence: Vec<String>,
    /// Members, events and files that are named.
    pub named: Vec<String>,
}

/// Runs a drill; fails when something went unnoticed.
pub fn run(options: Options) -> anyhow::Result<()> {
    let dir = directory(options.out.as_deref())?;
    let shown = crate::house::runtime()?.block_on(async {
        match options.drill {
            Drill::Suppress => suppress::run(TOWN, &dir).await,
            Drill::Tamper => tamper::run(TOWN, &dir).await,
        }
    });
    if options.out.is_none() {
        std::fs::remove_dir_all(&dir).with_context(|| format!("removing {}", dir.display()))?;
    }
    let shown = shown?;
    if options.json {
        println!("{}", serde_json::to_string(&shown)?);
    } else {
        println!("drill {}: {}", shown.drill, if shown.caught { "caught" } else { "NOT caught" });
        for line in &shown.evidence {
            println!("  {line}");
        }
        println!("  named: {}", shown.named.join(", "));
    }
    ensure!(shown.caught, "something went unnoticed");
    Ok(())
}

fn directory(out: Option<&std::path::Path>) -> anyhow::Result<PathBuf> {
    let dir = match out {
        Some(dir) => dir.to_owned(),
        None => std::env::temp_dir().join(format!("tocsin-drill-{}", std::process::id())),
    };
    std::fs::create_dir_all(&dir).with_context(|| format!("making {}", dir.display()))?;
    let mut inside = std::fs::read_dir(&dir).with_context(|| format!("reading {}", dir.display()))?;
    ensure!(inside.next().is_none(), "{} is not empty; name a new directory with --out", dir.display());
    Ok(dir.canonicalize()?)
}
