//! Latency at a steady load below saturation. Each event has a time at which it is due, whatever the chain does with the
//! ones before it (an open loop), and its latency counts from that time: a chain that stalls can't hide it by making the
//! load wait.

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use tokio::sync::mpsc;

use super::events::Author;
use super::saturation::{PATIENCE, Sender};
use super::town::Client;
use super::watch::{Seen, Watch};
use crate::spread::Spread;

/// Not counted: the first events open files and fill caches.
const WARM_UP: Duration = Duration::from_secs(2);

/// Events a second at which latency is measured: below saturation, and the same in every run, so that runs compare.
pub fn load(n: usize) -> u32 {
    if n < 4 { 100 } else { 200 }
}

/// Events due and not begun, at most; a load that is further behind measures itself.
const DUE: usize = 1 << 12;

/// What was measured.
#[derive(Clone, Copy, Debug)]
pub struct Latencies {
    /// Events a second.
    pub load_per_s: u32,
    /// From the time due to the receipt.
    pub queued: Spread,
    /// To the block seen in the stream and executed by a ledger.
    pub sealed: Spread,
    /// To q cosignatures.
    pub last: Spread,
    /// Events counted.
    pub events: usize,
}

/// One event's way.
#[derive(Clone, Copy)]
struct Way {
    due: Instant,
    queued: Option<Duration>,
    sealed: Option<Duration>,
    last: Option<Duration>,
}

/// Measures it.
pub async fn measure(client: &Client, per_s: u32, length: Duration) -> anyhow::Result<Latencies> {
    let bus = client.connect().await?;
    let count = per_s * u32::try_from((WARM_UP + length).as_secs())?;
    let events = Author::new(client, 1 << 20)?.take(usize::try_from(count)?).collect::<Vec<_>>();
    let mut ways = Ways::new(&events, per_s);
    let mut watch = Watch::start(&bus, client, true).await?;
    let sender = Rc::new(Sender::new(&bus, client));
    let (answer, mut answers) = mpsc::channel::<anyhow::Result<(usize, Instant)>>(events.len());
    let mut due = clock(ways.times());
    let local = tokio::task::LocalSet::new();
    local
        .run_until(async {
            while !ways.complete() {
                tokio::select! {
                    Some(place) = due.recv() => {
                        let event = events.get(place).cloned().context("no such event")?;
                        let (sender, answer) = (Rc::clone(&sender), answer.clone());
                        tokio::task::spawn_local(async move {
                            let sent = sender.send(vec![event]).await.map(|()| (place, Instant::now()));
                            // Nobody listens any more when the measurement has failed.
                            drop(answer.send(sent).await);
                        });
                    }
                    seen = watch.next() => {
                        let (at, seen) = seen?;
                        seen.into_iter().for_each(|seen| ways.take(seen, at));
                    }
                    queued = answers.recv() => {
                        let (place, at) = queued.context("no answers")??;
                        ways.queued(place, at);
                    }
                    () = tokio::time::sleep(PATIENCE) => bail!("nothing happened for {PATIENCE:?}"),
                }
            }
            anyhow::Ok(())
        })
        .await?;
    bus.drain().await?;
    ways.latencies(per_s)
}

/// Tells each event's place when it is due. A thread of its own: timers of the runtime are a millisecond coarse.
pub fn clock(times: impl IntoIterator<Item = Instant> + Send + 'static) -> mpsc::Receiver<usize> {
    let (tell, due) = mpsc::channel(DUE);
    std::thread::spawn(move || {
        for (place, at) in times.into_iter().enumerate() {
            std::thread::sleep(at.saturating_duration_since(Instant::now()));
            if tell.blocking_send(place).is_err() {
                return;
            }
        }
    });
    due
}

/// All events' ways.
struct Ways {
    ways: Vec<Way>,
    /// Signed bytes to place, for events in no block yet.
    places: HashMap<Vec<u8>, usize>,
    /// Events of blocks that are not executed, and of those that are not final.
    to_execute: BTreeMap<u64, Vec<usize>>,
    to_finish: BTreeMap<u64, Vec<usize>>,
    executed: u64,
    last_final: u64,
    /// Times not known yet.
    open: usize,
}

