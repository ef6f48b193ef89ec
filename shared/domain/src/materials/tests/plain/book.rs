//! The plain ledger: postings, and the few conditions an event's own words set.

use std::collections::BTreeMap;

use crate::act::{Scene, Submitted};
use crate::event::*;
use crate::materials::tests::STORES;
use crate::materials::{MONEY, executed};
use crate::query;
use crate::stage::Stage;
use crate::state::MemoryState;
use crate::time::Date;

type Lot = (String, String);

/// Where units can be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Account {
    Outside,
    Nowhere,
    Held { facility: String, lot: Lot },
    Transit(EventId),
    Disputed(EventId),
    Lost(EventId),
    Used,
    Wasted,
    Missing,
    Spent,
}

impl Account {
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Account::Outside => "outside",
            Account::Nowhere => "nowhere",
            Account::Held { .. } => "held",
            Account::Transit(_) => "transit",
            Account::Disputed(_) => "disputed",
            Account::Lost(_) => "lost",
            Account::Used => "used",
            Account::Wasted => "wasted",
            Account::Missing => "missing",
            Account::Spent => "spent",
        }
    }
}

struct Posting {
    from: Account,
    to: Account,
    units: u64,
    gift: Option<EventId>,
}

#[derive(Clone)]
pub(super) struct Given {
    pub(super) id: EventId,
    pub(super) fact: HandOver,
    pub(super) marks: Marks,
    pub(super) request: Option<usize>,
    pub(super) taken: bool,
    /// Disputed units, once there is a discrepancy; and what was said of them by whom.
    pub(super) open: Option<(u64, Option<Words>)>,
    pub(super) ended: bool,
}

pub(super) struct Asked {
    pub(super) id: EventId,
    pub(super) facility: String,
    pub(super) item: String,
    pub(super) asked: u64,
    pub(super) promised: u64,
    pub(super) member: String,
}

pub(super) struct Promised {
    pub(super) id: EventId,
    pub(super) request: usize,
    pub(super) fact: Commit,
    pub(super) left: u64,
    pub(super) ordered: bool,
}

/// Who says how many are lost and how many are back.
type Words = (String, u64, u64);

/// Expiry, gift, purchase.
type Marks = (Option<Date>, Option<EventId>, Option<EventId>);

#[derive(Default)]
pub(super) struct Book {
    /// A state that knows executed events of this area only.
    pub(super) follower: MemoryState,
    postings: Vec<Posting>,
    pub(super) lots: BTreeMap<(String, String, String), Marks>,
    pub(super) pledges: Vec<(EventId, String, String)>,
    pub(super) given: Vec<Given>,
    pub(super) asked: Vec<Asked>,
    pub(super) promised: Vec<Promised>,
}

pub(super) fn owner(store: &str) -> &'static str {
    STORES.iter().find(|(name, _)| *name == store).unwrap().1
}

impl Book {
    /// Takes up an executed event as a read model does.
    pub(super) fn follow(&mut self, chain: &Stage, event: &Submitted, member: &str) {
        let scene = Scene {
            chain_id: chain.genesis.chain_id,
            chain: chain.genesis.chain.clone(),
            height: chain.height,
            now: chain.now,
            position: 0,
            leaf_index: 0,
        };
        let record = query::member(&chain.state, member).unwrap().unwrap();
        let writes = executed(&self.follower, &scene, event, &record).unwrap();
        self.follower.apply(&writes);
    }

    /// Posts an event if it may be, and says whether.
    pub(super) fn post(&mut self, member: &str, fact: &Fact, id: EventId) -> bool {
        match fact {
            Fact::StockReceived(f) => {
                let pledged = f.donation.map(|gift| self.pledges.iter().find(|(known, ..)| *known == gift).unwrap());
                owner(&f.facility) == member
                    && pledged.is_none_or(|(_, taker, item)| taker == member && *item == f.item)
                    && self.enter(
                        &f.facility,
                        &f.item,
                        &f.lot,
                        (f.expiry, f.donation, None),
                        Account::Outside,
                        f.quantity,
                    )
            }
            Fact::StockIssued(f) => {
                owner(&f.facility) == member
                    && self.free(&f.facility, &f.item, &f.lot) >= f.quantity
                    && self.leave(&f.facility, &f.item, &f.lot, Account::Used, f.quantity)
            }
            Fact::StockWasted(f) => {
                owner(&f.facility) == member && self.leave(&f.facility, &f.item, &f.lot, Account::Wasted, f.quantity)
            }
            Fact::StockAdjusted(f) if f.up => {
                owner(&f.facility) == member && self.find(&f.facility, &f.item, &f.lot, f.quantity)
            }
            Fact::StockAdjusted(f) => {
                owner(&f.facility) == member && self.leave(&f.facility, &f.item, &f.lot, Account::Missing, f.quantity)
            }
            Fact::StockCounted(f) => {
                let held = self.held(&f.facility, &f.item, &f.lot);
                owner(&f.facility) == member
                    && if f.counted >= held {
                        self.find(&f.facility, &f.item, &f.lot, f.counted - held)
                    } else {
                        self.leave(&f.facility, &f.item, &f.lot, Account::Missing, held - f.counted)
                    }
            }
            Fact::Pledge(f) => {
                self.pledges.push((id, member.to_owned(), f.item.clone()));
                true
            }
            Fact::HandOver(f) => self.give(member, f, id),
            Fact::TakeOver(f) => self.take(member, f),
            Fact::DiscrepancySettled(f) => self.settle(member, f),
            Fact::ResourceRequest(f) => {
                let mine = owner(&f.facility) == member;
                if mine {
                    let (facility, item) = (f.facility.clone(), f.item.clone());
                    self.asked.push(Asked {
                        id,
                        facility,
                        item,
                        asked: f.quantity,
                        promised: 0,
                        member: member.into(),
                    });
                }
                mine
            }
            Fact::Commit(f) => owner(&f.from) == member && self.promise(f, id, false),
            Fact::Requisition(f) => member == "health" && self.promise(f, id, true),
            Fact::Release(f) => self.release(member, f),
            Fact::Purchase(f) => self.buy(member, f, id),
            other => panic!("{other:?} is no move"),
        }
    }

