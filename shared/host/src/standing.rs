//! Who takes part in a chain, as of now: what everybody reads in a service asks here and not in the genesis, so that
//! members, keys and cosigners change while services run.
//!
//! It begins with what the genesis says and follows the ledgers: when `keys::roster()` shows another version it reads the
//! members, keys and cosigner sets again. The own member's ledger is believed by itself; without one, or while it is
//! silent, what n-q+1 cosigners' ledgers say alike, for one of them is honest. It judges nothing: a ledger does, at the
//! height of a block. So it may be late, by `LOOK` and a request.

mod roster;

use std::sync::Arc;
use std::time::Duration;

use bus::Bus;
use domain::genesis::{Genesis, KeyClass, quorum};
use domain::record::RosterRecord;
use futures::future::join_all;
use proof::sign::{ChainId, PublicKey};
use tokio::sync::watch;

use crate::ledger::{LedgerClient, LedgerError};
use crate::stop::Stop;
use crate::token::ClientKeys;
use roster::{MAX_ENTRIES, parts};

pub use roster::Roster;

/// Between two looks: a quarter of the second that a change may take to be noticed everywhere.
const LOOK: Duration = Duration::from_millis(250);
/// The first look may take this long; a chain that is being started has no ledger yet.
const FIRST_LOOK: Duration = Duration::from_secs(3);
/// After a look that found a newer version and nobody to believe.
const DOUBT: Duration = Duration::from_secs(2);

/// Who takes part in one chain. Clones share it.
#[derive(Clone, Debug)]
pub struct Standing {
    genesis: Arc<Genesis>,
    roster: watch::Receiver<Arc<Roster>>,
}

impl Standing {
    /// What the genesis says, for ever: for who has no bus.
    pub fn of(genesis: Arc<Genesis>) -> Self {
        Standing::told(genesis).0
    }

    fn told(genesis: Arc<Genesis>) -> (Self, watch::Sender<Arc<Roster>>) {
        let (tell, roster) = watch::channel(Arc::new(Roster::of(&genesis)));
        (Standing { genesis, roster }, tell)
    }

    /// Looks once, then follows until the end. `member` is whose ledger is believed by itself, if it has one there.
    pub async fn start(genesis: Arc<Genesis>, member: &str, bus: &Bus, stop: &Stop) -> Self {
        let (mut standing, tell) = Standing::told(genesis);
        let hint = LedgerClient::of_chain(bus, member, standing.clone());
        let mut follower =
            Follower { standing: standing.clone(), tell, bus: bus.clone(), member: member.to_owned(), hint };
        if tokio::time::timeout(FIRST_LOOK, follower.look()).await.is_err() {
            tracing::debug!(chain = %standing.genesis.chain, "no ledger told who takes part; it is as in the genesis");
        }
        standing.roster.mark_unchanged();
        let stop = stop.clone();
        tokio::spawn(async move {
            tokio::select! {
                () = stop.wait() => {}
                () = follower.run() => {}
            }
        });
        standing
    }

    /// The chain's genesis.
    pub fn genesis(&self) -> &Arc<Genesis> {
        &self.genesis
    }

    /// Who takes part.
    pub fn current(&self) -> Arc<Roster> {
        self.roster.borrow().clone()
    }

    /// Waits for a newer roster than there was at the start or than this gave last; for ever where nobody follows.
    pub async fn changed(&mut self) -> Arc<Roster> {
        match self.roster.changed().await {
            Ok(()) => self.roster.borrow_and_update().clone(),
            Err(_) => std::future::pending().await,
        }
    }
}

/// Two are the same when they are of one chain.
impl PartialEq for Standing {
    fn eq(&self, other: &Self) -> bool {
        self.genesis.chain_id == other.genesis.chain_id
    }
}

impl Eq for Standing {}

impl ClientKeys for Standing {
    fn chain_id(&self) -> ChainId {
        self.genesis.chain_id
    }

    fn keys(&self, member: &str, class: KeyClass) -> Vec<PublicKey> {
        self.current().keys_of(member, class)
    }
}

