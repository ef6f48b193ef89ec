//! Words of an audit's findings.

use domain::chain::{ChainPath, MemberId};
use domain::refusal::Code;
use proof::checkpoint::{Certificate, Cosigner};
use proof::leaf::{Leaf, OK};

/// The members whose cosignatures a certificate carries.
pub(super) fn signers(certificate: &Certificate, chain: &ChainPath) -> Vec<MemberId> {
    certificate.cosignatures.iter().map(|one| member(&one.name, chain)).collect()
}

/// The members behind cosigners.
pub(super) fn members(cosigners: &[Cosigner], chain: &ChainPath) -> Vec<MemberId> {
    cosigners.iter().map(|one| member(&one.name, chain)).collect()
}

/// Cosigners are called `<member>.<chain path>`.
fn member(name: &str, chain: &ChainPath) -> MemberId {
    let member = name.strip_suffix(chain.as_str()).and_then(|name| name.strip_suffix('.'));
    member.unwrap_or(name).to_owned()
}

/// How the leaf of the log and the one that the rules give differ.
pub(super) fn differ(log: Option<&Leaf>, rules: &Leaf, index: u64) -> String {
    match (log, rules) {
        (Some(Leaf::Block(log)), Leaf::Block(rules)) if log.block == rules.block && log.state != rules.state => {
            format!("leaf {index} vouches for the state {}, where the rules give {}", log.state, rules.state)
        }
        (Some(log), rules) => format!("leaf {index} is {}, where the rules give {}", name(log), name(rules)),
        (None, rules) => format!("leaf {index} is no leaf, where the rules give {}", name(rules)),
    }
}

fn name(leaf: &Leaf) -> String {
    match leaf {
        Leaf::Event(leaf) => {
            let code = Code::from_number(leaf.code).map_or("an unknown code", Code::text);
            format!("event {} with {}", leaf.event, if leaf.code == OK { "OK" } else { code })
        }
        Leaf::Due(leaf) => format!("the due item {} of event {}", leaf.what, leaf.event),
        Leaf::Summary(leaf) => format!("summary {}", leaf.number),
        Leaf::Cosigners(leaf) => format!("the cosigner set of epoch {}", leaf.epoch),
        Leaf::Decision(leaf) => format!("a decision on event {} of {}", leaf.event, leaf.child),
        Leaf::Rollup(leaf) => format!("the sum of {}", leaf.disease),
        Leaf::Block(leaf) => format!("the end of block {} with hash {}", leaf.height, leaf.block),
    }
}
