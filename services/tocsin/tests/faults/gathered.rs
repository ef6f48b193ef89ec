//! The check after every test: waits until all ledgers stand at one final height, takes everything they hold, and judges
//! it; then that sampled proofs verify offline and changed ones do not, and that the checker itself can fail.

use std::collections::BTreeSet;

use domain::event::EventId;
use domain::genesis::{Genesis, cosigner_name};
use domain::keys;
use domain::record::{CosignersRecord, EpochsRecord};
use proof::block::{Block, Tip};
use proof::checkpoint::{Certificate, Cosigner, origin};
use proof::proof_file::{ProofFile, Trust};
use proof::sign::PublicKey;
use wire::ledger::EntryKind;

use crate::invariants::{Answers, broken, missing_bundles};
use crate::world::{MEMBERS, World, until};

/// Proofs taken, spread evenly over the events that had receipts.
const SAMPLES: usize = 5;

/// Checks every invariant; `receipts` are the events that had one.
pub async fn check(world: &World, receipts: &BTreeSet<EventId>) -> Vec<Answers> {
    let ledgers = until("all ledgers at one final height with every receipted event and every bundle", async || {
        let ledgers = gather(world, receipts).await?;
        // A bundle that was journalled and not published when its node was killed is a hole until it is sent again.
        let waiting = ledgers.iter().any(|ledger| !missing_bundles(&world.genesis, ledger).is_empty());
        (!waiting).then_some(ledgers)
    })
    .await;
    assert_eq!(broken(&world.genesis, &ledgers, receipts), [""; 0]);
    proofs(world, receipts).await;
    every_flip_is_seen(&world.genesis, &ledgers[0]);
    can_fail(world, &ledgers, receipts);
    ledgers
}

/// Everything all ledgers hold, if they stand at one final height and know every receipted event as final.
async fn gather(world: &World, receipts: &BTreeSet<EventId>) -> Option<Vec<Answers>> {
    let mut heights = BTreeSet::new();
    for member in MEMBERS {
        let status = world.ledger(member).status().await.ok()?;
        heights.insert((status.height, status.final_height));
        if !status.serving || status.height != status.final_height || status.height == 0 {
            return None;
        }
    }
    if heights.len() > 1 {
        return None;
    }
    let mut ledgers = Vec::new();
    for member in MEMBERS {
        ledgers.push(answers(world, member).await?);
    }
    // A block in between, or events still on their way: look again.
    let still = ledgers.iter().all(|ledger| heights.contains(&(ledger.status.height, ledger.status.final_height)));
    let finals: BTreeSet<_> = ledgers.first()?.log.iter().filter_map(|entry| entry.event_id).collect();
    (still && receipts.is_subset(&finals)).then_some(ledgers)
}

async fn answers(world: &World, member: &'static str) -> Option<Answers> {
    let ledger = world.ledger(member);
    let (mut log, mut blocks) = (Vec::new(), Vec::new());
    loop {
        let page = ledger.read_log(log.len() as u64, 500, 0, false).await.ok()?;
        if page.is_empty() {
            break;
        }
        log.extend(page);
    }
    loop {
        let page = ledger.fetch_blocks(blocks.len() as u64 + 1, 64).await.ok()?;
        if page.is_empty() {
            break;
        }
        blocks.extend(page);
    }
    let status = ledger.status().await.ok()?;
    // What is final now is so under the set in force, which a rotation changes.
    let epochs = ledger.record::<EpochsRecord>(&keys::epochs()).await.ok()??;
    let set = ledger.record::<CosignersRecord>(&keys::cosigners(epochs.current)).await.ok()??;
    let name =
        |(member, key): &(String, PublicKey)| Cosigner { name: cosigner_name(member, &world.genesis.chain), key: *key };
    let cosigners = set.cosigners.iter().map(name).collect();
    Some(Answers { member: member.to_owned(), status, log, blocks, cosigners })
}

