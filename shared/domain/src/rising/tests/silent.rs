//! A child that nothing is heard of.

use proof::leaf::Leaf;

use super::*;
use crate::due::DueWhat;
use crate::genesis::SILENT_AFTER_MS;

fn since(province: &Stage, city: &Stage) -> Option<Millis> {
    query::child(&province.state, &city.genesis.chain).unwrap().unwrap().silent_since
}

#[test]
fn a_child_that_never_anchors_is_silent_from_the_genesis_on() {
    let (mut province, [city, other]) = province(&[]);
    let outcome = province.later(SILENT_AFTER_MS - 1);
    assert_eq!((outcome.pending, outcome.next_due), (false, Some(province.now.plus_ms(1))));
    assert_eq!(since(&province, &city), None);
    let outcome = province.later(1);
    let due = outcome.leaves.iter().filter_map(|leaf| if let Leaf::Due(leaf) = leaf { Some(leaf) } else { None });
    let mut due = due.map(|leaf| (leaf.event, leaf.what)).collect::<Vec<_>>();
    due.sort_unstable();
    let mut ids = [city.genesis.chain_id, other.genesis.chain_id].map(|id| (id, DueWhat::Silence.number()));
    ids.sort_unstable();
    assert_eq!(due, ids);
    assert_eq!((since(&province, &city), province.alerts().len()), (Some(province.now), 2));
    assert_eq!(province.later(SILENT_AFTER_MS).next_due, None, "once is enough");
    assert_eq!(province.alerts().len(), 2);
}

#[test]
fn an_anchor_puts_silence_off_and_ends_it() {
    let (mut province, [mut city, mut other]) = province(&[]);
    let mut nation = Stage::of(genesis("cn", &[], &[&province.genesis]));
    for _ in 0..3 {
        for stage in [&mut city, &mut other] {
            stage.say("health", daily("2021-07-20", 5));
            stage.later(1000);
        }
        province.now = province.now.plus_ms(SILENT_AFTER_MS - 1000);
        assert_eq!(province.raise(&city), None);
        assert_eq!(province.raise(&other), None);
    }
    assert_eq!(province.alerts(), []);
    for episode in 0..2 {
        province.later(SILENT_AFTER_MS);
        let rung = province.alerts().split_off(episode * 4);
        assert_eq!(rung.len(), 2, "both");
        assert!(rung.iter().all(|alert| (alert.kind, alert.state, alert.level, alert.region.as_str())
            == (AlertKind::Silence, AlertState::Provisional, AlertLevel::Yellow, "3201")));
        assert_eq!(nation.raise(&province), None, "it rises");
        assert_eq!(nation.alerts().len(), episode * 4 + 2);
        for stage in [&mut city, &mut other] {
            stage.say("health", daily("2021-07-20", 6));
            stage.later(1000);
            assert_eq!(province.raise(stage), None);
            assert_eq!(since(&province, stage), None);
        }
        let over = province.alerts().split_off(episode * 4 + 2);
        let called_off = over.iter().map(|alert| (alert.state, alert.event)).collect::<Vec<_>>();
        let expected = rung.iter().map(|alert| (AlertState::Cancelled, alert.event)).collect::<Vec<_>>();
        assert_eq!(called_off.len(), expected.len());
        assert!(expected.iter().all(|one| called_off.contains(one)));
        assert_eq!(nation.raise(&province), None);
    }
    let mut ids = province.alerts().iter().map(crate::alert::AlertRecord::id).collect::<Vec<_>>();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 8, "each silence is an alert of its own");
}

#[test]
fn a_child_admitted_without_a_bound_is_never_silent() {
    let city = Stage::new(&[]);
    let mut above = genesis("cn.32", &[], &[&city.genesis]);
    above.children[0].silent_after_ms = 0;
    let mut province = Stage::of(above);
    assert_eq!(province.later(SILENT_AFTER_MS * 100).next_due, None);
    assert_eq!((since(&province, &city), province.alerts()), (None, vec![]));
}
