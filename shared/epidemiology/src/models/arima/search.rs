//! Which order fits a series: how often to difference it, and how many terms are worth their price.
//!
//! The stepwise search of Hyndman and Khandakar 2008, doi:10.18637/jss.v027.i03: from a few simple orders to the best
//! neighbour, for as long as one is better.

use super::fit::{Effort, Fitted, Order, fit};
use super::polynomial::difference;

/// The largest number of plain terms of a kind, and of seasonal ones. Five, as the paper has it, was never chosen on
/// counts; three keep the search fast.
const MOST_TERMS: usize = 3;
const MOST_SEASONAL: usize = 1;
/// A series is differenced twice at most.
const MOST_DIFFERENCES: usize = 2;
/// More orders than this are not tried; the search seldom needs twenty.
const MOST_ORDERS: usize = 40;
/// The 5 % bound of the KPSS test of a level (Kwiatkowski et al. 1992, table 1).
const KPSS_BOUND: f64 = 0.463;
/// From this strength on a season is differenced away (Wang, Smith and Hyndman 2006, doi:10.1007/s10618-005-0039-x; the bound
/// is that of R's `forecast::nsdiffs`).
const STRONG_SEASON: f64 = 0.64;
/// Seasons it takes before seasonal terms are tried.
pub const SEASONS: usize = 6;

/// The order with the smallest corrected AIC, fitted with all effort. Nothing where every order fails.
pub fn search(values: &[f64], season: Option<usize>) -> Option<Fitted> {
    let season = season.filter(|season| *season > 1 && values.len() >= SEASONS * season);
    let seasonal = season.filter(|season| strength(values, *season) > STRONG_SEASON);
    let flat = seasonal.map_or_else(|| values.to_vec(), |season| difference(values, season));
    let plain = differences(&flat);
    let total = plain + usize::from(seasonal.is_some());
    let order = |[ar, ma, seasonal_ar, seasonal_ma]: [usize; 4], constant: bool| Order {
        plain: [ar, plain, ma],
        seasonal: [seasonal_ar, usize::from(seasonal.is_some()), seasonal_ma],
        season: season.unwrap_or(1),
        constant,
    };
    let may_drift = total < 2;
    let terms = usize::from(season.is_some());
    let first = [[2, 2, terms, terms], [0, 0, 0, 0], [1, 0, terms, 0], [0, 1, 0, terms]];
    let mut waiting: Vec<Order> = first.into_iter().map(|terms| order(terms, may_drift)).collect();
    if may_drift {
        waiting.push(order([0; 4], false));
    }
    let mut tried: Vec<Order> = Vec::new();
    let mut best: Option<(f64, Fitted)> = None;
    while tried.len() < MOST_ORDERS {
        let mut better = false;
        for candidate in waiting.drain(..) {
            if tried.contains(&candidate) {
                continue;
            }
            tried.push(candidate);
            let Some(fitted) = fit(values, candidate, Effort::Quick).filter(Fitted::is_sound) else { continue };
            let criterion = fitted.corrected_aic();
            if criterion.is_finite() && best.as_ref().is_none_or(|(least, _)| criterion < *least) {
                best = Some((criterion, fitted));
                better = true;
            }
        }
        let Some((_, fitted)) = best.as_ref().filter(|_| better) else { break };
        waiting = neighbours(&fitted.order, may_drift, season.is_some());
    }
    let (criterion, quick) = best?;
    // The last word is that of the thorough fit, unless it has left what a search accepts.
    let thorough = fit(values, quick.order, Effort::Thorough).filter(Fitted::is_sound);
    Some(thorough.filter(|fitted| fitted.corrected_aic() <= criterion).unwrap_or(quick))
}

/// The orders one step away: a term more or less of a kind, or of both kinds at once, or the constant.
fn neighbours(order: &Order, may_drift: bool, seasons: bool) -> Vec<Order> {
    let steps = [(-1, 0), (1, 0), (0, -1), (0, 1), (-1, -1), (1, 1)];
    let moved = |[ar, differences, ma]: [usize; 3], (more_ar, more_ma): (isize, isize), most: usize| {
        let ar = ar.checked_add_signed(more_ar).filter(|count| *count <= most)?;
        let ma = ma.checked_add_signed(more_ma).filter(|count| *count <= most)?;
        Some([ar, differences, ma])
    };
    let plain = steps.iter().filter_map(|step| Some(Order { plain: moved(order.plain, *step, MOST_TERMS)?, ..*order }));
    let seasonal = steps.iter().filter(|_| seasons);
    let seasonal =
        seasonal.filter_map(|step| Some(Order { seasonal: moved(order.seasonal, *step, MOST_SEASONAL)?, ..*order }));
    let constant = may_drift.then_some(Order { constant: !order.constant, ..*order });
    plain.chain(seasonal).chain(constant).collect()
}

