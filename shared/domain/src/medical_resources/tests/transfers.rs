//! Patients handed from one facility to another.

use super::*;

fn accept(request: EventId) -> Fact {
    step(TransferStep::Accept { request })
}

fn decline(request: EventId) -> Fact {
    step(TransferStep::Decline { request, reason: "no-staff".into() })
}

fn depart(request: EventId) -> Fact {
    step(TransferStep::Depart { request })
}

fn arrive(request: EventId) -> Fact {
    step(TransferStep::Arrive { request })
}

fn cancel(request: EventId) -> Fact {
    step(TransferStep::Cancel { request, reason: "too-ill".into() })
}

#[test]
fn both_ends_sign_and_every_step_is_kept() {
    let mut stage = stage((10, 9), (8, 5));
    let asked = stage.say("hospital", request("gulou", "zhongda", 2));
    assert_eq!(counts(&stage, "zhongda"), [8, 5, 0, 3], "a request keeps nothing");
    let accepted = stage.say("cdc", accept(asked));
    assert_eq!((counts(&stage, "gulou"), counts(&stage, "zhongda")), ([10, 9, 0, 1], [8, 5, 2, 1]));
    let departed = stage.say("hospital", depart(asked));
    assert_eq!((counts(&stage, "gulou"), counts(&stage, "zhongda")), ([10, 7, 0, 3], [8, 5, 2, 1]));
    stage.later(MAX_HOLD_MS);
    assert_eq!(counts(&stage, "zhongda")[2], 2, "who is on the way keeps the bed for as long as it takes");
    let arrived = stage.say("cdc", arrive(asked));
    assert_eq!((counts(&stage, "gulou"), counts(&stage, "zhongda")), ([10, 7, 0, 3], [8, 7, 0, 1]));
    let record = transfer(&stage, &asked);
    let steps = record.steps.iter().map(|step| (step.state, step.event)).collect::<Vec<_>>();
    use TransferState::{Accepted, Arrived, Departed, Requested};
    assert_eq!(steps, [(Requested, asked), (Accepted, accepted), (Departed, departed), (Arrived, arrived)]);
    assert_eq!((record.state, held(&stage, &accepted).state), (Arrived, HoldState::Used));
}

#[test]
fn a_step_is_its_own_sides_and_in_order() {
    let mut stage = stage((10, 9), (8, 5));
    assert_eq!(stage.code("cdc", request("gulou", "zhongda", 2)), Some(Code::NotOwner));
    let asked = stage.say("hospital", request("gulou", "zhongda", 2));
    assert_eq!(stage.code("hospital", accept(asked)), Some(Code::NotOwner));
    assert_eq!(stage.code("hospital", depart(asked)), Some(Code::BadCause), "nobody accepted");
    assert_eq!(stage.code("cdc", arrive(asked)), Some(Code::BadCause));
    let accepted = stage.say("cdc", accept(asked));
    assert_eq!(stage.code("cdc", accept(asked)), Some(Code::BadCause), "once is enough");
    assert_eq!(stage.code("cdc", release(accepted)), Some(Code::BadCause), "the transfer's beds");
    assert_eq!(stage.code("cdc", flow("zhongda", [1, 0, 0], Some(accepted))), Some(Code::BadCause));
    assert_eq!(stage.code("cdc", depart(asked)), Some(Code::NotOwner));
    stage.say("hospital", depart(asked));
    assert_eq!(stage.code("hospital", cancel(asked)), Some(Code::BadCause), "they have left");
    assert_eq!(stage.code("cdc", decline(asked)), Some(Code::BadCause));
    stage.say("cdc", arrive(asked));
    for fact in [accept(asked), arrive(asked), decline(asked)] {
        assert_eq!(stage.code("cdc", fact), Some(Code::Closed));
    }
    assert_eq!(stage.code("cdc", accept(proof::digest::Digest([9; 32]))), Some(Code::BadCause));
    assert_eq!((counts(&stage, "gulou"), counts(&stage, "zhongda")), ([10, 7, 0, 3], [8, 7, 0, 1]));
}

