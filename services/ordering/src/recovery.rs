//! Where the chain stands: the stream's end, or what ledgers have cosigned beyond it.
//!
//! JetStream may serve a shorter history than it acknowledged. Before a sealer seals it asks every cosigner's ledger
//! how far it is, waits for at least q answers, builds on what may be final by them ([`crate::goal`]), puts back the
//! missing blocks unchanged, and fills every lane that ends below its cursor.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use bus::{Publish, PublishError};
use bytes::Bytes;
use domain::chain::Lane;
use domain::genesis::quorum;
use futures::future::join_all;
use host::ledger::LedgerClient;
use host::node::Node;
use proof::checkpoint::{Certificate, Checkpoint};
use proof::digest::Digest;
use proof::leaf::Leaf;
use proof::merkle::{leaf_hash, verify_inclusion};
use tracing::{info, warn};
use wire::ledger::Status;

use crate::goal;
use crate::tail::Tail;

/// How long all ledgers are waited for; after it q answers are enough. Longer than a ledger's restart on a small log.
const ALL_LEDGERS_PATIENCE: Duration = Duration::from_secs(5);
/// Pause between two rounds of asking while too few ledgers answer.
const ASK_AGAIN: Duration = Duration::from_millis(100);
/// Blocks asked of a ledger at a time: 16 of at most 512 KiB stay below a NATS payload only one by one, so ledgers cut
/// the answer where it is full; this is only the upper bound.
const FETCH: u32 = 16;

/// The verified tail of the chain, with streams put back in order.
pub async fn tail(node: &Node) -> anyhow::Result<Tail> {
    let ledgers = ask_ledgers(node).await?;
    let mut tail = read_stream(node, ledgers.goal.as_ref()).await?;
    if let Some(goal) = &ledgers.goal
        && goal.height > tail.height()
    {
        put_back(node, &goal.client, &mut tail, goal.height).await?;
    }
    tail.learn_time(ledgers.chain_time_s);
    fill_lanes(node, &tail).await?;
    Ok(tail)
}

/// The tail before the first block.
fn start(node: &Node) -> Tail {
    let mut tail = Tail::genesis(Arc::clone(&node.genesis));
    // It holds no block yet, so that none can be wrong.
    let _ = tail.learn_roster(node.standing.current());
    tail
}

struct Asked {
    goal: Option<Goal>,
    chain_time_s: u64,
}

/// The ledger whose blocks are built on.
struct Goal {
    client: LedgerClient,
    /// How far it is.
    height: u64,
    may_be_final: u64,
}

async fn ask_ledgers(node: &Node) -> anyhow::Result<Asked> {
    let cosigners = &node.standing.current().cosigners;
    let clients: Vec<_> = cosigners.iter().map(|(member, _)| LedgerClient::of_member(node, member)).collect();
    let enough = quorum(clients.len());
    let started = tokio::time::Instant::now();
    loop {
        let answers = join_all(clients.iter().map(LedgerClient::status)).await;
        let answered: Vec<_> =
            clients.iter().zip(answers).filter_map(|(client, answer)| Some((client, answer.ok()?))).collect();
        let proven = join_all(answered.iter().map(|(client, status)| proven(node, client, status))).await;
        let serving: Vec<_> = answered.iter().zip(proven).filter(|(_, proven)| *proven).map(|(each, _)| each).collect();
        let patient = started.elapsed() < ALL_LEDGERS_PATIENCE;
        if serving.len() == clients.len() || (serving.len() >= enough && !patient) {
            let agree = agreement(node, &serving).await;
            let chosen = goal::build_on(&agree, &known_final(node, &serving).await, clients.len(), enough);
            let goal = chosen.and_then(|chosen| {
                let (client, status) = serving.get(chosen.answer)?;
                let client = (*client).clone();
                Some(Goal { client, height: status.height, may_be_final: chosen.may_be_final })
            });
            return Ok(Asked {
                goal,
                // The least of what they say: too early a time only repeats a certificate, too late a one would leave
                // true ones out.
                chain_time_s: serving.iter().map(|(_, status)| status.chain_time.seconds()).min().unwrap_or(0),
            });
        }
        if node.stop.is_set() {
            bail!("stopped while waiting for ledgers");
        }
        tokio::time::sleep(ASK_AGAIN).await;
    }
}

