//! Deliveries that somebody changed afterwards, and those of which giver and taker say different things.

use domain::chain::Lane;
use domain::event::{EventId, Fact, HandOver, ItemDefined, StockMove, TakeOver};
use proof::digest::Digest;
use proof::sign::Signed;

use super::press::Press;
use super::{audit, problems};
use crate::rig;

fn stock(facility: &str, lot: &str, quantity: u64) -> Fact {
    Fact::StockReceived(StockMove {
        facility: facility.into(),
        item: "n95-mask".into(),
        lot: lot.into(),
        quantity,
        counterparty: "supplier".into(),
        expiry: None,
        donation: None,
    })
}

fn hand_over(lot: &str, quantity: u64) -> Fact {
    let (from, to, condition) = ("store".into(), "ward".into(), "good".into());
    Fact::HandOver(HandOver { from, to, item: "n95-mask".into(), lot: lot.into(), quantity, condition, commit: None })
}

/// A store with 100 masks, of which it hands over 60; the ward says that 55 came.
fn delivered(press: &mut Press) -> (Vec<Vec<u8>>, EventId, EventId) {
    let genesis = press.genesis.clone();
    let event = |number, fact| rig::event(&genesis, number, Lane::Normal, fact);
    let item = ItemDefined {
        item: "n95-mask".into(),
        title: "N95 mask".into(),
        gtin: String::new(),
        unit: "piece".into(),
        pack: 1,
        cold_chain: false,
    };
    let given = event(4, hand_over("lot-1", 60));
    let given_id = rig::id(&genesis, &given);
    let (item_name, lot, condition) = ("n95-mask".into(), "lot-1".into(), "good".into());
    let taken = TakeOver { hand_over: given_id, item: item_name, lot, quantity: 55, condition };
    let taken = event(5, Fact::TakeOver(taken));
    let taken_id = rig::id(&genesis, &taken);
    let before = vec![
        event(1, Fact::ItemDefined(item)),
        event(2, stock("store", "lot-1", 100)),
        event(3, stock("ward", "lot-9", 1)),
    ];
    (before.into_iter().chain([given, taken]).collect(), given_id, taken_id)
}

#[test]
fn what_giver_and_taker_do_not_agree_on_is_told_and_is_no_problem_of_the_copy() {
    let dir = tempfile::tempdir().unwrap();
    let mut press = Press::new(rig::genesis("cn.32", 4, &[]));
    let (events, given, taken) = delivered(&mut press);
    let block = press.sealer.block(Lane::Normal, events, None);
    let certificate = press.run(vec![block]);
    let at = press.write(dir.path(), &certificate);
    let report = audit(&at).unwrap();
    assert_eq!(report.problems, []);
    let [one] = report.discrepancies.as_slice() else { panic!("{report:#?}") };
    assert_eq!((&one.hand_over, &one.take_over), (&given.to_string(), &taken.to_string()));
    assert_eq!(one.given, "store gave 60 n95-mask of lot lot-1, good");
    assert_eq!(one.taken, "ward took 55 n95-mask of lot lot-1, good");
    assert_eq!((one.disputed, one.giver.as_str(), one.taker.as_str()), (5, "m0", "m0"));
}

/// A copy in which somebody writes another quantity, on one side only, or another lot, though the event is whole and signed:
/// the block is not the log's any more, and which event was changed is named.
#[test]
fn another_quantity_or_lot_in_a_delivery_is_named_by_its_event() {
    let dir = tempfile::tempdir().unwrap();
    let mut press = Press::new(rig::genesis("cn.32", 4, &[]));
    let (events, given, _) = delivered(&mut press);
    let honest = press.sealer.clone();
    let block = press.sealer.block(Lane::Normal, events.clone(), None);
    let certificate = press.run(vec![block.clone()]);
    let at = press.write(dir.path(), &certificate);
    for lie in [hand_over("lot-1", 55), hand_over("lot-2", 60)] {
        let mut changed = events.clone();
        changed[3] = rig::event(&press.genesis, 4, Lane::Normal, lie);
        let forged = honest.clone().block(Lane::Normal, changed, None);
        // The header and its signature stay; only the contents are others.
        let mut rotten = block.clone();
        rotten.bundles = forged.bundles;
        press.write_blocks(&at, &[rotten]);
        let [problem] = problems(&at).try_into().unwrap();
        assert_eq!((problem.place.as_str(), problem.who.as_str()), ("cn.32: block 1", ""), "{problem:?}");
        let named = format!("the event {given} is not as leaf 3 has it: another hand_over stands in its place");
        assert!(problem.what.contains(&named), "{problem:?}");
        assert_eq!(problem.what.matches("the event ").count(), 1, "no other one: {problem:?}");
    }
    // A byte of the event's signed text, without any key: it is no event any more, and it is still known which it was.
    let mut rotten = block.clone();
    let bundle = Signed::from_bytes(&rotten.bundles[0]).unwrap();
    let begins = rotten.bundles[0].windows(60).position(|bytes| Digest::of(bytes) == Digest::of(&events[3][..60]));
    rotten.bundles[0][begins.unwrap() + events[3].len() - 70] ^= 1;
    assert_ne!(Signed::from_bytes(&rotten.bundles[0]), Some(bundle));
    press.write_blocks(&at, &[rotten]);
    let [problem] = problems(&at).try_into().unwrap();
    assert!(problem.what.contains(&format!("the event {given} is not as leaf 3 has it")), "{problem:?}");
}
