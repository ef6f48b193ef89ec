//! Each cosigner's own copy of the log lives here.
//!
//! A ledger follows the block stream, executes every block by the rules, makes it durable, and only then cosigns the
//! log's checkpoint; q cosigners together make it final. It serves the log, the state, proofs, dry runs and alerts over
//! the bus and REST, and carries what is final to the parent chain.
//!
//! `core` is pure of network and clock; `chain`, `follow` and `finality` are pure altogether, and public for the
//! simulator. `worker` is the thread that blocks on fsync, `feed`, `notes`, `serve` and `relay` are the tasks around it,
//! `keeper` opens, checks and repairs. It is not the
//! one who orders (`ordering`) or judges form (`endorsement`), and it believes neither.

mod api;
pub mod audit;
pub mod chain;
mod core;
mod desk;
mod feed;
pub mod finality;
pub mod follow;
mod keeper;
#[cfg(test)]
mod live;
mod notes;
mod peers;
mod progress;
mod proofs;
mod reader;
mod relay;
#[cfg(test)]
mod rig;
mod serve;
mod worker;

use std::sync::Arc;

use anyhow::Context;
use domain::genesis::{Genesis, KeyClass};
use host::node::Node;
use tokio::sync::watch;
use wire::subject;

pub use api::{openapi, routes};
pub use desk::Desk;

use crate::chain::Chain;
use crate::keeper::Keeper;
use crate::relay::Relay;

/// Starts a member's ledger of a chain: it checks its store, then follows and serves until the node's stop. A cosigner
/// with a relay key also carries anchors to the parent, whose genesis is given then.
pub async fn start(node: Node, parent: Option<Arc<Genesis>>) -> anyhow::Result<Desk> {
    let chain = Arc::new(Chain::new(Arc::clone(&node.genesis)));
    for spec in [subject::block_stream(chain.path()), subject::cosign_stream(chain.path())] {
        node.bus.ensure_stream(&spec).await.with_context(|| format!("the stream {}", spec.name))?;
    }
    let (open, seen) = watch::channel(None);
    let desk = Desk { node: node.clone(), chain: Arc::clone(&chain), parent: parent.clone(), open: seen };
    let serving = serve::serve(desk.clone()).await.context("the ledger's request subject")?;
    tokio::spawn(Keeper { node: node.clone(), chain: Arc::clone(&chain), open, serving }.run());
    let place = chain.members.iter().position(|member| *member == node.member);
    if let (Some(parent), Some(place), Some(key)) = (parent, place, node.keys.secret(KeyClass::Relay)) {
        let relay = Relay {
            desk: desk.clone(),
            ledgers: peers::ledgers(&node, &parent, place),
            parent,
            key: key.clone(),
            place: u64::try_from(place)?,
            relays: u64::try_from(chain.members.len())?,
        };
        tokio::spawn(relay.run());
    }
    Ok(desk)
}
