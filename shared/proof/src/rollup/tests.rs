//! The outbreak of two cities summed over province and nation, and everything that may be wrong with such a sum.

mod figures;
mod form;
mod proven;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::*;
use crate::checkpoint::{Certificate, Checkpoint, Cosigner, cosign, origin};
use crate::golden;
use crate::handover::CosignerSet;
use crate::leaf::{EventLeaf, Leaf, OK, RollupPart, SummaryLeaf};
use crate::proof_file::{Anchored, Trust};
use crate::sign::{Domain, SecretKey, Signed, event_id};
use crate::testing::{Log, other_leaf};

const CITIES: [&str; 3] = ["cn.32.01", "cn.32.10", "cn.32.13"];

fn chain_id(path: &str) -> ChainId {
    Digest::of(path.as_bytes())
}

fn secret(seed: u8) -> SecretKey {
    SecretKey::from_seed(&[seed; 32])
}

fn trust() -> Trust {
    let cosigner = |seed| Cosigner { name: format!("member-{seed}.cn"), key: secret(seed).public() };
    let cosigners = CosignerSet { epoch: 0, cosigners: (1..=4).map(cosigner).collect() };
    Trust { chain: "cn".into(), chain_id: chain_id("cn"), cosigners }
}

fn confirmed(count: u64) -> Counts {
    [0, 0, count, 4, 0]
}

/// The tests' own encoding of a summary: `<disease> <counts>`.
fn summary(body: &[u8], disease: &str) -> Option<Counts> {
    let (of, counts) = str::from_utf8(body).ok()?.split_once(' ')?;
    let counts = counts.split(' ').map(|count| count.parse().unwrap()).collect::<Vec<u64>>();
    (of == disease).then(|| counts.try_into().unwrap())
}

fn summary_leaf(number: u64, counts: &Counts) -> Vec<u8> {
    let body = format!("U07.1 {}", counts.map(|count| count.to_string()).join(" ")).into_bytes();
    Leaf::Summary(SummaryLeaf { height: 3, number, body }).to_bytes()
}

/// The tests' own encoding of an anchor: child, leaves, each `<index> <leaf> <hashes>`, a blank line, the checkpoint.
fn anchor(body: &[u8]) -> Option<Anchored> {
    let (head, checkpoint) = str::from_utf8(body).ok()?.strip_prefix("anchor ")?.split_once("\n\n")?;
    let (child, leaves) = head.split_once('\n')?;
    let leaf = |line: &str| {
        let mut words = line.split(' ');
        let index = words.next()?.parse().ok()?;
        let leaf = STANDARD.decode(words.next()?).ok()?;
        let hash = |word| Digest(STANDARD.decode(word).unwrap().try_into().unwrap());
        Some(ProvenLeaf { leaf, index, inclusion: words.map(hash).collect() })
    };
    let leaves = leaves.lines().map(leaf).collect::<Option<_>>()?;
    Some(Anchored { child: child.to_owned(), checkpoint: Checkpoint::parse(checkpoint)?, leaves })
}

fn anchor_body(of: &Anchored) -> Vec<u8> {
    let line = |of: &ProvenLeaf| {
        let words = std::iter::once(of.leaf.as_slice()).chain(of.inclusion.iter().map(|hash| hash.0.as_slice()));
        words.fold(of.index.to_string(), |line, word| line + " " + &STANDARD.encode(word))
    };
    let lines = of.leaves.iter().map(line).collect::<Vec<_>>().join("\n");
    format!("anchor {}\n{lines}\n\n{}", of.child, of.checkpoint.text()).into_bytes()
}

fn proven(log: &Log, index: u64, size: u64) -> ProvenLeaf {
    ProvenLeaf { leaf: log.leaf(index), index, inclusion: log.inclusion(index, size) }
}

fn checkpoint(path: &str, log: &Log, size: u64) -> Checkpoint {
    Checkpoint { origin: origin(path, &chain_id(path)), size, root: log.root(size) }
}

/// The places where a forger may put a thumb.
struct Forger<'a> {
    /// What a child's anchor brings.
    anchored: &'a dyn Fn(&mut Anchored),
    /// The leaf of an executed anchor, by child.
    event: &'a dyn Fn(&str, &mut EventLeaf),
    /// A chain's roll-up leaf, by chain.
    sum: &'a dyn Fn(&str, &mut RollupLeaf),
    /// What a child's summary says, by child.
    says: &'a dyn Fn(&str, &mut Counts),
}

const HONEST: Forger = Forger { anchored: &|_| (), event: &|_, _| (), sum: &|_, _| (), says: &|_, _| () };

