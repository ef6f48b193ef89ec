//! `tocsin verify gift.proof`: a gift of masks and one of money from pledge to bedside, and every byte that somebody may have
//! changed on the way to the donor. The log is made here; nothing runs but the command, and what it runs.

use domain::chain::Lane;
use domain::event::{
    DiscrepancySettled, Event, EventId, Fact, HandOver, Payment, Pledge, Purchase, SecurityLevel, StockMove, TakeOver,
};
use domain::genesis::KeyClass;
use domain::materials::MONEY;
use domain::time::Millis;
use host::keys::KeyRing;
use proof::digest::Digest;
use proof::gift::{GiftEvent, GiftProof, Sums};
use proof::leaf::{EventLeaf, Leaf};
use proof::sign::{Domain, SecretKey, Signed, event_id};
use serde_json::{Value, json};

use crate::place::{CHAIN, MANAGER, MEMBERS, Place, arg, output, text};
use crate::rollup::Log;

const WHEN: u64 = 1_626_739_200_000;
const CHARITY: &str = MANAGER;
const HOSPITAL: &str = "nanjing-hospital";
const CODE: &str = "look-up-code-7";

/// A chain's log as it grows, with blocks' worth of other events between.
struct Told<'a> {
    place: &'a Place,
    events: Vec<(u64, Vec<u8>, EventLeaf)>,
    size: u64,
}

impl Told<'_> {
    fn key(&self, member: &str) -> SecretKey {
        KeyRing::load(&self.place.path(&format!("{member}.toml"))).unwrap().secret(KeyClass::Author).unwrap()
    }

    fn say(&mut self, member: &str, fact: Fact) -> EventId {
        self.sign(&self.key(member), fact)
    }

    fn sign(&mut self, author: &SecretKey, fact: Fact) -> EventId {
        let chain = &self.place.genesis.chain_id;
        let at = Millis(WHEN + self.size * 60_000);
        let event = Event {
            author: author.public(),
            lane: Lane::Normal,
            nonce: [7; 16],
            occurred_at: at,
            created_at: at,
            valid_until: Millis(0),
            region: "320100".to_owned(),
            security: SecurityLevel::Public,
            response: None,
            fact,
            sealed: Vec::new(),
            causes: Vec::new(),
            expect: Vec::new(),
        };
        let body = wire::event::encode(&event);
        let id = event_id(chain, &body);
        let signed = Signed::seal(author, Domain::Event, chain, body).to_bytes();
        let leaf = EventLeaf { height: 1, position: 0, lane: 2, event: id, signed: Digest::of(&signed), code: 0 };
        self.events.push((self.size, signed, leaf));
        self.size += 3;
        id
    }

    /// The proof of gifts with these sums; `members` says whose an event is where the genesis does not.
    fn proof(&self, mut gifts: Vec<(EventId, Sums)>, member: impl Fn(usize) -> Option<&'static str>) -> GiftProof {
        let leaf = |index: u64| {
            let ours = self.events.iter().find(|(at, ..)| *at == index).map(|(_, _, leaf)| leaf.clone());
            // Somebody else's event, which nobody shows.
            let other = Digest::of(&index.to_be_bytes());
            ours.unwrap_or(EventLeaf { height: 1, position: 0, lane: 2, event: other, signed: other, code: 0 })
        };
        let log = Log::of((0..self.size).map(|index| Leaf::Event(leaf(index))).collect());
        let id = self.place.genesis.chain_id;
        let ring =
            |member: &&'static str| (*member, KeyRing::load(&self.place.path(&format!("{member}.toml"))).unwrap());
        gifts.sort_by_key(|(gift, _)| *gift);
        let events = self.events.iter().enumerate().map(|(at, (index, signed, leaf))| GiftEvent {
            index: *index,
            member: member(at).map(str::to_owned),
            signed: signed.clone(),
            leaf: Leaf::Event(leaf.clone()).to_bytes(),
            inclusion: log.inclusion(*index),
        });
        GiftProof {
            gifts,
            handovers: Vec::new(),
            chain: CHAIN.to_owned(),
            chain_id: id,
            genesis: self.place.genesis.file.clone(),
            events: events.collect(),
            above: Vec::new(),
            certificate: log.certificate(CHAIN, &id, &MEMBERS.iter().take(3).map(ring).collect::<Vec<_>>()),
        }
    }
}

fn pledge(item: &str, quantity: u64) -> Fact {
    let (donor, purpose) = (Digest::of(CODE.as_bytes()), "wards".to_owned());
    Fact::Pledge(Pledge { item: item.to_owned(), quantity, donor, purpose })
}

