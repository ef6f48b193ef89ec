//! What is said of the days to come: it follows from what was known then, and others get the same.

use domain::event::{Assessment, Cadence, Forecast};
use domain::outlook::first_step_ends;

use super::super::check::RECOMPUTED;
use super::*;
use crate::outlook::{Entrant, Table};

/// Days of Nanjing's outbreak of 2021 from 20 July on, and those before it.
const COUNTS: [u64; 24] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 11, 12, 12, 2, 38, 31, 47, 18, 13, 6, 14, 11, 5];
/// Entries a day: the aggregate, its ballot, the end of the block.
const A_DAY: usize = 3;

/// The log of the first `days` days, the first of which is 10 July.
pub(crate) fn outbreak(days: usize) -> Vec<Taken> {
    let start = Date::parse("2021-07-10").unwrap();
    let entries = COUNTS.iter().take(days).zip(0..).flat_map(|(count, day)| {
        let (index, date) = (u64::from(day) * A_DAY as u64, Date(start.0 + day));
        let at = Date(date.0 + 1).start();
        let counts = [0, 0, *count, 0, 0];
        let daily = DailyAggregate { disease: covid(), report_date: date, origin: Origin::Local, counts };
        let mut three = [
            event(index, CDC, Lane::Normal, Fact::DailyAggregate(daily)),
            ballot(index + 1, index, Choice::Endorse),
            block(index + 2),
        ];
        for (log, event) in &mut three {
            log.chain_time = at;
            log.leaf = log.index.to_be_bytes().to_vec();
            if let Some(event) = event {
                (event.occurred_at, event.created_at) = (at, at);
            }
        }
        three
    });
    entries.collect()
}

/// Everything said so far, by event: nothing of it is on the log yet, so that all of it is kept but forecasts whose days
/// have come.
fn all_said(entries: &[Taken]) -> BTreeMap<EventId, Event> {
    let mut days = empty();
    let mut said = BTreeMap::new();
    for entry in entries {
        store(&mut days, &mut BTreeMap::new(), std::slice::from_ref(entry));
        said.extend(days.pending().into_iter().map(|(id, body)| (id, wire::event::decode(&body).unwrap())));
    }
    said
}

fn forecasts(said: &BTreeMap<EventId, Event>) -> Vec<&Forecast> {
    let forecast = |event: &'_ Event| matches!(event.fact, Fact::Forecast(_));
    let found = said.values().filter(|event| forecast(event));
    found.filter_map(|event| if let Fact::Forecast(forecast) = &event.fact { Some(forecast) } else { None }).collect()
}

/// Must hold whatever comes later: what was said with sixteen days known is said, to the byte, with any days after them.
///
/// Seen to fail: with a forecast that names the day before the last one it was made from, as one that looks ahead by a day
/// does, the logs that forecasts name were not those of their reference dates.
#[test]
fn what_comes_later_changes_nothing_that_was_said() {
    let before = all_said(&outbreak(16));
    let reference = Date::parse("2021-07-25").unwrap();
    assert!(
        forecasts(&before).iter().any(|forecast| forecast.model == "ensemble" && forecast.reference_date == reference)
    );
    let after = all_said(&outbreak(COUNTS.len()));
    assert!(after.len() > before.len());
    for (id, event) in &before {
        assert_eq!(after.get(id), Some(event));
    }
    for forecast in forecasts(&after) {
        let known = u64::from(forecast.reference_date.0 - Date::parse("2021-07-10").unwrap().0 + 1) * A_DAY as u64;
        assert_eq!(forecast.basis.size, known, "it names the log that it was made from");
    }
}

#[test]
fn nothing_is_forecast_where_nothing_happens_and_a_forecast_of_yesterday_is_not_sent() {
    assert!(forecasts(&all_said(&outbreak(11))).is_empty());
    let days = after(&outbreak(COUNTS.len()));
    let pending = days.pending().into_iter().map(|(id, body)| (id, wire::event::decode(&body).unwrap())).collect();
    let newest = forecasts(&pending);
    assert!(!newest.is_empty());
    assert!(
        newest.iter().all(|forecast| first_step_ends(forecast.cadence, forecast.reference_date) > days.at().chain_time)
    );
}

