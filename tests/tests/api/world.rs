//! The house, and its members' way in: tokens, requests, signed events, looks at what became of them.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bus::Bus;
use bus::server::NatsServer;
use domain::chain::ChainPath;
use domain::genesis::{Genesis, KeyClass, Member};
use domain::time::{Date, Millis};
use host::clock::Clock;
use host::keys::KeyRing;
use proof::sign::SecretKey;
use serde_json::{Value, json};
use tocsin::demo::cast::{self, Cast};
use tocsin::demo::scenario::{Chain, Scenario};
use tocsin::house::{self, House, Plan};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::Mutex;

use crate::answer::Answer;

pub const CITY: &str = "cn.32.01";
pub const PROVINCE: &str = "cn.32";

/// How long anything may take: some hundred times what it does on an idle machine.
const PATIENCE: Duration = Duration::from_secs(20);
/// Between two looks.
const LOOK: Duration = Duration::from_millis(10);

/// A running house and its members.
pub struct World {
    pub clock: Clock,
    pub cast: Cast,
    pub bus: Bus,
    pub http: reqwest::Client,
    house: Mutex<Option<House>>,
    address: std::net::SocketAddr,
    number: AtomicU64,
}

impl World {
    /// Opens the house of these chains; it lives as long as the process, its nats-server as long as what comes with it.
    pub async fn open(chains: &[Chain], dir: &Path) -> (&'static World, NatsServer) {
        let cast = cast::hire(chains, dir).unwrap();
        let nats = NatsServer::start(dir.join("nats")).await.unwrap();
        let clock = Clock::stepped(Millis::parse("2021-07-20T08:00:00Z").unwrap());
        clock.run_at_wall_speed();
        let plan = Plan {
            cast: &cast,
            nats: nats.url(),
            clock: clock.clone(),
            data: dir.join("data"),
            listen: ([127, 0, 0, 1], 0).into(),
            status: alerts::cap::Status::Exercise,
            automatic: Default::default(),
            warns: Default::default(),
        };
        let house = house::open(plan).await.unwrap();
        let world = World {
            clock,
            bus: Bus::connect(nats.url(), "outsider").await.unwrap(),
            http: reqwest::Client::builder().timeout(PATIENCE).build().unwrap(),
            address: house.door.addr(),
            house: Mutex::new(Some(house)),
            cast,
            number: AtomicU64::new(0),
        };
        let world: &'static World = Box::leak(Box::new(world));
        world.until("/readyz", |answer| answer.status == 200).await;
        (world, nats)
    }

    pub async fn close(&self) {
        let house = self.house.lock().await.take().expect("closed once");
        house.close().await.unwrap();
    }

    /// Starts the services of a member that the chain admitted.
    pub async fn join(&self, chain: &str, member: &Member, keys: &Arc<KeyRing>) {
        let mut house = self.house.lock().await;
        house.as_mut().unwrap().join(&path(chain), member, Arc::clone(keys)).await.unwrap();
    }

    /// As before its end: it answers, but wants no more work.
    pub async fn unready(&self) {
        self.house.lock().await.as_ref().unwrap().door.unready();
    }

    pub fn genesis(&self, chain: &str) -> &Genesis {
        &self.cast[&path(chain)].genesis
    }

    pub fn secret(&self, chain: &str, member: &str, class: KeyClass) -> SecretKey {
        self.cast[&path(chain)].keys[member].secret(class).unwrap()
    }

    /// A number no other case uses.
    pub fn unique(&self) -> u64 {
        self.number.fetch_add(1, Ordering::Relaxed)
    }

