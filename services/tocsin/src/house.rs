//! Every service of every member of a cast in one process, beside one nats-server: the same actors that `tocsin run`
//! starts one by one.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use actix_web::web;
use alerts::cap::Status;
use anyhow::Context;
use bus::Bus;
use domain::chain::{ChainPath, MemberId};
use domain::genesis::{Genesis, Member};
use host::clock::Clock;
use host::front::Front;
use host::node::Node;
use host::outbox::Outbox;
use host::rest::{Desks, Door, RunningDoor};
use host::stop::Stop;

use crate::demo::cast::{Cast, Troupe};

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
    /// Whose early warning warns, by chain, and from which counts on.
    pub warns: BTreeMap<ChainPath, (MemberId, Vec<forecasting::Watch>)>,
}

/// A running house.
pub struct House {
    /// One door for all chains.
    pub door: RunningDoor,
    /// Each chain's ledgers by member.
    pub ledgers: BTreeMap<ChainPath, BTreeMap<MemberId, ledger::Desk>>,
    /// What was published on the alert feed.
    pub alerts: alerts::Desk,
    /// The end.
    pub stop: Stop,
    buses: Vec<Bus>,
}

/// The runtime of every command that starts actors.
pub fn runtime() -> anyhow::Result<actix::SystemRunner> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("starting the runtime")?;
    Ok(actix::System::with_tokio_rt(move || runtime))
}

/// Starts everything; returns when the door is open. Ledgers may still be checking their stores.
pub async fn open(plan: Plan<'_>) -> anyhow::Result<House> {
    let stop = Stop::new();
    let mut rooms = Vec::new();
    let mut buses = Vec::new();
    for (path, troupe) in plan.cast {
        // A connection a chain: a busy city's backlog must not stand before the nation's messages.
        let bus = Bus::connect(plan.nats, &format!("tocsin-{path}")).await?;
        buses.push(bus.clone());
        let parent = path.parent().and_then(|parent| plan.cast.get(&parent)).map(|parent| Arc::clone(&parent.genesis));
        rooms.push(room(&plan, troupe, parent, bus, &stop).await.with_context(|| format!("opening {path}"))?);
    }
    let speakers = rooms.iter().map(|room| room.speaker.clone()).collect();
    let alerts = alerts::start(speakers, plan.status).await.context("the alert feed")?;
    let door = door(&plan, &rooms, &alerts).serve(plan.listen).await?;
    let ledgers = rooms.into_iter().map(|room| (room.genesis.chain.clone(), room.ledgers)).collect();
    Ok(House { door, ledgers, alerts, stop, buses })
}

impl House {
    /// Ends in order: not ready, the actors (and with them open alert streams, which would hold the door), the door, the
    /// connections.
    pub async fn close(self) -> anyhow::Result<()> {
        self.door.unready();
        self.stop.set();
        self.door.stop().await;
        for bus in self.buses {
            bus.drain().await?;
        }
        Ok(())
    }
}

