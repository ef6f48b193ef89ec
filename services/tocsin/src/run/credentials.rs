//! `tocsin run credentials`: who may connect to the nats-server follows who is a member, by the chain's final state.
//!
//! It writes the file of users that the server's configuration includes and asks the server to read it again; that ends
//! the connections of whoever is gone and disturbs nobody else. A member's user is its client key, so nothing secret is
//! written or handed out. It also makes the chain's streams, which members may not.
//!
//! It decides nothing; while it does not run, nobody is let in or shut out. What it believes is what [`Standing`] believes,
//! once that is final. Ledgers that are shut out can't tell who is a member, so a file that names members is left as it is
//! until they do; only one that names nobody is filled from the genesis.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use bus::Bus;
use bus::server::{MemberUser, UsersFile, reload};
use domain::chain::Lane;
use domain::genesis::KeyClass;
use host::node::Node;
use host::standing::{self, Roster, Standing};
use serde::Deserialize;
use tokio::sync::watch;
use tracing::{info, warn};
use wire::subject::{self, rights};

/// Between two looks at what is not told: whether a change is final, whether the streams are there, and another try after
/// a fault. An expelled member is gone within it and the time to finality.
const LOOK: Duration = Duration::from_millis(500);
/// Between two looks whether the streams are there: a server that lost its disk needs them made again.
const STREAMS_LOOK: Duration = Duration::from_secs(10);

/// The table `credentials` of the configuration.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Options {
    /// The file that the server's configuration includes.
    users: PathBuf,
    /// The server's pid file; the server must be visible from here and run under our user.
    pid: PathBuf,
    /// Genesis files of further chains on the same server.
    #[serde(default)]
    pub(super) also: Vec<PathBuf>,
}

/// Follows until the node stops; tells whether the server knows what the chains say.
pub(super) async fn start(node: &Node, others: Vec<Standing>, options: Options) -> watch::Receiver<bool> {
    let (ready, told) = watch::channel(false);
    let file = UsersFile::at(&options.users);
    let begins = file.names_nobody();
    let followed =
        |standing: Standing| Followed { known: begins.then(|| Arc::new(Roster::of(standing.genesis()))), standing };
    let desk = Desk {
        bus: node.bus.clone(),
        member: node.member.clone(),
        file,
        pid: options.pid,
        chains: std::iter::once(node.standing.clone()).chain(others).map(followed).collect(),
        told: false,
    };
    let stop = node.stop.clone();
    tokio::spawn(async move {
        tokio::select! {
            () = stop.wait() => {}
            () = desk.run(ready) => {}
        }
    });
    told
}

/// A chain and what of it is final.
struct Followed {
    standing: Standing,
    /// Whom the server is to know.
    known: Option<Arc<Roster>>,
}

struct Desk {
    bus: Bus,
    member: String,
    file: UsersFile,
    pid: PathBuf,
    chains: Vec<Followed>,
    /// The server was told what the file says.
    told: bool,
}

impl Desk {
    async fn run(mut self, ready: watch::Sender<bool>) {
        let mut streams_at = tokio::time::Instant::now();
        loop {
            if tokio::time::Instant::now() >= streams_at {
                self.streams().await;
                streams_at = tokio::time::Instant::now() + STREAMS_LOOK;
            }
            self.learn().await;
            match self.tell() {
                Ok(told) => drop(ready.send_replace(told)),
                Err(error) => {
                    ready.send_replace(false);
                    warn!("the nats-server was not told who may connect: {error:#}");
                }
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Takes over what has become final.
    async fn learn(&mut self) {
        for chain in &mut self.chains {
            let current = chain.standing.current();
            let news = chain.known.as_ref().is_none_or(|known| !Arc::ptr_eq(known, &current));
            if news && standing::is_final(&self.bus, &self.member, &current).await {
                chain.known = Some(current);
            }
        }
    }

    /// Writes the file if it must say something else, and tells the server what it was not told; whether every chain was
    /// heard.
    fn tell(&mut self) -> anyhow::Result<bool> {
        let known: Option<Vec<_>> = self.chains.iter().map(|chain| chain.known.as_deref()).collect();
        let Some(known) = known else { return Ok(false) };
        let users: Vec<_> = known.into_iter().flat_map(users).collect();
        if self.file.write(&users).context("writing the file of users")? {
            self.told = false;
        }
        if !self.told {
            reload(&self.pid).with_context(|| format!("signalling the server of {}", self.pid.display()))?;
            info!(users = users.len(), "the nats-server was told who may connect");
            self.told = true;
        }
        Ok(true)
    }

    async fn streams(&self) {
        for chain in &self.chains {
            let path = &chain.standing.genesis().chain;
            let intake = Lane::ALL.map(|lane| subject::intake_stream(lane, path));
            let others = [subject::block_stream(path), subject::cosign_stream(path), subject::alert_stream()];
            for spec in intake.into_iter().chain(others) {
                if let Err(error) = self.bus.ensure_stream(&spec).await {
                    warn!(%error, stream = spec.name, "a stream was not made");
                }
            }
        }
    }
}

/// The users that a roster makes: members that take part, under the client keys that count.
fn users(roster: &Roster) -> Vec<MemberUser> {
    let members = roster.members.values().filter(|member| member.active);
    let user = |member: &domain::record::MemberRecord| {
        let keys = roster.keys_of(&member.id, KeyClass::Client);
        // Who is named a cosigner needs the streams before it counts as one.
        let cosigns = member.cosigner || roster.cosigners.iter().any(|(cosigner, _)| *cosigner == member.id);
        MemberUser {
            name: domain::genesis::cosigner_name(&member.id, &roster.chain),
            keys: keys.into_iter().map(|key| key.0).collect(),
            rights: rights::of_member(&member.id, &roster.chain, member.node_role.manages(), cosigns),
        }
    };
    members.map(user).filter(|user| !user.keys.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_that_ships_is_the_one_without_members() {
        let shipped = include_str!("../../../../deploy/nats-users/users.conf");
        assert_eq!(UsersFile::at("users.conf").text(&[]), shipped);
        let map = include_str!("../../../../k8s/base/nats.yaml");
        let indented: String = shipped.lines().map(|line| format!("    {line}\n")).collect();
        assert!(map.contains(&indented), "k8s/base/nats.yaml ships another one");
    }
}
