//! The suppression drill. A hospital reports five cases. The member that should decide on them decides nothing, and its
//! operator deletes one from the member's own copy of the log: he signs the bundle and its block anew with the member's
//! keys, so that what is left looks whole.
//!
//! What shows it: the deadline passes in chain time and all five rise, so the province lists five as overdue; the
//! hospital holds the commission's signed receipts; the commission's copy does not hold one of the five, and the audit
//! names who signed what is left. The copies and receipts stay where `--out` says, for the other tools of sceptics.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, bail};
use domain::genesis::KeyClass;
use ledger::audit;
use ledger::audit::archive::Archive;
use ledger::audit::piece::{Kind, Piece};
use proof::block::Block;
use proof::sign::{Domain, SecretKey, Signed};
use serde_json::{Value, json};

use super::Shown;
use super::town::{self, CITY, LIAR, PROVINCE, Place};

/// Cases the hospital reports.
const REPORTS: usize = 5;
/// The one whose trace is deleted.
const DELETED: usize = 2;
/// Past the deadline of the town's policy.
const LATER_MS: u64 = 3 * 3_600_000;

/// Runs the drill on the chains of a town file, below a directory.
pub async fn run(town: &str, dir: &Path) -> anyhow::Result<Shown> {
    let place = town::open(town, dir).await?;
    let shown = play(&place).await;
    place.close().await?;
    shown
}

async fn play(place: &Place) -> anyhow::Result<Shown> {
    let mut shown = Shown { drill: "suppress", caught: false, evidence: Vec::new(), named: Vec::new() };
    let caller = place.caller()?;
    let reports = town::report(&caller, REPORTS).await?;
    let wanted = reports.iter().map(|report| report.id.clone()).collect::<BTreeSet<_>>();
    shown.evidence.push(format!("city-hospital holds {REPORTS} receipts signed by {LIAR}"));
    place.clock.advance(LATER_MS);

    // What the province knows, whatever the commission says.
    let overdue = town::until(&caller, "/v1/alerts?limit=500", "overdue reports in the province", |page| {
        let overdue = overdue(page, &wanted);
        (overdue.len() == REPORTS).then_some(overdue)
    });
    let Ok(overdue) = overdue.await else {
        shown.evidence.push(format!("{PROVINCE} does not list {REPORTS} overdue reports"));
        return Ok(shown);
    };
    shown.evidence.push(format!("{PROVINCE} lists {} reports of {CITY} as overdue", overdue.len()));

    let held = reports.iter().map(|report| json!({ "event_id": report.id, "receipt": report.receipt }));
    std::fs::write(place.dir.join("receipts.json"), held.collect::<Value>().to_string())?;
    let copies = place.dir.join("copies");
    town::copy(&caller, &copies).await?;
    let doctored = place.dir.join("doctored");
    let city = doctored.join(CITY);
    copy_all(&copies.join(CITY), &city)?;
    let deleted = reports.get(DELETED).context("five reports")?;
    delete(place, &city, &deleted.id)?;
    shown
        .evidence
        .push(format!("the operator of {LIAR} deleted one event from its copy and signed bundle and block anew"));

    // The copy held against itself.
    let report = audit::audit(&city)?;
    for problem in &report.problems {
        let by = if problem.who.is_empty() { String::new() } else { format!(" (signed by {})", problem.who) };
        shown.evidence.push(format!("audit: {}: {}{by}", problem.place, problem.what));
    }
    let audited = report.problems.iter().any(|problem| problem.who.split(", ").any(|who| who == LIAR));

    // The copy held against what the province lists.
    let held = events(&Archive::open(&city)?)?;
    let missing = overdue.iter().filter(|event| !held.contains(*event)).cloned().collect::<Vec<_>>();
    for event in &missing {
        shown.evidence.push(format!("overdue in {PROVINCE} and missing in the copy of {LIAR}: event {event}"));
    }
    if audited {
        shown.named.push(LIAR.to_owned());
    }
    shown.caught = audited && missing == [deleted.id.clone()];
    shown.named.extend(missing);
    Ok(shown)
}

