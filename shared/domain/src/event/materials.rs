//! Facts about goods and money: what an item is, what moves in a store, what goes from hand to hand, what is asked for,
//! promised, given and bought. Names are as in [`crate::chain::is_name`]; quantities are whole units of the item (fen for
//! money, [`crate::materials::MONEY`]). Owned by [`crate::materials`].

use proof::digest::Digest;

use super::EventId;
use crate::time::Date;

/// Lots a purchase is paid from: a fund's gifts that one invoice is split over. The lots are listed in the log for ever,
/// so whoever pays from more first puts the money together.
pub const MAX_PAYMENTS: usize = 16;

/// What an item is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemDefined {
    /// Its name on the chain, e.g. `n95-mask`.
    pub item: String,
    /// Its name for people.
    pub title: String,
    /// GS1 Global Trade Item Number in its form of 14 digits; empty for an item without one.
    pub gtin: String,
    /// What is counted, e.g. `piece`, `litre`. It never changes, for the log counts in it.
    pub unit: String,
    /// Units in the pack it is handled in, at least 1.
    pub pack: u64,
    /// Whether it must stay cold.
    pub cold_chain: bool,
}

/// Stock that came in from outside the chain, or was used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StockMove {
    /// The store.
    pub facility: String,
    /// The item, e.g. `n95-mask`.
    pub item: String,
    /// The lot.
    pub lot: String,
    /// Units, at least 1.
    pub quantity: u64,
    /// Where from, or who uses it: a supplier, a ward.
    pub counterparty: String,
    /// The last day it may be used; on a receipt only.
    pub expiry: Option<Date>,
    /// The pledge it was given for; on a receipt only.
    pub donation: Option<EventId>,
}

/// A stocktake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StockCounted {
    /// The store.
    pub facility: String,
    /// The item.
    pub item: String,
    /// The lot.
    pub lot: String,
    /// Units that were there.
    pub counted: u64,
    /// Why it was counted.
    pub reason: String,
}

/// Stock that was destroyed or can't be used any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StockWasted {
    /// The store.
    pub facility: String,
    /// The item.
    pub item: String,
    /// The lot.
    pub lot: String,
    /// Units, at least 1.
    pub quantity: u64,
    /// Why, e.g. `expired`, `cold-chain-broken`.
    pub reason: String,
}

/// A correction of the books.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StockAdjusted {
    /// The store.
    pub facility: String,
    /// The item.
    pub item: String,
    /// The lot.
    pub lot: String,
    /// Whether there is more than the books say, or less.
    pub up: bool,
    /// By how many units, at least 1.
    pub quantity: u64,
    /// Why.
    pub reason: String,
}

/// What a giver lets out of his hands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandOver {
    /// The giver's store.
    pub from: String,
    /// The taker's store; another one.
    pub to: String,
    /// The item.
    pub item: String,
    /// The lot.
    pub lot: String,
    /// Units, at least 1.
    pub quantity: u64,
    /// In which condition, e.g. `good`.
    pub condition: String,
    /// The promise it fulfils.
    pub commit: Option<EventId>,
}

/// What a taker found in his hands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakeOver {
    /// The hand-over he answers.
    pub hand_over: EventId,
    /// The item.
    pub item: String,
    /// The lot.
    pub lot: String,
    /// Units; 0 when nothing came.
    pub quantity: u64,
    /// In which condition, e.g. `good`, `damaged`.
    pub condition: String,
}

/// What became of the units a giver and a taker did not agree on; it counts once both say the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiscrepancySettled {
    /// The hand-over.
    pub hand_over: EventId,
    /// Units that are gone.
    pub lost: u64,
    /// Units the giver has again.
    pub returned: u64,
}

/// Goods or money asked for (EDXL-RM: RequestResource).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceRequest {
    /// Where they are needed.
    pub facility: String,
    /// The item.
    pub item: String,
    /// Units, at least 1.
    pub quantity: u64,
    /// The day by which.
    pub needed_by: Date,
    /// What for.
    pub reason: String,
}

/// A promise of stock for a request by its owner (EDXL-RM: CommitResource), or an order that takes it (RequisitionResource).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit {
    /// The request.
    pub request: EventId,
    /// The store it comes from.
    pub from: String,
    /// The lot.
    pub lot: String,
    /// Units, at least 1.
    pub quantity: u64,
}

/// What is left of a promise is free again (EDXL-RM: ReleaseResource).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Release {
    /// The promise.
    pub commit: EventId,
}

/// A gift that a member says it will take. The event's id names the donation from then on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pledge {
    /// The item; [`crate::materials::MONEY`] for money.
    pub item: String,
    /// Units, at least 1.
    pub quantity: u64,
    /// SHA-256 of the look-up code the donor was given: who has the code finds his gift, the log names nobody.
    pub donor: Digest,
    /// What it is for.
    pub purpose: String,
}

/// Goods bought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Purchase {
    /// The store they go to.
    pub facility: String,
    /// The item.
    pub item: String,
    /// The lot.
    pub lot: String,
    /// Units, at least 1.
    pub quantity: u64,
    /// The last day they may be used.
    pub expiry: Option<Date>,
    /// Who sold them.
    pub supplier: String,
    /// What paid for them: 1 to [`MAX_PAYMENTS`] lots of money, each named once.
    pub paid: Vec<Payment>,
}

/// Money out of a lot of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payment {
    /// The fund.
    pub facility: String,
    /// The lot of money.
    pub lot: String,
    /// Fen, at least 1.
    pub amount: u64,
}
