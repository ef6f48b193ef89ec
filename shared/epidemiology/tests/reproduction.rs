//! Rt and the serial interval against R's EpiEstim 2.2.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test panics")]

mod files;

use epidemiology::reproduction::{SerialInterval, course};
use epidemiology::series::{Frequency, Series};

#[test]
fn the_serial_interval_is_that_of_epiestim() {
    let interval = SerialInterval::new(4.7, 3.3).unwrap();
    let golden = files::rows("golden_si_discrete_mean4.7_sd3.3.csv");
    // EpiEstim cuts the interval where the series ends, on day 33 here.
    let golden: Vec<f64> = golden.iter().map(|row| row["w"].parse().unwrap()).filter(|weight| *weight > 0.0).collect();
    assert_eq!(golden.len(), 32);
    for (day, (ours, theirs)) in interval.weights().iter().zip(&golden).enumerate() {
        assert!((ours - theirs).abs() < 1e-12, "day {}: {ours} and {theirs}", day + 1);
    }
}

#[test]
fn rt_is_that_of_epiestim() {
    let interval = SerialInterval::new(4.7, 3.3).unwrap();
    let golden = files::rows("golden_rt_cori_weekly.csv");
    assert_eq!(golden.len(), 45);
    for city in ["nanjing", "yangzhou"] {
        let series = Series::new(Frequency::Day, &files::jiangsu(city)).unwrap();
        let ours = course(&series, &interval);
        let theirs: Vec<_> = golden.iter().filter(|row| row["series"] == city).collect();
        assert_eq!(ours.iter().filter(|day| day.is_ok()).count(), theirs.len(), "{city}");
        for row in theirs {
            let at = (0..series.len()).find(|at| series.date(*at).to_string() == row["date"]).unwrap();
            let rt = ours[at].unwrap();
            let (low, high) = rt.band95();
            for (value, name) in [(rt.mean(), "R_mean"), (low, "R_lo"), (high, "R_hi")] {
                let expected: f64 = row[name].parse().unwrap();
                assert!((value / expected - 1.0).abs() < 1e-3, "{city} {}: {name} {value}", row["date"]);
            }
        }
    }
}
