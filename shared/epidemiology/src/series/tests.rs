#![allow(clippy::unwrap_used, reason = "a test panics")]

use super::*;

fn day(text: &str) -> Date {
    Date::parse(text).unwrap()
}

fn refused(frequency: Frequency, points: &[(&str, f64)]) -> &'static str {
    let points: Vec<_> = points.iter().map(|(date, value)| (day(date), *value)).collect();
    Series::new(frequency, &points).unwrap_err().code()
}

#[test]
fn each_way_of_being_no_series_has_its_code() {
    use Frequency::{Day, Week};
    assert_eq!(refused(Day, &[]), "SERIES_TOO_SHORT");
    assert_eq!(refused(Day, &[("2021-07-20", 1.0), ("2021-07-22", 1.0)]), "SERIES_GAP");
    assert_eq!(refused(Week, &[("2021-07-20", 1.0), ("2021-07-26", 1.0)]), "SERIES_UNSORTED");
    assert_eq!(refused(Day, &[("2021-07-20", 1.0), ("2021-07-20", 1.0)]), "SERIES_DUPLICATE");
    assert_eq!(refused(Day, &[("2021-07-20", 1.0), ("2021-07-19", 1.0)]), "SERIES_UNSORTED");
    assert_eq!(refused(Day, &[("2021-07-20", -1.0)]), "SERIES_NEGATIVE");
    assert_eq!(refused(Day, &[("2021-07-20", f64::NAN)]), "SERIES_NOT_A_NUMBER");
    let long: Vec<_> = (0..=MAX_POINTS).map(|at| (Date(u32::try_from(at).unwrap()), 0.0)).collect();
    assert_eq!(Series::new(Day, &long).unwrap_err().code(), "SERIES_TOO_LONG");
}

#[test]
fn a_week_starts_seven_days_after_the_one_before() {
    let points = [(day("2021-07-19"), 3.0), (day("2021-07-26"), 0.0)];
    let series = Series::new(Frequency::Week, &points).unwrap();
    assert_eq!((series.date(1), series.date(2)), (day("2021-07-26"), day("2021-08-02")));
    assert_eq!((series.until(1).values(), series.non_zero()), (&[3.0][..], 1));
}
