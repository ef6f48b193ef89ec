//! A gift of four events proven to the nation, and everything that may be wrong with such a proof.

use std::ops::Range;

use super::*;
use crate::checkpoint::{Certificate, CertificateError, Checkpoint, Cosigner, cosign, origin};
use crate::golden;
use crate::handover::CosignerSet;
use crate::leaf::{EventLeaf, Leaf, OK};
use crate::lines::FormatError;
use crate::proof_file::{Anchored, ProofError, StepFault, Trust};
use crate::sign::{Domain, SecretKey, Signed, event_id};
use crate::testing::{Log, other_leaf};

const CITY: &str = "cn.32.01";
const GENESIS: &[u8] = b"chain = \"cn.32.01\"\n";
/// Where the events are in the city's log of 23 leaves.
const PLACES: [u64; 4] = [3, 8, 9, 20];
const WORDS: [&str; 4] = ["pledged 900", "received 900", "used 500", "destroyed 40"];

fn city() -> ChainId {
    Digest::of(GENESIS)
}

fn nation() -> ChainId {
    Digest::of(b"cn")
}

fn secret(seed: u8) -> SecretKey {
    SecretKey::from_seed(&[seed; 32])
}

fn trust() -> Trust {
    let cosigners = (1..=4).map(|seed| Cosigner { name: format!("member-{seed}.cn"), key: secret(seed).public() });
    let cosigners = CosignerSet { epoch: 0, cosigners: cosigners.collect() };
    Trust { chain: "cn".into(), chain_id: nation(), cosigners }
}

/// The tests' own encoding of an anchor: `anchor <child>`, a line end, the checkpoint.
fn anchor(body: &[u8]) -> Option<Anchored> {
    let (child, text) = str::from_utf8(body).ok()?.strip_prefix("anchor ")?.split_once('\n')?;
    Some(Anchored { child: child.to_owned(), checkpoint: Checkpoint::parse(text)?, leaves: vec![] })
}

fn signed(seed: u8, chain: &ChainId, body: Vec<u8>, code: u16) -> (Vec<u8>, EventLeaf) {
    let event = event_id(chain, &body);
    let signed = Signed::seal(&secret(seed), Domain::Event, chain, body).to_bytes();
    let leaf = EventLeaf { height: 4, position: 0, lane: 2, event, signed: Digest::of(&signed), code };
    (signed, leaf)
}

/// A log with these leaves among others.
fn log(size: u64, ours: &[(u64, Vec<u8>)]) -> Log {
    let leaf =
        |at| ours.iter().find(|(index, _)| *index == at).map_or_else(|| other_leaf(at), |(_, leaf)| leaf.clone());
    Log::of((0..size).map(leaf).collect())
}

/// The gift's proof; `code` is the result of each event by its place in `PLACES`.
fn forge(code: impl Fn(usize) -> u16) -> GiftProof {
    let told = WORDS.iter().enumerate().map(|(at, word)| signed(40, &city(), word.as_bytes().to_vec(), code(at)));
    let told = told.collect::<Vec<_>>();
    let leaves = PLACES.into_iter().zip(&told).map(|(index, (_, leaf))| (index, Leaf::Event(leaf.clone()).to_bytes()));
    let leaves = leaves.collect::<Vec<_>>();
    let below = log(23, &leaves);
    let events = told.iter().zip(&leaves).enumerate().map(|(at, ((signed, _), (index, leaf)))| GiftEvent {
        index: *index,
        member: (at == 3).then(|| "newcomer".to_owned()),
        signed: signed.clone(),
        leaf: leaf.clone(),
        inclusion: below.inclusion(*index, 23),
    });
    let anchored = Checkpoint { origin: origin(CITY, &city()), size: 23, root: below.root(23) };
    let body = format!("anchor {CITY}\n{}", anchored.text()).into_bytes();
    let (signed, leaf) = signed(50, &nation(), body, OK);
    let leaf = Leaf::Event(leaf).to_bytes();
    let top = log(6, &[(2, leaf.clone())]);
    let above = Step { chain: "cn".into(), chain_id: nation(), signed, leaf, index: 2, inclusion: top.inclusion(2, 6) };
    let checkpoint = Checkpoint { origin: origin("cn", &nation()), size: 6, root: top.root(6) };
    let vouch =
        |seed: u8| cosign(&secret(seed), &format!("member-{seed}.cn"), &checkpoint, 1_626_739_200 + u64::from(seed));
    let cosignatures = [1, 2, 4].map(vouch).to_vec();
    let sums = Sums { pledged: 900, received: 900, held: 360, used: 500, wasted: 40, ..Sums::default() };
    GiftProof {
        gifts: vec![(told[0].1.event, sums)],
        handovers: vec![],
        chain: CITY.into(),
        chain_id: city(),
        genesis: GENESIS.to_vec(),
        events: events.collect(),
        above: vec![above],
        certificate: Certificate { checkpoint, cosignatures },
    }
}