/// Whether so many ledgers answer that the chain can be read again at once.
pub async fn can_ask(node: &Node) -> bool {
    let cosigners = &node.standing.current().cosigners;
    let clients: Vec<_> = cosigners.iter().map(|(member, _)| LedgerClient::of_member(node, member)).collect();
    let answers = join_all(clients.iter().map(LedgerClient::status)).await;
    answers.iter().flatten().filter(|status| status.serving).count() >= quorum(clients.len())
}

/// Up to which height each of the ledgers holds what one of them proves to be final.
async fn known_final(node: &Node, answers: &[&(&LedgerClient, Status)]) -> Vec<u64> {
    let proofs = join_all(answers.iter().map(|(client, status)| final_block(node, client, status))).await;
    let best = proofs.into_iter().flatten().max_by_key(|(height, _)| *height);
    let holds = answers.iter().map(|(client, status)| async move {
        let Some((height, block)) = best.filter(|(height, _)| *height <= status.height) else { return 0 };
        if hash_at(node, client, status, height).await == Some(block) { height } else { 0 }
    });
    join_all(holds).await
}

/// The last block that a ledger proves to be final: the last leaf under its certificate. Its word alone could be a lie.
async fn final_block(node: &Node, client: &LedgerClient, status: &Status) -> Option<(u64, Digest)> {
    let certificate = Certificate::parse(status.certificate.as_deref()?)?;
    let Checkpoint { size, root, .. } = &certificate.checkpoint;
    if !start(node).accepts(&certificate) {
        return None;
    }
    let (_, given) = client.leaf(size.checked_sub(1)?, Some(*size)).await.ok()?;
    let hash = leaf_hash(&given.leaf);
    if given.index.checked_add(1)? != *size || !verify_inclusion(&hash, given.index, *size, &given.inclusion, root) {
        return None;
    }
    match Leaf::from_bytes(&given.leaf)? {
        Leaf::Block(block) => Some((block.height, block.block)),
        _ => None,
    }
}

/// Up to which height each two of the ledgers hold the same blocks. Blocks name their previous ones, so the heights at
/// which two ledgers agree have no gap and are searched by halves.
async fn agreement(node: &Node, answers: &[&(&LedgerClient, Status)]) -> Vec<Vec<u64>> {
    let mut agree = Vec::with_capacity(answers.len());
    for (one, first) in answers {
        let mut row = Vec::with_capacity(answers.len());
        for (other, second) in answers {
            let (mut same, mut open) = (0, first.height.min(second.height));
            if first.block == second.block {
                same = open;
            }
            // Looked at first where nearly all agree: the lower one's end.
            let mut at = open;
            while same < open {
                let (left, right) = futures::join!(hash_at(node, one, first, at), hash_at(node, other, second, at));
                if left.is_some() && left == right {
                    same = at
                } else {
                    open = at - 1
                }
                at = same + (open - same).div_ceil(2);
            }
            row.push(same);
        }
        agree.push(row);
    }
    agree
}

/// The hash of a ledger's block at a height, which it has by its own word.
async fn hash_at(node: &Node, client: &LedgerClient, status: &Status, height: u64) -> Option<Digest> {
    if height == status.height {
        return Some(status.block);
    }
    let blocks = client.fetch_blocks(height, 1).await.ok()?;
    let block = start(node).check_alone(blocks.first()?).ok()?;
    (block.header.height == height).then(|| block.hash())
}

/// Whether a ledger is where it says: it gives the block of that height and hash, signed by a sealer of this chain. A
/// ledger that claims more than it has would otherwise keep every sealer looking for blocks that never were.
async fn proven(node: &Node, client: &LedgerClient, status: &Status) -> bool {
    if !status.serving || status.height == 0 {
        return status.serving;
    }
    let Ok(blocks) = client.fetch_blocks(status.height, 1).await else { return false };
    let block = blocks.first().and_then(|bytes| start(node).check_alone(bytes).ok());
    block.is_some_and(|block| block.header.height == status.height && block.hash() == status.block)
}

