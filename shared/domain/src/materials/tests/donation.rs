//! Gifts of goods and money from pledge to use.

use proof::digest::Digest;

use super::*;

fn pledged(item: &str, quantity: u64) -> Fact {
    let donor = Digest::of(b"look-up code");
    Fact::Pledge(Pledge { item: item.into(), quantity, donor, purpose: "isolation-wards".into() })
}

fn donation(chain: &Stage, id: &EventId) -> DonationRecord {
    read(&chain.state, &keys::donation(id)).unwrap().unwrap()
}

fn gift(id: EventId, lot: &str, quantity: u64) -> StockMove {
    StockMove { donation: Some(id), ..stock("depot", lot, quantity) }
}

/// Fen of a gift in the fund.
fn money(id: EventId, lot: &str, quantity: u64) -> StockMove {
    StockMove { facility: "fund".into(), item: MONEY.into(), ..gift(id, lot, quantity) }
}

#[test]
fn a_gift_of_goods_is_followed_to_the_ward_whoever_holds_it() {
    let mut chain = stores();
    let id = chain.say("cdc", pledged("mask", 100));
    chain.say("cdc", Fact::StockReceived(gift(id, "a", 90)));
    let hand_over = chain.say("cdc", Fact::HandOver(give("a", 50)));
    assert_eq!((donation(&chain, &id).in_transit, donation(&chain, &id).held()), (50, 40));
    chain.say("hospital", Fact::TakeOver(take(hand_over, "a", 45)));
    chain.say("hospital", issued("gulou", "a", 30));
    chain.say("cdc", counted("a", 38));
    chain.say("hospital", settle(hand_over, 5, 0));
    chain.say("cdc", settle(hand_over, 5, 0));
    let end = donation(&chain, &id);
    assert_eq!((end.pledged, end.received, end.used, end.missing, end.lost), (100, 90, 30, 2, 5));
    assert_eq!((end.in_transit, end.disputed, end.held()), (0, 0, 53));
    assert_eq!(on_hand(&chain, "depot", "a") + on_hand(&chain, "gulou", "a"), 53);
}

#[test]
fn a_gift_is_received_by_the_member_that_takes_it_in_the_item_that_was_pledged() {
    let mut chain = stores();
    let id = chain.say("cdc", pledged("mask", 100));
    let elsewhere = StockMove { facility: "gulou".into(), ..gift(id, "a", 1) };
    assert_eq!(chain.code("hospital", Fact::StockReceived(elsewhere)), Some(Code::NotOwner));
    let gowns = StockMove { item: "gown".into(), ..gift(id, "a", 1) };
    assert_eq!(chain.code("cdc", Fact::StockReceived(gowns)), Some(Code::LotMixed));
    let unknown = gift(EventId::of(b"x"), "a", 1);
    assert_eq!(chain.code("cdc", Fact::StockReceived(unknown)), Some(Code::BadCause));
    chain.say("cdc", received("depot", "a", 5));
    assert_eq!(chain.code("cdc", Fact::StockReceived(gift(id, "a", 5))), Some(Code::LotMixed), "bought ones lie there");
    let other = chain.say("cdc", pledged("mask", 100));
    chain.say("cdc", Fact::StockReceived(gift(id, "b", 5)));
    assert_eq!(chain.code("cdc", Fact::StockReceived(gift(other, "b", 5))), Some(Code::LotMixed), "two donors");
}

fn bought(paid: &[(&str, u64)]) -> Purchase {
    let payment =
        |(lot, amount): &(&str, u64)| Payment { facility: "fund".into(), lot: (*lot).into(), amount: *amount };
    Purchase {
        facility: "depot".into(),
        item: "mask".into(),
        lot: "bought".into(),
        quantity: 500,
        expiry: None,
        supplier: "mill".into(),
        paid: paid.iter().map(payment).collect(),
    }
}

