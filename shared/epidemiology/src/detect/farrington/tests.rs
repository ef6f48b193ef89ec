#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test panics")]

use super::*;
use crate::detect::open::{columns, simulated, weeks};

/// Mean and dispersion by R surveillance 1.20 (`farringtonFlexible`, its `mu0Vector` and `phi`) where the golden file's other
/// figures have not arrived: two neighbouring seasons without any case, in which the file's dispersions are 2.0e-4 and
/// 1.5e-4 from R's and its means 1.2e-4 and 4e-5.
const OF_R: [(&str, usize, f64, f64); 2] =
    [("open_s02_r01", 609, 0.677994604332, 1.020182392972), ("open_s02_r01", 610, 0.631833844346, 1.160262157563)];

#[test]
fn every_bound_and_alarm_is_that_of_the_golden() {
    let golden = columns(include_str!("../../../tests/data/golden_ff_open_full.csv"));
    let (mut rows, mut other_bound, mut other_fit) = (0, Vec::new(), Vec::new());
    let all = simulated();
    let detector = Farrington::default();
    for (at, name) in golden["series"].iter().map(String::as_str).enumerate() {
        // Weeks are numbered from 1.
        let week: usize = golden["week"][at].parse().unwrap();
        let number = |column: &str| golden[column][at].parse::<f64>();
        let baseline = detector.baseline(all[name].values(), week - 1).unwrap();
        let point = detector.at(&all[name], week - 1).unwrap();
        assert_eq!(point.count, number("y").unwrap());
        assert_eq!(point.upper, number("ff_upper_a0.005").unwrap(), "{name} {week}: {point:?}");
        assert_eq!(point.alarm, number("ff_alarm").unwrap() == 1.0, "{name} {week}: {point:?}");
        assert_eq!(point.alarm, number("R_alarm").unwrap() == 1.0, "{name} {week}: {point:?}");
        // The file has six decimals, so that means below one hundredth have no four digits.
        let close = |ours: f64, theirs: f64, share: f64| (ours - theirs).abs() <= share * theirs.max(0.01);
        let of_file = (number("ff_mu").unwrap(), number("ff_phi").unwrap());
        let known = OF_R.iter().find(|(series, of_r, ..)| (*series, *of_r) == (name, week));
        let ((mean, dispersion), share) = known.map_or((of_file, 1e-4), |(.., mean, phi)| ((*mean, *phi), 1e-8));
        assert!(close(baseline.mean, mean, share), "{name} {week}: {baseline:?}");
        assert!(close(baseline.dispersion, dispersion, share), "{name} {week}: {baseline:?}");
        if !close(of_file.1, dispersion, 1e-4) {
            other_fit.push((name, week));
        }
        if number("R_upper").is_ok_and(|upper| upper != point.upper) {
            other_bound.push((name, week));
        }
        rows += 1;
    }
    assert_eq!(rows, 2450);
    // R has one bound that the definition does not give; it is no alarm either way.
    assert_eq!(other_bound, [("open_s04_r05", 580)]);
    // There the file's fit is not R's.
    assert_eq!(other_fit, OF_R.map(|(series, week, ..)| (series, week)));
}

#[test]
fn what_comes_later_changes_nothing() {
    let all = simulated();
    let series = &all["open_s05_r01"];
    let known = series.until(600);
    let detector = Farrington::default();
    assert_eq!(detector.at(&known, 599).unwrap(), detector.at(series, 599).unwrap());
    // A step that is not there yet is refused, and so is one without five years before it.
    assert!(detector.at(&known, 600).is_err() && detector.at(&known, 262).is_err());
    assert_eq!(detector.sweep(&known, 0).unwrap().len(), 600 - detector.history(Frequency::Week));
}

#[test]
fn no_series_leaves_the_numbers() {
    let mut burst = vec![0.0; 280];
    let detector = Farrington::default();
    let quiet = detector.at(&weeks(&burst), 279).unwrap();
    assert!(quiet.upper == 0.0 && !quiet.alarm && quiet.expected < 1e-6, "{quiet:?}");
    burst[100] = 1e7;
    burst[279] = 4.0;
    let few = detector.at(&weeks(&burst), 279).unwrap();
    assert!(few.upper.is_finite() && !few.alarm, "{few:?}");
    let all: Vec<f64> = (0..280).map(|week| if week % 2 == 0 { 1e9 } else { 0.0 }).collect();
    let wild = detector.at(&weeks(&all), 279).unwrap();
    assert!(wild.upper.is_finite() && wild.expected.is_finite(), "{wild:?}");
}

#[test]
fn daily_counts_are_not_its_business() {
    let points: Vec<_> = (0..400).map(|day| (domain::time::Date(day), 1.0)).collect();
    let daily = Series::new(Frequency::Day, &points).unwrap();
    assert!(matches!(Farrington::default().at(&daily, 300), Err(NotApplicable::Condition(_))));
}
