//! The plain ledger: postings, and the few conditions an event's own words set.

use std::collections::{BTreeMap, BTreeSet};

use proof::digest::Digest;

use super::moves::{At, Move};
use crate::event::*;
use crate::materials::MONEY;
use crate::materials::tests::STORES;
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
struct Given {
    id: EventId,
    fact: HandOver,
    marks: Marks,
    request: Option<usize>,
    taken: bool,
    /// Disputed units, once there is a discrepancy; and what was said of them by whom.
    open: Option<(u64, Option<Words>)>,
    ended: bool,
}

struct Asked {
    id: EventId,
    facility: String,
    item: String,
    asked: u64,
    promised: u64,
    member: String,
}

struct Promised {
    id: EventId,
    request: usize,
    fact: Commit,
    left: u64,
    ordered: bool,
}

/// Who says how many are lost and how many are back.
type Words = (String, u64, u64);

/// Expiry, gift, purchase.
type Marks = (Option<Date>, Option<EventId>, Option<EventId>);

#[derive(Default)]
pub(super) struct Book {
    postings: Vec<Posting>,
    lots: BTreeMap<(String, String, String), Marks>,
    pledges: Vec<(EventId, String, String)>,
    given: Vec<Given>,
    asked: Vec<Asked>,
    promised: Vec<Promised>,
}

fn owner(store: &str) -> &'static str {
    STORES.iter().find(|(name, _)| *name == store).unwrap().1
}

/// Who may, or another.
fn said_by(right: &'static str, by: usize) -> &'static str {
    let others = ["cdc", "hospital", "health", "regulator"].into_iter().filter(|name| *name != right);
    std::iter::once(right).chain(others).nth(by).unwrap()
}

/// The `which`th from the end.
fn latest<T>(all: &[T], which: usize) -> Option<usize> {
    (!all.is_empty()).then(|| all.len() - 1 - which % all.len())
}

impl Book {
    /// The event of a move, and its author.
    pub(super) fn fact(&self, step: &Move) -> Option<(&'static str, Fact)> {
        let stock = |(facility, item, lot): At, quantity: u64| StockMove {
            facility: facility.into(),
            item: item.into(),
            lot: lot.into(),
            quantity,
            counterparty: "elsewhere".into(),
            expiry: None,
            donation: None,
        };
        let reason = || String::from("exercise");
        let at = |by: usize, (facility, ..): At| said_by(owner(facility), by);
        Some(match step.clone() {
            Move::Receive { by, place, quantity, dated, gift } => {
                let donation = gift.and_then(|which| latest(&self.pledges, which)).map(|at| self.pledges[at].0);
                let expiry = dated.then_some(Date(19_000));
                (at(by, place), Fact::StockReceived(StockMove { expiry, donation, ..stock(place, quantity) }))
            }
            Move::Issue { by, place, quantity } => (at(by, place), Fact::StockIssued(stock(place, quantity))),
            Move::Count { by, place, counted } => {
                let (facility, item, lot) = (place.0.into(), place.1.into(), place.2.into());
                (at(by, place), Fact::StockCounted(StockCounted { facility, item, lot, counted, reason: reason() }))
            }
            Move::Waste { by, place, quantity } => {
                let (facility, item, lot) = (place.0.into(), place.1.into(), place.2.into());
                (at(by, place), Fact::StockWasted(StockWasted { facility, item, lot, quantity, reason: reason() }))
            }
            Move::Adjust { by, place, up, quantity } => {
                let (facility, item, lot) = (place.0.into(), place.1.into(), place.2.into());
                let adjusted = StockAdjusted { facility, item, lot, up, quantity, reason: reason() };
                (at(by, place), Fact::StockAdjusted(adjusted))
            }
            Move::Pledge { item } => {
                let donor = Digest::of(b"code");
                ("cdc", Fact::Pledge(Pledge { item: item.into(), quantity: 10, donor, purpose: reason() }))
            }
            Move::Give { by, place, to, quantity, commit } => {
                if place.0 == to && commit.is_none() {
                    return None;
                }
                let mut fact = HandOver {
                    from: place.0.into(),
                    to: to.into(),
                    item: place.1.into(),
                    lot: place.2.into(),
                    quantity,
                    condition: "good".into(),
                    commit: None,
                };
                // On a promise mostly what was promised: else nearly nothing would be drawn on.
                if let Some(promised) = commit.and_then(|which| latest(&self.promised, which)) {
                    let promised = &self.promised[promised];
                    let request = &self.asked[promised.request];
                    fact.commit = Some(promised.id);
                    fact.from = promised.fact.from.clone();
                    fact.to = request.facility.clone();
                    fact.item = request.item.clone();
                    fact.lot = if quantity == 13 { place.2.into() } else { promised.fact.lot.clone() };
                } else if place.0 == to {
                    return None;
                }
                (said_by(owner(&fact.from), by), Fact::HandOver(fact))
            }
            Move::Take { by, which, other_lot, less, more, damaged } => {
                let given = &self.given[latest(&self.given, which)?];
                let fact = TakeOver {
                    hand_over: given.id,
                    item: given.fact.item.clone(),
                    lot: if other_lot { "z".into() } else { given.fact.lot.clone() },
                    quantity: (given.fact.quantity + more).saturating_sub(less),
                    condition: if damaged { "damaged".into() } else { "good".into() },
                };
                (said_by(owner(&given.fact.to), by), Fact::TakeOver(fact))
            }
            Move::Settle { by, which, lost } => {
                let given = &self.given[latest(&self.given, which)?];
                let disputed = given.open.as_ref().map_or(3, |(disputed, _)| *disputed);
                let lost = lost.min(disputed);
                let speaker = if by == 0 { owner(&given.fact.from) } else { owner(&given.fact.to) };
                let fact = DiscrepancySettled { hand_over: given.id, lost, returned: disputed - lost };
                (speaker, Fact::DiscrepancySettled(fact))
            }
            Move::Ask { by, store, item, quantity } => {
                let fact = ResourceRequest {
                    facility: store.into(),
                    item: item.into(),
                    quantity,
                    needed_by: Date(19_000),
                    reason: reason(),
                };
                (said_by(owner(store), by), Fact::ResourceRequest(fact))
            }
            Move::Promise { by, which, store, lot, quantity, order } => {
                let request = self.asked[latest(&self.asked, which)?].id;
                let fact = Commit { request, from: store.into(), lot: lot.into(), quantity };
                if order {
                    (said_by("health", by), Fact::Requisition(fact))
                } else {
                    (said_by(owner(store), by), Fact::Commit(fact))
                }
            }
            Move::Release { by, which } => {
                let promised = &self.promised[latest(&self.promised, which)?];
                (said_by(owner(&promised.fact.from), by), Fact::Release(Release { commit: promised.id }))
            }
            Move::Buy { by, place, quantity, paid } => {
                let mut lots = BTreeSet::new();
                let paid = paid.into_iter().filter(|(lot, _)| lots.insert(*lot));
                let payment = |(lot, amount): (&str, u64)| Payment { facility: "fund".into(), lot: lot.into(), amount };
                if place.1 == MONEY {
                    return None;
                }
                let fact = Purchase {
                    facility: place.0.into(),
                    item: place.1.into(),
                    lot: place.2.into(),
                    quantity,
                    expiry: None,
                    supplier: "mill".into(),
                    paid: paid.map(payment).collect(),
                };
                (said_by("cdc", by), Fact::Purchase(fact))
            }
            Move::Again(_) => return None,
        })
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
