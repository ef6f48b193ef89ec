//! Prices of room, and what they prove.
//!
//! A site's price is what one more unit of room there would save: a unit that waits would be shipped, or one from another
//! site would be better off and leave room there. These are the least prices with which no unit would rather be elsewhere;
//! if with them room that is left costs nothing, and nothing shipped would rather wait, no shipment is cheaper.

use super::Problem;

/// The prices that prove the amounts to be the cheapest; `None` if they are no shipment or a cheaper
/// one exists.
pub(super) fn of(problem: &Problem, amounts: &[u64]) -> Option<Vec<i64>> {
    let (waiting, left) = rest(problem, amounts)?;
    let moves = moves(problem, amounts)?;
    let mut prices = vec![0; problem.room.len()];
    // What waits would rather be shipped.
    for lane in problem.lanes.iter().filter(|lane| some(&waiting, lane.from)) {
        let price = prices.get_mut(lane.to)?;
        *price = lane.cost.checked_neg()?.max(*price);
    }
    // Bellman and Ford: as many rounds as sites settle every price, or going round a circle would save.
    for _ in 0..=problem.room.len() {
        let mut settled = true;
        for (from, row) in moves.iter().enumerate() {
            let here = *prices.get(from)?;
            for (price, cost) in prices.iter_mut().zip(row) {
                let worth = cost.map_or(0, |cost| here.saturating_sub(cost));
                if worth > *price {
                    *price = worth;
                    settled = false;
                }
            }
        }
        if settled {
            return holds(problem, amounts, &prices, &left).then_some(prices);
        }
    }
    None
}

/// Units that wait at each source and room left at each site; `None` where more is shipped than there is.
fn rest(problem: &Problem, amounts: &[u64]) -> Option<(Vec<u64>, Vec<u64>)> {
    let (mut waiting, mut left) = (problem.units.clone(), problem.room.clone());
    for (lane, amount) in problem.lanes.iter().zip(amounts) {
        let (source, site) = (waiting.get_mut(lane.from)?, left.get_mut(lane.to)?);
        *source = source.checked_sub(*amount)?;
        *site = site.checked_sub(*amount)?;
    }
    Some((waiting, left))
}

/// By site, what it costs at least to move a unit of it to each other site.
fn moves(problem: &Problem, amounts: &[u64]) -> Option<Vec<Vec<Option<i64>>>> {
    let mut lanes_of = vec![Vec::new(); problem.units.len()];
    for lane in &problem.lanes {
        lanes_of.get_mut(lane.from)?.push(lane);
    }
    let sites = problem.room.len();
    let mut rows = vec![vec![None; sites]; sites];
    for (lane, _) in problem.lanes.iter().zip(amounts).filter(|(_, amount)| **amount > 0) {
        let row = rows.get_mut(lane.to)?;
        for other in lanes_of.get(lane.from)?.iter().filter(|other| other.to != lane.to) {
            let cost = other.cost.checked_sub(lane.cost)?;
            let least = row.get_mut(other.to)?;
            *least = Some(least.map_or(cost, |least: i64| least.min(cost)));
        }
    }
    Some(rows)
}

/// Room that is left costs nothing, and no unit that is shipped would rather wait. The rest is what the prices were
/// settled by.
fn holds(problem: &Problem, amounts: &[u64], prices: &[i64], left: &[u64]) -> bool {
    let mut shipped = problem.lanes.iter().zip(amounts).filter(|(_, amount)| **amount > 0).map(|(lane, _)| lane);
    prices.iter().zip(left).all(|(price, left)| *left == 0 || *price == 0)
        && shipped.all(|lane| prices.get(lane.to).is_some_and(|price| lane.cost.saturating_add(*price) <= 0))
}

fn some(units: &[u64], at: usize) -> bool {
    units.get(at).is_some_and(|units| *units > 0)
}
