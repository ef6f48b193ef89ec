//! `tocsin doctor`: what an operator should look at now: lagging cosigners, keys that end, silent sentinels, reports that are owed, clocks that
//! differ, streams with holes, a full disk. It asks every cosigner's ledger and the streams, and changes nothing.

pub mod checks;
mod heard;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use bus::Bus;
use domain::chain::{ChainPath, Lane};
use domain::genesis::Genesis;
use domain::keys;
use domain::record::{CosignersRecord, EpochsRecord, KeyRecord, MemberRecord};
use domain::report::duty::{DutyRecord, MAX_DUTIES};
use host::clock::Clock;
use host::ledger::{LedgerClient, LedgerError};
use proof::checkpoint::Certificate;
use wire::cosign::CosignNote;
use wire::subject;

use crate::verify::read_genesis;
use checks::{Cosigner, Facts, Finding, Level, Stream};

/// Members and keys of a chain at most, eight keys each.
const MOST: usize = 8192;

#[derive(clap::Args)]
pub struct Options {
    /// The chain's genesis file
    #[arg(long)]
    genesis: PathBuf,
    /// The nats-server of the chain
    #[arg(long, env = "TOCSIN_NATS_URL", hide_env_values = true)]
    nats_url: String,
    /// A directory on the disk that holds data
    #[arg(long)]
    data: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Prints what was found; fails when something hurts already.
pub fn run(options: Options) -> anyhow::Result<()> {
    let genesis = read_genesis(&options.genesis)?;
    let findings = crate::house::runtime()?.block_on(async {
        let bus = Bus::connect(&options.nats_url, "tocsin-doctor").await?;
        let facts = gather(&bus, &genesis, &Clock::wall(), options.data.as_deref()).await;
        bus.drain().await?;
        anyhow::Ok(checks::judge(&facts?))
    })?;
    if options.json {
        println!("{}", serde_json::to_string_pretty(&findings)?);
    } else {
        findings.iter().for_each(|finding| println!("{}", line(finding)));
    }
    match findings.iter().filter(|finding| finding.level == Level::Fail).count() {
        0 => Ok(()),
        1 => bail!("1 thing hurts"),
        hurts => bail!("{hurts} things hurt"),
    }
}

/// A finding for people.
fn line(finding: &Finding) -> String {
    let Finding { check, level, who, what, todo } = finding;
    let level = match level {
        Level::Ok => "ok  ",
        Level::NotLooked => "--  ",
        Level::Warn => "WARN",
        Level::Fail => "FAIL",
    };
    let about = if who.is_empty() { String::new() } else { format!(" {who}") };
    let todo = if todo.is_empty() { String::new() } else { format!(". {todo}.") };
    format!("{level} {check}{about}: {what}{todo}")
}

/// Asks everybody.
pub async fn gather(bus: &Bus, genesis: &Genesis, clock: &Clock, data: Option<&Path>) -> anyhow::Result<Facts> {
    let chain = &genesis.chain;
    let (ledger, members) = a_ledger(bus, genesis).await?;
    let status = ledger.status().await?;
    let cosigning = members.into_iter().map(|(name, _)| name).collect::<Vec<_>>();
    let asked = cosigning.iter().map(|name| cosigner(bus, chain, name.clone()));
    let cosigners = futures::future::try_join_all(asked).await?;
    let head = cosigners.iter().filter_map(|one| one.height).max().unwrap_or(status.height);
    let lanes = Lane::ALL.into_iter().map(|lane| subject::intake_stream(lane, chain).name);
    let names = lanes.chain([subject::block_stream(chain).name, subject::cosign_stream(chain).name]);
    let mut streams = Vec::new();
    for name in names {
        // The cosign stream keeps the last message of a subject, so its sequences have holes by design.
        let whole = name != subject::cosign_stream(chain).name;
        let state = bus.stream_state(&name).await.ok();
        let state = state.map(|state| (state.first, state.last, state.messages));
        streams.push(Stream { name, state: if whole { state } else { state.map(|(_, last, _)| (last, last, 1)) } });
    }
    let members = ledger.records::<MemberRecord>(b"member/", MOST).await?;
    let members = members.into_iter().map(|(_, member)| (member.id.clone(), member)).collect::<BTreeMap<_, _>>();
    let keys = ledger.records::<KeyRecord>(b"key/", MOST).await?;
    let duties = ledger.records::<DutyRecord>(keys::DUTIES, MAX_DUTIES).await?;
    Ok(Facts {
        height: head,
        final_height: status.final_height,
        wall: clock.now(),
        chain_time: status.chain_time,
        cosigners,
        streams,
        keys: keys.into_iter().map(|(_, key)| key).filter(|key| checks::needed(key, &members, &cosigning)).collect(),
        heard: heard::heard(&ledger, genesis, &members, status.final_size).await?,
        duties: duties.into_iter().map(|(_, duty)| duty).collect(),
        free_bytes: data.map(free).transpose()?,
    })
}

/// A ledger that answers, and the cosigners it knows.
async fn a_ledger(bus: &Bus, genesis: &Genesis) -> anyhow::Result<(LedgerClient, CosignerList)> {
    let chain = &genesis.chain;
    let mut denied = bus.denied();
    let mut silent = Vec::new();
    for member in genesis.members.iter().filter(|member| member.cosigner) {
        let ledger = LedgerClient::of_member_at(bus, chain, &member.id);
        let key = keys::epochs();
        let answer = tokio::select! {
            answer = ledger.record::<EpochsRecord>(&key) => answer,
            // The server answers what it does not permit with nothing, to which one could listen for long.
            Ok(said) = denied.wait_for(Option::is_some) => {
                let said = said.as_deref().unwrap_or_default().to_owned();
                bail!(
                    "the user of --nats-url may not ask the ledgers of {chain} ({said}); a listener may only hear alerts: \
                     give the user of a service"
                )
            }
        };
        match answer {
            Ok(Some(epochs)) => {
                let set = ledger.record::<CosignersRecord>(&keys::cosigners(epochs.current)).await?;
                return Ok((ledger, set.context("the chain's cosigners")?.cosigners));
            }
            Ok(None) => silent.push(format!("{}: it holds no chain yet", member.id)),
            Err(LedgerError::Silent(why)) => silent.push(format!("{}: {why}", member.id)),
            Err(refused) => silent.push(format!("{}: {refused}", member.id)),
        }
    }
    bail!(
        "no ledger of {chain} answers ({}); start them, or see whether --nats-url and --genesis are of one chain",
        silent.join("; ")
    )
}

type CosignerList = Vec<(String, proof::sign::PublicKey)>;

async fn cosigner(bus: &Bus, chain: &ChainPath, member: String) -> anyhow::Result<Cosigner> {
    let status = LedgerClient::of_member_at(bus, chain, &member).status().await.ok();
    let stream = subject::cosign_stream(chain).name;
    let message = bus.last_message(&stream, &subject::cosign(&member, chain)).await.ok().flatten();
    let note = message.and_then(|message| CosignNote::decode(&message.payload).ok());
    let cosigned = note.and_then(|note| {
        let (height, text) = note.checkpoints.last()?.clone();
        Some((height, Certificate::parse(&text)?.cosignatures.first()?.time_s))
    });
    let (height, halted) = status.map_or((None, None), |status| (Some(status.height), status.halted));
    Ok(Cosigner { member, height, halted, cosigned })
}

/// Bytes free for this user where a directory lies.
fn free(dir: &Path) -> anyhow::Result<u64> {
    let found = rustix::fs::statvfs(dir).with_context(|| format!("asking for the disk of {}", dir.display()))?;
    Ok(found.f_bavail.saturating_mul(found.f_frsize))
}