#[test]
fn who_stays_frees_the_beds_that_were_kept() {
    for end in [true, false] {
        let mut stage = stage((10, 9), (8, 5));
        let asked = stage.say("hospital", request("gulou", "zhongda", 2));
        stage.say("cdc", accept(asked));
        assert_eq!(stage.code("airport", if end { cancel(asked) } else { decline(asked) }), Some(Code::NotOwner));
        let (member, fact) = if end { ("hospital", cancel(asked)) } else { ("cdc", decline(asked)) };
        assert_eq!(stage.code(member, fact), None);
        assert_eq!((counts(&stage, "gulou"), counts(&stage, "zhongda")), ([10, 9, 0, 1], [8, 5, 0, 3]));
        let state = if end { TransferState::Cancelled } else { TransferState::Declined };
        assert_eq!(transfer(&stage, &asked).state, state);
        assert_eq!(stage.code("hospital", depart(asked)), Some(Code::Closed));
        assert_eq!(stage.later(MAX_HOLD_MS).leaves.len(), 1, "nothing is due any more");
    }
}

#[test]
fn beds_kept_for_who_does_not_leave_in_time_are_free_again() {
    let mut stage = stage((10, 9), (8, 5));
    let asked = stage.say("hospital", request("gulou", "zhongda", 2));
    let accepted = stage.say("cdc", accept(asked));
    stage.later(MAX_HOLD_MS);
    let record = transfer(&stage, &asked);
    assert_eq!((record.state, held(&stage, &accepted).state), (TransferState::Lapsed, HoldState::Lapsed));
    assert_eq!(record.steps.last().map(|step| (step.event, step.at)), Some((accepted, stage.now)));
    assert_eq!(counts(&stage, "zhongda"), [8, 5, 0, 3]);
    assert_eq!(stage.code("hospital", depart(asked)), Some(Code::Closed));
}

#[test]
fn no_bed_is_promised_twice_and_nobody_arrives_where_there_is_none() {
    let mut stage = stage((10, 9), (8, 5));
    let first = stage.say("hospital", request("gulou", "zhongda", 2));
    let second = stage.say("hospital", request("gulou", "zhongda", 2));
    assert_eq!(stage.code("cdc", accept(first)), None);
    assert_eq!(stage.code("cdc", accept(second)), Some(Code::NoBed), "one is left");
    stage.say("hospital", depart(first));
    stage.say("cdc", claim("zhongda", Resource::AdultIcu, 6, 5));
    assert_eq!(stage.code("cdc", arrive(first)), Some(Code::NoBed));
    assert_eq!(transfer(&stage, &first).state, TransferState::Departed, "they are on the way, and it shows");
    assert_eq!(counts(&stage, "zhongda"), [6, 5, 2, 0]);
    // They are put up in the corridor, and counted there; their arrival was before the count.
    let arrival = stage.now;
    stage.later(60_000);
    stage.say("cdc", claim("zhongda", Resource::AdultIcu, 7, 7));
    let fact = arrive(first);
    let late = stage.event_with("cdc", fact, |event| event.occurred_at = arrival);
    assert_eq!(stage.code_of(&late), None);
    assert_eq!(counts(&stage, "zhongda"), [7, 7, 0, 0]);
}

#[test]
fn who_leaves_lies_there_and_where_they_go_is_another_place_with_such_beds() {
    let mut stage = stage((10, 1), (8, 5));
    assert_eq!(form(request("gulou", "gulou", 1)), Some((Code::SelfTransfer, "to")));
    assert_eq!(form(request("gulou", "zhongda", 0)), Some((Code::OutOfRange, "patients")));
    assert_eq!(form(step(TransferStep::Cancel { request: stage.genesis.chain_id, reason: String::new() })), {
        Some((Code::UnknownCode, "reason"))
    });
    assert_eq!(stage.code("hospital", request("gulou", "lishui", 1)), Some(Code::UnknownCode));
    let asked = stage.say("hospital", request("gulou", "zhongda", 2));
    stage.say("cdc", accept(asked));
    assert_eq!(stage.code("hospital", depart(asked)), Some(Code::Insufficient), "one patient lies there");
    let Fact::Transfer(Transfer { step: TransferStep::Request(mut up) }) = request("gulou", "zhongda", 1) else {
        panic!("a request")
    };
    up.leaving = Resource::Nurse;
    assert_eq!(form(step(TransferStep::Request(up.clone()))), Some((Code::UnknownCode, "leaving")));
    up.leaving = Resource::AdultGeneral;
    stage.say("hospital", claim("gulou", Resource::AdultGeneral, 30, 30));
    let asked = stage.say("hospital", step(TransferStep::Request(up)));
    stage.say("cdc", accept(asked));
    stage.say("hospital", depart(asked));
    let ward = keys::beds("gulou", Resource::AdultGeneral);
    let ward = read::<BedsRecord>(&stage.state, &ward).unwrap().unwrap();
    assert_eq!((ward.occupied, counts(&stage, "gulou")), (29, [10, 1, 0, 9]), "they left the ward, not intensive care");
}
