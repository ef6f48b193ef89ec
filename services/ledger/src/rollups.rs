//! Roll-up proofs: this chain's sum of a disease from the own log, and below it the sums of its children, and theirs,
//! each told by that chain's ledgers.
//!
//! What a child tells is held against the anchor that our log, or the log above it, holds; readers verify the whole
//! again. A child without a sum of its own (it has no children), or whose ledgers do not answer in time, is a part
//! whose figure its summary vouches for and that is not broken down further.

use std::time::Duration;

use domain::chain::{ChainPath, MemberId};
use domain::event::ProvenLeaf;
use domain::keys;
use domain::query;
use domain::refusal::Refusal;
use domain::rising::ChildRecord;
use futures::future::join_all;
use host::ledger::{LedgerClient, LedgerError};
use proof::checkpoint::{Checkpoint, quorum};
use proof::leaf::{Counts, Leaf, RollupLeaf};
use proof::rollup::{AnchorStep, Figures, MAX_LEVELS, RollupLevel, RollupProof};
use proof::sign::Signed;
use tokio::time::Instant;
use wire::ledger::EntryKind;

use crate::core::CoreError;
use crate::desk::Desk;
use crate::desk::not_found;
use crate::reader::Reader;

/// How long the last sum may take to become final: some milliseconds as a rule.
const FINAL: Duration = Duration::from_millis(1500);
/// How long the chains below may take altogether; with [`FINAL`] below the time-out of whoever asks us.
const BELOW: Duration = Duration::from_secs(4);
/// A summary and the sum of it are in one block, before its end: at most 16 summaries and 64 sums lie between.
const BESIDE: usize = 128;

/// A level of a proof, and the children that brought its parts.
struct Summed {
    level: RollupLevel,
    below: Vec<Below>,
}

/// A child that brought a part, and where its own sum must be.
struct Below {
    child: ChainPath,
    /// Its cosigners, as the chain above knows them.
    cosigners: Vec<MemberId>,
    /// What it brought.
    counts: Counts,
    /// The index of its summary's leaf.
    summary_index: u64,
    /// The checkpoint that the anchor brought.
    checkpoint: Checkpoint,
}

/// The proof of this chain's last sum of a disease.
pub(crate) async fn proof(desk: &Desk, disease: &str) -> Result<RollupProof, Refusal> {
    let none = || not_found("this chain has no sum of that disease: it has no children, or none of them counted any");
    let asked = disease.to_owned();
    let last = desk.ask(move |reader, _| Ok(query::rollup(&reader.picture()?, &asked)?)).await?.ok_or_else(none)?;
    desk.wait_for(FINAL, move |progress| progress.final_size() > last.leaf_index).await?;
    let top = desk.ask(move |reader, progress| {
        let Some(certificate) = progress.certificate.clone() else { return Ok(None) };
        let size = certificate.checkpoint.size;
        if last.leaf_index >= size {
            return Ok(None);
        }
        let Some(summed) = level(reader, last.leaf_index, size)? else { return Ok(None) };
        Ok(Some((summed, reader.handovers(0, size)?, certificate)))
    });
    let later = || not_found("the last sum of that disease is not final yet; ask again");
    let (summed, handovers, certificate) = top.await?.ok_or_else(later)?;
    let mut levels = vec![summed.level];
    let (mut asked, deadline) = (summed.below, Instant::now() + BELOW);
    while !asked.is_empty() && levels.len() < MAX_LEVELS {
        let told =
            join_all(asked.iter().map(|below| tokio::time::timeout_at(deadline, below.ask(desk, disease)))).await;
        asked = Vec::new();
        for summed in told.into_iter().filter_map(|told| told.ok().flatten()) {
            levels.push(summed.level);
            asked.extend(summed.below);
        }
    }
    levels.truncate(MAX_LEVELS);
    let disease = disease.to_owned();
    Ok(RollupProof { disease, handovers, levels, certificate: certificate.as_ref().clone() })
}

/// The level whose total one of our summaries said, for who breaks the sum above down.
pub(crate) async fn told(desk: &Desk, disease: String, summary_index: u64, size: u64) -> Result<String, Refusal> {
    let found = desk.ask(move |reader, progress| {
        let head = &progress.head;
        if summary_index >= size || size > head.size {
            return Ok(None);
        }
        let beside = reader.log(summary_index, size, BESIDE, usize::MAX, head)?;
        let height = beside.first().map(|entry| entry.height);
        let of_disease =
            |leaf: &[u8]| matches!(Leaf::from_bytes(leaf), Some(Leaf::Rollup(leaf)) if leaf.disease == disease);
        let mut sums = beside.iter().filter(|entry| entry.kind == EntryKind::Rollup && Some(entry.height) == height);
        let Some(sum) = sums.find(|entry| of_disease(&entry.leaf)) else { return Ok(None) };
        Ok(level(reader, sum.index, size)?.map(|summed| summed.level.text()))
    });
    found.await?.ok_or_else(|| not_found("no sum of that disease stands beside that summary here"))
}

