//! What a chain on stage shows its parent: certificates, summaries, anchors, signed events.

use proof::checkpoint::{Certificate, Checkpoint, cosign, origin};
use proof::leaf::{Leaf, SummaryLeaf};
use proof::merkle;
use proof::sign::{Domain, SecretKey, Signed};

use super::Stage;
use crate::act::Submitted;
use crate::event::{Anchor, Fact, ProvenLeaf};
use crate::genesis::{KeyClass, quorum};
use crate::query;
use crate::refusal::Code;

impl Stage {
    pub fn certificate(&self) -> Certificate {
        self.certificate_by(quorum(4))
    }

    /// The checkpoint of the whole log, cosigned by the first `q` cosigners.
    pub fn certificate_by(&self, q: usize) -> Certificate {
        let names = ["health", "cdc", "hospital", "airport"].into_iter().take(q);
        let signers = names.map(|name| (name, self.secret(name, KeyClass::Cosigner))).collect::<Vec<_>>();
        self.certificate_at(self.size(), &signers)
    }

    /// The checkpoint of a size, cosigned by these members with these keys.
    pub fn certificate_at(&self, size: u64, signers: &[(&str, SecretKey)]) -> Certificate {
        let log = origin(self.genesis.chain.as_str(), &self.genesis.chain_id);
        let checkpoint = Checkpoint { origin: log, size, root: merkle::root_at(self, size).unwrap() };
        let sign = |(name, key): &(&str, SecretKey)| {
            cosign(key, &format!("{name}.{}", self.genesis.chain), &checkpoint, self.now.seconds())
        };
        Certificate { cosignatures: signers.iter().map(sign).collect(), checkpoint }
    }

    /// Leaves of the log that `wanted` finds, proven in the checkpoint of a size.
    pub fn proven(&self, size: u64, wanted: impl Fn(&Leaf) -> bool) -> Vec<ProvenLeaf> {
        let proven = |(index, leaf): (u64, &Leaf)| ProvenLeaf {
            leaf: leaf.to_bytes(),
            index,
            inclusion: merkle::inclusion(self, index, size).unwrap(),
        };
        (0..size).zip(&self.log).filter(|(_, leaf)| wanted(leaf)).map(proven).collect()
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
        self.anchor_by(self.certificate(), from_size, from_summary)
    }

    /// The same by this certificate, which may be of a smaller size than `from_size`.
    pub fn anchor_by(&self, certificate: Certificate, from_size: u64, from_summary: u64) -> Anchor {
        let size = certificate.checkpoint.size;
        Anchor {
            child: self.genesis.chain.to_string(),
            checkpoint: certificate.text(),
            consistency: merkle::consistency(self, from_size.min(size), from_size.max(size)).unwrap(),
            leaves: self.proven(size, |leaf| matches!(leaf, Leaf::Summary(leaf) if leaf.number > from_summary)),
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
