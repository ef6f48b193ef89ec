//! Arbitrary forecasts and assessments.

use domain::event::*;
use proptest::array::uniform23;
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::fact::{date, disease};
use super::{digest, name, number, text};

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

pub(super) fn assessment() -> impl Strategy<Value = Assessment> {
    let level = option::of(select(&AlertLevel::ALL[..]));
    // In the order of their names: JSON has no other.
    let values = btree_map(name(), any::<i64>(), 0..=MAX_VALUES);
    (disease(), date(), basis(), digest(), select(&Stage::ALL[..]), level, name(), number(), values).prop_map(
        |(disease, day, basis, rules, stage, level, rule, index_milli, values)| Assessment {
            disease,
            day,
            basis,
            rules,
            stage,
            level,
            rule,
            index_milli,
            values: values.into_iter().collect(),
        },
    )
}
