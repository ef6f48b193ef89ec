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

pub mod archive;
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
mod walk;

use std::path::Path;
use std::time::Instant;

use domain::chain::MemberId;
use proof::checkpoint::Certificate;
use proof::leaf::Leaf;

use self::archive::{Archive, CHECKPOINT};
use self::piece::{Kind, Piece};
use self::report::{Problem, Report};
use self::walk::Walk;

/// Audits the chain that a directory holds, or every chain in the directories below it.
pub fn audit(dir: &Path) -> anyhow::Result<Report> {
    let started = Instant::now();
    let mut report = Report::default();
    for archive in Archive::all(dir)? {
        let found = chain(&archive)?;
        report.events += found.events;
        report.blocks += found.blocks;
        report.problems.extend(found.problems);
    }
    report.ok = report.problems.is_empty();
    let seconds = started.elapsed().as_secs_f64();
    // Of an empty chain, and for a clock that stood still, there is no rate.
    report.events_per_s = if seconds > 0.0 { (report.events as f64 / seconds) as u64 } else { 0 };
    Ok(report)
}

/// What was found about one chain.
struct Found {
    events: u64,
    blocks: u64,
    problems: Vec<Problem>,
}

fn chain(archive: &Archive) -> anyhow::Result<Found> {
    let text = archive.checkpoint()?;
    let certificate = text.as_deref().and_then(Certificate::parse);
    let held = archive.extent(Kind::Entries);
    let size = match &certificate {
        Some(certificate) if holds(archive, certificate.checkpoint.size) => certificate.checkpoint.size,
        _ => held,
    };
    let mut walk = Walk::new(archive, size);
    opened::each(&archive.genesis.chain_id, archive.blocks(last_height(archive, size)), |opened| walk.take(opened));
    walk.close();
    let vouched = match &certificate {
        Some(certificate) => checkpoint(&mut walk, certificate, archive),
        None => {
            walk.book.problem(CHECKPOINT, "missing, or no certificate as a ledger gives it out", "");
            None
        }
    };
    let (events, blocks) = (walk.events, walk.blocks);
    Ok(Found { events, blocks, problems: walk.book.close(vouched.as_deref()) })
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
