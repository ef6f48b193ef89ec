//! A report of Nanjing proven to the nation, and everything that may be wrong with such a proof.

mod form;
mod handed;

use super::*;
use crate::checkpoint::{Certificate, CertificateError, Checkpoint, Cosigner, cosign, origin};
use crate::golden;
use crate::handover::CosignerSet;
use crate::leaf::{BlockLeaf, EventLeaf, Leaf, OK};
use crate::sign::{Domain, SecretKey, Signed, event_id};
use crate::testing::{Log, other_leaf};

const PATHS: [&str; 3] = ["cn.32.01", "cn.32", "cn"];

fn chain_id(path: &str) -> ChainId {
    Digest::of(path.as_bytes())
}

fn secret(seed: u8) -> SecretKey {
    SecretKey::from_seed(&[seed; 32])
}

fn cosigners() -> Vec<Cosigner> {
    (1..=4).map(|seed| Cosigner { name: format!("member-{seed}.cn"), key: secret(seed).public() }).collect()
}

fn trust() -> Trust {
    Trust { chain: "cn".into(), chain_id: chain_id("cn"), cosigners: CosignerSet { epoch: 0, cosigners: cosigners() } }
}

/// The tests' own encoding of an anchor: `anchor <child>`, a line end, the checkpoint.
fn anchor(body: &[u8]) -> Option<Anchored> {
    let (child, text) = str::from_utf8(body).ok()?.strip_prefix("anchor ")?.split_once('\n')?;
    Some(Anchored { child: child.to_owned(), checkpoint: Checkpoint::parse(text)?, leaves: vec![] })
}

fn anchor_body(child: &str, checkpoint: &Checkpoint) -> Vec<u8> {
    format!("anchor {child}\n{}", checkpoint.text()).into_bytes()
}

/// A log of `size` leaves with the event's at `index`, and the step that shows it.
fn log(path: &str, leaf: &Leaf, signed: &[u8], index: u64, size: u64) -> (Step, Checkpoint) {
    let log = Log::of((0..size).map(|at| if at == index { leaf.to_bytes() } else { other_leaf(at) }).collect());
    let step = Step {
        chain: path.into(),
        chain_id: chain_id(path),
        signed: signed.to_vec(),
        leaf: leaf.to_bytes(),
        index,
        inclusion: log.inclusion(index, size),
    };
    (step, Checkpoint { origin: origin(path, &chain_id(path)), size, root: log.root(size) })
}

/// The places where a forger may put a thumb, level by level.
struct Forger<'a> {
    body: &'a dyn Fn(usize, Vec<u8>) -> Vec<u8>,
    signed: &'a dyn Fn(usize, Signed) -> Vec<u8>,
    leaf: &'a dyn Fn(usize, EventLeaf) -> Leaf,
    step: &'a dyn Fn(usize, &mut Step),
    checkpoint: &'a dyn Fn(usize, &mut Checkpoint),
}

const HONEST: Forger = Forger {
    body: &|_, body| body,
    signed: &|_, signed| signed.to_bytes(),
    leaf: &|_, leaf| Leaf::Event(leaf),
    step: &|_, _| (),
    checkpoint: &|_, _| (),
};

/// The proof of a report in the city's log of 11 leaves, through the province's of 6 to the nation's of 13.
fn forge(forger: &Forger) -> ProofFile {
    let mut steps = Vec::new();
    let mut below: Option<Checkpoint> = None;
    for (level, (path, index, size)) in [(PATHS[0], 7, 11), (PATHS[1], 5, 6), (PATHS[2], 0, 13)].into_iter().enumerate()
    {
        let body = match &below {
            None => b"nine positives at Lukou airport".to_vec(),
            Some(checkpoint) => anchor_body(PATHS[level - 1], checkpoint),
        };
        let body = (forger.body)(level, body);
        let id = event_id(&chain_id(path), &body);
        let author = secret(40 + level as u8);
        let signed = (forger.signed)(level, Signed::seal(&author, Domain::Event, &chain_id(path), body));
        let leaf = EventLeaf { height: 4, position: 2, lane: 0, event: id, signed: Digest::of(&signed), code: OK };
        let (mut step, mut checkpoint) = log(path, &(forger.leaf)(level, leaf), &signed, index, size);
        (forger.step)(level, &mut step);
        (forger.checkpoint)(level, &mut checkpoint);
        steps.push(step);
        below = Some(checkpoint);
    }
    let checkpoint = below.unwrap();
    let vouch = |seed: u8| {
        cosign(&secret(seed), &cosigners()[usize::from(seed) - 1].name, &checkpoint, 1_626_739_200 + u64::from(seed))
    };
    let cosignatures = [1, 2, 4].map(vouch).to_vec();
    ProofFile { handovers: vec![], steps, certificate: Certificate { checkpoint, cosignatures } }
}

