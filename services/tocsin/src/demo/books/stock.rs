//! Goods and money in numbers: what came in, where it is, what became of it; by item, by lot and by gift.

use std::collections::BTreeMap;

use anyhow::{Context, ensure};
use domain::event::{EventId, Fact, HandOver};
use domain::materials::MONEY;

use super::Stated;

/// A store, an item and a lot.
pub type Place = (String, String, String);

/// What came in of something, and what became of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    pub received: u64,
    pub found: u64,
    pub used: u64,
    pub wasted: u64,
    pub missing: u64,
    pub lost: u64,
    pub spent: u64,
    pub in_transit: u64,
    pub disputed: u64,
}

impl Sums {
    /// Whether what is held and what is elsewhere is all that came in.
    pub fn closes(&self, held: u64) -> bool {
        let out = [self.used, self.wasted, self.missing, self.lost, self.spent, self.in_transit, self.disputed];
        held + out.iter().sum::<u64>() == self.received + self.found
    }

    /// What came in and where all of it is, so that a reader can add it up; what there is none of is left out.
    pub fn told(&self, held: u64) -> String {
        let came_in = [(self.received, "received"), (self.found, "found")];
        let is = [
            (held, "on hand"),
            (self.used, "used"),
            (self.in_transit, "in transit"),
            (self.disputed, "disputed"),
            (self.wasted, "wasted"),
            (self.missing, "missing"),
            (self.lost, "lost"),
            (self.spent, "spent"),
        ];
        let side = |parts: &[(u64, &str)]| {
            let there = parts.iter().filter(|(units, _)| *units > 0);
            let there = there.map(|(units, what)| format!("{units} {what}")).collect::<Vec<_>>();
            if there.is_empty() { "0".to_owned() } else { there.join(" + ") }
        };
        format!("{} = {}", side(&came_in), side(&is))
    }

    fn and(self, other: &Sums) -> Sums {
        Sums {
            received: self.received + other.received,
            found: self.found + other.found,
            used: self.used + other.used,
            wasted: self.wasted + other.wasted,
            missing: self.missing + other.missing,
            lost: self.lost + other.lost,
            spent: self.spent + other.spent,
            in_transit: self.in_transit + other.in_transit,
            disputed: self.disputed + other.disputed,
        }
    }
}

/// Units of one lot in one store.
#[derive(Clone, Copy, Debug, Default)]
pub struct Lot {
    pub on_hand: u64,
    pub gift: Option<EventId>,
}

/// A gift and every event that moved a unit of it.
pub struct Gift {
    pub item: String,
    pub pledged: u64,
    pub sums: Sums,
    /// What happened, in words, and the event.
    pub trail: Vec<(String, EventId)>,
}

/// What is disputed of a hand-over, and what one side says became of it.
struct Dispute {
    handed: HandOver,
    gift: Option<EventId>,
    units: u64,
    said: Option<(String, u64, u64)>,
}

/// The books.
#[derive(Default)]
pub struct StockBook {
    pub lots: BTreeMap<Place, Lot>,
    pub items: BTreeMap<String, Sums>,
    pub gifts: BTreeMap<EventId, Gift>,
    on_the_way: BTreeMap<EventId, (HandOver, Option<EventId>)>,
    disputes: BTreeMap<EventId, Dispute>,
}

