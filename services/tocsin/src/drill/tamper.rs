//! The tamper drill: one byte each of a stored block, a checkpoint, a ledger's state and a proof is changed. Each is named.

use std::path::{Path, PathBuf};

use anyhow::Context;
use ledger::audit;
use serde_json::Value;

use super::Shown;
use super::town::{self, CITY, LIAR, PROVINCE};
use crate::verify;

/// A store that is written to closes with its last fsync; on a busy machine that takes a second.
const CLOSING: std::time::Duration = std::time::Duration::from_secs(20);
/// Cases whose traces are tampered with.
const REPORTS: usize = 3;

pub(super) async fn run(town: &str, dir: &Path) -> anyhow::Result<Shown> {
    let mut shown = Shown { drill: "tamper", caught: true, evidence: Vec::new(), named: Vec::new() };
    let place = town::open(town, dir).await?;
    let caller = place.caller()?;
    let reports = town::report(&caller, REPORTS).await?;
    // Its proof is there once the province has anchored it, so both chains are worth copying then.
    let event = reports.first().context("a report")?;
    let path = format!("/v1/chains/{CITY}/events/{}/proof", event.id);
    let proof = proof_to(&caller, &path).await?;
    let copies = dir.join("copies");
    town::copy(&caller, &copies).await?;
    let sound = audit::audit(&copies)?;
    shown.caught &= sound.ok;
    shown.evidence.push(format!("untouched, {} blocks and {} events have no problem", sound.blocks, sound.events));

    let blocks = files(&copies.join(CITY).join("block"))?.pop().context("a file of blocks")?;
    audited(&mut shown, &copies, &blocks, "a stored block", "block")?;
    audited(&mut shown, &copies, &copies.join(CITY).join(audit::archive::CHECKPOINT), "a checkpoint", "checkpoint")?;

    let genesis = verify::read_genesis(&crate::demo::cast::genesis_file(dir, &chain(PROVINCE)?))?;
    verify::verify(&proof, &genesis).context("the untouched proof")?;
    let changed = changed(&proof).context("a digit to change")?;
    match verify::verify(&changed, &genesis) {
        Ok(_) => shown.caught = false,
        Err(fault) => {
            shown.evidence.push(format!("a proof: {fault:#}"));
            shown.named.push("proof".to_owned());
        }
    }
    drop(caller);

    // The state of a ledger at rest: the liar's own, whose operator has the disk.
    let store = Path::new(CITY).join(LIAR).join("ledger/ledger");
    let place = place
        .reopen(async |data| {
            let store = data.join(&store);
            closed(&store).await?;
            flip_largest(&store)
        })
        .await?;
    let caller = place.caller()?;
    let aside = dir.join("data").join(CITY).join(LIAR).join("ledger/ledger.damaged-1");
    let status = format!("/v1/chains/{CITY}/status");
    let whole = sound_height(&copies)?;
    let height = |status: &Value| status.get("final_height").and_then(Value::as_u64).filter(|height| *height >= whole);
    town::until(&caller, &status, "the ledger to come back", height).await?;
    if aside.exists() {
        shown.evidence.push(format!(
            "a ledger's state: the ledger of {LIAR} found the damage, set its store aside as ledger.damaged-1 and built a \
             new one from the blocks"
        ));
        shown.named.push(format!("{LIAR}/ledger"));
    } else {
        shown.caught = false;
    }
    drop(caller);
    place.close().await?;
    Ok(shown)
}

/// Changes one byte of a file of the archive, audits, and puts the byte back.
fn audited(shown: &mut Shown, copies: &Path, file: &Path, what: &str, place: &str) -> anyhow::Result<()> {
    let kept = std::fs::read(file).with_context(|| format!("reading {}", file.display()))?;
    flip(file)?;
    let report = audit::audit(copies)?;
    let problem = report.problems.iter().find(|problem| problem.place.contains(place));
    match problem {
        Some(problem) => {
            shown.evidence.push(format!("{what}: {}: {}", problem.place, problem.what));
            shown.named.push(problem.place.clone());
        }
        None => shown.caught = false,
    }
    Ok(std::fs::write(file, kept)?)
}

/// Flips a bit in the middle of a file.
fn flip(file: &Path) -> anyhow::Result<()> {
    let mut bytes = std::fs::read(file).with_context(|| format!("reading {}", file.display()))?;
    let written = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    let byte = bytes.get_mut(written / 2).context("an empty file")?;
    *byte ^= 1;
    Ok(std::fs::write(file, bytes)?)
}

/// Waits until a ledger's store is closed: its threads end a moment after its service.
async fn closed(store: &Path) -> anyhow::Result<()> {
    let end = tokio::time::Instant::now() + CLOSING;
    while let Err(error) = journal::Store::open(store) {
        anyhow::ensure!(tokio::time::Instant::now() < end, "the store {} does not close: {error}", store.display());
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    Ok(())
}

/// The same in the file of a store that holds most.
fn flip_largest(store: &Path) -> anyhow::Result<()> {
    let mut sizes = Vec::new();
    for file in files(store)? {
        let bytes = std::fs::read(&file).with_context(|| format!("reading {}", file.display()))?;
        sizes.push((bytes.iter().rposition(|byte| *byte != 0).unwrap_or(0), file));
    }
    flip(&sizes.into_iter().max().context("an empty store")?.1)
}

/// Every file below a directory, by path.
fn files(dir: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let (mut open, mut found) = (vec![dir.to_owned()], Vec::new());
    while let Some(path) = open.pop() {
        if path.is_dir() {
            for entry in std::fs::read_dir(&path).with_context(|| format!("reading {}", path.display()))? {
                open.push(entry?.path());
            }
        } else {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// The proof file of an event up to the top chain, once its anchor is final there.
async fn proof_to(caller: &crate::caller::Caller<'_>, path: &str) -> anyhow::Result<String> {
    let end = tokio::time::Instant::now() + std::time::Duration::from_secs(30);
    loop {
        match caller.text(path).await {
            Ok(text) => return Ok(text),
            Err(error) if tokio::time::Instant::now() > end => return Err(error),
            Err(_) => tokio::time::sleep(std::time::Duration::from_millis(50)).await,
        }
    }
}

/// The proof with the last letter of its longest line changed to another that base64 knows.
fn changed(proof: &str) -> Option<String> {
    let line = proof.lines().max_by_key(|line| line.len())?;
    let at = line.len() / 2;
    let letter = line.get(at..=at)?;
    let other = if letter == "A" { "B" } else { "A" };
    let twisted = format!("{}{other}{}", line.get(..at)?, line.get(at + 1..)?);
    Some(proof.replacen(line, &twisted, 1))
}

fn chain(path: &str) -> anyhow::Result<domain::chain::ChainPath> {
    domain::chain::ChainPath::parse(path).context("a chain path")
}

/// The height the copy of the city ends at.
fn sound_height(copies: &Path) -> anyhow::Result<u64> {
    let archive = audit::archive::Archive::open(&copies.join(CITY))?;
    Ok(archive.extent(audit::piece::Kind::Blocks))
}
