//! Beds, staffed and occupied, are claimed here.
//!
//! A facility's member posts claims, and anybody reads what stands: the latest final claim for each facility and kind of
//! bed. What a claim may say is `domain::medical_resources`; it is neither a register of facilities nor patient flow.

mod api;
mod model;

use host::front::Front;
use host::node::Node;
use host::projection::Projected;
use host::rest::Problem;

pub use api::{openapi, routes};

use crate::model::Beds;

/// Beds of one chain. Clones share it.
#[derive(Clone)]
pub struct Desk {
    front: Front,
    beds: Source,
}

/// Where the read model is asked.
#[derive(Clone)]
enum Source {
    Log(Projected<Beds>),
    #[cfg(test)]
    Fixed(std::sync::Arc<Beds>),
}

impl Desk {
    /// Whether the read model follows the log.
    pub fn is_ready(&self) -> bool {
        match &self.beds {
            Source::Log(projected) => projected.is_ready(),
            #[cfg(test)]
            Source::Fixed(_) => true,
        }
    }

    async fn ask<R: Send + 'static>(&self, question: impl FnOnce(&Beds) -> R + Send + 'static) -> Result<R, Problem> {
        match &self.beds {
            Source::Log(projected) => projected.ask(question).await.map_err(Problem::fault),
            #[cfg(test)]
            Source::Fixed(beds) => Ok(question(beds)),
        }
    }
}

/// Starts the read model of a chain, which follows the final log until the node stops. `front` signs for who posts.
pub async fn start(node: Node, front: Front) -> anyhow::Result<Desk> {
    let beds = Projected::start(&node, Beds::new(node.standing.clone())).await?;
    Ok(Desk { front, beds: Source::Log(beds) })
}
