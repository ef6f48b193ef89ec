//! The response level of Jiangsu in the summer of 2021 by the shipped rules, day by day, from what was known then.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test panics")]

mod files;

use domain::event::AlertLevel;
use epidemiology::disease::Table;
use epidemiology::level::{County, Profile, Rules, Situation, Spreading, decide};

const CITIES: [&str; 4] = ["nanjing", "yangzhou", "huaian", "suqian"];

/// The situation at the end of a day; each city stands for one county, nothing is known of Rt or exported cases.
fn situation(days: &[Vec<(domain::time::Date, f64)>; 4], at: usize, suspected: u64) -> Situation {
    let week = |city: usize, end: usize| -> u64 {
        let from = (end + 1).saturating_sub(7);
        days[city][from..=end].iter().map(|(_, cases)| *cases as u64).sum()
    };
    let affected = |end: usize| (0..4).filter(|city| week(*city, end) > 0).count() as u32;
    let county = |city: usize| County {
        prefecture: CITIES[city].to_owned(),
        province: "jiangsu".to_owned(),
        large_city: city == 0,
        week: week(city, at),
        suspected: if city == 0 { suspected } else { 0 },
        ..County::default()
    };
    Situation {
        profile: Profile::of(Table::shipped().unwrap().of("U07.1").unwrap()),
        counties: (0..4).map(county).collect(),
        linked_counties: 1,
        imported_only: false,
        spreading: Spreading {
            areas: affected(at),
            areas_before: at.checked_sub(7).map_or(0, affected),
            growing_per_mille: None,
            exported: false,
        },
    }
}

#[test]
fn the_suspected_cluster_of_20_july_is_a_level_and_a_second_city_raises_it() {
    let days = CITIES.map(files::jiangsu);
    let rules = Rules::shipped().unwrap();
    let mut changes = Vec::new();
    let mut before = None;
    for at in 0..days[0].len() {
        let date = days[0][at].0.to_string();
        let suspected = if date == "2021-07-20" { 9 } else { 0 };
        let now = decide(&rules, &situation(&days, at, suspected)).map(|decision| (decision.level, decision.rule));
        if now != before {
            println!("{date} {now:?}");
            changes.push((date, now));
        }
        before = now;
    }
    let seen: Vec<_> = changes.iter().map(|(date, now)| (date.as_str(), *now)).collect();
    let expected = [
        ("2021-07-20", Some((AlertLevel::Orange, "severe-suspected"))),
        // Suqian's first case: a second area.
        ("2021-07-25", Some((AlertLevel::Red, "severe-or-novel-spreading"))),
        // No more cities with a case within a week than in the week before, and Rt is not asked here.
        ("2021-08-05", Some((AlertLevel::Orange, "severe-suspected"))),
    ];
    assert_eq!(seen, expected);
}
