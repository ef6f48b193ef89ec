//! `tocsin report`: what a department says, sent to its reporting service; an answer for every row.
//!
//! The same file sent again is the same reports: a repeat after a lost answer does no harm. It signs nothing but its
//! token; the reporting service has the member's author key.

mod answer;
mod wait;

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, bail};
use clap::Args;
use domain::refusal::{Code, Refusal};
use reqwest::{Client, ClientBuilder, Url};

use crate::identity::{caller, mint};
use answer::Told;

/// A receipt is waited for at most ten seconds there; an answer that takes longer is lost.
const TIMEOUT: Duration = Duration::from_secs(30);
/// A token for one request.
const TOKEN_SECONDS: u64 = 60;

/// What to send and where.
#[derive(Args)]
#[command(group = clap::ArgGroup::new("input").required(true))]
pub struct Options {
    /// The reporting service's address
    #[arg(long, default_value = "http://127.0.0.1:8080")]
    url: Url,
    /// The member's key file; its client key signs the token
    #[arg(long)]
    keys: PathBuf,
    /// The chain's genesis file
    #[arg(long)]
    genesis: PathBuf,
    /// Reports as CSV, one a row, the header naming the fields (disease.code, counts.confirmed, ...)
    #[arg(long, group = "input")]
    csv: Option<PathBuf>,
    /// A report, or an array of reports, as JSON
    #[arg(long, group = "input")]
    json: Option<PathBuf>,
    /// `-`: JSON from standard input
    #[arg(group = "input", value_parser = ["-"])]
    stdin: Option<String>,
    /// Tell two equal reports apart: the same key is the same reports, another key is others
    #[arg(long)]
    idempotency_key: Option<String>,
    /// Wait until every taken report is final or rejected, and print its times
    #[arg(long)]
    wait: bool,
    /// Stop waiting after this many seconds
    #[arg(long, default_value_t = 120, requires = "wait")]
    patience: u64,
}

/// Sends the reports; an error if one was refused.
pub fn run(options: Options) -> anyhow::Result<()> {
    let (ring, genesis) = caller(&options.keys, &options.genesis)?;
    let (route, media, body) = match (&options.csv, &options.json) {
        (Some(file), _) => ("reports/csv", "text/csv", read(file)?),
        (None, Some(file)) => ("reports", "application/json", read(file)?),
        (None, None) => ("reports", "application/json", standard_input()?),
    };
    plain(&options.url, "url")?;
    let token = mint(&ring, &genesis, TOKEN_SECONDS)?;
    let chain = options.url.join(&format!("/v1/chains/{}/", genesis.chain)).context("--url can not have a path")?;
    crate::house::runtime()?.block_on(async {
        let client = client(&options.url, Client::builder().timeout(TIMEOUT))?;
        let mut request = client.post(chain.join(route)?).bearer_auth(token).header("content-type", media).body(body);
        if let Some(key) = &options.idempotency_key {
            request = request.header("idempotency-key", key);
        }
        let response = request.send().await.with_context(|| format!("nobody answered at {}", options.url))?;
        let Told { rows, idempotency_key } = answer::read(response).await?;
        rows.iter().for_each(|row| println!("{row}"));
        let mut refused = rows.iter().filter(|row| row.taken().is_none()).count();
        if options.wait {
            refused += wait::all(&client, &chain, &rows, Duration::from_secs(options.patience)).await?;
        }
        if refused > 0 {
            let again = match idempotency_key {
                Some(key) => format!("the file again with --idempotency-key {key}: only the missing rows are taken"),
                None => "them again".to_owned(),
            };
            bail!("{refused} of {} reports were refused; mend those and send {again}", rows.len());
        }
        Ok(())
    })
}

/// An address that we can speak to.
pub(crate) fn plain(url: &Url, flag: &'static str) -> Result<(), Refusal> {
    if url.scheme() == "http" {
        return Ok(());
    }
    let why = "TLS ends in front of a service; give an http:// address of a tunnel or proxy that speaks it";
    Err(Refusal::of(Code::Config, flag, format!("--{flag}: {why}")))
}

/// A client for a service at that address.
pub(crate) fn client(url: &Url, mut client: ClientBuilder) -> anyhow::Result<Client> {
    // A proxy of this machine's environment knows nothing of our loopback.
    let host = url.host_str().unwrap_or_default();
    if host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback()) {
        client = client.no_proxy();
    }
    client.build().context("the HTTP client")
}

fn read(file: &Path) -> anyhow::Result<Vec<u8>> {
    if file == Path::new("-") {
        return standard_input();
    }
    std::fs::read(file).with_context(|| format!("reading {}", file.display()))
}

fn standard_input() -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    std::io::stdin().read_to_end(&mut bytes).context("reading standard input")?;
    Ok(bytes)
}
