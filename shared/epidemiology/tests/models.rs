//! Whatever the counts, a model gives numbers in order or says why not; it never panics.
#![allow(clippy::unwrap_used, reason = "a test panics")]

use domain::time::Date;
use epidemiology::forecast::Model;
use epidemiology::models::gm::{Basis, GreyModel};
use epidemiology::models::prophet::Prophet;
use epidemiology::models::renewal::Renewal;
use epidemiology::reproduction::{SerialInterval, course};
use epidemiology::series::{Frequency, Series};
use proptest::prelude::*;

/// Zeros, small counts, batch dumps, fractions, and counts of no country.
fn count() -> impl Strategy<Value = f64> {
    prop_oneof![Just(0.0), (0..20_u32).prop_map(f64::from), 0.0..500.0, Just(1e6), Just(1e-300), Just(1e300)]
}

fn counts() -> impl Strategy<Value = Vec<f64>> {
    let mixed = prop::collection::vec(count(), 1..70);
    let calm = prop::collection::vec((0..20_u32).prop_map(f64::from), 1..70);
    prop_oneof![mixed, calm]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]
    #[test]
    fn models_give_numbers_or_reasons(values in counts(), weekly: bool, steps in 0..20_usize, mean in 1.01..20.0, sd in 0.1..20.0) {
        let frequency = if weekly { Frequency::Week } else { Frequency::Day };
        let dates = (18_000..).step_by(frequency.days() as usize).map(Date);
        let points: Vec<_> = dates.zip(values).collect();
        let series = Series::new(frequency, &points).unwrap();
        let interval = SerialInterval::new(mean, sd).unwrap();
        for day in course(&series, &interval).into_iter().flatten() {
            let (low, high) = day.band95();
            prop_assert!(0.0 < low && low <= day.mean() && day.mean() <= high && high.is_finite(), "{low} {high}");
            prop_assert!((0.0..=1.0).contains(&day.growing()));
        }
        let models: [&dyn Model; 5] = [
            &Renewal { interval, seed: 1 },
            &GreyModel { basis: Basis::Counts },
            &GreyModel { basis: Basis::Total },
            &Prophet { log_scale: false, seed: 1 },
            &Prophet { log_scale: true, seed: 1 },
        ];
        for model in models {
            let Ok(forecast) = model.forecast(&series, steps) else { continue };
            prop_assert_eq!(forecast.steps().len(), steps);
            for row in forecast.steps() {
                prop_assert!(row.iter().all(|value| value.is_finite() && *value >= 0.0), "{}", model.name());
            }
        }
    }
}
