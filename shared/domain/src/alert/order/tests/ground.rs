//! What a computed warning stands on, from the event to the nation's alert.

use proof::digest::Digest;

use super::*;
use crate::alert::AlertRecord;
use crate::codec;
use crate::event::{Basis, Directive, Ground, MAX_CAUSES, MAX_TEXT_BYTES, MAX_VALUES};
use crate::form;
use crate::rising::Summary;
use crate::stage::{case, genesis};

fn ground() -> Ground {
    Ground {
        basis: Basis { size: 1, root: Digest::of(b"root") },
        model: Digest::of(b"model"),
        rules: Digest::of(b"rules"),
        values: vec![("n7".into(), 21), ("rt_milli".into(), -3)],
    }
}

fn computed(change: impl FnOnce(&mut Warning)) -> Fact {
    changed(AlertLevel::Orange, |warning| {
        (warning.method, warning.ground) = ("doubling".into(), Some(ground()));
        change(warning);
    })
}

/// A chain with something to read.
fn begun() -> Stage {
    let mut stage = Stage::new(&[]);
    stage.later(1000);
    stage
}

#[test]
fn ground_rule_and_causes_stand_in_the_alert_of_every_level() {
    let mut city = begun();
    let mut province = Stage::of(genesis("cn.32", &[], &[&city.genesis]));
    let mut nation = Stage::of(genesis("cn", &[], &[&province.genesis]));
    let cause = city.say("cdc", case());
    let first = city.say("cdc", warning(AlertLevel::Yellow));
    let warned = city
        .event_with("cdc", computed(|warning| warning.supersedes = Some(first)), |event| event.causes = vec![cause]);
    city.play(std::slice::from_ref(&warned));
    let order = Directive {
        level: AlertLevel::Orange,
        headline: "Reserve".into(),
        instruction: "Count what there is".into(),
        measure: "reserve-stock".into(),
    };
    let ordered = city.event_with("cdc", Fact::Directive(order), |event| event.causes = vec![warned.id]);
    city.play(std::slice::from_ref(&ordered));
    city.say("cdc", end(warned.id));
    assert_eq!(province.raise(&city), None);
    assert_eq!(nation.raise(&province), None);
    for stage in [&city, &province, &nation] {
        let alerts = stage.alerts();
        let [_, alert, order, over] = alerts.as_slice() else { panic!("four alerts") };
        assert_eq!((alert.rule.as_str(), &alert.ground), ("doubling", &Some(ground())));
        assert_eq!(alert.events, [cause]);
        assert_eq!(alert.supersedes.as_ref().map(|one| one.id), Some(alert_id(&first, AlertState::Confirmed)));
        assert_eq!((order.measure.as_str(), order.events.as_slice()), ("reserve-stock", [warned.id].as_slice()));
        assert_eq!((over.id(), over.state), (alert_id(&warned.id, AlertState::Cancelled), AlertState::Cancelled));
        assert_eq!((over.rule.as_str(), &over.ground, over.events.len()), ("doubling", &Some(ground()), 2));
    }
}

/// Seen to fail without `read_here` in the rule of a warning.
#[test]
fn a_log_that_this_chain_never_had_is_no_ground() {
    let mut stage = begun();
    let size = stage.size();
    let of = |size| computed(move |warning| warning.ground.as_mut().unwrap().basis.size = size);
    assert_eq!(stage.code("cdc", of(size + 1)), Some(Code::BadBasis));
    assert_eq!(stage.alerts(), []);
    assert_eq!(stage.code("cdc", of(size)), None);
}

#[test]
fn form_of_a_ground_a_measure_and_a_reason() {
    let mut stage = begun();
    let mut refused = |fact: Fact| {
        let event = stage.event("cdc", fact).event;
        form::check(&event).err().map(|refusal| (refusal.code, refusal.field))
    };
    type Change = fn(&mut Warning, &mut Ground);
    let cases: [(Change, Option<(Code, &str)>); 8] = [
        (|_, _| (), None),
        (|warning, _| warning.method = String::new(), Some((Code::Malformed, "method"))),
        (|_, ground| ground.basis.size = 0, Some((Code::OutOfRange, "basis.size"))),
        (|_, ground| ground.basis.root = Digest::default(), Some((Code::BadDigest, "basis.root"))),
        (|_, ground| ground.model = Digest::of(b""), Some((Code::BadDigest, "ground.model"))),
        (|_, ground| ground.rules = Digest::default(), Some((Code::BadDigest, "ground.rules"))),
        (|_, ground| ground.values.reverse(), Some((Code::Malformed, "values"))),
        (|_, ground| ground.values = vec![("n".into(), 1); MAX_VALUES + 1], Some((Code::Limit, "values"))),
    ];
    for (change, expected) in cases {
        let fact = computed(|warning| {
            let mut ground = ground();
            change(warning, &mut ground);
            warning.ground = Some(ground);
        });
        assert_eq!(refused(fact), expected);
    }
    let order = |measure: &str| {
        let (headline, instruction) = (String::from("Count"), String::new());
        Fact::Directive(Directive { level: AlertLevel::Blue, headline, instruction, measure: measure.into() })
    };
    assert_eq!(refused(order("Reserve stock")), Some((Code::UnknownCode, "measure")));
    assert_eq!(refused(order("reserve-stock")), None);
    let over = |reason: &str| Fact::Lifting(Lifting { warning: EventId::of(b"x"), reason: reason.into() });
    assert_eq!(refused(over("")), Some((Code::UnknownCode, "reason")));
    assert_eq!(refused(over("level-ended")), None);
}

/// One that did not fit would keep every alert behind it from rising.
#[test]
fn the_longest_alert_fits_a_summary() {
    let long = "x".repeat(MAX_TEXT_BYTES);
    let name = |n: usize| format!("{n:0>64}");
    let values = (0..MAX_VALUES).map(|n| (name(n), 1 << 53)).collect();
    let fact = changed(AlertLevel::Red, |warning| {
        warning.disease.name.clone_from(&long);
        warning.headline.clone_from(&long);
        warning.method = name(0);
        warning.ground = Some(Ground { values, ..ground() });
    });
    let mut city = begun();
    let causes: Vec<_> = (0..MAX_CAUSES).map(|_| city.say("cdc", case())).collect();
    let event = city.event_with("cdc", fact, |event| event.causes = causes);
    form::check(&event.event).unwrap();
    city.play(std::slice::from_ref(&event));
    city.say("cdc", end(event.id));
    let alert: AlertRecord = city.alerts().pop().unwrap();
    assert_eq!(alert.events.len(), MAX_CAUSES + 1);
    let raised = vec![AlertRecord { instruction: long, measure: name(1), ..alert.clone() }];
    let summary = Summary { number: 1, totals: Vec::new(), raised, escalated: Vec::new() };
    assert!(summary.encode().len() <= proof::leaf::MAX_SUMMARY_BYTES);
    assert_eq!(codec::decode(&codec::encode(&alert)), Some(alert));
}
