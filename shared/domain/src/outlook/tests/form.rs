//! One provoking case for every refusal of form.

use super::*;

const SIGNED: &str = "2021-07-20";

fn forecast(change: impl Fn(&mut Forecast)) -> Option<(Code, &'static str)> {
    let mut forecast = days();
    change(&mut forecast);
    check_forecast(&forecast, day(SIGNED)).err().map(|refusal| (refusal.code, refusal.field))
}

fn assessment(change: impl Fn(&mut Assessment)) -> Option<(Code, &'static str)> {
    let mut assessment = assess(SIGNED);
    change(&mut assessment);
    check_assessment(&assessment, day(SIGNED)).err().map(|refusal| (refusal.code, refusal.field))
}

#[test]
fn a_forecast_names_its_model_its_day_and_its_log() {
    assert_eq!(forecast(|_| ()), None);
    assert_eq!(forecast(|one| one.disease.code = "flu".into()), Some((Code::UnknownCode, "disease.code")));
    assert_eq!(forecast(|one| one.model = "My model".into()), Some((Code::UnknownCode, "model")));
    assert_eq!(forecast(|one| one.code = String::new()), Some((Code::UnknownCode, "code")));
    assert_eq!(forecast(|one| one.reference_date = day("2021-07-22")), Some((Code::BadTime, "reference_date")));
    assert_eq!(forecast(|one| one.basis.size = 0), Some((Code::OutOfRange, "basis.size")));
    assert_eq!(forecast(|one| one.basis.root = Digest::default()), Some((Code::BadDigest, "basis.root")));
    assert_eq!(forecast(|one| one.weights = Some(Digest::of(b""))), Some((Code::BadDigest, "weights")));
    assert_eq!(forecast(|one| one.parameters = String::new()), None);
    assert_eq!(forecast(|one| one.parameters = "p".repeat(1025)), Some((Code::Limit, "parameters")));
}

#[test]
fn the_steps_of_a_forecast_are_one_to_fourteen_and_none_of_them_falls() {
    let rows = |rows: Vec<[u64; QUANTILES]>| forecast(move |one| one.steps.clone_from(&rows));
    assert_eq!(rows(vec![[0; QUANTILES]; MAX_STEPS]), None, "nothing is expected");
    assert_eq!(rows(vec![]), Some((Code::Malformed, "steps")));
    assert_eq!(rows(vec![[0; QUANTILES]; MAX_STEPS + 1]), Some((Code::Limit, "steps")));
    let mut row = [5; QUANTILES];
    row[QUANTILES - 1] = 4;
    assert_eq!(rows(vec![[5; QUANTILES], row]), Some((Code::OutOfRange, "steps")));
    assert_eq!(rows(vec![[MAX_COUNT; QUANTILES]]), None);
    assert_eq!(rows(vec![[MAX_COUNT + 1; QUANTILES]]), Some((Code::OutOfRange, "steps")));
}

#[test]
fn an_assessment_says_what_gave_its_level_and_what_it_was_computed_from() {
    assert_eq!(assessment(|_| ()), None);
    assert_eq!(assessment(|one| one.disease.name = String::new()), Some((Code::OutOfRange, "disease.name")));
    assert_eq!(assessment(|one| one.day = day("2021-07-22")), Some((Code::BadTime, "day")));
    assert_eq!(assessment(|one| one.basis.size = 0), Some((Code::OutOfRange, "basis.size")));
    assert_eq!(assessment(|one| one.rules = Digest::default()), Some((Code::BadDigest, "rules")));
    assert_eq!(assessment(|one| one.rule = "Rule 1".into()), Some((Code::UnknownCode, "rule")));
    assert_eq!(assessment(|one| one.rule = String::new()), Some((Code::Malformed, "rule")));
    assert_eq!(assessment(|one| one.level = None), Some((Code::Malformed, "rule")));
    assert_eq!(assessment(|one| (one.level, one.rule) = (None, String::new())), None);
    assert_eq!(assessment(|one| one.index_milli = 1001), Some((Code::OutOfRange, "index_milli")));
}

#[test]
fn values_have_names_in_order_and_stay_exact() {
    let values = |list: Vec<(&str, i64)>| {
        let list: Vec<_> = list.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        assessment(move |one| one.values.clone_from(&list))
    };
    assert_eq!(values(vec![]), None);
    assert_eq!(values(vec![("a", i64::MIN)]), Some((Code::OutOfRange, "values")));
    let most = i64::try_from(MAX_COUNT).unwrap();
    assert_eq!(values(vec![("a", -most), ("a_milli", most), ("b-2", 0)]), None);
    assert_eq!(values(vec![("a", most + 1)]), Some((Code::OutOfRange, "values")));
    assert_eq!(values(vec![("b", 1), ("a", 1)]), Some((Code::Malformed, "values")));
    assert_eq!(values(vec![("a", 1), ("a", 1)]), Some((Code::Malformed, "values")));
    assert_eq!(values(vec![("Rt", 1)]), Some((Code::UnknownCode, "values")));
    let many = |n: usize| assessment(move |one| one.values = (0..n).map(|at| (format!("v{at:02}"), 1)).collect());
    assert_eq!(many(MAX_VALUES), None);
    assert_eq!(many(MAX_VALUES + 1), Some((Code::Limit, "values")));
}
