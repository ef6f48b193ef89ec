//! Examples of goods and money: one gift of masks on its way from a warehouse to a hospital.

use domain::event::*;
use domain::record::Kind;
use domain::time::Date;
use proof::digest::Digest;

pub(super) fn example(kind: Kind) -> Fact {
    let depot = || String::from("nanjing-central-warehouse");
    let hospital = || String::from("nanjing-second-hospital");
    let (item, lot) = (String::from("n95-mask"), String::from("2021-07-a"));
    let (quantity, expiry) = (12_000, Date::parse("2024-06-30"));
    let promise = Commit { request: Digest([12; 32]), from: depot(), lot: lot.clone(), quantity };
    match kind {
        Kind::ItemDefined => Fact::ItemDefined(ItemDefined {
            item,
            title: "Particulate respirator N95".into(),
            gtin: "06291041500213".into(),
            unit: "piece".into(),
            pack: 20,
            cold_chain: false,
        }),
        Kind::StockReceived => Fact::StockReceived(StockMove {
            facility: depot(),
            item,
            lot,
            quantity,
            counterparty: "jiangsu-reserve".into(),
            expiry,
            donation: Some(Digest([11; 32])),
        }),
        Kind::StockIssued => Fact::StockIssued(StockMove {
            facility: hospital(),
            item,
            lot,
            quantity: 240,
            counterparty: "isolation-ward-3".into(),
            expiry: None,
            donation: None,
        }),
        Kind::StockCounted => {
            Fact::StockCounted(StockCounted { facility: depot(), item, lot, counted: 11_980, reason: "weekly".into() })
        }
        Kind::StockWasted => {
            Fact::StockWasted(StockWasted { facility: depot(), item, lot, quantity: 20, reason: "water-damage".into() })
        }
        Kind::StockAdjusted => Fact::StockAdjusted(StockAdjusted {
            facility: depot(),
            item,
            lot,
            up: true,
            quantity: 20,
            reason: "pack-counted-twice".into(),
        }),
        Kind::HandOver => Fact::HandOver(HandOver {
            from: depot(),
            to: hospital(),
            item,
            lot,
            quantity,
            condition: "good".into(),
            commit: Some(Digest([13; 32])),
        }),
        Kind::TakeOver => Fact::TakeOver(TakeOver {
            hand_over: Digest([14; 32]),
            item,
            lot,
            quantity: 11_900,
            condition: "damaged".into(),
        }),
        Kind::DiscrepancySettled => {
            Fact::DiscrepancySettled(DiscrepancySettled { hand_over: Digest([14; 32]), lost: 60, returned: 40 })
        }
        Kind::ResourceRequest => Fact::ResourceRequest(ResourceRequest {
            facility: hospital(),
            item,
            quantity,
            needed_by: Date::parse("2021-07-24").unwrap(),
            reason: "isolation-wards".into(),
        }),
        Kind::Commit => Fact::Commit(promise),
        Kind::Requisition => Fact::Requisition(promise),
        Kind::Release => Fact::Release(Release { commit: Digest([13; 32]) }),
        Kind::Pledge => {
            Fact::Pledge(Pledge { item, quantity, donor: Digest([15; 32]), purpose: "isolation-wards".into() })
        }
        Kind::Purchase => Fact::Purchase(Purchase {
            facility: depot(),
            item,
            lot: "2021-07-b".into(),
            quantity: 5_000,
            expiry,
            supplier: "suzhou-mill".into(),
            paid: vec![Payment { facility: "nanjing-charity-fund".into(), lot: "gift-7".into(), amount: 1_250_000 }],
        }),
        other => panic!("{other:?} is of another area"),
    }
}
