//! An endorsement node: admits what is well-formed, signed and has its causes on the log, journals bundles and receipts
//! before anything leaves it, and publishes a bundle again until its own ledger has executed it.

use std::collections::BTreeMap;

use domain::act::Submitted;
use domain::chain::Lane;
use domain::event::EventId;
use domain::genesis::KeyClass;
use domain::time::Millis;
use proof::sign::{Domain, Signed};
use wire::admission::ReceiptBody;
use wire::bundle::Bundle;

use crate::town::{START, TOWN, secret};
use crate::world::{Job, Node, World};

/// Between two looks at what is not sealed.
const LOOK_MS: u64 = 2000;

#[derive(Default)]
pub(crate) struct Desk {
    // Journalled:
    numbers: [u64; 3],
    /// By lane and number, until sealed.
    bundles: BTreeMap<(usize, u64), Vec<u8>>,
    receipts: BTreeMap<EventId, Vec<u8>>,
    // In memory:
    waiting: Vec<Waiting>,
    /// By lane the highest number that was unsealed at the last look.
    suspects: [u64; 3],
    looked_at: u64,
}

struct Waiting {
    reporter: usize,
    submitted: Submitted,
    signed: Vec<u8>,
}

impl Desk {
    /// After a start every journalled bundle may be one that was never published.
    pub(crate) fn start(&mut self) {
        self.waiting.clear();
        self.suspects = [u64::MAX; 3];
    }
}

impl World {
    /// An event arrives.
    pub(crate) fn admit(&mut self, desk: usize, reporter: usize, signed: Vec<u8>) {
        let Ok(opened) = wire::event::open(TOWN.chain.id(), &signed) else { return };
        let sound = wire::event::verify(TOWN.chain.id(), &opened.envelope).is_ok()
            && domain::form::check(&opened.event).is_ok();
        if !sound {
            return;
        }
        if let Some(receipt) = self.desks[desk].receipts.get(&opened.id).cloned() {
            self.send(Some(Node::Desk(desk)), Node::Reporter(reporter), Job::Receipt { reporter, receipt });
        } else if self.desks[desk].waiting.iter().all(|waiting| waiting.submitted.id != opened.id) {
            let submitted = Submitted { id: opened.id, signed: opened.signed_hash, event: opened.event };
            self.desks[desk].waiting.push(Waiting { reporter, submitted, signed });
        }
    }

    pub(crate) fn desk_tick(&mut self, desk: usize) {
        self.bundle(desk);
        if self.now >= self.desks[desk].looked_at + LOOK_MS {
            self.desks[desk].looked_at = self.now;
            if self.defences.republish {
                self.look(desk);
            }
        }
    }

    /// Journals what can go as one bundle a lane, then publishes it and gives the receipts.
    fn bundle(&mut self, desk: usize) {
        if self.desks[desk].waiting.is_empty() || !self.asks(Node::Desk(desk), Node::Ledger(desk)) {
            return;
        }
        let disk = &self.ledgers[desk].disk;
        let (held, ready) = std::mem::take(&mut self.desks[desk].waiting)
            .into_iter()
            .partition::<Vec<_>, _>(|event| disk.waits(&event.submitted));
        self.desks[desk].waiting = held;
        let mut made = Vec::new();
        for lane in Lane::ALL {
            let of_lane = ready.iter().filter(|event| event.submitted.event.lane == lane).collect::<Vec<_>>();
            if of_lane.is_empty() {
                continue;
            }
            let at = Millis(START.0 + self.now);
            let node = &mut self.desks[desk];
            node.numbers[lane.index()] += 1;
            let number = node.numbers[lane.index()];
            let events = of_lane.iter().map(|event| event.signed.clone()).collect();
            let body = wire::bundle::encode(Bundle { lane, number, admitted_at: at, events });
            let key = secret(desk, KeyClass::Endorser);
            let bundle = Signed::seal(key, Domain::Bundle, TOWN.chain.id(), body).to_bytes();
            node.bundles.insert((lane.index(), number), bundle.clone());
            made.push((lane.index(), bundle));
            for event in of_lane {
                let body = ReceiptBody {
                    event_id: event.submitted.id,
                    lane,
                    bundle_number: number,
                    admitted_at: at,
                    dry_run_height: self.ledgers[desk].disk.height(),
                    reads: Vec::new(),
                    writes: Vec::new(),
                };
                let receipt = Signed::seal(key, Domain::Receipt, TOWN.chain.id(), body.encode()).to_bytes();
                node.receipts.insert(event.submitted.id, receipt);
            }
        }
        // It may die here, between its journal and its first word to anybody.
        if self.storm && self.rng.chance(30) {
            self.crash(Node::Desk(desk));
            return;
        }
        for (lane, bundle) in made {
            self.publish_bundle(desk, lane, bundle);
        }
        for event in ready {
            let (reporter, receipt) = (event.reporter, self.desks[desk].receipts[&event.submitted.id].clone());
            self.send(Some(Node::Desk(desk)), Node::Reporter(reporter), Job::Receipt { reporter, receipt });
        }
    }

    fn publish_bundle(&mut self, desk: usize, lane: usize, bundle: Vec<u8>) {
        let breaks = self.lanes[lane].breaks;
        self.publish(Node::Desk(desk), Job::Bundle { lane, bundle, breaks });
    }

    /// Forgets what its own ledger has executed, and publishes again what was open at the last look too.
    fn look(&mut self, desk: usize) {
        if !self.asks(Node::Desk(desk), Node::Ledger(desk)) {
            return;
        }
        let endorser = secret(desk, KeyClass::Endorser).public();
        for lane in Lane::ALL {
            let record = self.ledgers[desk].disk.bundles(&endorser, lane);
            let sealed = |number: u64| {
                record.as_ref().is_some_and(|record| number < record.next && !record.holes.contains(&number))
            };
            let node = &mut self.desks[desk];
            node.bundles.retain(|(at, number), _| *at != lane.index() || !sealed(*number));
            let open = node.bundles.iter().filter(|((at, _), _)| *at == lane.index());
            let open = open.map(|((_, number), bundle)| (*number, bundle.clone())).collect::<Vec<_>>();
            let suspect =
                std::mem::replace(&mut node.suspects[lane.index()], open.last().map_or(0, |(number, _)| *number));
            for (number, bundle) in open {
                if number <= suspect {
                    self.publish_bundle(desk, lane.index(), bundle);
                }
            }
        }
    }
}
