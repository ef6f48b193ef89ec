//! Facilities, their beds, devices and staff, holds on beds and transfers of patients are stated and read here.
//!
//! Members post what they state, and anybody reads what is final: what stands, what stood at any instant, and every change
//! with the event that made it. What may be stated is `domain::medical_resources`; the read model runs the same rule and
//! holds no rule of its own. The member's other services ask what stands and where (`wards`). Capacity travels in and out as FHIR SANER measure reports and EDXL-HAVE 1.0.

mod api;
mod exchange;
mod model;
mod wards;

use domain::time::Millis;
use host::clock::Clock;
use host::front::Front;
use host::node::Node;
use host::projection::{At, Projected};
use host::rest::Problem;

pub use api::{openapi, routes};

use crate::model::Resources;

/// Medical resources of one chain. Clones share it.
#[derive(Clone)]
pub struct Desk {
    front: Front,
    clock: Clock,
    resources: Source,
}

/// Where the read model is asked.
#[derive(Clone)]
enum Source {
    Log(Projected<Resources>),
    #[cfg(test)]
    Fixed(std::sync::Arc<Resources>),
}

impl Desk {
    /// Whether the read model follows the log.
    pub fn is_ready(&self) -> bool {
        match &self.resources {
            Source::Log(projected) => projected.is_ready(),
            #[cfg(test)]
            Source::Fixed(_) => true,
        }
    }

    /// Asks the read model, and as of which block it answers; a store that can't be read is a fault.
    async fn ask<R: Send + 'static>(
        &self,
        question: impl FnOnce(&Resources) -> anyhow::Result<R> + Send + 'static,
    ) -> Result<(At, R), Problem> {
        match &self.resources {
            Source::Log(projected) => projected.answer(question).await,
            #[cfg(test)]
            Source::Fixed(resources) => host::projection::answer(resources.as_ref(), question),
        }
    }

    /// Scenario time: what a reader measures the age of a count by. Chain time of a quiet chain stands behind it.
    fn now(&self) -> Millis {
        self.clock.now()
    }
}

/// Starts the read model of a chain, which follows the final log until the node stops. `front` signs for who posts.
pub async fn start(node: Node, front: Front) -> anyhow::Result<Desk> {
    let resources = Projected::start(&node, Resources::new(node.standing.genesis().clone())).await?;
    let desk = Desk { front, clock: node.clock.clone(), resources: Source::Log(resources) };
    wards::serve(&node, desk.clone()).await?;
    Ok(desk)
}