/// One chain's services.
struct Room {
    genesis: Arc<Genesis>,
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

async fn room(
    plan: &Plan<'_>,
    troupe: &Troupe,
    parent: Option<Arc<Genesis>>,
    bus: Bus,
    stop: &Stop,
) -> anyhow::Result<Room> {
    let genesis = &troupe.genesis;
    let node_of = |member: &Member| -> anyhow::Result<Node> {
        Ok(Node {
            genesis: Arc::clone(genesis),
            member: member.id.clone(),
            keys: Arc::clone(troupe.keys.get(&member.id).context("a member without keys")?),
            bus: bus.clone(),
            clock: plan.clock.clone(),
            data: plan.data.join(genesis.chain.as_str()).join(&member.id),
            stop: stop.clone(),
        })
    };
    let mut ledgers = BTreeMap::new();
    let mut front = Front::new(Arc::clone(genesis), plan.clock.clone());
    let mut speaker = None;
    let automatic = plan.automatic.get(&genesis.chain).cloned().unwrap_or_default();
    for member in &genesis.members {
        let node = node_of(member)?;
        if member.cosigner {
            let desk = ledger::start(node.below("ledger"), parent.clone()).await?;
            ledgers.insert(member.id.clone(), desk);
            speaker.get_or_insert(node.below("alerts"));
        }
    }
    for member in &genesis.members {
        let node = node_of(member)?;
        let outbox = Outbox::start(&node, parent.as_deref()).await?;
        if member.node_role.manages() {
            ordering::start(node.clone()).await?;
            endorsement::admit(node.below("endorsement"), outbox.clone()).await?;
        }
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
    Ok(Room { genesis: Arc::clone(genesis), speaker, front, ledgers, departments })
}

async fn departments(
    plan: &Plan<'_>,
    node_of: &impl Fn(&Member) -> anyhow::Result<Node>,
    genesis: &Genesis,
    front: &Front,
) -> anyhow::Result<Departments> {
    let first = genesis.members.iter().find(|member| member.cosigner).context("a chain without cosigners")?;
    let warns = plan.warns.get(&genesis.chain);
    let warner = warns.and_then(|(id, _)| genesis.member(id)).unwrap_or(first);
    let options = forecasting::Options {
        warns: warns.is_some(),
        watch: warns.map(|(_, watch)| watch.clone()).unwrap_or_default(),
    };
    let node = node_of(first)?;
    Ok(Departments {
        forecasting: forecasting::start(node_of(warner)?.below("forecasting"), front.clone(), options).await?,
        medical_resources: medical_resources::start(node.below("medical-resources"), front.clone()).await?,
        materials: materials::start(node.below("materials"), front.clone()).await?,
        public_opinion: public_opinion::start(node.below("public-opinion"), front.clone()).await?,
    })
}

fn door(plan: &Plan<'_>, rooms: &[Room], alerts: &alerts::Desk) -> Door {
    let mut door = Door::new(plan.clock.clone());
    for room in rooms {
        door = door.trust(room.genesis.chain.clone(), room.genesis.clone());
        for (member, desk) in &room.ledgers {
            let desk = desk.clone();
            door = door.ready(format!("ledger {member}"), move || desk.is_ready());
        }
    }
    let reporting = desks(rooms, |room| reporting::start(&room.speaker, room.front.clone()));
    let ballots = desks(rooms, |room| endorsement::Desk { front: room.front.clone() });
    let ledgers: Desks<ledger::Desk> = rooms
        .iter()
        .filter_map(|room| Some((room.genesis.chain.clone(), room.ledgers.values().next()?.clone())))
        .collect();
    let ledgers = web::Data::new(ledgers);
    let alerts = web::Data::new(alerts.clone());
    let forecasting = of_departments(rooms, |each| each.forecasting.clone());
    let medical_resources = of_departments(rooms, |each| each.medical_resources.clone());
    let materials = of_departments(rooms, |each| each.materials.clone());
    let public_opinion = of_departments(rooms, |each| each.public_opinion.clone());
    door.with(
        move |config| {
            config.app_data(reporting.clone());
            reporting::routes(config);
        },
        reporting::openapi(),
    )
    .with(
        move |config| {
            config.app_data(ballots.clone());
            endorsement::routes(config);
        },
        endorsement::openapi(),
    )
    .with(
        move |config| {
            config.app_data(ledgers.clone());
            ledger::routes(config);
        },
        ledger::openapi(),
    )
    .with(
        move |config| {
            config.app_data(alerts.clone());
            alerts::routes(config);
        },
        alerts::openapi(),
    )
    .with(
        move |config| {
            config.app_data(forecasting.clone());
            forecasting::routes(config);
        },
        forecasting::openapi(),
    )
    .with(
        move |config| {
            config.app_data(medical_resources.clone());
            medical_resources::routes(config);
        },
        medical_resources::openapi(),
    )
    .with(
        move |config| {
            config.app_data(materials.clone());
            materials::routes(config);
        },
        materials::openapi(),
    )
    .with(
        move |config| {
            config.app_data(public_opinion.clone());
            public_opinion::routes(config);
        },
        public_opinion::openapi(),
    )
    .with(console::routes, utoipa::openapi::OpenApi::default())
}

fn desks<T>(rooms: &[Room], desk: impl Fn(&Room) -> T) -> web::Data<Desks<T>> {
    web::Data::new(rooms.iter().map(|room| (room.genesis.chain.clone(), desk(room))).collect())
}

fn of_departments<T>(rooms: &[Room], desk: impl Fn(&Departments) -> T) -> web::Data<Desks<T>> {
    let desks = rooms.iter().filter_map(|room| Some((room.genesis.chain.clone(), desk(room.departments.as_ref()?))));
    web::Data::new(desks.collect())
}
