//! What was published, and when, is deposited here.
//!
//! A member deposits the SHA-256 of something published; anybody may ask later for the certificate that it existed by a
//! certain block. What was published never leaves this process, nor is it logged: only its digest is signed. A deposit
//! says nothing about whether it is true.

mod api;
mod model;

use std::sync::Arc;

use domain::event::EventId;
use domain::refusal::Code;
use host::front::Front;
use host::ledger::{LedgerClient, LedgerError};
use host::node::Node;
use host::projection::{At, Projected};
use host::rest::Problem;

pub use api::{openapi, routes};

use crate::model::Deposits;

/// Deposits of one chain. Clones share it.
#[derive(Clone)]
pub struct Desk {
    front: Front,
    source: Source,
}

/// Where the read model and proofs are asked.
#[derive(Clone)]
enum Source {
    Log(Projected<Deposits>, Arc<LedgerClient>),
    #[cfg(test)]
    Fixed(Arc<Deposits>, Option<String>),
}

impl Desk {
    /// Whether the read model follows the log.
    pub fn is_ready(&self) -> bool {
        match &self.source {
            Source::Log(projected, _) => projected.is_ready(),
            #[cfg(test)]
            Source::Fixed(..) => true,
        }
    }

    async fn ask<R: Send + 'static>(
        &self,
        question: impl FnOnce(&Deposits) -> anyhow::Result<R> + Send + 'static,
    ) -> Result<(At, R), Problem> {
        match &self.source {
            Source::Log(projected, _) => projected.answer(question).await,
            #[cfg(test)]
            Source::Fixed(deposits, _) => host::projection::answer(deposits.as_ref(), question),
        }
    }

    /// The proof file of a final event; none while it has not risen to the topmost chain.
    async fn proof(&self, id: EventId) -> Result<Option<String>, Problem> {
        match &self.source {
            Source::Log(_, ledger) => match ledger.proof(id).await {
                Ok(text) => Ok(Some(text)),
                Err(LedgerError::Refused(refused)) if refused.code == Code::NotFound => Ok(None),
                Err(error) => Err(error.into()),
            },
            #[cfg(test)]
            Source::Fixed(_, proof) => Ok(proof.clone()),
        }
    }
}

/// Starts the read model of a chain, which follows the final log until the node stops. `front` signs for who posts.
pub async fn start(node: Node, front: Front) -> anyhow::Result<Desk> {
    let deposits = Projected::start(&node, Deposits::new(node.standing.clone())).await?;
    Ok(Desk { front, source: Source::Log(deposits, Arc::new(LedgerClient::new(&node))) })
}
