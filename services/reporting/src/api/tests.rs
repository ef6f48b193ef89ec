use std::collections::BTreeMap;
use std::sync::Arc;

use domain::chain::{ChainPath, Lane};
use domain::event::{Disease, Event, Fact, SecurityLevel, ZeroReport};
use domain::genesis::{Genesis, Member, NodeRole};
use domain::record::Outcome;
use domain::time::Millis;
use proof::digest::Digest;
use proof::sign::{Domain, PublicKey, SecretKey, Signed};
use wire::ledger::Level;

use super::*;

fn held(fate: Fate) -> Held {
    Held {
        event_id: Digest::of(b"event"),
        fate,
        taken_at: Millis(1),
        receipt: Some(vec![1]),
        refusals: Vec::new(),
        appeal: None,
    }
}

fn sealed(level: Level, code: u16) -> EventStatus {
    EventStatus {
        level,
        code,
        outcome: Outcome::Open,
        height: 3,
        position: 0,
        index: 7,
        sealed_at: Millis(2),
        final_at: None,
        member: "nanjing-cdc".to_owned(),
        kind: Kind::CaseReport,
        urgency_overdrawn: false,
    }
}

fn state(fate: Fate, status: Option<EventStatus>) -> String {
    let view = view(&Digest::of(b"event"), Some(&held(fate)), status.as_ref());
    view["state"].as_str().unwrap().to_owned()
}

#[test]
fn given_a_ledger_that_is_behind_then_what_was_final_stays_final() {
    assert_eq!(state(Fate::Receipt, None), "queued");
    assert_eq!(state(Fate::Receipt, Some(sealed(Level::Sealed, 0))), "sealed");
    assert_eq!(state(Fate::Receipt, Some(sealed(Level::Final, 0))), "final");
    assert_eq!(state(Fate::Final, Some(sealed(Level::Sealed, 0))), "final");
    assert_eq!(state(Fate::Final, None), "final");
    let code = Code::OutOfRange;
    assert_eq!(state(Fate::Rejected(code), Some(sealed(Level::Sealed, code.number()))), "rejected");
    assert_eq!(state(Fate::Receipt, Some(sealed(Level::Final, code.number()))), "rejected");
}

#[test]
fn given_a_refusal_by_nodes_and_a_seal_through_another_then_the_seal_counts() {
    assert_eq!(state(Fate::Refused(Code::OutOfRange), Some(sealed(Level::Sealed, 0))), "sealed");
    assert_eq!(state(Fate::Refused(Code::OutOfRange), None), "rejected");
}

#[test]
fn given_an_event_signed_elsewhere_then_only_its_author_posts_it_and_only_with_a_signature_that_holds() {
    let secret = SecretKey::from_seed(&[1; 32]);
    let standing = Standing::of(Arc::new(genesis(&secret)));
    let genesis = standing.genesis();
    let at = Millis(1_626_790_000_000);
    let event = Event {
        author: secret.public(),
        lane: Lane::Normal,
        nonce: [7; 16],
        occurred_at: at,
        created_at: at,
        valid_until: Millis(0),
        region: "32".to_owned(),
        security: SecurityLevel::Public,
        response: None,
        fact: Fact::ZeroReport(ZeroReport {
            disease: Disease { code: "U07.1".to_owned(), name: "COVID-19".to_owned() },
            report_date: at.date(),
            facility: "hospital".to_owned(),
        }),
        sealed: Vec::new(),
        causes: Vec::new(),
        expect: Vec::new(),
    };
    let signed = Signed::seal(&secret, Domain::Event, &genesis.chain_id, wire::event::encode(&event)).to_bytes();
    let by = |caller: &str, signed: &[u8]| check(&standing, &Caller(caller.to_owned()), signed.to_vec());
    assert_eq!(by("clinic", &signed).unwrap(), signed);
    assert_eq!(by("lab", &signed).unwrap_err().code, Code::IdentityMismatch);
    let mut damaged = Signed::from_bytes(&signed).unwrap();
    damaged.signature[0] ^= 1;
    let damaged = damaged.to_bytes();
    assert_eq!(wire::event::id_of(&genesis.chain_id, &damaged), wire::event::id_of(&genesis.chain_id, &signed));
    assert_eq!(by("clinic", &damaged).unwrap_err().code, Code::BadSignature);
}

fn genesis(clinic: &SecretKey) -> Genesis {
    let member = |id: &str, key: PublicKey| Member {
        id: id.to_owned(),
        name: id.to_owned(),
        node_role: NodeRole::Common,
        roles: Vec::new(),
        sector: "health".to_owned(),
        regions: Vec::new(),
        cosigner: false,
        keys: BTreeMap::from([(KeyClass::Author, vec![key])]),
    };
    Genesis {
        file: Vec::new(),
        chain_id: Digest::of(b"chain"),
        chain: ChainPath::parse("cn.32").unwrap(),
        name: "Jiangsu".to_owned(),
        regions: vec!["32".to_owned()],
        genesis_time: Millis(1_626_000_000_000),
        rules_version: 2,
        allow_fewer_cosigners: true,
        members: vec![member("clinic", clinic.public()), member("lab", SecretKey::from_seed(&[2; 32]).public())],
        policies: BTreeMap::new(),
        children: Vec::new(),
        parent: Vec::new(),
        urgent_per_day: domain::genesis::URGENT_PER_DAY,
        duties: Vec::new(),
    }
}