/// I5, with nothing but the genesis.
async fn proofs(world: &World, receipts: &BTreeSet<EventId>) {
    let genesis = &world.genesis;
    let trust =
        Trust { chain: genesis.chain.to_string(), chain_id: genesis.chain_id, cosigners: genesis.cosigner_set() };
    let every = receipts.len().div_ceil(SAMPLES).max(1);
    for (turn, id) in receipts.iter().step_by(every).enumerate() {
        let text = world.ledger(MEMBERS[turn % MEMBERS.len()]).proof(*id).await.unwrap();
        let verified = ProofFile::parse(&text).unwrap().verify(&trust, &wire::anchored).unwrap();
        assert_eq!(verified.leaf.event, *id);
        // One changed character, at a place that depends on the event: detected by form or by proof.
        let at = usize::from(id.as_bytes()[0]) * text.len() / 256;
        let mut bytes = text.into_bytes();
        bytes[at] = if bytes[at] == b'7' { b'8' } else { b'7' };
        let believed = String::from_utf8(bytes).ok().and_then(|text| ProofFile::parse(&text).ok());
        assert!(believed.is_none_or(|file| file.verify(&trust, &wire::anchored).is_err()), "changed at {at}");
    }
}

/// A stored block and a checkpoint with any one bit changed are not believed.
fn every_flip_is_seen(genesis: &Genesis, ledger: &Answers) {
    let block = ledger.blocks.iter().min_by_key(|block| block.len()).unwrap();
    let height = Block::from_bytes(block).unwrap().header.height;
    let before = height.checked_sub(2).map(|place| Block::from_bytes(&ledger.blocks[place as usize]).unwrap().tip());
    let tip = before.unwrap_or_else(|| Tip::genesis(&genesis.chain_id));
    let sound = |bytes: &[u8]| {
        let block = Block::from_bytes(bytes)?;
        block.check_alone(&genesis.chain_id)?;
        block.check_follows(&tip)
    };
    sound(block).unwrap();
    for (at, bit) in (0..block.len()).map(|at| (at, 1 << (at % 8))) {
        let mut changed = block.clone();
        changed[at] ^= bit;
        assert!(sound(&changed).is_err(), "block {height} with byte {at} changed");
    }
    let text = ledger.status.certificate.clone().unwrap();
    let origin = origin(genesis.chain.as_str(), &genesis.chain_id);
    for at in 0..text.len() {
        let mut changed = text.clone().into_bytes();
        changed[at] ^= 1;
        let parsed = String::from_utf8(changed).ok().and_then(|text| Certificate::parse(&text));
        let believed = parsed.is_some_and(|it| it.verify(&origin, &genesis.cosigners(), genesis.quorum()).is_ok());
        assert!(!believed, "the checkpoint with byte {at} changed");
    }
}

/// The checker names what it is there to name.
fn can_fail(world: &World, ledgers: &[Answers], receipts: &BTreeSet<EventId>) {
    let says = |change: &dyn Fn(&mut Vec<Answers>), rule: &str| {
        let mut changed = ledgers.to_vec();
        change(&mut changed);
        let lines = broken(&world.genesis, &changed, receipts);
        assert!(lines.iter().any(|line| line.contains(rule)), "{rule} was not named: {lines:?}");
    };
    let missing = proof::digest::Digest::of(b"never sent");
    let more = receipts.iter().copied().chain([missing]).collect();
    assert!(broken(&world.genesis, ledgers, &more).iter().any(|line| line.contains("I1")));
    says(&|ledgers| ledgers[0].status.state_digest.0[0] ^= 1, "I3");
    says(&|ledgers| drop(ledgers[1].blocks.remove(0)), "I4");
    says(&|ledgers| *ledgers[2].blocks.last_mut().unwrap().last_mut().unwrap() ^= 1, "I4");
    let event = |entry: &wire::ledger::LogEntry| entry.kind == EntryKind::Event;
    says(&|ledgers| ledgers[3].log.iter_mut().find(|entry| event(entry)).unwrap().signed[100] ^= 1, "I1");
    says(
        &|ledgers| {
            let twice = ledgers[0].log.iter().find(|entry| event(entry)).unwrap().clone();
            ledgers[0].log.push(twice);
        },
        "I2",
    );
}