struct Follower {
    standing: Standing,
    tell: watch::Sender<Arc<Roster>>,
    bus: Bus,
    member: String,
    /// Tells that there may be something new; it is not believed.
    hint: LedgerClient,
}

impl Follower {
    async fn run(mut self) {
        loop {
            let pause = if self.look().await { LOOK } else { DOUBT };
            tokio::time::sleep(pause).await;
        }
    }

    /// Looks whether the chain's roster is another one, and learns it; false when it could not.
    async fn look(&mut self) -> bool {
        let known = self.standing.current();
        let hinted = match version(&self.hint).await {
            Ok(hinted) => hinted,
            Err(error) => {
                tracing::debug!(%error, chain = %known.chain, "nobody tells who takes part");
                return true;
            }
        };
        let (height, version) = hinted;
        if version > known.version {
            let Some(read) = self.read().await.filter(|read| read.version > known.version) else { return false };
            tracing::info!(chain = %known.chain, version = read.version, height = read.height, "members or keys changed");
            self.tell.send_replace(Arc::new(read));
        } else if known.next_end().is_some_and(|end| end <= height) {
            // A key ended by itself; nothing was written.
            self.tell.send_replace(Arc::new(known.at(height)));
        }
        true
    }

    /// The roster as the own ledger says, or as enough others say alike.
    async fn read(&self) -> Option<Roster> {
        let known = self.standing.current();
        let asked = known.cosigners.iter().map(|(member, _)| {
            let client = LedgerClient::of_member_at(&self.bus, &known.chain, member);
            let chain = known.chain.clone();
            async move { read(&client, &chain).await.ok().map(|roster| (member, roster)) }
        });
        let mut read: Vec<_> = join_all(asked).await.into_iter().flatten().collect();
        if let Some(own) = read.iter().position(|(member, _)| **member == self.member) {
            return Some(read.swap_remove(own).1);
        }
        let enough = enough(known.cosigners.len());
        let alike = |roster: &Roster| read.iter().filter(|(_, other)| other.says(roster)).count();
        let newest = read.iter().map(|(_, roster)| roster).filter(|roster| alike(roster) >= enough);
        newest.max_by_key(|roster| (roster.version, std::cmp::Reverse(roster.height))).cloned()
    }
}

/// Whether a roster is of a final block: by the word of the own member's ledger, or of enough others.
pub async fn is_final(bus: &Bus, member: &str, roster: &Roster) -> bool {
    let asked = roster.cosigners.iter().map(|(cosigner, _)| async move {
        let status = LedgerClient::of_member_at(bus, &roster.chain, cosigner).status().await.ok()?;
        Some((cosigner, status.final_height >= roster.height))
    });
    let said: Vec<_> = join_all(asked).await.into_iter().flatten().collect();
    let own = said.iter().find(|(cosigner, _)| *cosigner == member).map(|(_, is_final)| *is_final);
    own.unwrap_or_else(|| said.iter().filter(|(_, is_final)| *is_final).count() >= enough(roster.cosigners.len()))
}

/// So many cosigners hold an honest one.
fn enough(n: usize) -> usize {
    n + 1 - quorum(n).min(n)
}

/// The height of a ledger and the version of its roster.
async fn version(ledger: &LedgerClient) -> Result<(u64, u64), LedgerError> {
    let (height, record) = ledger.record_at::<RosterRecord>(&domain::keys::roster()).await?;
    Ok((height, record.map_or(0, |record| record.version)))
}

/// A ledger's roster, of one version: it is read page by page, and blocks are executed meanwhile.
async fn read(ledger: &LedgerClient, chain: &domain::chain::ChainPath) -> Result<Roster, LedgerError> {
    let (height, before) = version(ledger).await?;
    let mut entries = Vec::new();
    for (from, to) in parts() {
        entries.extend(ledger.entries(from, to, MAX_ENTRIES).await?);
    }
    let read = Roster::from_entries(chain, height, entries).map_err(|fault| LedgerError::Silent(fault.to_string()))?;
    match version(ledger).await? {
        (_, after) if after == before && read.version == before => Ok(read),
        _ => Err(LedgerError::Silent("its members changed while they were read".to_owned())),
    }
}

#[cfg(test)]
mod tests;
