#![allow(clippy::unwrap_used, reason = "a test panics")]

use super::*;

fn at(text: &str) -> Millis {
    Millis::parse(text).unwrap()
}

/// An outbreak that was met in time.
fn outbreak() -> Milestones {
    Milestones {
        emerged: Some(at("2021-07-13T00:00:00Z")),
        detected: Some(at("2021-07-20T00:00:00Z")),
        notified: Some(at("2021-07-20T22:00:00Z")),
        actions: vec![
            (Action::Investigation, Some(at("2021-07-21T00:00:00Z"))),
            (Action::Laboratory, Some(at("2021-07-22T22:00:00Z"))),
        ],
    }
}

const NOW: &str = "2021-08-01T00:00:00Z";
const HOUR_MS: u64 = DAY_MS / 24;

fn clocks(times: &Milestones) -> [Clock; 3] {
    timeliness(times, at(NOW)).clocks.map(|(_, clock)| clock)
}

#[test]
fn seven_days_one_day_seven_days_are_in_time() {
    let met = timeliness(&outbreak(), at(NOW));
    let expected = [Clock::Met(7 * DAY_MS), Clock::Met(22 * HOUR_MS), Clock::Met(2 * DAY_MS)];
    assert_eq!(met.clocks.map(|(_, clock)| clock), expected);
    assert_eq!(met.met(), Some(true));
    assert_eq!(met.bottleneck(), Some(Interval::Detect));
}

#[test]
fn a_millisecond_more_is_too_late() {
    let emerged = Some(Millis(at("2021-07-13T00:00:00Z").0 - 1));
    let late = timeliness(&Milestones { emerged, ..outbreak() }, at(NOW));
    assert_eq!(late.clocks[0], (Interval::Detect, Clock::Missed(7 * DAY_MS + 1)));
    assert_eq!(late.met(), Some(false));
}

#[test]
fn an_hour_of_notification_weighs_seven_times_an_hour_of_detection() {
    let notified = Some(at("2021-07-21T01:00:00Z"));
    let slow = timeliness(&Milestones { notified, ..outbreak() }, at(NOW));
    assert_eq!(slow.clocks[1], (Interval::Notify, Clock::Missed(25 * HOUR_MS)));
    assert_eq!(slow.bottleneck(), Some(Interval::Notify));
}

#[test]
fn what_is_not_known_is_said_and_decides_nothing() {
    let unknown = timeliness(&Milestones { emerged: None, ..outbreak() }, at(NOW));
    assert_eq!(unknown.clocks[0], (Interval::Detect, Clock::Unknown));
    assert_eq!(unknown.met(), None);
    assert_eq!(clocks(&Milestones::default()), [Clock::Unknown; 3]);
    assert_eq!(timeliness(&Milestones::default(), at(NOW)).bottleneck(), None);
}

#[test]
fn the_response_is_complete_with_its_last_action() {
    let mut times = outbreak();
    times.actions.push((Action::Coordination, None));
    let open = timeliness(&times, at("2021-07-21T22:00:00Z"));
    assert_eq!(open.clocks[2], (Interval::Respond, Clock::Running(6 * DAY_MS)));
    assert_eq!((open.open.as_slice(), open.met()), ([Action::Coordination].as_slice(), None));
    let overdue = timeliness(&times, at("2021-07-28T22:00:00Z"));
    assert_eq!(overdue.clocks[2], (Interval::Respond, Clock::Overdue(DAY_MS)));
    assert_eq!((overdue.met(), overdue.bottleneck()), (Some(false), Some(Interval::Respond)));
}

#[test]
fn without_any_action_the_response_is_not_done() {
    let times = Milestones { actions: vec![], ..outbreak() };
    assert_eq!(timeliness(&times, at("2021-07-20T22:00:00Z")).clocks[2].1, Clock::Running(7 * DAY_MS));
}

#[test]
fn times_that_run_backwards_are_told_from_good_ones() {
    let detected = Some(at("2021-07-12T00:00:00Z"));
    let wrong = timeliness(&Milestones { detected, ..outbreak() }, at(NOW));
    assert_eq!(wrong.clocks[0], (Interval::Detect, Clock::Backwards(DAY_MS)));
    assert_eq!(Interval::ALL.map(Interval::name), ["detect", "notify", "respond"]);
}
