//! Events made and signed outside the house, right and wrong.

use std::time::Duration;

use domain::chain::Lane;
use domain::event::{Anchor, Disease, Event, Fact, SecurityLevel, ZeroReport};
use domain::genesis::KeyClass;
use domain::refusal::Code;
use domain::time::Millis;
use proof::checkpoint::{Certificate, Checkpoint, cosign, origin};
use proof::digest::Digest;
use proof::sign::{Domain, SecretKey, Signed};
use wire::admission::{AdmitReply, AdmitRequest, Admitted, RefusalBody};

use crate::answer::{Answer, CANARY};
use crate::world::{CITY, PROVINCE, World, path};

/// A zero report as a department would make it itself.
pub fn event(world: &World, chain: &str, author: &SecretKey) -> Event {
    let mut nonce = [7; 16];
    nonce[..8].copy_from_slice(&world.unique().to_be_bytes());
    let now = world.clock.now();
    let region = world.genesis(chain).regions[0].clone();
    let disease = Disease { code: "U07.1".to_owned(), name: "COVID-19".to_owned() };
    Event {
        author: author.public(),
        lane: Lane::Normal,
        nonce,
        occurred_at: now,
        created_at: now,
        valid_until: Millis(0),
        region,
        security: SecurityLevel::Public,
        response: None,
        fact: Fact::ZeroReport(ZeroReport { disease, report_date: now.date(), facility: CANARY.to_owned() }),
        sealed: Vec::new(),
        causes: Vec::new(),
        expect: Vec::new(),
    }
}

/// A good signed event of a member of the city.
pub fn good(world: &World, member: &str) -> Vec<u8> {
    let author = &world.secret(CITY, member, KeyClass::Author);
    seal(world, CITY, author, &event(world, CITY, author))
}

pub fn seal(world: &World, chain: &str, author: &SecretKey, event: &Event) -> Vec<u8> {
    let body = wire::event::encode(event);
    Signed::seal(author, Domain::Event, &world.genesis(chain).chain_id, body).to_bytes()
}

/// Posts finished bytes to `/events` as a member.
pub async fn post(world: &World, chain: &str, member: &str, bytes: Vec<u8>) -> Answer {
    world.post(chain, member, "events", "application/octet-stream", bytes).await
}

/// A child's checkpoint of that size under a root nobody ever saw, cosigned by the first so many of its cosigners. Only
/// who holds all their keys can make one.
pub fn vouched(world: &World, size: u64, cosigners: usize) -> Certificate {
    let genesis = world.genesis(CITY);
    let checkpoint =
        Checkpoint { origin: origin(CITY, &genesis.chain_id), size, root: Digest::of(&world.unique().to_be_bytes()) };
    let members = genesis.members.iter().filter(|member| member.cosigner).zip(genesis.cosigners());
    let cosignatures = members.take(cosigners).map(|(member, cosigner)| {
        let secret = &world.secret(CITY, &member.id, KeyClass::Cosigner);
        cosign(secret, &cosigner.name, &checkpoint, world.clock.now().seconds())
    });
    Certificate { cosignatures: cosignatures.collect(), checkpoint }
}

/// An anchor by the relay of the city, sent to the province's admission over NATS; the code of its signed refusal.
pub async fn anchor(world: &World, child: &str, certificate: &Certificate, consistency: Vec<Digest>) -> Code {
    let relay = &world.secret(CITY, "health", KeyClass::Relay);
    let fact = Anchor { child: child.to_owned(), checkpoint: certificate.text(), consistency, leaves: Vec::new() };
    let event = Event { fact: Fact::Anchor(fact), ..event(world, PROVINCE, relay) };
    let refused = admit(world, PROVINCE, "province-health", PROVINCE, seal(world, PROVINCE, relay, &event)).await;
    assert!(!refused.detail.contains(CANARY));
    refused.code
}

/// Asks one admission node over NATS; its signed refusal.
pub async fn admit(world: &World, at: &str, member: &str, chain: &str, signed: Vec<u8>) -> RefusalBody {
    let request = AdmitRequest { chain: path(chain), events: vec![signed] }.encode();
    let subject = wire::subject::admit(member, &path(at));
    let reply = world.bus.request(&subject, request.into(), Duration::from_secs(20)).await.unwrap();
    let mut results = AdmitReply::decode(&reply).unwrap().results;
    let Some(Admitted::Refused(refused)) = results.pop() else { panic!("not refused: {results:?}") };
    let signed = Signed::from_bytes(&refused).unwrap();
    let key = world.secret(at, member, KeyClass::Endorser).public();
    assert_eq!(signed.key, key, "a refusal is attributable");
    assert!(signed.verify(Domain::Refusal, &world.genesis(at).chain_id));
    RefusalBody::decode(&signed.body).unwrap()
}
