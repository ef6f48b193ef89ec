//! What happens to a house that is running: a member joins a chain, or a chain goes dark.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use domain::chain::ChainPath;
use domain::genesis::Member;
use host::front::Front;
use host::keys::KeyRing;

use super::{House, Room, door, staff};

/// How long it may take until an admission is heard of: a look of the standing, and a busy machine.
const ADMITTED: Duration = Duration::from_secs(10);

impl House {
    /// Starts the services of a member that the chain admitted, behind a door of their own: whoever joins brings its own
    /// processes. Returns where that door listens.
    pub async fn join(&mut self, chain: &ChainPath, member: &Member, keys: Arc<KeyRing>) -> anyhow::Result<SocketAddr> {
        let site = self.sites.get(chain).context("no such chain")?.clone();
        // Its tokens and events are believed by who has heard of it.
        let mut standing = site.standing.clone();
        let admitted = async { while standing.changed().await.member(&member.id).is_none() {} };
        if site.standing.current().member(&member.id).is_none() {
            tokio::time::timeout(ADMITTED, admitted).await.context("the chain knows no such member")?;
        }
        let node = site.node(&member.id, keys, &self.clock, &self.data);
        let mut ledgers = BTreeMap::new();
        if member.cosigner {
            let desk = ledger::start(node.below("ledger"), site.parent.clone()).await?;
            self.ledgers.entry(chain.clone()).or_default().insert(member.id.clone(), desk.clone());
            ledgers.insert(member.id.clone(), desk);
        }
        let outbox = staff(&node, member.node_role, site.parent.clone()).await?;
        let front = Front::new(site.standing.clone(), self.clock.clone()).with(&node, outbox);
        let room = Room {
            genesis: Arc::clone(&node.genesis),
            standing: site.standing,
            speaker: node,
            front,
            ledgers,
            departments: None,
        };
        let ip = self.door.addr().ip();
        let annex = door(&self.clock, &[room], &self.alerts).serve(SocketAddr::new(ip, 0)).await?;
        let address = annex.addr();
        self.annexes.push(annex);
        Ok(address)
    }

    /// Ends every service of a chain; the others go on.
    pub fn hush(&mut self, chain: &ChainPath) {
        if let Some(site) = self.sites.get(chain) {
            site.stop.set();
        }
        self.ledgers.remove(chain);
    }
}
