use domain::event::{AlertLevel, Choice, Event, EventId, Fact, Origin};
use domain::record::Kind;
use host::projection::Entry;

use super::differs::differ;
use super::*;
use crate::model::tests::refuting::refuted;
use crate::model::tests::{Taken, after, ballot, block, daily, genesis, id, said_event, with_what_is_said};

/// A week of cases: enough to be forecast.
const WEEK: [u64; 7] = [9, 14, 30, 41, 55, 60, 72];

/// Days with many cases and the ballots that let them count, each in a block of its own.
fn outbreak(counts: &[u64]) -> Vec<Taken> {
    let days = (0..).step_by(3).zip(13..).zip(counts);
    let days = days.map(|((first, day), count)| {
        let day = format!("2021-07-{day}");
        [daily(first, &day, Origin::Local, *count), ballot(first + 1, first, Choice::Endorse), block(first + 2)]
    });
    days.flatten().collect()
}

/// What is wanted of an event of a log; nothing where people wrote it.
fn wanted(entries: &[Taken], id: EventId, event: &Event) -> Option<Wanted> {
    let on_log = |asked: &EventId| {
        let found = entries.iter().find(|(log, _)| log.event_id == Some(*asked));
        found.and_then(|(_, event)| event.clone())
    };
    let place = entries.iter().position(|(log, _)| log.event_id == Some(id)).unwrap_or(entries.len());
    Wanted::new(id, place as u64, event.clone(), on_log)
}

fn replay_all(entries: &[Taken], wanted: Vec<Wanted>) -> Vec<(Wanted, Replayed)> {
    let mut replay = Replay::new(&genesis(), wanted).unwrap();
    for (log, event) in entries {
        replay.take(&Entry { log, event: event.as_ref() }).unwrap();
    }
    replay.end()
}

fn replay(entries: &[Taken], id: EventId, event: &Event) -> Replayed {
    replay_all(entries, vec![wanted(entries, id, event).unwrap()]).remove(0).1
}

fn is_fixed(event: &Event) -> bool {
    matches!(&event.fact, Fact::Warning(warning) if Trigger::parse(&warning.method).is_some())
}

/// What follows from an outbreak, and from its last day's being refuted: the end of its level.
fn ended() -> (Vec<Taken>, Vec<(EventId, Event)>) {
    let (mut entries, mut said) = with_what_is_said(outbreak(&[9]));
    entries.extend(refuted(entries.len() as u64, 0));
    let (entries, more) = with_what_is_said(entries);
    said.extend(more);
    (entries, said)
}

#[test]
fn given_warnings_that_replaced_one_another_and_were_lifted_then_that_is_said_again() {
    let (entries, said) = ended();
    let mut lifted = said.iter().filter(|(_, event)| matches!(event.fact, Fact::Lifting(_)));
    let replaces = |event: &Event| matches!(&event.fact, Fact::Warning(warning) if warning.supersedes.is_some());
    assert!(lifted.clone().count() == 1 && said.iter().any(|(_, event)| replaces(event)), "{said:#?}");
    for (id, event) in &said {
        assert_eq!(replay(&entries, *id, event).differs, [], "{event:?}");
    }
    // A person's reason is none that is computed, and another warning is not what the level was of.
    let (lifted, event) = lifted.next_back().unwrap();
    let edited = |change: &dyn Fn(&mut domain::event::Lifting)| {
        let mut edited = event.clone();
        let Fact::Lifting(lifting) = &mut edited.fact else { panic!("no lifting") };
        change(lifting);
        edited
    };
    assert!(wanted(&entries, *lifted, &edited(&|lifting| lifting.reason = "moved-away".to_owned())).is_none());
    let other = edited(&|lifting| lifting.warning = id(0));
    let differs = replay(&entries, id(901), &other).differs;
    assert_eq!(differs.first().map(|one| one.what.as_str()), Some("lifting: warning"), "{differs:?}");
}

#[test]
fn given_a_log_then_everything_that_was_said_from_it_is_said_again() {
    let (entries, said) = with_what_is_said(outbreak(&WEEK));
    let kinds = said.iter().map(|(_, event)| Kind::of(&event.fact).name()).collect::<Vec<_>>();
    for kind in ["warning", "directive", "assessment", "forecast"] {
        assert!(kinds.contains(&kind), "no {kind} in {kinds:?}");
    }
    let warnings = said.iter().filter(|(_, event)| matches!(event.fact, Fact::Warning(_)));
    let (fixed, of_rules) = warnings.partition::<Vec<_>, _>(|(_, event)| is_fixed(event));
    assert!(!fixed.is_empty() && !of_rules.is_empty(), "{said:?}");
    for (_, event) in &of_rules {
        let Fact::Warning(warning) = &event.fact else { panic!("no warning") };
        let ground = warning.ground.as_ref().expect("what it stands on");
        let assessed = |(_, other): &&(EventId, Event)| match &other.fact {
            Fact::Assessment(one) => {
                one.basis == ground.basis && one.rules == ground.rules && one.values == ground.values
            }
            _ => false,
        };
        assert!(said.iter().find(assessed).is_some_and(|(id, _)| event.causes.first() == Some(id)), "{ground:?}");
    }
    for (id, event) in &said {
        let replayed = replay(&entries, *id, event);
        assert_eq!(replayed.differs, [], "{event:?}");
        assert!(replayed.said_from.is_some_and(|(size, _)| size <= entries.len() as u64));
    }
    // In one reading of the log too.
    let all = said.iter().map(|(id, event)| wanted(&entries, *id, event).unwrap()).collect::<Vec<_>>();
    let together = replay_all(&entries, all);
    assert_eq!(together.len(), said.len());
    for (wanted, replayed) in together {
        assert!(replayed.differs.is_empty() && replayed.said_from.is_some(), "{:?}: {replayed:?}", wanted.event);
    }
}

