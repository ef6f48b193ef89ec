//! Members as users of the server: what they may do, and that a connection ends with the membership.

use crate::{Rig, soon};
use async_nats::{ConnectOptions, Event};
use bus::server::MemberUser;
use bus::{Bus, BusError, Identity, Publish, RequestError};
use domain::chain::{ChainPath, Lane};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use wire::area::Area;
use wire::subject::{self, StreamSpec, rights};

/// An answer of the server takes milliseconds.
const PATIENCE: Duration = Duration::from_secs(5);

/// A member of the test's one chain.
struct Person {
    name: &'static str,
    seed: String,
    identity: Identity,
    user: MemberUser,
}

/// A client of the nats library itself, which has a member's key and tells what happens to it.
struct Watched {
    client: async_nats::Client,
    events: mpsc::UnboundedReceiver<Event>,
}

impl Watched {
    /// Waits for an event that `wanted` knows, and gives what it made of it.
    async fn event<T>(&mut self, what: &str, wanted: impl Fn(&Event) -> Option<T>) -> T {
        soon(what, async {
            loop {
                let event = self.events.recv().await.expect("the client lives");
                if let Some(found) = wanted(&event) {
                    return found;
                }
            }
        })
        .await
    }

    /// Waits until the server complains about a subject.
    async fn forbidden(&mut self, subject: &str) {
        let complains = |event: &Event| match event {
            Event::ServerError(error) => {
                let text = error.to_string().to_lowercase();
                (text.contains("permissions violation") && text.contains(&subject.to_lowercase())).then_some(())
            }
            _ => None,
        };
        self.event(&format!("a violation for {subject}"), complains).await;
    }
}

fn chain() -> ChainPath {
    ChainPath::parse("cn.32").unwrap()
}

fn person(name: &'static str, seed: u8, manages: bool, cosigns: bool) -> Person {
    let pair = Arc::new(nkeys::KeyPair::new_from_raw(nkeys::KeyPairType::User, [seed; 32]).unwrap());
    let (_, key) = nkeys::from_public_key(&pair.public_key()).unwrap();
    let seed = pair.seed().unwrap();
    let identity = Identity::new(name, move |_, bytes| Some((key, pair.sign(bytes).unwrap().try_into().unwrap())));
    let rights = rights::of_member(name, &chain(), manages, cosigns);
    Person { name, seed, identity, user: MemberUser { name: name.to_owned(), keys: vec![key], rights } }
}

impl Person {
    async fn bus(&self, rig: &Rig) -> Result<Bus, BusError> {
        Bus::connect_as(&bare(rig), self.name, &self.identity).await
    }

    async fn watched(&self, rig: &Rig) -> Watched {
        let (said, events) = mpsc::unbounded_channel();
        let options = ConnectOptions::with_nkey(self.seed.clone()).event_callback(move |event| {
            let _ = said.send(event);
            std::future::ready(())
        });
        let options = options.custom_inbox_prefix(format!("_INBOX.{}", self.name));
        let client = options.connect(bare(rig)).await.unwrap();
        Watched { client, events }
    }
}

/// The server's address without a password.
fn bare(rig: &Rig) -> String {
    format!("nats://{}", rig.server.url().rsplit_once('@').unwrap().1)
}

async fn with_streams(people: &[&Person]) -> Rig {
    let rig = Rig::new().await;
    for spec in streams() {
        rig.bus.ensure_stream(&spec).await.unwrap();
    }
    admit(&rig, people).await;
    rig
}

fn streams() -> Vec<StreamSpec> {
    vec![subject::block_stream(&chain()), subject::cosign_stream(&chain()), subject::alert_stream()]
}

/// Makes these the members.
async fn admit(rig: &Rig, people: &[&Person]) {
    let users: Vec<_> = people.iter().map(|person| person.user.clone()).collect();
    rig.server.set_members(&users).await.unwrap();
}

#[tokio::test]
async fn a_member_does_its_part_under_its_own_key() {
    let (cdc, clinic) = (person("cdc", 1, true, true), person("clinic", 2, false, false));
    let rig = with_streams(&[&cdc, &clinic]).await;
    let (cdc, clinic) = (cdc.bus(&rig).await.unwrap(), clinic.bus(&rig).await.unwrap());
    for spec in streams() {
        cdc.ensure_stream(&spec).await.unwrap();
    }
    let last = cdc.publish(&subject::blocks(&chain()), "block".into(), Publish::default()).await.unwrap();
    assert_eq!(cdc.publish(&subject::cosign("cdc", &chain()), "note".into(), Publish::default()).await, Ok(1));
    let blocks = subject::block_stream(&chain()).name;
    let heard = soon("the block", cdc.pump(&blocks, None, 1).next()).await.unwrap();
    assert_eq!(&heard[0].payload[..], b"block");
    assert_eq!(cdc.message(&blocks, last).await.unwrap().map(|message| message.payload), Some("block".into()));
    let ledger = subject::ledger("cdc", &chain());
    let _served = cdc.serve(&ledger, 1, |asked, _| async move { asked }).await.unwrap();
    assert_eq!(clinic.request(&ledger, "how far".into(), PATIENCE).await, Ok("how far".into()));
}

