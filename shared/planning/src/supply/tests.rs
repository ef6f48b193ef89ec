use super::patients::{Coming, Counted, Foreseen, Share, courses};
use super::rates::{over, shipped};
use super::*;

fn rate(item: &str, per: Per, milli: u64) -> Rate {
    Rate { item: item.into(), per, milli, source: "this test".into() }
}

fn free(items: &[(&str, u64)]) -> BTreeMap<String, u64> {
    items.iter().map(|(item, units)| ((*item).to_owned(), *units)).collect()
}

#[test]
fn a_day_uses_what_its_patients_and_staff_use() {
    let rates = [
        rate("glove", Per::StaffShift, 1500),
        rate("glove", Per::CriticalPatientDay, 10_000),
        rate("apron", Per::WardPatientDay, 1000),
    ];
    let day = Day { patients: 9, severe: 2, critical: 1, shifts: 3 };
    // 4.5 by staff and 10 by the one patient, rounded up.
    assert_eq!((used("glove", &day, &rates), used("gown", &day, &rates)), (15, 0));
    assert_eq!(used("apron", &day, &rates), 8);
}

#[test]
fn the_shipped_rates_are_those_of_their_sources() {
    let day = Day { patients: 100, severe: 75, critical: 25, shifts: 10 };
    let of = |item| used(item, &day, &shipped());
    // WHO's example of a hundred beds: 750 litres a minute for each group.
    assert_eq!(of("oxygen-litre"), 1500 * 24 * 60);
    assert_eq!((of("gown"), of("medical-mask")), (2500, 2500));
    assert_eq!(of("n95-mask"), 75 * 8 + 25 * 16);
    assert_eq!((of("goggles"), of("glove")), (40, 10 * 16 + 25 * 340));
    // 1.4 and 4.3 sets a bed and day.
    assert_eq!(of("ppe-set"), 105 + 108);
    assert!(shipped().iter().all(|rate| !rate.source.is_empty()));
}

#[test]
fn who_states_a_rate_of_an_item_states_all_of_them() {
    let rates = over(shipped(), &[rate("n95-mask", Per::StaffShift, 1000)]);
    let masks = rates.iter().filter(|rate| rate.item == "n95-mask").collect::<Vec<_>>();
    assert_eq!(masks, [&rate("n95-mask", Per::StaffShift, 1000)]);
    assert!(rates.iter().any(|rate| rate.item == "gown"), "what was not stated stays");
}

#[test]
fn stock_lasts_through_the_days_it_covers() {
    assert_eq!(lasts(100, &[30, 30, 30, 30]), Lasts::Days(3));
    assert_eq!(lasts(29, &[30]), Lasts::Days(0));
    // Behind the last day every day is like it.
    assert_eq!(lasts(100, &[10, 20]), Lasts::Days(2 + 3));
    assert_eq!(lasts(100, &[10, 0]), Lasts::Unused);
    assert_eq!(lasts(100, &[]), Lasts::Unused);
    assert_eq!(lasts(0, &[0, 5]), Lasts::Days(1));
}

#[test]
fn it_is_ordered_in_time_for_the_course_that_uses_most() {
    let course = |name, patients: &[u64]| Course {
        name,
        days: patients.iter().map(|patients| Day { patients: *patients, ..Day::default() }).collect(),
    };
    let courses = [course("middle", &[1, 1, 1]), course("high", &[1, 2, 3])];
    let lead = Lead { days: 2, margin: 3 };
    let rates = [rate("gown", Per::PatientDay, 10_000), rate("mask", Per::PatientDay, 1000)];
    let found = supplies(&free(&[("gown", 120), ("mask", 90)]), &rates, &courses, lead);
    let [gown, mask] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(gown.reorder_at, 10 + 20 + 30 + 30 + 30);
    assert!(gown.order_now && !mask.order_now, "120 is the last moment");
    assert_eq!(gown.courses[0].lasts, Lasts::Days(12));
    assert_eq!(gown.courses[1].lasts, Lasts::Days(3 + 2));
    assert_eq!(mask.courses[1].used, [1, 2, 3]);
}

