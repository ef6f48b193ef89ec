//! What becomes of warnings when the level rises, ends, or is judged late.

use domain::event::{AlertLevel, Directive, Lifting, Phase, Warning};

use super::refuting::refuted;
use super::*;
use crate::lookout::LEVEL_ENDED;

type Said = Vec<(EventId, Event)>;

/// A day with cases that a threshold and a rule warn of, and all that follows.
fn warned() -> (Vec<Taken>, Said) {
    let counted = [daily(0, "2021-07-21", Origin::Local, 9), ballot(1, 0, Choice::Endorse), block(2)];
    with_what_is_said(counted.to_vec())
}

/// The same, and then the day is refuted, with all that follows.
fn ended() -> (Vec<Taken>, Said) {
    let (mut entries, _) = warned();
    entries.extend(refuted(entries.len() as u64, 0));
    with_what_is_said(entries)
}

fn warnings_of(said: &Said) -> Vec<(EventId, &Warning)> {
    said.iter()
        .filter_map(|(id, event)| if let Fact::Warning(one) = &event.fact { Some((*id, one)) } else { None })
        .collect()
}

fn liftings(said: &Said) -> Vec<(&Event, &Lifting)> {
    said.iter()
        .filter_map(|(_, event)| if let Fact::Lifting(one) = &event.fact { Some((event, one)) } else { None })
        .collect()
}

fn ringing(days: &Days) -> Vec<EventId> {
    let place = place::of(&covid(), "320100");
    days.ringing(&place).unwrap().into_iter().map(|one| one.id).collect()
}

/// Seen to fail with `None` for `supersedes` in [`crate::lookout::Stated::warning`].
#[test]
fn given_a_warning_that_rings_then_that_of_a_level_replaces_it() {
    let (entries, said) = warned();
    let warnings = warnings_of(&said);
    let [(first, fixed), (second, by_rule)] = warnings.as_slice() else { panic!("{warnings:?}") };
    assert_eq!((fixed.method.as_str(), fixed.supersedes), ("fixed-threshold-day", None));
    assert_eq!(by_rule.supersedes, Some(*first));
    assert_eq!(ringing(&after(&entries)), [*second], "what was replaced rings no more");
    // Where the first is not on the log yet, there is nothing to name.
    let assessed = said.iter().find(|(_, event)| matches!(event.fact, Fact::Assessment(_))).unwrap();
    let mut entries = entries[..3].to_vec();
    entries.push(said_event(3, assessed.0, assessed.1.clone()));
    let early = self::warnings(&after(&entries));
    let names = |event: &Event| matches!(&event.fact, Fact::Warning(one) if one.supersedes.is_some());
    assert!(early.len() == 2 && !early.iter().any(names), "{early:?}");
}

#[test]
fn a_fixed_threshold_names_the_log_its_own_threshold_and_what_it_saw() {
    let (_, said) = warned();
    let ground = warnings_of(&said)[0].1.ground.clone().unwrap();
    assert_eq!(ground.values, [("confirmed".to_owned(), 9), ("threshold".to_owned(), 5)]);
    assert_eq!(ground.basis.size, 2, "up to the ballot that let it count");
    assert_eq!(ground.rules, Digest::of(b"fixed-threshold-day U07.1 5"));
}

/// Seen to fail with only the last of what rings lifted.
#[test]
fn given_two_that_ring_since_neither_knew_of_the_other_then_both_are_lifted() {
    let (entries, said) = warned();
    let assessed = said.iter().find(|(_, event)| matches!(event.fact, Fact::Assessment(_))).unwrap();
    let mut entries = entries[..3].to_vec();
    entries.push(said_event(3, assessed.0, assessed.1.clone()));
    let (mut entries, _) = with_what_is_said(entries);
    let mut both = ringing(&after(&entries));
    assert_eq!(both.len(), 2);
    entries.extend(refuted(entries.len() as u64, 0));
    let (_, said) = with_what_is_said(entries);
    let mut lifted = liftings(&said).into_iter().map(|(_, one)| one.warning).collect::<Vec<_>>();
    both.sort();
    lifted.sort();
    assert_eq!(lifted, both);
}

#[test]
fn given_that_the_level_ended_then_all_that_rings_is_lifted_once() {
    let (entries, said) = ended();
    let lifted = liftings(&said);
    let (_, before) = warned();
    let last = warnings_of(&before).last().unwrap().0;
    let [(event, lifting)] = lifted.as_slice() else { panic!("{lifted:?}") };
    assert_eq!((lifting.warning, lifting.reason.as_str(), event.lane), (last, LEVEL_ENDED, Lane::High));
    let because = said.iter().find(|(id, _)| event.causes == [*id]).unwrap();
    assert!(matches!(&because.1.fact, Fact::Assessment(one) if one.level.is_none()));
    assert!(ringing(&after(&entries)).is_empty());
    for cut in 0..entries.len() {
        let restarted = restarted_at(&entries, cut);
        assert_eq!(restarted.pending(), after(&entries).pending(), "restarted before entry {cut}");
    }
}

#[test]
fn given_a_persons_warning_then_it_is_neither_replaced_nor_lifted() {
    let (headline, method) = ("Wash your hands".to_owned(), String::new());
    let warning =
        Warning { disease: covid(), level: AlertLevel::Red, headline, method, supersedes: None, ground: None };
    let mut entries = vec![by(HEALTH, event(0, HEALTH, Lane::Urgent, Fact::Warning(warning)))];
    entries.extend([daily(1, "2021-07-21", Origin::Local, 9), ballot(2, 1, Choice::Endorse), block(3)]);
    let (mut entries, said) = with_what_is_said(entries);
    assert!(warnings_of(&said).iter().all(|(_, one)| one.supersedes != Some(id(0))), "{said:?}");
    entries.extend(refuted(entries.len() as u64, 1));
    let (_, said) = with_what_is_said(entries);
    assert!(liftings(&said).len() == 1 && liftings(&said).iter().all(|(_, one)| one.warning != id(0)), "{said:?}");
}

