//! Events and bundles as a member with keys of its own makes them, for tests that speak to nodes and streams directly.

use domain::chain::Lane;
use domain::event::{
    AgeBand, CaseReport, Classification, DailyAggregate, Disease, Event, EventId, Fact, Origin, SecurityLevel, Sex,
};
use domain::genesis::KeyClass;
use domain::time::{Date, Millis};
use host::clock::Clock;
use proof::digest::Digest;
use proof::sign::{Domain, SecretKey, Signed};

use crate::world::World;

/// A signed event of a member; its number makes it another event.
pub fn signed(world: &World, member: &'static str, lane: Lane, number: u64, fact: Fact) -> Vec<u8> {
    signed_with(world, &world.rings[member].secret(KeyClass::Author).unwrap(), lane, number, fact)
}

/// The same under any key.
pub fn signed_with(world: &World, secret: &SecretKey, lane: Lane, number: u64, fact: Fact) -> Vec<u8> {
    let now = Clock::wall().wall_now();
    let event = Event {
        author: secret.public(),
        lane,
        nonce: Digest::of(&number.to_be_bytes()).as_bytes()[..16].try_into().unwrap(),
        occurred_at: now,
        created_at: now,
        valid_until: Millis(0),
        region: "320100".to_owned(),
        security: SecurityLevel::Public,
        response: None,
        fact,
        sealed: Vec::new(),
        causes: Vec::new(),
        expect: Vec::new(),
    };
    Signed::seal(secret, Domain::Event, &world.genesis.chain_id, wire::event::encode(&event)).to_bytes()
}

/// The id of a signed event.
pub fn id(world: &World, signed: &[u8]) -> EventId {
    wire::event::id_of(&world.genesis.chain_id, signed)
}

/// Today's counts of a disease.
pub fn today(confirmed: u64) -> Fact {
    let now = Clock::wall().wall_now().to_string();
    Fact::DailyAggregate(DailyAggregate {
        disease: Disease { code: "U07.1".to_owned(), name: "COVID-19".to_owned() },
        report_date: Date::parse(now.split('T').next().unwrap()).unwrap(),
        origin: Origin::Local,
        counts: [0, 0, confirmed, 0, 0],
    })
}

/// A case, about nobody.
pub fn case() -> Fact {
    Fact::CaseReport(CaseReport {
        disease: Disease { code: "U07.1".to_owned(), name: "COVID-19".to_owned() },
        classification: Classification::Confirmed,
        onset_date: None,
        report_date: Date::parse("2021-07-20").unwrap(),
        facility: "nanjing-hospital".to_owned(),
        age_band: AgeBand::Unknown,
        sex: Sex::Unknown,
        origin: Origin::Unknown,
    })
}

/// A bundle that a manager's endorsement node would publish.
pub fn bundle(world: &World, endorser: &'static str, lane: Lane, number: u64, events: Vec<Vec<u8>>) -> Vec<u8> {
    let secret = world.rings[endorser].secret(KeyClass::Endorser).unwrap();
    let admitted_at = Clock::wall().wall_now();
    let body = wire::bundle::encode(wire::bundle::Bundle { lane, number, admitted_at, events });
    Signed::seal(&secret, Domain::Bundle, &world.genesis.chain_id, body).to_bytes()
}
