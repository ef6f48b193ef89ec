//! Gifts of goods and money, and what became of every unit of them. A donor is known by the hash of a code only: who has the
//! code finds his gift, the log names nobody.

use proof::digest::Digest;

use crate::act::{Act, Halt};
use crate::codec::record;
use crate::event::{EventId, Pledge};
use crate::record::{MemberRecord, Outcome};
use crate::refusal::{Code, Refusal};
use crate::state::Draft;
use crate::{field, keys};

use super::flow::Flow;
use super::{less, more, no_such};

record! {
    /// A donation, at `keys::donation(event of the pledge)`. What its lots hold is what the other sums leave.
    pub struct DonationRecord {
        /// The item.
        pub item: String,
        /// The member that takes it.
        pub member: String,
        /// SHA-256 of the donor's look-up code.
        pub donor: Digest,
        /// What it is for.
        pub purpose: String,
        /// Units announced.
        pub pledged: u64,
        /// Units that came; more or fewer than were announced.
        pub received: u64,
        /// Units found beyond the books.
        pub found: u64,
        /// Units between a giver and a taker.
        pub in_transit: u64,
        /// Units a giver and a taker do not agree on.
        pub disputed: u64,
        /// Units used.
        pub used: u64,
        /// Units destroyed.
        pub wasted: u64,
        /// Units missing from the books.
        pub missing: u64,
        /// Units lost between a giver and a taker.
        pub lost: u64,
        /// Money paid for goods.
        pub spent: u64,
    }
}

impl DonationRecord {
    /// Units that lie in stores.
    pub fn held(&self) -> u64 {
        let out = [self.in_transit, self.disputed, self.used, self.wasted, self.missing, self.lost, self.spent];
        self.received.saturating_add(self.found).saturating_sub(out.into_iter().fold(0, u64::saturating_add))
    }
}

/// The form of a pledge.
pub fn check_pledge(pledge: &Pledge) -> Result<(), Refusal> {
    field::name("item", &pledge.item)?;
    field::count("quantity", pledge.quantity, 1)?;
    field::stated_digest("donor", &pledge.donor)?;
    field::name("purpose", &pledge.purpose)
}

/// A gift is announced.
pub(crate) fn pledge(draft: &mut Draft<'_>, act: &Act<'_>, pledge: &Pledge) -> Result<Outcome, Halt> {
    let record = DonationRecord {
        item: pledge.item.clone(),
        member: act.member.id.clone(),
        donor: pledge.donor,
        purpose: pledge.purpose.clone(),
        pledged: pledge.quantity,
        received: 0,
        found: 0,
        in_transit: 0,
        disputed: 0,
        used: 0,
        wasted: 0,
        missing: 0,
        lost: 0,
        spent: 0,
    };
    draft.put(keys::donation(&act.submitted.id), &record);
    Ok(Outcome::Accepted)
}

/// Refuses a receipt for a donation that is another member's to take or of another item.
pub(super) fn taken_by(draft: &mut Draft<'_>, id: &EventId, member: &MemberRecord, item: &str) -> Result<(), Halt> {
    let donation = known(draft, id)?;
    if donation.member != member.id {
        let detail = "another member takes this donation; it hands over what it has received";
        return Err(Refusal::of(Code::NotOwner, "donation", detail).into());
    }
    if donation.item != item {
        let detail = format!("the donation was pledged in {}", donation.item);
        return Err(Refusal::of(Code::LotMixed, "donation", detail).into());
    }
    Ok(())
}

fn known(draft: &mut Draft<'_>, id: &EventId) -> Result<DonationRecord, Halt> {
    let found = draft.get::<DonationRecord>(&keys::donation(id))?;
    found.ok_or_else(|| no_such("donation", "pledge", id).into())
}

/// What a flow of a lot does to the donation its units are of.
pub(super) fn flows(draft: &mut Draft<'_>, id: &EventId, flow: Flow, quantity: u64) -> Result<(), Halt> {
    let mut donation = known(draft, id)?;
    let all = more(donation.received, donation.found)?;
    match flow {
        Flow::Received | Flow::Found => {
            more(all, quantity)?;
            let sum = if flow == Flow::Received { &mut donation.received } else { &mut donation.found };
            *sum = more(*sum, quantity)?;
        }
        Flow::TakenOver => donation.in_transit = less(donation.in_transit, quantity)?,
        Flow::Returned => donation.disputed = less(donation.disputed, quantity)?,
        Flow::HandedOver => donation.in_transit = more(donation.in_transit, quantity)?,
        Flow::Issued => donation.used = more(donation.used, quantity)?,
        Flow::Wasted => donation.wasted = more(donation.wasted, quantity)?,
        Flow::Missing => donation.missing = more(donation.missing, quantity)?,
        Flow::Spent => donation.spent = more(donation.spent, quantity)?,
    }
    draft.put(keys::donation(id), &donation);
    Ok(())
}

/// Units in transit that a giver and a taker do not agree on.
pub(super) fn disputed(draft: &mut Draft<'_>, id: &EventId, quantity: u64) -> Result<(), Halt> {
    let mut donation = known(draft, id)?;
    donation.in_transit = less(donation.in_transit, quantity)?;
    donation.disputed = more(donation.disputed, quantity)?;
    draft.put(keys::donation(id), &donation);
    Ok(())
}

/// Disputed units that are gone.
pub(super) fn lost(draft: &mut Draft<'_>, id: &EventId, quantity: u64) -> Result<(), Halt> {
    let mut donation = known(draft, id)?;
    donation.disputed = less(donation.disputed, quantity)?;
    donation.lost = more(donation.lost, quantity)?;
    draft.put(keys::donation(id), &donation);
    Ok(())
}
