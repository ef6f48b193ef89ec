#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test panics")]

use serde_json::Value;

use super::*;

/// scipy's figures; the series in them are those of Jiangsu in 2021.
fn golden() -> Value {
    serde_json::from_str(include_str!("../../tests/data/golden_stats.json")).unwrap()
}

fn floats(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|entry| entry.as_f64().unwrap()).collect()
}

fn rows(value: &Value) -> Vec<Vec<f64>> {
    value.as_array().unwrap().iter().map(floats).collect()
}

#[track_caller]
fn same(ours: f64, theirs: &Value) {
    let theirs = theirs.as_f64().unwrap();
    assert!((ours - theirs).abs() <= 1e-9 * theirs.abs(), "{ours} is not {theirs}");
}

#[test]
fn counts_in_categories_are_judged_as_by_scipy() {
    let golden = golden();
    let case = &golden["chi2_independence"];
    let ours = independence(&rows(&case["table"]), true).unwrap();
    same(ours.test.statistic, &case["chi2"]);
    same(ours.test.p, &case["p"]);
    same(ours.cramers_v, &case["cramers_v"]);
    assert_eq!(ours.test.df as u64, case["dof"].as_u64().unwrap());

    let case = &golden["chi2_2x2_yates"];
    let ours = independence(&rows(&case["table"]), true).unwrap();
    same(ours.test.statistic, &case["chi2"]);
    same(ours.test.p, &case["p"]);
    let plain = independence(&rows(&case["table"]), false).unwrap();
    assert!(plain.test.p < ours.test.p && (plain.cramers_v - ours.cramers_v).abs() < 1e-15);
    // By hand: 17 * 15 / 34.
    assert!((plain.least_expected - 7.5).abs() < 1e-12);

    let case = &golden["chi2_gof"];
    let ours = goodness_of_fit(&floats(&case["obs"]), &floats(&case["exp"]), 0).unwrap();
    same(ours.statistic, &case["chi2"]);
    same(ours.p, &case["p"]);
    assert_eq!(ours.df, 4);
}

#[test]
fn groups_are_judged_as_by_scipy() {
    let golden = golden();
    let case = &golden["anova_nanjing_weeks"];
    let groups = rows(&case["groups"]);
    let ours = anova(&groups).unwrap();
    same(ours.statistic, &case["F"]);
    same(ours.p, &case["p"]);
    assert_eq!(vec![ours.df.0, ours.df.1], floats(&case["df"]));
    // F = (eta / df1) / ((1 - eta) / df2), so that eta = 2 F / (2 F + 18).
    assert!((ours.eta_squared - 2.0 * ours.statistic / (2.0 * ours.statistic + 18.0)).abs() < 1e-12);

    let ours = kruskal_wallis(&groups).unwrap();
    same(ours.statistic, &case["kruskal_H"]);
    same(ours.p, &case["kruskal_p"]);
    assert!((ours.epsilon_squared - ours.statistic / 20.0).abs() < 1e-12);

    let ours = levene(&groups, Centre::Median).unwrap();
    same(ours.statistic, &case["levene_W"]);
    same(ours.p, &case["levene_p"]);
    assert!(levene(&groups, Centre::Mean).unwrap().statistic > ours.statistic);
}

#[test]
fn two_cities_are_compared_as_by_scipy() {
    // Twenty-one days each: Nanjing from 21 July, Yangzhou from 28 July 2021.
    let nanjing = [11., 12., 12., 2., 38., 31., 47., 18., 13., 6., 14., 11., 5., 3., 4., 1., 1., 2., 0., 2., 0.];
    let yangzhou = [2., 4., 10., 12., 26., 40., 32., 36., 58., 52., 36., 38., 48., 54., 37., 25., 18., 18., 6., 3., 6.];
    let case = &golden()["welch_nanjing_vs_yangzhou"];
    let ours = welch_t(&nanjing, &yangzhou).unwrap();
    same(ours.statistic, &case["t"]);
    same(ours.p, &case["p"]);
    let other_way = welch_t(&yangzhou, &nanjing).unwrap();
    assert!((other_way.statistic + ours.statistic).abs() < 1e-12);
}

#[test]
fn welch_agrees_with_anova_when_spreads_are_equal_in_two_groups() {
    // Two groups of the same size and spread: both tests have the same F.
    let groups = [vec![1.0, 2.0, 3.0, 4.0], vec![4.0, 5.0, 6.0, 7.0]];
    let (plain, welch) = (anova(&groups).unwrap(), welch_anova(&groups).unwrap());
    assert!((plain.statistic - welch.statistic).abs() < 1e-12 && (plain.df.1 - welch.df.1).abs() < 1e-12);
}