/// How often a series must be differenced until the KPSS test does not doubt its level any more.
pub fn differences(values: &[f64]) -> usize {
    let mut values = values.to_vec();
    for count in 0..MOST_DIFFERENCES {
        if kpss(&values) < KPSS_BOUND {
            return count;
        }
        values = difference(&values, 1);
    }
    MOST_DIFFERENCES
}

/// The KPSS statistic of a constant level, with the lags of R's `forecast::ndiffs`; 0 for a constant series.
fn kpss(values: &[f64]) -> f64 {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count.max(1.0);
    let errors: Vec<f64> = values.iter().map(|value| value - mean).collect();
    let lags = (3.0 * count.sqrt() / 13.0) as usize;
    let product =
        |lag: usize| errors.iter().zip(errors.iter().skip(lag)).map(|(early, late)| early * late).sum::<f64>();
    let weighted = |lag: usize| 2.0 * (1.0 - lag as f64 / (lags as f64 + 1.0)) * product(lag);
    let variance = (product(0) + (1..=lags).map(weighted).sum::<f64>()) / count.max(1.0);
    if variance <= 0.0 {
        return 0.0;
    }
    let mut sum = 0.0;
    let squares: f64 = errors
        .iter()
        .map(|error| {
            sum += error;
            sum * sum
        })
        .sum();
    squares / (count * count * variance)
}

/// How strong a season is: 1 less what is left of the variance around a moving average once the season's means are taken
/// off; 0 without a season, 1 with nothing else.
pub fn strength(values: &[f64], season: usize) -> f64 {
    let half = season / 2;
    let detrended: Vec<(usize, f64)> = values
        .windows(2 * half + 1)
        .enumerate()
        .filter_map(|(at, window)| {
            let around = window.iter().sum::<f64>();
            // With an even season the two ends are half a point each.
            let ends = window.first()? + window.last()?;
            let mean =
                if season.is_multiple_of(2) { (around - ends / 2.0) / season as f64 } else { around / season as f64 };
            Some((at % season, window.get(half)? - mean))
        })
        .collect();
    let mut sums = vec![(0.0, 0.0); season];
    for (phase, value) in &detrended {
        if let Some((sum, count)) = sums.get_mut(*phase) {
            *sum += value;
            *count += 1.0;
        }
    }
    let mean = |phase: usize| sums.get(phase).map_or(0.0, |(sum, count): &(f64, f64)| sum / count.max(1.0));
    let whole = detrended.iter().map(|(_, value)| value * value).sum::<f64>();
    let left = detrended.iter().map(|(phase, value)| (value - mean(*phase)).powi(2)).sum::<f64>();
    if whole > 0.0 { (1.0 - left / whole).max(0.0) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    /// `x_t = ar x_{t-1} + e_t`, summed up as often as asked.
    fn simulated(count: usize, ar: f64, sums: usize) -> Vec<f64> {
        let mut random = Random::new(4);
        let mut state = 0.0;
        let mut values: Vec<f64> = (0..count)
            .map(|_| {
                state = ar * state + random.normal();
                state
            })
            .collect();
        for _ in 0..sums {
            let mut sum = 0.0;
            values.iter_mut().for_each(|value| {
                sum += *value;
                *value = sum;
            });
        }
        values
    }

    #[test]
    fn it_differences_as_often_as_was_summed() {
        assert_eq!([0, 1, 2].map(|sums| differences(&simulated(300, 0.3, sums))), [0, 1, 2]);
        assert_eq!(differences(&[7.0; 30]), 0);
    }

    #[test]
    fn what_it_finds_is_no_worse_than_the_order_a_series_was_made_with() {
        for (sums, order) in [(0, Order::plain(1, 0, 0, false)), (1, Order::plain(1, 1, 0, false))] {
            let values = simulated(400, 0.7, sums);
            let criterion = |fitted: Option<Fitted>| fitted.map_or(f64::NAN, |fitted| fitted.corrected_aic());
            let (found, due) = (criterion(search(&values, None)), criterion(fit(&values, order, Effort::Thorough)));
            assert!(found <= due + 1e-6 && found > due - 6.0, "{found} {due}");
        }
    }

    #[test]
    fn a_weekly_pattern_is_differenced_away() {
        let noise = simulated(140, 0.2, 0);
        let values: Vec<f64> =
            noise.iter().enumerate().map(|(day, noise)| noise + if day % 7 < 2 { -9.0 } else { 3.0 }).collect();
        assert!(strength(&values, 7) > 0.9 && strength(&noise, 7) < 0.3);
        let found = search(&values, Some(7));
        assert!(found.as_ref().is_some_and(|fitted| fitted.order.seasonal[1] == 1), "{found:?}");
        let ahead = found.map(|fitted| fitted.ahead(&values, 14)).unwrap_or_default();
        // Points 140 and 141 are of the low kind again, 142 is not.
        let low = |step: usize| ahead.get(step).is_some_and(|(mean, _)| *mean < -5.0);
        assert!(low(0) && low(1) && !low(2) && low(7), "{ahead:?}");
    }
}
