//! The weights.

use crate::index::default_weights;
use crate::index::weights::{CONSISTENT, WeightsError, entropy, judged};

use super::near;

#[test]
fn three_things_are_weighed_as_the_closed_form_says() {
    // The principal eigenvalue of three judgements is 1 + k + 1/k with k^3 = a12 a23 / a13, and the eigenvector is made of
    // the rows' geometric means.
    let judgement = judged(&[1.0 / 3.0, 5.0, 7.0]).unwrap();
    let k = (7.0f64 / 3.0 / 5.0).cbrt();
    near(judgement.consistency, (1.0 + k + 1.0 / k - 3.0) / 2.0 / 0.58);
    let means = [(5.0f64 / 3.0).cbrt(), 21f64.cbrt(), (1.0f64 / 35.0).cbrt()];
    for (weight, mean) in judgement.weights.iter().zip(means) {
        near(*weight, mean / means.iter().sum::<f64>());
    }
}

#[test]
fn judgements_that_contradict_each_other_are_refused() {
    // Given the first above the second, the second above the third, and the third above the first.
    let error = judged(&[3.0, 1.0 / 3.0, 3.0]).unwrap_err();
    assert!(matches!(error, WeightsError::Inconsistent(ratio) if ratio > 1.0), "{error}");
    assert_eq!(judged(&[1.0, 2.0]), Err(WeightsError::Pairs(2)));
    assert_eq!(judged(&[1.0; 55]), Err(WeightsError::Pairs(55)));
    assert_eq!(judged(&[10.0]), Err(WeightsError::Scale(10.0)));
    assert!(matches!(judged(&[f64::NAN]), Err(WeightsError::Scale(_))));
    assert_eq!(judged(&[1.0; 45]).unwrap().weights.len(), 10);
}

#[test]
fn the_default_weights_are_consistent_and_sum_to_one() {
    let (weights, consistency) = default_weights().unwrap();
    near(weights.iter().sum(), 1.0);
    assert!(consistency < CONSISTENT, "{consistency}");
    let rounded = weights.map(|weight| (weight * 1000.0).round() as u32);
    println!("default weights {rounded:?}, consistency ratio {consistency:.4}");
    assert_eq!(rounded, [57, 114, 57, 61, 61, 227, 169, 85, 169]);
}

#[test]
fn what_is_spread_evenly_weighs_nothing() {
    near(entropy(&[vec![0.0, 0.5], vec![1.0, 0.5]]).unwrap()[0], 1.0);
    let weights = entropy(&[vec![0.0, 0.25, 0.0], vec![1.0, 0.75, 0.0]]).unwrap();
    let told = 1.0 + (0.25 * 0.25f64.ln() + 0.75 * 0.75f64.ln()) / 2f64.ln();
    near(weights[0], 1.0 / (1.0 + told));
    near(weights[1], told / (1.0 + told));
    near(weights[2], 0.0);
    assert_eq!(entropy(&[vec![0.3, 0.1], vec![0.3, 0.1], vec![0.3, 0.1]]), Err(WeightsError::Alike));
    for rows in [vec![vec![0.5]], vec![], vec![vec![], vec![]], vec![vec![0.5], vec![]], vec![vec![0.5], vec![1.5]]] {
        assert_eq!(entropy(&rows), Err(WeightsError::Rows));
    }
    assert_eq!(entropy(&[vec![f64::NAN], vec![0.5]]), Err(WeightsError::Rows));
}
