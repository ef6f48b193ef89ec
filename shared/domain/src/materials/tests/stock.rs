//! One store's own shelves, and what an item is.

use super::*;
use crate::time::Date;

#[test]
fn stock_comes_in_and_goes_out_by_lot_and_never_below_nothing() {
    let mut chain = stores();
    assert_eq!(chain.code("cdc", issued("depot", "a", 1)), Some(Code::UnknownLot));
    assert_eq!(chain.code("cdc", received("depot", "a", 100)), None);
    assert_eq!(chain.code("cdc", received("depot", "a", 20)), None);
    assert_eq!(chain.code("cdc", issued("depot", "a", 121)), Some(Code::Insufficient));
    assert_eq!(chain.code("cdc", issued("depot", "a", 120)), None);
    assert_eq!(on_hand(&chain, "depot", "a"), 0);
    assert!(lot(&chain, "depot", "a").is_some(), "an empty lot stays known");
    assert_eq!(chain.code("cdc", issued("depot", "a", 1)), Some(Code::Insufficient));
}

#[test]
fn only_the_stores_own_member_moves_its_stock() {
    let mut chain = stores();
    assert_eq!(chain.code("cdc", received("depot", "a", 5)), None);
    for fact in [received("depot", "b", 5), issued("depot", "a", 5), counted("a", 4), Fact::HandOver(give("a", 1))] {
        assert_eq!(chain.code("hospital", fact), Some(Code::NotOwner));
    }
    assert_eq!(on_hand(&chain, "depot", "a"), 5);
}

/// Switched off by hand (`fitting` returned whatever it found): the second receipt was taken, and one lot had two dates.
#[test]
fn units_with_another_expiry_or_donation_are_kept_apart() {
    let mut chain = stores();
    let dated = |quantity, day| StockMove { expiry: Date::parse(day), ..stock("depot", "a", quantity) };
    assert_eq!(chain.code("cdc", Fact::StockReceived(dated(5, "2022-01-31"))), None);
    assert_eq!(chain.code("cdc", Fact::StockReceived(dated(5, "2022-02-28"))), Some(Code::LotMixed));
    assert_eq!(chain.code("cdc", received("depot", "a", 5)), Some(Code::LotMixed));
    assert_eq!(chain.code("cdc", Fact::StockReceived(dated(3, "2022-01-31"))), None);
    assert_eq!(on_hand(&chain, "depot", "a"), 8);
}

#[test]
fn a_stocktake_stands_and_the_difference_is_found_or_missing() {
    let mut chain = stores();
    assert_eq!(chain.code("cdc", counted("a", 3)), Some(Code::UnknownLot));
    chain.say("cdc", received("depot", "a", 100));
    for (there, found, missing) in [(97, 0, 3), (99, 2, 3), (99, 2, 3), (0, 2, 102)] {
        assert_eq!(chain.code("cdc", counted("a", there)), None);
        let lot = lot(&chain, "depot", "a").unwrap();
        assert_eq!((lot.on_hand(), lot.found, lot.missing), (there, found, missing));
    }
}

#[test]
fn waste_and_corrections_have_sums_of_their_own_and_take_no_more_than_there_is() {
    let mut chain = stores();
    chain.say("cdc", received("depot", "a", 10));
    let waste = |quantity| {
        Fact::StockWasted(StockWasted {
            facility: "depot".into(),
            item: "mask".into(),
            lot: "a".into(),
            quantity,
            reason: "expired".into(),
        })
    };
    let adjust = |up, quantity| {
        Fact::StockAdjusted(StockAdjusted {
            facility: "depot".into(),
            item: "mask".into(),
            lot: "a".into(),
            up,
            quantity,
            reason: "typing-error".into(),
        })
    };
    assert_eq!(chain.code("cdc", waste(11)), Some(Code::Insufficient));
    assert_eq!(chain.code("cdc", adjust(false, 11)), Some(Code::Insufficient));
    for fact in [waste(4), adjust(false, 1), adjust(true, 2)] {
        assert_eq!(chain.code("cdc", fact), None);
    }
    let lot = lot(&chain, "depot", "a").unwrap();
    assert_eq!((lot.wasted, lot.missing, lot.found, lot.on_hand()), (4, 1, 2, 7));
}

#[test]
fn the_sum_of_a_lot_stays_exact_in_every_reader() {
    let mut chain = stores();
    assert_eq!(chain.code("cdc", received("depot", "a", MAX_COUNT)), None);
    assert_eq!(chain.code("cdc", received("depot", "a", 1)), Some(Code::OutOfRange));
}

#[test]
fn the_form_of_a_movement_is_checked() {
    let code = |result: Result<(), Refusal>| result.err().map(|refusal| refusal.code);
    assert_eq!(code(check_received(&stock("depot", "a", 1))), None);
    assert_eq!(code(check_received(&stock("depot", "a", 0))), Some(Code::OutOfRange));
    let to_self = StockMove { counterparty: "depot".into(), ..stock("depot", "a", 1) };
    assert_eq!(code(check_received(&to_self)), Some(Code::SelfTransfer));
    let dated = StockMove { expiry: Some(Date(1)), ..stock("depot", "a", 1) };
    assert_eq!((code(check_received(&dated)), code(check_issued(&dated))), (None, Some(Code::Malformed)));
    let here = HandOver { to: "depot".into(), ..give("a", 1) };
    assert_eq!(code(check_hand_over(&here)), Some(Code::SelfTransfer));
    let nothing = take(EventId::of(b"x"), "a", 0);
    assert_eq!(code(check_take_over(&nothing)), None, "nothing came");
}

fn item(unit: &str, gtin: &str) -> ItemDefined {
    ItemDefined {
        item: "mask".into(),
        title: "Respirator mask N95".into(),
        gtin: gtin.into(),
        unit: unit.into(),
        pack: 20,
        cold_chain: false,
    }
}

#[test]
fn an_item_is_defined_again_by_its_member_or_a_managing_one_but_never_counted_otherwise() {
    let mut chain = stores();
    let define = |unit: &str| Fact::ItemDefined(item(unit, ""));
    assert_eq!(chain.code("hospital", define("piece")), None);
    assert_eq!(chain.code("regulator", define("piece")), Some(Code::NotOwner));
    assert_eq!(chain.code("hospital", define("piece")), None);
    assert_eq!(chain.code("health", define("piece")), None);
    assert_eq!(chain.code("hospital", define("box")), Some(Code::LotMixed));
    let record = read::<ItemRecord>(&chain.state, &keys::item("mask")).unwrap().unwrap();
    assert_eq!((record.member.as_str(), record.unit.as_str(), record.pack), ("hospital", "piece", 20));
}

#[test]
fn a_definition_has_a_true_gtin_or_none_and_money_is_not_defined() {
    let code = |item: &ItemDefined| check_item(item).err().map(|refusal| refusal.code);
    assert_eq!(code(&item("piece", "06291041500213")), None);
    assert_eq!(code(&item("piece", "06291041500214")), Some(Code::UnknownCode));
    assert_eq!(code(&ItemDefined { item: MONEY.into(), ..item("fen", "") }), Some(Code::NotOwner));
    assert_eq!(code(&ItemDefined { pack: 0, ..item("piece", "") }), Some(Code::OutOfRange));
}
