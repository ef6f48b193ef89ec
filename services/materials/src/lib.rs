//! Stock is received and issued here.
//!
//! A warehouse's member posts movements; anybody reads what is on hand by facility, item and lot, and every movement.
//! What a movement may say is `domain::materials`; it is not custody between members, nor a plan of need.

mod api;
mod model;

use host::front::Front;
use host::node::Node;
use host::projection::Projected;
use host::rest::Problem;

pub use api::{openapi, routes};

use crate::model::Stock;

/// Stock of one chain. Clones share it.
#[derive(Clone)]
pub struct Desk {
    front: Front,
    stock: Source,
}

/// Where the read model is asked.
#[derive(Clone)]
enum Source {
    Log(Projected<Stock>),
    #[cfg(test)]
    Fixed(std::sync::Arc<Stock>),
}

impl Desk {
    /// Whether the read model follows the log.
    pub fn is_ready(&self) -> bool {
        match &self.stock {
            Source::Log(projected) => projected.is_ready(),
            #[cfg(test)]
            Source::Fixed(_) => true,
        }
    }

    async fn ask<R: Send + 'static>(&self, question: impl FnOnce(&Stock) -> R + Send + 'static) -> Result<R, Problem> {
        match &self.stock {
            Source::Log(projected) => projected.ask(question).await.map_err(Problem::fault),
            #[cfg(test)]
            Source::Fixed(stock) => Ok(question(stock)),
        }
    }
}

/// Starts the read model of a chain, which follows the final log until the node stops. `front` signs for who posts.
pub async fn start(node: Node, front: Front) -> anyhow::Result<Desk> {
    let stock = Projected::start(&node, Stock::new(node.standing.clone())).await?;
    Ok(Desk { front, stock: Source::Log(stock) })
}