    /// A reporting day no other case uses.
    pub fn unique_day(&self) -> String {
        let first = Date::parse("2015-01-01").unwrap();
        Date(first.0 + u32::try_from(self.unique()).unwrap()).to_string()
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub fn token(&self, chain: &str, member: &str) -> String {
        let secret = self.secret(chain, member, KeyClass::Client);
        host::token::mint(&secret, member, &self.genesis(chain).chain_id, self.clock.wall_now(), 120).unwrap()
    }

    pub async fn get(&self, path: &str) -> Answer {
        Answer::of(self.http.get(self.url(path)).send().await.unwrap()).await
    }

    /// A POST of a member, of any body.
    pub async fn post(
        &self,
        chain: &str,
        member: &str,
        route: &str,
        media: &str,
        body: impl Into<reqwest::Body>,
    ) -> Answer {
        self.post_as(&self.token(chain, member), chain, route, media, body).await
    }

    /// A POST with that token.
    pub async fn post_as(
        &self,
        token: &str,
        chain: &str,
        route: &str,
        media: &str,
        body: impl Into<reqwest::Body>,
    ) -> Answer {
        // The same body from two cases would be one event.
        self.post_named(token, chain, route, (media, &format!("case-{}", self.unique())), body).await
    }

    /// A POST with that token, of that media type and under that idempotency key.
    pub async fn post_named(
        &self,
        token: &str,
        chain: &str,
        route: &str,
        (media, name): (&str, &str),
        body: impl Into<reqwest::Body>,
    ) -> Answer {
        let url = self.url(&format!("/v1/chains/{chain}/{route}"));
        let request = self.http.post(url).bearer_auth(token).header("idempotency-key", name);
        Answer::of(request.header("content-type", media).body(body).send().await.unwrap()).await
    }

    /// A POST of JSON on the city's chain.
    pub async fn say(&self, member: &str, route: &str, body: &Value) -> Answer {
        self.post(CITY, member, route, "application/json", body.to_string()).await
    }

    /// An answer to bytes that no HTTP client would send.
    pub async fn raw(&self, request: &str) -> Answer {
        let mut stream = tokio::net::TcpStream::connect(self.address).await.unwrap();
        drop(stream.write_all(request.as_bytes()).await);
        let mut answer = Vec::new();
        // A server that refuses a request half read may reset the connection behind its answer.
        drop(tokio::time::timeout(PATIENCE, stream.read_to_end(&mut answer)).await.unwrap());
        Answer::parse(&String::from_utf8_lossy(&answer))
    }

    /// Looks until the answer is as wanted.
    pub async fn until(&self, path: &str, wanted: impl Fn(&Answer) -> bool) -> Answer {
        let ends = tokio::time::Instant::now() + PATIENCE;
        loop {
            let answer = self.get(path).await;
            if wanted(&answer) {
                return answer;
            }
            assert!(tokio::time::Instant::now() < ends, "{path} stays at {} {}", answer.status, answer.text);
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Looks until it is so.
    pub async fn so(&self, what: &str, look: impl AsyncFn() -> bool) {
        let ends = tokio::time::Instant::now() + PATIENCE;
        while !look().await {
            assert!(tokio::time::Instant::now() < ends, "in vain: {what}");
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Looks until a field of an event of the city is that.
    pub async fn event(&self, id: &str, field: &str, wanted: &str) -> Value {
        let path = format!("/v1/chains/{CITY}/events/{id}");
        self.until(&path, |answer| answer.json[field] == wanted).await.json
    }

    /// The last entry of a chain's log that is like that; looks until there is one.
    pub async fn in_log(&self, chain: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let mut cursor = String::from("log-0");
        loop {
            let page = format!("/v1/chains/{chain}/log?limit=500&final_only=true&cursor={cursor}");
            let page = self.until(&page, |page| page.json["entries"][0].is_object()).await;
            if let Some(found) = page.json["entries"].as_array().unwrap().iter().rfind(|entry| wanted(entry)) {
                return found.clone();
            }
            page.json["next"].as_str().unwrap().clone_into(&mut cursor);
        }
    }

    /// An open aggregate of the hospital on a day of its own: its id and the day.
    pub async fn open_day(&self) -> (String, String) {
        let day = self.unique_day();
        (self.say("hospital", "reports", &aggregate(&day, 3)).await.taken(), day)
    }

    /// A member's ballot on an event of the city.
    pub async fn judge(&self, member: &str, id: &str, choice: &str, reason: &str) -> Answer {
        let ballot = json!({ "choice": choice, "reason": reason });
        self.say(member, &format!("events/{id}/ballots"), &ballot).await
    }

    /// A ballot that is taken, until it is final.
    pub async fn judged(&self, member: &str, id: &str, choice: &str, reason: &str) {
        let ballot = self.judge(member, id, choice, reason).await.taken();
        self.event(&ballot, "state", "final").await;
    }
}

/// The chains of the scenario: a province and its city.
pub fn chains() -> Vec<Chain> {
    Scenario::parse(include_str!("scenario.toml")).unwrap().chains
}

pub fn path(chain: &str) -> ChainPath {
    ChainPath::parse(chain).unwrap()
}

/// A day's aggregate of a disease that is in no official total but the city's own.
pub fn aggregate(day: &str, confirmed: u64) -> Value {
    json!({ "kind": "daily_aggregate", "disease": { "code": "A00", "name": "Cholera" }, "report_date": day,
            "region": "320100", "origin": "local", "counts": { "confirmed": confirmed } })
}

/// A zero report, which stands by its author's word alone.
pub fn zero(facility: &str) -> Value {
    json!({ "kind": "zero_report", "disease": { "code": "U07.1", "name": "COVID-19" }, "report_date": "2021-07-19",
            "region": "320100", "facility": facility })
}

/// A case report of the disease of exercises.
pub fn case(facility: &str) -> Value {
    json!({ "kind": "case_report", "disease": { "code": "X-EXERCISE", "name": "Exercise" },
            "classification": "suspected", "report_date": "2021-07-19", "region": "320100", "facility": facility })
}

/// An urgent suspected cluster.
pub fn cluster(facility: &str) -> Value {
    json!({ "kind": "suspected_cluster", "disease": { "code": "X-EXERCISE", "name": "Exercise" }, "region": "320100",
            "facility": facility, "positives": 9, "summary": "Exercise: nine positives." })
}