fn honest() -> GiftProof {
    forge(|_| OK)
}

fn verdict(proof: &GiftProof) -> Result<VerifiedGift, GiftError> {
    proof.verify(&trust(), &anchor)
}

/// The honest proof with a thumb on it, and why it does not hold.
#[track_caller]
fn fails(change: impl Fn(&mut GiftProof)) -> GiftError {
    let mut proof = honest();
    change(&mut proof);
    assert_ne!(proof, honest(), "nothing was changed");
    verdict(&proof).unwrap_err()
}

fn event(number: usize, fault: StepFault) -> GiftError {
    GiftError::Event { number, index: PLACES[number - 1], fault: EventFault::Step(fault) }
}

#[test]
fn an_honest_proof_shows_every_event_in_order_and_the_logs_above() {
    let shown = verdict(&honest()).unwrap();
    let said = shown.events.iter().map(|event| str::from_utf8(&event.signed.body).unwrap());
    assert_eq!(said.collect::<Vec<_>>(), WORDS);
    assert_eq!(shown.events.iter().map(|event| event.index).collect::<Vec<_>>(), PLACES);
    let levels = shown.levels.iter().map(|level| (level.chain.as_str(), level.index, level.checkpoint.size));
    assert_eq!(levels.collect::<Vec<_>>(), [(CITY, 20, 23), ("cn", 2, 6)]);
    assert_eq!((shown.time_s, shown.events[3].member.as_deref()), (1_626_739_202, Some("newcomer")));
}

/// Everything but what this crate can't know: the number announced, which closes with nothing, and who is said to have
/// signed with a key that the genesis does not name.
#[test]
fn any_flipped_bit_of_the_golden_proof_is_detected() {
    let text = honest().text();
    golden::text("gift.proof", &text);
    assert_eq!(GiftProof::parse(&text), Ok(honest()));
    let line = |start: &str, end: &str| -> Range<usize> {
        let at = text.find(start).unwrap() + start.len();
        at..at + text[at..].find(end).unwrap()
    };
    let told = [line("\nsums ", " pledged"), line("\nmember ", "\n")];
    let (mut bytes, mut undetected) = (text.clone().into_bytes(), 0);
    for bit in 0..bytes.len() * 8 {
        bytes[bit / 8] ^= 1 << (bit % 8);
        let read = str::from_utf8(&bytes).ok().and_then(|text| GiftProof::parse(text).ok());
        let holds = read.is_some_and(|read| verdict(&read).is_ok());
        assert!(!holds || told.iter().any(|told| told.contains(&(bit / 8))), "bit {bit}");
        undetected += usize::from(holds);
        bytes[bit / 8] ^= 1 << (bit % 8);
    }
    assert!(undetected > 0, "the two lines are there");
}

