//! What beds, goods and gifts came to: the signed events of the final logs are added up once more in plain books, and
//! what these hold is compared with the records of a ledger, lot by lot, bed by bed and gift by gift.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anyhow::{Context, bail, ensure};
use bus::Bus;
use domain::chain::ChainPath;
use domain::event::EventId;
use domain::materials::{DonationRecord, MONEY, StockRecord};
use domain::medical_resources::BedsRecord;
use host::ledger::LedgerClient;
use proof::sign::Signed;
use serde::Serialize;
use wire::ledger::EntryKind;

use super::books::Stated;
use super::books::beds::BedBook;
use super::books::stock::{Gift, StockBook};
use super::cast::Cast;

/// Log entries read at once.
const PAGE: u32 = 256;
/// Records read at most: the play has some dozens of each kind.
const MOST: usize = 10_000;

/// Beds of the play.
#[derive(Serialize)]
struct BedsOutcome {
    /// Beds with staff when most were in use.
    staffed: u64,
    occupied_peak: u64,
    /// Beds kept for two.
    double_booked: u64,
}

/// Goods of the play; money is in `closes`.
#[derive(Serialize)]
struct MaterialsOutcome {
    items: usize,
    received: u64,
    issued: u64,
    on_hand: u64,
    closes: bool,
}

/// Gifts of goods, in units; gifts of money are in `closes`.
#[derive(Serialize)]
struct DonationsOutcome {
    pledged: u64,
    received: u64,
    used: u64,
    in_transit: u64,
    closes: bool,
}

/// All of it.
#[derive(Serialize)]
pub struct Account {
    beds: BedsOutcome,
    materials: MaterialsOutcome,
    donations: DonationsOutcome,
    #[serde(skip)]
    stock: StockBook,
}

/// Reads the final logs of the chains that state beds and goods.
pub async fn gather(cast: &Cast, nats: &str) -> anyhow::Result<Account> {
    let bus = Bus::connect(nats, "tocsin-demo-account").await?;
    let mut told = Vec::new();
    let mut ledgers = Vec::new();
    for (chain, troupe) in cast.iter().filter(|(_, troupe)| troupe.genesis.children.is_empty()) {
        let cosigner = troupe.genesis.members.iter().find(|member| member.cosigner).context("no cosigner")?;
        let ledger = LedgerClient::of_member_at(&bus, chain, &cosigner.id);
        told.extend(read(&ledger).await.with_context(|| format!("the log of {chain}"))?);
        ledgers.push((chain.clone(), ledger));
    }
    let mut stock = StockBook::default();
    for stated in &told {
        stock.take(stated)?;
    }
    // Goods stand in the order of the logs; patients of several chains in that of their times.
    told.sort_by_key(|stated| stated.at);
    let mut beds = BedBook::default();
    for stated in &told {
        beds.take(stated)?;
    }
    let agree = agree(&ledgers, &beds, &stock).await?;
    bus.drain().await?;
    Ok(Account::of(&beds, stock, agree))
}

/// The events of a final log that were executed.
async fn read(ledger: &LedgerClient) -> anyhow::Result<Vec<Stated>> {
    let mut told = Vec::new();
    let mut next = 0;
    loop {
        let entries = ledger.read_log(next, PAGE, 0, true).await?;
        let Some(last) = entries.last() else { return Ok(told) };
        next = last.index + 1;
        for entry in entries.iter().filter(|entry| entry.kind == EntryKind::Event && entry.code == 0) {
            let signed = Signed::from_bytes(&entry.signed).context("an entry without its signed event")?;
            let event = wire::event::decode(&signed.body).map_err(|refusal| anyhow::anyhow!("{refusal:?}"))?;
            told.push(Stated::of(entry.event_id.context("an event without its id")?, event));
        }
    }
}

/// What does not agree between the plain books and the ledgers' records; nothing when all is the same.
async fn agree(ledgers: &[(ChainPath, LedgerClient)], beds: &BedBook, stock: &StockBook) -> anyhow::Result<Agree> {
    let mut agree = Agree::default();
    let (mut lots, mut gifts, mut places) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
    for (chain, ledger) in ledgers {
        for (_, lot) in ledger.records::<StockRecord>(b"stock/", MOST).await? {
            lots.insert((lot.facility.clone(), lot.item.clone(), lot.lot.clone()), lot.on_hand());
        }
        for (key, gift) in ledger.records::<DonationRecord>(b"donation/", MOST).await? {
            let id = key.strip_prefix(b"donation/").and_then(|id| EventId::parse(std::str::from_utf8(id).ok()?));
            gifts.insert(id.with_context(|| format!("{chain}: a donation without its id"))?, gift);
        }
        for (_, bed) in ledger.records::<BedsRecord>(b"beds/", MOST).await? {
            places.insert((bed.facility.clone(), bed.resource), (bed.staffed, bed.occupied));
        }
    }
    let ours: BTreeMap<_, _> = stock.lots.iter().map(|(place, lot)| (place.clone(), lot.on_hand)).collect();
    agree.stock = lots == ours;
    let same = |(id, ours): (&EventId, &Gift)| gifts.get(id).is_some_and(|theirs| is_same(ours, theirs));
    agree.gifts = gifts.len() == stock.gifts.len() && stock.gifts.iter().all(same);
    let counted: BTreeMap<_, _> =
        beds.all().map(|(place, beds)| (place.clone(), (beds.staffed, beds.occupied))).collect();
    ensure!(counted == places, "the beds of the plain books are not those of the ledgers: {counted:?}, {places:?}");
    Ok(agree)
}