/// Seen to fail with the assessment left out of what a warning needs: a warning of a false assessment was the same.
#[test]
fn given_another_log_or_a_level_of_somebodys_own_then_what_differs_is_named() {
    let (entries, said) = with_what_is_said(outbreak(&WEEK));
    let other = outbreak(&WEEK.map(|count| count + 1));
    let of = |entries: &[Taken], kind: &str| {
        let mut of_kind = said.iter().filter(|(_, event)| Kind::of(&event.fact).name() == kind);
        let (id, event) = of_kind.next_back().unwrap();
        replay(entries, *id, event).differs.into_iter().map(|one| one.what).collect::<Vec<_>>()
    };
    for (kind, what) in [("assessment", "n7"), ("forecast", "quantiles_1")] {
        let differs = of(&other, kind);
        assert!(of(&entries, kind).is_empty() && differs.iter().any(|one| one == what), "{kind}: {differs:?}");
    }

    // The member that warns states another level than follows, and warns by it.
    let assessed = said.iter().find(|(_, event)| matches!(event.fact, Fact::Assessment(_))).unwrap();
    let mut lie = assessed.1.clone();
    let Fact::Assessment(assessment) = &mut lie.fact else { panic!("no assessment") };
    let truth = assessment.level.map_or("none", AlertLevel::name);
    assessment.level = Some(AlertLevel::Blue);
    let mut entries = outbreak(&WEEK[..3]);
    entries.push(said_event(entries.len() as u64, id(900), lie.clone()));
    let differs = replay(&entries, id(900), &lie).differs;
    assert_eq!(differs, [differ("level", "blue".into(), truth.into())]);
    let by_rule = |event: &Event| matches!(event.fact, Fact::Warning(_)) && !is_fixed(event);
    let pending = after(&entries).pending();
    let mut warnings = pending.iter().map(|(id, body)| (*id, wire::event::decode(body).unwrap()));
    let (warning, event) = warnings.find(|(_, event)| by_rule(event)).unwrap();
    entries.push(said_event(entries.len() as u64, warning, event.clone()));
    let differs = replay(&entries, warning, &event).differs;
    assert_eq!(differs, [differ("assessment: level", "blue".into(), truth.into())]);
}

#[test]
fn given_a_threshold_that_was_not_reached_or_what_people_wrote_then_it_is_not_said() {
    let (entries, said) = with_what_is_said(outbreak(&[9]));
    let (id, warning) = said.iter().find(|(_, event)| is_fixed(event)).unwrap();
    assert_eq!(replay(&entries, *id, warning).differs, []);
    let (fewer, more) = (outbreak(&[4]), outbreak(&[30]));
    let differs = replay(&fewer, *id, warning).differs;
    assert_eq!(differs, [differ("warning", format!("said as {id}"), "not said".into())]);
    let differs = replay(&more, *id, warning).differs;
    assert_eq!(differs[0], differ("level", "blue".into(), "orange".into()));

    let (log, report) = daily(0, "2021-07-21", Origin::Local, 9);
    assert!(wanted(&entries, log.event_id.unwrap(), &report.unwrap()).is_none());
    let edited = |change: &dyn Fn(&mut domain::event::Warning)| {
        let mut edited = warning.clone();
        let Fact::Warning(text) = &mut edited.fact else { panic!("no warning") };
        change(text);
        wanted(&entries, *id, &edited)
    };
    assert!(edited(&|text| text.method = String::new()).is_none());
    // Who claims a threshold and names none, or another one, claims what does not follow; the true one beside them does.
    let none = edited(&|text| text.headline = "Stay at home".to_owned()).unwrap();
    let other = edited(&|text| text.headline = text.headline.replace("threshold 5", "threshold 6")).unwrap();
    let all = vec![none, other, wanted(&entries, *id, warning).unwrap()];
    let found = replay_all(&entries, all).into_iter().map(|(_, replayed)| replayed.differs.len()).collect::<Vec<_>>();
    assert!(found[0] > 0 && found[1] > 0 && found[2] == 0, "{found:?}");
}
