//! A bounded load over REST, as a department would make it: batches with idempotency keys, sent again until they are
//! answered. It keeps the ids of all events that got a receipt, and looks at some of them all the time: what was once
//! final must never be less (I11).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::event::EventId;
use domain::genesis::{Genesis, KeyClass};
use host::keys::KeyRing;
use proof::digest::Digest;
use proof::sign::{Domain, Signed};
use serde_json::{Value, json};
use tokio::task::{JoinHandle, JoinSet};
use wire::admission::ReceiptBody;

use crate::world::{MANAGERS, PATIENCE, World};

/// Events of a batch, and batches a second: 80 events a second.
const BATCH: u64 = 8;
const EVERY: Duration = Duration::from_millis(100);
/// Every so many batches also a directive, which rings.
const DIRECTIVE_EVERY: u64 = 10;
/// After a refused connection or an answer that says "later".
const AGAIN: Duration = Duration::from_millis(50);
/// Between two looks at the sampled events.
const LOOK: Duration = Duration::from_millis(100);

/// A running load.
pub struct Load {
    shared: Arc<Shared>,
    sending: JoinHandle<()>,
    watching: JoinHandle<usize>,
}

struct Shared {
    genesis: Arc<Genesis>,
    /// The managers' keys; a rotation adds to them.
    managers: Vec<Arc<KeyRing>>,
    http: reqwest::Client,
    token: Mutex<String>,
    /// The chain's URL at the reporting service.
    base: String,
    ended: AtomicBool,
    sent: AtomicU64,
    receipts: Mutex<BTreeSet<EventId>>,
    directives: Mutex<BTreeSet<EventId>>,
}

/// What a load leaves behind.
pub struct Sent {
    /// Every event that had a receipt.
    pub receipts: BTreeSet<EventId>,
    /// Those of them that ring.
    pub directives: BTreeSet<EventId>,
    /// How many were looked at all the time and became final, and stayed so.
    pub watched: usize,
}

impl Load {
    /// Starts it over a member's reporting service.
    pub fn start(world: &World, member: &'static str) -> Self {
        let shared = Arc::new(Shared {
            genesis: Arc::clone(&world.genesis),
            http: world.http.clone(),
            managers: MANAGERS.iter().map(|manager| Arc::clone(&world.rings[manager])).collect(),
            token: Mutex::new(world.token(member)),
            base: world.url("reporting", member, ""),
            ended: AtomicBool::new(false),
            sent: AtomicU64::new(0),
            receipts: Mutex::default(),
            directives: Mutex::default(),
        });
        let (sending, watching) = (tokio::spawn(Arc::clone(&shared).send()), tokio::spawn(Arc::clone(&shared).watch()));
        Load { shared, sending, watching }
    }

    /// Calls with this token from now on.
    pub fn renew(&self, token: String) {
        *self.shared.token.lock().unwrap() = token;
    }

    /// How many events have a receipt by now.
    pub fn receipted(&self) -> usize {
        self.shared.receipts.lock().unwrap().len()
    }

    /// Waits until so many more events have receipts: the services take reports again.
    pub async fn goes_on(&self, more: usize) {
        let wanted = self.receipted() + more;
        crate::world::until("receipts again", async || (self.receipted() >= wanted).then_some(())).await;
    }

    /// Waits until an event sent from now on is final.
    pub async fn goes_final(&self, world: &World) {
        self.goes_on(2 * BATCH as usize).await;
        let newest = self.shared.sent.load(Ordering::Acquire);
        let signed = self.shared.post("/reports", &format!("final-{newest}"), &report(newest + 1_000_000)).await;
        let id = signed[0].0;
        let url = format!("{}/events/{id}", self.shared.base);
        crate::world::until("finality again", async || (world.get(&url).await?["state"] == "final").then_some(()))
            .await;
    }

    /// Ends it: everything sent is answered.
    pub async fn end(self) -> Sent {
        self.shared.ended.store(true, Ordering::Release);
        self.sending.await.unwrap();
        let watched = self.watching.await.unwrap();
        let take = |ids: &Mutex<BTreeSet<EventId>>| ids.lock().unwrap().clone();
        Sent { receipts: take(&self.shared.receipts), directives: take(&self.shared.directives), watched }
    }
}

