//! A cosigner that lies: it signs whatever it has ever heard of and whatever it makes up, tells everybody something
//! else, hides how far it is, and serves blocks that are none. It runs the same ledger underneath, so that it knows what to
//! lie about.

use proof::checkpoint::{Certificate, Checkpoint, cosign};
use proof::digest::Digest;
use wire::cosign::CosignNote;

use crate::rng::Rng;
use crate::town::{MEMBERS, START, TOWN, secret};
use crate::world::World;

/// Checkpoints it remembers, the newest; more would only make its notes longer.
const REMEMBERED: usize = 12;

pub(crate) struct Liar {
    pub(crate) member: usize,
    /// Whether it also says what is true now and then; one that never does is a cosigner lost.
    pub(crate) helps: bool,
    heard: Vec<(u64, Checkpoint)>,
}

impl Liar {
    pub(crate) fn new(member: usize, rng: &mut Rng) -> Self {
        Liar { member, helps: rng.chance(700), heard: Vec::new() }
    }

    /// A checkpoint that somebody signed.
    pub(crate) fn learn(&mut self, height: u64, certificate: &Certificate) {
        let known = (height, certificate.checkpoint.clone());
        if !self.heard.contains(&known) {
            self.heard.push(known);
        }
        if self.heard.len() > REMEMBERED {
            self.heard.remove(0);
        }
    }
}

impl World {
    /// What a member writes to one reader: what it would say to everybody, or lies.
    pub(crate) fn word(&mut self, member: usize, truth: &CosignNote) -> CosignNote {
        let Some(at) = self.liars.iter().position(|liar| liar.member == member) else { return truth.clone() };
        if self.liars[at].helps && self.rng.chance(600) {
            return truth.clone();
        }
        let mut note = truth.clone();
        let mut lies = self.liars[at].heard.clone();
        if let Some((height, checkpoint)) = lies.last().cloned() {
            let root = Digest::of(&self.rng.next().to_be_bytes());
            lies.push((height + self.rng.below(2), Checkpoint { root, ..checkpoint }));
        }
        note.checkpoints.clear();
        for (height, checkpoint) in lies {
            note.checkpoints.push((height, self.forge(member, &checkpoint)));
        }
        note.halted = self.rng.chance(100).then(|| "nothing of the kind".into());
        note.wants_block = self.rng.chance(500);
        if self.rng.chance(300) {
            // A certificate of a log that nobody has, with one voice.
            let origin = TOWN.chain.origin.clone();
            let checkpoint = Checkpoint { origin, size: self.rng.between(1, 500), root: Digest::of(b"nobody's") };
            note.best = Some(self.forge(member, &checkpoint));
        }
        note
    }

    /// Its own signature on anything, or one that only claims to be another's.
    fn forge(&mut self, member: usize, checkpoint: &Checkpoint) -> String {
        let claimed = if self.rng.chance(200) { self.rng.index(MEMBERS) } else { member };
        let key = secret(member, domain::genesis::KeyClass::Cosigner);
        let time_s = START.seconds() + self.rng.below(10_000);
        let mut cosignature = cosign(key, &TOWN.set.cosigners[claimed].name, checkpoint, time_s);
        if claimed == member {
            self.check.signs(member, checkpoint);
        } else {
            cosignature.key_id = TOWN.set.cosigners[claimed].key_id();
        }
        Certificate { checkpoint: checkpoint.clone(), cosignatures: vec![cosignature] }.text()
    }

    /// How far a ledger says it is. It cannot say more than it has: sealers ask for the block.
    pub(crate) fn claims(&mut self, member: usize) -> u64 {
        let height = self.ledgers[member].disk.height();
        if self.is_liar(member) { self.rng.below(height + 1) } else { height }
    }

    /// The block a ledger serves for a height.
    pub(crate) fn serves_block(&mut self, member: usize, height: u64) -> Option<Vec<u8>> {
        let mut height = height;
        let lies = self.is_liar(member) && self.rng.chance(500);
        if lies && self.rng.chance(300) {
            height = self.rng.below(height + 2);
        }
        let mut bytes = self.ledgers[member].disk.at(height)?.bytes.clone();
        if lies {
            let at = self.rng.index(bytes.len());
            bytes[at] ^= 1 << self.rng.below(8);
        }
        Some(bytes)
    }
}
