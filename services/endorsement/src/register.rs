//! The register of an endorsement node: every bundle it signed and every receipt it gave, journalled before anything
//! leaves the process.
//!
//! One writer on a thread of its own, because a commit blocks until the disk has it. It does not talk to the network.

use std::path::Path;

use actix::{Actor, Context, Handler, Message};
use anyhow::Context as _;
use domain::chain::Lane;
use domain::time::Millis;
use journal::{Batch, Space, Store};
use proof::digest::Digest;
use proof::sign::{ChainId, Domain, PublicKey, SecretKey, Signed};
use wire::admission::ReceiptBody;
use wire::bundle::Bundle;

/// How long receipts are repeated: as long as the intake stream keeps what they promise.
const RECEIPTS_KEPT_MS: u64 = 7 * 24 * 3_600_000;
/// Old receipts removed with one commit: more than one commit adds, so that the register never grows.
const PRUNED_PER_COMMIT: usize = 1024;

/// An event that passed admission's checks, with what the dry run saw.
pub(crate) struct Passed {
    pub id: Digest,
    pub signed: Vec<u8>,
    pub lane: Lane,
    pub dry_run_height: u64,
    pub reads: Vec<(Vec<u8>, u64)>,
    pub writes: Vec<Vec<u8>>,
}

/// A signed bundle ready to be published.
#[derive(Clone)]
pub(crate) struct Ready {
    pub lane: Lane,
    /// Under whose numbers it runs.
    pub endorser: PublicKey,
    pub number: u64,
    pub signed: Vec<u8>,
}

/// Journals events as bundles, in one commit.
#[derive(Message)]
#[rtype(result = "anyhow::Result<Committed>")]
pub(crate) struct Commit {
    pub passed: Vec<Passed>,
    pub at: Millis,
    /// The endorser key that counts now.
    pub secret: SecretKey,
}

/// What a commit made: bundles to publish, and each event's receipt in the order asked, with the index of the bundle
/// that makes it durable.
pub(crate) struct Committed {
    pub bundles: Vec<Ready>,
    pub receipts: Vec<(Vec<u8>, usize)>,
}

/// The receipt given earlier for an event.
#[derive(Message)]
#[rtype(result = "anyhow::Result<Vec<Option<Vec<u8>>>>")]
pub(crate) struct Receipts(pub Vec<Digest>);

/// Bytes of unsealed bundles looked after at a time, of a lane: more than a chain seals between two looks. After a long
/// outage of the streams the rest waits on disk.
const UNSEALED_BYTES: usize = 32 * 1024 * 1024;

/// The bundles of a lane not known to be sealed, oldest first, [`UNSEALED_BYTES`] of them.
#[derive(Message)]
#[rtype(result = "anyhow::Result<Vec<Ready>>")]
pub(crate) struct Unsealed(pub Lane);

/// These bundles are in blocks, or never will be: forget them.
#[derive(Message)]
#[rtype(result = "anyhow::Result<()>")]
pub(crate) struct Forget(pub Vec<Ready>);

/// The actor. Alone on its arbiter thread.
pub(crate) struct Register {
    chain: ChainId,
    store: Store,
    /// Lane, endorser key and number -> signed bundle, until sealed.
    bundles: Space,
    /// Event id -> signed receipt.
    receipts: Space,
    /// Time and event id of every receipt, so that old ones are found without reading them all.
    given: Space,
    /// Lane and endorser key -> the last number used: each key counts for itself.
    numbers: Space,
}

impl Register {
    pub(crate) fn open(dir: &Path, chain: ChainId) -> anyhow::Result<Self> {
        let store = Store::open(dir).context("opening the register")?;
        let (bundles, receipts) = (store.space("bundles")?, store.space("receipts")?);
        let (given, numbers) = (store.space("given")?, store.space("numbers")?);
        Ok(Register { chain, store, bundles, receipts, given, numbers })
    }

    fn last_number(&self, lane: Lane, endorser: &PublicKey) -> anyhow::Result<u64> {
        let stored = self.numbers.get(numbers_key(lane, endorser))?;
        Ok(stored.and_then(|bytes| bytes.try_into().ok()).map_or(0, u64::from_be_bytes))
    }

    fn commit(&mut self, passed: Vec<Passed>, at: Millis, secret: &SecretKey) -> anyhow::Result<Committed> {
        let endorser = secret.public();
        let mut batch = self.store.batch();
        let mut made = Committed { bundles: Vec::new(), receipts: Vec::new() };
        let mut answers: Vec<Option<(Vec<u8>, usize)>> = passed.iter().map(|_| None).collect();
        for lane in Lane::ALL {
            let mut number = self.last_number(lane, &endorser)?;
            let of_lane: Vec<_> = passed.iter().enumerate().filter(|(_, event)| event.lane == lane).collect();
            for group in bundles_of(&of_lane) {
                number += 1;
                let events = group.iter().map(|(_, event)| event.signed.clone()).collect();
                let body = wire::bundle::encode(Bundle { lane, number, admitted_at: at, events });
                let signed = Signed::seal(secret, Domain::Bundle, &self.chain, body).to_bytes();
                batch.put(&self.bundles, bundle_key(lane, &endorser, number), &signed);
                for (place, event) in group {
                    let receipt = self.receipt(event, number, at, secret);
                    batch.put(&self.receipts, event.id.as_bytes(), &receipt);
                    batch.put(&self.given, given_key(at, &event.id), b"");
                    if let Some(answer) = answers.get_mut(*place) {
                        *answer = Some((receipt, made.bundles.len()));
                    }
                }
                made.bundles.push(Ready { lane, endorser, number, signed });
            }
            if !of_lane.is_empty() {
                batch.put(&self.numbers, numbers_key(lane, &endorser), number.to_be_bytes());
            }
        }
        self.prune(&mut batch, at)?;
        self.store.commit(batch)?;
        made.receipts = answers.into_iter().flatten().collect();
        Ok(made)
    }

