use domain::record::Outcome;
use domain::time::Millis;
use proof::digest::Digest;
use wire::ledger::Level;

use super::*;

fn held(standing: Standing) -> Held {
    Held {
        event_id: Digest::of(b"event"),
        standing,
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
    }
}

fn state(standing: Standing, status: Option<EventStatus>) -> String {
    let view = view(&Digest::of(b"event"), Some(&held(standing)), status.as_ref());
    view["state"].as_str().unwrap().to_owned()
}

#[test]
fn given_a_ledger_that_is_behind_then_what_was_final_stays_final() {
    assert_eq!(state(Standing::Receipt, None), "queued");
    assert_eq!(state(Standing::Receipt, Some(sealed(Level::Sealed, 0))), "sealed");
    assert_eq!(state(Standing::Receipt, Some(sealed(Level::Final, 0))), "final");
    assert_eq!(state(Standing::Final, Some(sealed(Level::Sealed, 0))), "final");
    assert_eq!(state(Standing::Final, None), "final");
    let code = Code::OutOfRange;
    assert_eq!(state(Standing::Rejected(code), Some(sealed(Level::Sealed, code.number()))), "rejected");
    assert_eq!(state(Standing::Receipt, Some(sealed(Level::Final, code.number()))), "rejected");
}

#[test]
fn given_a_refusal_by_nodes_and_a_seal_through_another_then_the_seal_counts() {
    assert_eq!(state(Standing::Refused(Code::OutOfRange), Some(sealed(Level::Sealed, 0))), "sealed");
    assert_eq!(state(Standing::Refused(Code::OutOfRange), None), "rejected");
}