/// Seen to fail with nothing said by [`crate::lookout::Lookout::rang`]: the late warning rang for ever.
#[test]
fn given_a_warning_that_is_accepted_when_its_level_has_ended_then_it_is_lifted() {
    let genesis = chain("n_of(1, lab@sector:cdc)");
    let counted = vec![daily(0, "2021-07-21", Origin::Local, 9), ballot(1, 0, Choice::Endorse), block(2)];
    let (mut entries, said) = with_what_is_said_on(&genesis, counted);
    let warnings = warnings_of(&said);
    let by_rule = warnings.iter().find(|(_, one)| Trigger::parse(&one.method).is_none()).unwrap().0;
    assert!(ringing(&after_on(Arc::clone(&genesis), &entries)).is_empty(), "nobody judged them");
    entries.extend(refuted(entries.len() as u64, 0));
    let (mut entries, said) = with_what_is_said_on(&genesis, entries);
    assert!(liftings(&said).is_empty(), "nothing rings");
    let vote = Ballot { subject: by_rule, choice: Choice::Endorse, reason: String::new(), policy: String::new() };
    entries.push(event(entries.len() as u64, CDC, Lane::High, Fact::Ballot(vote)));
    let (_, said) = with_what_is_said_on(&genesis, entries);
    let lifted = liftings(&said);
    assert!(lifted.len() == 1 && lifted[0].1.warning == by_rule && lifted[0].0.causes == [by_rule], "{lifted:?}");
}

fn orders(said: &Said) -> Vec<(&Event, &Directive)> {
    let order = |(_, event): &'_ (EventId, Event)| matches!(event.fact, Fact::Directive(_));
    let found = said.iter().filter(|one| order(one));
    found
        .filter_map(|(_, event)| if let Fact::Directive(one) = &event.fact { Some((event, one)) } else { None })
        .collect()
}

fn measures(said: &Said) -> Vec<&str> {
    let mut names = orders(said).into_iter().map(|(_, one)| one.measure.as_str()).collect::<Vec<_>>();
    names.sort_unstable();
    names
}

#[test]
fn given_an_accepted_warning_then_its_measures_are_ordered_once() {
    let (entries, said) = warned();
    let warnings = warnings_of(&said);
    let level = warnings.last().unwrap().1.level;
    assert!(level > AlertLevel::Blue, "{level:?}");
    let expected = match level {
        AlertLevel::Yellow => vec!["notify", "situation-room"],
        _ => vec!["capacity-claims", "notify", "reserve-stock", "situation-room"],
    };
    assert_eq!(measures(&said), expected);
    for (event, order) in orders(&said) {
        let because = warnings.iter().find(|(id, _)| event.causes == [*id]).unwrap();
        assert_eq!((order.level, event.lane), (because.1.level, Lane::High));
        assert!(order.headline.starts_with("COVID-19 in region 320100: "), "{}", order.headline);
    }
    let (_, again) = with_what_is_said(entries);
    assert!(again.is_empty(), "{again:?}");
}

#[test]
fn given_a_warning_that_nobody_judged_then_nothing_is_ordered_until_it_is_accepted() {
    let genesis = chain("n_of(1, lab@sector:cdc)");
    let counted = vec![daily(0, "2021-07-21", Origin::Local, 9), ballot(1, 0, Choice::Endorse), block(2)];
    let (mut entries, said) = with_what_is_said_on(&genesis, counted);
    assert!(measures(&said).is_empty());
    let (subject, warning) = *warnings_of(&said).last().unwrap();
    let vote = Ballot { subject, choice: Choice::Endorse, reason: String::new(), policy: String::new() };
    entries.push(event(entries.len() as u64, CDC, Lane::High, Fact::Ballot(vote)));
    let (_, after) = with_what_is_said_on(&genesis, entries);
    assert!(measures(&after).contains(&"notify") && orders(&after).iter().all(|(event, _)| event.causes == [subject]));
    assert!(orders(&after).iter().all(|(_, one)| one.level == warning.level));
}

#[test]
fn given_that_the_warning_was_lifted_then_a_later_one_orders_again() {
    let (mut entries, said) = ended();
    assert!(liftings(&said).len() == 1);
    let first = entries.len() as u64;
    entries.extend([
        daily(first, "2021-07-22", Origin::Local, 9),
        ballot(first + 1, first, Choice::Endorse),
        block(first + 2),
    ]);
    for (log, event) in &mut entries[first as usize..] {
        log.chain_time = Date::parse("2021-07-23").unwrap().start();
        event.iter_mut().for_each(|event| event.created_at = log.chain_time);
    }
    let (_, again) = with_what_is_said(entries);
    assert!(!warnings_of(&again).is_empty() && measures(&again).contains(&"notify"), "{again:?}");
}

#[test]
fn given_a_phase_in_which_anothers_orders_alone_count_then_none_is_said() {
    let phase = Action::SetPhase { phase: Phase::Response, dominant: Some("cdc".into()) };
    let mut entries = vec![proposal(0, CDC, vec![phase]), ballot(1, 0, Choice::Endorse)];
    entries.extend([daily(2, "2021-07-21", Origin::Local, 9), ballot(3, 2, Choice::Endorse), block(4)]);
    let (_, said) = with_what_is_said(entries);
    assert!(!warnings_of(&said).is_empty() && orders(&said).is_empty(), "{said:?}");
}
