//! The desk: one alerts service as REST and others in this process see it.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use actix::Addr;
use actix_web::HttpResponse;
use bus::Bus;
use domain::alert::{AlertRecord, AlertState};
use domain::chain::ChainPath;
use domain::event::EventId;
use domain::time::Millis;
use host::rest::Problem;
use host::stop::Stop;
use proof::digest::Digest;

use crate::Signals;
use crate::api::stands;
use crate::board::{Ask, Board, Filter, Find, MAX_KEPT, Page};
use crate::cap;
use crate::payload::Heard;
use crate::sse;

/// The alerts of all chains followed here. Cloning shares it.
#[derive(Clone)]
pub struct Desk {
    pub(crate) bus: Bus,
    pub(crate) stop: Stop,
    pub(crate) board: Addr<Board>,
    pub(crate) signals: Signals,
    pub(crate) status: cap::Status,
    pub(crate) chains: Vec<ChainPath>,
}

/// An alert that is stored in the stream and was heard back from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// Its place in the alert stream.
    pub sequence: u64,
    /// The chain on which it is final.
    pub chain: ChainPath,
    /// What that chain's state holds.
    pub alert: AlertRecord,
    /// When it was heard, by the wall.
    pub at: Millis,
}

impl Desk {
    /// The chains whose alerts are published here.
    pub fn chains(&self) -> &[ChainPath] {
        &self.chains
    }

    /// Whether REST shows what the stream held when it was opened.
    pub fn is_ready(&self) -> bool {
        self.signals.ready.load(Ordering::Acquire)
    }

    /// How many publishes were acknowledged since the start; a repeat after a fault counts again.
    pub fn published(&self) -> u64 {
        self.signals.published.load(Ordering::Acquire)
    }

    /// The kept alerts of one chain (not of those below it), oldest first.
    pub async fn alerts(&self, chain: &ChainPath) -> anyhow::Result<Vec<Published>> {
        let filter = Filter { chain: Some(chain.clone()), level: None };
        let page = self.board.send(Ask { filter, before: None, limit: MAX_KEPT }).await?;
        let here = page.alerts.iter().rev().filter(|heard| heard.chain == *chain);
        Ok(here.map(|heard| published(heard)).collect())
    }

    /// Every kept state of the alert of an event, at every chain, oldest first.
    pub async fn alerts_of(&self, event: &EventId) -> anyhow::Result<Vec<Published>> {
        let page = self.board.send(Ask { filter: Filter::default(), before: None, limit: MAX_KEPT }).await?;
        let of_event = page.alerts.iter().rev().filter(|heard| heard.record.event == *event);
        Ok(of_event.map(|heard| published(heard)).collect())
    }

    /// The CAP document of an alert as it stands at a chain, where it arose when none is named; none if it is not kept.
    pub async fn cap(&self, id: &Digest, chain: Option<&ChainPath>) -> Result<Option<String>, Problem> {
        let found = self.find(*id).await?;
        let mut here = found.iter().filter(|heard| stands(heard, id, chain));
        let at_origin = here.clone().find(|heard| heard.chain == heard.record.origin);
        let Some(heard) = at_origin.or_else(|| here.next()) else { return Ok(None) };
        // Once each, at whichever chain it was kept: an alert has one id and time everywhere.
        let earlier = AlertState::ALL.into_iter().filter(|state| *state < heard.record.state);
        let kept = |state| found.iter().map(|heard| &heard.record).find(|record| record.state == state);
        let earlier = earlier.filter_map(kept).collect::<Vec<_>>();
        cap::render(&heard.record, &earlier, &heard.chain, self.status).map(Some).map_err(Problem::fault)
    }

    pub(crate) async fn ask(&self, filter: Filter, before: Option<u64>, limit: usize) -> Result<Page, Problem> {
        self.board.send(Ask { filter, before, limit }).await.map_err(Problem::fault)
    }

    /// An alert at every chain, with the other states of its event.
    pub(crate) async fn find(&self, id: Digest) -> Result<Vec<Arc<Heard>>, Problem> {
        self.board.send(Find(id)).await.map_err(Problem::fault)
    }

    pub(crate) async fn follow(&self, filter: Filter, after: Option<u64>) -> Result<HttpResponse, Problem> {
        sse::open(&self.board, &self.bus, &self.stop, filter, after).await
    }
}

fn published(heard: &Heard) -> Published {
    Published { sequence: heard.sequence, chain: heard.chain.clone(), alert: heard.record.clone(), at: heard.at }
}
