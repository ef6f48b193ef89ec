//! One chain's final alerts, from its ledgers into the alert stream, each by its number and in order.
//!
//! The place it has reached is stored after the acknowledgement, so a crash between the two publishes again: the message
//! id drops the repeat for two minutes, and every subscriber drops it by `ce-id` for ever. Several services may publish
//! the same chain. It believes one ledger's word; a subscriber believes the proof of the leaf.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use anyhow::Context as _;
use bus::Publish;
use bytes::Bytes;
use domain::alert::AlertRecord;
use domain::chain::ChainPath;
use domain::codec;
use host::ledger::LedgerClient;
use host::node::Node;
use host::telemetry::metrics::Metric;
use wire::ledger::AlertEntry;
use wire::subject;

use crate::Signals;
use crate::feed::{self, RETRY};
use crate::place::{Place, Places};

/// Alerts asked for at once: one page is one journal commit.
const PAGE: u32 = 64;
/// How long a ledger may hold the question open.
const WAIT_MS: u64 = wire::ledger::MAX_WAIT_MS;

/// Publishes one chain's alerts.
pub(crate) struct Follower {
    pub(crate) node: Node,
    pub(crate) ledger: LedgerClient,
    pub(crate) places: Arc<Places>,
    pub(crate) signals: Signals,
}

impl Follower {
    /// Follows until the node's stop.
    pub(crate) async fn run(self) {
        let stop = self.node.stop.clone();
        let mut lost = self.signals.lost.subscribe();
        let mut place = None;
        while !stop.is_set() {
            let step = tokio::select! {
                () = stop.wait() => return,
                // The stream lost messages: look again where it really stands.
                _ = lost.changed() => {
                    place = None;
                    continue;
                }
                step = self.step(place) => step,
            };
            match step {
                Ok(reached) => place = Some(reached),
                Err(error) => {
                    // After a fault of the journal or the stream nothing in memory is certain.
                    place = None;
                    tracing::warn!(chain = %self.chain(), "alerts are not published: {error:#}");
                    tokio::time::sleep(RETRY).await;
                }
            }
        }
    }

    fn chain(&self) -> &ChainPath {
        &self.node.genesis.chain
    }

    /// Publishes the next page from a place on, and gives the place reached.
    async fn step(&self, place: Option<Place>) -> anyhow::Result<Place> {
        let Some(place) = place else { return self.reached().await };
        let entries = self.ledger.read_alerts(place.next, PAGE, WAIT_MS).await?;
        let mut reached = place;
        for entry in &entries {
            let alert = opened(entry, reached.next)?;
            let sequence = self.publish(&alert).await?;
            reached = Place { next: alert.number + 1, sequence };
        }
        if reached != place {
            self.places.put(self.chain(), reached).await?;
        }
        Ok(reached)
    }

    async fn publish(&self, alert: &AlertRecord) -> anyhow::Result<u64> {
        let chain = self.chain();
        let how = Publish {
            expect_last: None,
            msg_id: Some(wire::alert::message_id(alert, chain)),
            headers: wire::alert::headers(alert, chain),
        };
        let payload = Bytes::from(wire::alert::payload(alert, chain));
        let sequence = self.node.bus.publish(&subject::alert(alert.level, chain), payload, how).await?;
        self.signals.published.fetch_add(1, Ordering::AcqRel);
        Metric::AlertsPublishedTotal.add(chain.as_str(), 1);
        Ok(sequence)
    }

    /// Where to go on: behind what this service stored and behind what the stream holds, whichever is further; behind what
    /// the stream holds alone when the message stored last is not there any more.
    async fn reached(&self) -> anyhow::Result<Place> {
        let bus = &self.node.bus;
        let spec = subject::alert_stream();
        bus.ensure_stream(&spec).await.context("making the alert stream")?;
        let held = match feed::newest(bus, self.chain()).await? {
            // A message in the stream is believed only as far as the ledger knows the same alert under that number.
            Some(heard) if self.known(&heard.record).await? => {
                Place { next: heard.record.number + 1, sequence: heard.sequence }
            }
            _ => Place { next: 1, sequence: 0 },
        };
        let Some(stored) = self.places.get(self.chain())? else { return Ok(held) };
        let there = self.still_there(&spec.name, stored).await?;
        Ok(if there && stored.next > held.next { stored } else { held })
    }

    async fn known(&self, alert: &AlertRecord) -> anyhow::Result<bool> {
        let entries = self.ledger.read_alerts(alert.number, 1, 0).await?;
        Ok(entries.first().is_some_and(|entry| codec::decode::<AlertRecord>(&entry.record).as_ref() == Some(alert)))
    }

    /// Whether the stream still reaches to the message published last, and holds no other in its place. One that is gone
    /// by age tells nothing.
    async fn still_there(&self, stream: &str, stored: Place) -> anyhow::Result<bool> {
        if self.node.bus.stream_state(stream).await?.last < stored.sequence {
            return Ok(false);
        }
        let Some(message) = self.node.bus.message(stream, stored.sequence).await? else { return Ok(true) };
        let heard = feed::read(&message);
        Ok(heard.is_some_and(|heard| heard.chain == *self.chain() && heard.record.number + 1 == stored.next))
    }
}

/// The alert of an entry, which must be the one with the number asked for: a gap would be an alert nobody hears.
fn opened(entry: &AlertEntry, number: u64) -> anyhow::Result<AlertRecord> {
    let alert: AlertRecord = codec::decode(&entry.record).context("a ledger's alert does not decode")?;
    anyhow::ensure!(
        entry.number == number && alert.number == number,
        "a ledger answered with alert {} instead of {number}",
        alert.number
    );
    Ok(alert)
}
