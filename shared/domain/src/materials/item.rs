//! What is counted: an item's name for people, its trade number, unit and pack. An item may be moved before anybody has
//! defined it, for a warehouse in an emergency takes what comes.

use crate::act::{Act, Halt};
use crate::codec::record;
use crate::event::{EventId, ItemDefined};
use crate::record::Outcome;
use crate::refusal::{Code, Refusal};
use crate::state::Draft;
use crate::text::check_stated;
use crate::{field, keys};

use super::MONEY;

record! {
    /// An item, at `keys::item(name)`.
    pub struct ItemRecord {
        /// Its name on the chain.
        pub item: String,
        /// Its name for people.
        pub title: String,
        /// GTIN-14, or empty.
        pub gtin: String,
        /// What is counted.
        pub unit: String,
        /// Units in a pack.
        pub pack: u64,
        /// Whether it must stay cold.
        pub cold_chain: bool,
        /// Who defined it first.
        pub member: String,
        /// The event that says how it is now.
        pub event: EventId,
    }
}

/// The form of a definition.
pub fn check_item(item: &ItemDefined) -> Result<(), Refusal> {
    field::name("item", &item.item)?;
    check_stated("title", &item.title)?;
    field::name("unit", &item.unit)?;
    field::count("pack", item.pack, 1)?;
    if !item.gtin.is_empty() && !is_gtin(&item.gtin) {
        let detail = "is no GTIN of 14 digits with its check digit; put zeros before a shorter one";
        return Err(Refusal::of(Code::UnknownCode, "gtin", detail));
    }
    if item.item == MONEY {
        return Err(Refusal::of(Code::NotOwner, "item", "money is defined by the rules; name another item"));
    }
    Ok(())
}

/// 14 digits whose last is the check digit of GS1 General Specifications, section 7.9: from the left the digits weigh 3
/// and 1 in turn, and with the check digit they sum to a multiple of ten.
fn is_gtin(code: &str) -> bool {
    let digits = code.len() == 14 && code.bytes().all(|byte| byte.is_ascii_digit());
    let weighed = code.bytes().zip([3, 1].into_iter().cycle());
    digits && weighed.map(|(byte, weight)| u32::from(byte.saturating_sub(b'0')) * weight).sum::<u32>() % 10 == 0
}

/// Defines an item: the first word is anybody's, later ones are that member's or a managing member's, who answers for
/// others. The unit stays, for everything in the log is counted in it.
pub(crate) fn define(draft: &mut Draft<'_>, act: &Act<'_>, item: &ItemDefined) -> Result<Outcome, Halt> {
    let key = keys::item(&item.item);
    let before = draft.get::<ItemRecord>(&key)?;
    if let Some(known) = &before {
        if known.member != act.member.id && !act.member.node_role.manages() {
            let detail = "another member has defined this item; it or a management member may define it again";
            return Err(Refusal::of(Code::NotOwner, "item", detail).into());
        }
        if known.unit != item.unit {
            let detail = format!("the item is counted in {}; name another item for another unit", known.unit);
            return Err(Refusal::of(Code::LotMixed, "unit", detail).into());
        }
    }
    let record = ItemRecord {
        item: item.item.clone(),
        title: item.title.clone(),
        gtin: item.gtin.clone(),
        unit: item.unit.clone(),
        pack: item.pack,
        cold_chain: item.cold_chain,
        member: before.map_or_else(|| act.member.id.clone(), |known| known.member),
        event: act.submitted.id,
    };
    draft.put(key, &record);
    Ok(Outcome::Accepted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gtin_has_fourteen_digits_of_which_the_last_checks_the_others() {
        // GS1's own worked example 6 29104 15002 1 (GTIN-13), and 0 36000 29145 2 (the UPC-A of every textbook).
        for code in ["06291041500213", "00036000291452", "00000000000000"] {
            assert!(is_gtin(code), "{code}");
        }
        for code in ["06291041500214", "6291041500213", "0629104150021x", "", "00036000291425"] {
            assert!(!is_gtin(code), "{code}");
        }
    }
}