fn golden_proof() -> ProofFile {
    forge(&HONEST)
}

fn verdict(proof: &ProofFile) -> Result<Verified, ProofError> {
    proof.verify(&trust(), &anchor)
}

#[track_caller]
fn fails(forger: &Forger, level: usize, fault: StepFault) {
    assert_eq!(verdict(&forge(forger)), Err(ProofError::Step { level, chain: PATHS[level].into(), fault }));
}

#[test]
fn an_honest_proof_shows_the_event_and_every_log_on_its_way() {
    let verified = verdict(&golden_proof()).unwrap();
    assert_eq!(verified.signed.body, b"nine positives at Lukou airport");
    assert_eq!(verified.signed.key, secret(40).public());
    assert_eq!(verified.leaf.event, event_id(&chain_id("cn.32.01"), &verified.signed.body));
    assert_eq!((verified.leaf.code, verified.time_s), (OK, 1_626_739_202));
    let levels = verified.levels.iter().map(|level| (level.chain.as_str(), level.index, level.checkpoint.size));
    assert_eq!(levels.collect::<Vec<_>>(), [("cn.32.01", 7, 11), ("cn.32", 5, 6), ("cn", 0, 13)]);
    assert_eq!(verified.levels[2].checkpoint, golden_proof().certificate.checkpoint);
}

#[test]
fn any_flipped_bit_of_the_golden_proof_is_detected() {
    let text = golden_proof().text();
    golden::text("report.proof", &text);
    assert_eq!(ProofFile::parse(&text), Ok(golden_proof()));
    let mut bytes = text.into_bytes();
    for bit in 0..bytes.len() * 8 {
        bytes[bit / 8] ^= 1 << (bit % 8);
        let read = str::from_utf8(&bytes).ok().and_then(|text| ProofFile::parse(text).ok());
        assert!(read.is_none_or(|read| verdict(&read).is_err()), "bit {bit}");
        bytes[bit / 8] ^= 1 << (bit % 8);
    }
}

#[test]
fn a_refusal_is_proven_like_an_event_but_refused_anchors_vouch_for_nothing() {
    let refused =
        |at| move |level, leaf: EventLeaf| Leaf::Event(EventLeaf { code: if level == at { 34 } else { OK }, ..leaf });
    let refusal = verdict(&forge(&Forger { leaf: &refused(0), ..HONEST })).unwrap();
    assert_eq!(refusal.leaf.code, 34);
    fails(&Forger { leaf: &refused(1), ..HONEST }, 1, StepFault::Refused(34));
    fails(&Forger { leaf: &refused(2), ..HONEST }, 2, StepFault::Refused(34));
}

