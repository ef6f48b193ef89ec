//! Stock on the wire (`tocsin.materials.v1`).

use domain::event::StockMove;
use domain::refusal::Refusal;

use crate::canonical::text;
use crate::proto::materials::v1 as proto;

pub(crate) fn stock_move_out(fact: &StockMove) -> proto::StockMove {
    proto::StockMove {
        facility: fact.facility.clone(),
        item: fact.item.clone(),
        lot: fact.lot.clone(),
        quantity: fact.quantity,
        counterparty: fact.counterparty.clone(),
    }
}

pub(crate) fn stock_move_in(fact: proto::StockMove) -> Result<StockMove, Refusal> {
    Ok(StockMove {
        facility: text(fact.facility, "facility")?,
        item: text(fact.item, "item")?,
        lot: text(fact.lot, "lot")?,
        quantity: fact.quantity,
        counterparty: text(fact.counterparty, "counterparty")?,
    })
}