    fn give(&mut self, member: &str, f: &HandOver, id: EventId) -> bool {
        let marks = self.marks(&f.from, &f.item, &f.lot);
        let there = self.marks(&f.to, &f.item, &f.lot);
        if owner(&f.from) != member || marks.is_none() || there.is_some_and(|there| Some(there) != marks) {
            return false;
        }
        let promised = f.commit.map(|commit| self.promised.iter().position(|one| one.id == commit).unwrap());
        let may = match promised.map(|at| &self.promised[at]) {
            None => self.free(&f.from, &f.item, &f.lot) >= f.quantity,
            Some(promised) => {
                let matches = promised.fact.from == f.from && promised.fact.lot == f.lot && promised.left >= f.quantity;
                matches && self.held(&f.from, &f.item, &f.lot) >= f.quantity
            }
        };
        if !may {
            return false;
        }
        let mut request = None;
        if let Some(at) = promised {
            self.promised[at].left -= f.quantity;
            request = Some(self.promised[at].request);
        }
        let marks = marks.unwrap();
        self.given.push(Given { id, fact: f.clone(), marks, request, taken: false, open: None, ended: false });
        self.leave(&f.from, &f.item, &f.lot, Account::Transit(id), f.quantity)
    }

    fn take(&mut self, member: &str, f: &TakeOver) -> bool {
        let at = self.given.iter().position(|given| given.id == f.hand_over).unwrap();
        let given = self.given[at].clone();
        if owner(&given.fact.to) != member || given.taken {
            return false;
        }
        let same = f.lot == given.fact.lot;
        let entered = if same { f.quantity.min(given.fact.quantity) } else { 0 };
        let disputed = given.fact.quantity - entered;
        let (to, item, lot) = (&given.fact.to, &given.fact.item, &given.fact.lot);
        if entered > 0 && !self.enter(to, item, lot, given.marks, Account::Transit(given.id), entered) {
            return false;
        }
        self.move_units(Account::Transit(given.id), Account::Disputed(given.id), disputed, given.marks.1);
        let known = &mut self.given[at];
        known.taken = true;
        if !same || f.quantity != given.fact.quantity || f.condition != "good" {
            known.open = Some((disputed, None));
        }
        true
    }

    fn settle(&mut self, member: &str, f: &DiscrepancySettled) -> bool {
        let at = self.given.iter().position(|given| given.id == f.hand_over).unwrap();
        let given = self.given[at].clone();
        let (giver, taker) = (owner(&given.fact.from), owner(&given.fact.to));
        let Some((disputed, said)) = given.open else { return false };
        if given.ended || f.lost + f.returned != disputed || (giver != member && taker != member) {
            return false;
        }
        let other = said.is_some_and(|(who, lost, back)| who != member && (lost, back) == (f.lost, f.returned));
        if giver != taker && !other {
            self.given[at].open = Some((disputed, Some((member.to_owned(), f.lost, f.returned))));
            return true;
        }
        self.given[at].ended = true;
        let back =
            Account::Held { facility: given.fact.from.clone(), lot: (given.fact.item.clone(), given.fact.lot.clone()) };
        self.move_units(Account::Disputed(given.id), back, f.returned, given.marks.1);
        self.move_units(Account::Disputed(given.id), Account::Lost(given.id), f.lost, given.marks.1);
        if let Some(request) = given.request {
            self.asked[request].promised -= disputed;
        }
        true
    }

    fn promise(&mut self, f: &Commit, id: EventId, ordered: bool) -> bool {
        let at = self.asked.iter().position(|asked| asked.id == f.request).unwrap();
        let (item, facility) = (self.asked[at].item.clone(), self.asked[at].facility.clone());
        let known = self.marks(&f.from, &item, &f.lot).is_some();
        let fits = self.asked[at].promised + f.quantity <= self.asked[at].asked;
        if f.from == facility || !known || !fits || self.free(&f.from, &item, &f.lot) < f.quantity {
            return false;
        }
        self.asked[at].promised += f.quantity;
        self.promised.push(Promised { id, request: at, fact: f.clone(), left: f.quantity, ordered });
        true
    }

