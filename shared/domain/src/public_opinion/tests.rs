use super::*;
use crate::event::Fact;
use crate::facility::testing::{Desk, event};
use crate::state::read;

fn deposit(text: &str, source: &str) -> Deposit {
    Deposit { digest: Digest::of(text.as_bytes()), source: source.into(), title: "a claim about tap water".into() }
}

fn post(desk: &mut Desk, member: &str, deposit: &Deposit) -> Result<Outcome, Code> {
    desk.post(member, event(Fact::Deposit(deposit.clone())), |draft, act| decide(draft, act, deposit))
}

#[test]
fn the_first_deposit_of_a_digest_stands_and_later_ones_count_up() {
    let mut desk = Desk::default();
    assert_eq!(post(&mut desk, "media", &deposit("rumour", "https://example.org/1")), Ok(Outcome::Accepted));
    let key = keys::deposit(&Digest::of(b"rumour"));
    let first = read::<DepositRecord>(&desk.state, &key).unwrap().unwrap();
    assert_eq!((first.member.as_str(), first.repeats), ("media", 0));
    assert_eq!((first.deposited_at, first.height), (desk.now, desk.height));
    desk.pass(1_000);
    assert_eq!(post(&mut desk, "regulator", &deposit("rumour", "a paper")), Ok(Outcome::Accepted));
    let now = read::<DepositRecord>(&desk.state, &key).unwrap().unwrap();
    assert_eq!(now, DepositRecord { repeats: 1, ..first });
    assert_eq!(post(&mut desk, "regulator", &deposit("another", "a paper")), Ok(Outcome::Accepted));
    assert_ne!(
        read::<DepositRecord>(&desk.state, &keys::deposit(&Digest::of(b"another"))).unwrap().unwrap().event,
        now.event
    );
}

#[test]
fn the_digest_of_nothing_is_no_evidence() {
    let mut desk = Desk::default();
    assert_eq!(post(&mut desk, "media", &deposit("", "a paper")), Err(Code::BadDigest));
    let zeros = Deposit { digest: Digest::default(), ..deposit("x", "a paper") };
    assert_eq!(post(&mut desk, "media", &zeros), Err(Code::BadDigest));
    assert_eq!(post(&mut desk, "media", &deposit("x", " ")), Err(Code::OutOfRange));
    assert_eq!(post(&mut desk, "media", &deposit("x", "seen by 13812345678")), Err(Code::PiiInPublic));
}

#[test]
fn no_earlier_time_is_claimed_than_that_of_the_deposit() {
    let signed = Millis(10_000_000);
    let at = |ms: u64| check(&deposit("x", "a paper"), Millis(ms), signed).map_err(|refusal| refusal.code);
    assert_eq!(at(signed.0 - MAX_SKEW_MS), Ok(()));
    assert_eq!(at(signed.0 - MAX_SKEW_MS - 1), Err(Code::BadTime));
}