/// Reads the stream from the last block in it that the ledger built on also holds. Starting from a ledger's word and not
/// from the stream's end keeps a forged block at the end from being taken for the tail. What stands in the place of a
/// lost block that may be final is not the chain, and nothing behind it is: it is put right behind all that.
async fn read_stream(node: &Node, goal: Option<&Goal>) -> anyhow::Result<Tail> {
    let stream = wire::subject::block_stream(&node.genesis.chain);
    let state = node.bus.stream_state(&stream.name).await?;
    let mut tail = start(node);
    tail.sequence = state.first.saturating_sub(1);
    if let Some(goal) = goal.filter(|goal| goal.height > 0) {
        for sequence in (state.first..=state.last).rev() {
            let Some(message) = node.bus.message(&stream.name, sequence).await? else { continue };
            let Ok(block) = tail.check_alone(&message.payload) else { continue };
            if block.header.height > goal.height {
                continue;
            }
            let held = goal.client.fetch_blocks(block.header.height, 1).await?;
            if held.first().is_some_and(|held| held[..] == message.payload[..]) {
                tail.stand(&block);
                tail.sequence = sequence;
                break;
            }
        }
    }
    if goal.is_some_and(|goal| tail.height() < goal.may_be_final) {
        tail.sequence = state.last;
    }
    for sequence in tail.sequence + 1..=state.last {
        match node.bus.message(&stream.name, sequence).await? {
            Some(message) => drop(tail.hear(sequence, &message.payload)),
            None => tail.sequence = sequence,
        }
    }
    Ok(tail)
}

async fn put_back(node: &Node, client: &LedgerClient, tail: &mut Tail, height: u64) -> anyhow::Result<()> {
    let stream = wire::subject::block_stream(&node.genesis.chain);
    warn!(chain = %node.genesis.chain, from = tail.height() + 1, to = height, "the block stream ends below what ledgers hold; putting blocks back");
    while tail.height() < height {
        let blocks = client.fetch_blocks(tail.height() + 1, FETCH).await?;
        if blocks.is_empty() {
            bail!("a ledger at height {height} gave no block {}", tail.height() + 1);
        }
        for bytes in blocks {
            // A ledger's word alone must not become the tail: what it gives is checked like a message of the stream.
            let block =
                tail.check(&bytes).map_err(|why| anyhow::anyhow!("a ledger gave no block that follows: {why}"))?;
            let expect = Publish { expect_last: Some(tail.sequence), ..Publish::default() };
            match node
                .bus
                .publish(&wire::subject::blocks(&node.genesis.chain), Bytes::from(bytes.clone()), expect)
                .await
            {
                Ok(sequence) => {
                    tail.stand(&block);
                    tail.sequence = sequence;
                }
                // Another sealer is putting the same blocks back: start again from what it wrote.
                Err(PublishError::WrongSequence) => bail!("another sealer wrote to {}", stream.name),
                Err(error) => return Err(error).context("putting a block back"),
            }
        }
    }
    Ok(())
}

async fn fill_lanes(node: &Node, tail: &Tail) -> anyhow::Result<()> {
    for (lane, cursor) in Lane::ALL.into_iter().zip(tail.cursors()) {
        let stream = wire::subject::intake_stream(lane, &node.genesis.chain);
        let mut last = node.bus.stream_state(&stream.name).await?.last;
        if last < cursor {
            info!(chain = %node.genesis.chain, lane = lane.name(), last, cursor, "a lane ends below its cursor; filling it");
        }
        while last < cursor {
            let expect = Publish { expect_last: Some(last), ..Publish::default() };
            let subject = wire::subject::intake(lane, &node.genesis.chain);
            last = match node.bus.publish(&subject, Bytes::new(), expect).await {
                Ok(sequence) => sequence,
                Err(PublishError::WrongSequence) => node.bus.stream_state(&stream.name).await?.last,
                Err(error) => return Err(error).context("filling a lane"),
            };
        }
    }
    Ok(())
}