#[test]
fn sums_that_do_not_close_are_named_before_any_hash_is_looked_at() {
    let said = fails(|proof| proof.gifts[0].1.used += 1).to_string();
    assert!(said.starts_with("the sums do not close: gift ") && said.contains("501 used"), "{said}");
    // Beyond 64 bits they are summed all the same.
    assert!(!Sums { received: u64::MAX, found: 1, ..Sums::default() }.closes());
    let other = Sums { used: 400, held: 460, ..honest().gifts[0].1 };
    let named = other.differences(&honest().gifts[0].1);
    assert_eq!(
        named.iter().map(|one| (one.name, one.said, one.found)).collect::<Vec<_>>(),
        [("held", 460, 360), ("used", 400, 500)]
    );
}

#[test]
fn each_event_fails_by_its_own_number() {
    for number in 1..=4 {
        let at = number - 1;
        assert_eq!(fails(|proof| proof.events[at].inclusion.truncate(1)), event(number, StepFault::Inclusion));
        assert_eq!(fails(|proof| proof.events[at].signed[10] ^= 1), event(number, StepFault::SignedHash));
        let other = Leaf::Event(EventLeaf { event: Digest::default(), ..leaf(at) }).to_bytes();
        assert_eq!(fails(|proof| proof.events[at].leaf = other.clone()), event(number, StepFault::Inclusion));
        assert_eq!(fails(|proof| proof.events[at].leaf = other_leaf(1)), event(number, StepFault::Leaf));
        let refused = verdict(&forge(|event| if event == at { 55 } else { OK })).unwrap_err();
        assert_eq!(refused, GiftError::Event { number, index: PLACES[at], fault: EventFault::Refused(55) });
    }
    let order = GiftError::Event { number: 3, index: 8, fault: EventFault::Order };
    assert_eq!(fails(|proof| proof.events.swap(1, 2)), order);
    let twice = GiftError::Event { number: 2, index: 3, fault: EventFault::Order };
    assert_eq!(fails(|proof| proof.events.insert(1, proof.events[0].clone())), twice);
}

