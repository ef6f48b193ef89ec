//! Each cosigner's own copy of the log lives here.
//!
//! A ledger follows the block stream, executes every block by the rules, makes it durable, and only then cosigns the
//! log's checkpoint; q cosigners together make it final. It serves the log, the state, proofs, dry runs and alerts over
//! the bus and REST, and carries what is final to the parent chain.
//!
//! `core` is pure of network and clock; `chain`, `sets`, `follow`, `finality`, `oath` and `starving` are pure altogether,
//! and public for the simulator. `worker` is the thread that blocks on fsync, `cosigner` the one that signs behind its
//! `mark`; `feed`, `notes`, `serve` and `relay` are the tasks around them, `keeper` opens, checks and repairs, `past`
//! finds out what was cosigned before, `warden` votes against sealers that starve a lane. It is not the one who orders
//! (`ordering`) or judges form (`endorsement`), and it believes neither.

mod api;
pub mod audit;
pub mod chain;
mod core;
mod cosigner;
mod desk;
mod feed;
pub mod finality;
pub mod follow;
mod heard;
mod keeper;
#[cfg(test)]
mod live;
mod mark;
mod notes;
pub mod oath;
mod past;
mod peers;
mod progress;
mod proofs;
mod reader;
mod relay;
#[cfg(test)]
mod rig;
mod rollups;
mod serve;
pub mod sets;
pub mod starving;
mod warden;
pub mod witness;
mod worker;

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use anyhow::Context;
use host::node::Node;
use host::standing::Standing;
use tokio::sync::watch;
use wire::subject;

pub use api::{openapi, routes};
pub use core::inputs::{Prepared, prepare_here};
pub use desk::Desk;

use crate::chain::Chain;
use crate::keeper::Keeper;
use crate::relay::Relay;
use crate::witness::office::Office;

/// Starts a member's ledger of a chain: it checks its store, then follows and serves until the node's stop. A cosigner
/// with a relay key also carries anchors to the parent, if it is told who takes part there.
pub async fn start(node: Node, parent: Option<Standing>) -> anyhow::Result<Desk> {
    let chain = Arc::new(Chain::new(Arc::clone(&node.genesis)));
    for spec in [subject::block_stream(chain.path()), subject::cosign_stream(chain.path())] {
        node.bus.ensure_stream(&spec).await.with_context(|| format!("the stream {}", spec.name))?;
    }
    let (open, seen) = watch::channel(None);
    let desk = Desk {
        node: node.clone(),
        chain: Arc::clone(&chain),
        parent: parent.clone(),
        open: seen,
        office: Arc::new(Office::new(node.data.join("witness"), node.clock.clone())),
        witnessed: Arc::default(),
    };
    let serving = serve::serve(desk.clone()).await.context("the ledger's request subject")?;
    tokio::spawn(Keeper { node: node.clone(), chain: Arc::clone(&chain), open, serving }.run());
    if let Some(parent) = parent {
        tokio::spawn(Relay { desk: desk.clone(), parent, turns: AtomicUsize::new(0) }.run());
    }
    Ok(desk)
}
