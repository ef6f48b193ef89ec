//! Goods and money: stock, hand-overs, requests, gifts, purchases.
//!
//! Members post what they did with what is theirs; anybody reads what is on hand, in transit, disputed, asked for and given,
//! now or as of an earlier day, with the event behind every figure. What an event may say is `domain::materials`; who
//! should get what is proposed (`api::plan`, by `planning`) and not decided here.

mod api;
mod epcis;
mod gift;
mod model;
mod neighbours;
mod rates;

use domain::event::EventId;
use domain::keys;
use domain::record::{EventRecord, Kind, Outcome};
use futures::future::try_join_all;
use host::area::Neighbours;
use host::front::Front;
use host::ledger::LedgerClient;
use host::node::Node;
use host::projection::{At, Projected};
use host::rest::{Problem, Turns};
use serde::Deserialize;

pub use api::{openapi, routes};
pub use rates::{Rates, StatedRate};

use crate::model::Stock;
use crate::neighbours::Around;

/// Goods and money of one chain. Clones share it.
#[derive(Clone)]
pub struct Desk {
    front: Front,
    stock: Source,
    rates: Rates,
    around: Around,
    /// At the proofs that donors keep.
    proofs: Turns,
}

/// What a deployment says of its materials.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Options {
    /// What it uses up by its own counts, over the published rates that are shipped.
    #[serde(default)]
    pub rates: Vec<StatedRate>,
}

/// Where the read model is asked.
#[derive(Clone)]
enum Source {
    Log(Projected<Stock>, Box<LedgerClient>),
    #[cfg(test)]
    Fixed(std::sync::Arc<model::tests::Followed>),
}

impl Desk {
    /// Whether the read model follows the log.
    pub fn is_ready(&self) -> bool {
        match &self.stock {
            Source::Log(projected, _) => projected.is_ready(),
            #[cfg(test)]
            Source::Fixed(_) => true,
        }
    }

    /// Asks the read model, and as of which block it answers. What it can not read from its rows is a fault.
    async fn ask<R: Send + 'static>(
        &self,
        question: impl FnOnce(&Stock) -> anyhow::Result<R> + Send + 'static,
    ) -> Result<(At, R), Problem> {
        match &self.stock {
            Source::Log(projected, _) => projected.answer(question).await,
            #[cfg(test)]
            Source::Fixed(followed) => host::projection::answer(followed.model(), question),
        }
    }

    /// What was judged of requests. Without a policy for them they are accepted as they come; else the ledger says where
    /// each stands, as it has executed so far.
    async fn judged(&self, requests: &[EventId]) -> Result<Vec<Outcome>, Problem> {
        let roster = self.front.standing().current();
        if !roster.policies.contains_key(Kind::ResourceRequest.name()) {
            return Ok(vec![Outcome::Accepted; requests.len()]);
        }
        match &self.stock {
            Source::Log(_, ledger) => {
                let record = |id: &EventId| {
                    let key = keys::event(id);
                    async move { ledger.record::<EventRecord>(&key).await }
                };
                let found = try_join_all(requests.iter().map(record)).await?;
                Ok(found.into_iter().map(|event| event.map_or(Outcome::Open, |event| event.outcome)).collect())
            }
            #[cfg(test)]
            Source::Fixed(_) => Ok(vec![Outcome::Open; requests.len()]),
        }
    }
}

/// Starts the read model of a chain, which follows the final log until the node stops. `front` signs for who posts.
pub async fn start(node: Node, front: Front, options: Options) -> anyhow::Result<Desk> {
    let rates = Rates::of_deployment(&options.rates)?;
    let stock = Projected::start(&node, Stock::new(node.standing.clone())).await?;
    let around = Around::Bus(Box::new(Neighbours::of(&node)));
    Ok(Desk {
        front,
        stock: Source::Log(stock, Box::new(LedgerClient::new(&node))),
        rates,
        around,
        proofs: gift::turns(),
    })
}
