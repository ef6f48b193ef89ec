//! The other ledgers one may ask: those of a chain's cosigners.
//!
//! Who they are, the own state says, and what everybody reads (`host::standing`), and at the very beginning the genesis:
//! a ledger that was away for long knows none of today's, and one that starts knows nobody else.

use std::collections::BTreeSet;

use domain::chain::{ChainPath, MemberId};
use host::ledger::LedgerClient;
use host::node::Node;
use host::standing::Standing;
use proof::handover::CosignerSet;

/// One client for each cosigner of our chain but ourselves, by the newest set known here, by the roster, and by genesis.
pub(crate) fn others(node: &Node, set: &CosignerSet) -> Vec<(MemberId, LedgerClient)> {
    let mut found = Vec::<MemberId>::new();
    let suffix = format!(".{}", node.genesis.chain);
    let in_set = set.cosigners.iter().filter_map(|cosigner| cosigner.name.strip_suffix(&suffix)).map(str::to_owned);
    let first = node.genesis.members.iter().filter(|member| member.cosigner).map(|member| member.id.clone());
    let mut seen = BTreeSet::from([node.member.clone()]);
    for member in in_set.chain(in_roster(&node.standing)).chain(first) {
        if seen.insert(member.clone()) {
            found.push(member);
        }
    }
    let client = |member: MemberId| (member.clone(), LedgerClient::of_member(node, &member));
    found.into_iter().map(client).collect()
}

/// The same for another chain, by its roster.
pub(crate) fn of(node: &Node, chain: &ChainPath, standing: &Standing) -> Vec<LedgerClient> {
    in_roster(standing).iter().map(|member| LedgerClient::of_member_at(&node.bus, chain, member)).collect()
}

/// Beginning with number `first`, so that not everybody asks the same one.
pub(crate) fn from<T>(mut ledgers: Vec<T>, first: usize) -> Vec<T> {
    if !ledgers.is_empty() {
        let first = first % ledgers.len();
        ledgers.rotate_left(first);
    }
    ledgers
}

fn in_roster(standing: &Standing) -> Vec<MemberId> {
    standing.current().cosigners.iter().map(|(member, _)| member.clone()).collect()
}