#[tokio::test]
async fn a_member_may_not_speak_in_anothers_place() {
    let (cdc, clinic) = (person("cdc", 1, true, true), person("clinic", 2, false, true));
    let rig = with_streams(&[&cdc, &clinic]).await;
    let mut watched = clinic.watched(&rig).await;
    let chain = chain();
    for forbidden in [
        subject::cosign("cdc", &chain),
        subject::blocks(&chain),
        subject::intake(Lane::Urgent, &chain),
        "$JS.API.STREAM.DELETE.block-cn_32".to_owned(),
        "$JS.API.STREAM.PURGE.block-cn_32".to_owned(),
        "_INBOX.cdc.x".to_owned(),
        subject::area(Area::MedicalResources, "cdc", &chain),
    ] {
        watched.client.publish(forbidden.clone(), "forged".into()).await.unwrap();
        watched.forbidden(&forbidden).await;
    }
    // It answers for nobody else and hears nobody else's replies.
    let area = subject::area(Area::Forecasting, "cdc", &chain);
    for forbidden in [subject::ledger("cdc", &chain), area, "_INBOX.cdc.>".to_owned()] {
        let _sub = watched.client.queue_subscribe(forbidden.clone(), "serve".to_owned()).await.unwrap();
        watched.forbidden(&forbidden).await;
    }
    let asked = rig.bus.request(&subject::ledger("cdc", &chain), "?".into(), PATIENCE).await;
    assert_eq!(asked, Err(RequestError::NoResponders));
    for spec in streams() {
        assert_eq!(rig.bus.stream_state(&spec.name).await.unwrap().last, 0, "{}", spec.name);
    }
}

#[tokio::test]
async fn nobody_answers_on_a_subject_that_is_no_inbox() {
    let (cdc, clinic) = (person("cdc", 1, true, true), person("clinic", 2, false, false));
    let rig = with_streams(&[&cdc, &clinic]).await;
    let (serves, asks) = (cdc.bus(&rig).await.unwrap(), clinic.watched(&rig).await.client);
    let ledger = subject::ledger("cdc", &chain());
    let _served = serves.serve(&ledger, 1, |asked, _| async move { asked }).await.unwrap();
    asks.publish_with_reply(ledger.clone(), subject::blocks(&chain()), "forged".into()).await.unwrap();
    // One permit: when the second is answered, the first was handled.
    asks.request(ledger, "second".into()).await.unwrap();
    let blocks = rig.bus.stream_state(&subject::block_stream(&chain()).name).await.unwrap();
    assert_eq!(blocks.last, 0, "the reply went into the block stream");
}

#[tokio::test]
async fn the_connection_of_an_expelled_member_ends_and_does_not_come_back() {
    let (cdc, clinic) = (person("cdc", 1, true, true), person("clinic", 2, true, true));
    let rig = with_streams(&[&cdc, &clinic]).await;
    let (mut stays, mut goes) = (cdc.watched(&rig).await, clinic.watched(&rig).await);
    let before = std::time::Instant::now();
    admit(&rig, &[&cdc]).await;
    goes.event("the end of the connection", |event| matches!(event, Event::Disconnected).then_some(())).await;
    assert!(before.elapsed() < Duration::from_secs(5), "{:?}", before.elapsed());
    let refused = clinic.bus(&rig).await.err().unwrap();
    assert!(matches!(refused, BusError::Connect { .. }), "{refused}");
    assert_ne!(goes.client.connection_state(), async_nats::connection::State::Connected);
    // A key that is no longer the member's ends as the member does; the member goes on with the new one.
    let rotated = person("cdc", 3, true, true);
    admit(&rig, &[&rotated]).await;
    stays.event("the end of the old key", |event| matches!(event, Event::Disconnected).then_some(())).await;
    assert!(cdc.bus(&rig).await.is_err() && rotated.bus(&rig).await.is_ok());
    // Who is admitted again may come again.
    admit(&rig, &[&rotated, &clinic]).await;
    assert!(clinic.bus(&rig).await.is_ok());
}

#[tokio::test]
async fn others_notice_nothing_when_a_member_goes() {
    let (cdc, clinic) = (person("cdc", 1, true, true), person("clinic", 2, true, true));
    let rig = with_streams(&[&cdc, &clinic]).await;
    let (mut quiet, reader) = (cdc.watched(&rig).await, cdc.bus(&rig).await.unwrap());
    quiet.event("the connection", |event| matches!(event, Event::Connected).then_some(())).await;
    let notes = subject::cosign("cdc", &chain());
    reader.publish(&notes, "kept in memory".into(), Publish::default()).await.unwrap();
    let blocks = subject::block_stream(&chain()).name;
    let pumped = tokio::spawn(async move {
        let (mut pump, mut heard) = (reader.pump(&blocks, None, 1), Vec::new());
        while heard.last() != Some(&300_u64) {
            heard.extend(pump.next().await.unwrap().iter().map(|message| message.sequence));
        }
        heard
    });
    // Blocks go out while members come and go.
    let changes = async {
        for turn in 0..10 {
            admit(&rig, &[&cdc, &clinic][..1 + turn % 2]).await;
        }
    };
    let sent = async {
        for block in 0..300 {
            let fence = Publish { expect_last: Some(block), ..Publish::default() };
            rig.bus.publish(&subject::blocks(&chain()), "block".into(), fence).await.unwrap();
        }
    };
    tokio::join!(changes, sent);
    assert_eq!(soon("all blocks", pumped).await.unwrap(), (1..=300).collect::<Vec<_>>());
    let kept = rig.bus.last_message(&subject::cosign_stream(&chain()).name, &notes).await.unwrap();
    assert!(kept.is_some(), "the server lost what it had in memory");
    assert!(quiet.events.try_recv().is_err(), "a member's connection was disturbed");
}

#[tokio::test]
async fn a_member_does_not_make_streams() {
    let cdc = person("cdc", 1, true, true);
    let rig = Rig::new().await;
    admit(&rig, &[&cdc]).await;
    let bus = cdc.bus(&rig).await.unwrap();
    assert!(bus.ensure_stream(&subject::block_stream(&chain())).await.is_err());
    let state = rig.bus.stream_state(&subject::block_stream(&chain()).name).await;
    assert!(matches!(state, Err(BusError::NoStream(_))), "{state:?}");
}
