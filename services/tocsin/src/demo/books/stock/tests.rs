use domain::event::{DiscrepancySettled, Payment, Pledge, Purchase, StockMove, TakeOver};
use domain::time::Millis;
use proof::digest::Digest;

use super::*;

/// Tells the books what a member states.
fn told(book: &mut StockBook, name: &str, by: &str, fact: Fact) -> anyhow::Result<EventId> {
    let id = Digest::of(name.as_bytes());
    book.take(&Stated { id, by: by.to_owned(), at: Millis(0), fact })?;
    Ok(id)
}

fn moved(facility: &str, item: &str, quantity: u64, donation: Option<EventId>) -> StockMove {
    let (facility, item, lot, counterparty) = (facility.into(), item.into(), "lot".into(), "other".into());
    StockMove { facility, item, lot, quantity, counterparty, expiry: None, donation }
}

fn pledge(item: &str, quantity: u64) -> Fact {
    let (item, donor, purpose) = (item.into(), Digest::of(b"code"), "help".into());
    Fact::Pledge(Pledge { item, quantity, donor, purpose })
}

#[test]
fn a_gift_is_followed_to_the_bedside_and_what_is_short_until_both_agree() {
    let mut book = StockBook::default();
    let gift = told(&mut book, "pledge", "charity", pledge("mask", 10)).unwrap();
    told(&mut book, "receipt", "charity", Fact::StockReceived(moved("charity", "mask", 10, Some(gift)))).unwrap();
    let handed = HandOver {
        from: "charity".into(),
        to: "hospital".into(),
        item: "mask".into(),
        lot: "lot".into(),
        quantity: 8,
        condition: "good".into(),
        commit: None,
    };
    let hand_over = told(&mut book, "hand-over", "charity", Fact::HandOver(handed)).unwrap();
    assert_eq!((book.gifts[&gift].sums.in_transit, book.closes()), (8, true));
    // Both lines of the demo add up for who reads them: what is on the way is said, too.
    let line = "10 received = 2 on hand + 8 in transit";
    assert_eq!(book.goods().told(book.goods_on_hand()), line);
    assert_eq!(book.given().told(book.given_on_hand()), line);
    let (item, lot, condition) = ("mask".into(), "lot".into(), "good".into());
    let taken = TakeOver { hand_over, item, lot, quantity: 5, condition };
    told(&mut book, "take-over", "hospital", Fact::TakeOver(taken)).unwrap();
    told(&mut book, "use", "hospital", Fact::StockIssued(moved("hospital", "mask", 4, None))).unwrap();
    let settled = |lost, returned| Fact::DiscrepancySettled(DiscrepancySettled { hand_over, lost, returned });
    told(&mut book, "one", "charity", settled(1, 2)).unwrap();
    told(&mut book, "two", "hospital", settled(3, 0)).unwrap();
    assert_eq!(book.gifts[&gift].sums.disputed, 3, "they do not say the same");
    told(&mut book, "three", "charity", settled(3, 0)).unwrap();
    let sums = book.gifts[&gift].sums;
    assert_eq!((sums.received, sums.used, sums.lost, sums.disputed, sums.in_transit), (10, 4, 3, 0, 0));
    let on_hand = |facility| book.of(facility, "mask").map(|(_, lot)| lot.on_hand).sum::<u64>();
    assert_eq!((on_hand("charity"), on_hand("hospital")), (2, 1));
    assert_eq!((book.closes(), book.gifts[&gift].trail.len()), (true, 6));
}

#[test]
fn money_becomes_goods_and_a_shelf_does_not_owe() {
    let mut book = StockBook::default();
    let gift = told(&mut book, "pledge", "charity", pledge(MONEY, 100)).unwrap();
    told(&mut book, "receipt", "charity", Fact::StockReceived(moved("fund", MONEY, 100, Some(gift)))).unwrap();
    let bought = |amount| {
        Fact::Purchase(Purchase {
            facility: "charity".into(),
            item: "gown".into(),
            lot: "bought".into(),
            quantity: 7,
            expiry: None,
            supplier: "maker".into(),
            paid: vec![Payment { facility: "fund".into(), lot: "lot".into(), amount }],
        })
    };
    told(&mut book, "purchase", "charity", bought(70)).unwrap();
    assert_eq!((book.gifts[&gift].sums.spent, book.goods_on_hand(), book.closes()), (70, 7, true));
    assert!(told(&mut book, "too dear", "charity", bought(31)).is_err());
    assert!(told(&mut book, "use", "charity", Fact::StockIssued(moved("charity", "gown", 1, None))).is_err());
}

/// A unit that nobody can account for shows in both books.
#[test]
fn a_unit_less_does_not_close() {
    let mut book = StockBook::default();
    let gift = told(&mut book, "pledge", "charity", pledge("mask", 10)).unwrap();
    told(&mut book, "receipt", "charity", Fact::StockReceived(moved("charity", "mask", 10, Some(gift)))).unwrap();
    assert!(book.closes() && book.gifts_close());
    book.lots.values_mut().for_each(|lot| lot.on_hand -= 1);
    assert!(!book.closes() && !book.gifts_close());
}