fn stock(facility: &str, item: &str, lot: &str, quantity: u64, donation: Option<EventId>) -> StockMove {
    StockMove {
        facility: facility.to_owned(),
        item: item.to_owned(),
        lot: lot.to_owned(),
        quantity,
        counterparty: "ward-3".to_owned(),
        expiry: None,
        donation,
    }
}

/// 100 masks of which 90 come, 60 go to the hospital and 58 arrive, 40 are used; 500 yuan that buy 20 gowns.
fn story(told: &mut Told) -> Vec<(EventId, Sums)> {
    let masks = told.say(CHARITY, pledge("mask", 100));
    told.say(CHARITY, Fact::StockReceived(stock("depot", "mask", "a", 90, Some(masks))));
    let (from, to, item) = ("depot".to_owned(), "gulou".to_owned(), "mask".to_owned());
    let (lot, condition) = ("a".to_owned(), "good".to_owned());
    let given = HandOver { from, to, item, lot, quantity: 60, condition, commit: None };
    let hand_over = told.say(CHARITY, Fact::HandOver(given));
    let (item, lot, condition) = ("mask".to_owned(), "a".to_owned(), "good".to_owned());
    told.say(HOSPITAL, Fact::TakeOver(TakeOver { hand_over, item, lot, quantity: 58, condition }));
    let settled = || Fact::DiscrepancySettled(DiscrepancySettled { hand_over, lost: 2, returned: 0 });
    told.say(HOSPITAL, settled());
    told.say(CHARITY, settled());
    told.say(HOSPITAL, Fact::StockIssued(stock("gulou", "mask", "a", 40, None)));
    let money = told.say(CHARITY, pledge(MONEY, 50_000));
    told.say(CHARITY, Fact::StockReceived(stock("fund", MONEY, "m", 50_000, Some(money))));
    let bought = Purchase {
        facility: "depot".to_owned(),
        item: "gown".to_owned(),
        lot: "b".to_owned(),
        quantity: 20,
        expiry: None,
        supplier: "mill".to_owned(),
        paid: vec![Payment { facility: "fund".to_owned(), lot: "m".to_owned(), amount: 30_000 }],
    };
    told.say(CHARITY, Fact::Purchase(bought));
    vec![
        (masks, Sums { pledged: 100, received: 90, held: 48, used: 40, lost: 2, ..Sums::default() }),
        (money, Sums { pledged: 50_000, received: 50_000, held: 20_000, spent: 30_000, ..Sums::default() }),
    ]
}

fn told(place: &Place) -> Told<'_> {
    Told { place, events: Vec::new(), size: 2 }
}

/// What the command says of a file.
fn verify(place: &Place, file: &str, more: &[&str]) -> Result<String, String> {
    let (file, genesis) = (place.write("gift.proof", file), place.path("chain.toml"));
    let said = output(&[&["verify", arg(&file), "--genesis", arg(&genesis)], more].concat());
    if said.status.success() {
        return Ok(text(&said.stdout));
    }
    assert!(said.stdout.is_empty(), "half of it was printed: {}", text(&said.stdout));
    Err(text(&said.stderr))
}

#[test]
fn a_donor_reads_the_way_of_his_gift_and_that_every_unit_is_somewhere() {
    let place = Place::new();
    let mut told = told(&place);
    let gifts = story(&mut told);
    let file = told.proof(gifts.clone(), |_| None).text();
    assert!(!file.contains(CODE), "the look-up code is in nobody's file");
    let said = verify(&place, &file, &[]).unwrap();
    for line in [
        "verified: 2 gifts of cn.32.01, 10 events\n",
        "  100 mask for wards, taken by nanjing-cdc\n",
        "  pledged 100 mask = received 90 + open 10\n",
        "  received 90 = 48 held + 40 used + 2 lost: closes\n",
        "  held: 18 mask in gulou (lot a)\n",
        "  pledged 50000 fen = received 50000 + open 0\n",
        "bought 20 gown from mill",
        "  received 20 = 20 held: closes\n",
        "nanjing-cdc: depot handed over 60 mask (lot a, good) to gulou",
        "nanjing-hospital: gulou issued 40 mask (lot a) to ward-3",
        "what this does not show\n",
    ] {
        assert!(said.contains(line), "{line:?} is not in\n{said}");
    }
    let shown: Value = serde_json::from_str(&verify(&place, &file, &["--json"]).unwrap()).unwrap();
    let masks = shown["gifts"].as_array().unwrap().iter().find(|gift| gift["item"] == "mask").unwrap();
    assert_eq!((&masks["event_id"], &masks["open"]), (&json!(gifts[0].0.to_string()), &json!(10)));
    assert_eq!((&masks["sums"]["lost"], &masks["sums"]["closes"]), (&json!(2), &json!(true)));
    assert_eq!(masks["donor"], Digest::of(CODE.as_bytes()).to_string());
    assert_eq!((&shown["steps"][6]["kind"], &shown["steps"][6]["index"]), (&json!("stock_issued"), &json!(20)));
    assert_eq!(shown["steps"].as_array().unwrap().len(), 10);
}

