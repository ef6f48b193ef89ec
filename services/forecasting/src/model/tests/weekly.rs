//! What is said of the weeks to come: made when a week is over, from whole weeks, and scored by whole weeks.

use domain::event::{Cadence, Forecast};

use super::*;
use crate::outlook::Entrant;
use crate::replay::{Replay, Wanted};

/// Cases by weekday from Monday on, 20 a week.
const A_WEEK: [u64; 7] = [4, 4, 3, 3, 3, 2, 1];

/// The log of so many days from Monday, 4 January 2021 on: the first 26 weeks stand in one block, as when somebody hands in a
/// backlog; later ones end with Mondays, Thursdays and Sundays.
fn log_of(days: u32) -> Vec<Taken> {
    let (monday, mut entries) = (Date::parse("2021-01-04").unwrap(), Vec::new());
    for day in 0..days {
        let first = entries.len() as u64;
        let date = Date(monday.0 + day);
        let count = A_WEEK[day as usize % 7] + u64::from(day % 5);
        let report = daily(first, &date.to_string(), Origin::Local, count);
        entries.extend([report, ballot(first + 1, first, Choice::Endorse)]);
        if day + 1 >= 26 * 7 && [0, 1, 4].contains(&((day + 1) % 7)) {
            entries.push(block(first + 2));
        }
    }
    for (log, _) in &mut entries {
        log.leaf = log.index.to_be_bytes().to_vec();
    }
    entries
}

/// The forecasts of weeks that are said of a log, each with the leaf at which it is.
fn weekly(entries: &[Taken]) -> Vec<(u64, Forecast)> {
    let (mut days, mut found) = (empty(), Vec::new());
    for (log, event) in entries {
        let rows = days.take(&Entry { log, event: event.as_ref() }).unwrap();
        for (_, body) in super::super::said(&rows) {
            let Fact::Forecast(forecast) = wire::event::decode(body).unwrap().fact else { continue };
            found.extend((forecast.cadence == Cadence::Week).then_some((log.index, forecast)));
        }
    }
    found
}

/// Seen to fail with the last week forgotten: each later block of the week made its forecasts again.
#[test]
fn weeks_are_forecast_once_when_26_are_over_and_the_next_has_begun() {
    let entries = log_of(27 * 7 + 1);
    let blocks = entries.iter().filter(|(log, _)| log.kind == EntryKind::Block).map(|(log, _)| log.index);
    let blocks = blocks.collect::<Vec<_>>();
    assert_eq!(blocks.len(), 5);
    let said = weekly(&entries);
    let at =
        |block: usize| said.iter().filter(|(leaf, _)| *leaf == blocks[block]).map(|(_, one)| one).collect::<Vec<_>>();
    assert!(at(0).is_empty(), "the 26th week is not over before a day of the next is counted");
    assert!(at(2).is_empty() && at(3).is_empty(), "the other days of the week change nothing");
    let models = at(1).iter().map(|forecast| forecast.model.as_str()).collect::<Vec<_>>();
    assert!(models.contains(&"ensemble") && models.contains(&"naive") && !models.contains(&"renewal"), "{models:?}");
    for (block, monday) in [(1, "2021-06-28"), (4, "2021-07-05")] {
        for forecast in at(block) {
            assert_eq!((forecast.reference_date.to_string(), forecast.steps.len()), (monday.to_owned(), 4));
            assert_eq!(forecast.basis.size, blocks[block] + 1, "it names the log that it was made from");
            assert!(forecast.steps[0][11] > 15_000, "{} takes days for weeks: {:?}", forecast.model, forecast.steps[0]);
        }
    }
    assert!(!at(4).is_empty());
}

#[test]
fn a_restart_says_the_same_weeks_and_none_twice() {
    let entries = log_of(26 * 7 + 4);
    let whole = after(&entries);
    let blocks = (0..entries.len()).filter(|at| entries[*at].0.kind == EntryKind::Block).collect::<Vec<_>>();
    for cut in [blocks[1], blocks[1] + 1] {
        let restarted = restarted_at(&entries, cut);
        assert_eq!(restarted.pending(), whole.pending(), "restarted before entry {cut}");
        assert_eq!(restarted.lookout.places, whole.lookout.places, "restarted before entry {cut}");
    }
}

/// A log with the forecasts of a week on it, and so many days after.
fn committed(later: u32) -> Vec<Taken> {
    let known = log_of(26 * 7 + 1);
    let mut entries = known.clone();
    for (id, body) in after(&known).pending() {
        entries.push(said_event(entries.len() as u64, id, wire::event::decode(&body).unwrap()));
    }
    let (on_log, skip) = (entries.len() as u64, known.len() as u64);
    for (mut log, mut event) in log_of(26 * 7 + 1 + later).into_iter().skip(known.len()) {
        let moved = log.index + on_log - skip;
        if let Some(Event { fact: Fact::Ballot(ballot), .. }) = &mut event {
            ballot.subject = id(moved - 1);
        }
        log.event_id = log.event_id.map(|_| id(moved));
        (log.index, log.height) = (moved, moved + 1);
        entries.push((log, event));
    }
    entries
}

#[test]
fn what_was_said_of_weeks_is_computed_again_to_the_byte() {
    let entries = committed(0);
    let weekly = entries.iter().filter_map(|(log, event)| {
        let event =
            event.clone().filter(|event| matches!(&event.fact, Fact::Forecast(one) if one.cadence == Cadence::Week));
        Some((log.event_id?, log.index, event?))
    });
    let mut wanted = weekly.map(|(id, at, event)| Wanted::new(id, at, event, |_| None).unwrap()).collect::<Vec<_>>();
    assert!(wanted.len() >= 3);
    let mut changed = wanted[0].event.clone();
    let Fact::Forecast(forecast) = &mut changed.fact else { panic!("no forecast") };
    forecast.steps[3][22] += 1;
    wanted.push(Wanted::new(id(9_999), entries.len() as u64, changed, |_| None).unwrap());
    let mut replay = Replay::new(&genesis(), wanted).unwrap();
    for (log, event) in &entries {
        replay.take(&Entry { log, event: event.as_ref() }).unwrap();
    }
    let mut replayed = replay.end();
    let (_, changed) = replayed.pop().unwrap();
    assert_eq!(changed.differs.iter().map(|one| one.what.as_str()).collect::<Vec<_>>(), ["quantiles_4"]);
    for (wanted, replayed) in replayed {
        assert!(replayed.differs.is_empty() && replayed.said_from.is_some(), "{:?}: {replayed:?}", wanted.event);
    }
}

#[test]
fn weeks_are_scored_by_whole_weeks_beside_the_days() {
    let scored = |entries: &[Taken]| {
        let mut days = empty();
        days.says = Says { warns: false, forecasts: false, checks: false };
        store(&mut days, &mut BTreeMap::new(), entries);
        let (_, table) = days.league(|_| true);
        let row = |cadence| {
            let (model, member) = ("naive".to_owned(), "health".to_owned());
            table.get(&Entrant { model, member, cadence, horizon: 1 }).map_or(0, |row| row.scored)
        };
        (row(Cadence::Day), row(Cadence::Week))
    };
    // The Monday that began the week is counted already; behind Saturday come Sunday's report, ballot and block.
    let entries = committed(6);
    assert_eq!(scored(&entries[..entries.len() - 3]), (1, 0));
    assert_eq!(scored(&entries), (1, 1));
}