    fn release(&mut self, member: &str, f: &Release) -> bool {
        let promised = self.promised.iter_mut().find(|promised| promised.id == f.commit).unwrap();
        let gave = !promised.ordered && owner(&promised.fact.from) == member;
        let asked = &mut self.asked[promised.request];
        if promised.left == 0 || !(gave || asked.member == member || member == "health") {
            return false;
        }
        asked.promised -= promised.left;
        promised.left = 0;
        true
    }

    fn buy(&mut self, member: &str, f: &Purchase, id: EventId) -> bool {
        let pays = |one: &Payment| {
            let known = self.marks(&one.facility, MONEY, &one.lot).is_some();
            known && owner(&one.facility) == member && self.free(&one.facility, MONEY, &one.lot) >= one.amount
        };
        let taken = self.marks(&f.facility, &f.item, &f.lot).is_some();
        if !f.paid.iter().all(pays) || owner(&f.facility) != member || taken {
            return false;
        }
        for one in &f.paid {
            self.leave(&one.facility, MONEY, &one.lot, Account::Spent, one.amount);
        }
        self.enter(&f.facility, &f.item, &f.lot, (f.expiry, None, Some(id)), Account::Outside, f.quantity)
    }

    fn marks(&self, facility: &str, item: &str, lot: &str) -> Option<Marks> {
        self.lots.get(&(facility.into(), item.into(), lot.into())).copied()
    }

    fn move_units(&mut self, from: Account, to: Account, units: u64, gift: Option<EventId>) {
        self.postings.push(Posting { from, to, units, gift });
    }

    fn enter(&mut self, facility: &str, item: &str, lot: &str, marks: Marks, from: Account, units: u64) -> bool {
        let known = self.lots.entry((facility.into(), item.into(), lot.into())).or_insert(marks);
        if *known != marks {
            return false;
        }
        let to = Account::Held { facility: facility.into(), lot: (item.into(), lot.into()) };
        self.move_units(from, to, units, marks.1);
        true
    }

    fn find(&mut self, facility: &str, item: &str, lot: &str, units: u64) -> bool {
        self.marks(facility, item, lot)
            .is_some_and(|marks| self.enter(facility, item, lot, marks, Account::Nowhere, units))
    }

    fn leave(&mut self, facility: &str, item: &str, lot: &str, to: Account, units: u64) -> bool {
        let Some(marks) = self.marks(facility, item, lot) else { return false };
        if self.held(facility, item, lot) < units {
            return false;
        }
        let from = Account::Held { facility: facility.into(), lot: (item.into(), lot.into()) };
        self.move_units(from, to, units, marks.1);
        true
    }

    fn held(&self, facility: &str, item: &str, lot: &str) -> u64 {
        let here = Account::Held { facility: facility.into(), lot: (item.into(), lot.into()) };
        self.balance(|account, _| *account == here)
    }

    fn free(&self, facility: &str, item: &str, lot: &str) -> u64 {
        self.held(facility, item, lot).saturating_sub(self.reserved(facility, item, lot))
    }

    /// Units on the accounts, by adding every posting up again.
    pub(super) fn balance(&self, of: impl Fn(&Account, Option<EventId>) -> bool) -> u64 {
        let sum = |side: fn(&Posting) -> &Account| {
            self.postings.iter().filter(|one| of(side(one), one.gift)).map(|one| one.units).sum::<u64>()
        };
        sum(|one| &one.to).checked_sub(sum(|one| &one.from)).expect("no account is below zero")
    }

    pub(super) fn reserved(&self, facility: &str, item: &str, lot: &str) -> u64 {
        let of =
            |one: &&Promised| one.fact.from == facility && one.fact.lot == lot && self.asked[one.request].item == item;
        self.promised.iter().filter(of).map(|one| one.left).sum()
    }

    pub(super) fn lots(&self) -> impl Iterator<Item = (&str, &str, &str)> {
        self.lots.keys().map(|(facility, item, lot)| (facility.as_str(), item.as_str(), lot.as_str()))
    }

    pub(super) fn pledges(&self) -> impl Iterator<Item = &EventId> {
        self.pledges.iter().map(|(id, ..)| id)
    }

    /// Units of a gift that came from outside, and that were found.
    pub(super) fn came_in(&self, gift: &EventId) -> (u64, u64) {
        let from = |account: &Account| {
            let of = self.postings.iter().filter(|one| one.gift == Some(*gift) && one.from == *account);
            of.map(|one| one.units).sum()
        };
        (from(&Account::Outside), from(&Account::Nowhere))
    }

    pub(super) fn hand_overs(&self) -> impl Iterator<Item = &EventId> {
        self.given.iter().map(|given| &given.id)
    }

    pub(super) fn lost(&self, id: &EventId) -> u64 {
        self.balance(|account, _| *account == Account::Lost(*id))
    }

    /// Every request, and what nobody has promised of it.
    pub(super) fn requests(&self) -> impl Iterator<Item = (&EventId, u64)> {
        self.asked.iter().map(|asked| (&asked.id, asked.asked - asked.promised))
    }
}
