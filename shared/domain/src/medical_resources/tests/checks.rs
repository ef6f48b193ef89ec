//! What other members count.

use super::*;
use crate::medical_resources::spot_check::{ReliabilityRecord, agree};

fn found(claim: EventId, staffed: u64, occupied: u64) -> Fact {
    Fact::SpotCheck(SpotCheck {
        facility: "gulou".into(),
        resource: Resource::AdultIcu,
        claim,
        staffed,
        occupied,
        reason: "complaint".into(),
    })
}

fn reliability(stage: &Stage) -> Option<ReliabilityRecord> {
    read(&stage.state, &keys::reliability("gulou")).unwrap()
}

#[test]
fn a_tenth_or_a_bed_apart_is_the_same() {
    for (said, found) in [(0, 0), (0, 1), (1, 0), (5, 6), (100, 90), (90, 100), (19, 18)] {
        assert!(agree(said, found), "{said} {found}");
    }
    for (said, found) in [(0, 2), (5, 7), (100, 89), (89, 100), (20, 17)] {
        assert!(!agree(said, found), "{said} {found}");
    }
}

#[test]
fn others_check_the_claim_that_stands_once_each_and_it_is_kept_for_the_facility() {
    let mut stage = stage((100, 40), (4, 0));
    let stands = beds(&stage, "gulou").event;
    assert_eq!(stage.code("hospital", found(stands, 100, 40)), Some(Code::SelfEndorse));
    let first = stage.say("cdc", found(stands, 91, 41));
    assert_eq!(reliability(&stage), Some(ReliabilityRecord { checks: 1, agreed: 1, last: first }));
    assert_eq!(stage.code("cdc", found(stands, 50, 40)), Some(Code::AlreadyBalloted));
    let second = stage.say("regulator", found(stands, 100, 60));
    assert_eq!(reliability(&stage), Some(ReliabilityRecord { checks: 2, agreed: 1, last: second }));
    assert_eq!(counts(&stage, "gulou"), [100, 40, 0, 60], "a check moves no bed");
    stage.say("hospital", claim("gulou", Resource::AdultIcu, 60, 60));
    assert_eq!(stage.code("health", found(stands, 60, 60)), Some(Code::PreconditionFailed), "another claim stands");
    let stands = beds(&stage, "gulou").event;
    assert_eq!(stage.code("cdc", found(stands, 60, 60)), None, "of another claim the same member may");
    assert_eq!(reliability(&stage).map(|record| (record.checks, record.agreed)), Some((3, 2)));
}

#[test]
fn a_check_has_the_form_of_a_claim() {
    let id = proof::digest::Digest([5; 32]);
    assert_eq!(form(found(id, 3, 3)), None);
    assert_eq!(form(found(id, 3, 4)), Some((Code::OutOfRange, "occupied")));
}