impl Shared {
    async fn send(self: Arc<Self>) {
        let mut pace = tokio::time::interval(EVERY);
        pace.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut posts = JoinSet::new();
        while !self.ended.load(Ordering::Acquire) {
            pace.tick().await;
            let batch = self.sent.fetch_add(1, Ordering::AcqRel);
            let this = Arc::clone(&self);
            posts.spawn(async move {
                let reports = (0..BATCH).map(|n| report(batch * BATCH + n)).collect();
                this.post("/reports", &format!("load-{batch}"), &Value::Array(reports)).await;
                if batch.is_multiple_of(DIRECTIVE_EVERY) {
                    let ringing = this.post("/directives", &format!("ring-{batch}"), &directive(batch)).await;
                    let receipted = ringing.into_iter().filter_map(|(id, receipt)| receipt.then_some(id));
                    this.directives.lock().unwrap().extend(receipted);
                }
            });
        }
        while let Some(posted) = posts.join_next().await {
            posted.unwrap();
        }
    }

    /// Sends a request until it is answered; the events of the answer, and whether each has a receipt.
    async fn post(&self, route: &str, key: &str, body: &Value) -> Vec<(EventId, bool)> {
        let ends = tokio::time::Instant::now() + PATIENCE;
        loop {
            let token = self.token.lock().unwrap().clone();
            let request = self.http.post(format!("{}{route}", self.base)).bearer_auth(token);
            let sent = request.header("idempotency-key", key).json(body).send().await;
            if let Ok(answer) = sent {
                let status = answer.status();
                let text = answer.text().await.unwrap_or_default();
                if status == 202 {
                    let answer: Value = serde_json::from_str(&text).unwrap();
                    return answer["results"].as_array().unwrap().iter().map(|result| self.taken(result)).collect();
                }
                assert!(status.is_server_error(), "{status} {text}");
            }
            assert!(tokio::time::Instant::now() < ends, "{route} {key} was never answered");
            tokio::time::sleep(AGAIN).await;
        }
    }

    /// Notes an event of an answer, and checks its receipt.
    fn taken(&self, result: &Value) -> (EventId, bool) {
        let id = Digest::parse(result["event_id"].as_str().unwrap_or_else(|| panic!("refused: {result}"))).unwrap();
        let Some(receipt) = result["receipt"].as_str() else { return (id, false) };
        let signed = Signed::from_bytes(&STANDARD.decode(receipt).unwrap()).unwrap();
        assert!(signed.verify(Domain::Receipt, &self.genesis.chain_id));
        let known = |ring: &Arc<KeyRing>| ring.secret_of(KeyClass::Endorser, &signed.key).is_some();
        assert!(self.managers.iter().any(known));
        assert_eq!(ReceiptBody::decode(&signed.body).unwrap().event_id, id);
        self.receipts.lock().unwrap().insert(id);
        (id, true)
    }

    /// Looks at a spread of events all the time; how many of them became final.
    async fn watch(self: Arc<Self>) -> usize {
        let mut seen: BTreeMap<EventId, u8> = BTreeMap::new();
        while !self.ended.load(Ordering::Acquire) {
            tokio::time::sleep(LOOK).await;
            let ids: Vec<_> = {
                let receipts = self.receipts.lock().unwrap();
                // Ids are hashes: a range of them is a random sample, and the same one every time.
                receipts.iter().filter(|id| id.as_bytes()[0] < 16).copied().collect()
            };
            for id in ids {
                let Ok(answer) = self.http.get(format!("{}/events/{id}", self.base)).send().await else { continue };
                // Not found is no state: the service that just restarted may not reach a ledger yet.
                let Ok(view) = answer.json::<Value>().await else { continue };
                let level = match view["state"].as_str() {
                    Some("queued") => 1,
                    // The design lets a sealed place move before it is final.
                    Some("sealed") => 1,
                    Some("final") => 2,
                    Some(other) => panic!("event {id} is {other}: {view}"),
                    None => continue,
                };
                let known = seen.insert(id, level).unwrap_or(0);
                assert!(level >= known, "I11 event {id} was final and is not: {view}");
            }
        }
        seen.values().filter(|level| **level == 2).count()
    }
}

fn report(number: u64) -> Value {
    json!({
        "kind": "case_report", "disease": { "code": "U07.1", "name": "COVID-19" }, "classification": "confirmed",
        "report_date": "2021-07-20", "region": "320100", "facility": format!("clinic-{}", number % 100),
    })
}

fn directive(number: u64) -> Value {
    json!({ "level": "yellow", "headline": format!("Exercise {number}"), "instruction": "Count what rings." })
}
