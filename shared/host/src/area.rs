//! Services of one member ask each other: what one area knows and another needs.
//!
//! No service uses another's crate; they meet in `wire::area` and on the bus. An answer is unsigned: it is the word of the
//! member's own service, which this one may take as it takes its own ledger's. Whoever else must believe it gets the
//! events it names, with their proofs. Nobody asks in a ring: who answers does so from its read model and asks no other.

use std::sync::Arc;
use std::time::Duration;

use bus::{Bus, BusError, Headers, RequestError};
use bytes::Bytes;
use domain::chain::{ChainPath, MemberId};
use domain::refusal::{Code, Refusal};
use futures::FutureExt as _;
use futures::future::BoxFuture;
use tokio::sync::Semaphore;
use tokio::time::timeout;
use wire::area::{Answer, Area, Question};
use wire::ledger::Refused;

use crate::node::Node;
use crate::rest::Problem;
use crate::telemetry::trace::{self, Trace};

/// How long an area may take: ten times what the largest answer takes, and less than a reader of the page waits.
const PATIENCE: Duration = Duration::from_secs(2);
/// Questions answered at once: a dozen services, each with a few readers behind it.
const PERMITS: usize = 32;
/// Questions that one service has open with its neighbours, half of what one answers at once: its readers need no token, and
/// however many they are, another service's questions are still answered.
const ASKED_AT_ONCE: usize = PERMITS / 2;

/// Why an area gave no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AreaError {
    /// It said no, and why.
    #[error("{}: {}", .0.code.text(), .0.detail)]
    Refused(Refused),
    /// The member runs no such service, or it did not answer in time.
    #[error("no answer from this member's {}: {why}", .area.name())]
    Silent {
        /// Who was asked.
        area: Area,
        /// What the bus said.
        why: String,
    },
}

impl From<AreaError> for Problem {
    fn from(error: AreaError) -> Self {
        match error {
            AreaError::Refused(refused) => refused.into(),
            AreaError::Silent { area, .. } => {
                let detail = "this member's service of that area does not answer; try again, or ask without it";
                Refusal::of(Code::Overloaded, area.name(), detail).into()
            }
        }
    }
}

/// Asks the other services of one member on one chain. Clones share the connection and its turns.
#[derive(Clone)]
pub struct Neighbours {
    bus: Bus,
    member: MemberId,
    chain: ChainPath,
    turns: Arc<Semaphore>,
}

impl Neighbours {
    /// Those of the node's member.
    pub fn of(node: &Node) -> Self {
        let (member, chain) = (node.member.clone(), node.genesis.chain.clone());
        Neighbours { bus: node.bus.clone(), member, chain, turns: Arc::new(Semaphore::new(ASKED_AT_ONCE)) }
    }

    /// Asks the area that the question is for. A reply that can't be read is no answer. Silence is logged here: who asked
    /// may go on without the answer.
    pub async fn ask<Q: Question>(&self, question: Q) -> Result<Q::Answer, AreaError> {
        let silent = |why: String| {
            tracing::warn!(area = Q::AREA.name(), why, "a service of this member did not answer");
            AreaError::Silent { area: Q::AREA, why }
        };
        let turn = timeout(PATIENCE, self.turns.acquire()).await;
        let Ok(Ok(_turn)) = turn else { return Err(silent(format!("{ASKED_AT_ONCE} questions are open already"))) };
        let subject = wire::subject::area(Q::AREA, &self.member, &self.chain);
        let asked = self.bus.request_with(&subject, question.encode().into(), &trace::headers(), PATIENCE).await;
        let reply = asked.map_err(|error| match error {
            RequestError::NoResponders | RequestError::TimedOut | RequestError::Other(_) => silent(error.to_string()),
        })?;
        let answer = <Q::Answer as Answer>::decode(&reply).map_err(|refusal| silent(refusal.to_string()))?;
        answer.map_err(AreaError::Refused)
    }
}

/// Answers what the member's other services ask this one, until the node stops.
pub async fn serve<Q, H, F>(node: &Node, answer: H) -> Result<(), BusError>
where
    Q: Question + Send + 'static,
    H: Fn(Q) -> F + Send + Sync + 'static,
    F: Future<Output = Result<Q::Answer, Refusal>> + Send + 'static,
{
    let subject = wire::subject::area(Q::AREA, &node.member, &node.genesis.chain);
    let served = node.bus.serve(&subject, PERMITS, handler(answer)).await?;
    let stop = node.stop.clone();
    tokio::spawn(async move {
        stop.wait().await;
        served.stop().await;
    });
    Ok(())
}

/// From a question's bytes and headers to its answer's.
fn handler<Q, H, F>(answer: H) -> impl Fn(Bytes, Headers) -> BoxFuture<'static, Bytes> + Send + Sync + 'static
where
    Q: Question + Send + 'static,
    H: Fn(Q) -> F + Send + Sync + 'static,
    F: Future<Output = Result<Q::Answer, Refusal>> + Send + 'static,
{
    let answer = Arc::new(answer);
    move |question, headers| {
        let (answer, trace) = (Arc::clone(&answer), Trace::from_headers(&headers));
        let told = async move {
            match Q::decode(&question) {
                Ok(question) => answer(question).await,
                Err(refusal) => Err(refusal),
            }
        };
        let told =
            async move { Bytes::from(Answer::encode(trace.run(Q::AREA.name(), told).await.map_err(Refused::from))) };
        told.boxed()
    }
}

#[cfg(test)]
mod tests;
