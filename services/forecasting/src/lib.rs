//! Daily counts become forecasts, assessments and early warnings here.
//!
//! The service follows the final log and keeps the accepted counts of each day and region. It warns when one reaches a fixed
//! threshold or an urgent cluster does. At the end of each block it assesses what the block was about (stage, level, index),
//! and of each new day it commits the forecasts of every model before their outcome; a level that rises is warned of too. All
//! of it is a function of the log, to the byte: another member computes it again and votes by what it gets.
//!
//! `accepted` is what the policies let count, `detector` the fixed thresholds, `outlook` the numbers, `lookout` what is said
//! at the end of a block, `model` the fold of the log through all of them, `warn` the events, `send` their way out, `records`
//! the reports one by one, `answers` what is asked of them, `api` how, `neighbours` what the member's other services ask and
//! are asked; `replay` computes a thing that was said again, from a
//! log that somebody kept.

mod accepted;
mod answers;
mod api;
mod detector;
mod lookout;
mod model;
mod neighbours;
mod outlook;
mod place;
mod records;
pub mod replay;
mod send;
mod warn;

use std::sync::Arc;

use anyhow::Context as _;
use domain::genesis::KeyClass;
use domain::time::Date;
use host::area::Neighbours;
use host::front::Front;
use host::node::Node;
use host::projection::{At, Projected};
use host::rest::Problem;
use serde::Deserialize;
use tokio::sync::Notify;

pub use api::{openapi, routes};
pub use detector::{Thresholds, Watch};

use crate::model::{Days, Says};
use crate::neighbours::Hospitals;
use crate::warn::Author;

/// How a chain's early warning is set up.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// Whether this member forecasts, assesses and warns. One member of a chain should.
    pub warns: bool,
    /// Whether this member computes the assessments and warnings of others again, and votes by what it gets.
    pub checks: bool,
    /// Which diseases are watched, and from which counts on.
    pub watch: Vec<Watch>,
}

/// Early warning of one chain. Clones share it.
#[derive(Clone)]
pub struct Desk {
    front: Front,
    days: Source,
    hospitals: Hospitals,
}

/// Where the read model is asked.
#[derive(Clone)]
enum Source {
    Log(Projected<Days>),
    #[cfg(test)]
    Fixed(Arc<Days>),
}

impl Desk {
    /// Whether the read model follows the log.
    pub fn is_ready(&self) -> bool {
        match &self.days {
            Source::Log(projected) => projected.is_ready(),
            #[cfg(test)]
            Source::Fixed(_) => true,
        }
    }

    /// Whether a day is assessed and everything said of it is on the final log.
    pub async fn has_said(&self, day: Date) -> anyhow::Result<bool> {
        let said = self.ask(move |days| Ok(days.has_said(day))).await;
        said.map(|(_, said)| said).map_err(|problem| anyhow::anyhow!("{problem}"))
    }

    /// Asks the read model, and as of which block it answers. What it can not read is a fault.
    async fn ask<R: Send + 'static>(
        &self,
        question: impl FnOnce(&Days) -> anyhow::Result<R> + Send + 'static,
    ) -> Result<(At, R), Problem> {
        match &self.days {
            Source::Log(projected) => projected.answer(question).await,
            #[cfg(test)]
            Source::Fixed(days) => host::projection::answer(days.as_ref(), question),
        }
    }
}

/// Starts the read model of a chain, which follows the final log until the node stops, and with `warns` the sending of
/// warnings. `front` signs for who posts, and holds the outbox that warnings go through.
pub async fn start(node: Node, front: Front, options: Options) -> anyhow::Result<Desk> {
    let thresholds = Thresholds::new(options.watch)?;
    let bell = Arc::new(Notify::new());
    let says = Says { warns: options.warns, forecasts: options.warns, checks: options.checks };
    let author = if says.warns || says.checks { Some(author(&node, says)?) } else { None };
    let speaks = author.is_some();
    let days = Days::new(Arc::clone(&node.genesis), thresholds, says, author, Arc::clone(&bell))?;
    let days = Projected::start(&node, days).await?;
    if speaks {
        let outbox = front.outbox_of(&node.member).context("the outbox of the member that warns")?.clone();
        tokio::spawn(send::send(days.clone(), outbox, bell, node.stop.clone()));
    }
    let desk = Desk { front, days: Source::Log(days), hospitals: Hospitals::Bus(Box::new(Neighbours::of(&node))) };
    neighbours::serve(&node, desk.clone()).await?;
    Ok(desk)
}

/// The key that signs what is said. Only a management member's warnings ring without ballots, so no other may be set up to
/// warn.
fn author(node: &Node, says: Says) -> anyhow::Result<Author> {
    let manages = node.standing.current().managers().any(|member| member.id == node.member);
    anyhow::ensure!(
        manages || !says.warns,
        "{} is set up to warn, but is no management member of {}",
        node.member,
        node.genesis.chain
    );
    let (keys, standing) = (Arc::clone(&node.keys), node.standing.clone());
    let first = keys.secret(KeyClass::Author).context("the member that warns has no author key here")?.public();
    // A key that counts no more is refused on the log, where everybody sees it.
    let key = move || keys.active(KeyClass::Author, &standing.current()).map_or(first, |secret| secret.public());
    Ok(Author { key: Box::new(key), chain: node.genesis.chain_id })
}
