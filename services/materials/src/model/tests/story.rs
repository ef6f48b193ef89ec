//! What can be asked of one story.

use host::page::Page;

use super::*;

fn told() -> (Followed, Story) {
    let story = story();
    (Followed::of(&story.log, 7), story)
}

fn day(ahead: u32) -> Option<Date> {
    Some(Date(START.date().0 + ahead))
}

fn on_hand(stock: &Stock, facility: &str, on: Option<Date>) -> u64 {
    let filter = Filter { facility: Some(facility.into()), item: Some("mask".into()), lot: Some("a".into()) };
    stock.lots(&filter, None, 10, on).unwrap().lines.first().map_or(0, |(lot, _)| lot.on_hand())
}

fn sums(stock: &Stock, item: &str, on: Option<Date>) -> ItemSums {
    stock.sums(Some(item), on).unwrap().first().map_or(ItemSums::default(), |(_, sums)| *sums)
}

#[test]
fn the_sums_of_every_item_close_on_every_day() {
    let (followed, _) = told();
    let stock = followed.model();
    for on in [day(0), day(1), day(2), day(3), None] {
        for (item, sums) in stock.sums(None, on).unwrap() {
            assert!(sums.closes(), "{item} on {on:?}: {sums:?}");
        }
    }
    let by_day = [day(0), day(1), day(2), None].map(|on| {
        let now = sums(stock, "mask", on);
        (now.held, now.reserved, now.in_transit, now.disputed, now.used, now.lost)
    });
    assert_eq!(by_day, [(900, 0, 0, 0, 0, 0), (300, 0, 600, 0, 0, 0), (850, 0, 0, 50, 0, 0), (370, 0, 0, 0, 500, 30)]);
    assert_eq!((sums(stock, MONEY, None).held, sums(stock, MONEY, None).spent), (20_000, 30_000));
    assert_eq!(sums(stock, "mask", Some(Date(START.date().0 - 1))), ItemSums::default(), "before the first day");
}

#[test]
fn a_lot_is_where_it_was_on_any_day() {
    let (followed, _) = told();
    let stock = followed.model();
    let of = |facility: &str| [day(0), day(1), day(2), None].map(|on| on_hand(stock, facility, on));
    assert_eq!(of("charity"), [900, 300, 300, 320]);
    assert_eq!(of("gulou"), [0, 0, 550, 50]);
    let all = stock.lots(&Filter::default(), None, 10, None).unwrap().lines;
    let version = all.iter().find(|(lot, _)| lot.facility == "gulou" && lot.item == "mask").unwrap().1;
    assert_eq!(version, Some(2), "as in the ledgers' state: taken over, used");
}

/// Where it went, who has which part of it, and what was bought from it: from pledge to bedside.
#[test]
fn a_donor_finds_every_step_of_his_gift_by_his_code() {
    let (followed, story) = told();
    let stock = followed.model();
    for (code, gift, way) in [("code-1", story.masks, &story.way), ("code-2", story.money, &story.spent)] {
        let pledges = stock.pledges_of(&Digest::of(code.as_bytes()), None, 10).unwrap();
        assert_eq!(pledges, Page { lines: vec![gift], more: false });
        let Page { lines: found, more } = stock.moves(&List::Donation(gift), 0, 100).unwrap();
        assert_eq!((found.into_iter().map(|(_, moved)| moved.event).collect::<Vec<_>>(), more), (way.clone(), false));
    }
    assert!(stock.pledges_of(&Digest::of(b"code-3"), None, 10).unwrap().lines.is_empty());
    let gift = stock.donation(&story.masks, None).unwrap().unwrap();
    assert_eq!((gift.received, gift.used, gift.lost, gift.held(), gift.in_transit), (900, 500, 30, 370, 0));
    let then = stock.donation(&story.masks, day(1)).unwrap().unwrap();
    assert_eq!((then.in_transit, then.held()), (600, 300));
}

