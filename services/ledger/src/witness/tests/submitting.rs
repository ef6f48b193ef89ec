//! From a ledger's final checkpoints to the note with its witnesses' lines, over real HTTP.

use std::time::{Duration, Instant};

use domain::chain::Lane;
use host::node::Node;
use host::rest::{Desks, Door, RunningDoor};
use host::stop::Stop;
use proof::sign::PublicKey;

use super::super::call::{Caller, Prefix};
use super::super::submit::{Address, check, submit};
use super::*;
use crate::desk::Desk;
use crate::live::{Town, end, until};
use crate::rig::Sealer;

const PATIENCE: Duration = Duration::from_secs(30);

async fn door(outside: &Outside) -> RunningDoor {
    let data = web::Data::new(outside.clone());
    let routes = move |config: &mut web::ServiceConfig| {
        config.app_data(data.clone());
        super::super::outside::routes(config);
    };
    let door = Door::new(Clock::stepped(rig::START)).with(routes, super::super::outside::openapi());
    door.serve(([127, 0, 0, 1], 0).into()).await.unwrap()
}

async fn ledger_door(desk: &Desk) -> RunningDoor {
    let desks = web::Data::new(Desks::new().with(desk.chain().clone(), desk.clone()));
    let routes = move |config: &mut web::ServiceConfig| {
        config.app_data(desks.clone());
        crate::api::routes(config);
    };
    let door = Door::new(Clock::stepped(rig::START)).with(routes, crate::api::openapi());
    door.serve(([127, 0, 0, 1], 0).into()).await.unwrap()
}

fn address(cosigner: &Cosigner, url: String) -> Address {
    Address { name: cosigner.name.clone(), key: cosigner.key.to_string(), url }
}

/// The note that is served once it holds so many lines of these keys, at this size at least.
async fn note_with(desk: &Desk, size: u64, keys: &[Cosigner], lines: usize) -> String {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let note = desk.witnessed.note().unwrap_or_default();
        let served = note.lines().nth(1).and_then(|line| line.parse::<u64>().ok()).unwrap_or(0);
        if served >= size && lines_of(&note, keys.to_vec()).0 == lines {
            return note;
        }
        assert!(Instant::now() < deadline, "no {lines} lines at {size}:\n{note}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_witnesses_say_stands_beside_the_certificate_and_a_fork_gets_nothing() {
    let town = Town::new().await;
    let child = rig::genesis("cn.32", 1, &[]);
    let parent = rig::genesis("cn", 1, &[&child]);
    let (above, below) = (town.node(&parent, "m0"), town.node(&child, "m0"));
    let parents = crate::start(above.clone(), None).await.unwrap();
    let desk = crate::start(below.clone(), None).await.unwrap();
    until(&parents, "ready", |status| status.serving).await;
    until(&desk, "ready", |status| status.serving).await;
    let outside = open(town.dir(), &[&child]);
    let (university_door, parents_door) = (door(&outside).await, ledger_door(&parents).await);
    let office = super::super::children::signer(&parents).unwrap().cosigner();
    let gone = Cosigner { name: "gone.example".to_owned(), key: SecretKey::from_seed(&[1; 32]).public() };
    let addresses = [
        address(&university().cosigner(), format!("http://{}/", university_door.addr())),
        address(&office, format!("http://{}/v1/chains/cn/witness", parents_door.addr())),
        // Nobody listens on that port, and a witness that is gone holds up nobody.
        address(&gone, "http://127.0.0.1:1".to_owned()),
    ];
    submit(&desk, &addresses).unwrap();
    let own = child.cosigners();
    let keys = [university().cosigner(), office, own[0].clone()];
    let mut sealer = Sealer::new(&child);
    let mut last = String::new();
    for number in 0..3 {
        let block = sealer.block(Lane::Normal, vec![rig::deposit(&child, number)], None);
        town.publish(&child, &block).await;
        let status = until(&desk, "final", |status| status.final_height == number + 1).await;
        last = note_with(&desk, status.final_size, &keys, 3).await;
    }
    let checkpoint = Certificate::parse(&desk.status().certificate.unwrap()).unwrap();
    assert_eq!(checkpoint.cosignatures.len(), 1, "the certificate keeps exactly q");
    assert!(last.starts_with(&checkpoint.text()), "cosigners first, then witnesses");
    assert_eq!(last.lines().count(), 4 + 3);

    // The same chain with another story from the second block on, on another server, asks the same witnesses.
    let elsewhere = Town::new().await;
    let forged = Node { stop: Stop::new(), ..elsewhere.node(&child, "m0") };
    let other = crate::start(forged.clone(), None).await.unwrap();
    until(&other, "ready", |status| status.serving).await;
    submit(&other, &addresses[..2]).unwrap();
    let mut liar = Sealer::new(&child);
    for number in [0, 77, 78] {
        elsewhere.publish(&child, &liar.block(Lane::Normal, vec![rig::deposit(&child, number)], None)).await;
    }
    until(&other, "final", |status| status.final_height == 3).await;
    let deadline = Instant::now() + PATIENCE;
    while noticed(&outside).await.is_empty() {
        assert!(Instant::now() < deadline, "the fork was not noticed");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(noticed(&outside).await[0]["named"], serde_json::json!(["m0.cn.32"]));
    assert_eq!(other.witnessed.note(), None, "no witness gave the other branch a line");

    // The door leaves the specification's refusals as they are, where it words everybody else's.
    let prefix = Prefix::parse(&addresses[0].url).unwrap();
    let told = Caller::new().unwrap().post(&prefix, "/add-checkpoint", "hello\n".to_owned()).await.unwrap();
    assert_eq!((told.status, told.body.as_str()), (400, "bad request: the first line must be `old <size>`\n"));
    let nowhere = Caller::new().unwrap().post(&prefix, "/nowhere", String::new()).await.unwrap();
    assert!(nowhere.status == 404 && nowhere.body.contains("urn:tocsin:problem"), "{}", nowhere.body);

    university_door.stop().await;
    parents_door.stop().await;
    end(&forged, other).await;
    end(&below, desk).await;
    end(&above, parents).await;
}

#[tokio::test]
async fn a_configuration_with_a_witness_that_cannot_be_called_is_refused() {
    let good = address(&university().cosigner(), "https://witness.university.example/w".to_owned());
    check(std::slice::from_ref(&good)).unwrap();
    let refused = |change: fn(&mut Address)| {
        let mut address = good.clone();
        change(&mut address);
        check(&[address]).unwrap_err().detail
    };
    assert!(refused(|one| one.url = "http://witness.university.example".into()).contains("https"));
    assert!(refused(|one| one.key = "00".into()).contains("64 hex digits"));
    assert!(refused(|one| one.name = "two words".into()).contains("printable"));
    assert!(check(&[good.clone(), good.clone()]).unwrap_err().detail.contains("twice"));
    let many = (0..17_u8).map(|seed| {
        let key: PublicKey = SecretKey::from_seed(&[seed; 32]).public();
        Address { name: format!("w{seed}"), key: key.to_string(), ..good.clone() }
    });
    assert!(check(&many.collect::<Vec<_>>()).unwrap_err().detail.contains("16"));
}
