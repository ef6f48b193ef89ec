use super::*;
use crate::event::{Event, Fact};
use crate::facility::testing::{Desk, event};
use crate::state::read;

fn claim(facility: &str, staffed: u64, occupied: u64) -> CapacityClaim {
    CapacityClaim { facility: facility.into(), bed_kind: "icu".into(), staffed, occupied }
}

fn post(desk: &mut Desk, member: &str, at: u64, claim: CapacityClaim) -> Result<Outcome, Code> {
    let event = Event { occurred_at: Millis(at), ..event(Fact::CapacityClaim(claim.clone())) };
    desk.post(member, event, |draft, act| decide(draft, act, &claim))
}

#[test]
fn the_latest_observation_stands_with_its_event() {
    let mut desk = Desk::default();
    assert_eq!(post(&mut desk, "hospital", 10, claim("gulou", 20, 5)), Ok(Outcome::Accepted));
    assert_eq!(post(&mut desk, "hospital", 20, claim("gulou", 24, 24)), Ok(Outcome::Accepted));
    assert_eq!(post(&mut desk, "hospital", 19, claim("gulou", 1, 1)), Err(Code::BadTime), "older than what stands");
    let key = keys::beds("gulou", "icu");
    let record = read::<BedsRecord>(&desk.state, &key).unwrap().unwrap();
    assert_eq!((record.staffed, record.occupied, record.available(), record.member.as_str()), (24, 24, 0, "hospital"));
    assert_eq!(desk.version(&key), 2, "expect[] counts writes");
}

#[test]
fn no_more_beds_are_occupied_than_have_staff() {
    let mut desk = Desk::default();
    assert_eq!(post(&mut desk, "hospital", 1, claim("gulou", 4, 5)), Err(Code::OutOfRange));
    assert_eq!(post(&mut desk, "hospital", 1, claim("gulou", (1 << 53) + 1, 5)), Err(Code::OutOfRange));
    assert_eq!(post(&mut desk, "hospital", 1, claim("Gulou", 4, 4)), Err(Code::UnknownCode));
    assert!(desk.state.is_empty(), "a refusal writes nothing");
    assert_eq!(post(&mut desk, "hospital", 1, claim("gulou", 0, 0)), Ok(Outcome::Accepted));
}

#[test]
fn a_facility_belongs_to_the_member_that_named_it_first_whatever_the_bed() {
    let mut desk = Desk::default();
    assert_eq!(post(&mut desk, "hospital", 1, claim("gulou", 4, 4)), Ok(Outcome::Accepted));
    let other = CapacityClaim { bed_kind: "isolation".into(), ..claim("gulou", 9, 0) };
    assert_eq!(post(&mut desk, "airport", 2, other.clone()), Err(Code::NotOwner));
    assert_eq!(post(&mut desk, "hospital", 2, other), Ok(Outcome::Accepted));
    assert_eq!(post(&mut desk, "airport", 2, claim("lukou-clinic", 2, 0)), Ok(Outcome::Accepted));
}
