//! Finding the smallest value of a smooth function of a few numbers: Nelder-Mead to come near, BFGS to arrive.

use nalgebra::{DMatrix, DVector};

/// The step of central differences: their error, of the order of its square, is then below what BFGS still looks at.
const STEP: f64 = 1e-4;
/// A search stops where it gains less than this, a hundredth of what anybody could tell apart in a log-likelihood.
const GAIN: f64 = 1e-7;
/// The first simplex: a hyperbolic tangent of 0.4 is a partial autocorrelation of 0.38.
const SIMPLEX: f64 = 0.4;

/// A point and its value.
pub type Found = (Vec<f64>, f64);

/// The downhill simplex (Nelder and Mead 1965, doi:10.1093/comjnl/7.4.308) with its usual coefficients, at most `rounds`
/// moves. Points where the function is no number count as infinitely bad.
pub fn nelder_mead(function: &dyn Fn(&[f64]) -> f64, start: &[f64], rounds: usize) -> Found {
    let value = |point: Vec<f64>| {
        let found = function(&point);
        (point, if found.is_nan() { f64::INFINITY } else { found })
    };
    let mut simplex = vec![value(start.to_vec())];
    for axis in 0..start.len() {
        let moved = start.iter().enumerate().map(|(at, number)| if at == axis { number + SIMPLEX } else { *number });
        simplex.push(value(moved.collect()));
    }
    for _ in 0..rounds {
        simplex.sort_by(|left, right| left.1.total_cmp(&right.1));
        let (Some(best), Some(worst)) = (simplex.first().cloned(), simplex.pop()) else { break };
        let Some(second) = simplex.last().map(|point| point.1) else {
            simplex.push(worst);
            break;
        };
        if worst.1 - best.1 < GAIN {
            simplex.push(worst);
            break;
        }
        let count = simplex.len() as f64;
        let middle: Vec<f64> = (0..start.len())
            .map(|axis| simplex.iter().filter_map(|(point, _)| point.get(axis)).sum::<f64>() / count)
            .collect();
        let along = |far: f64| {
            value(middle.iter().zip(&worst.0).map(|(middle, worst)| middle + far * (middle - worst)).collect())
        };
        let reflected = along(1.0);
        let next = if reflected.1 < best.1 {
            let expanded = along(2.0);
            Some(if expanded.1 < reflected.1 { expanded } else { reflected })
        } else if reflected.1 < second {
            Some(reflected)
        } else {
            let contracted = along(if reflected.1 < worst.1 { 0.5 } else { -0.5 });
            (contracted.1 < worst.1.min(reflected.1)).then_some(contracted)
        };
        match next {
            Some(point) => simplex.push(point),
            None => {
                simplex.push(worst);
                for point in simplex.iter_mut().skip(1) {
                    *point = value(point.0.iter().zip(&best.0).map(|(number, best)| (number + best) / 2.0).collect());
                }
            }
        }
    }
    simplex.into_iter().min_by(|left, right| left.1.total_cmp(&right.1)).unwrap_or_default()
}

/// The quasi-Newton method of Broyden, Fletcher, Goldfarb and Shanno (Nocedal and Wright 2006, algorithm 6.1) with a
/// halving line search and central differences, at most `rounds` steps.
pub fn bfgs(function: &dyn Fn(&[f64]) -> f64, start: &[f64], rounds: usize) -> Found {
    let size = start.len();
    let mut point = DVector::from_column_slice(start);
    let mut value = function(point.as_slice());
    if size == 0 || !value.is_finite() {
        return (start.to_vec(), value);
    }
    let mut slope = gradient(function, &point);
    let mut inverse = DMatrix::<f64>::identity(size, size);
    for _ in 0..rounds {
        let mut direction = -(&inverse * &slope);
        if direction.dot(&slope) >= 0.0 {
            inverse.fill_with_identity();
            direction = -slope.clone();
        }
        // No step further than one in any number: the tangents are flat beyond two or three.
        direction /= direction.amax().max(1.0);
        let descent = direction.dot(&slope);
        let tried = (0..LONGEST_HALVING).map(|halvings| &direction * 0.5_f64.powi(halvings)).find_map(|step| {
            let next = &point + &step;
            let found = function(next.as_slice());
            // Armijo's condition with its usual constant.
            (found < value + 1e-4 * descent * (step.amax() / direction.amax())).then_some((next, step, found))
        });
        let Some((next, step, found)) = tried else { break };
        let slope_there = gradient(function, &next);
        let change = &slope_there - &slope;
        let curvature = step.dot(&change);
        if curvature > 1e-12 {
            let moved = &inverse * &change;
            let grown = (1.0 + change.dot(&moved) / curvature) / curvature;
            inverse += &step * step.transpose() * grown;
            inverse -= (&moved * step.transpose() + &step * moved.transpose()) / curvature;
        }
        let gained = value - found;
        (point, value, slope) = (next, found, slope_there);
        if gained < GAIN {
            break;
        }
    }
    (point.as_slice().to_vec(), value)
}

/// A step halved this often is below a double's resolution of the function.
const LONGEST_HALVING: i32 = 30;

/// The slope by central differences; flat where the function is no number.
fn gradient(function: &dyn Fn(&[f64]) -> f64, point: &DVector<f64>) -> DVector<f64> {
    DVector::from_fn(point.len(), |axis, _| {
        let moved = |by: f64| {
            let mut probe = point.clone();
            probe.get_mut(axis).into_iter().for_each(|number| *number += by);
            function(probe.as_slice())
        };
        let (above, below) = (moved(STEP), moved(-STEP));
        let slope = (above - below) / (2.0 * STEP);
        if slope.is_finite() { slope } else { 0.0 }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rosenbrock's valley: its smallest value, 0, is at (1, 1), at the end of a bent and narrow valley.
    fn valley(point: &[f64]) -> f64 {
        let [x, y] = [0, 1].map(|at| point.get(at).copied().unwrap_or_default());
        (1.0 - x).powi(2) + 100.0 * (y - x * x).powi(2)
    }

    #[test]
    fn both_reach_the_end_of_the_valley() {
        let near = nelder_mead(&valley, &[-1.2, 1.0], 400);
        assert!(near.1 < 1e-6, "{near:?}");
        let there = bfgs(&valley, &[-1.2, 1.0], 400);
        assert!(there.1 < 1e-9 && there.0.iter().all(|number| (number - 1.0).abs() < 1e-4), "{there:?}");
    }

    #[test]
    fn nothing_to_vary_and_nothing_that_is_a_number_come_back() {
        assert_eq!(bfgs(&|_| 3.0, &[], 10), (vec![], 3.0));
        assert_eq!(nelder_mead(&|_| 3.0, &[], 10), (vec![], 3.0));
        assert_eq!(nelder_mead(&|_| f64::NAN, &[0.0], 10).1, f64::INFINITY);
    }
}
