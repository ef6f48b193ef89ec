//! A checked gift for people and as JSON.

use std::fmt::Write as _;

use domain::event::EventId;
use domain::materials::StockRecord;
use domain::materials::gift::{Bought, Given};
use domain::record::Kind;
use domain::time::Millis;
use proof::gift::Sums;
use serde_json::{Value, json};

use super::{Checked, words};

/// What no such file can show.
const NOT_SHOWN: [&str; 6] = [
    "that nothing happened since: it is as of the checkpoint named above; fetch it again for later events",
    "that no event was left out by who made the file: units that were used, lost or destroyed in it would be shown as held; \
     `tocsin export` and `tocsin trace` look for it in the whole log",
    "who signed with a key that came after the genesis: the file says whose it is, and so which side of a dispute spoke",
    "that a box held what was signed for: two members who lie alike are believed",
    "which of the goods that several gifts paid for together are of whose money",
    "whose gift it is: the pledge holds the SHA-256 of the look-up code, which is not in the file",
];

impl Checked {
    /// When the top checkpoint was final.
    fn final_since(&self) -> Millis {
        Millis(self.verified.time_s.saturating_mul(1000))
    }

    /// Whether the genesis says whose key signed an event.
    fn by_genesis(&self, id: &EventId) -> bool {
        let mut both = self.told.steps.iter().zip(&self.verified.events);
        both.any(|(step, shown)| shown.leaf.event == *id && step.by_genesis)
    }

    /// How far the chain's log is shown.
    fn size(&self) -> u64 {
        self.verified.levels.first().map_or(0, |own| own.checkpoint.size)
    }

    /// The way in plain lines.
    pub fn text(&self) -> String {
        let (gifts, events) = (&self.told.account.gifts, self.told.steps.len());
        // Writing to a String cannot fail, here and below.
        let mut out = format!("verified: {} of {}, {events} events\n", counted(gifts.len(), "gift"), self.chain);
        let _ = writeln!(out, "  as of {} entries of the log of {}", self.size(), self.chain);
        let _ = writeln!(out, "  final since {} by the cosigners of the genesis of {}", self.final_since(), self.top);
        for given in gifts {
            given_lines(&mut out, given, said_to_be(self.by_genesis(&given.id)));
        }
        for goods in &self.told.account.bought {
            bought_lines(&mut out, goods);
        }
        out += "\nthe way, each step signed by who did it\n";
        for (step, shown) in self.told.steps.iter().zip(&self.verified.events) {
            let _ = writeln!(
                out,
                "  {:>6}  {}  {}{}: {}  [{}]",
                shown.index,
                step.event.occurred_at,
                step.member,
                said_to_be(step.by_genesis),
                words::of(&step.event.fact),
                words::short(&shown.leaf.event)
            );
        }
        out += "\nwhat this does not show\n";
        for line in NOT_SHOWN {
            let _ = writeln!(out, "  - {line}");
        }
        out
    }

    /// The same for programs.
    pub fn json(&self) -> Value {
        let steps = self.told.steps.iter().zip(&self.verified.events).map(|(step, shown)| {
            json!({
                "index": shown.index,
                "height": shown.leaf.height,
                "event_id": shown.leaf.event.to_string(),
                "kind": Kind::of(&step.event.fact).name(),
                "occurred_at": step.event.occurred_at.to_string(),
                "member": step.member,
                "member_by_genesis": step.by_genesis,
                "key": shown.signed.key.to_string(),
                "says": words::of(&step.event.fact),
            })
        });
        let levels = self.verified.levels.iter().map(|level| {
            let checkpoint = &level.checkpoint;
            json!({ "chain": level.chain, "size": checkpoint.size, "root": checkpoint.root.to_string() })
        });
        json!({
            "verified": true,
            "chain": self.chain,
            "final_since": self.final_since().to_string(),
            "logs": levels.collect::<Value>(),
            "gifts": self.told.account.gifts.iter().map(|given| given_json(given, self.by_genesis(&given.id))).collect::<Value>(),
            "bought": self.told.account.bought.iter().map(bought_json).collect::<Value>(),
            "steps": steps.collect::<Value>(),
            "not_shown": NOT_SHOWN,
        })
    }
}

fn counted(number: usize, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}

/// What stands behind a member's name.
fn said_to_be(by_genesis: bool) -> &'static str {
    if by_genesis { "" } else { " (the file's word: its key came after the genesis)" }
}

