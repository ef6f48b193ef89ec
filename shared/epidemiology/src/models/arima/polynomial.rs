//! Lag polynomials: how coefficients are kept stationary, multiplied, and turned into weights of past shocks.

/// The coefficients phi of a stationary `x_t = phi_1 x_{t-1} + ...` from free numbers: their hyperbolic tangents are taken as
/// partial autocorrelations (Barndorff-Nielsen and Schou 1973, doi:10.1016/0047-259X(73)90030-4; Monahan 1984,
/// doi:10.1093/biomet/71.2.403), so that an optimiser can't leave the stationary ones.
pub fn stationary(free: &[f64]) -> Vec<f64> {
    let mut coefficients: Vec<f64> = Vec::with_capacity(free.len());
    for value in free {
        let partial = value.tanh();
        let mirrored: Vec<f64> = coefficients.iter().rev().map(|coefficient| partial * coefficient).collect();
        coefficients.iter_mut().zip(mirrored).for_each(|(coefficient, mirror)| *coefficient -= mirror);
        coefficients.push(partial);
    }
    coefficients
}

/// Whether every root of `1 - phi_1 z - ...` is further than `margin` from the origin (1 is the unit circle): the recursion
/// of [`stationary`] run backwards on the scaled coefficients.
pub fn roots_beyond(margin: f64, coefficients: &[f64]) -> bool {
    let mut scale = 1.0;
    let mut rest: Vec<f64> = coefficients
        .iter()
        .map(|coefficient| {
            scale *= margin;
            coefficient * scale
        })
        .collect();
    while let Some(partial) = rest.pop() {
        if partial.abs() >= 1.0 {
            return false;
        }
        let mirrored: Vec<f64> = rest.iter().rev().map(|coefficient| partial * coefficient).collect();
        rest.iter_mut().zip(mirrored).for_each(|(coefficient, mirror)| {
            *coefficient = (*coefficient + mirror) / (1.0 - partial * partial);
        });
    }
    true
}

/// `1 + sign c_1 B^lag + sign c_2 B^(2 lag) + ...` as its coefficients, the 1 first.
pub fn of_lags(coefficients: &[f64], lag: usize, sign: f64) -> Vec<f64> {
    let gap = std::iter::repeat_n(0.0, lag.saturating_sub(1));
    let spread = coefficients.iter().flat_map(|coefficient| gap.clone().chain([sign * coefficient]));
    std::iter::once(1.0).chain(spread).collect()
}

/// The product of two polynomials.
pub fn product(left: &[f64], right: &[f64]) -> Vec<f64> {
    let mut found = vec![0.0; (left.len() + right.len()).saturating_sub(1)];
    for (at, factor) in left.iter().enumerate() {
        found.iter_mut().skip(at).zip(right).for_each(|(sum, value)| *sum += factor * value);
    }
    found
}

/// The first `count` weights of `above(B) / below(B)`, both with 1 first: what a shock of now does now, in one step, in two.
pub fn weights(above: &[f64], below: &[f64], count: usize) -> Vec<f64> {
    let mut found: Vec<f64> = Vec::with_capacity(count);
    for at in 0..count {
        let earlier: f64 = below.iter().skip(1).zip(found.iter().rev()).map(|(factor, weight)| factor * weight).sum();
        found.push(above.get(at).copied().unwrap_or_default() - earlier);
    }
    found
}

/// `x_t - x_{t-lag}`.
pub fn difference(values: &[f64], lag: usize) -> Vec<f64> {
    values.iter().zip(values.iter().skip(lag)).map(|(before, after)| after - before).collect()
}

/// What [`difference`] took, put back on what follows `past`: the values whose differences at `lag` are `changes`.
pub fn integrate(past: &[f64], changes: &[f64], lag: usize) -> Vec<f64> {
    let mut found: Vec<f64> = past.get(past.len().saturating_sub(lag)..).unwrap_or_default().to_vec();
    for change in changes {
        let before = found.len().checked_sub(lag).and_then(|at| found.get(at)).copied().unwrap_or_default();
        found.push(before + change);
    }
    found.split_off(lag.min(found.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tangents_give_the_coefficients_of_their_partial_autocorrelations() {
        let [first, second] = [0.5_f64, -0.3];
        let found = stationary(&[first.atanh(), second.atanh()]);
        // Of order two: phi_1 = r_1 (1 - r_2), phi_2 = r_2.
        let due = [first * (1.0 - second), second];
        assert!(found.iter().zip(due).all(|(found, due)| (found - due).abs() < 1e-12));
        assert!(roots_beyond(1.0, &stationary(&[2.0, -3.0, 0.7, 1.5])));
    }

    #[test]
    fn roots_are_told_from_the_margin() {
        // 1 - z / 1.2 has its root at 1.2; 1 - z^2 / 1.21 at 1.1.
        assert!(roots_beyond(1.19, &[1.0 / 1.2]) && !roots_beyond(1.21, &[1.0 / 1.2]));
        assert!(roots_beyond(1.09, &[0.0, 1.0 / 1.21]) && !roots_beyond(1.11, &[0.0, 1.0 / 1.21]));
    }

    #[test]
    fn seasonal_polynomials_multiply_out() {
        let found = product(&of_lags(&[0.5], 1, -1.0), &of_lags(&[0.2], 3, -1.0));
        let due = [1.0, -0.5, 0.0, -0.2, 0.1];
        assert!(found.len() == 5 && found.iter().zip(due).all(|(found, due)| (found - due).abs() < 1e-12));
        // (1 + 0.4 B) / (1 - 0.5 B) = 1 + 0.9 B + 0.45 B^2 + ...
        let weights = weights(&[1.0, 0.4], &[1.0, -0.5], 3);
        assert!(weights.iter().zip([1.0, 0.9, 0.45]).all(|(found, due)| (found - due).abs() < 1e-12));
    }

    #[test]
    fn differences_are_put_back() {
        let values = [3.0, 5.0, 4.0, 8.0, 9.0, 7.0];
        assert_eq!(difference(&values, 2), [1.0, 3.0, 5.0, -1.0]);
        assert_eq!(integrate(&[3.0, 5.0], &difference(&values, 2), 2), [4.0, 8.0, 9.0, 7.0]);
    }
}
