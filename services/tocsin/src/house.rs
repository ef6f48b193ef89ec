//! Every service of every member of a cast in one process, beside one nats-server: the same actors that `tocsin run`
//! starts one by one.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use alerts::cap::Status;
use anyhow::Context;
use bus::Bus;
use domain::chain::{ChainPath, MemberId};
use domain::genesis::{Genesis, Member, NodeRole};
use host::clock::Clock;
use host::front::Front;
use host::keys::KeyRing;
use host::node::Node;
use host::outbox::Outbox;
use host::rest::RunningDoor;
use host::standing::Standing;
use host::stop::Stop;

use crate::demo::cast::{Cast, Troupe};

mod later;
mod routes;

use routes::door;

/// What to open.
pub struct Plan<'a> {
    /// The chains, their members and keys.
    pub cast: &'a Cast,
    /// The nats-server.
    pub nats: &'a str,
    /// Scenario and wall time.
    pub clock: Clock,
    /// Below it every service has a directory of its own.
    pub data: PathBuf,
    /// Where REST listens.
    pub listen: SocketAddr,
    /// What alerts count as outside.
    pub status: Status,
    /// Who endorses automatically, by chain.
    pub automatic: BTreeMap<ChainPath, Vec<MemberId>>,
    /// Early warning, by chain.
    pub warns: BTreeMap<ChainPath, EarlyWarning>,
}

/// Who looks ahead on a chain.
pub struct EarlyWarning {
    /// Who forecasts, assesses and warns.
    pub by: MemberId,
    /// Who computes the assessments again and votes by what it gets.
    pub checked_by: Option<MemberId>,
    /// From which counts on a warning rings at once.
    pub watch: Vec<forecasting::Watch>,
}

/// A running house.
pub struct House {
    /// One door for all chains.
    pub door: RunningDoor,
    /// Each chain's ledgers by member.
    pub ledgers: BTreeMap<ChainPath, BTreeMap<MemberId, ledger::Desk>>,
    /// The early warning that warns, by chain.
    pub outlooks: BTreeMap<ChainPath, forecasting::Desk>,
    /// What was published on the alert feed.
    pub alerts: alerts::Desk,
    sites: BTreeMap<ChainPath, Site>,
    clock: Clock,
    data: PathBuf,
    annexes: Vec<RunningDoor>,
}

/// What the services of one chain share.
#[derive(Clone)]
struct Site {
    bus: Bus,
    standing: Standing,
    parent: Option<Standing>,
    stop: Stop,
}

/// The runtime of every command that starts actors.
pub fn runtime() -> anyhow::Result<actix::SystemRunner> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("starting the runtime")?;
    Ok(actix::System::with_tokio_rt(move || runtime))
}

/// Starts everything; returns when the door is open. Ledgers may still be checking their stores.
pub async fn open(plan: Plan<'_>) -> anyhow::Result<House> {
    let mut sites: BTreeMap<ChainPath, Site> = BTreeMap::new();
    // Ancestors come first, so that a site finds its parent's.
    for (path, troupe) in plan.cast {
        // A connection a chain: a busy city's backlog must not stand before the nation's messages.
        let bus = Bus::connect(plan.nats, &format!("tocsin-{path}")).await?;
        let stop = Stop::new();
        // The house believes its first ledger; all its services share what it says of members and keys.
        let first =
            troupe.genesis.members.iter().find(|member| member.cosigner).context("a chain without cosigners")?;
        let standing = Standing::start(Arc::clone(&troupe.genesis), &first.id, &bus, &stop).await;
        let parent = path.parent().and_then(|parent| sites.get(&parent)).map(|site| site.standing.clone());
        sites.insert(path.clone(), Site { bus, standing, parent, stop });
    }
    let mut rooms = Vec::new();
    for (path, troupe) in plan.cast {
        let site = sites.get(path).context("a chain without a site")?;
        rooms.push(room(&plan, troupe, site).await.with_context(|| format!("opening {path}"))?);
    }
    let speakers = rooms.iter().map(|room| room.speaker.clone()).collect();
    let alerts = alerts::start(speakers, plan.status).await.context("the alert feed")?;
    let door = door(&plan.clock, &rooms, &alerts).serve(plan.listen).await?;
    let outlooks = rooms.iter().filter(|room| plan.warns.contains_key(&room.genesis.chain));
    let outlooks =
        outlooks.filter_map(|room| Some((room.genesis.chain.clone(), room.departments.as_ref()?.forecasting.clone())));
    let outlooks = outlooks.collect();
    let ledgers = rooms.into_iter().map(|room| (room.genesis.chain.clone(), room.ledgers)).collect();
    Ok(House { door, ledgers, outlooks, alerts, sites, clock: plan.clock, data: plan.data, annexes: Vec::new() })
}

