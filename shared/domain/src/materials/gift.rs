//! What became of gifts, from their events alone: the rules' own effects (`follow`), in an empty state, with nothing beside
//! that the events do not say. So a donor who holds a proof of each event computes it himself.
//!
//! Lots of a gift hold nothing else, and lots bought are of one purchase, so the events of all others are not needed. Two
//! things can not be told: whose money is in which of the goods that several gifts paid for together, and whether an event
//! was left out.

use std::collections::{BTreeMap, BTreeSet};

use proof::gift::Sums;

use super::lot::Marks;
use super::{DiscrepancyRecord, DonationRecord, HandOverRecord, MONEY, PurchaseRecord, StockRecord, executed};
use crate::act::{Halt, Scene, Submitted};
use crate::codec::{self, Record};
use crate::event::{EventId, Fact, Payment, Purchase};
use crate::genesis::NodeRole;
use crate::keys;
use crate::record::MemberRecord;
use crate::refusal::{Code, Refusal};
use crate::state::{Fault, MemoryState, View, Writes, read};

/// The events of gifts, taken one after the other in the order of the log.
pub struct Way {
    gifts: BTreeSet<EventId>,
    state: MemoryState,
    /// Requests for which nothing of the gifts is promised yet.
    unmet: BTreeSet<EventId>,
    /// What other money paid of a purchase.
    elsewhere: BTreeMap<EventId, u64>,
}

/// What became of gifts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Every gift.
    pub gifts: Vec<Given>,
    /// What their money bought.
    pub bought: Vec<Bought>,
}

/// What became of a gift.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    /// Its pledge.
    pub id: EventId,
    /// What was pledged, and who takes it.
    pub record: DonationRecord,
    /// Its sums, added up from lots and hand-overs.
    pub sums: Sums,
    /// The lots in which something is left.
    pub stores: Vec<StockRecord>,
}

/// What became of goods that gifts paid for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bought {
    /// The purchase.
    pub id: EventId,
    /// What was bought where, and which gifts paid how much.
    pub record: PurchaseRecord,
    /// Fen of the price that came from elsewhere.
    pub elsewhere: u64,
    /// The goods' sums; none is pledged.
    pub sums: Sums,
    /// The lots in which something is left.
    pub stores: Vec<StockRecord>,
}

/// Why an event is not one of a gift's way.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Stray {
    /// It does not follow from those before it.
    #[error("it does not follow from the events before it: {}", .0.detail)]
    Refused(Refusal),
    /// It moves nothing of the gifts.
    #[error("it has nothing to do with the gift")]
    Needless,
    /// A record of the gifts can not be read: a mistake in the rules.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl From<Halt> for Stray {
    fn from(halt: Halt) -> Self {
        match halt {
            Halt::Refused(refusal) => Stray::Refused(refusal),
            Halt::Fault(fault) => Stray::Fault(fault),
        }
    }
}

impl Way {
    /// No event yet of gifts with these pledges.
    pub fn of(gifts: impl IntoIterator<Item = EventId>) -> Self {
        let gifts = gifts.into_iter().collect();
        Way { gifts, state: MemoryState::default(), unmet: BTreeSet::new(), elsewhere: BTreeMap::new() }
    }

    /// Takes the next event, which was executed, and who signed it.
    pub fn take(&mut self, scene: &Scene, submitted: &Submitted, member: &str) -> Result<(), Stray> {
        let id = submitted.id;
        let ours = match &submitted.event.fact {
            Fact::Pledge(_) if !self.gifts.contains(&id) => return Err(Stray::Needless),
            Fact::Purchase(purchase) => {
                let (ours, elsewhere) = self.paid(purchase)?;
                self.elsewhere.insert(id, elsewhere);
                let mut reduced = submitted.clone();
                reduced.event.fact = Fact::Purchase(ours);
                reduced
            }
            _ => submitted.clone(),
        };
        let writes = executed(&self.state, scene, &ours, &signer(member))?;
        self.state.apply(&writes);
        match &submitted.event.fact {
            Fact::ResourceRequest(_) => {
                self.unmet.insert(id);
                return Ok(());
            }
            Fact::Commit(commit) | Fact::Requisition(commit) => {
                self.unmet.remove(&commit.request);
            }
            _ => {}
        }
        if self.moves(&writes)? { Ok(()) } else { Err(Stray::Needless) }
    }

    /// The purchase as far as the gifts paid for it, and what came from elsewhere.
    fn paid(&self, purchase: &Purchase) -> Result<(Purchase, u64), Stray> {
        let (mut ours, mut elsewhere) = (Vec::new(), 0_u64);
        for payment in &purchase.paid {
            if self.is_ours(payment)? {
                ours.push(payment.clone());
            } else {
                elsewhere = elsewhere.saturating_add(payment.amount);
            }
        }
        if ours.is_empty() {
            return Err(Stray::Needless);
        }
        Ok((Purchase { paid: ours, ..purchase.clone() }, elsewhere))
    }

