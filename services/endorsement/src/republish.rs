//! Every bundle is sent again until a block has it: an intake stream may lose what it acknowledged, a register never.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::time::Duration;

use actix::Addr;
use domain::chain::Lane;
use domain::record::BundleRecord;
use host::ledger::LedgerClient;
use host::node::Node;
use proof::block::Block;
use proof::digest::Digest;
use proof::sign::PublicKey;
use tracing::info;

use crate::admission::send;
use crate::register::{Forget, Ready, Register, Unsealed};

/// Between two looks. A sealed bundle is executed within milliseconds, so what two looks in a row find unsealed is
/// probably lost; a repeat that was not needed is dropped by the stream or by the ledgers.
const LOOK: Duration = Duration::from_secs(2);

/// Copies of one bundle sent at a look, at most: while sealers fill a lane, a new one may come in below the cursor too.
const COPIES: usize = 4;

/// Looks until the node stops.
pub(crate) async fn run(node: Node, register: Addr<Register>) {
    let ledger = LedgerClient::new(&node);
    // A process that was killed may have journalled bundles that it never published: at the start all are suspect.
    let mut suspects = [u64::MAX; 3];
    while !node.stop.is_set() {
        for (lane, suspect) in Lane::ALL.into_iter().zip(&mut suspects) {
            match look(&node, &register, &ledger, lane, *suspect).await {
                Ok(newest) => *suspect = newest,
                Err(fault) => {
                    info!(chain = %node.genesis.chain, lane = lane.name(), "bundles not looked after this time: {fault:#}")
                }
            }
        }
        tokio::select! {
            () = node.stop.wait() => {}
            () = tokio::time::sleep(LOOK) => {}
        }
    }
}

/// Forgets what is sealed, sends again what was unsealed at the last look too (numbers up to `suspect`), and gives the
/// newest unsealed number.
async fn look(
    node: &Node,
    register: &Addr<Register>,
    ledger: &LedgerClient,
    lane: Lane,
    suspect: u64,
) -> anyhow::Result<u64> {
    let unsealed = register.send(Unsealed(lane)).await??;
    if unsealed.is_empty() {
        return Ok(0);
    }
    // Before the record is read: what it does not have then, no block up to this cursor has taken.
    let cursor = if suspect == 0 { 0 } else { cursor(ledger, lane).await? };
    let mut records: BTreeMap<PublicKey, Option<BundleRecord>> = BTreeMap::new();
    for ready in &unsealed {
        if let Entry::Vacant(place) = records.entry(ready.endorser) {
            place.insert(ledger.record(&domain::keys::bundle(&ready.endorser, lane)).await?);
        }
    }
    let roster = node.standing.current();
    let done = |ready: &Ready| {
        let record = records.get(&ready.endorser).and_then(Option::as_ref);
        let sealed = record.is_some_and(|record| ready.number < record.next && !record.holes.contains(&ready.number));
        // Ledgers refuse what a key signed that counts no more; the authors' outboxes send those events again.
        sealed || roster.ended(&ready.endorser)
    };
    let (done, open): (Vec<_>, Vec<_>) = unsealed.into_iter().partition(done);
    if !done.is_empty() {
        register.send(Forget(done)).await??;
    }
    // Two keys' numbers overlap for as long as both count: some are then looked at one time early.
    for ready in open.iter().filter(|ready| ready.number <= suspect) {
        info!(chain = %node.genesis.chain, lane = lane.name(), number = ready.number, "sending a bundle again");
        again(node, ready, cursor).await.map_err(anyhow::Error::msg)?;
    }
    Ok(open.iter().map(|ready| ready.number).max().unwrap_or(0))
}

/// Sends a bundle again. A copy that the stream has, but at or below the cursor, is in no block and never will be: it came
/// in when the lane had lost its tail and was not filled yet. Then another goes out that the stream does not know.
async fn again(node: &Node, ready: &Ready, cursor: u64) -> Result<(), String> {
    let mut id = Digest::of(&ready.signed);
    for _ in 0..COPIES {
        let sequence = send(node, ready, id).await?;
        if sequence > cursor {
            break;
        }
        id = Digest::of_parts(&[id.as_bytes(), &sequence.to_be_bytes()]);
    }
    Ok(())
}

/// The last intake sequence of a lane that the ledger's newest block took.
async fn cursor(ledger: &LedgerClient, lane: Lane) -> anyhow::Result<u64> {
    let height = ledger.status().await?.height;
    let Some(newest) = ledger.fetch_blocks(height, 1).await?.pop() else { return Ok(0) };
    let block = Block::from_bytes(&newest)?;
    Ok(block.header.lanes.get(lane.index()).map_or(0, |range| range.last))
}