impl House {
    /// Ends in order: not ready, the actors (and with them open alert streams, which would hold the door), the door, the
    /// connections.
    pub async fn close(self) -> anyhow::Result<()> {
        let doors = || std::iter::once(&self.door).chain(&self.annexes);
        doors().for_each(RunningDoor::unready);
        self.sites.values().for_each(|site| site.stop.set());
        for door in std::iter::once(self.door).chain(self.annexes) {
            door.stop().await;
        }
        for site in self.sites.into_values() {
            site.bus.drain().await?;
        }
        Ok(())
    }
}

impl Site {
    fn node(&self, member: &str, keys: Arc<KeyRing>, clock: &Clock, data: &Path) -> Node {
        let genesis = self.standing.genesis();
        Node {
            genesis: Arc::clone(genesis),
            standing: self.standing.clone(),
            member: member.to_owned(),
            keys,
            bus: self.bus.clone(),
            clock: clock.clone(),
            data: data.join(genesis.chain.as_str()).join(member),
            stop: self.stop.clone(),
        }
    }
}

/// One chain's services.
struct Room {
    genesis: Arc<Genesis>,
    standing: Standing,
    speaker: Node,
    front: Front,
    ledgers: BTreeMap<MemberId, ledger::Desk>,
    departments: Option<Departments>,
}

/// The department services of a chain where people work: one without children.
struct Departments {
    forecasting: forecasting::Desk,
    medical_resources: medical_resources::Desk,
    materials: materials::Desk,
    public_opinion: public_opinion::Desk,
}

async fn room(plan: &Plan<'_>, troupe: &Troupe, site: &Site) -> anyhow::Result<Room> {
    let genesis = &troupe.genesis;
    let node_of = |member: &Member| -> anyhow::Result<Node> {
        let keys = Arc::clone(troupe.keys.get(&member.id).context("a member without keys")?);
        Ok(site.node(&member.id, keys, &plan.clock, &plan.data))
    };
    let mut ledgers = BTreeMap::new();
    let mut front = Front::new(site.standing.clone(), plan.clock.clone());
    let mut speaker = None;
    let automatic = plan.automatic.get(&genesis.chain).cloned().unwrap_or_default();
    for member in &genesis.members {
        let node = node_of(member)?;
        if member.cosigner {
            let desk = ledger::start(node.below("ledger"), site.parent.clone()).await?;
            ledgers.insert(member.id.clone(), desk);
            speaker.get_or_insert(node.below("alerts"));
        }
    }
    for member in &genesis.members {
        let node = node_of(member)?;
        let outbox = staff(&node, member.node_role, site.parent.clone()).await?;
        if automatic.contains(&member.id) {
            endorsement::judge(node.clone(), outbox.clone());
        }
        front = front.with(&node, outbox);
    }
    let speaker = speaker.context("a chain without cosigners")?;
    let departments = match genesis.children.is_empty() {
        true => Some(departments(plan, &node_of, genesis, &front).await?),
        false => None,
    };
    let (genesis, standing) = (Arc::clone(genesis), site.standing.clone());
    Ok(Room { genesis, standing, speaker, front, ledgers, departments })
}

/// Starts what a member runs beside its ledger: its outbox, what brings the parent's decisions down, and if it manages
/// the chain, admission and a sealer.
async fn staff(node: &Node, role: NodeRole, parent: Option<Standing>) -> anyhow::Result<Outbox> {
    let outbox = Outbox::start(node, parent.clone()).await?;
    if let Some(parent) = parent {
        reporting::descend(node, outbox.clone(), parent);
    }
    if role.manages() {
        ordering::start(node.clone()).await?;
        endorsement::admit(node.below("endorsement"), outbox.clone()).await?;
    }
    Ok(outbox)
}

async fn departments(
    plan: &Plan<'_>,
    node_of: &impl Fn(&Member) -> anyhow::Result<Node>,
    genesis: &Genesis,
    front: &Front,
) -> anyhow::Result<Departments> {
    let first = genesis.members.iter().find(|member| member.cosigner).context("a chain without cosigners")?;
    let warns = plan.warns.get(&genesis.chain);
    // One member runs them all: services ask those of their own member.
    let member = warns.and_then(|warns| genesis.member(&warns.by)).unwrap_or(first);
    let options = forecasting::Options {
        warns: warns.is_some(),
        checks: false,
        watch: warns.map(|warns| warns.watch.clone()).unwrap_or_default(),
    };
    if let Some(checker) = warns.and_then(|warns| genesis.member(warns.checked_by.as_ref()?)) {
        let options = forecasting::Options { checks: true, ..Default::default() };
        // It votes and answers nobody: the door asks the one that warns.
        forecasting::start(node_of(checker)?.below("forecasting"), front.clone(), options).await?;
    }
    let node = node_of(member)?;
    Ok(Departments {
        forecasting: forecasting::start(node.below("forecasting"), front.clone(), options).await?,
        medical_resources: medical_resources::start(node.below("medical-resources"), front.clone()).await?,
        materials: materials::start(node.below("materials"), front.clone(), materials::Options::default()).await?,
        public_opinion: public_opinion::start(node.below("public-opinion"), front.clone()).await?,
    })
}
