//! What an event costs a ledger as its log grows: blocks as a sealer makes them, put on the block stream by the load
//! itself, executed by one ledger, and proofs asked for at each size.
//!
//! CPU is that of the whole process and the nats-server without the load's thread, so compaction in the background is in
//! it. A proof's time is from the question over the bus to the answer.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use bus::{Bus, Publish};
use bytes::Bytes;
use domain::chain::Lane;
use domain::genesis::KeyClass;
use host::ledger::LedgerClient;
use proof::block::{Block, Header, LaneRange, Tip, VERSION};
use proof::digest::Digest;
use proof::sign::{Domain, Signed};
use serde_json::json;
use wire::bundle::{Bundle, MAX_EVENTS};

use super::cpu::Cpu;
use super::events::Author;
use super::report::{build, round};
use super::town::{Client, Place, Town};
use super::watch::{Seen, Watch};
use crate::spread::percentile;

/// Log sizes at which is measured.
const SIZES: [u64; 7] = [10_000, 30_000, 100_000, 250_000, 500_000, 750_000, 1_000_000];

/// Bundles a block: what fits into 500 events.
const BUNDLES: u64 = 7;

/// Blocks that wait for the ledger at most: it always has work, and memory stays small.
const AHEAD: u64 = 16;

/// Proofs at each size, of events spread over the log.
const PROOFS: u64 = 200;

/// How long a block may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// What was measured.
pub struct Growth {
    /// Log sizes in events.
    events: Vec<u64>,
    /// CPU for an event on the last stretch to each size.
    cpu_us_per_event: Vec<f64>,
    /// Median time of a proof there.
    proof_us: Vec<f64>,
}

impl Growth {
    /// The object.
    pub fn json(&self) -> String {
        json!({ "events": self.events, "cpu_us_per_event": self.cpu_us_per_event, "proof_us": self.proof_us })
            .to_string()
    }

    /// The table.
    pub fn table(&self) -> String {
        let mut out = format!("{}\n{:>10} {:>18} {:>10}", build(), "events", "CPU us per event", "proof us");
        for ((events, cpu), proof) in self.events.iter().zip(&self.cpu_us_per_event).zip(&self.proof_us) {
            out.push_str(&format!("\n{events:>10} {cpu:>18.1} {proof:>10.0}"));
        }
        out
    }
}

/// Grows one ledger to `most` events.
pub async fn measure(place: &Place, most: u64) -> anyhow::Result<Growth> {
    let town = Town::ledgers_only(place, 1).await?;
    let client = town.client()?;
    let growth = super::on_a_thread(async move || grow(&client, most).await).await?;
    town.agreed().await?;
    town.close().await?;
    Ok(growth)
}

async fn grow(client: &Client, most: u64) -> anyhow::Result<Growth> {
    let bus = client.connect().await?;
    let ledger = client.ledger().await?;
    let mut growth = Growth { events: Vec::new(), cpu_us_per_event: Vec::new(), proof_us: Vec::new() };
    let mut press = Press::new(client, &bus).await?;
    for size in SIZES.into_iter().filter(|size| *size <= most) {
        // From half the size on, or from the size before if that is more: long enough for compaction to be in it, short
        // enough to be about this size.
        let from = if growth.events.is_empty() { 0 } else { size / 2 };
        press.grow_to(from).await?;
        let (before, begun) = (Cpu::now(client.nats_pid)?, press.events);
        press.grow_to(size).await?;
        let cpu = Cpu::now(client.nats_pid)?.since(&before).of_services();
        growth.events.push(size);
        growth.cpu_us_per_event.push(round(cpu.as_secs_f64() * 1e6 / (press.events - begun) as f64, 1));
        growth.proof_us.push(round(press.prove(&ledger).await? * 1e3, 0));
        eprintln!("bench: {} events, {:?} us each", press.events, growth.cpu_us_per_event.last());
    }
    bus.drain().await?;
    Ok(growth)
}