/// The request is in no list of the gift, and without it no promise for it follows.
#[test]
fn the_whole_way_of_a_gift_has_the_request_that_it_was_promised_for() {
    let (followed, story) = told();
    let stock = followed.model();
    let ids = |gifts: &[EventId]| {
        let way = stock.way_of(gifts, u64::MAX, 100).unwrap();
        assert!(!way.more);
        way.lines.into_iter().map(|(_, moved)| moved.event).collect::<Vec<_>>()
    };
    let mut way = story.way.clone();
    way.insert(2, story.request);
    assert_eq!((ids(&[story.masks]), ids(&[story.money])), (way.clone(), story.spent.clone()));
    let mut both = ids(&[story.money, story.masks]);
    assert!(both.len() == way.len() + story.spent.len() && both.starts_with(&[story.masks, story.money]));
    both.sort_unstable();
    both.dedup();
    assert_eq!(both.len(), way.len() + story.spent.len(), "each once");
    assert!(!stock.way_of(&[story.masks], u64::MAX, way.len()).unwrap().more);
    for limit in 1..way.len() {
        assert!(stock.way_of(&[story.masks], u64::MAX, limit).unwrap().more, "{limit}");
    }
}

/// What has risen ends anywhere; a request that nothing of the gift was promised for yet is not of its way.
#[test]
fn the_way_of_a_gift_until_any_place_is_one_that_the_rules_follow() {
    let (followed, story) = told();
    let stock = followed.model();
    let whole = stock.way_of(&[story.masks], u64::MAX, 100).unwrap().lines;
    let index = |id: EventId| whole.iter().find(|(_, moved)| moved.event == id).unwrap().0;
    let (asked, promised) = (index(story.request), index(story.way[2]));
    assert!(asked < promised);
    for until in 0..=whole.last().unwrap().0 + 1 {
        let way = stock.way_of(&[story.masks], until, 100).unwrap().lines;
        let wanted = whole.iter().filter(|(at, _)| *at < until && (*at != asked || promised < until)).cloned();
        assert_eq!(way, wanted.collect::<Vec<_>>(), "until {until}");
    }
    let both = [story.money, story.masks];
    assert_eq!(stock.first_of(&both).unwrap(), Some(story.masks));
    assert_eq!(stock.first_of(&[]).unwrap(), None);
}

#[test]
fn a_donor_of_many_gifts_reads_them_page_by_page() {
    let mut log = Log::new();
    let mut gifts = (1..=5).map(|n| log.say("charity", pledge("mask", n, "often"))).collect::<Vec<_>>();
    log.say("charity", pledge("mask", 9, "another"));
    log.block();
    gifts.sort_unstable();
    let followed = Followed::of(&log, 100);
    let page = |after, limit| followed.model().pledges_of(&Digest::of(b"often"), after, limit).unwrap();
    assert_eq!(page(None, 5), Page { lines: gifts.clone(), more: false });
    assert_eq!(page(None, 4), Page { lines: gifts[..4].to_vec(), more: true });
    assert_eq!(page(Some(&gifts[3]), 4), Page { lines: gifts[4..].to_vec(), more: false });
}

#[test]
fn a_discrepancy_is_open_at_both_stores_until_both_have_said_the_same() {
    let mut story = story();
    let whole = Followed::of(&story.log, 100);
    let open =
        |followed: &Followed, store: &str| followed.model().discrepancies(Some(store), None, 10).unwrap().lines.len();
    assert_eq!((open(&whole, "charity"), open(&whole, "gulou")), (0, 0));
    let all = whole.model().discrepancies(None, None, 10).unwrap().lines;
    assert_eq!((all.len(), all[0].0, all[0].1.disputed), (1, story.hand_over, 50));
    let settled = all[0].1.settled.unwrap();
    let end = story.log.entries.iter().position(|entry| entry.event_id == Some(settled)).unwrap();
    story.log.entries.truncate(end);
    let before = Followed::of(&story.log, 100);
    assert_eq!((open(&before, "charity"), open(&before, "gulou"), open(&before, "depot")), (1, 1, 0));
    let said = before.model().hand_over(&story.hand_over).unwrap().unwrap().1.unwrap().said.unwrap();
    assert_eq!((said.member.as_str(), said.lost, said.returned), ("gulou", 30, 20));
}

#[test]
fn requests_and_promises_say_how_far_they_are_met() {
    let (followed, mut story) = told();
    let requests = followed.model().requests(None, None, 10).unwrap().lines;
    let (id, request) = &requests[0];
    assert_eq!((*id, request.asked, request.committed, request.received), (story.request, 600, 550, 550));
    assert_eq!(request.short(), 50, "what was lost and what went back is short again");
    let short = |item| followed.model().requests(Some(item), None, 10).unwrap().lines;
    assert_eq!((short(&request.item), short("gown")), (requests.clone(), Vec::new()));
    let commits = followed.model().commits(None, 10).unwrap().lines;
    assert_eq!((commits[0].1.request, commits[0].1.left), (story.request, 0));
    let steps = followed.model().moves(&List::Request(story.request), 0, 100).unwrap().lines;
    assert_eq!(steps.len(), 6, "asked, promised, handed over, taken over, and twice what became of the rest");
    let promised = story.log.entries.iter().position(|entry| entry.event_id == Some(commits[0].0)).unwrap();
    story.log.entries.truncate(promised + 1);
    let before = Followed::of(&story.log, 100);
    assert!(before.model().requests(Some(&request.item), None, 10).unwrap().lines.is_empty(), "all is promised");
}

