//! Everything between nodes and streams: messages are lost, repeated, delayed and so overtaken, and nodes are cut off.

use std::collections::BTreeSet;

use crate::world::{Job, Node, World};

/// The network between nodes and streams.
#[derive(Default)]
pub(crate) struct Weather {
    /// Messages lost and repeated, in a thousand.
    pub(crate) drop: u64,
    pub(crate) repeat: u64,
    /// The longest a message is on its way.
    pub(crate) slow_ms: u64,
    /// Nodes without a connection.
    pub(crate) cut: BTreeSet<Node>,
    /// Pairs that do not hear each other.
    pub(crate) apart: BTreeSet<(Node, Node)>,
}

impl World {
    /// Whether a node is up and connected.
    pub(crate) fn hears(&self, node: Node) -> bool {
        !self.down.contains(&node) && !self.weather.cut.contains(&node)
    }

    /// Whether a question from one node to another is answered.
    pub(crate) fn asks(&mut self, from: Node, to: Node) -> bool {
        let lost = self.weather.drop;
        let apart = self.weather.apart.contains(&(from, to));
        self.hears(from) && self.hears(to) && !apart && !self.rng.chance(lost)
    }

    /// Sends a message, which may be lost, delayed and repeated, and so overtaken; `from` is a stream when it is `None`.
    pub(crate) fn send(&mut self, from: Option<Node>, to: Node, job: Job) {
        if from.is_some_and(|from| !self.hears(from) || self.weather.apart.contains(&(from, to))) {
            return;
        }
        self.post(job);
    }

    /// Sends a message from a connected node to a stream.
    pub(crate) fn publish(&mut self, from: Node, job: Job) {
        if self.hears(from) {
            self.post(job);
        }
    }

    fn post(&mut self, job: Job) {
        let (lost, again, slow) = (self.weather.drop, self.weather.repeat, self.weather.slow_ms);
        while !self.rng.chance(lost) {
            let at = self.now + self.rng.between(1, slow);
            self.at(at, job.clone());
            if !self.rng.chance(again) {
                break;
            }
        }
    }
}
