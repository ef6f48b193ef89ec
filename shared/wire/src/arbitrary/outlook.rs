//! Arbitrary forecasts, assessments and grounds.

use domain::event::*;
use proptest::array::uniform23;
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::{date, digest, disease, name, number, text};

fn basis() -> impl Strategy<Value = Basis> {
    (number(), digest()).prop_map(|(size, root)| Basis { size, root })
}

pub(super) fn forecast() -> impl Strategy<Value = Forecast> {
    let made = (disease(), name(), name(), select(&Cadence::ALL[..]), date());
    let steps = vec(uniform23(number()), 0..=MAX_STEPS);
    (made, basis(), text(), option::of(digest()), steps).prop_map(
        |((disease, model, code, cadence, reference_date), basis, parameters, weights, steps)| Forecast {
            disease,
            model,
            code,
            cadence,
            reference_date,
            basis,
            parameters,
            weights,
            steps,
        },
    )
}

/// In the order of their names: JSON has no other.
fn values() -> impl Strategy<Value = Vec<(String, i64)>> {
    btree_map(name(), any::<i64>(), 0..=MAX_VALUES).prop_map(|values| values.into_iter().collect())
}

pub(super) fn ground() -> impl Strategy<Value = Ground> {
    (basis(), digest(), digest(), values()).prop_map(|(basis, model, rules, values)| Ground {
        basis,
        model,
        rules,
        values,
    })
}

pub(super) fn assessment() -> impl Strategy<Value = Assessment> {
    let level = option::of(select(&AlertLevel::ALL[..]));
    (disease(), date(), basis(), digest(), select(&Stage::ALL[..]), level, name(), number(), values()).prop_map(
        |(disease, day, basis, rules, stage, level, rule, index_milli, values)| Assessment {
            disease,
            day,
            basis,
            rules,
            stage,
            level,
            rule,
            index_milli,
            values,
        },
    )
}