#[test]
fn lists_go_on_where_the_page_before_ended() {
    let (followed, _) = told();
    let stock = followed.model();
    let filters = [
        Filter::default(),
        Filter { item: Some("mask".into()), ..Filter::default() },
        Filter { facility: Some("gulou".into()), ..Filter::default() },
    ];
    for filter in filters {
        let whole = stock.lots(&filter, None, 100, None).unwrap().lines;
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let Page { lines: page, more } = stock.lots(&filter, after.as_ref(), 1, None).unwrap();
            found.extend(page);
            if !more {
                break;
            }
            after = found.last().map(|(lot, _)| (lot.facility.clone(), lot.item.clone(), lot.lot.clone()));
        }
        assert_eq!(found, whole, "{filter:?}");
        let moves = stock.moves(&filter.list(), 0, 100).unwrap().lines;
        let mut by_one = Vec::new();
        while let Page { lines: page, more: true } =
            stock.moves(&filter.list(), by_one.last().map_or(0, |(at, _)| at + 1), 1).unwrap()
        {
            by_one.extend(page);
        }
        assert_eq!(by_one, moves[..moves.len() - 1]);
    }
}

#[test]
fn a_refused_event_is_in_no_list() {
    let (followed, story) = told();
    let refused = story.log.entries.iter().position(|entry| entry.code != 0).unwrap();
    let all = followed.model().moves(&List::All, 0, 500).unwrap().lines;
    assert!(all.iter().all(|(index, _)| *index != u64::try_from(refused).unwrap()));
    let events = story.log.entries.iter().filter(|entry| entry.kind == EntryKind::Event && entry.code == 0);
    assert_eq!(all.len(), events.count());
}

/// Switched off by hand (nothing held in memory of what a batch has written): a gift received in one page with its pledge was
/// of no pledge, and the model stopped.
#[test]
fn however_it_is_cut_into_pages_and_restarts_the_rows_are_the_same() {
    let mut story = story();
    // More than two pages of the ledger's on one lot, so that what is held in memory is let go of.
    for n in 0..1500 {
        let quantity = 1 + n % 3;
        story.log.say("depot", Fact::StockReceived(stock("depot", "glove", "x", quantity)));
    }
    story.log.block();
    let whole = Followed::of(&story.log, 512).rows();
    assert_eq!(Followed::of(&story.log, 1).rows(), whole);
    let dir = tempfile::tempdir().unwrap();
    for part in story.log.entries.chunks(200) {
        assert!(!open(&dir).take(part).unwrap().1);
    }
    let restarted = Followed { follower: open(&dir), dir };
    assert_eq!(restarted.rows(), whole);
    assert_eq!(restarted.model().at(), Followed::of(&story.log, 512).model().at());
    assert!(restarted.dir.path().exists());
}

/// The ledgers' rule is what runs here: what they could not have executed stops the model instead of a wrong figure.
#[test]
fn an_event_that_does_not_follow_stops_the_model() {
    let mut log = Log::new();
    log.say("depot", Fact::StockReceived(stock("depot", "mask", "a", 5)));
    log.say("depot", Fact::StockIssued(stock("depot", "mask", "a", 6)));
    let dir = tempfile::tempdir().unwrap();
    let stopped = open(&dir).take(&log.entries).unwrap_err();
    assert!(stopped.to_string().contains("does not follow"), "{stopped:#}");
}

#[test]
fn a_key_of_the_read_model_is_the_ledgers() {
    let (followed, _) = told();
    let filter = Filter { facility: Some("charity".into()), item: Some("gown".into()), lot: None };
    let (lot, version) = followed.model().lots(&filter, None, 1, None).unwrap().lines.remove(0);
    assert_eq!(keys::stock(&lot.facility, &lot.item, &lot.lot), b"stock/charity/gown/b");
    assert_eq!((version, lot.on_hand(), lot.handed_over), (Some(2), 0, 40));
}
