use super::*;

fn watch(disease: &str, confirmed_a_day: u64, cluster_positives: u64) -> Watch {
    Watch { disease: disease.into(), confirmed_a_day, cluster_positives }
}

fn detector() -> Detector {
    Detector::new(Thresholds::new(vec![watch("U07.1", 4, 3)]).unwrap())
}

fn signal(trigger: Trigger, day: u32, count: u64) -> Signal {
    Signal {
        trigger,
        disease: Disease { code: "U07.1".into(), name: "COVID-19".into() },
        region: "320100".into(),
        day: Date(day),
        count,
        causes: vec![EventId::of(&day.to_be_bytes())],
        known_at: Millis(1),
    }
}

fn level(trigger: Trigger, count: u64) -> Option<AlertLevel> {
    detector().see(signal(trigger, 100, count)).0.map(|draft| draft.level)
}

#[test]
fn the_level_follows_the_table() {
    let day = [(3, None), (4, Some(AlertLevel::Blue)), (7, Some(AlertLevel::Blue)), (8, Some(AlertLevel::Yellow))];
    let more = [(19, Some(AlertLevel::Yellow)), (20, Some(AlertLevel::Orange)), (4000, Some(AlertLevel::Orange))];
    for (count, expected) in day.into_iter().chain(more) {
        assert_eq!(level(Trigger::Day, count), expected, "{count} a day");
    }
    for (count, expected) in
        [(2, None), (3, Some(AlertLevel::Blue)), (9, Some(AlertLevel::Yellow)), (300, Some(AlertLevel::Yellow))]
    {
        assert_eq!(level(Trigger::Cluster, count), expected, "a cluster of {count}");
    }
}

#[test]
fn an_outbreak_warns_once_and_the_next_one_after_a_quiet_time_again() {
    let mut detector = detector();
    let mut warned = Vec::new();
    for day in [100, 101, 128, 99, 120, 128 + QUIET_DAYS, 300] {
        if detector.see(signal(Trigger::Day, day, 5)).0.is_some() {
            warned.push(day);
        }
    }
    assert_eq!(warned, [100, 300]);
}

#[test]
fn triggers_and_regions_warn_each_for_themselves() {
    let mut detector = detector();
    assert!(detector.see(signal(Trigger::Cluster, 100, 9)).0.is_some());
    assert!(detector.see(signal(Trigger::Day, 100, 9)).0.is_some());
    let elsewhere = Signal { region: "321000".into(), ..signal(Trigger::Day, 100, 9) };
    assert!(detector.see(elsewhere).0.is_some());
    let other = Disease { code: "A00".into(), name: "Cholera".into() };
    assert_eq!(detector.see(Signal { disease: other, ..signal(Trigger::Day, 100, 9) }), (None, None), "not watched");
}

#[test]
fn thresholds_that_make_no_sense_are_refused() {
    for watches in [vec![watch("covid", 1, 1)], vec![watch("A00", 0, 1)], vec![watch("A00", 1, 1), watch("A00", 2, 2)]]
    {
        assert!(Thresholds::new(watches.clone()).is_err(), "{watches:?}");
    }
}
