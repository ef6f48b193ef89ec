//! Arbitrary facts of goods and money.

use domain::event::*;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::{date, digest, name, number, text};

pub(super) fn item_defined() -> impl Strategy<Value = ItemDefined> {
    (name(), text(), name(), name(), number(), any::<bool>()).prop_map(|(item, title, gtin, unit, pack, cold_chain)| {
        ItemDefined { item, title, gtin, unit, pack, cold_chain }
    })
}

pub(super) fn stock_move() -> impl Strategy<Value = StockMove> {
    let marks = (option::of(date()), option::of(digest()));
    (name(), name(), name(), number(), name(), marks).prop_map(
        |(facility, item, lot, quantity, counterparty, (expiry, donation))| StockMove {
            facility,
            item,
            lot,
            quantity,
            counterparty,
            expiry,
            donation,
        },
    )
}

pub(super) fn stock_counted() -> impl Strategy<Value = StockCounted> {
    (name(), name(), name(), number(), name()).prop_map(|(facility, item, lot, counted, reason)| StockCounted {
        facility,
        item,
        lot,
        counted,
        reason,
    })
}

pub(super) fn stock_wasted() -> impl Strategy<Value = StockWasted> {
    (name(), name(), name(), number(), name()).prop_map(|(facility, item, lot, quantity, reason)| StockWasted {
        facility,
        item,
        lot,
        quantity,
        reason,
    })
}

pub(super) fn stock_adjusted() -> impl Strategy<Value = StockAdjusted> {
    (name(), name(), name(), any::<bool>(), number(), name()).prop_map(|(facility, item, lot, up, quantity, reason)| {
        StockAdjusted { facility, item, lot, up, quantity, reason }
    })
}

pub(super) fn hand_over() -> impl Strategy<Value = HandOver> {
    (name(), name(), name(), name(), number(), name(), option::of(digest())).prop_map(
        |(from, to, item, lot, quantity, condition, commit)| HandOver {
            from,
            to,
            item,
            lot,
            quantity,
            condition,
            commit,
        },
    )
}

pub(super) fn take_over() -> impl Strategy<Value = TakeOver> {
    (digest(), name(), name(), number(), name()).prop_map(|(hand_over, item, lot, quantity, condition)| TakeOver {
        hand_over,
        item,
        lot,
        quantity,
        condition,
    })
}

pub(super) fn settled() -> impl Strategy<Value = DiscrepancySettled> {
    (digest(), number(), number()).prop_map(|(hand_over, lost, returned)| DiscrepancySettled {
        hand_over,
        lost,
        returned,
    })
}

pub(super) fn request() -> impl Strategy<Value = ResourceRequest> {
    (name(), name(), number(), date(), name()).prop_map(|(facility, item, quantity, needed_by, reason)| {
        ResourceRequest { facility, item, quantity, needed_by, reason }
    })
}

pub(super) fn commit() -> impl Strategy<Value = Commit> {
    (digest(), name(), name(), number()).prop_map(|(request, from, lot, quantity)| Commit {
        request,
        from,
        lot,
        quantity,
    })
}

pub(super) fn release() -> impl Strategy<Value = Release> {
    digest().prop_map(|commit| Release { commit })
}

pub(super) fn pledge() -> impl Strategy<Value = Pledge> {
    (name(), number(), digest(), name()).prop_map(|(item, quantity, donor, purpose)| Pledge {
        item,
        quantity,
        donor,
        purpose,
    })
}

pub(super) fn purchase() -> impl Strategy<Value = Purchase> {
    let payment = (name(), name(), number()).prop_map(|(facility, lot, amount)| Payment { facility, lot, amount });
    (name(), name(), name(), number(), option::of(date()), name(), vec(payment, 0..=MAX_PAYMENTS)).prop_map(
        |(facility, item, lot, quantity, expiry, supplier, paid)| Purchase {
            facility,
            item,
            lot,
            quantity,
            expiry,
            supplier,
            paid,
        },
    )
}
