//! Holding a copy of a chain against itself: its blocks, its rules, its log and its certificates. Offline, by the genesis
//! alone.
//!
//! What it answers for, of a copy that has no problem: every block was sealed by a sealer in use and follows the one
//! before; every event and bundle is signed as its leaf says; executing everything from the genesis on gives exactly the
//! leaves of the log and the state digests in it; the tiles are the tree over those leaves; the checkpoint is that tree's
//! and final; the bundles of every endorsement node are complete. What it can't know: what was never sealed, and whether
//! there is another copy (two copies against each other show that).
//!
//! A problem does not end it: it goes on with what can still be said, and names who signed what is wrong. It changes no
//! file. Limits: the state of the chain in memory, [`report::MAX_PROBLEMS`] problems.

mod against;
mod anchors;
pub mod archive;
mod between;
mod changed;
mod log;
mod numbers;
mod opened;
pub mod piece;
pub mod replay;
pub mod report;
mod shares;
#[cfg(test)]
mod tests;
mod text;
pub mod tiles;
mod walk;

use std::collections::{BTreeSet, HashMap};
use std::path::Path;
use std::time::Instant;

use domain::chain::{ChainPath, MemberId};
use domain::genesis::Genesis;
use domain::query;
use domain::rising::ChildRecord;
use proof::checkpoint::{Certificate, Cosigner};
use proof::digest::Digest;
use proof::leaf::Leaf;

use self::against::Story;
use self::anchors::Anchored;
use self::archive::{Archive, CHECKPOINT, GENESIS};
use self::piece::{Kind, Piece};
use self::report::{Book, Discrepancy, Looked, Problem, Report};
use self::walk::Walk;

/// Children of a chain looked at; a genesis lists fewer.
pub const MAX_CHILDREN: usize = 100_000;
/// Discrepancies of a chain looked at: at a hundred hand-overs in dispute a day, those of three years.
const MAX_DISCREPANCIES: usize = 100_000;

/// Audits the chain that a directory holds, or every chain in the directories below it.
pub fn audit(dir: &Path) -> anyhow::Result<Report> {
    audit_by(dir, None, None)
}

/// Audits a copy and holds it against another one of the same chains, which is audited as well. Where they part, the
/// report's evidence names exactly those cosigners who vouched for both.
pub fn audit_against(dir: &Path, other: &Path) -> anyhow::Result<Report> {
    audit_by(dir, Some(other), None)
}

/// Audits a copy, perhaps against another one, and perhaps by the top chain's genesis from elsewhere.
pub fn audit_by(dir: &Path, other: Option<&Path>, top: Option<&Genesis>) -> anyhow::Result<Report> {
    let archives = Archive::all(dir)?;
    let (mut report, found) = look(&archives, of_many(dir))?;
    if let Some(top) = top {
        report.problems.extend(between::vouched(&archives, &found, top));
    }
    if let Some(other) = other {
        let rivals = Archive::all(other)?;
        let (theirs, rival_found) = look(&rivals, of_many(other))?;
        let place = |place: &str| format!("{}: {place}", other.display());
        report.problems.extend(theirs.problems.into_iter().map(|one| Problem { place: place(&one.place), ..one }));
        for (archive, found) in archives.iter().zip(&found) {
            let chain = &archive.genesis.chain;
            match rivals.iter().zip(&rival_found).find(|(rival, _)| rival.genesis.chain == *chain) {
                Some(rival) => compare((archive, found), rival, &mut report)?,
                None => report.problems.push(lacks(chain, other)),
            }
        }
        let ours = |chain: &ChainPath| archives.iter().any(|archive| archive.genesis.chain == *chain);
        if of_many(dir) {
            let more = rivals.iter().map(|rival| &rival.genesis.chain).filter(|chain| !ours(chain));
            report.problems.extend(more.map(|chain| lacks(chain, dir)));
        }
    }
    report.ok = report.problems.is_empty();
    Ok(report)
}

/// Whether a directory is one of chains, and not a chain's own.
fn of_many(dir: &Path) -> bool {
    !dir.join(GENESIS).exists()
}

/// One of two copies does not hold a chain that the other one does.
fn lacks(chain: &ChainPath, dir: &Path) -> Problem {
    let what =
        format!("{} holds no copy of this chain, so that there is nothing to hold against the other", dir.display());
    Problem { place: format!("{chain}: {GENESIS}"), what, who: String::new() }
}

/// Holds two copies of a chain against each other.
fn compare(one: (&Archive, &Found), other: (&Archive, &Found), report: &mut Report) -> anyhow::Result<()> {
    let chain = &one.0.genesis.chain;
    let at = other.0.dir().display();
    let mut book = Book::new(chain.to_string());
    if one.0.genesis.chain_id != other.0.genesis.chain_id {
        book.problem(GENESIS, format!("{at} holds a chain of this path with another genesis"), "");
    } else {
        let mut known = one.1.known.clone();
        known.extend(other.1.known.iter().filter(|cosigner| !one.1.known.contains(cosigner)).cloned());
        let (story, rival) = (Story::read(one.0, one.1.size)?, Story::read(other.0, other.1.size)?);
        if let Some(parting) = against::part(&story, &rival, &known)? {
            let liars = parting.evidence.iter().flat_map(|(_, liars)| text::members(liars, chain));
            let liars = liars.collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>().join(", ");
            let place = parting.height.map_or(CHECKPOINT.to_owned(), |height| format!("block {height}"));
            let what = match liars.is_empty() {
                true => format!("{at} tells otherwise from here on; nobody is shown to have vouched for both"),
                false => {
                    format!("{at} tells otherwise from here on, and these vouched for both; the evidence proves it")
                }
            };
            book.problem(place, what, liars);
            report.evidence.extend(parting.evidence.iter().map(|(evidence, _)| evidence.text()));
        }
    }
    report.problems.extend(book.close(None));
    Ok(())
}

