//! Each service's parts and its door: the same actors the demo hosts, one service of them.
//!
//! Every service has a door, also those without routes: health, figures and the end are asked there.

use actix_web::web::{self, ServiceConfig};
use alerts::cap::Status;
use domain::chain::ChainPath;
use host::front::Front;
use host::node::Node;
use host::outbox::Outbox;
use host::rest::{Desks, Door};
use utoipa::openapi::OpenApi;

use super::prepare::Prepared;
use super::{Options, Service};

/// Starts the service's parts; the door that comes back is not open yet.
pub(super) async fn furnish(options: &Options, prepared: &Prepared, node: Node) -> anyhow::Result<Door> {
    let chain = prepared.genesis.chain.clone();
    let door = Door::new(node.clock.clone()).trust(chain.clone(), prepared.genesis.clone());
    Ok(match options.service {
        Service::Reporting => {
            let front = front(prepared, &node).await?;
            with(door, chain, reporting::start(&node, front), reporting::routes, reporting::openapi())
        }
        Service::Endorsement => {
            let outbox = outbox(prepared, &node).await?;
            endorsement::admit(node.below("endorsement"), outbox.clone()).await?;
            if options.automatic {
                endorsement::judge(node.clone(), outbox.clone());
            }
            let front = Front::new(prepared.genesis.clone(), node.clock.clone()).with(&node, outbox);
            with(door, chain, endorsement::Desk { front }, endorsement::routes, endorsement::openapi())
        }
        Service::Ordering => {
            let desk = ordering::start(node).await?;
            door.ready("ordering", move || desk.is_ready())
        }
        Service::Ledger => {
            let desk = ledger::start(node.below("ledger"), prepared.parent.clone()).await?;
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
            let front = front(prepared, &node).await?;
            let desk = forecasting::start(node.below("forecasting"), front, prepared.forecasting.clone()).await?;
            let asked = desk.clone();
            let door = door.ready("forecasting", move || asked.is_ready());
            with(door, chain, desk, forecasting::routes, forecasting::openapi())
        }
        Service::MedicalResources => {
            let front = front(prepared, &node).await?;
            let desk = medical_resources::start(node.below("medical-resources"), front).await?;
            let asked = desk.clone();
            let door = door.ready("medical-resources", move || asked.is_ready());
            with(door, chain, desk, medical_resources::routes, medical_resources::openapi())
        }
        Service::Materials => {
            let front = front(prepared, &node).await?;
            let desk = materials::start(node.below("materials"), front).await?;
            let asked = desk.clone();
            let door = door.ready("materials", move || asked.is_ready());
            with(door, chain, desk, materials::routes, materials::openapi())
        }
        Service::PublicOpinion => {
            let front = front(prepared, &node).await?;
            let desk = public_opinion::start(node.below("public-opinion"), front).await?;
            let asked = desk.clone();
            let door = door.ready("public-opinion", move || asked.is_ready());
            with(door, chain, desk, public_opinion::routes, public_opinion::openapi())
        }
        Service::Console => door.with(console::routes, OpenApi::default()),
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
async fn front(prepared: &Prepared, node: &Node) -> anyhow::Result<Front> {
    let outbox = outbox(prepared, node).await?;
    Ok(Front::new(prepared.genesis.clone(), node.clock.clone()).with(node, outbox))
}

async fn outbox(prepared: &Prepared, node: &Node) -> anyhow::Result<Outbox> {
    Outbox::start(node, prepared.parent.as_deref()).await
}