#[test]
fn what_does_not_hold_is_named() {
    let place = Place::new();
    let mut told = told(&place);
    let gifts = story(&mut told);
    let proof = told.proof(gifts, |_| None);
    let forged = |what: &str, change: &dyn Fn(&mut GiftProof), says: &str| {
        let mut changed = proof.clone();
        change(&mut changed);
        let error = verify(&place, &changed.text(), &[]).expect_err(what);
        assert!(error.contains(says), "{what}: {error}");
    };
    let masks = proof.gifts.iter().position(|(_, sums)| sums.pledged == 100).unwrap();
    let sum = |change: &dyn Fn(&mut Sums), says| forged("a sum", &|proof| change(&mut proof.gifts[masks].1), says);
    sum(&|sums| sums.used += 1, "the sums do not close");
    sum(
        &|sums| (sums.used, sums.held) = (41, 47),
        "held is 47 in the file and 48 by its events; used is 41 in the file",
    );
    sum(&|sums| sums.pledged = 90, "pledged is 90 in the file and 100 by its events");
    forged(
        "no take-over",
        &|proof| drop(proof.events.remove(3)),
        "(index 14, discrepancy_settled): it does not follow",
    );
    forged("no receipt", &|proof| drop(proof.events.remove(1)), "event 2 (index 8, hand_over): it does not follow");
    forged(
        "a gift left out",
        &|proof| proof.gifts.retain(|(_, sums)| sums.pledged != 100),
        "(index 2, pledge): it has nothing to do with",
    );
    forged("the money's pledge left out", &|proof| drop(proof.events.remove(7)), "is not among the events");
    let named = "event 1 (index 2, pledge): the file names a member though";
    forged("another's name", &|proof| proof.events[0].member = Some(HOSPITAL.to_owned()), named);
    forged("another genesis", &|proof| proof.genesis.push(b'\n'), "the genesis file is not that of chain `cn.32.01`");

    let text = proof.text();
    for (what, file, says) in [
        ("cut", &text[..text.len() / 2], "format: this is not a gift's proof as it was given out: line "),
        ("without its end", text.trim_end(), "a checkpoint with its cosignatures"),
        ("only its name", "tocsin-gift@v1\n", "line 2: 1 to 100 `gift` lines must stand here"),
        ("of tomorrow", &text.replacen("@v1", "@v2", 1), "format: this is not a proof file"),
    ] {
        let error = verify(&place, file, &[]).expect_err(what);
        assert!(error.contains(says), "{what}: {error}");
    }
    // A chain of the same name by somebody else.
    let error = verify(&Place::new(), &text, &[]).unwrap_err();
    assert!(error.contains("certificate of chain `cn.32.01`"), "{error}");
    let nation = Place::edited(|genesis, _| genesis.chain = domain::chain::ChainPath::parse("cn").unwrap());
    let error = verify(&nation, &text, &[]).unwrap_err();
    assert!(error.contains("the proof ends at chain `cn.32.01`; the trusted chain is `cn`"), "{error}");
}

