//! Goods and money in members' stores, and how they pass from hand to hand: one engine for both, so that units and fen
//! close by the same rules. Money is the item [`MONEY`]; a fund is a facility that holds lots of it.
//!
//! - `item`: what is counted;
//! - `lot`: a lot in a store, and every way in and out of it (`flow`);
//! - `count`: receipts, use, stocktakes, waste, corrections;
//! - `custody`: hand-overs signed by giver and taker, and what they do not agree on;
//! - `request`: what is asked for, promised, requisitioned and released;
//! - `donation`: gifts and what became of them, `purchase`: what was bought from them;
//! - `gift`: what became of gifts, from their events alone;
//! - `idle`: what lies idle while a designated hospital is short of it;
//! - `follow`: the records of this area again, for who reads a final log.
//!
//! What always holds, of every lot, donation and item: held + in transit + disputed + used + wasted + missing + lost +
//! spent = received + found, and none of them is below zero. It is no plan: who should get what is proposed elsewhere.

mod count;
mod custody;
mod donation;
mod flow;
mod follow;
pub mod gift;
pub(crate) mod idle;
mod item;
mod lot;
mod purchase;
mod request;

pub(crate) use count::{adjusted, counted, issued, received, wasted};
pub use count::{check_adjusted, check_counted, check_issued, check_received, check_wasted};
pub use custody::{DiscrepancyRecord, HandOverRecord, Handed, Said, check_hand_over, check_settled, check_take_over};
pub(crate) use custody::{hand_over, settled, take_over};
pub(crate) use donation::pledge;
pub use donation::{DonationRecord, check_pledge};
pub use follow::executed;
pub use idle::{IDLE_AFTER_MS, LOOK_AGAIN_MS, MAX_LOTS};
pub(crate) use item::define;
pub use item::{ItemRecord, check_item};
pub use lot::{Marks, StockRecord};
pub(crate) use purchase::purchase;
pub use purchase::{Paid, PurchaseRecord, check_purchase};
pub use request::{CommitRecord, RequestRecord, RequestState, check_commit, check_request};
pub(crate) use request::{asked, commit, release, requisition};

use crate::event::{EventId, MAX_COUNT};
use crate::refusal::{Code, Refusal};
use crate::state::Fault;

/// Money, in fen of the renminbi: the one item nobody defines.
pub const MONEY: &str = "cny-fen";

/// A sum that stays exact in every reader.
fn more(sum: u64, by: u64) -> Result<u64, Refusal> {
    let detail = "the sum would be more than 2^53 units";
    sum.checked_add(by).filter(|sum| *sum <= MAX_COUNT).ok_or_else(|| Refusal::of(Code::OutOfRange, "quantity", detail))
}

/// What is left. No rule takes more than it has looked at, so if it is not there the store is wrong.
fn less(from: u64, by: u64) -> Result<u64, Fault> {
    from.checked_sub(by).ok_or_else(|| Fault(String::from("the sums of a lot, promise or donation do not close")))
}

/// A reference to an event of another kind, or to none that was taken here.
fn no_such(field: &'static str, what: &str, id: &EventId) -> Refusal {
    Refusal::of(Code::BadCause, field, format!("{id} is no {what} of this chain"))
}

#[cfg(test)]
mod tests;