/// The log of so many days, with all forecasts that were made of them behind, and how many those are.
pub(crate) fn committed(days: usize) -> (Vec<Taken>, usize) {
    let (mut entries, said) = (outbreak(days), all_said(&outbreak(days)));
    let made = said.iter().filter(|(_, event)| matches!(event.fact, Fact::Forecast(_)));
    for (id, event) in made {
        let index = entries.len() as u64;
        let mut entry = log(index, EntryKind::Event, index.to_be_bytes().to_vec());
        entry.event_id = Some(*id);
        entries.push((entry, Some(event.clone())));
    }
    (entries, forecasts(&said).len())
}

#[test]
fn forecasts_on_the_log_are_scored_when_their_days_are_counted() {
    let (entries, issued) = committed(18);
    let (all, early) = after(&entries).league(|_| true);
    assert_eq!(all, issued);
    let of = |table: &Table, model: &str, horizon| {
        let (model, member, cadence) = (model.to_owned(), "health".to_owned(), Cadence::Day);
        let entrant = Entrant { model, member, cadence, horizon };
        table.get(&entrant).map_or(0, |row| row.scored)
    };
    // Of seven days with cases the last has no day after it yet.
    assert_eq!((of(&early, "naive", 1), of(&early, "naive", 6), of(&early, "naive", 7)), (6, 1, 0));
    assert!(early.values().all(|row| row.wis() >= 0.0 && row.coverage95() <= 1.0));
}

/// The checking member after a log in which another one stated an assessment.
fn checked(change: impl FnOnce(&mut Assessment)) -> Vec<Event> {
    let entries = outbreak(14);
    let theirs = all_said(&entries).into_values().filter_map(|event| match event.fact {
        Fact::Assessment(assessment) => Some(assessment),
        _ => None,
    });
    let mut theirs = theirs.max_by_key(|assessment| assessment.basis.size).unwrap();
    change(&mut theirs);
    let index = entries.len() as u64;
    let stated = event(index, CDC, Lane::High, Fact::Assessment(theirs));
    let mut days = empty();
    days.says = Says { warns: false, forecasts: false, checks: true };
    store(&mut days, &mut BTreeMap::new(), &entries);
    assert!(days.pending().is_empty(), "who only checks says nothing of its own");
    store(&mut days, &mut BTreeMap::new(), &[stated]);
    said(&days)
}

#[test]
fn an_assessment_that_comes_out_the_same_is_endorsed() {
    let said = checked(|_| ());
    let Fact::Ballot(ballot) = &said[0].fact else { panic!("no ballot") };
    assert_eq!((said.len(), ballot.choice, ballot.policy.as_str()), (1, Choice::Endorse, RECOMPUTED));
}

/// Seen to fail: with only the days compared in `Days::check`, the changed index was endorsed.
#[test]
fn an_assessment_that_comes_out_otherwise_is_objected_to_with_the_values_computed_here() {
    let said = checked(|theirs| theirs.index_milli += 1);
    assert_eq!(said.len(), 2);
    let own = said.iter().find_map(|event| match &event.fact {
        Fact::Assessment(own) => Some((own, event)),
        _ => None,
    });
    let (own, event) = own.expect("its own assessment");
    assert!(!own.values.is_empty());
    let ballot = said.iter().find_map(|event| match &event.fact {
        Fact::Ballot(ballot) => Some((ballot, &event.causes)),
        _ => None,
    });
    let (ballot, causes) = ballot.expect("a ballot");
    let id = proof::sign::event_id(&Digest([1; 32]), &wire::event::encode(event));
    assert_eq!((ballot.choice, ballot.reason.as_str()), (Choice::Object, "another-result"));
    assert!(causes.contains(&id), "what was computed here stands beside it");
}

#[test]
fn an_assessment_of_a_log_that_never_was_is_objected_to() {
    let said = checked(|theirs| theirs.basis.size += 1);
    let Fact::Ballot(ballot) = &said[0].fact else { panic!("no ballot") };
    assert_eq!((said.len(), ballot.choice, ballot.reason.as_str()), (1, Choice::Object, "no-such-log"));
    let other_root = checked(|theirs| theirs.basis.root = Digest([9; 32]));
    assert_eq!(other_root.len(), 2, "the same size with another root is another log");
}