fn given_lines(out: &mut String, given: &Given, said_to_be: &str) {
    let (record, sums) = (&given.record, &given.sums);
    let said = |quantity| words::units(quantity, &record.item);
    let _ = writeln!(out, "\ngift {}", given.id);
    let _ = writeln!(out, "  {} for {}, taken by {}{said_to_be}", said(sums.pledged), record.purpose, record.member);
    let _ = writeln!(out, "  the donor is known by the SHA-256 of a code: {}", record.donor);
    let more = match sums.received.saturating_sub(sums.pledged) {
        0 => String::new(),
        more => format!(", {} more than pledged", said(more)),
    };
    let _ = writeln!(
        out,
        "  pledged {} = received {} + open {}{more}",
        said(sums.pledged),
        sums.received.min(sums.pledged),
        sums.open()
    );
    sums_line(out, sums);
    stores(out, &given.stores);
}

fn bought_lines(out: &mut String, goods: &Bought) {
    let record = &goods.record;
    let _ = writeln!(
        out,
        "\nbought {} from {} (purchase {})",
        words::units(record.quantity, &record.item),
        record.supplier,
        goods.id
    );
    for paid in &record.paid {
        let gift = paid.donation.map_or_else(String::new, |gift| format!(" of gift {}", words::short(&gift)));
        let _ = writeln!(out, "  paid with {}{gift}", words::units(paid.amount, domain::materials::MONEY));
    }
    if goods.elsewhere > 0 {
        let _ = writeln!(out, "  and with {} from elsewhere", words::units(goods.elsewhere, domain::materials::MONEY));
    }
    sums_line(out, &goods.sums);
    stores(out, &goods.stores);
}

/// The sums that are not zero, as the equation that they make.
fn sums_line(out: &mut String, sums: &Sums) {
    let parts = accounted(sums).into_iter().filter(|(_, sum)| *sum > 0);
    let parts = parts.map(|(name, sum)| format!("{sum} {}", name.replace('_', " "))).collect::<Vec<_>>();
    let right = if parts.is_empty() { "0".to_owned() } else { parts.join(" + ") };
    let found = if sums.found > 0 { format!(" + {} found", sums.found) } else { String::new() };
    let _ = writeln!(out, "  received {}{found} = {right}: closes", sums.received);
}

fn stores(out: &mut String, stores: &[StockRecord]) {
    for lot in stores {
        let what = words::units(lot.on_hand(), &lot.item);
        let promised =
            if lot.reserved > 0 { format!(", of which {} are promised", lot.reserved) } else { String::new() };
        let _ = writeln!(out, "  held: {what} in {} (lot {}){promised}", lot.facility, lot.lot);
    }
}

/// What received and found units are now, by name.
fn accounted(sums: &Sums) -> [(&'static str, u64); 8] {
    [
        ("held", sums.held),
        ("in_transit", sums.in_transit),
        ("disputed", sums.disputed),
        ("used", sums.used),
        ("wasted", sums.wasted),
        ("missing", sums.missing),
        ("lost", sums.lost),
        ("spent", sums.spent),
    ]
}

fn sums_json(sums: &Sums) -> Value {
    let mut all = serde_json::Map::new();
    let came = [("received", sums.received), ("found", sums.found)];
    for (name, sum) in came.into_iter().chain(accounted(sums)) {
        all.insert(name.to_owned(), sum.into());
    }
    all.insert("closes".to_owned(), sums.closes().into());
    all.into()
}

fn stores_json(stores: &[StockRecord]) -> Value {
    let line = |lot: &StockRecord| json!({ "facility": lot.facility, "item": lot.item, "lot": lot.lot, "held": lot.on_hand(), "promised": lot.reserved });
    stores.iter().map(line).collect()
}

fn given_json(given: &Given, by_genesis: bool) -> Value {
    let record = &given.record;
    json!({
        "event_id": given.id.to_string(),
        "item": record.item,
        "purpose": record.purpose,
        "member": record.member,
        "member_by_genesis": by_genesis,
        "donor": record.donor.to_string(),
        "pledged": given.sums.pledged,
        "open": given.sums.open(),
        "sums": sums_json(&given.sums),
        "stores": stores_json(&given.stores),
    })
}

fn bought_json(goods: &Bought) -> Value {
    let record = &goods.record;
    let paid = record.paid.iter().map(|paid| {
        json!({ "facility": paid.facility, "lot": paid.lot, "amount": paid.amount,
            "gift": paid.donation.map(|gift| gift.to_string()) })
    });
    json!({
        "purchase": goods.id.to_string(),
        "item": record.item,
        "quantity": record.quantity,
        "supplier": record.supplier,
        "facility": record.facility,
        "paid": paid.collect::<Value>(),
        "paid_from_elsewhere": goods.elsewhere,
        "sums": sums_json(&goods.sums),
        "stores": stores_json(&goods.stores),
    })
}
