//! Departments hear of final warnings here.
//!
//! For each chain a follower publishes final alerts, by their number, into the platform's one alert stream; a board, fed
//! from that stream alone, answers REST and the live feed (SSE). Alerts leave as CloudEvents over NATS, as server-sent
//! events, and as CAP 1.2. The service decides nothing: which alerts there are is the ledgers' word, and whether one is
//! to be believed is its proof's.
//!
//! `follower` and `place` are the way into the stream, `feed`, `payload` and `board` the way out, `api`, `sse`, `cap` and
//! `asyncapi` what the world sees. Limits stand beside the constants that hold them.

mod api;
mod asyncapi;
mod board;
pub mod cap;
mod desk;
mod feed;
mod follower;
mod payload;
mod place;
mod sse;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64};

use actix::{Actor as _, Arbiter};
use anyhow::Context as _;
use host::ledger::LedgerClient;
use host::node::Node;
use tokio::sync::watch;

pub use api::{openapi, routes};
pub use desk::{Desk, Published};

use crate::board::Board;
use crate::follower::Follower;
use crate::place::Places;

/// What the parts tell each other beside messages.
#[derive(Clone)]
pub(crate) struct Signals {
    /// The board holds what the stream held when it was opened.
    pub(crate) ready: Arc<AtomicBool>,
    /// Publishes acknowledged since the start.
    pub(crate) published: Arc<AtomicU64>,
    /// Counts how often the stream lost messages.
    pub(crate) lost: Arc<watch::Sender<u64>>,
}

/// Follows each node's chain and serves the alerts of all until the nodes' stop. The nodes share a bus and a stop; the
/// first one's directory holds the store. `status` is what a CAP document says of this deployment. Needs a running actix
/// `System`.
pub async fn start(nodes: Vec<Node>, status: cap::Status) -> anyhow::Result<Desk> {
    let first = nodes.first().cloned().context("the alerts service has no chain to follow")?;
    let spec = wire::subject::alert_stream();
    first.bus.ensure_stream(&spec).await.with_context(|| format!("the stream {}", spec.name))?;
    let places = Arc::new(Places::open(&first.data.join("alerts"))?);
    let signals = Signals { ready: Arc::default(), published: Arc::default(), lost: Arc::new(watch::Sender::new(0)) };
    // A thread of its own: it never waits, and a full feed must not delay the runtime's other work.
    let arbiter = Arbiter::new();
    let board = Board::start_in_arbiter(&arbiter.handle(), |_| Board::default());
    let chains = nodes.iter().map(|node| node.genesis.chain.clone()).collect();
    for node in nodes {
        let ledger = LedgerClient::new(&node);
        let follower = Follower { node, ledger, places: Arc::clone(&places), signals: signals.clone() };
        tokio::spawn(follower.run());
    }
    let feed = feed::run(first.clone(), board.clone(), signals.clone());
    tokio::spawn(async move {
        feed.await;
        arbiter.stop();
    });
    Ok(Desk { bus: first.bus, stop: first.stop, board, signals, status, chains })
}
