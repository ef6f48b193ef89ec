//! A step of a gift's way in a sentence.

use domain::event::{EventId, Fact};
use domain::materials::MONEY;

/// What the event states.
pub(super) fn of(fact: &Fact) -> String {
    match fact {
        Fact::Pledge(pledge) => format!("pledged {} for {}", units(pledge.quantity, &pledge.item), pledge.purpose),
        Fact::StockReceived(stock) => {
            let what = units(stock.quantity, &stock.item);
            format!("{} received {what} (lot {}) from {}", stock.facility, stock.lot, stock.counterparty)
        }
        Fact::StockIssued(stock) => {
            let what = units(stock.quantity, &stock.item);
            format!("{} issued {what} (lot {}) to {}", stock.facility, stock.lot, stock.counterparty)
        }
        Fact::StockCounted(count) => {
            let what = units(count.counted, &count.item);
            format!("{} counted {what} (lot {}): {}", count.facility, count.lot, count.reason)
        }
        Fact::StockWasted(waste) => {
            let what = units(waste.quantity, &waste.item);
            format!("{} destroyed {what} (lot {}): {}", waste.facility, waste.lot, waste.reason)
        }
        Fact::StockAdjusted(by) => {
            let (what, way) = (units(by.quantity, &by.item), if by.up { "up" } else { "down" });
            format!("{} corrected its books {way} by {what} (lot {}): {}", by.facility, by.lot, by.reason)
        }
        Fact::HandOver(given) => {
            let what = units(given.quantity, &given.item);
            format!("{} handed over {what} (lot {}, {}) to {}", given.from, given.lot, given.condition, given.to)
        }
        Fact::TakeOver(taken) => {
            let what = units(taken.quantity, &taken.item);
            format!(
                "took over {what} (lot {}, {}) of hand-over {}",
                taken.lot,
                taken.condition,
                short(&taken.hand_over)
            )
        }
        Fact::DiscrepancySettled(said) => {
            let (lost, back) = (said.lost, said.returned);
            format!("says of hand-over {}: {lost} lost, {back} back with the giver", short(&said.hand_over))
        }
        Fact::ResourceRequest(asked) => {
            let what = units(asked.quantity, &asked.item);
            format!("{} asked for {what} by {}: {}", asked.facility, asked.needed_by, asked.reason)
        }
        Fact::Commit(kept) => {
            format!("{} promised {} (lot {}) for request {}", kept.from, kept.quantity, kept.lot, short(&kept.request))
        }
        Fact::Requisition(kept) => {
            let (from, request) = (&kept.from, short(&kept.request));
            format!("requisitioned {} from {from} (lot {}) for request {request}", kept.quantity, kept.lot)
        }
        Fact::Release(release) => format!("released what was left of promise {}", short(&release.commit)),
        Fact::Purchase(bought) => {
            let price = bought.paid.iter().map(|paid| paid.amount).fold(0, u64::saturating_add);
            let (what, for_) = (units(bought.quantity, &bought.item), units(price, MONEY));
            format!("bought {what} (lot {}) from {} for {for_}, into {}", bought.lot, bought.supplier, bought.facility)
        }
        // The rules let nothing else into a gift's way.
        other => domain::record::Kind::of(other).name().to_owned(),
    }
}

/// Units of an item; money is counted in fen.
pub(super) fn units(quantity: u64, item: &str) -> String {
    if item == MONEY { format!("{quantity} fen") } else { format!("{quantity} {item}") }
}

/// The first digits of an id, enough to find it among the lines above.
pub(super) fn short(id: &EventId) -> String {
    id.to_string().chars().take(8).collect()
}