impl Ways {
    fn new(events: &[Vec<u8>], per_s: u32) -> Self {
        let begin = Instant::now() + Duration::from_millis(100);
        let way = |place: u32| Way {
            due: begin + Duration::from_secs(1) * place / per_s,
            queued: None,
            sealed: None,
            last: None,
        };
        Ways {
            ways: (0..).take(events.len()).map(way).collect(),
            places: events.iter().cloned().zip(0..).collect(),
            to_execute: BTreeMap::new(),
            to_finish: BTreeMap::new(),
            executed: 0,
            last_final: 0,
            open: 3 * events.len(),
        }
    }

    fn times(&self) -> Vec<Instant> {
        self.ways.iter().map(|way| way.due).collect()
    }

    fn complete(&self) -> bool {
        self.open == 0
    }

    fn queued(&mut self, place: usize, at: Instant) {
        note(&mut self.ways, &mut self.open, &[place], at, |way| &mut way.queued);
    }

    fn take(&mut self, seen: Seen, at: Instant) {
        match seen {
            Seen::Sealed { height, signed, .. } => {
                let places = signed.iter().filter_map(|signed| self.places.remove(signed)).collect::<Vec<_>>();
                self.to_execute.insert(height, places.clone());
                self.to_finish.insert(height, places);
            }
            Seen::Executed(height) => self.executed = height,
            // What is final was executed by q.
            Seen::Final(height) => (self.executed, self.last_final) = (self.executed.max(height), height),
        }
        for places in reached(&mut self.to_execute, self.executed) {
            note(&mut self.ways, &mut self.open, &places, at, |way| &mut way.sealed);
        }
        for places in reached(&mut self.to_finish, self.last_final) {
            note(&mut self.ways, &mut self.open, &places, at, |way| &mut way.last);
        }
    }

    fn latencies(&self, per_s: u32) -> anyhow::Result<Latencies> {
        let begin = self.ways.first().context("no event")?.due + WARM_UP;
        let counted = || self.ways.iter().filter(|way| way.due >= begin);
        let spread = |of: fn(&Way) -> Option<Duration>| {
            let mut times = counted().filter_map(of).collect::<Vec<_>>();
            ensure!(times.len() == counted().count(), "an event's way is not complete");
            Ok(Spread::of(&mut times))
        };
        Ok(Latencies {
            load_per_s: per_s,
            queued: spread(|way| way.queued)?,
            sealed: spread(|way| way.sealed)?,
            last: spread(|way| way.last)?,
            events: counted().count(),
        })
    }
}

/// Takes what waits for heights up to `height`.
pub fn reached(waiting: &mut BTreeMap<u64, Vec<usize>>, height: u64) -> Vec<Vec<usize>> {
    let rest = waiting.split_off(&(height + 1));
    std::mem::replace(waiting, rest).into_values().collect()
}

/// Notes a time of these events, once.
fn note(
    ways: &mut [Way],
    open: &mut usize,
    places: &[usize],
    at: Instant,
    of: impl Fn(&mut Way) -> &mut Option<Duration>,
) {
    for place in places {
        if let Some(way) = ways.get_mut(*place) {
            let taken = at.saturating_duration_since(way.due);
            if of(way).replace(taken).is_none() {
                *open -= 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_sealed_when_its_block_was_seen_and_executed_and_its_first_times_stay() {
        let events = vec![vec![1], vec![2]];
        let mut ways = Ways::new(&events, 100);
        let due = ways.times();
        assert_eq!(due[1] - due[0], Duration::from_millis(10));
        let after = |ms| due[0] + Duration::from_millis(ms);
        ways.queued(0, after(3));
        ways.queued(1, after(14));
        ways.take(Seen::Executed(2), after(20));
        ways.take(Seen::Sealed { height: 2, events: 2, signed: events }, after(25));
        ways.take(Seen::Executed(3), after(26));
        assert!(!ways.complete());
        ways.take(Seen::Final(2), after(30));
        ways.take(Seen::Final(3), after(40));
        assert!(ways.complete());
        let [first, second] = ways.ways[..] else { unreachable!() };
        let ms = |ms| Some(Duration::from_millis(ms));
        assert_eq!((first.queued, first.sealed, first.last), (ms(3), ms(25), ms(30)));
        assert_eq!((second.queued, second.sealed, second.last), (ms(4), ms(15), ms(20)));
    }
}