#[test]
fn what_runs_out_first_comes_first_and_what_nobody_uses_last() {
    let days = vec![Day { patients: 1, ..Day::default() }];
    let rates = [
        rate("apron", Per::PatientDay, 1000),
        rate("gown", Per::PatientDay, 1000),
        rate("oxygen", Per::CriticalPatientDay, 1000),
    ];
    let courses = [Course { name: "given", days }];
    let found =
        supplies(&free(&[("apron", 9), ("gown", 2), ("oxygen", 5)]), &rates, &courses, Lead { days: 0, margin: 0 });
    assert_eq!(found.iter().map(|item| item.item.as_str()).collect::<Vec<_>>(), ["gown", "apron", "oxygen"]);
    assert_eq!(found[2].courses[0].lasts, Lasts::Unused);
    assert!(found.iter().all(|item| !item.order_now), "nothing is waited for");
}

fn coming(patients: &[(u64, u64)]) -> Vec<Coming> {
    patients.iter().map(|(patients, critical)| Coming { patients: *patients, critical: *critical }).collect()
}

#[test]
fn today_is_as_counted_and_the_coming_days_are_those_foreseen() {
    let now = Counted { patients: 100, critical: 5, on_duty: 20 };
    let foreseen = Foreseen {
        low: coming(&[(90, 5)]),
        middle: coming(&[(100, 5), (120, 6)]),
        high: coming(&[(120, 6), (200, 10)]),
    };
    let [low, middle, high] = courses(now, &foreseen, Share::WHOLE);
    assert_eq!(low.days.iter().map(|day| day.patients).collect::<Vec<_>>(), [100, 90]);
    assert_eq!(
        middle.days.iter().map(|day| (day.patients, day.critical)).collect::<Vec<_>>(),
        [(100, 5), (100, 5), (120, 6)]
    );
    assert_eq!(high.days.iter().map(|day| day.patients).collect::<Vec<_>>(), [100, 120, 200]);
    // 14 of 95 who are not in intensive care.
    assert_eq!((middle.days[0].severe, high.days[2].severe), (14, 28));
    assert!(high.days.iter().all(|day| day.shifts == 60), "three shifts a day, whoever comes");
}

#[test]
fn patients_that_no_forecast_knows_of_stay_and_are_not_forgotten() {
    let now = Counted { patients: 130, critical: 7, on_duty: 0 };
    let foreseen = Foreseen { low: coming(&[(0, 0)]), middle: coming(&[(100, 5)]), high: coming(&[(150, 9)]) };
    let [low, middle, high] = courses(now, &foreseen, Share::WHOLE);
    assert_eq!((low.days[1].patients, middle.days[1].patients, high.days[1].patients), (30, 130, 180));
    assert_eq!((low.days[1].critical, high.days[1].critical), (2, 11));
    // More are foreseen than are counted: all of those are the forecast's.
    let [_, middle, _] = courses(Counted::default(), &foreseen, Share::WHOLE);
    assert_eq!((middle.days[0].patients, middle.days[1].patients), (0, 100));
}

#[test]
fn a_facility_gets_its_share_of_the_regions_patients() {
    let foreseen = Foreseen { middle: coming(&[(100, 10)]), high: coming(&[(130, 13)]), ..Foreseen::default() };
    let now = Counted { patients: 30, critical: 3, on_duty: 0 };
    let [_, middle, high] = courses(now, &foreseen, Share::between((30, 50), (90, 120)));
    // A third: 34 of 100, of whom 30 lie there today.
    assert_eq!((middle.days[1].patients, high.days[1].patients, high.days[1].critical), (34, 44, 5));
    // Nobody lies anywhere yet: by the beds.
    let empty = Share::between((0, 50), (0, 100));
    let [_, middle, _] = courses(Counted::default(), &foreseen, empty);
    assert_eq!(middle.days[1].patients, 50);
    // No beds either: nobody comes.
    let [_, middle, _] = courses(Counted::default(), &foreseen, Share::between((0, 0), (0, 0)));
    assert_eq!(middle.days[1].patients, 0);
}

#[test]
fn without_a_forecast_every_day_is_like_today() {
    let now = Counted { patients: 10, critical: 1, on_duty: 2 };
    let days = courses(now, &Foreseen::default(), Share::WHOLE).map(|course| course.days);
    assert!(days.iter().all(|days| *days == [Day { patients: 10, severe: 2, critical: 1, shifts: 6 }]));
}

#[test]
fn names_are_read_back() {
    assert!(Per::ALL.into_iter().all(|per| Per::parse(per.name()) == Some(per)));
    assert_eq!(Per::parse("week"), None);
}
