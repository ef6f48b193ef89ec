//! Each service's parts and its door: the same actors the demo hosts, one service of them.
//!
//! Every service has a door, also those without routes: health, figures and the end are asked there.

use std::sync::Arc;

use actix_web::web::{self, ServiceConfig};
use alerts::cap::Status;
use anyhow::Context as _;
use domain::chain::ChainPath;
use host::front::Front;
use host::node::Node;
use host::outbox::Outbox;
use host::rest::{Desks, Door};
use host::standing::Standing;
use utoipa::openapi::OpenApi;

use super::prepare::{Prepared, needs};
use super::{Options, Service, credentials};

/// Starts the service's parts; the door that comes back is not open yet.
pub(super) async fn furnish(options: &Options, prepared: &Prepared, node: Node) -> anyhow::Result<Door> {
    let chain = prepared.genesis.chain.clone();
    let door = Door::new(node.clock.clone()).trust(chain.clone(), Arc::new(node.standing.clone()));
    // A ledger serves also while its cosignatures do not count.
    let signs = needs(options.service).iter().filter(|_| options.service != Service::Ledger);
    let door = signs.fold(door, |door, class| {
        let (keys, standing) = (Arc::clone(&node.keys), node.standing.clone());
        let counts = move || keys.active(*class, &standing.current()).is_some();
        door.ready(format!("{} key", class.name()), counts)
    });
    let parent = match &prepared.parent {
        Some(parent) => Some(Standing::start(Arc::clone(parent), &node.member, &node.bus, &node.stop).await),
        None => None,
    };
    Ok(match options.service {
        Service::Reporting => {
            let outbox = Outbox::start(&node, parent.clone()).await?;
            if let Some(parent) = parent {
                reporting::descend(&node, outbox.clone(), parent);
            }
            let front = Front::new(node.standing.clone(), node.clock.clone()).with(&node, outbox);
            with(door, chain, reporting::start(&node, front), reporting::routes, reporting::openapi())
        }
        Service::Endorsement => {
            let outbox = Outbox::start(&node, parent).await?;
            endorsement::admit(node.below("endorsement"), outbox.clone()).await?;
            if options.automatic {
                endorsement::judge(node.clone(), outbox.clone());
            }
            let front = Front::new(node.standing.clone(), node.clock.clone()).with(&node, outbox);
            with(door, chain, endorsement::Desk { front }, endorsement::routes, endorsement::openapi())
        }
        Service::Ordering => {
            let desk = ordering::start(node).await?;
            door.ready("ordering", move || desk.is_ready())
        }
        Service::Ledger => {
            let desk = ledger::start(node.below("ledger"), parent).await?;
            ledger::witness::submit::submit(&desk, &prepared.witnesses)?;
            let asked = desk.clone();
            let door = door.ready("ledger", move || asked.is_ready());
            with(door, chain, desk, ledger::routes, ledger::openapi())
        }
        Service::Alerts => {
            let status = if options.exercise { Status::Exercise } else { Status::Actual };
            let desk = web::Data::new(alerts::start(vec![node.below("alerts")], status).await?);
            door.with(
                move |config| {
                    config.app_data(desk.clone());
                    alerts::routes(config);
                },
                alerts::openapi(),
            )
        }
        Service::Forecasting => {
            let front = front(&node, parent).await?;
            let desk = forecasting::start(node.below("forecasting"), front, prepared.forecasting.clone()).await?;
            let asked = desk.clone();
            let door = door.ready("forecasting", move || asked.is_ready());
            with(door, chain, desk, forecasting::routes, forecasting::openapi())
        }
        Service::MedicalResources => {
            let front = front(&node, parent).await?;
            let desk = medical_resources::start(node.below("medical-resources"), front).await?;
            let asked = desk.clone();
            let door = door.ready("medical-resources", move || asked.is_ready());
            with(door, chain, desk, medical_resources::routes, medical_resources::openapi())
        }
        Service::Materials => {
            let front = front(&node, parent).await?;
            let desk = materials::start(node.below("materials"), front, prepared.materials.clone()).await?;
            let asked = desk.clone();
            let door = door.ready("materials", move || asked.is_ready());
            with(door, chain, desk, materials::routes, materials::openapi())
        }
        Service::PublicOpinion => {
            let front = front(&node, parent).await?;
            let desk = public_opinion::start(node.below("public-opinion"), front).await?;
            let asked = desk.clone();
            let door = door.ready("public-opinion", move || asked.is_ready());
            with(door, chain, desk, public_opinion::routes, public_opinion::openapi())
        }
        Service::Console => door.with(console::routes, OpenApi::default()),
        Service::Credentials => {
            let options = prepared.credentials.clone().context("no table `credentials`")?;
            let mut others = Vec::new();
            for genesis in &prepared.also {
                others.push(Standing::start(Arc::clone(genesis), &node.member, &node.bus, &node.stop).await);
            }
            let told = credentials::start(&node, others, options).await;
            door.ready("credentials", move || *told.borrow())
        }
    })
}

/// A desk of one chain behind its routes.
fn with<T: Send + Sync + 'static>(
    door: Door,
    chain: ChainPath,
    desk: T,
    routes: fn(&mut ServiceConfig),
    openapi: OpenApi,
) -> Door {
    let desks = web::Data::new(Desks::new().with(chain, desk));
    door.with(
        move |config| {
            config.app_data(desks.clone());
            routes(config);
        },
        openapi,
    )
}

/// The desk that signs what the member's people post.
async fn front(node: &Node, parent: Option<Standing>) -> anyhow::Result<Front> {
    let outbox = Outbox::start(node, parent).await?;
    Ok(Front::new(node.standing.clone(), node.clock.clone()).with(node, outbox))
}
