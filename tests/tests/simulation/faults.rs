//! What goes wrong: crashes and restarts, restored backups, partitions, bad weather, lost stream data, junk; and the end
//! of all of it.

use crate::disk::Disk;
use crate::town::MEMBERS;
use crate::world::{Broken, Job, Node, World};

impl World {
    /// Breaks something and sets the time of the next fault, while the storm lasts.
    pub(crate) fn fault(&mut self) {
        if !self.storm {
            return;
        }
        let at = self.now + self.rng.between(200, 4000);
        self.at(at, Job::Fault);
        match self.rng.below(13) {
            0..=2 => {
                let nodes = self.nodes();
                let node = *self.rng.pick(&nodes);
                self.crash(node);
            }
            3 => {
                let nodes = self.nodes();
                let node = *self.rng.pick(&nodes);
                self.say(|| format!("{node:?} is cut off"));
                self.weather.cut.insert(node);
                self.for_a_while(Broken::Cut(node));
            }
            4 => {
                let nodes = self.nodes();
                let (one, other) = (*self.rng.pick(&nodes), *self.rng.pick(&nodes));
                self.say(|| format!("{one:?} and {other:?} do not hear each other"));
                self.weather.apart.extend([(one, other), (other, one)]);
                self.for_a_while(Broken::Apart(one, other));
            }
            5 => {
                self.weather.drop = self.rng.below(300);
                self.weather.repeat = self.rng.below(300);
                self.weather.slow_ms = self.rng.between(20, 2500);
                self.say(|| "the weather turns".into());
                self.for_a_while(Broken::Weather);
            }
            6 => self.lose_blocks(),
            7 => self.lose_bundles(),
            8 => {
                // The power fails: the streams lose their ends while ledgers are away.
                let away = self.rng.index(MEMBERS);
                self.crash(Node::Ledger(away));
                self.lose_blocks();
                self.lose_bundles();
            }
            9 => {
                let lane = self.rng.index(3);
                let last = self.lanes[lane].last();
                let sequence = last.saturating_sub(self.rng.below(3));
                self.say(|| format!("lane {lane} loses message {sequence}"));
                self.lanes[lane].lose_one(sequence);
            }
            10 => {
                let ledger = self.rng.index(MEMBERS);
                self.ledgers[ledger].backup = Some(self.ledgers[ledger].disk.clone());
            }
            11 => {
                let ledger = self.rng.index(MEMBERS);
                if let Some(backup) = self.ledgers[ledger].backup.take() {
                    self.restore(ledger, backup);
                    if self.rng.chance(500) {
                        self.lose_blocks();
                    }
                }
            }
            _ => self.junk(),
        }
    }

    fn for_a_while(&mut self, broken: Broken) {
        let at = self.now + self.rng.between(300, 9000);
        self.at(at, Job::Mend(broken));
    }

    pub(crate) fn crash(&mut self, node: Node) {
        self.say(|| format!("{node:?} dies"));
        self.down.insert(node);
        self.for_a_while(Broken::Down(node));
    }

    /// A ledger's disk was lost and comes back from a backup; the high-water mark is not part of it.
    fn restore(&mut self, ledger: usize, backup: Disk) {
        self.say(|| format!("ledger {ledger} is restored from height {} to {}", self.ledgers[ledger].disk.height(), backup.height()));
        self.ledgers[ledger].disk = backup;
        if !self.defences.marks {
            self.ledgers[ledger].mark = None;
        }
        self.crash(Node::Ledger(ledger));
        self.check.forget(ledger);
    }

    fn lose_blocks(&mut self) {
        let count = self.rng.between(1, 3);
        self.say(|| format!("the block stream loses {count} of {}", self.blocks.last()));
        self.blocks.lose_end(count);
    }

    fn lose_bundles(&mut self) {
        for lane in 0..3 {
            if self.rng.chance(600) {
                let count = self.rng.between(1, 3);
                self.say(|| format!("lane {lane} loses {count} of {}", self.lanes[lane].last()));
                self.lanes[lane].lose_end(count);
            }
        }
    }

    /// Somebody with access to the streams writes what does not belong there: bytes, or what was there before.
    fn junk(&mut self) {
        let bytes = (0..self.rng.below(200)).map(|_| self.rng.next() as u8).collect::<Vec<_>>();
        let lane = self.rng.index(3);
        let from = self.rng.below(self.lanes[lane].last() + 1);
        let old = self.lanes[lane].get(from).map(<[u8]>::to_vec);
        self.lanes[lane].publish(None, old.unwrap_or_else(|| bytes.clone()));
        let from = self.rng.below(self.blocks.last() + 1);
        let old = self.blocks.get(from).map(<[u8]>::to_vec);
        self.blocks.publish(None, old.unwrap_or(bytes));
    }

    pub(crate) fn mend(&mut self, broken: Broken) {
        match broken {
            Broken::Down(node) => {
                if self.down.remove(&node) {
                    self.say(|| format!("{node:?} starts"));
                    self.start(node);
                }
            }
            Broken::Cut(node) => {
                self.weather.cut.remove(&node);
            }
            Broken::Apart(one, other) => {
                self.weather.apart.remove(&(one, other));
                self.weather.apart.remove(&(other, one));
            }
            Broken::Weather => {
                (self.weather.drop, self.weather.repeat, self.weather.slow_ms) = (0, 0, 20);
            }
        }
    }

    /// A node begins with nothing but its disk.
    fn start(&mut self, node: Node) {
        match node {
            Node::Ledger(member) => self.ledger_starts(member),
            Node::Sealer(member) => self.sealers[member].doubt(),
            Node::Desk(member) => self.desks[member].start(),
            Node::Reporter(number) => self.reporters[number].start(),
        }
    }

    /// The end of all faults but the liars' lies.
    pub(crate) fn heal(&mut self) {
        self.say(|| "the storm is over".into());
        self.storm = false;
        for node in std::mem::take(&mut self.down) {
            self.start(node);
        }
        self.weather.cut.clear();
        self.weather.apart.clear();
        self.mend(Broken::Weather);
    }
}
