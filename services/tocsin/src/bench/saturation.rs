//! Events a second to final when as many are offered as the chain takes: a bounded number is on its way at any time,
//! and each that is final makes room for another, so that no backlog grows and what is measured is the whole way.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use bus::Bus;
use bytes::Bytes;
use tokio::sync::mpsc;
use wire::admission::{AdmitReply, AdmitRequest, Admitted, MAX_EVENTS};
use wire::subject;

use super::cpu::Cpu;
use super::events::Author;
use super::town::Client;
use super::watch::{Seen, Watch};

/// Events on their way at once: some eight blocks, more than the stages between admission and finality hold.
const IN_FLIGHT: usize = 4096;

/// Before the clock starts: the streams' first files, the stores' first tables, the caches.
const WARM_UP: Duration = Duration::from_secs(3);

/// Events signed beforehand for each second; a chain that takes more ends the measurement early.
const SIGNED_PER_S: u64 = 8_000;

/// How long anything sent may take to become final.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// What was measured.
#[derive(Clone, Copy, Debug)]
pub struct Saturation {
    /// Events that became final while the clock ran.
    pub events: u64,
    /// In blocks.
    pub blocks: u64,
    /// How long it ran.
    pub elapsed: Duration,
    /// CPU used meanwhile.
    pub cpu: Cpu,
}

/// A moment of the measurement.
struct Mark {
    at: Instant,
    events: u64,
    blocks: u64,
    cpu: Cpu,
}

/// Measures it.
pub async fn measure(client: &Client, length: Duration) -> anyhow::Result<Saturation> {
    let bus = client.connect().await?;
    let count = SIGNED_PER_S * (length + WARM_UP).as_secs();
    let events = Author::new(client, 1 << 40)?.take(usize::try_from(count)?).collect::<Vec<_>>();
    let mut watch = Watch::start(&bus, client, false).await?;
    let mut requests = events.chunks(MAX_EVENTS);
    let (mut asked, mut tally) = (0_usize, Tally::default());
    let sender = Rc::new(Sender::new(&bus, client));
    let (answer, mut answers) = mpsc::channel::<anyhow::Result<()>>(IN_FLIGHT);
    let local = tokio::task::LocalSet::new();
    let begun = Instant::now();
    let mut first = None;
    let outcome = local.run_until(async {
        loop {
            while asked + MAX_EVENTS <= tally.events_final() + IN_FLIGHT {
                let Some(request) = requests.next() else { break };
                asked += request.len();
                let (sender, answer, request) = (Rc::clone(&sender), answer.clone(), request.to_vec());
                tokio::task::spawn_local(async move {
                    let sent = sender.send(request).await.map(drop);
                    // Nobody listens any more when the measurement has failed.
                    drop(answer.send(sent).await);
                });
            }
            tokio::select! {
                seen = watch.next() => {
                    let (at, seen) = seen?;
                    if seen.into_iter().any(|seen| tally.take(seen)) {
                        let mark = || anyhow::Ok(Mark { at, events: tally.events, blocks: tally.blocks, cpu: Cpu::now(client.nats_pid)? });
                        match &first {
                            None if at >= begun + WARM_UP => first = Some(mark()?),
                            Some(first) if at >= first.at + length || requests.len() == 0 => return Ok((first.at, mark()?)),
                            _ => {}
                        }
                    }
                }
                sent = answers.recv() => sent.context("no answers")??,
                () = tokio::time::sleep(PATIENCE) => bail!("nothing became final for {PATIENCE:?}"),
            }
        }
    });
    let (_, last) = outcome.await?;
    let first = first.context("no events left after the warm-up")?;
    // What is on its way is let through, so that the next measurement has the chain to itself.
    while tally.events_final() < asked {
        let (_, seen) =
            tokio::time::timeout(PATIENCE, watch.next()).await.context("the rest did not become final")??;
        for seen in seen {
            tally.take(seen);
        }
    }
    bus.drain().await?;
    Ok(Saturation {
        events: last.events - first.events,
        blocks: last.blocks - first.blocks,
        elapsed: last.at - first.at,
        cpu: last.cpu.since(&first.cpu),
    })
}

/// Counts events that are final: a height may be final here before its block was seen.
#[derive(Default)]
struct Tally {
    /// Events of blocks not final yet.
    waiting: BTreeMap<u64, u64>,
    last_final: u64,
    events: u64,
    blocks: u64,
}

impl Tally {
    fn events_final(&self) -> usize {
        usize::try_from(self.events).unwrap_or(usize::MAX)
    }

    /// Whether more is final now.
    fn take(&mut self, seen: Seen) -> bool {
        match seen {
            Seen::Sealed { height, events, .. } => drop(self.waiting.insert(height, events)),
            Seen::Executed(_) => return false,
            Seen::Final(height) => self.last_final = height,
        }
        let rest = self.waiting.split_off(&(self.last_final + 1));
        let done = std::mem::replace(&mut self.waiting, rest);
        self.events += done.values().sum::<u64>();
        self.blocks += done.len() as u64;
        !done.is_empty()
    }
}

/// Asks the management member's admission.
pub struct Sender {
    bus: Bus,
    client_chain: domain::chain::ChainPath,
    subject: String,
}

impl Sender {
    /// For one connection.
    pub fn new(bus: &Bus, client: &Client) -> Self {
        let chain = client.genesis.chain.clone();
        Sender { bus: bus.clone(), subject: subject::admit(&client.node.member, &chain), client_chain: chain }
    }

    /// Sends events and gives the answer to each.
    pub async fn ask(&self, events: Vec<Vec<u8>>) -> anyhow::Result<Vec<Admitted>> {
        let count = events.len();
        let request = AdmitRequest { chain: self.client_chain.clone(), events };
        let reply = self.bus.request(&self.subject, Bytes::from(request.encode()), PATIENCE).await?;
        let reply = AdmitReply::decode(&reply)?;
        ensure!(reply.results.len() == count, "{} answers to {count} events", reply.results.len());
        Ok(reply.results)
    }

    /// Sends events and waits for a receipt for each.
    pub async fn send(&self, events: Vec<Vec<u8>>) -> anyhow::Result<()> {
        for result in self.ask(events).await? {
            match result {
                Admitted::Receipt(_) => {}
                Admitted::Refused(_) => bail!("admission refused an event of the bench"),
                Admitted::Fault(why) => bail!("admission failed: {why}"),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealed(height: u64, events: u64) -> Seen {
        Seen::Sealed { height, events, signed: Vec::new() }
    }

    #[test]
    fn events_count_once_whichever_of_block_and_finality_is_seen_first() {
        let mut tally = Tally::default();
        assert!(!tally.take(sealed(1, 10)));
        assert!(!tally.take(Seen::Executed(1)));
        assert!(!tally.take(Seen::Final(0)));
        assert!(tally.take(Seen::Final(2)));
        assert_eq!((tally.events, tally.blocks), (10, 1));
        assert!(tally.take(sealed(2, 7)), "final before it was seen");
        assert!(!tally.take(sealed(3, 5)));
        assert_eq!((tally.events, tally.blocks), (17, 2));
    }
}