    fn receipt(&self, event: &Passed, bundle_number: u64, at: Millis, secret: &SecretKey) -> Vec<u8> {
        let body = ReceiptBody {
            event_id: event.id,
            lane: event.lane,
            bundle_number,
            admitted_at: at,
            dry_run_height: event.dry_run_height,
            reads: event.reads.clone(),
            writes: event.writes.clone(),
        };
        Signed::seal(secret, Domain::Receipt, &self.chain, body.encode()).to_bytes()
    }

    fn prune(&self, batch: &mut Batch, at: Millis) -> anyhow::Result<()> {
        let Some(until) = at.0.checked_sub(RECEIPTS_KEPT_MS) else { return Ok(()) };
        for entry in self.given.range([0], until.to_be_bytes()).take(PRUNED_PER_COMMIT) {
            let (key, _) = entry?;
            batch.delete(&self.receipts, key.get(8..).unwrap_or_default());
            batch.delete(&self.given, &key);
        }
        Ok(())
    }

    fn unsealed(&self, lane: Lane, bytes: usize) -> anyhow::Result<Vec<Ready>> {
        let (mut found, mut size) = (Vec::new(), 0);
        for entry in self.bundles.prefix(lane.name().as_bytes()) {
            let (key, signed) = entry?;
            let number = key.last_chunk::<8>().map_or(0, |bytes| u64::from_be_bytes(*bytes));
            size += signed.len();
            let endorser =
                key.get(lane.name().len()..).and_then(|rest| rest.first_chunk::<32>()).context("a bundle's key")?;
            found.push(Ready { lane, endorser: PublicKey(*endorser), number, signed: signed.to_vec() });
            if size >= bytes {
                break;
            }
        }
        Ok(found)
    }
}

/// Groups events into bundles within the bundle's bounds.
fn bundles_of<'a, 'b>(events: &'a [(usize, &'b Passed)]) -> Vec<&'a [(usize, &'b Passed)]> {
    let mut groups = Vec::new();
    let mut rest = events;
    while !rest.is_empty() {
        let mut bytes = wire::bundle::EMPTY_BODY_BYTES;
        let fit = rest
            .iter()
            .take(wire::bundle::MAX_EVENTS)
            .take_while(|(_, event)| {
                bytes += event.signed.len() + wire::bundle::EVENT_OVERHEAD;
                bytes <= wire::bundle::MAX_BODY_BYTES
            })
            .count();
        // One event always fits: it is at most 64 KiB, a bundle 128 KiB.
        let (group, others) = rest.split_at(fit.max(1));
        groups.push(group);
        rest = others;
    }
    groups
}

fn bundle_key(lane: Lane, endorser: &PublicKey, number: u64) -> Vec<u8> {
    [lane.name().as_bytes(), &endorser.0, &number.to_be_bytes()].concat()
}

fn numbers_key(lane: Lane, endorser: &PublicKey) -> Vec<u8> {
    [lane.name().as_bytes(), &endorser.0].concat()
}

fn given_key(at: Millis, id: &Digest) -> Vec<u8> {
    [&at.0.to_be_bytes()[..], id.as_bytes()].concat()
}

impl Actor for Register {
    type Context = Context<Self>;
}

impl Handler<Commit> for Register {
    type Result = anyhow::Result<Committed>;
    fn handle(&mut self, message: Commit, _: &mut Context<Self>) -> Self::Result {
        self.commit(message.passed, message.at, &message.secret)
    }
}

impl Handler<Receipts> for Register {
    type Result = anyhow::Result<Vec<Option<Vec<u8>>>>;
    fn handle(&mut self, Receipts(ids): Receipts, _: &mut Context<Self>) -> Self::Result {
        ids.iter().map(|id| Ok(self.receipts.get(id.as_bytes())?.map(|bytes| bytes.to_vec()))).collect()
    }
}

impl Handler<Unsealed> for Register {
    type Result = anyhow::Result<Vec<Ready>>;
    fn handle(&mut self, Unsealed(lane): Unsealed, _: &mut Context<Self>) -> Self::Result {
        self.unsealed(lane, UNSEALED_BYTES)
    }
}

impl Handler<Forget> for Register {
    type Result = anyhow::Result<()>;
    fn handle(&mut self, Forget(bundles): Forget, _: &mut Context<Self>) -> Self::Result {
        let mut batch = self.store.batch();
        for ready in bundles {
            batch.delete(&self.bundles, bundle_key(ready.lane, &ready.endorser, ready.number));
        }
        Ok(self.store.commit(batch)?)
    }
}

#[cfg(test)]
mod tests;
