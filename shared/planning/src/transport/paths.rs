//! Successive shortest paths among the sites.
//!
//! What is shipped so far is the cheapest for the units taken up so far. The next unit goes where its own lane and what it
//! costs to make room there are cheapest together, if that is worth it at all. Room is made by a site's *way out*: room that
//! is left, a unit that goes back to wait, or one that moves to another site and takes the way out from there. Ways out
//! are kept by Dijkstra's algorithm; the lengths before a change are potentials that keep every step at 0 or more.

use std::collections::BTreeMap;

/// Units at a site by source.
pub(super) type There = BTreeMap<usize, u64>;

/// A step of a way out: which source's unit leaves, and to which site (`None`: it waits again).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Step {
    source: usize,
    to: Option<usize>,
}

/// How a site makes room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Out {
    cost: i64,
    /// `None`: room is left.
    step: Option<Step>,
}

struct Sites<'a> {
    costs: &'a [Vec<Option<i64>>],
    there: Vec<There>,
    left: Vec<u64>,
    /// By site, the cheapest move of a unit of it to each other site: what it costs and whose it is.
    moves: Vec<Vec<Option<(i64, usize)>>>,
    /// By site, the cheapest return to waiting.
    home: Vec<Option<(i64, usize)>>,
    /// By site; `None` where no room can be made.
    out: Vec<Option<Out>>,
}

/// Ships as cheaply as can be: by site, units by source.
pub(super) fn ship(units: &[u64], room: &[u64], costs: &[Vec<Option<i64>>]) -> Vec<There> {
    let sites = room.len();
    let open = |room: &u64| (*room > 0).then_some(Out { cost: 0, step: None });
    let mut state = Sites {
        costs,
        there: vec![There::new(); sites],
        left: room.to_vec(),
        moves: vec![vec![None; sites]; sites],
        home: vec![None; sites],
        out: room.iter().map(open).collect(),
    };
    for (source, units) in units.iter().enumerate() {
        let mut units = *units;
        while units > 0 {
            let Some((site, _)) = state.cheapest(source).filter(|(_, cost)| *cost < 0) else { break };
            let pushed = state.push(source, site, units);
            if pushed == 0 {
                break;
            }
            units = units.saturating_sub(pushed);
        }
    }
    state.there
}

impl Sites<'_> {
    /// Where the next unit of a source is cheapest.
    fn cheapest(&self, source: usize) -> Option<(usize, i64)> {
        let lanes = self.costs.get(source)?.iter().zip(&self.out).enumerate();
        let found = lanes.filter_map(|(site, (cost, out))| Some((site, (*cost)?.checked_add((*out)?.cost)?)));
        found.min_by_key(|(site, cost)| (*cost, *site))
    }

    /// Ships units of a source to a site and along its way out, as many as the narrowest step takes.
    fn push(&mut self, source: usize, site: usize, units: u64) -> u64 {
        let (mut steps, mut at, mut amount) = (Vec::new(), site, units);
        // No way out is longer than there are sites.
        for _ in 0..=self.left.len() {
            match self.out.get(at).copied().flatten() {
                Some(Out { step: Some(step), .. }) => {
                    let here = self.there.get(at).and_then(|there| there.get(&step.source)).copied().unwrap_or(0);
                    amount = amount.min(here);
                    steps.push((at, step));
                    match step.to {
                        Some(to) => at = to,
                        None => break,
                    }
                }
                _ => {
                    amount = amount.min(self.left.get(at).copied().unwrap_or(0));
                    if let Some(left) = self.left.get_mut(at) {
                        *left -= amount;
                    }
                    break;
                }
            }
        }
        if amount == 0 {
            return 0;
        }
        let full = self.left.get(at) == Some(&0);
        self.add(site, source, amount);
        for (from, step) in &steps {
            self.take(*from, step.source, amount);
            if let Some(to) = step.to {
                self.add(to, step.source, amount);
            }
        }
        for changed in steps.iter().map(|(from, _)| *from).chain([site, at]) {
            self.look_again(changed);
        }
        // While room is left where it was, every way out is still the cheapest.
        if full || !steps.is_empty() {
            self.ways_out();
        }
        amount
    }

    fn add(&mut self, site: usize, source: usize, amount: u64) {
        if let Some(there) = self.there.get_mut(site) {
            *there.entry(source).or_default() += amount;
        }
    }

    fn take(&mut self, site: usize, source: usize, amount: u64) {
        let Some(there) = self.there.get_mut(site) else { return };
        if let Some(units) = there.get_mut(&source) {
            *units -= amount;
            if *units == 0 {
                there.remove(&source);
            }
        }
    }

    /// The cheapest moves away from a site, after what is there has changed.
    fn look_again(&mut self, site: usize) {
        let (Some(there), Some(row), Some(home)) =
            (self.there.get(site), self.moves.get_mut(site), self.home.get_mut(site))
        else {
            return;
        };
        row.fill(None);
        *home = None;
        let less = |kept: &mut Option<(i64, usize)>, cost: i64, source: usize| {
            if kept.is_none_or(|kept| (cost, source) < kept) {
                *kept = Some((cost, source));
            }
        };
        for source in there.keys() {
            let Some(costs) = self.costs.get(*source) else { continue };
            let Some(here) = costs.get(site).copied().flatten() else { continue };
            less(home, -here, *source);
            for (to, (kept, cost)) in row.iter_mut().zip(costs).enumerate() {
                if let (Some(cost), true) = (cost, to != site) {
                    less(kept, cost - here, *source);
                }
            }
        }
    }

    /// Every site's way out, by Dijkstra's algorithm backwards from room that is left and from waiting.
    fn ways_out(&mut self) {
        let before = self.out.iter().map(|out| out.map_or(0, |out| out.cost)).collect::<Vec<_>>();
        let ends = self.left.iter().zip(&self.home).map(|(left, home)| match (left, home) {
            (0, home) => home.map(|(cost, source)| Out { cost, step: Some(Step { source, to: None }) }),
            // Room that is left is free, and a return to waiting never pays: the unit would not have been shipped.
            _ => Some(Out { cost: 0, step: None }),
        });
        let mut found = ends.collect::<Vec<_>>();
        let mut settled = vec![false; found.len()];
        loop {
            // What a way costs above its length before: at least 0, and the least of the unsettled is final.
            let open = found.iter().zip(&before).zip(&settled).enumerate();
            let open = open.filter_map(|(at, ((out, before), settled))| {
                let out = (*out).filter(|_| !settled)?;
                Some((out.cost - before, at, out.cost))
            });
            let Some((_, at, cost)) = open.min() else { break };
            if let Some(settled) = settled.get_mut(at) {
                *settled = true;
            }
            let others = found.iter_mut().zip(&self.moves).zip(&settled).filter(|(_, settled)| !**settled);
            for ((out, moves), _) in others {
                let Some((step, source)) = moves.get(at).copied().flatten() else { continue };
                if out.is_none_or(|out| cost + step < out.cost) {
                    *out = Some(Out { cost: cost + step, step: Some(Step { source, to: Some(at) }) });
                }
            }
        }
        self.out = found;
    }
}