/// Keys come and members join after the genesis: the file then says whose they are, and that it is its word is shown.
#[test]
fn a_key_that_the_genesis_does_not_know_is_shown_as_the_files_word() {
    let place = Place::new();
    let mut told = told(&place);
    let newcomer = SecretKey::from_seed(&[9; 32]);
    let masks = told.say(CHARITY, pledge("mask", 10));
    told.say(CHARITY, Fact::StockReceived(stock("depot", "mask", "a", 10, Some(masks))));
    told.sign(&newcomer, Fact::StockIssued(stock("depot", "mask", "a", 4, None)));
    let gifts = vec![(masks, Sums { pledged: 10, received: 10, held: 6, used: 4, ..Sums::default() })];
    let file = |name| told.proof(gifts.clone(), move |at| if at == 2 { name } else { None }).text();
    let said = verify(&place, &file(Some(CHARITY)), &[]).unwrap();
    assert!(said.contains("nanjing-cdc (the file's word: its key came after the genesis): depot issued 4"), "{said}");
    let error = verify(&place, &file(None), &[]).unwrap_err();
    assert!(error.contains("event 3 (index 8, stock_issued): the chain's genesis does not name its key"), "{error}");
    // It can't be anybody's word: the store is the charity's.
    let error = verify(&place, &file(Some(HOSPITAL)), &[]).unwrap_err();
    assert!(error.contains("another member speaks for this facility"), "{error}");
    // Who took the gift is no surer than who signed for it.
    let theirs = told.sign(&newcomer, pledge("mask", 5));
    let both = vec![gifts[0], (theirs, Sums { pledged: 5, ..Sums::default() })];
    let file_of_both = told.proof(both, |at| (at >= 2).then_some(CHARITY)).text();
    let said = verify(&place, &file_of_both, &[]).unwrap();
    assert!(said.contains("5 mask for wards, taken by nanjing-cdc (the file's word: its key came after"), "{said}");
    assert!(said.contains("10 mask for wards, taken by nanjing-cdc\n"), "{said}");
    let shown: Value = serde_json::from_str(&verify(&place, &file_of_both, &["--json"]).unwrap()).unwrap();
    let by_genesis = |id: EventId| {
        let mut gifts = shown["gifts"].as_array().unwrap().iter();
        gifts.find(|gift| gift["event_id"] == id.to_string()).unwrap()["member_by_genesis"].clone()
    };
    assert_eq!((by_genesis(masks), by_genesis(theirs)), (json!(true), json!(false)));
}

/// Else whoever makes the file lets one side of a dispute speak for the other, and calls lost what nobody agreed is lost.
#[test]
fn a_key_is_one_members_all_through_the_file() {
    let place = Place::new();
    let mut told = told(&place);
    let newcomer = SecretKey::from_seed(&[9; 32]);
    let masks = told.say(CHARITY, pledge("mask", 60));
    told.say(CHARITY, Fact::StockReceived(stock("depot", "mask", "a", 60, Some(masks))));
    let (from, to, item) = ("depot".to_owned(), "gulou".to_owned(), "mask".to_owned());
    let (lot, condition) = ("a".to_owned(), "good".to_owned());
    let given = HandOver {
        from,
        to,
        item: item.clone(),
        lot: lot.clone(),
        quantity: 60,
        condition: condition.clone(),
        commit: None,
    };
    let hand_over = told.say(CHARITY, Fact::HandOver(given));
    told.say(HOSPITAL, Fact::TakeOver(TakeOver { hand_over, item, lot, quantity: 58, condition }));
    for _ in 0..2 {
        told.sign(&newcomer, Fact::DiscrepancySettled(DiscrepancySettled { hand_over, lost: 2, returned: 0 }));
    }
    let came = Sums { pledged: 60, received: 60, held: 58, ..Sums::default() };
    let file = |sums, one, other| {
        let said_to_be = move |at| [None, None, None, None, Some(one), Some(other)].get(at).copied().flatten();
        told.proof(vec![(masks, sums)], said_to_be).text()
    };
    verify(&place, &file(Sums { disputed: 2, ..came }, CHARITY, CHARITY), &[]).unwrap();
    let error = verify(&place, &file(Sums { lost: 2, ..came }, CHARITY, HOSPITAL), &[]).unwrap_err();
    assert!(
        error.contains("event 6 (index 17, discrepancy_settled): the file gives its key to another member"),
        "{error}"
    );
}

/// A bit of every byte, and every length: no other file passes.
#[test]
fn no_byte_can_be_changed_or_left_out() {
    let place = Place::new();
    let mut told = told(&place);
    let gifts = story(&mut told);
    let file = told.proof(gifts, |_| None).text();
    let holds = |bytes: &[u8]| {
        str::from_utf8(bytes).is_ok_and(|text| tocsin::verify::gift::verify(text, &place.genesis).is_ok())
    };
    assert!(holds(file.as_bytes()));
    let mut bytes = file.clone().into_bytes();
    for at in 0..bytes.len() {
        let bit = 1 << (at % 7);
        bytes[at] ^= bit;
        assert!(!holds(&bytes), "byte {at}, bit {bit}: {:?}", text(&bytes[at.saturating_sub(20)..at]));
        bytes[at] ^= bit;
    }
    for end in 0..bytes.len() {
        assert!(!holds(&bytes[..end]), "{end} bytes");
    }
}