fn leaf(at: usize) -> EventLeaf {
    match Leaf::from_bytes(&honest().events[at].leaf) {
        Some(Leaf::Event(leaf)) => leaf,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_way_down_must_lead_to_the_events_log() {
    let step = |level, chain: &str, fault| GiftError::Way(ProofError::Step { level, chain: chain.into(), fault });
    assert_eq!(fails(|proof| proof.chain = "cn.32.02".into()), step(0, "cn.32.02", StepFault::Chain));
    assert_eq!(fails(|proof| proof.chain_id.0[0] ^= 1), step(0, CITY, StepFault::Chain));
    // The origin holds 8 bytes of the id; the event ids hold the rest.
    assert_eq!(fails(|proof| proof.chain_id.0[31] ^= 1), event(1, StepFault::EventId));
    assert_eq!(fails(|proof| proof.above[0].inclusion.truncate(1)), step(1, "cn", StepFault::Inclusion));
    assert_eq!(fails(|proof| proof.above[0].chain_id.0[31] ^= 1), step(1, "cn", StepFault::Chain));
    let top = GiftError::Way(ProofError::TopChain { wanted: "cn".into(), found: CITY.into() });
    assert_eq!(fails(|proof| proof.above.clear()), top);
    let count = CertificateError::Count { wanted: 3, found: 2 };
    let certificate = GiftError::Way(ProofError::Certificate { chain: "cn".into(), fault: count });
    assert_eq!(fails(|proof| proof.certificate.cosignatures.truncate(2)), certificate);
    assert_eq!(fails(|proof| proof.genesis.push(b'\n')), GiftError::Genesis(CITY.into()));
    let pledge = Digest::of(b"another");
    assert_eq!(fails(|proof| proof.gifts[0].0 = pledge), GiftError::Pledge(pledge));
    assert_eq!(fails(|proof| proof.gifts.push(proof.gifts[0])), GiftError::Gifts);
}

#[test]
fn events_of_the_top_chain_need_no_step_above() {
    let mut proof = honest();
    let below = log(23, &proof.events.iter().map(|event| (event.index, event.leaf.clone())).collect::<Vec<_>>());
    let checkpoint = Checkpoint { origin: origin(CITY, &city()), size: 23, root: below.root(23) };
    let cosignatures = [1, 2, 4].map(|seed| cosign(&secret(seed), &format!("member-{seed}.cn"), &checkpoint, 1));
    proof.above.clear();
    proof.certificate = Certificate { checkpoint, cosignatures: cosignatures.to_vec() };
    let alone = Trust { chain: CITY.into(), chain_id: city(), ..trust() };
    assert_eq!(proof.verify(&alone, &anchor).unwrap().levels.len(), 1);
}

/// The golden text with one piece replaced, and where and why reading it stops.
#[track_caller]
fn refused(from: &str, to: &str) -> FormatError {
    let good = honest().text();
    let text = good.replacen(from, to, 1);
    assert_ne!(text, good, "{from:?} is not in the golden proof");
    GiftProof::parse(&text).unwrap_err()
}

#[test]
fn every_line_is_known_and_stands_in_its_place() {
    let first = FormatError { line: 1, what: "the first line must be `tocsin-gift@v1`" };
    assert_eq!(refused("tocsin-gift@v1", "tocsin-gift@v2"), first);
    assert_eq!(refused("@v1\n", "@v1\r\n"), first);
    assert_eq!(refused("\nsums 900", "\nsums 0900").line, 3);
    assert_eq!(refused(" 0 found,", "").line, 3);
    assert_eq!(refused("40 wasted", "40 lost").line, 3);
    assert_eq!(refused("0 spent", "0 spent, 0 more").line, 3);
    assert_eq!(refused("\nlog ", "\nchain ").line, 4);
    assert_eq!(refused("\ngenesis ", "\nfile ").line, 5);
    assert_eq!(refused("\nevent 3\n", "\nevent 03\n").line, 6);
    assert_eq!(refused("\nevent 3\n", "\nindex 3\n").line, 6);
    assert_eq!(refused("member newcomer\n", "member new comer\n").what, "`member <name>`");
    assert_eq!(
        refused("\nchain cn ", "\nanchor cn ").what,
        "a checkpoint with its cosignatures and nothing else must follow"
    );
    let good = honest().text();
    for end in 0..good.len() {
        let read = good.get(..end).and_then(|cut| GiftProof::parse(cut).ok());
        assert!(read.is_none_or(|read| verdict(&read).is_err()), "{end} bytes");
    }
    assert!(GiftProof::parse(&format!("{good}\n")).is_err());
}

#[test]
fn bounds_hold_at_their_number_and_not_one_further() {
    let read = |change: &dyn Fn(&mut GiftProof)| {
        let mut proof = honest();
        change(&mut proof);
        GiftProof::parse(&proof.text()).map(|read| assert_eq!(read, proof)).map_err(|error| error.what)
    };
    let gifts = |count| move |proof: &mut GiftProof| proof.gifts = vec![proof.gifts[0]; count];
    assert_eq!((read(&gifts(MAX_GIFTS)), read(&gifts(1))), (Ok(()), Ok(())));
    for count in [0, MAX_GIFTS + 1] {
        assert_eq!(read(&gifts(count)), Err("1 to 100 `gift` lines must stand here"));
    }
    let events = |count| move |proof: &mut GiftProof| proof.events = vec![proof.events[0].clone(); count];
    assert_eq!(read(&events(MAX_EVENTS)), Ok(()));
    for count in [0, MAX_EVENTS + 1] {
        assert_eq!(read(&events(count)), Err("1 to 4096 `event` lines must stand here"));
    }
    let genesis = |length| move |proof: &mut GiftProof| proof.genesis = vec![7; length];
    assert_eq!(read(&genesis(MAX_GENESIS_BYTES)), Ok(()));
    assert_eq!(read(&genesis(MAX_GENESIS_BYTES + 1)), Err("`genesis <base64 of at most 4 MiB>`"));
    let long = FormatError { line: 1, what: "longer than any gift's proof" };
    assert_eq!(GiftProof::parse(&"x".repeat(MAX_TEXT_BYTES + 1)), Err(long));
}
