#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test panics")]

use super::*;

const LONGEST: usize = 28;

/// A delay in days as on a food-borne outbreak: median a week, nine in ten within 15 days.
fn delay(random: &mut Random) -> u32 {
    (random.gamma(2.5) * 3.2).floor().min(LONGEST as f64) as u32
}

/// Onsets and reports of an outbreak that starts with a case every other day and grows by 15 % a day, to some 600 cases in a
/// month.
fn outbreak(random: &mut Random, days: u32) -> Vec<(Date, Date)> {
    let mut reports = Vec::new();
    for day in 0..days {
        let cases = random.poisson(0.5 * (0.15 * f64::from(day)).exp()) as usize;
        reports.extend((0..cases).map(|_| (Date(day), Date(day + delay(random)))));
    }
    reports
}

/// The plain chain ladder: each row's known cases times the growth that the rows before had from each delay to the next.
fn chain_ladder(triangle: &Triangle) -> Vec<f64> {
    let rows: Vec<Vec<u32>> = triangle.rows().map(|row| row.known.to_vec()).collect();
    let sum = |row: &Vec<u32>, delays: usize| row[..delays].iter().copied().map(f64::from).sum::<f64>();
    let growth = |delays: usize| {
        let further = rows.iter().filter(|row| row.len() > delays);
        let (with, without) = further.fold((0.0, 0.0), |(a, b), row| (a + sum(row, delays + 1), b + sum(row, delays)));
        if without > 0.0 { with / without } else { 1.0 }
    };
    let open = rows.iter().filter(|row| row.len() < triangle.delays());
    open.map(|row| sum(row, row.len()) * (row.len()..triangle.delays()).map(growth).product::<f64>()).collect()
}

#[test]
fn in_the_growth_phase_it_beats_the_counts_and_the_chain_ladder() {
    let mut random = Random::new(11);
    let past: Vec<u32> = (0..300).map(|_| delay(&mut random)).collect();
    let prior = DelayPrior::new(&std::array::from_fn::<u32, 29, _>(|days| {
        past.iter().filter(|delay| **delay as usize == days).count() as u32
    }));
    let (mut raw, mut ladder, mut ours) = (0.0, 0.0, 0.0);
    let (mut covered, mut days) = (0.0, 0.0);
    for _ in 0..12 {
        let reports = outbreak(&mut random, 34);
        for today in [16, 20, 24, 28] {
            let triangle = Triangle::new(Date(0), Date(today), LONGEST, reports.iter().copied()).unwrap();
            let nowcasts = nowcast(&triangle, &prior, 1).unwrap();
            let ladders = chain_ladder(&triangle);
            assert_eq!(nowcasts.len(), ladders.len());
            for (day, by_ladder) in nowcasts.iter().zip(ladders).rev().take(7) {
                let truth = reports.iter().filter(|(onset, _)| *onset == day.date).count() as f64;
                raw += (truth - day.counted).abs();
                ladder += (truth - by_ladder).abs();
                ours += (truth - day.expected).abs();
                covered += f64::from(u8::from((day.lower..=day.upper).contains(&truth)));
                days += 1.0;
            }
        }
    }
    assert!(ours < 0.85 * raw && ours < 0.85 * ladder, "cases a day: {} {} {}", raw / days, ladder / days, ours / days);
    assert!(covered / days >= 0.8, "{}", covered / days);
}

#[test]
fn delays_that_are_known_give_their_shares() {
    // Ten reports a day, half at once and half after a day: today's five stand for ten.
    let reports = (0..40).flat_map(|day| (0..10).map(move |case| (Date(day), Date(day + case % 2))));
    let triangle = Triangle::new(Date(0), Date(39), 4, reports).unwrap();
    assert_eq!(triangle.settled(), [180, 180, 0, 0, 0]);
    let days = nowcast(&triangle, &DelayPrior::new(&triangle.settled()), 1).unwrap();
    assert_eq!(days.iter().map(|day| day.counted).collect::<Vec<_>>(), [10.0, 10.0, 10.0, 5.0]);
    assert!((days[3].expected - 10.0).abs() < 0.2 && (days[2].expected - 10.0).abs() < 0.1, "{days:?}");
    assert!(days[3].lower < 9.0 && days[3].upper > 12.0 && days[0].upper < 11.0, "{days:?}");
}

#[test]
fn a_count_is_at_most_tripled_and_the_interval_says_that_more_may_come() {
    let slow = DelayPrior::new(&[1, 1, 1, 1, 196]);
    let triangle = Triangle::new(Date(0), Date(0), 4, [(Date(0), Date(0)); 4]).unwrap();
    let today = nowcast(&triangle, &slow, 1).unwrap()[0];
    assert!((today.expected - 12.0).abs() < 1e-12 && today.upper > 100.0, "{today:?}");
    assert!(today.lower <= today.expected);
    let none = Triangle::new(Date(0), Date(0), 4, []).unwrap();
    let today = nowcast(&none, &slow, 1).unwrap()[0];
    assert_eq!((today.counted, today.expected, today.lower), (0.0, 0.0, 0.0));
    assert!(today.upper > 0.0 && today.upper.is_finite());
}

#[test]
fn reports_of_tomorrow_change_nothing_and_the_seed_is_all_the_chance() {
    let reports = outbreak(&mut Random::new(3), 30);
    let known: Vec<_> = reports.iter().copied().filter(|(_, reported)| *reported <= Date(20)).collect();
    let today = |reports: &[(Date, Date)]| Triangle::new(Date(0), Date(20), LONGEST, reports.iter().copied()).unwrap();
    assert_eq!(today(&reports), today(&known));
    let prior = DelayPrior::new(&[3; 29]);
    assert_eq!(nowcast(&today(&known), &prior, 5), nowcast(&today(&known), &prior, 5));
    assert_ne!(nowcast(&today(&known), &prior, 5), nowcast(&today(&known), &prior, 6));
}

#[test]
fn what_is_no_triangle_is_said() {
    let none: [(Date, Date); 0] = [];
    let triangle = |first, today, longest| Triangle::new(Date(first), Date(today), longest, none);
    assert_eq!(triangle(5, 4, 7), Err(TriangleError::Backwards { first: Date(5), today: Date(4) }));
    assert_eq!(triangle(0, 20_000, 7), Err(TriangleError::TooLong(20_001)));
    assert_eq!(
        (triangle(0, 9, 0), triangle(0, 9, 121)),
        (Err(TriangleError::Delay(0)), Err(TriangleError::Delay(121)))
    );
    let triangle = triangle(0, 9, 7).unwrap();
    let wrong = NowcastError::Delays { prior: 3, triangle: 8 };
    assert_eq!(nowcast(&triangle, &DelayPrior::new(&[1, 2, 3]), 1), Err(wrong));
}
