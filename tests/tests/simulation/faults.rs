//! What goes wrong: crashes and restarts, restored backups, partitions, bad weather, lost stream data, junk; and the end
//! of all of it.

use domain::genesis::KeyClass;
use proof::block::{Block, LaneRange};

use crate::town::{MEMBERS, secret};
use crate::world::{Broken, Job, MANAGERS, Node, World};

impl World {
    /// Breaks something and sets the time of the next fault, while the storm lasts.
    pub(crate) fn fault(&mut self) {
        if !self.storm {
            return;
        }
        let at = self.now + self.rng.between(200, 3500);
        self.at(at, Job::Fault);
        match self.rng.below(15) {
            0..=2 => {
                let nodes = self.nodes();
                let node = *self.rng.pick(&nodes);
                self.crash(node);
            }
            3 => {
                let nodes = self.nodes();
                let node = *self.rng.pick(&nodes);
                self.strike("nodes cut off", || format!("{node:?} is cut off"));
                self.weather.cut.insert(node);
                self.for_a_while(Broken::Cut(node));
            }
            4 => {
                let nodes = self.nodes();
                let (one, other) = (*self.rng.pick(&nodes), *self.rng.pick(&nodes));
                self.strike("pairs parted", || format!("{one:?} and {other:?} do not hear each other"));
                self.weather.apart.extend([(one, other), (other, one)]);
                self.for_a_while(Broken::Apart(one, other));
            }
            5 => {
                self.weather.drop = self.rng.below(300);
                self.weather.repeat = self.rng.below(300);
                self.weather.slow_ms = self.rng.between(20, 2500);
                self.strike("bad weather", || "the weather turns".into());
                self.for_a_while(Broken::Weather);
            }
            6 => self.lose_blocks(),
            7 => self.lose_bundles(),
            8 => self.power_fails(),
            9 => {
                let lane = self.rng.index(3);
                let last = self.lanes[lane].last();
                let sequence = last.saturating_sub(self.rng.below(3));
                self.strike("lane messages lost", || format!("lane {lane} loses message {sequence}"));
                self.lanes[lane].lose_one(sequence);
            }
            10 => {
                let ledger = self.rng.index(MEMBERS);
                self.ledgers[ledger].backup = Some(self.ledgers[ledger].disk.clone());
            }
            11 => {
                let ledger = self.rng.index(MEMBERS);
                self.restore(ledger);
            }
            12 => self.misuse_sealer_key(),
            13 if self.liars.is_empty() && self.rotten.is_none() => {
                let ledger = self.rng.index(MEMBERS);
                self.strike("states rotten", || format!("the state of ledger {ledger} rots"));
                self.rotten = Some(ledger);
                self.ledgers[ledger].disk.rot(&mut self.rng);
            }
            _ => self.junk(),
        }
    }

    /// Counts a fault, and says so.
    fn strike(&mut self, what: &'static str, say: impl FnOnce() -> String) {
        *self.faults.entry(what).or_default() += 1;
        self.say(say);
    }

    fn for_a_while(&mut self, broken: Broken) {
        let at = self.now + self.rng.between(300, 9000);
        self.at(at, Job::Mend(broken));
    }

    pub(crate) fn crash(&mut self, node: Node) {
        self.strike("crashes", || format!("{node:?} dies"));
        self.down.insert(node);
        self.for_a_while(Broken::Down(node));
    }

    /// A ledger's disk was lost and comes back from a backup, if there is one; the high-water mark is not part of it.
    fn restore(&mut self, member: usize) {
        let Some(backup) = self.ledgers[member].backup.take() else { return };
        let ledger = &mut self.ledgers[member];
        let from = ledger.disk.height();
        self.check.forget(member);
        self.check.loses(&ledger.disk);
        ledger.disk = backup;
        if !self.defences.marks {
            ledger.mark = None;
        }
        let to = ledger.disk.height();
        self.strike("restored backups", || format!("ledger {member} is restored from height {from} to {to}"));
        self.crash(Node::Ledger(member));
    }

    /// The streams lose their ends, ledgers die, and perhaps one of them has to be restored.
    pub(crate) fn power_fails(&mut self) {
        if !self.storm {
            return;
        }
        self.strike("power failures", || "the power fails".into());
        self.lose_blocks();
        self.lose_bundles();
        let mut ledgers = (0..MEMBERS).collect::<Vec<_>>();
        self.rng.shuffle(&mut ledgers);
        for ledger in ledgers.into_iter().take(self.rng.index(3)) {
            if self.rng.chance(500) {
                self.restore(ledger);
            }
            self.crash(Node::Ledger(ledger));
        }
    }

    fn lose_blocks(&mut self) {
        let count = self.rng.between(1, 3);
        let last = self.blocks.last();
        self.strike("block stream ends lost", || format!("the block stream loses {count} of {last}"));
        self.blocks.lose_end(count);
    }

    fn lose_bundles(&mut self) {
        for lane in 0..3 {
            if self.rng.chance(600) {
                let count = self.rng.between(1, 3);
                let last = self.lanes[lane].last();
                self.strike("lane ends lost", || format!("lane {lane} loses {count} of {last}"));
                self.lanes[lane].lose_end(count);
            }
        }
    }

    /// Somebody with access to the streams writes what does not belong there: bytes, or what was there before.
    fn junk(&mut self) {
        self.strike("junk written", || "somebody writes junk into the streams".into());
        let bytes = (0..self.rng.below(200)).map(|_| self.rng.next() as u8).collect::<Vec<_>>();
        let lane = self.rng.index(3);
        let from = self.rng.below(self.lanes[lane].last() + 1);
        let old = self.lanes[lane].get(from).map(<[u8]>::to_vec);
        self.lanes[lane].publish(None, old.unwrap_or_else(|| bytes.clone()));
        let from = self.rng.below(self.blocks.last() + 1);
        let old = self.blocks.get(from).map(<[u8]>::to_vec);
        self.blocks.publish(None, old.unwrap_or(bytes));
    }

    /// A sealer's key signs a block that does not continue the chain, or does and brings nothing.
    fn misuse_sealer_key(&mut self) {
        let last = (1..=self.blocks.last()).rev().find_map(|at| Block::from_bytes(self.blocks.get(at)?).ok());
        let Some(last) = last else { return };
        let mut header = last.header.clone();
        header.height += self.rng.between(0, 2);
        if self.rng.chance(300) {
            header.previous = last.hash();
        }
        let next = last.tip().next;
        header.lanes = next.map(|next| LaneRange::empty(next + u64::from(self.rng.chance(100))));
        (header.events, header.certificate) = (0, None);
        self.strike("sealer keys misused", || format!("a sealer key is misused for a block at {}", header.height));
        let key = secret(self.rng.index(MANAGERS), KeyClass::Sealer);
        self.blocks.publish(None, Block::seal(header, Vec::new(), key).to_bytes());
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
