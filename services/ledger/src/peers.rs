//! The other ledgers one may ask: those of this chain's cosigners, and those of the parent's.

use std::sync::Arc;

use domain::genesis::Genesis;
use host::ledger::LedgerClient;
use host::node::Node;

/// One client for each cosigner of a chain but ourselves, beginning with number `first`, so that not everybody asks the
/// same one.
pub(crate) fn ledgers(node: &Node, genesis: &Arc<Genesis>, first: usize) -> Vec<LedgerClient> {
    let there = Node { genesis: Arc::clone(genesis), ..node.clone() };
    let ours = genesis.chain == node.genesis.chain;
    let cosigners = genesis.members.iter().filter(|member| member.cosigner && !(ours && member.id == node.member));
    let mut clients = cosigners.map(|member| LedgerClient::of_member(&there, &member.id)).collect::<Vec<_>>();
    if !clients.is_empty() {
        let first = first % clients.len();
        clients.rotate_left(first);
    }
    clients
}
