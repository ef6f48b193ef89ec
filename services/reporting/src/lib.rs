//! Sentinels report here.
//!
//! A report comes as JSON or CSV from a member this service holds the author key of, or as finished signed bytes from a
//! member that keeps its own. Either way it goes into an outbox that forgets it only when it is final. The service judges
//! nothing: what is wrong in form is answered at once, the rest by the chain.

mod api;
mod csv;

use host::front::Front;
use host::ledger::LedgerClient;
use host::node::Node;

pub use api::{openapi, routes};

/// The reporting desk of one chain.
pub struct Desk {
    front: Front,
    ledger: LedgerClient,
}

/// Opens the desk. `front` holds the members it signs for.
pub fn start(node: &Node, front: Front) -> Desk {
    Desk { front, ledger: LedgerClient::new(node) }
}
