//! What one store says of its own shelves: what came from outside, what was used, counted, destroyed or corrected.

use crate::act::{Act, Halt};
use crate::event::{StockAdjusted, StockCounted, StockMove, StockWasted};
use crate::record::Outcome;
use crate::refusal::{Code, Refusal};
use crate::state::Draft;
use crate::{facility, field};

use super::donation;
use super::flow::Flow;
use super::lot::{Lot, Marks, Place, place};

/// The form of a receipt.
pub fn check_received(stock: &StockMove) -> Result<(), Refusal> {
    place(&stock.facility, &stock.item, &stock.lot)?;
    field::name("counterparty", &stock.counterparty)?;
    field::count("quantity", stock.quantity, 1)?;
    if stock.counterparty == stock.facility {
        return Err(Refusal::of(Code::SelfTransfer, "counterparty", "a movement goes from one place to another"));
    }
    Ok(())
}

/// The form of a use: as of a receipt, but expiry and donation are the lot's already.
pub fn check_issued(stock: &StockMove) -> Result<(), Refusal> {
    check_received(stock)?;
    if stock.expiry.is_some() || stock.donation.is_some() {
        return Err(Refusal::of(Code::Malformed, "expiry", "expiry and donation are said when stock is received"));
    }
    Ok(())
}

/// The form of a stocktake.
pub fn check_counted(count: &StockCounted) -> Result<(), Refusal> {
    place(&count.facility, &count.item, &count.lot)?;
    field::count("counted", count.counted, 0)?;
    field::name("reason", &count.reason)
}

/// The form of waste.
pub fn check_wasted(waste: &StockWasted) -> Result<(), Refusal> {
    place(&waste.facility, &waste.item, &waste.lot)?;
    field::count("quantity", waste.quantity, 1)?;
    field::name("reason", &waste.reason)
}

/// The form of a correction.
pub fn check_adjusted(adjusted: &StockAdjusted) -> Result<(), Refusal> {
    place(&adjusted.facility, &adjusted.item, &adjusted.lot)?;
    field::count("quantity", adjusted.quantity, 1)?;
    field::name("reason", &adjusted.reason)
}

/// Stock that came in: opens a lot or adds to one of the same expiry and donation.
pub(crate) fn received(draft: &mut Draft<'_>, act: &Act<'_>, stock: &StockMove) -> Result<Outcome, Halt> {
    facility::claim(draft, &stock.facility, act.member)?;
    if let Some(id) = &stock.donation {
        donation::taken_by(draft, id, act.member, &stock.item)?;
    }
    let marks = Marks { expiry: stock.expiry, donation: stock.donation, purchase: None };
    let place = Place { facility: &stock.facility, item: &stock.item, lot: &stock.lot };
    let mut lot = Lot::taking(draft, act.member, place, &marks)?;
    lot.flow(draft, Flow::Received, stock.quantity)?;
    lot.keep(draft, act);
    Ok(Outcome::Accepted)
}

/// Stock that was used.
pub(crate) fn issued(draft: &mut Draft<'_>, act: &Act<'_>, stock: &StockMove) -> Result<Outcome, Halt> {
    let place = Place { facility: &stock.facility, item: &stock.item, lot: &stock.lot };
    let lot = Lot::own(draft, act.member, place)?;
    lot.has_free(stock.quantity)?;
    one_flow(draft, act, lot, Flow::Issued, stock.quantity)
}

/// A stocktake: what the books lack is found, what they have too much is missing. It stands also below what is promised,
/// because a promise puts nothing on a shelf.
pub(crate) fn counted(draft: &mut Draft<'_>, act: &Act<'_>, count: &StockCounted) -> Result<Outcome, Halt> {
    let place = Place { facility: &count.facility, item: &count.item, lot: &count.lot };
    let lot = Lot::own(draft, act.member, place)?;
    let on_hand = lot.record.on_hand();
    let flow = if count.counted >= on_hand { Flow::Found } else { Flow::Missing };
    one_flow(draft, act, lot, flow, count.counted.abs_diff(on_hand))
}

/// Stock that is no use any more, promised or not.
pub(crate) fn wasted(draft: &mut Draft<'_>, act: &Act<'_>, waste: &StockWasted) -> Result<Outcome, Halt> {
    let place = Place { facility: &waste.facility, item: &waste.item, lot: &waste.lot };
    let lot = Lot::own(draft, act.member, place)?;
    one_flow(draft, act, lot, Flow::Wasted, waste.quantity)
}

/// A correction of the books without a count.
pub(crate) fn adjusted(draft: &mut Draft<'_>, act: &Act<'_>, adjusted: &StockAdjusted) -> Result<Outcome, Halt> {
    let place = Place { facility: &adjusted.facility, item: &adjusted.item, lot: &adjusted.lot };
    let lot = Lot::own(draft, act.member, place)?;
    one_flow(draft, act, lot, if adjusted.up { Flow::Found } else { Flow::Missing }, adjusted.quantity)
}

fn one_flow(draft: &mut Draft<'_>, act: &Act<'_>, mut lot: Lot, flow: Flow, quantity: u64) -> Result<Outcome, Halt> {
    lot.flow(draft, flow, quantity)?;
    lot.keep(draft, act);
    Ok(Outcome::Accepted)
}