impl Forger<'_> {
    /// A chain without children: its summary 9 at index 4 of 7 leaves.
    fn leaf_chain(&self, path: &str, mut counts: Counts) -> Anchored {
        (self.says)(path, &mut counts);
        let mut leaves = (0..7).map(other_leaf).collect::<Vec<_>>();
        leaves[4] = summary_leaf(9, &counts);
        let log = Log::of(leaves);
        Anchored { child: path.into(), checkpoint: checkpoint(path, &log, 7), leaves: vec![proven(&log, 4, 7)] }
    }

    /// A chain that sums what was brought: an anchor each, the roll-up leaf, its own summary 30, and more.
    fn summing(&self, path: &str, own: Counts, without: &[&str], brought: Vec<Anchored>) -> (RollupLevel, Anchored) {
        let mut parts = Vec::new();
        let mut events = Vec::new();
        let mut leaves = vec![other_leaf(1)];
        for (seed, mut anchored) in (40..).zip(brought) {
            let ((summary, counts), size) = (said(&anchored), anchored.checkpoint.size);
            parts.push(RollupPart { child: anchored.child.clone(), counts, summary, size });
            let child = anchored.child.clone();
            (self.anchored)(&mut anchored);
            let body = anchor_body(&anchored);
            let id = event_id(&chain_id(path), &body);
            let signed = Signed::seal(&secret(seed), Domain::Event, &chain_id(path), body).to_bytes();
            let mut leaf =
                EventLeaf { height: 2, position: 0, lane: 1, event: id, signed: Digest::of(&signed), code: OK };
            (self.event)(&child, &mut leaf);
            events.push((child, signed, leaves.len() as u64));
            leaves.push(Leaf::Event(leaf).to_bytes());
        }
        let nothing = |child: &&str| RollupPart { child: (*child).into(), counts: [0; 5], summary: 0, size: 0 };
        parts.extend(without.iter().map(nothing));
        let mut total = own;
        for part in &parts {
            total.iter_mut().zip(part.counts).for_each(|(sum, count)| *sum += count);
        }
        let mut leaf = RollupLeaf { height: 3, disease: "U07.1".into(), total, own, parts };
        (self.sum)(path, &mut leaf);
        let at = leaves.len() as u64;
        let figures = Figures::of(&leaf);
        leaves.push(Leaf::Rollup(leaf).to_bytes());
        leaves.push(summary_leaf(30, &figures.total));
        leaves.push(other_leaf(3));
        let size = leaves.len() as u64;
        let log = Log::of(leaves);
        let step = |(child, signed, index): (String, Vec<u8>, u64)| AnchorStep {
            child,
            signed,
            leaf: log.leaf(index),
            index,
            inclusion: log.inclusion(index, size),
        };
        let anchors = events.into_iter().map(step).collect();
        let sum = proven(&log, at, size);
        let level = RollupLevel { chain: path.into(), chain_id: chain_id(path), figures, sum, anchors };
        let leaves = vec![proven(&log, at + 1, size)];
        (level, Anchored { child: path.into(), checkpoint: checkpoint(path, &log, size), leaves })
    }

    /// Nanjing 235 and Yangzhou 583, Suqian nothing; Jiangsu with one probable case of its own; Zhejiang beside it.
    fn proof(&self) -> RollupProof {
        let cities = vec![self.leaf_chain(CITIES[0], confirmed(235)), self.leaf_chain(CITIES[1], confirmed(583))];
        let (jiangsu, brought) = self.summing("cn.32", [0, 1, 0, 0, 0], &CITIES[2..], cities);
        let zhejiang = self.leaf_chain("cn.33", confirmed(7));
        let (nation, top) = self.summing("cn", [0; 5], &[], vec![brought, zhejiang]);
        let checkpoint = top.checkpoint;
        let vouch = |seed: u8| {
            cosign(&secret(seed), &format!("member-{seed}.cn"), &checkpoint, 1_628_000_000 + u64::from(seed))
        };
        let cosignatures = [1, 2, 4].map(vouch).to_vec();
        let certificate = Certificate { checkpoint, cosignatures };
        RollupProof { disease: "U07.1".into(), handovers: vec![], levels: vec![nation, jiangsu], certificate }
    }
}

/// The number of the summary in an anchor and what it says, before anybody forges it.
fn said(anchored: &Anchored) -> (u64, Counts) {
    match anchored.leaves[0].read() {
        Some(Leaf::Summary(leaf)) => (leaf.number, summary(&leaf.body, "U07.1").unwrap()),
        other => panic!("{other:?}"),
    }
}

fn golden_rollup() -> RollupProof {
    HONEST.proof()
}

fn verdict(proof: &RollupProof, children: &[&str]) -> Result<VerifiedRollup, RollupError> {
    proof.verify(&trust(), &anchor, &summary, children)
}

#[test]
fn an_honest_sum_closes_from_the_cities_to_the_nation() {
    let children = [CITIES.as_slice(), &["cn.32", "cn.33"]].concat();
    let verified = verdict(&golden_rollup(), &children).unwrap();
    assert_eq!((verified.disease.as_str(), verified.time_s), ("U07.1", 1_628_000_002));
    let totals = verified.levels.iter().map(|level| (level.chain.as_str(), level.sum.total));
    assert_eq!(totals.collect::<Vec<_>>(), [("cn", [0, 1, 825, 12, 0]), ("cn.32", [0, 1, 818, 8, 0])]);
    assert_eq!(verified.levels[0].checkpoint, golden_rollup().certificate.checkpoint);
    // The nation alone is a proof too: what Jiangsu says, whatever it is the sum of.
    let mut shallow = golden_rollup();
    shallow.levels.pop();
    assert_eq!(verdict(&shallow, &["cn.32", "cn.33"]).unwrap().levels.len(), 1);
}

#[test]
fn any_flipped_bit_of_the_golden_rollup_is_detected() {
    let text = golden_rollup().text();
    golden::text("nation.rollup", &text);
    assert_eq!(RollupProof::parse(&text), Ok(golden_rollup()));
    let mut bytes = text.into_bytes();
    for bit in 0..bytes.len() * 8 {
        bytes[bit / 8] ^= 1 << (bit % 8);
        let read = str::from_utf8(&bytes).ok().and_then(|text| RollupProof::parse(text).ok());
        assert!(read.is_none_or(|read| verdict(&read, &[]).is_err()), "bit {bit}");
        bytes[bit / 8] ^= 1 << (bit % 8);
    }
}
