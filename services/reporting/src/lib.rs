//! Sentinels report here.
//!
//! A report comes as JSON or CSV from a member this service holds the author key of, or as finished signed bytes from a
//! member that keeps its own. Either way it goes into an outbox that forgets it only when it is final. The service judges
//! nothing: what is wrong in form is answered at once, the rest by the chain. What the parent decides on a report that
//! nobody here decided in time, it brings back (`descend`).

mod api;
mod csv;
mod descend;

use host::front::Front;
use host::ledger::LedgerClient;
use host::node::Node;
use host::outbox::Outbox;
use host::standing::Standing;

pub use api::{openapi, routes};

/// The reporting desk of one chain.
pub struct Desk {
    front: Front,
    ledger: LedgerClient,
}

/// Starts to carry down what the parent decides on this chain's escalated reports, signed by this node's member.
pub fn descend(node: &Node, outbox: Outbox, parent: Standing) {
    tokio::spawn(descend::follow(node.clone(), outbox, parent));
}

/// Opens the desk. `front` holds the members it signs for.
pub fn start(node: &Node, front: Front) -> Desk {
    Desk { front, ledger: LedgerClient::new(node) }
}
