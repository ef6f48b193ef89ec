//! Purchases, which name the money they were paid from.

use crate::act::{Act, Halt};
use crate::codec::record;
use crate::event::{EventId, MAX_PAYMENTS, Purchase};
use crate::record::Outcome;
use crate::refusal::{Code, Refusal};
use crate::state::Draft;
use crate::{facility, field, keys};

use super::MONEY;
use super::flow::Flow;
use super::lot::{Lot, Marks, Place, place};

record! {
    /// A purchase, at `keys::purchase(event)`.
    pub struct PurchaseRecord {
        /// The store the goods went to.
        pub facility: String,
        /// The item.
        pub item: String,
        /// The lot.
        pub lot: String,
        /// Units.
        pub quantity: u64,
        /// Who sold them.
        pub supplier: String,
        /// Who bought.
        pub member: String,
        /// What paid.
        pub paid: Vec<Paid>,
    }

    /// Money of a purchase.
    pub struct Paid {
        /// The fund.
        pub facility: String,
        /// The lot of money.
        pub lot: String,
        /// Fen.
        pub amount: u64,
        /// The gift it was.
        pub donation: Option<EventId>,
    }
}

/// The form of a purchase.
pub fn check_purchase(purchase: &Purchase) -> Result<(), Refusal> {
    place(&purchase.facility, &purchase.item, &purchase.lot)?;
    field::count("quantity", purchase.quantity, 1)?;
    field::name("supplier", &purchase.supplier)?;
    if purchase.item == MONEY {
        return Err(Refusal::of(Code::SelfTransfer, "item", "money buys no money; hand it over"));
    }
    if purchase.paid.is_empty() {
        return Err(Refusal::of(Code::Malformed, "paid", "a purchase names the money it was paid from"));
    }
    field::limit("paid", purchase.paid.len(), MAX_PAYMENTS)?;
    for payment in &purchase.paid {
        field::name("paid.facility", &payment.facility)?;
        field::name("paid.lot", &payment.lot)?;
        field::count("paid.amount", payment.amount, 1)?;
    }
    let mut lots = purchase.paid.iter().map(|payment| (&payment.facility, &payment.lot)).collect::<Vec<_>>();
    lots.sort_unstable();
    if !lots.is_sorted_by(|one, next| one < next) {
        return Err(Refusal::of(Code::Malformed, "paid", "a lot of money is named once"));
    }
    Ok(())
}

/// Goods are bought: money leaves its lots, goods enter one of their own that remembers the purchase.
pub(crate) fn purchase(draft: &mut Draft<'_>, act: &Act<'_>, purchase: &Purchase) -> Result<Outcome, Halt> {
    let mut paid = Vec::new();
    for payment in &purchase.paid {
        let place = Place { facility: &payment.facility, item: MONEY, lot: &payment.lot };
        let mut lot = Lot::own(draft, act.member, place)?;
        lot.has_free(payment.amount)?;
        lot.flow(draft, Flow::Spent, payment.amount)?;
        paid.push(Paid {
            facility: payment.facility.clone(),
            lot: payment.lot.clone(),
            amount: payment.amount,
            donation: lot.record.marks.donation,
        });
        lot.keep(draft, act);
    }
    facility::claim(draft, &purchase.facility, act.member)?;
    let id = act.submitted.id;
    let place = Place { facility: &purchase.facility, item: &purchase.item, lot: &purchase.lot };
    let marks = Marks { expiry: purchase.expiry, donation: None, purchase: Some(id) };
    let mut lot = Lot::taking(draft, act.member, place, &marks)?;
    lot.flow(draft, Flow::Received, purchase.quantity)?;
    lot.keep(draft, act);
    let record = PurchaseRecord {
        facility: purchase.facility.clone(),
        item: purchase.item.clone(),
        lot: purchase.lot.clone(),
        quantity: purchase.quantity,
        supplier: purchase.supplier.clone(),
        member: act.member.id.clone(),
        paid,
    };
    draft.put(keys::purchase(&id), &record);
    Ok(Outcome::Accepted)
}