/// The sum at an index of the log of `size` leaves, with the anchors that brought its parts; `None` when it is too long
/// ago for us to know them.
fn level(reader: &Reader, index: u64, size: u64) -> Result<Option<Summed>, CoreError> {
    let picture = reader.picture()?;
    let ProvenLeaf { leaf, index, inclusion } = reader.proven(index, size)?;
    let Some(Leaf::Rollup(sum)) = Leaf::from_bytes(&leaf) else {
        return Err(CoreError::Damaged(format!("leaf {index} is no sum")));
    };
    let (mut anchors, mut below) = (Vec::new(), Vec::new());
    for part in sum.parts.iter().filter(|part| part.summary > 0) {
        let Some(path) = ChainPath::parse(&part.child) else { continue };
        let brought = query::child_total(&picture, &path, &sum.disease)?;
        let Some(anchor) = brought.and_then(|brought| brought.anchor_of(part.summary)) else { return Ok(None) };
        let Some(step) = reader.step(&anchor, size)? else { return Ok(None) };
        let child = part.child.clone();
        let anchor =
            AnchorStep { child, signed: step.signed, leaf: step.leaf, index: step.index, inclusion: step.inclusion };
        let record = query::child(&picture, &path)?;
        let cosigners = record.map_or_else(Vec::new, |record| members(&record));
        below.extend(brought_by(&anchor, &sum, cosigners));
        anchors.push(anchor);
    }
    let chain = reader.chain.path().to_string();
    let figures = Figures::of(&sum);
    let sum = proof::leaf::ProvenLeaf { leaf, index, inclusion };
    let level = RollupLevel { chain, chain_id: *reader.chain.id(), figures, sum, anchors };
    Ok(Some(Summed { level, below }))
}

fn members(child: &ChildRecord) -> Vec<MemberId> {
    child.cosigners.iter().map(|(member, _)| member.clone()).collect()
}

/// Where the child's own sum is, by the anchor that brought its part of this sum.
fn brought_by(anchor: &AnchorStep, sum: &RollupLeaf, cosigners: Vec<MemberId>) -> Option<Below> {
    let part = sum.parts.iter().find(|part| part.child == anchor.child)?;
    let anchored = wire::anchored(&Signed::from_bytes(&anchor.signed)?.body)?;
    let of_part = |leaf: Option<Leaf>| matches!(leaf, Some(Leaf::Summary(leaf)) if leaf.number == part.summary);
    let summary = anchored.leaves.iter().find(|proven| of_part(proven.read()))?;
    Some(Below {
        child: ChainPath::parse(&anchor.child)?,
        cosigners,
        counts: part.counts,
        summary_index: summary.index,
        checkpoint: anchored.checkpoint,
    })
}

impl Below {
    /// The child's own sum, from one of so many of its ledgers that an honest one is among them.
    async fn ask(&self, desk: &Desk, disease: &str) -> Option<Summed> {
        let n = self.cosigners.len();
        for member in self.cosigners.iter().take(n + 1 - quorum(n).min(n)) {
            let ledger = LedgerClient::of_member_at(&desk.node.bus, &self.child, member);
            match ledger.rollup(disease, self.summary_index, self.checkpoint.size).await {
                Ok(text) => {
                    if let Some(summed) = self.held(&ledger, &text, disease).await {
                        return Some(summed);
                    }
                    tracing::warn!(child = %self.child, %member, "a ledger told a sum that is not the one anchored");
                }
                Err(LedgerError::Refused(_) | LedgerError::Silent(_)) => {}
            }
        }
        None
    }

    /// What was told, if it is the sum of the figure that was anchored.
    async fn held(&self, ledger: &LedgerClient, text: &str, disease: &str) -> Option<Summed> {
        let level = RollupLevel::parse(text).ok().filter(|level| level.chain == self.child.as_str())?;
        let Some(Leaf::Rollup(sum)) = level.sum.read() else { return None };
        if sum.disease != disease || sum.total != self.counts || !level.sum.is_in(&self.checkpoint) {
            return None;
        }
        let mut below = Vec::new();
        for anchor in &level.anchors {
            let path = ChainPath::parse(&anchor.child)?;
            let record = ledger.record::<ChildRecord>(&keys::child(&path)).await.ok().flatten();
            below.extend(brought_by(anchor, &sum, record.as_ref().map_or_else(Vec::new, members)));
        }
        Some(Summed { level, below })
    }
}