/// Whether books and ledgers say the same.
#[derive(Clone, Copy, Default)]
struct Agree {
    stock: bool,
    gifts: bool,
}

fn is_same(ours: &Gift, theirs: &DonationRecord) -> bool {
    let sums = &ours.sums;
    let said = [sums.received, sums.found, sums.in_transit, sums.disputed, sums.used, sums.wasted];
    let also = [sums.missing, sums.lost, sums.spent, ours.pledged];
    let kept = [theirs.received, theirs.found, theirs.in_transit, theirs.disputed, theirs.used, theirs.wasted];
    let too = [theirs.missing, theirs.lost, theirs.spent, theirs.pledged];
    (said, also) == (kept, too)
}

impl Account {
    fn of(beds: &BedBook, stock: StockBook, agree: Agree) -> Self {
        let (goods, given) = (stock.goods(), stock.given());
        let (occupied_peak, staffed) = beds.peak;
        Account {
            beds: BedsOutcome { staffed, occupied_peak, double_booked: beds.double_booked },
            materials: MaterialsOutcome {
                items: stock.items.keys().filter(|item| *item != MONEY).count(),
                received: goods.received,
                issued: goods.used,
                on_hand: stock.goods_on_hand(),
                closes: agree.stock && stock.closes(),
            },
            donations: DonationsOutcome {
                pledged: stock.gifts.values().filter(|gift| gift.item != MONEY).map(|gift| gift.pledged).sum(),
                received: given.received,
                used: given.used,
                in_transit: given.in_transit,
                closes: agree.gifts && stock.gifts_close(),
            },
            stock,
        }
    }

    /// What must hold of beds, goods and gifts.
    pub fn verdict(&self) -> anyhow::Result<()> {
        if self.beds.double_booked > 0 {
            bail!("{} beds were kept for two patients", self.beds.double_booked);
        }
        ensure!(self.materials.closes, "the sums of goods do not close, or are not those of the ledgers");
        ensure!(self.donations.closes, "the sums of gifts do not close, or are not those of the ledgers");
        ensure!(self.traced().is_some(), "no gift came to a bedside");
        Ok(())
    }

    /// What the plain books say of a gift.
    pub fn gift(&self, id: &EventId) -> Option<&Gift> {
        self.stock.gifts.get(id)
    }

    /// A gift of which units came to a bedside by way of another store.
    fn traced(&self) -> Option<(&EventId, &Gift)> {
        self.stock.gifts.iter().find(|(_, gift)| gift.item != MONEY && gift.sums.used > 0)
    }

    /// Lines for people.
    pub fn table(&self) -> String {
        let Account { beds, materials, donations, .. } = self;
        let mut out = format!(
            "\nbeds       {} in use at the peak, {} with staff then, {} kept twice\n",
            beds.occupied_peak, beds.staffed, beds.double_booked
        );
        // Writing to a String cannot fail.
        let _ = writeln!(
            out,
            "goods      {} items, {}, sums close: {}",
            materials.items,
            self.stock.goods().told(materials.on_hand),
            materials.closes
        );
        let _ = writeln!(
            out,
            "gifts      {} pledged, {}, sums close: {}",
            donations.pledged,
            self.stock.given().told(self.stock.given_on_hand()),
            donations.closes
        );
        for gift in self.stock.gifts.values().filter(|gift| gift.item == MONEY) {
            let (given, spent) = (gift.sums.received, gift.sums.spent);
            let _ = writeln!(out, "money      {given} fen received, {spent} fen spent, {} fen left", given - spent);
        }
        if let Some((id, gift)) = self.traced() {
            let _ = writeln!(out, "\nthe way of gift {id}");
            for (what, event) in &gift.trail {
                let _ = writeln!(out, "  {what:<70} {event}");
            }
        }
        out
    }
}