/// Makes blocks, hands them to the ledger, and waits for it.
struct Press<'a> {
    client: &'a Client,
    bus: &'a Bus,
    author: Author,
    tip: Tip,
    watch: Watch,
    /// The height up to which the log is final.
    last_final: u64,
    /// Events in the log and in blocks on their way.
    events: u64,
    /// Ids of some of them, spread over the log.
    known: VecDeque<Digest>,
}

impl<'a> Press<'a> {
    async fn new(client: &'a Client, bus: &'a Bus) -> anyhow::Result<Self> {
        Ok(Press {
            client,
            bus,
            author: Author::new(client, 1)?,
            tip: Tip::genesis(&client.genesis.chain_id),
            watch: Watch::start(bus, client, false).await?,
            last_final: 0,
            events: 0,
            known: VecDeque::new(),
        })
    }

    /// Adds blocks until the log holds at least so many events, all of them final.
    async fn grow_to(&mut self, events: u64) -> anyhow::Result<()> {
        let subject = wire::subject::blocks(&self.client.genesis.chain);
        while self.events < events {
            let block = self.block()?;
            self.bus.publish(&subject, Bytes::from(block.to_bytes()), Publish::default()).await?;
            self.reach(self.tip.height.saturating_sub(AHEAD)).await?;
        }
        self.reach(self.tip.height).await
    }

    /// Waits until a height is final.
    async fn reach(&mut self, height: u64) -> anyhow::Result<()> {
        while self.last_final < height {
            let (_, seen) =
                tokio::time::timeout(PATIENCE, self.watch.next()).await.context("the ledger is stuck")??;
            for seen in seen {
                if let Seen::Final(height) = seen {
                    self.last_final = height;
                }
            }
        }
        Ok(())
    }

    /// The next block, full of events by the chain's authors.
    fn block(&mut self) -> anyhow::Result<Block> {
        let ring = self.client.keys.first().context("no member")?;
        let endorser = ring.secret(KeyClass::Endorser).context("no endorser key")?;
        let sealer = ring.secret(KeyClass::Sealer).context("no sealer key")?;
        let chain = self.client.genesis.chain_id;
        let now = self.client.node.clock.now();
        let mut lanes = self.tip.next.map(LaneRange::empty);
        let mut bundles = Vec::new();
        for lane in lanes.iter_mut().skip(Lane::Normal.index()) {
            for number in lane.first..lane.first + BUNDLES {
                let events = self.author.by_ref().take(MAX_EVENTS).collect::<Vec<_>>();
                self.events += events.len() as u64;
                self.known.extend(events.first().map(|signed| wire::event::id_of(&chain, signed)));
                let body = wire::bundle::encode(Bundle { lane: Lane::Normal, number, admitted_at: now, events });
                bundles.push(Signed::seal(&endorser, Domain::Bundle, &chain, body).to_bytes());
                lane.last = number;
            }
        }
        let header = Header {
            version: VERSION,
            chain,
            height: self.tip.height + 1,
            previous: self.tip.hash,
            sealer: sealer.public(),
            lanes,
            events: u32::try_from(bundles.len() * MAX_EVENTS)?,
            body: Digest::default(),
            rules_version: self.client.genesis.rules_version,
            sealed_at_ms: now.0,
            certificate: None,
            exclusion: None,
        };
        let block = Block::seal(header, bundles, &sealer);
        self.tip = block.tip();
        Ok(block)
    }

    /// The median time of a proof in milliseconds.
    async fn prove(&self, ledger: &LedgerClient) -> anyhow::Result<f64> {
        let step = (self.known.len() / usize::try_from(PROOFS)?).max(1);
        let mut times = Vec::new();
        for id in self.known.iter().step_by(step) {
            let begun = Instant::now();
            let proof = ledger.proof(*id).await?;
            times.push(begun.elapsed());
            ensure!(!proof.is_empty(), "an empty proof");
        }
        Ok(percentile(&mut times, 50))
    }
}
