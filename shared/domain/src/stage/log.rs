//! What a chain on stage shows its parent: certificates, summaries, anchors, signed events.

use proof::checkpoint::{Certificate, Checkpoint, cosign, origin};
use proof::leaf::{Leaf, SummaryLeaf};
use proof::merkle;
use proof::sign::{Domain, Signed};

use super::Stage;
use crate::event::{Anchor, Fact, ProvenLeaf};
use crate::genesis::{KeyClass, quorum};
use crate::query;
use crate::refusal::Code;
use crate::rule::Submitted;

impl Stage {
    pub fn certificate(&self) -> Certificate {
        self.certificate_by(quorum(4))
    }

    /// The checkpoint of the whole log, cosigned by the first `q` cosigners.
    pub fn certificate_by(&self, q: usize) -> Certificate {
        let log = origin(self.genesis.chain.as_str(), &self.genesis.chain_id);
        let checkpoint = Checkpoint { origin: log, size: self.size(), root: self.frontier.root() };
        let sign = |name: &str| {
            let cosigner = format!("{name}.{}", self.genesis.chain);
            cosign(&self.secret(name, KeyClass::Cosigner), &cosigner, &checkpoint, self.now.seconds())
        };
        let cosignatures = ["health", "cdc", "hospital", "airport"].into_iter().take(q).map(sign).collect();
        Certificate { checkpoint, cosignatures }
    }

    /// Summary leaves in the log with their indexes.
    pub fn summaries(&self) -> Vec<(u64, SummaryLeaf)> {
        let summary = |(index, leaf): (usize, &Leaf)| match leaf {
            Leaf::Summary(summary) => Some((u64::try_from(index).unwrap(), summary.clone())),
            _ => None,
        };
        self.log.iter().enumerate().filter_map(summary).collect()
    }

    /// What a relay carries up, from the last anchored size and summary number.
    pub fn anchor(&self, from_size: u64, from_summary: u64) -> Anchor {
        let wanted = self.summaries().into_iter().filter(|(_, leaf)| leaf.number > from_summary);
        let proven = wanted.map(|(index, leaf)| ProvenLeaf {
            leaf: Leaf::Summary(leaf).to_bytes(),
            index,
            inclusion: merkle::inclusion(self, index, self.size()).unwrap(),
        });
        Anchor {
            child: self.genesis.chain.to_string(),
            checkpoint: self.certificate().text(),
            consistency: merkle::consistency(self, from_size, self.size()).unwrap(),
            leaves: proven.collect(),
        }
    }

    /// An anchor of `child` as an event on this chain, signed by the relay key of the child's member.
    pub fn anchoring(&mut self, child: &Stage, member: &str, anchor: Anchor) -> Submitted {
        let relay = child.secret(member, KeyClass::Relay).public();
        self.event_with("health", Fact::Anchor(anchor), |event| event.author = relay)
    }

    /// Anchors everything new of `child`; the code it was refused with.
    pub fn raise(&mut self, child: &Stage) -> Option<Code> {
        let record = query::child(&self.state, &child.genesis.chain).unwrap().unwrap();
        let event = self.anchoring(child, "health", child.anchor(record.size, record.summary));
        self.code_of(&event)
    }

    /// A signed event of this chain as bytes, for an appeal.
    pub fn signed(&self, member: &str, body: &[u8]) -> Vec<u8> {
        let secret = self.secret(member, KeyClass::Author);
        Signed::seal(&secret, Domain::Event, &self.genesis.chain_id, body.to_vec()).to_bytes()
    }
}
