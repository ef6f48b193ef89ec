//! Gifts followed by their own events alone, out of a log in which much else happens.

use proof::digest::Digest;
use proof::gift::Sums;

use super::super::gift::{Account, Stray, Way};
use super::*;
use crate::act::{Scene, Submitted};

/// A chain on which everything is also noted as a reader of its log gets it.
struct Told {
    chain: Stage,
    log: Vec<(Submitted, &'static str)>,
}

impl Told {
    fn new() -> Self {
        Told { chain: stores(), log: Vec::new() }
    }

    fn say(&mut self, member: &'static str, fact: Fact) -> EventId {
        let event = self.chain.event(member, fact);
        assert_eq!(self.chain.code_of(&event), None);
        self.log.push((event.clone(), member));
        event.id
    }

    /// What these events, of all that were told, say of the gifts.
    fn account(&self, gifts: &[EventId], of: &[EventId]) -> Result<Account, Stray> {
        let mut way = Way::of(gifts.iter().copied());
        for (event, member) in self.log.iter().filter(|(event, _)| of.contains(&event.id)) {
            way.take(&scene(&self.chain), event, member)?;
        }
        way.account()
    }
}

/// Neither height nor time changes what became of a unit.
fn scene(chain: &Stage) -> Scene {
    let Stage { genesis, height, now, .. } = chain;
    let (chain_id, chain) = (genesis.chain_id, genesis.chain.clone());
    Scene { chain_id, chain, height: *height, now: *now, position: 0, leaf_index: 0 }
}

fn pledged(item: &str, quantity: u64) -> Fact {
    Fact::Pledge(Pledge { item: item.into(), quantity, donor: Digest::of(b"code"), purpose: "wards".into() })
}

fn gift(id: EventId, lot: &str, quantity: u64) -> Fact {
    Fact::StockReceived(StockMove { donation: Some(id), ..stock("depot", lot, quantity) })
}

fn money(id: Option<EventId>, lot: &str, quantity: u64) -> Fact {
    Fact::StockReceived(StockMove {
        facility: "fund".into(),
        item: MONEY.into(),
        donation: id,
        ..stock("fund", lot, quantity)
    })
}

/// A gift of 100 masks of which 90 came, under a request, with a dispute; the events of its way in order.
fn masks(told: &mut Told) -> (EventId, Vec<EventId>) {
    let pledge = told.say("cdc", pledged("mask", 100));
    let other = told.say("cdc", pledged("mask", 7));
    let mut way = vec![pledge, told.say("cdc", gift(pledge, "a", 90))];
    told.say("cdc", gift(other, "b", 7));
    let request = told.say("hospital", ask(500));
    // Another lot meets the same request: none of the gift's business.
    told.say("cdc", Fact::Commit(promise(request, "depot", "b", 7)));
    let commit = told.say("cdc", Fact::Commit(promise(request, "depot", "a", 60)));
    let hand_over = told.say("cdc", Fact::HandOver(HandOver { commit: Some(commit), ..give("a", 60) }));
    way.extend([request, commit, hand_over]);
    way.push(told.say("hospital", Fact::TakeOver(take(hand_over, "a", 50))));
    way.push(told.say("hospital", settle(hand_over, 4, 6)));
    way.push(told.say("cdc", settle(hand_over, 4, 6)));
    way.push(told.say("hospital", issued("gulou", "a", 30)));
    way.push(told.say("cdc", counted("a", 35)));
    way.push(told.say("cdc", Fact::HandOver(give("a", 5))));
    (pledge, way)
}

#[test]
fn what_became_of_a_gift_follows_from_its_own_events() {
    let mut told = Told::new();
    let (pledge, way) = masks(&mut told);
    let account = told.account(&[pledge], &way).unwrap();
    let [given] = account.gifts.as_slice() else { panic!("{account:?}") };
    let sums =
        Sums { pledged: 100, received: 90, held: 50, in_transit: 5, used: 30, missing: 1, lost: 4, ..Sums::default() };
    assert_eq!((given.sums, given.sums.closes(), given.sums.open()), (sums, true, 10));
    let stores = given.stores.iter().map(|lot| (lot.facility.as_str(), lot.on_hand()));
    assert_eq!(stores.collect::<Vec<_>>(), [("depot", 30), ("gulou", 20)]);
    // The same as on the ledger, where the rest of the log was executed, too.
    let ledgers = read::<DonationRecord>(&told.chain.state, &keys::donation(&pledge)).unwrap();
    assert_eq!(Some(&given.record), ledgers.as_ref());
}

/// At every length the lots, the hand-overs and the ledger's own record of the gift say the same.
#[test]
fn sums_close_after_every_event() {
    let mut told = Told::new();
    let (pledge, way) = masks(&mut told);
    // The last word on a request is that nothing was promised for it yet.
    for length in (1..=way.len()).filter(|length| *length != 3) {
        let given = told.account(&[pledge], &way[..length]).unwrap().gifts.remove(0);
        let DonationRecord { received, in_transit, disputed, used, missing, lost, .. } = given.record.clone();
        let record = Sums {
            pledged: 100,
            held: given.record.held(),
            received,
            in_transit,
            disputed,
            used,
            missing,
            lost,
            ..Sums::default()
        };
        assert_eq!((given.sums, given.sums.closes()), (record, true), "after {length} events");
    }
}

#[test]
fn money_is_followed_into_the_goods_it_bought_with_or_without_others() {
    let mut told = Told::new();
    let one = told.say("cdc", pledged(MONEY, 1_000));
    let two = told.say("cdc", pledged(MONEY, 500));
    let came = told.say("cdc", money(Some(one), "m-1", 1_000));
    let came_too = told.say("cdc", money(Some(two), "m-2", 500));
    told.say("cdc", money(None, "m-3", 900));
    let paid = |lot: &str, amount| Payment { facility: "fund".into(), lot: lot.into(), amount };
    let bought = Purchase {
        facility: "depot".into(),
        item: "mask".into(),
        lot: "bought".into(),
        quantity: 40,
        expiry: None,
        supplier: "mill".into(),
        paid: vec![paid("m-1", 600), paid("m-2", 100), paid("m-3", 50)],
    };
    let bought = told.say("cdc", Fact::Purchase(bought));
    let given = told.say("cdc", Fact::HandOver(give("bought", 40)));
    let taken = told.say("hospital", Fact::TakeOver(take(given, "bought", 40)));
    let used = told.say("hospital", issued("gulou", "bought", 3));
    let after = [bought, given, taken, used];
    let account = told.account(&[one], &[&[one, came][..], &after].concat()).unwrap();
    assert_eq!(
        (account.gifts[0].sums.spent, account.gifts[0].sums.held, account.gifts[0].sums.closes()),
        (600, 400, true)
    );
    let goods = &account.bought[0];
    assert_eq!((goods.elsewhere, goods.record.paid.len(), goods.record.paid[0].donation), (150, 1, Some(one)));
    assert_eq!((goods.sums.received, goods.sums.used, goods.sums.held, goods.sums.closes()), (40, 3, 37, true));
    // Both gifts of one donor in one account.
    let both = told.account(&[one, two], &[&[one, two, came, came_too][..], &after].concat()).unwrap();
    assert_eq!((both.gifts.len(), both.bought[0].elsewhere, both.bought[0].record.paid.len()), (2, 50, 2));
}

#[test]
fn what_is_left_out_in_the_middle_is_missed_by_what_follows() {
    let mut told = Told::new();
    let (pledge, way) = masks(&mut told);
    // Left out: pledge, receipt, request, promise, hand-over, take-over, first word of the settlement.
    for (left_out, missed) in
        [(0, Code::BadCause), (1, Code::UnknownLot), (2, Code::BadCause), (3, Code::BadCause), (4, Code::BadCause)]
    {
        let rest = way.iter().enumerate().filter(|(at, _)| *at != left_out).map(|(_, id)| *id).collect::<Vec<_>>();
        match told.account(&[pledge], &rest) {
            Err(Stray::Refused(refusal)) => assert_eq!(refusal.code, missed, "without event {left_out}"),
            other => panic!("without event {left_out}: {other:?}"),
        }
    }
    // What nothing follows from is not missed: the masks then lie where they were.
    let shorter = told.account(&[pledge], &way[..way.len() - 1]).unwrap();
    assert_eq!((shorter.gifts[0].sums.held, shorter.gifts[0].sums.in_transit), (55, 0));
}

#[test]
fn events_of_others_do_not_belong_into_the_account() {
    let mut told = Told::new();
    let (pledge, way) = masks(&mut told);
    let strange = [
        told.say("cdc", pledged("mask", 1)),
        told.say("cdc", received("depot", "own", 9)),
        told.say("hospital", ask(3)),
        told.say("cdc", Fact::HandOver(give("own", 4))),
    ];
    for event in [&strange[..1], &strange[1..2], &strange[2..3], &strange[1..]] {
        assert_eq!(told.account(&[pledge], &[&way, event].concat()), Err(Stray::Needless), "{event:?}");
    }
    let paid = vec![Payment { facility: "fund".into(), lot: "m".into(), amount: 1 }];
    told.say("cdc", money(None, "m", 5));
    let bought = Purchase {
        facility: "depot".into(),
        item: "mask".into(),
        lot: "new".into(),
        quantity: 1,
        expiry: None,
        supplier: "mill".into(),
        paid,
    };
    let bought = told.say("cdc", Fact::Purchase(bought));
    assert_eq!(told.account(&[pledge], &[&way[..], &[bought]].concat()), Err(Stray::Needless));
}
