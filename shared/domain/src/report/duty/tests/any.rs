//! Whatever is reported and whenever: every missed day falls into a silence that was told, and nothing else is told.

use proptest::prelude::*;

use super::*;

/// Hours until the next block, and in it a report of the day so many days before today, or none.
fn steps() -> impl Strategy<Value = Vec<(u64, Option<u32>)>> {
    proptest::collection::vec((1..60_u64, proptest::option::weighted(0.7, 0..5_u32)), 1..40)
}

/// What a silence was: told at, called off at.
#[derive(Debug)]
struct Told {
    event: EventId,
    since: Millis,
    until: Option<Millis>,
}

fn told(alerts: &[AlertRecord]) -> Vec<Told> {
    let mut all = Vec::<Told>::new();
    for alert in alerts {
        let open = all.last_mut().filter(|told| told.until.is_none());
        match (alert.state, open) {
            (AlertState::Provisional, None) => all.push(Told { event: alert.event, since: alert.sent_at, until: None }),
            (AlertState::Confirmed, Some(told)) => assert_eq!(told.event, alert.event),
            (AlertState::Cancelled, Some(told)) => {
                assert_eq!(told.event, alert.event);
                told.until = Some(alert.sent_at);
            }
            (state, open) => panic!("{state:?} after {open:?}"),
        }
    }
    all
}

proptest! {
    /// Switched off by hand (after a silence the next slot waited for is the one behind the report, however old): one told
    /// again what belongs to the silence before.
    #[test]
    fn every_missed_day_is_told_and_no_other(steps in steps()) {
        let mut chain = Stage::of(genesis_with(&[owing("hospital", "U07.1")], &[], "cn.32.01"));
        let start = chain.now.date();
        let (mut blocks, mut reports) = (vec![chain.now], Vec::<(Millis, Date)>::new());
        for (hours, ago) in steps {
            chain.now = chain.now.plus_ms(hours * HOUR);
            let before = duty(&chain, "hospital").silence.is_some();
            match ago {
                None => drop(chain.block(Vec::new())),
                Some(ago) => {
                    let report_date = Date(chain.now.date().0.saturating_sub(ago));
                    let zero = ZeroReport { disease: disease(), report_date, facility: "gulou".into() };
                    chain.say("hospital", Fact::ZeroReport(zero));
                    reports.push((chain.now, report_date));
                }
            }
            blocks.push(chain.now);
            let missed = |slot: Date, known: &DutyRecord| {
                let by = known.misses(slot);
                by <= chain.now && !reports.iter().any(|(at, reported)| *at < by && *reported >= slot)
            };
            let known = duty(&chain, "hospital");
            if known.silence.is_some() && !before {
                prop_assert!(missed(known.slot, &known), "{} was reported", known.slot);
                let over = chain.alerts().into_iter().rfind(|alert| alert.state == AlertState::Cancelled);
                let anew = over.is_none_or(|over| known.misses(known.slot) > over.sent_at);
                prop_assert!(anew, "{} belongs to the silence before", known.slot);
            }
            // One due item at most stands for it.
            prop_assert!(chain.state.scan(keys::DUE, &keys::end_of(keys::DUE), 9).unwrap().len() <= 1);
        }
        let alerts = chain.alerts();
        let told = told(&alerts);
        let mut events = told.iter().map(|told| told.event).collect::<Vec<_>>();
        events.sort_unstable();
        events.dedup();
        prop_assert_eq!(events.len(), told.len(), "each silence is an alert of its own");
        let known = duty(&chain, "hospital");
        for slot in (start.0..chain.now.date().0).map(Date) {
            let by = known.misses(slot);
            let late = !reports.iter().any(|(at, reported)| *at < by && *reported >= slot);
            let Some(seen) = blocks.iter().find(|at| **at >= by).filter(|_| late) else { continue };
            let in_one = told.iter().any(|one| one.since <= *seen && one.until.is_none_or(|until| until >= *seen));
            prop_assert!(in_one, "{slot} was missed at {by} and not told: {told:?}");
        }
    }
}
