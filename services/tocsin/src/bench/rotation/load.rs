//! A steady load that lasts until it is told to end: each event is due at a time of its own, whatever became of those
//! before (an open loop), is signed with the key that its author would take at that moment, and is followed until it is
//! final.

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use tokio::sync::{mpsc, oneshot};
use wire::admission::Admitted;

use crate::bench::events::Author;
use crate::bench::latency::{clock, reached};
use crate::bench::saturation::{PATIENCE, Sender};
use crate::bench::town::Client;
use crate::bench::watch::{Seen, Watch};

/// Before an event is sent again to a node that could not answer.
const AGAIN: Duration = Duration::from_millis(20);
/// Answers on their way to the loop; the sending tasks wait when it is full.
const ANSWERS: usize = 1024;

/// One event.
#[derive(Clone, Copy, Debug)]
pub struct Event {
    /// When it was to be sent.
    pub due: Instant,
    /// Whether it got a receipt.
    pub receipt: bool,
    /// When it was seen to be final.
    pub last: Option<Instant>,
}

/// What was sent and what became of it.
#[derive(Default)]
pub struct Sent {
    /// All events, in the order in which they were due.
    pub events: Vec<Event>,
    /// Events that admission refused.
    pub refused: u64,
    /// Times a node could neither take nor refuse an event.
    pub again: u64,
    /// Moments at which events of the load became final.
    pub finals: Vec<Instant>,
}

/// What was sent, while it is on its way.
#[derive(Default)]
struct Following {
    sent: Sent,
    /// Signed bytes to place, of events in no block yet.
    places: HashMap<Vec<u8>, usize>,
    /// Events in blocks that are not final.
    to_finish: BTreeMap<u64, Vec<usize>>,
    last_final: u64,
    answered: usize,
    done: usize,
    receipts: usize,
}

/// What admission said in the end, and how often it had to be asked again.
struct Answer {
    place: usize,
    receipt: bool,
    again: u64,
}

/// Sends until the end, and until everything that has a receipt is final or nothing more becomes so.
pub async fn run(client: &Client, per_s: u32, mut end: oneshot::Receiver<()>) -> anyhow::Result<Sent> {
    let bus = client.connect().await?;
    let mut watch = Watch::start(&bus, client, true).await?;
    let mut standing = client.node.standing.clone();
    let mut author = Author::new(client, 1 << 20)?;
    let sender = Rc::new(Sender::new(&bus, client));
    let (answer, mut answers) = mpsc::channel::<anyhow::Result<Answer>>(ANSWERS);
    let (begin, step) = (Instant::now(), Duration::from_secs(1) / per_s);
    let mut due = clock((0..).map(move |place| begin + step * place));
    let (mut ending, mut following, mut moved) = (false, Following::default(), Instant::now());
    let local = tokio::task::LocalSet::new();
    local
        .run_until(async {
            while !(ending && following.complete()) {
                let before = following.progress();
                tokio::select! {
                    roster = standing.changed() => author.renew(client, &roster)?,
                    _ = &mut end, if !ending => ending = true,
                    Some(place) = due.recv(), if !ending => {
                        let event = author.next().context("no event")?;
                        following.sent.events.push(Event { due: begin + step * u32::try_from(place)?, receipt: false, last: None });
                        following.places.insert(event.clone(), place);
                        let (sender, answer) = (Rc::clone(&sender), answer.clone());
                        tokio::task::spawn_local(async move {
                            let said = ask(&sender, place, event).await;
                            // Nobody listens any more when the measurement has failed.
                            drop(answer.send(said).await);
                        });
                    }
                    seen = watch.next() => {
                        let (at, seen) = seen?;
                        seen.into_iter().for_each(|seen| following.take(seen, at));
                    }
                    said = answers.recv() => following.answer(&said.context("no answers")??),
                    () = tokio::time::sleep_until((moved + PATIENCE).into()) => break,
                }
                if following.progress() != before {
                    moved = Instant::now();
                }
            }
            anyhow::Ok(())
        })
        .await?;
    bus.drain().await?;
    Ok(following.sent)
}

async fn ask(sender: &Sender, place: usize, event: Vec<u8>) -> anyhow::Result<Answer> {
    let (begun, mut again) = (Instant::now(), 0);
    loop {
        match sender.ask(vec![event.clone()]).await?.pop().context("no answer")? {
            Admitted::Receipt(_) => return Ok(Answer { place, receipt: true, again }),
            Admitted::Refused(_) => return Ok(Answer { place, receipt: false, again }),
            Admitted::Fault(why) => {
                ensure!(begun.elapsed() < PATIENCE, "admission does not take an event: {why}");
                again += 1;
                tokio::time::sleep(AGAIN).await;
            }
        }
    }
}

impl Sent {
    /// Events with a receipt that are not final.
    pub fn lost(&self) -> usize {
        self.events.iter().filter(|event| event.receipt && event.last.is_none()).count()
    }
}

impl Following {
    /// Whether everything is answered and what has a receipt is final.
    fn complete(&self) -> bool {
        self.answered == self.sent.events.len() && self.done >= self.receipts
    }

    fn progress(&self) -> (usize, usize) {
        (self.answered, self.done)
    }

    fn answer(&mut self, said: &Answer) {
        self.answered += 1;
        self.sent.again += said.again;
        if !said.receipt {
            self.sent.refused += 1;
        } else if let Some(event) = self.sent.events.get_mut(said.place) {
            event.receipt = true;
            self.receipts += 1;
        }
    }

    fn take(&mut self, seen: Seen, at: Instant) {
        match seen {
            Seen::Sealed { height, signed, .. } => {
                let places = signed.iter().filter_map(|signed| self.places.remove(signed)).collect();
                self.to_finish.insert(height, places);
            }
            Seen::Executed(_) => return,
            Seen::Final(height) => self.last_final = height,
        }
        let before = self.done;
        for place in reached(&mut self.to_finish, self.last_final).into_iter().flatten() {
            if let Some(event) = self.sent.events.get_mut(place) {
                event.last = Some(at);
                self.done += 1;
            }
        }
        if self.done > before {
            self.sent.finals.push(at);
        }
    }
}