#[test]
fn goods_bought_remember_the_gifts_that_paid_for_them() {
    let mut chain = stores();
    let (one, two) = (chain.say("cdc", pledged(MONEY, 1_000)), chain.say("cdc", pledged(MONEY, 500)));
    chain.say("cdc", Fact::StockReceived(money(one, "m-1", 1_000)));
    chain.say("cdc", Fact::StockReceived(money(two, "m-2", 500)));
    let id = chain.say("cdc", Fact::Purchase(bought(&[("m-1", 1_000), ("m-2", 200)])));
    assert_eq!(
        (donation(&chain, &one).spent, donation(&chain, &two).spent, donation(&chain, &two).held()),
        (1_000, 200, 300)
    );
    let goods = lot(&chain, "depot", "bought").unwrap();
    assert_eq!((goods.on_hand(), goods.marks.purchase), (500, Some(id)));
    let record = read::<PurchaseRecord>(&chain.state, &keys::purchase(&id)).unwrap().unwrap();
    let sources = record.paid.iter().map(|paid| (paid.amount, paid.donation)).collect::<Vec<_>>();
    assert_eq!(sources, [(1_000, Some(one)), (200, Some(two))]);
    assert_eq!(chain.code("cdc", Fact::Purchase(bought(&[("m-2", 300)]))), Some(Code::LotMixed), "another purchase");
}

#[test]
fn nobody_pays_with_money_that_is_not_there_promised_or_anothers() {
    let mut chain = stores();
    let id = chain.say("cdc", pledged(MONEY, 1_000));
    chain.say("cdc", Fact::StockReceived(money(id, "m-1", 1_000)));
    assert_eq!(chain.code("cdc", Fact::Purchase(bought(&[("m-1", 1_001)]))), Some(Code::Insufficient));
    assert_eq!(chain.code("cdc", Fact::Purchase(bought(&[("m-9", 1)]))), Some(Code::UnknownLot));
    assert_eq!(chain.code("health", Fact::Purchase(bought(&[("m-1", 1)]))), Some(Code::NotOwner));
    let asked = ResourceRequest {
        facility: "gulou".into(),
        item: MONEY.into(),
        quantity: 900,
        needed_by: crate::stage::START.date(),
        reason: "overtime".into(),
    };
    let request = chain.say("hospital", Fact::ResourceRequest(asked));
    chain.say("cdc", Fact::Commit(promise(request, "fund", "m-1", 900)));
    assert_eq!(chain.code("cdc", Fact::Purchase(bought(&[("m-1", 101)]))), Some(Code::Insufficient));
    assert_eq!(donation(&chain, &id).spent, 0, "a refused purchase leaves nothing behind");
    assert_eq!(chain.code("cdc", Fact::Purchase(bought(&[("m-1", 100)]))), None);
}

#[test]
fn the_form_of_a_purchase_is_checked() {
    let code = |purchase: &Purchase| check_purchase(purchase).err().map(|refusal| refusal.code);
    assert_eq!(code(&bought(&[("m-1", 1), ("m-2", 1)])), None);
    assert_eq!(code(&bought(&[])), Some(Code::Malformed));
    assert_eq!(code(&bought(&[("m-1", 1), ("m-1", 1)])), Some(Code::Malformed), "twice");
    assert_eq!(code(&bought(&[("m-1", 0)])), Some(Code::OutOfRange));
    let lots = (0..=MAX_PAYMENTS).map(|n| format!("m-{n}")).collect::<Vec<_>>();
    let many = lots.iter().map(|lot| (lot.as_str(), 1)).collect::<Vec<_>>();
    assert_eq!(code(&bought(&many)), Some(Code::Limit));
    assert_eq!(code(&Purchase { item: MONEY.into(), ..bought(&[("m-1", 1)]) }), Some(Code::SelfTransfer));
    let nobody = Pledge { item: "mask".into(), quantity: 1, donor: Digest::of(b""), purpose: "wards".into() };
    assert_eq!(check_pledge(&nobody).unwrap_err().code, Code::BadDigest);
}
