//! `tocsin doctor`: what an operator should look at now: lagging cosigners, keys that end, silent sentinels, clocks that
//! differ, streams with holes, a full disk. It asks every cosigner's ledger and the streams, and changes nothing.

pub mod checks;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use bus::Bus;
use domain::chain::{ChainPath, Lane};
use domain::genesis::Genesis;
use domain::keys;
use domain::record::{CosignersRecord, EpochsRecord, KeyRecord, MemberRecord};
use domain::time::Millis;
use host::clock::Clock;
use host::ledger::LedgerClient;
use proof::checkpoint::Certificate;
use wire::cosign::CosignNote;
use wire::subject;

use crate::verify::read_genesis;
use checks::{Cosigner, Facts, Finding, Level, Stream};

/// Entries of the log looked through for what sentinels said last: some days of a busy city.
const TAIL: u64 = 20_000;
/// Entries read at once.
const PAGE: u32 = 256;
/// Members and keys of a chain at most, eight keys each.
const MOST: usize = 8192;

#[derive(clap::Args)]
pub struct Options {
    /// The chain's genesis file
    #[arg(long)]
    genesis: PathBuf,
    /// The nats-server of the chain
    #[arg(long, env = "TOCSIN_NATS_URL")]
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
        for Finding { check, level, who, what } in &findings {
            let level = match level {
                Level::Ok => "ok  ",
                Level::Warn => "WARN",
                Level::Fail => "FAIL",
            };
            println!("{level} {check}{}{who}: {what}", if who.is_empty() { "" } else { " " });
        }
    }
    let hurts = findings.iter().filter(|finding| finding.level == Level::Fail).count();
    ensure!(hurts == 0, "{hurts} things hurt");
    Ok(())
}

/// Asks everybody.
pub async fn gather(bus: &Bus, genesis: &Genesis, clock: &Clock, data: Option<&Path>) -> anyhow::Result<Facts> {
    let chain = &genesis.chain;
    let (ledger, members) = a_ledger(bus, genesis).await?;
    let status = ledger.status().await?;
    let names = members.into_iter().map(|(name, _)| name);
    let cosigners = futures::future::try_join_all(names.map(|name| cosigner(bus, chain, name))).await?;
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
    Ok(Facts {
        height: head,
        final_height: status.final_height,
        now: clock.now().max(status.chain_time),
        cosigners,
        streams,
        keys: ledger.records::<KeyRecord>(b"key/", MOST).await?.into_iter().map(|(_, key)| key).collect(),
        heard: heard(&ledger, genesis, status.final_size).await?,
        free_bytes: data.map(free).transpose()?,
    })
}

/// A ledger that answers, and the cosigners it knows.
async fn a_ledger(bus: &Bus, genesis: &Genesis) -> anyhow::Result<(LedgerClient, CosignerList)> {
    for member in genesis.members.iter().filter(|member| member.cosigner) {
        let ledger = LedgerClient::of_member_at(bus, &genesis.chain, &member.id);
        if let Ok(Some(epochs)) = ledger.record::<EpochsRecord>(&keys::epochs()).await {
            let set = ledger.record::<CosignersRecord>(&keys::cosigners(epochs.current)).await?;
            return Ok((ledger, set.context("the chain's cosigners")?.cosigners));
        }
    }
    anyhow::bail!("no ledger of {} answers", genesis.chain)
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

/// When each member that reports was heard last, in the end of the log.
async fn heard(ledger: &LedgerClient, genesis: &Genesis, size: u64) -> anyhow::Result<Vec<(String, Option<Millis>)>> {
    let members = ledger.records::<MemberRecord>(b"member/", MOST).await?;
    let authors = ledger.records::<KeyRecord>(b"key/author/", MOST).await?.into_iter();
    let authors = authors
        .filter_map(|(key, record)| Some((String::from_utf8(key).ok()?.rsplit('/').next()?.to_owned(), record.member)))
        .collect::<BTreeMap<_, _>>();
    let reporting = members.into_iter().map(|(_, member)| member);
    let reporting = reporting.filter(|member| member.active && authors.values().any(|author| *author == member.id));
    let mut heard = reporting.map(|member| (member.id, None)).collect::<BTreeMap<_, Option<Millis>>>();
    let mut from = size.saturating_sub(TAIL);
    while from < size {
        let entries = ledger.read_log(from, PAGE, 0, true).await?;
        let Some(last) = entries.last().map(|entry| entry.index) else { break };
        for entry in entries.iter().filter(|entry| !entry.signed.is_empty()) {
            let Ok(opened) = wire::event::open(&genesis.chain_id, &entry.signed) else { continue };
            let member = authors.get(&opened.key.to_string());
            if let Some(at) = member.and_then(|member| heard.get_mut(member)) {
                *at = (*at).max(Some(opened.event.created_at));
            }
        }
        from = last + 1;
    }
    Ok(heard.into_iter().collect())
}

/// Bytes free for this user where a directory lies.
fn free(dir: &Path) -> anyhow::Result<u64> {
    let found = rustix::fs::statvfs(dir).with_context(|| format!("asking for the disk of {}", dir.display()))?;
    Ok(found.f_bavail.saturating_mul(found.f_frsize))
}
