//! What a service of one member on one chain is started with.

use std::path::PathBuf;
use std::sync::Arc;

use bus::Bus;
use domain::chain::MemberId;
use domain::genesis::{Genesis, KeyClass};
use proof::sign::SecretKey;

use crate::clock::Clock;
use crate::keys::KeyRing;
use crate::standing::Standing;
use crate::stop::Stop;

/// One member on one chain. Clones share everything.
#[derive(Clone)]
pub struct Node {
    /// The chain.
    pub genesis: Arc<Genesis>,
    /// Who takes part in it now.
    pub standing: Standing,
    /// Who runs this.
    pub member: MemberId,
    /// The member's private keys, as far as this process has them.
    pub keys: Arc<KeyRing>,
    /// How messages move.
    pub bus: Bus,
    /// Scenario and wall time.
    pub clock: Clock,
    /// A directory of this service alone: stores lock it.
    pub data: PathBuf,
    /// The end.
    pub stop: Stop,
}

impl Node {
    /// The member's key of a class to sign with now; none when the chain lets none of those here count.
    pub fn key(&self, class: KeyClass) -> Option<SecretKey> {
        self.keys.active(class, &self.standing.current())
    }

    /// The same node with a directory below this one's, for a part with a store of its own.
    pub fn below(&self, name: &str) -> Node {
        Node { data: self.data.join(name), ..self.clone() }
    }
}
