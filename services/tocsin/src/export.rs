//! `tocsin export`: a copy of chains as a ledger serves them, in a directory that the offline tools read.
//!
//! A second run fetches only what is new. It believes nothing and verifies nothing: that is the audit's. It refuses what
//! could write outside its directory, and it never writes another log over the one that is there: two logs of one chain
//! are evidence. Limits: one request at a time, each answer bounded by what its path can hold.

mod mirror;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, ensure};
use clap::Args;
use domain::chain::ChainPath;
use reqwest::redirect::Policy;
use reqwest::{Client, Url};
use serde::Deserialize;

use self::mirror::Mirror;
use crate::report;

/// A ledger that says nothing for so long will say no more; a long answer may take longer altogether.
const SILENCE: Duration = Duration::from_secs(30);

/// The list of chains: some hundreds at a kilobyte each.
const MAX_LIST_BYTES: u64 = 4 * 1024 * 1024;

/// What to copy, from where and to where.
#[derive(Args)]
pub struct Options {
    /// The directory; each chain gets one of its own below it
    dir: PathBuf,
    /// The address of a ledger's REST door
    #[arg(long, default_value = "http://127.0.0.1:8080")]
    api: Url,
    /// A chain's path, such as cn.32.01 (repeat it); left out: every chain that is served there
    #[arg(long)]
    chain: Vec<String>,
}

#[derive(Deserialize)]
struct Served {
    chain: String,
}

/// Copies the chains and prints a line for each.
pub fn run(options: Options) -> anyhow::Result<()> {
    report::plain(&options.api, "api")?;
    let asked = options.chain.iter().map(|chain| path(chain)).collect::<anyhow::Result<Vec<_>>>()?;
    crate::house::runtime()?.block_on(async {
        for line in copy(&options.api, asked, &options.dir).await? {
            println!("{line}");
        }
        Ok(())
    })
}

/// Copies these chains, or all that a door serves, below `dir`; says a line for each.
pub async fn copy(api: &Url, asked: Vec<ChainPath>, dir: &Path) -> anyhow::Result<Vec<String>> {
    let at = dir.display();
    ensure!(dir.is_dir() || !dir.exists(), "{at} is no directory: name one, or a path where none is yet");
    let builder = Client::builder().connect_timeout(SILENCE).read_timeout(SILENCE).redirect(Policy::none());
    let client = report::client(api, builder)?;
    let mut chains = if asked.is_empty() { served(&client, api).await? } else { asked };
    ensure!(!chains.is_empty(), "{api} serves no chain");
    // Parents first: what they have anchored by now, their children's copies hold.
    chains.sort();
    let mut lines = Vec::new();
    for chain in chains {
        let done = Mirror::new(&client, api, &chain, dir)?.run().await;
        lines.push(done.with_context(|| chain.to_string())?.to_string());
    }
    Ok(lines)
}

/// The chains that a door serves.
async fn served(client: &Client, api: &Url) -> anyhow::Result<Vec<ChainPath>> {
    let url = api.join("/v1/chains")?;
    let bytes = mirror::fetch(client, url, MAX_LIST_BYTES).await?.context("the door has no ledger behind it")?;
    let served: Vec<Served> = serde_json::from_slice(&bytes).context("the list of chains is none")?;
    served.iter().map(|served| path(&served.chain)).collect()
}

/// Names become directories, so that only a chain's path is one.
fn path(text: &str) -> anyhow::Result<ChainPath> {
    ChainPath::parse(text).with_context(|| format!("{text:?} is no chain path, such as cn.32.01"))
}