impl StockBook {
    /// The lots of an item in a store.
    pub fn of<'a>(&'a self, facility: &'a str, item: &'a str) -> impl Iterator<Item = (&'a Place, &'a Lot)> {
        self.lots.iter().filter(move |((at, what, _), _)| at == facility && what == item)
    }

    /// Units of an item, or of a gift, in all stores.
    fn held(&self, counts: impl Fn(&Place, &Lot) -> bool) -> u64 {
        self.lots.iter().filter(|(place, lot)| counts(place, lot)).map(|(_, lot)| lot.on_hand).sum()
    }

    /// Units of all goods in all stores.
    pub fn goods_on_hand(&self) -> u64 {
        self.held(|(_, item, _), _| item != MONEY)
    }

    /// Units of all goods that were given and are in a store.
    pub fn given_on_hand(&self) -> u64 {
        self.held(|(_, item, _), lot| item != MONEY && lot.gift.is_some())
    }

    /// The sums of all goods.
    pub fn goods(&self) -> Sums {
        let goods = self.items.iter().filter(|(item, _)| *item != MONEY);
        goods.fold(Sums::default(), |all, (_, sums)| all.and(sums))
    }

    /// The sums of all gifts of goods.
    pub fn given(&self) -> Sums {
        let gifts = self.gifts.values().filter(|gift| gift.item != MONEY);
        gifts.fold(Sums::default(), |all, gift| all.and(&gift.sums))
    }

    /// Whether every item and every gift, goods and money, is all somewhere.
    pub fn closes(&self) -> bool {
        let items = self.items.iter().all(|(item, sums)| sums.closes(self.held(|(_, what, _), _| what == item)));
        items && self.gifts_close()
    }

    /// Whether every gift is all somewhere.
    pub fn gifts_close(&self) -> bool {
        self.gifts.iter().all(|(id, gift)| gift.sums.closes(self.held(|_, lot| lot.gift.as_ref() == Some(id))))
    }

    /// Takes what was stated, in the order of the log.
    pub fn take(&mut self, stated: &Stated) -> anyhow::Result<()> {
        let id = stated.id;
        match &stated.fact {
            Fact::Pledge(pledge) => {
                let trail = vec![(format!("pledged {} {}", pledge.quantity, pledge.item), id)];
                let gift = Gift { item: pledge.item.clone(), pledged: pledge.quantity, sums: Sums::default(), trail };
                self.gifts.insert(id, gift);
            }
            Fact::StockReceived(stock) => {
                let place = (stock.facility.clone(), stock.item.clone(), stock.lot.clone());
                self.enter(&place, stock.quantity, stock.donation);
                self.add(&place.1, stock.donation, |sums| sums.received += stock.quantity);
                self.note(stock.donation, format!("{} received {}", stock.facility, stock.quantity), id);
            }
            Fact::StockIssued(stock) => {
                let place = (stock.facility.clone(), stock.item.clone(), stock.lot.clone());
                let gift = self.out(&place, stock.quantity)?;
                self.add(&place.1, gift, |sums| sums.used += stock.quantity);
                self.note(gift, format!("{} used {} at {}", stock.facility, stock.quantity, stock.counterparty), id);
            }
            Fact::StockWasted(waste) => {
                let place = (waste.facility.clone(), waste.item.clone(), waste.lot.clone());
                let gift = self.out(&place, waste.quantity)?;
                self.add(&place.1, gift, |sums| sums.wasted += waste.quantity);
                self.note(gift, format!("{} destroyed {}", waste.facility, waste.quantity), id);
            }
            Fact::StockCounted(count) => {
                let place = (count.facility.clone(), count.item.clone(), count.lot.clone());
                let on_hand = self.lots.get(&place).with_context(|| format!("{place:?} is no lot"))?.on_hand;
                self.corrected(&place, count.counted >= on_hand, count.counted.abs_diff(on_hand))?;
            }
            Fact::StockAdjusted(by) => {
                self.corrected(&(by.facility.clone(), by.item.clone(), by.lot.clone()), by.up, by.quantity)?;
            }
            Fact::HandOver(handed) => {
                let gift =
                    self.out(&(handed.from.clone(), handed.item.clone(), handed.lot.clone()), handed.quantity)?;
                self.add(&handed.item, gift, |sums| sums.in_transit += handed.quantity);
                self.note(gift, format!("{} handed {} over to {}", handed.from, handed.quantity, handed.to), id);
                self.on_the_way.insert(id, (handed.clone(), gift));
            }
            Fact::TakeOver(taken) => {
                let (handed, gift) =
                    self.on_the_way.remove(&taken.hand_over).context("a take-over of what nobody handed over")?;
                let same = (&taken.item, &taken.lot) == (&handed.item, &handed.lot);
                let entered = if same { taken.quantity.min(handed.quantity) } else { 0 };
                let units = handed.quantity - entered;
                if entered > 0 {
                    self.enter(&(handed.to.clone(), handed.item.clone(), handed.lot.clone()), entered, gift);
                }
                self.note(gift, format!("{} took over {}", handed.to, taken.quantity), id);
                self.add(&handed.item, gift, |sums| {
                    sums.in_transit -= handed.quantity;
                    sums.disputed += units;
                });
                self.disputes.insert(taken.hand_over, Dispute { handed, gift, units, said: None });
            }
            Fact::DiscrepancySettled(said) => self.settled(stated, &said.hand_over, said.lost, said.returned)?,
            Fact::Purchase(bought) => {
                for payment in &bought.paid {
                    let gift =
                        self.out(&(payment.facility.clone(), MONEY.to_owned(), payment.lot.clone()), payment.amount)?;
                    self.add(MONEY, gift, |sums| sums.spent += payment.amount);
                    let what = format!("{} bought {} {}", payment.facility, bought.quantity, bought.item);
                    self.note(gift, format!("{what} for {} fen", payment.amount), id);
                }
                let place = (bought.facility.clone(), bought.item.clone(), bought.lot.clone());
                self.enter(&place, bought.quantity, None);
                self.add(&bought.item, None, |sums| sums.received += bought.quantity);
            }
            _ => {}
        }
        Ok(())
    }

    /// Both said the same: so it is.
    fn settled(&mut self, stated: &Stated, hand_over: &EventId, lost: u64, returned: u64) -> anyhow::Result<()> {
        let dispute = self.disputes.get_mut(hand_over).context("nothing is disputed of that hand-over")?;
        let agreed = dispute.said.as_ref().is_some_and(|(by, was_lost, was_returned)| {
            *by != stated.by && (*was_lost, *was_returned) == (lost, returned)
        });
        if !agreed {
            dispute.said = Some((stated.by.clone(), lost, returned));
            return Ok(());
        }
        let Dispute { handed, gift, units, .. } =
            self.disputes.remove(hand_over).context("nothing is disputed of that hand-over")?;
        ensure!(lost + returned == units, "{units} units are disputed, and {} settled", lost + returned);
        if returned > 0 {
            self.enter(&(handed.from, handed.item.clone(), handed.lot), returned, gift);
        }
        self.add(&handed.item, gift, |sums| {
            sums.disputed -= units;
            sums.lost += lost;
        });
        self.note(gift, format!("both say: {lost} lost, {returned} back"), stated.id);
        Ok(())
    }

    fn corrected(&mut self, place: &Place, up: bool, by: u64) -> anyhow::Result<()> {
        let gift = if up {
            let gift = self.lots.get(place).with_context(|| format!("{place:?} is no lot"))?.gift;
            self.enter(place, by, gift);
            gift
        } else {
            self.out(place, by)?
        };
        self.add(&place.1, gift, |sums| *if up { &mut sums.found } else { &mut sums.missing } += by);
        Ok(())
    }

    fn enter(&mut self, place: &Place, units: u64, gift: Option<EventId>) {
        let lot = self.lots.entry(place.clone()).or_insert(Lot { on_hand: 0, gift });
        lot.on_hand += units;
    }

    /// Units leave; gives the gift they are of.
    fn out(&mut self, place: &Place, units: u64) -> anyhow::Result<Option<EventId>> {
        let lot = self.lots.get_mut(place).with_context(|| format!("{place:?} is no lot"))?;
        lot.on_hand = lot.on_hand.checked_sub(units).with_context(|| format!("{place:?} owes {units} units"))?;
        Ok(lot.gift)
    }

    fn add(&mut self, item: &str, gift: Option<EventId>, change: impl Fn(&mut Sums)) {
        change(self.items.entry(item.to_owned()).or_default());
        if let Some(gift) = gift.and_then(|id| self.gifts.get_mut(&id)) {
            change(&mut gift.sums);
        }
    }

    fn note(&mut self, gift: Option<EventId>, what: String, id: EventId) {
        if let Some(gift) = gift.and_then(|gift| self.gifts.get_mut(&gift)) {
            gift.trail.push((what, id));
        }
    }
}

#[cfg(test)]
mod tests;
