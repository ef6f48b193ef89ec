//! The invariants of a chain over what its ledgers answered. Pure: it asks nobody.
//!
//! I1 receipts kept, I2 nothing executed twice, I3 ledgers agree, I4 the block chain verifies and no bundle is missing.
//! I5 (proofs) and I10 (convergence) need answers of their own: `gathered`. What it can't see is whether all ledgers lie
//! alike; the roots are recomputed here, and the certificate is checked, for what one ledger alone could get wrong.

use std::collections::{BTreeMap, BTreeSet};

use domain::chain::Lane;
use domain::event::EventId;
use domain::genesis::{Genesis, quorum};
use proof::block::{Block, Tip};
use proof::checkpoint::{Certificate, Cosigner, origin};
use proof::digest::Digest;
use proof::leaf::Leaf;
use proof::merkle::Frontier;
use proof::sign::{Domain, PublicKey, Signed};
use wire::ledger::{EntryKind, LogEntry, Status};

/// Everything one ledger answered.
#[derive(Clone)]
pub struct Answers {
    pub member: String,
    pub status: Status,
    /// The whole log.
    pub log: Vec<LogEntry>,
    /// All blocks as sealed.
    pub blocks: Vec<Vec<u8>>,
    /// The cosigners whose checkpoints count now.
    pub cosigners: Vec<Cosigner>,
}

/// What is broken, a line each; `receipts` are the events that had one.
pub fn broken(genesis: &Genesis, ledgers: &[Answers], receipts: &BTreeSet<EventId>) -> Vec<String> {
    let mut broken = Vec::new();
    for ledger in ledgers {
        let mut say = |what: String| broken.push(format!("{}: {what}", ledger.member));
        log(genesis, ledger, &mut say);
        receipted(genesis, ledger, receipts, &mut say);
        blocks(genesis, ledger, &mut say);
    }
    for pair in ledgers.windows(2) {
        if let [one, other] = pair {
            agree(one, other, &mut |what| broken.push(format!("{} and {}: {what}", one.member, other.member)));
        }
    }
    broken
}

/// I2, and the log against its own root and certificate.
fn log(genesis: &Genesis, ledger: &Answers, say: &mut dyn FnMut(String)) {
    let status = &ledger.status;
    if let Some(why) = &status.halted {
        say(format!("I10 halted: {why}"));
    }
    let (mut frontier, mut executed, mut roots) = (Frontier::default(), BTreeSet::new(), BTreeMap::new());
    for (place, entry) in ledger.log.iter().enumerate() {
        if entry.index != place as u64 {
            say(format!("I3 entry {} stands at {place}", entry.index));
        }
        let Some(leaf) = Leaf::from_bytes(&entry.leaf) else {
            say(format!("I3 leaf {place} does not decode"));
            continue;
        };
        frontier.append(leaf.hash(), &mut Vec::new());
        roots.insert(frontier.size(), frontier.root());
        match leaf {
            Leaf::Event(leaf) if leaf.code == proof::leaf::OK => {
                if !executed.insert(leaf.event) {
                    say(format!("I2 event {} was executed twice", leaf.event));
                }
                if leaf.signed != Digest::of(&entry.signed)
                    || leaf.event != wire::event::id_of(&genesis.chain_id, &entry.signed)
                {
                    say(format!("I1 the bytes of event {} are not those of its leaf", leaf.event));
                }
            }
            _ => {}
        }
    }
    if (frontier.size(), frontier.root()) != (status.size, status.root) {
        say("I3 the log does not have the root of the status".to_owned());
    }
    let origin = origin(genesis.chain.as_str(), &genesis.chain_id);
    match status.certificate.as_deref().and_then(Certificate::parse) {
        None => say("I10 nothing is final".to_owned()),
        Some(certificate) => {
            if let Err(error) = certificate.verify(&origin, &ledger.cosigners, quorum(ledger.cosigners.len())) {
                say(format!("I3 the certificate does not verify: {error}"));
            }
            if roots.get(&certificate.checkpoint.size) != Some(&certificate.checkpoint.root) {
                say("I1 the certificate is of another log".to_owned());
            }
        }
    }
}