/// Audits chains and what they say of each other.
fn look(archives: &[Archive], whole: bool) -> anyhow::Result<(Report, Vec<Found>)> {
    let started = Instant::now();
    let mut report = Report::default();
    let mut all = Vec::new();
    for archive in archives {
        let mut found = chain(archive)?;
        report.events += found.events;
        report.blocks += found.blocks;
        report.problems.append(&mut found.problems);
        report.discrepancies.append(&mut found.discrepancies);
        report.chains.push(Looked {
            chain: archive.genesis.chain.to_string(),
            events: found.events,
            blocks: found.blocks,
            size: found.size,
            root: found.root.map_or_else(String::new, |root| root.to_string()),
            left_out: match whole {
                true => Vec::new(),
                false => found.children.iter().map(|child| child.chain.to_string()).collect(),
            },
        });
        all.push(found);
    }
    report.problems.extend(between::levels(archives, &all, whole));
    report.ok = report.problems.is_empty();
    let seconds = started.elapsed().as_secs_f64();
    // Of an empty chain, and for a clock that stood still, there is no rate.
    report.events_per_s = if seconds > 0.0 { (report.events as f64 / seconds) as u64 } else { 0 };
    Ok((report, all))
}

/// What was found about one chain.
struct Found {
    events: u64,
    blocks: u64,
    /// Leaves looked at.
    size: u64,
    problems: Vec<Problem>,
    /// Cosigners of all epochs.
    known: Vec<Cosigner>,
    /// What it knows of its children.
    children: Vec<ChildRecord>,
    /// What it anchored of them.
    anchors: Vec<Anchored>,
    /// What its members do not agree on.
    discrepancies: Vec<Discrepancy>,
    /// Its root after each block, by size.
    roots: HashMap<u64, Digest>,
    /// Its root at the end; `None` when leaves are lost.
    root: Option<Digest>,
}

fn chain(archive: &Archive) -> anyhow::Result<Found> {
    let certificate = archive.certificate();
    let size = match &certificate {
        Ok(certificate) if holds(archive, certificate.checkpoint.size) => certificate.checkpoint.size,
        _ => archive.extent(Kind::Entries),
    };
    let last = last_height(archive, size);
    let mut walk = Walk::new(archive, size, last);
    opened::each(&archive.genesis.chain_id, archive.blocks(last), |opened| walk.take(opened));
    walk.close();
    let vouched = match &certificate {
        Ok(certificate) => checkpoint(&mut walk, certificate, archive),
        Err(error) => {
            walk.book.problem(CHECKPOINT, format!("{error:#}"), "");
            None
        }
    };
    let state = walk.replay.state();
    let (known, children) = (walk.replay.cosigners()?, query::children(state, MAX_CHILDREN)?);
    let disputed = query::open_discrepancies(state, MAX_DISCREPANCIES)?;
    let discrepancies = disputed.iter().map(|one| Discrepancy::of(&archive.genesis.chain, one)).collect();
    let problems = walk.book.close(vouched.as_deref());
    let root = walk.log.tree().map(|(_, root)| root);
    let (events, blocks, anchors, roots) = (walk.events, walk.looked, walk.anchors, walk.roots);
    Ok(Found { events, blocks, size, problems, known, children, anchors, discrepancies, roots, root })
}

/// Whether the archive reaches to the last leaf of a log of that size.
fn holds(archive: &Archive, size: u64) -> bool {
    let last = size.checked_sub(1).and_then(|last| Piece::holding(Kind::Entries, last, size));
    last.is_none_or(|piece| archive.dir().join(piece.path()).exists())
}

/// The height of the block that ends the log: its leaf says so, or there are as many as there are files for.
fn last_height(archive: &Archive, size: u64) -> u64 {
    let last = size.checked_sub(1).and_then(|last| archive.entry(last, size).ok());
    match last.as_deref().and_then(Leaf::from_bytes) {
        Some(Leaf::Block(leaf)) => leaf.height,
        _ => archive.extent(Kind::Blocks),
    }
}

/// The checkpoint is final and of the log that was looked at; then these are its cosigners.
fn checkpoint(walk: &mut Walk<'_>, certificate: &Certificate, archive: &Archive) -> Option<Vec<MemberId>> {
    let checkpoint = &certificate.checkpoint;
    let is_final = match walk.replay.is_final(certificate) {
        Ok(Ok(())) => true,
        // Without execution it may be final under a set that is not known here.
        Ok(Err(_)) if walk.stopped.is_some() => false,
        Ok(Err(error)) => {
            walk.book.problem(CHECKPOINT, error.to_string(), "");
            false
        }
        Err(fault) => {
            walk.book.problem(CHECKPOINT, fault.to_string(), "");
            false
        }
    };
    let signers = is_final.then(|| text::signers(certificate, &archive.genesis.chain));
    match walk.log.tree() {
        Some((size, root)) if (size, root) == (checkpoint.size, checkpoint.root) => return signers,
        Some((size, root)) => {
            let what = format!(
                "it is of {} leaves with root {}, where the log here has {size} with root {root}",
                checkpoint.size, checkpoint.root
            );
            walk.book.problem(CHECKPOINT, what, "");
        }
        None => {
            walk.book.problem(CHECKPOINT, "leaves are missing, so that nobody can say whether it is of this log", "")
        }
    }
    None
}