/// Events of the city that the province's alerts name as undecided.
fn overdue(page: &Value, wanted: &BTreeSet<String>) -> BTreeSet<String> {
    let alerts = page.get("alerts").and_then(Value::as_array).into_iter().flatten();
    let of = |alert: &Value, field: &str| alert.get(field).and_then(Value::as_str).map(str::to_owned);
    alerts
        .filter(|alert| of(alert, "chain").as_deref() == Some(PROVINCE))
        .filter(|alert| of(alert, "kind").as_deref() == Some("escalation"))
        .filter_map(|alert| of(alert, "event"))
        .filter(|event| wanted.contains(event))
        .collect()
}

/// Takes one event out of an archived chain as a member with endorser and sealer keys can: the bundle and the block that
/// held it are signed anew.
fn delete(place: &Place, city: &Path, event: &str) -> anyhow::Result<()> {
    let troupe = place.cast.iter().find(|(path, _)| path.as_str() == CITY).context("the city")?.1;
    let ring = troupe.keys.get(LIAR).context("the liar's keys")?;
    let key = |class| ring.secret(class).context("a key of the liar");
    let (endorser, sealer) = (key(KeyClass::Endorser)?, key(KeyClass::Sealer)?);
    let without = |bundle: &Vec<u8>| without(bundle, event, &endorser, &troupe.genesis.chain_id);
    let mut found = false;
    // A repetition is a no-op on the log, so it may stand in more than one block.
    for piece in Piece::all(Kind::Blocks, Archive::open(city)?.extent(Kind::Blocks)) {
        let path = city.join(piece.path());
        let bytes = std::fs::read(&path)?;
        let rewritten = rewritten(&bytes, without, &sealer)?;
        if rewritten != bytes {
            found = true;
            std::fs::write(path, rewritten)?;
        }
    }
    if !found {
        bail!("the event is in no block of the copy");
    }
    Ok(())
}

/// A file of blocks with every bundle replaced; a block of which a bundle changes is signed anew.
fn rewritten(
    mut rest: &[u8],
    bundle: impl Fn(&Vec<u8>) -> anyhow::Result<Vec<u8>>,
    sealer: &SecretKey,
) -> anyhow::Result<Vec<u8>> {
    let mut out = Vec::new();
    while let Some((length, after)) = rest.split_first_chunk::<4>() {
        let length = usize::try_from(u32::from_be_bytes(*length))?;
        let (frame, after) = after.split_at_checked(length).context("a frame of a block")?;
        rest = after;
        let block = Block::from_bytes(frame)?;
        let bundles = block.bundles.iter().map(&bundle).collect::<anyhow::Result<Vec<_>>>()?;
        let changed = bundles != block.bundles;
        let block = if changed { Block::seal(block.header, bundles, sealer) } else { block };
        proof::digest::put_lp(&mut out, &block.to_bytes());
    }
    Ok(out)
}

/// A bundle without the event, signed anew; the same bytes when it did not hold the event.
fn without(bytes: &[u8], event: &str, endorser: &SecretKey, chain: &proof::sign::ChainId) -> anyhow::Result<Vec<u8>> {
    let signed = Signed::from_bytes(bytes).context("a bundle")?;
    let mut bundle = wire::bundle::decode(&signed.body)?;
    let before = bundle.events.len();
    bundle.events.retain(|signed| wire::event::id_of(chain, signed).to_string() != event);
    if bundle.events.len() == before {
        return Ok(bytes.to_vec());
    }
    Ok(Signed::seal(endorser, Domain::Bundle, chain, wire::bundle::encode(bundle)).to_bytes())
}

/// The ids of all events in an archive's blocks.
fn events(archive: &Archive) -> anyhow::Result<BTreeSet<String>> {
    let mut found = BTreeSet::new();
    for next in archive.blocks(archive.extent(Kind::Blocks)) {
        let audit::archive::Next::Block(_, bytes) = next else { continue };
        for bundle in Block::from_bytes(&bytes)?.bundles {
            let signed = Signed::from_bytes(&bundle).context("a bundle")?;
            let events = wire::bundle::decode(&signed.body)?.events;
            found.extend(events.iter().map(|one| wire::event::id_of(&archive.genesis.chain_id, one).to_string()));
        }
    }
    Ok(found)
}

/// Copies a directory and all below it.
fn copy_all(from: &Path, to: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let path = entry?.path();
        let to = to.join(path.file_name().context("a file's name")?);
        if path.is_dir() {
            copy_all(&path, &to)?;
        } else {
            std::fs::copy(&path, &to)?;
        }
    }
    Ok(())
}