/// I1: every event that had a receipt is final.
fn receipted(genesis: &Genesis, ledger: &Answers, receipts: &BTreeSet<EventId>, say: &mut dyn FnMut(String)) {
    let entries = ledger.log.iter().filter(|entry| entry.kind == EntryKind::Event);
    let finals: BTreeSet<_> = entries
        .filter(|entry| entry.index < ledger.status.final_size)
        .map(|entry| wire::event::id_of(&genesis.chain_id, &entry.signed))
        .collect();
    for lost in receipts.difference(&finals) {
        say(format!("I1 event {lost} had a receipt and is not final"));
    }
}

/// I4: the chain of blocks and the lanes' ranges.
fn blocks(genesis: &Genesis, ledger: &Answers, say: &mut dyn FnMut(String)) {
    let mut tip = Tip::genesis(&genesis.chain_id);
    let mut next = [1; 3];
    for bytes in &ledger.blocks {
        let block = match Block::from_bytes(bytes) {
            Ok(block) => block,
            Err(error) => return say(format!("I4 a block after height {} does not decode: {error}", tip.height)),
        };
        let checked = block.check_alone(&genesis.chain_id).and_then(|()| block.check_follows(&tip));
        if let Err(error) = checked {
            return say(format!("I4 block {}: {error}", block.header.height));
        }
        for ((lane, range), next) in Lane::ALL.into_iter().zip(&block.header.lanes).zip(&mut next) {
            if range.first != *next || range.last + 1 < range.first {
                say(format!("I4 block {} takes {} {}..={}", block.header.height, lane.name(), range.first, range.last));
            }
            *next = range.last + 1;
        }
        tip = block.tip();
    }
    if (tip.height, tip.hash) != (ledger.status.height, ledger.status.block) {
        say("I4 the blocks do not end where the status does".to_owned());
    }
    missing_bundles(genesis, ledger).into_iter().for_each(say);
}

/// I4: numbers of endorsement nodes that are in no block.
pub fn missing_bundles(genesis: &Genesis, ledger: &Answers) -> Vec<String> {
    let mut numbers: BTreeMap<(PublicKey, Lane), BTreeSet<u64>> = BTreeMap::new();
    for block in ledger.blocks.iter().filter_map(|bytes| Block::from_bytes(bytes).ok()) {
        let mut bundles = block.bundles.iter();
        for (lane, range) in Lane::ALL.into_iter().zip(&block.header.lanes) {
            for bundle in bundles.by_ref().take(range.bundles() as usize) {
                if let Some((endorser, number)) = numbered(genesis, lane, bundle) {
                    numbers.entry((endorser, lane)).or_default().insert(number);
                }
            }
        }
    }
    let mut missing = Vec::new();
    for ((endorser, lane), numbers) in numbers {
        let gaps: Vec<_> = (1..=numbers.last().copied().unwrap_or(0)).filter(|n| !numbers.contains(n)).collect();
        if !gaps.is_empty() {
            missing.push(format!("I4 {} bundles {gaps:?} of {endorser} are in no block", lane.name()));
        }
    }
    missing
}

/// The signer and number of a bundle; an empty message that fills a lane has neither.
fn numbered(genesis: &Genesis, lane: Lane, bytes: &[u8]) -> Option<(PublicKey, u64)> {
    let signed = Signed::from_bytes(bytes)?;
    let bundle = wire::bundle::decode(&signed.body).ok()?;
    (bundle.lane == lane && signed.verify(Domain::Bundle, &genesis.chain_id)).then_some((signed.key, bundle.number))
}

/// I3: equal heights, roots, state, logs and blocks.
fn agree(one: &Answers, other: &Answers, say: &mut dyn FnMut(String)) {
    let of = |status: &Status| (status.height, status.block, status.size, status.root, status.state_digest);
    if of(&one.status) != of(&other.status) {
        say(format!("I3 {:?} is not {:?}", of(&one.status), of(&other.status)));
    }
    if one.blocks != other.blocks {
        say("I3 their blocks differ".to_owned());
    }
    let entry = |entry: &LogEntry| (entry.index, entry.signed.clone(), entry.leaf.clone(), entry.chain_time);
    if let Some((here, _)) = one.log.iter().zip(&other.log).find(|(here, there)| entry(here) != entry(there)) {
        say(format!("I1 entry {} differs", here.index));
    }
}
