//! Which stock goes to which request.
//!
//! Need first: a request is cut into [`SLICES`] slices, each worth less than the one before, in proportion to its need. So
//! a need twice as great is filled further, but nobody is filled to the brim while another has nothing. Among stock that
//! would do, what expires first goes first; then the shorter way counts. Stock that expires before it is needed is never
//! sent. It proposes: whose stock it is decides.

use std::collections::BTreeMap;

use crate::transport::{Lane, MAX_UNITS, Problem, Unsolved};
use crate::travel::{Place, minutes};

/// The greatest need.
pub const MAX_NEED: u8 = 10;
/// Slices of a request: the finest share that fairness sees is a tenth.
const SLICES: u64 = 10;
/// What a slice is worth for each grade of need: more than the latest expiry and the longest way together, so that
/// neither leaves a need unmet.
const WORTH: i64 = 10_000;
/// How much later stock goes for each class of expiry: more than the longest way.
const LATER: i64 = 800;
/// The days left that begin a new class of expiry; the last class is without expiry.
const CLASSES: [u32; 8] = [7, 14, 30, 60, 90, 180, 365, 730];
/// Tens of minutes count; beyond five days of driving every way is as long.
const LONGEST: u32 = 720;

/// A request that was approved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// What it is called.
    pub name: String,
    /// The facility that asks.
    pub facility: String,
    /// Where it is.
    pub place: Place,
    /// 1 to [`MAX_NEED`].
    pub need: u8,
    /// Units still missing.
    pub quantity: u64,
    /// Days from today until it is needed.
    pub in_days: u32,
}

/// Stock that may be given away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lot {
    /// The facility that has it.
    pub facility: String,
    /// Where it is.
    pub place: Place,
    /// The lot.
    pub lot: String,
    /// Units on hand that nobody else was promised.
    pub free: u64,
    /// Days from today until it expires; `None`: never.
    pub expires_in: Option<u32>,
}

/// What is proposed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// What goes where, by request, the lot that expires first in front.
    pub shares: Vec<Share>,
    /// What stays unmet, by request.
    pub unmet: Vec<Unmet>,
}

/// Stock for a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    /// The request.
    pub request: String,
    /// The facility that gives.
    pub facility: String,
    /// The lot.
    pub lot: String,
    /// Units.
    pub quantity: u64,
    /// Minutes by road.
    pub minutes: u32,
    /// Days until the lot expires.
    pub expires_in: Option<u32>,
}

/// Units that nobody has for a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unmet {
    /// The request.
    pub request: String,
    /// Units.
    pub quantity: u64,
    /// Why.
    pub why: Why,
}

/// Why a request stays unmet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// There is no stock but the asker's own.
    NoStock,
    /// All there is expires before it is needed.
    Expires,
    /// What there is was shared by need.
    Shared,
}

/// Why there is no plan.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// A need is none of 1 to 10.
    #[error("request {0}: the need is not between 1 and 10")]
    Need(String),
    /// A place is not on the Earth.
    #[error("{0}: the place is not on the Earth")]
    Place(String),
    /// The solver failed.
    #[error(transparent)]
    Unsolved(#[from] Unsolved),
}

/// Proposes stock of one item for requests of it.
///
/// # Errors
/// [`Refused`].
pub fn allocate(requests: &[Request], lots: &[Lot]) -> Result<Plan, Refused> {
    if let Some(request) = requests.iter().find(|request| !(1..=MAX_NEED).contains(&request.need)) {
        return Err(Refused::Need(request.name.clone()));
    }
    let places = requests.iter().map(|request| (&request.name, request.place));
    if let Some((name, _)) = places.chain(lots.iter().map(|lot| (&lot.lot, lot.place))).find(|(_, at)| !at.is_sound()) {
        return Err(Refused::Place(name.clone()));
    }
    if requests.iter().map(|request| request.quantity).chain(lots.iter().map(|lot| lot.free)).any(|n| n > MAX_UNITS) {
        return Err(Unsolved::Units.into());
    }
    let mut problem = Problem { units: Vec::new(), room: lots.iter().map(|lot| lot.free).collect(), lanes: Vec::new() };
    let mut of_slice = Vec::new();
    for (at, request) in requests.iter().enumerate() {
        for slice in 0..SLICES {
            let from = problem.units.len();
            // The slices differ by one unit at most and sum to the request.
            problem.units.push(request.quantity * (slice + 1) / SLICES - request.quantity * slice / SLICES);
            of_slice.push(at);
            let worth = i64::from(request.need) * (SLICES - slice) as i64 * WORTH;
            let ways = lots.iter().enumerate().filter(|(_, lot)| serves(lot, request));
            problem.lanes.extend(ways.map(|(to, lot)| Lane { from, to, cost: way(lot, request) - worth }));
        }
    }
    let shipment = problem.solve()?;
    let mut sent = BTreeMap::<(usize, usize), u64>::new();
    for (lane, amount) in problem.lanes.iter().zip(&shipment.amounts).filter(|(_, amount)| **amount > 0) {
        if let Some(request) = of_slice.get(lane.from) {
            *sent.entry((*request, lane.to)).or_default() += amount;
        }
    }
    Ok(plan(requests, lots, &sent))
}

fn plan(requests: &[Request], lots: &[Lot], sent: &BTreeMap<(usize, usize), u64>) -> Plan {
    let mut plan = Plan::default();
    for (at, request) in requests.iter().enumerate() {
        let mut shares = Vec::new();
        for ((_, lot), quantity) in sent.range((at, 0)..(at + 1, 0)) {
            let Some(lot) = lots.get(*lot) else { continue };
            shares.push(Share {
                request: request.name.clone(),
                facility: lot.facility.clone(),
                lot: lot.lot.clone(),
                quantity: *quantity,
                minutes: minutes(lot.place, request.place),
                expires_in: lot.expires_in,
            });
        }
        shares.sort_by_key(|share| (share.expires_in.unwrap_or(u32::MAX), share.minutes));
        let missing = request.quantity - shares.iter().map(|share| share.quantity).sum::<u64>();
        plan.shares.append(&mut shares);
        if missing > 0 {
            let others = || lots.iter().filter(|lot| lot.free > 0 && lot.facility != request.facility);
            let why = match (others().next(), others().any(|lot| serves(lot, request))) {
                (None, _) => Why::NoStock,
                (Some(_), false) => Why::Expires,
                (Some(_), true) => Why::Shared,
            };
            plan.unmet.push(Unmet { request: request.name.clone(), quantity: missing, why });
        }
    }
    plan
}

/// Whether a lot is of use to a request: another's, and good on the day.
fn serves(lot: &Lot, request: &Request) -> bool {
    lot.free > 0 && lot.facility != request.facility && lot.expires_in.is_none_or(|days| days > request.in_days)
}

/// What it costs that this lot goes this way.
fn way(lot: &Lot, request: &Request) -> i64 {
    let class = lot.expires_in.map_or(CLASSES.len(), |days| CLASSES.iter().filter(|begins| days >= **begins).count());
    let tens = (minutes(lot.place, request.place) / 10).min(LONGEST);
    LATER * class as i64 + i64::from(tens)
}

#[cfg(test)]
mod tests;