#[test]
fn each_level_fails_by_its_own_name() {
    for at in 0..3 {
        let other = Leaf::Block(BlockLeaf {
            height: 1,
            block: Digest::default(),
            state: Digest::default(),
            rules_version: 1,
            snapshot: None,
        });
        fails(
            &Forger { leaf: &|level, leaf| if level == at { other.clone() } else { Leaf::Event(leaf) }, ..HONEST },
            at,
            StepFault::Leaf,
        );
        let signed = |level, leaf: EventLeaf| {
            Leaf::Event(EventLeaf { signed: if level == at { Digest::default() } else { leaf.signed }, ..leaf })
        };
        fails(&Forger { leaf: &signed, ..HONEST }, at, StepFault::SignedHash);
        let event = |level, leaf: EventLeaf| {
            Leaf::Event(EventLeaf { event: if level == at { Digest::default() } else { leaf.event }, ..leaf })
        };
        fails(&Forger { leaf: &event, ..HONEST }, at, StepFault::EventId);
        let short = |level, signed: Signed| if level == at { vec![1; 96] } else { signed.to_bytes() };
        fails(&Forger { signed: &short, ..HONEST }, at, StepFault::Envelope);
        let forged = |level, mut signed: Signed| {
            signed.signature[0] ^= u8::from(level == at);
            signed.to_bytes()
        };
        fails(&Forger { signed: &forged, ..HONEST }, at, StepFault::Signature);
        let moved = |level, step: &mut Step| step.index += u64::from(level == at);
        fails(&Forger { step: &moved, ..HONEST }, at, StepFault::Inclusion);
        let cut = |level, step: &mut Step| step.inclusion.truncate(if level == at { 1 } else { 63 });
        fails(&Forger { step: &cut, ..HONEST }, at, StepFault::Inclusion);
        let grown = |level, checkpoint: &mut Checkpoint| checkpoint.root.0[0] ^= u8::from(level == at);
        fails(&Forger { checkpoint: &grown, ..HONEST }, at, StepFault::Inclusion);
    }
}

#[test]
fn a_step_must_be_of_the_chain_that_the_level_above_vouches_for() {
    let renamed = |level, step: &mut Step| {
        if level == 0 {
            step.chain = "cn.32.02".into()
        }
    };
    let renamed = forge(&Forger { step: &renamed, ..HONEST });
    let fault = StepFault::Chain;
    assert_eq!(verdict(&renamed), Err(ProofError::Step { level: 0, chain: "cn.32.02".into(), fault }));
    let anchors_other = |level, body: Vec<u8>| match anchor(&body) {
        Some(anchored) if level == 1 => anchor_body("cn.32.02", &anchored.checkpoint),
        _ => body,
    };
    fails(&Forger { body: &anchors_other, ..HONEST }, 0, StepFault::Chain);
    // The origin holds 8 bytes of the id; the event id in the leaf holds the rest.
    for (byte, fault) in [(0, StepFault::Chain), (31, StepFault::EventId)] {
        let other = |level, step: &mut Step| step.chain_id.0[byte] ^= u8::from(level == 0);
        fails(&Forger { step: &other, ..HONEST }, 0, fault);
    }
    let top = |level, step: &mut Step| step.chain_id.0[31] ^= u8::from(level == 2);
    fails(&Forger { step: &top, ..HONEST }, 2, StepFault::Chain);
    fails(
        &Forger { body: &|level, body| if level == 1 { b"a report".to_vec() } else { body }, ..HONEST },
        1,
        StepFault::NotAnchor,
    );
}

#[test]
fn the_top_must_be_the_readers_chain_under_the_readers_cosigners() {
    let proof = golden_proof();
    let shorter = ProofFile { steps: proof.steps[..2].to_vec(), ..proof.clone() };
    let (wanted, found) = ("cn".into(), "cn.32".into());
    assert_eq!(verdict(&shorter), Err(ProofError::TopChain { wanted, found }));
    assert_eq!(verdict(&ProofFile { steps: vec![], ..proof.clone() }), Err(ProofError::Empty));

    let certificate = |fault| Err(ProofError::Certificate { chain: "cn".into(), fault });
    let under = |cosigners| Trust { cosigners: CosignerSet { epoch: 0, cosigners }, ..trust() };
    let more = under([cosigners(), vec![Cosigner { name: "member-5.cn".into(), key: secret(5).public() }]].concat());
    assert_eq!(proof.verify(&more, &anchor), certificate(CertificateError::Count { wanted: 4, found: 3 }));
    let others = under(cosigners().split_off(1));
    assert_eq!(proof.verify(&others, &anchor), certificate(CertificateError::Stranger("member-1.cn".into())));
    let mut lied = proof;
    lied.certificate.checkpoint.size += 1;
    assert_eq!(verdict(&lied), certificate(CertificateError::Signature("member-1.cn".into())));
}

#[test]
fn a_chain_without_a_parent_proves_its_events_alone() {
    let mut proof = golden_proof();
    proof.steps = proof.steps.split_off(2);
    let verified = verdict(&proof).unwrap();
    assert_eq!((verified.levels.len(), verified.levels[0].chain.as_str()), (1, "cn"));
}