#[test]
fn a_description_by_hand() {
    let ours = describe(&[4.0, 1.0, 3.0, 2.0, 10.0]).unwrap();
    assert_eq!((ours.n, ours.mean, ours.min, ours.max), (5, 4.0, 1.0, 10.0));
    assert_eq!((ours.lower_quartile, ours.median, ours.upper_quartile), (2.0, 3.0, 4.0));
    // (0 + 9 + 1 + 4 + 36) / 4 = 12.5
    assert!((ours.sd - 12.5_f64.sqrt()).abs() < 1e-12);
    assert_eq!(describe(&[7.0]).unwrap().sd, 0.0);
}

#[test]
fn a_share_has_the_interval_of_wilson() {
    // Newcombe 1998, doi:10.1002/(SICI)1097-0258(19980430)17:8<857::AID-SIM777>3.0.CO;2-E, table I, method 3.
    for (part, all, low, high) in
        [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)]
    {
        let ours = wilson(part, all, 0.95).unwrap();
        assert!((ours.0 - low).abs() < 5e-5 && (ours.1 - high).abs() < 5e-5, "{part} of {all}: {ours:?}");
    }
    assert_eq!(wilson(0, 10, 0.95).unwrap().0, 0.0);
    assert_eq!(wilson(10, 10, 0.95).unwrap().1, 1.0);
    assert_eq!(wilson(1, 0, 0.95).unwrap_err().code(), "STATISTICS_TOO_FEW_VALUES");
    assert_eq!(wilson(2, 1, 0.95).unwrap_err().code(), "STATISTICS_OUT_OF_RANGE");
    assert_eq!(wilson(1, 2, 1.0).unwrap_err().code(), "STATISTICS_OUT_OF_RANGE");
}

#[test]
fn what_cannot_be_tested_is_refused_with_its_reason() {
    let of = |error: StatisticsError| error.code();
    assert_eq!(of(independence(&[vec![1.0, 2.0]], false).unwrap_err()), "STATISTICS_TOO_FEW_GROUPS");
    assert_eq!(of(independence(&[vec![1.0, 2.0], vec![1.0]], false).unwrap_err()), "STATISTICS_RAGGED");
    assert_eq!(of(independence(&[vec![1.0, 0.0], vec![1.0, 0.0]], false).unwrap_err()), "STATISTICS_ZERO_EXPECTED");
    assert_eq!(of(independence(&[vec![1.0, -1.0], vec![1.0, 2.0]], false).unwrap_err()), "STATISTICS_NEGATIVE");
    assert_eq!(of(goodness_of_fit(&[1.0, 2.0], &[1.0, 3.0], 0).unwrap_err()), "STATISTICS_TOTALS_DIFFER");
    assert_eq!(of(goodness_of_fit(&[1.0, 2.0], &[3.0, 0.0], 0).unwrap_err()), "STATISTICS_ZERO_EXPECTED");
    assert_eq!(of(goodness_of_fit(&[1.0, 2.0], &[1.0, 2.0], 1).unwrap_err()), "STATISTICS_TOO_FEW_GROUPS");
    assert_eq!(of(anova(&[vec![1.0], vec![2.0]]).unwrap_err()), "STATISTICS_TOO_FEW_VALUES");
    assert_eq!(of(anova(&[vec![1.0, 1.0], vec![2.0, 2.0]]).unwrap_err()), "STATISTICS_NO_VARIATION");
    assert_eq!(of(anova(&[vec![1.0, f64::NAN], vec![2.0, 2.0]]).unwrap_err()), "STATISTICS_NOT_A_NUMBER");
    assert_eq!(of(welch_anova(&[vec![1.0, 1.0], vec![2.0, 3.0]]).unwrap_err()), "STATISTICS_NO_VARIATION");
    assert_eq!(of(kruskal_wallis(&[vec![3.0], vec![3.0]]).unwrap_err()), "STATISTICS_NO_VARIATION");
    assert_eq!(of(describe(&[]).unwrap_err()), "STATISTICS_TOO_FEW_VALUES");
    // Values so large that their squares are no numbers.
    assert!(anova(&[vec![1e200, 1.0], vec![2.0, 3.0]]).is_err());
}
