//! What a million movements cost. It prints figures and asserts what they must stay below; it is run by hand:
//! `cargo test --release -p materials -- --ignored --nocapture a_million`.

use std::time::{Duration, Instant};

use super::*;

/// Movements of one run.
const MOVES: u64 = 1_000_000;

/// A warehouse that receives, hands over, is taken over from and issues: 10,000 lots of 100 items, three stores.
fn page(from: u64, log: &mut Log, under_way: &mut Vec<(EventId, String, String)>) {
    for n in from..from + 511 {
        let (item, lot) = (format!("item-{}", n % 100), format!("lot-{}", n / 100 % 100));
        match n % 4 {
            0 | 1 => drop(log.say("depot", Fact::StockReceived(stock("depot", &item, &lot, 1_000)))),
            2 => {
                let (item, lot) = (format!("item-{}", (n - 1) % 100), format!("lot-{}", (n - 1) / 100 % 100));
                let id = log.say("depot", Fact::HandOver(give("depot", "gulou", &item, &lot, 10)));
                under_way.push((id, item, lot));
            }
            _ => {
                let Some((id, item, lot)) = under_way.pop() else { continue };
                let quantity = if n % 1000 == 3 { 9 } else { 10 };
                log.say("gulou", take(id, &item, &lot, quantity));
            }
        }
    }
    log.now = log.now.plus_ms(40_000);
    log.block();
}

fn percentile(mut times: Vec<Duration>, share: usize) -> Duration {
    times.sort_unstable();
    times[times.len() * share / 1000]
}

#[test]
#[ignore = "a million movements: minutes, and figures of the machine it runs on"]
fn a_million_movements_are_answered_within_20_ms_and_rebuilt_the_same() {
    let (dir, mut log, mut under_way) = (tempfile::tempdir().unwrap(), Log::new(), Vec::new());
    let mut follower = open(&dir);
    let (started, mut taken) = (Instant::now(), 0);
    let mut next = 0;
    while next < MOVES {
        page(next, &mut log, &mut under_way);
        next += 511;
        follower.take(&log.entries[taken..]).unwrap();
        taken = log.entries.len();
    }
    let built = started.elapsed();
    let stock = follower.model();
    let mut times = Vec::new();
    for n in 0..2_000_u64 {
        let (item, lot) = (format!("item-{}", n % 100), format!("lot-{}", n % 97));
        let on = (n % 2 == 0).then(|| Date(START.date().0 + u32::try_from(n % 80).unwrap()));
        let begin = Instant::now();
        match n % 5 {
            0 => drop(stock.lots(&Filter { item: Some(item), ..Filter::default() }, None, 100, on).unwrap()),
            1 => drop(stock.moves(&List::Lot(&item, &lot), 0, 100).unwrap()),
            2 => drop(stock.sums(None, on).unwrap()),
            3 => drop(stock.hand_overs(Some(&Digest::of(&n.to_be_bytes())), 100).unwrap()),
            _ => drop(stock.moves(&List::Store("depot"), n * 400, 100).unwrap()),
        }
        times.push(begin.elapsed());
    }
    for (kind, name) in
        ["lots of an item", "a lot's way", "sums", "hand-overs", "a store's movements"].iter().enumerate()
    {
        let of = times.iter().skip(kind).step_by(5).copied().collect::<Vec<_>>();
        println!("{name}: median {:?}, p99 {:?}", percentile(of.clone(), 500), percentile(of, 990));
    }
    let (middle, slow) = (percentile(times.clone(), 500), percentile(times, 990));
    let held = stock.shelf.held();
    println!(
        "{MOVES} movements in {built:?}; a question: median {middle:?}, p99 {slow:?}; records held in memory: {held}"
    );
    assert!(slow < Duration::from_millis(20), "p99 {slow:?}");
    for (item, sums) in stock.sums(None, None).unwrap() {
        assert!(sums.closes(), "{item}: {sums:?}");
    }
    let started = Instant::now();
    let again = Followed::of(&log, 500);
    println!("rebuilt in other pages in {:?}", started.elapsed());
    let mut rows = again.model().shelf.stored().unwrap().prefix(b"");
    for row in follower.model().shelf.stored().unwrap().prefix(b"") {
        assert_eq!(rows.next().unwrap().unwrap(), row.unwrap());
    }
    assert!(rows.next().is_none());
}
