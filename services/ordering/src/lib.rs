//! Bundles become hash-linked blocks here.
//!
//! A sealer reads the end of the block stream, takes what waits in the three intake lanes, and publishes the next block
//! fenced by the stream's last sequence. Several sealers may run; there is no leader, lease or local state: what a
//! sealer knows it reads again after every doubt. It is not the record (ledgers are) and executes nothing.
//!
//! `goal`, `lane`, `said` and `tail` are pure, and public for the simulator; `recovery` finds out where the chain really
//! stands after lost stream data; `sealer` is the loop, and `bench` what it knows.

mod bench;
pub mod goal;
pub mod lane;
mod recovery;
pub mod said;
mod sealer;
pub mod tail;

use host::node::Node;

/// A running sealer. It ends with its node's stop.
#[derive(Clone, Debug)]
pub struct Desk {
    ready: tokio::sync::watch::Receiver<bool>,
}

impl Desk {
    /// Whether the sealer knows where the chain stands and may seal.
    pub fn is_ready(&self) -> bool {
        *self.ready.borrow()
    }
}

/// Starts the sealer of a management member. The streams are made when they do not exist.
pub async fn start(node: Node) -> anyhow::Result<Desk> {
    let (told, ready) = tokio::sync::watch::channel(false);
    let sealer = sealer::Sealer::new(node, told).await?;
    tokio::spawn(sealer.run());
    Ok(Desk { ready })
}