    fn is_ours(&self, payment: &Payment) -> Result<bool, Fault> {
        let lot = read::<StockRecord>(&self.state, &keys::stock(&payment.facility, MONEY, &payment.lot))?;
        Ok(lot.is_some_and(|lot| self.has(&lot.marks)))
    }

    /// Whether units with these marks are of the gifts, or bought from them.
    fn has(&self, marks: &Marks) -> bool {
        let bought = marks.purchase.as_ref().is_some_and(|purchase| self.elsewhere.contains_key(purchase));
        bought || marks.donation.as_ref().is_some_and(|gift| self.gifts.contains(gift))
    }

    /// Whether something of the gifts was written.
    fn moves(&self, writes: &Writes) -> Result<bool, Fault> {
        for (key, value) in writes {
            let Some(value) = value else { continue };
            let marks = if key.starts_with(b"stock/") {
                codec::decode::<StockRecord>(value).map(|lot| lot.marks)
            } else if key.starts_with(b"hand-over/") {
                codec::decode::<HandOverRecord>(value).map(|record| record.marks)
            } else if key.starts_with(b"discrepancy/") {
                let found = codec::decode::<DiscrepancyRecord>(value);
                let of = found.map(|found| read::<HandOverRecord>(&self.state, &keys::hand_over(&found.hand_over)));
                of.transpose()?.flatten().map(|record| record.marks)
            } else {
                None
            };
            // A pledge is the gift itself; others were turned away.
            if key.starts_with(b"donation/") || marks.is_some_and(|marks| self.has(&marks)) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// What became of the gifts by the events taken.
    pub fn account(&self) -> Result<Account, Stray> {
        if !self.unmet.is_empty() {
            return Err(Stray::Needless);
        }
        let mut account = Account { gifts: Vec::new(), bought: Vec::new() };
        for id in &self.gifts {
            let found = read::<DonationRecord>(&self.state, &keys::donation(id))?;
            let record = found.ok_or_else(|| {
                let detail = format!("{id} is no pledge among the events");
                Stray::Refused(Refusal::of(Code::BadCause, "donation", detail))
            })?;
            let (sums, stores) = self.sums(|marks| marks.donation == Some(*id))?;
            account.gifts.push(Given { id: *id, sums: Sums { pledged: record.pledged, ..sums }, record, stores });
        }
        for (id, elsewhere) in &self.elsewhere {
            let Some(record) = read::<PurchaseRecord>(&self.state, &keys::purchase(id))? else { continue };
            let (sums, stores) = self.sums(|marks| marks.purchase == Some(*id))?;
            account.bought.push(Bought { id: *id, record, elsewhere: *elsewhere, sums, stores });
        }
        Ok(account)
    }

    /// Units with such marks, from the lots they are in and the hand-overs they are between: not from the donation's own
    /// sums, so that the two are held against each other. And the lots that hold some.
    fn sums(&self, ours: impl Fn(&Marks) -> bool) -> Result<(Sums, Vec<StockRecord>), Fault> {
        let (mut sums, mut back, mut stores) = (Sums::default(), 0_u64, Vec::new());
        for lot in self.records::<StockRecord>(b"stock/")?.into_iter().filter(|lot| ours(&lot.marks)) {
            add(&mut sums.received, lot.received);
            add(&mut sums.found, lot.found);
            add(&mut sums.held, lot.on_hand());
            add(&mut sums.used, lot.issued);
            add(&mut sums.wasted, lot.wasted);
            add(&mut sums.missing, lot.missing);
            add(&mut sums.spent, lot.spent);
            add(&mut back, lot.returned);
            if lot.on_hand() > 0 {
                stores.push(lot);
            }
        }
        for record in self.records::<HandOverRecord>(b"hand-over/")?.iter().filter(|record| ours(&record.marks)) {
            if record.taken_over.is_none() {
                add(&mut sums.in_transit, record.given.quantity);
            }
        }
        for found in self.records::<DiscrepancyRecord>(b"discrepancy/")? {
            let of = read::<HandOverRecord>(&self.state, &keys::hand_over(&found.hand_over))?;
            if of.is_some_and(|record| ours(&record.marks)) {
                add(if found.settled.is_none() { &mut sums.disputed } else { &mut sums.lost }, found.disputed);
            }
        }
        // What both sides settled is either back in the giver's lot or lost.
        sums.lost = sums.lost.saturating_sub(back);
        Ok((sums, stores))
    }

    fn records<R: Record>(&self, area: &[u8]) -> Result<Vec<R>, Fault> {
        let stored = self.state.scan(area, &keys::end_of(area), usize::MAX)?;
        stored.iter().map(|(key, stored)| crate::state::decoded(key, &stored.value)).collect()
    }
}

/// No sum of a lot is beyond 2^53 units, and a proof has some thousand lots at most.
fn add(sum: &mut u64, by: u64) {
    *sum = sum.saturating_add(by);
}

/// The member as far as this area's effects ask for it: its name.
fn signer(member: &str) -> MemberRecord {
    MemberRecord {
        id: member.to_owned(),
        name: String::new(),
        node_role: NodeRole::Common,
        roles: Vec::new(),
        sector: String::new(),
        regions: Vec::new(),
        cosigner: false,
        active: true,
    }
}
