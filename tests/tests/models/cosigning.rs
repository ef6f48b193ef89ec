//! Cosigning: four cosigners, some of them liars who sign anything, before an adversary who owns sealers and streams and
//! shows every cosigner whatever blocks it likes, in any order that follows.
//!
//! Bounds: 4 cosigners (q = 3), 4 blocks in a tree that forks at both heights, one backup and one restore for each
//! honest cosigner, any number of restarts: 1,038,220 states. An honest cosigner has a memory (what it executed), a disk (what is fsynced),
//! a backup of that disk, and a high-water mark, which is the highest block it ever cosigned and is kept apart from
//! whatever is backed up. What the liars sign is everything, so they need no state.
//!
//! What it shows: with one liar, no two certificates conflict, and no honest cosigner ever signs two stories. That
//! needs the mark, the mark written before the signature leaves, and no second liar: the checker finds two conflicting
//! certificates without any one of them.

use stateright::{Checker, Model, Property};

use crate::explore;

const QUORUM: usize = 3;
const COSIGNERS: usize = 4;

/// Every block but the genesis (0), by number: its parent is [`PARENT`]. 1 and 2 are rivals, so are 3 and 4 on 1.
const BLOCKS: u8 = 4;
const PARENT: [u8; 5] = [0, 0, 0, 1, 1];

/// The protocol with its defences.
#[derive(Clone)]
struct Cosigning {
    liars: usize,
    /// A cosigner signs nothing at or below its high-water mark, and nothing that does not descend from it.
    mark: bool,
    /// The mark is durable before the signature leaves.
    mark_first: bool,
}

const AS_DESIGNED: Cosigning = Cosigning { liars: 1, mark: true, mark_first: true };

/// The honest cosigners; which of them is which does not matter, so they are kept sorted.
type World = Vec<Honest>;

#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Honest {
    memory: u8,
    disk: u8,
    /// The highest block cosigned, as it remembers.
    mark: u8,
    /// A block signed whose mark is not durable yet.
    unmarked: u8,
    backup: Option<u8>,
    restored: bool,
    /// Every block it ever signed, a bit each.
    signed: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// It is shown a block that follows its last one, and executes it.
    Execute(u8),
    /// It fsyncs.
    Persist,
    /// It cosigns its last block.
    Sign,
    /// It makes the mark of its last signature durable.
    Mark,
    /// Its disk is backed up.
    BackUp,
    /// It is restarted: what is not on disk is gone.
    Restart,
    /// It is restarted on its backup.
    Restore,
}

fn height(block: u8) -> u8 {
    if block == 0 { 0 } else { 1 + height(PARENT[usize::from(block)]) }
}

/// Whether `block` lies on `tip`'s history, or is it.
fn below(block: u8, tip: u8) -> bool {
    block == tip || (tip != 0 && below(block, PARENT[usize::from(tip)]))
}

fn agree(one: u8, other: u8) -> bool {
    below(one, other) || below(other, one)
}

fn blocks(signed: u8) -> impl Iterator<Item = u8> + Clone {
    (1..=BLOCKS).filter(move |block| signed >> block & 1 == 1)
}

impl Cosigning {
    fn may_sign(&self, one: &Honest) -> bool {
        let durable = one.disk == one.memory;
        let above = !self.mark || (height(one.memory) > height(one.mark) && below(one.mark, one.memory));
        one.memory != 0 && durable && above && one.unmarked == 0
    }

    fn steps(&self, one: &Honest) -> Vec<Step> {
        let mut steps = (1..=BLOCKS)
            .filter(|block| PARENT[usize::from(*block)] == one.memory)
            .map(Step::Execute)
            .collect::<Vec<_>>();
        if one.disk != one.memory {
            steps.extend([Step::Persist, Step::Restart]);
        }
        if self.may_sign(one) {
            steps.push(Step::Sign);
        }
        if one.unmarked != 0 {
            steps.extend([Step::Mark, Step::Restart]);
        }
        if one.backup.is_none() {
            steps.push(Step::BackUp);
        } else if !one.restored {
            steps.push(Step::Restore);
        }
        steps
    }

    fn act(&self, one: &mut Honest, step: Step) {
        match step {
            Step::Execute(block) => one.memory = block,
            Step::Persist => one.disk = one.memory,
            Step::Sign => {
                one.signed |= 1 << one.memory;
                if self.mark && self.mark_first {
                    one.mark = one.memory;
                } else if self.mark {
                    one.unmarked = one.memory;
                }
            }
            Step::Mark => one.mark = std::mem::take(&mut one.unmarked),
            Step::BackUp => one.backup = Some(one.disk),
            Step::Restart => (one.memory, one.unmarked) = (one.disk, 0),
            Step::Restore => {
                one.restored = true;
                one.disk = one.backup.unwrap();
                (one.memory, one.unmarked) = (one.disk, 0);
            }
        }
    }

    /// Blocks with q cosignatures.
    fn certified(&self, world: &World) -> Vec<u8> {
        let signers = |block: &u8| self.liars + world.iter().filter(|one| one.signed >> block & 1 == 1).count();
        (1..=BLOCKS).filter(|block| signers(block) >= QUORUM).collect()
    }
}

impl Model for Cosigning {
    type State = World;
    type Action = (usize, Step);

    fn init_states(&self) -> Vec<World> {
        vec![vec![Honest::default(); COSIGNERS - self.liars]]
    }

    fn actions(&self, world: &World, steps: &mut Vec<Self::Action>) {
        for (number, one) in world.iter().enumerate() {
            if number == 0 || world[number - 1] != *one {
                steps.extend(self.steps(one).into_iter().map(|step| (number, step)));
            }
        }
    }

    fn next_state(&self, before: &World, (number, step): Self::Action) -> Option<World> {
        let mut world = before.clone();
        self.act(&mut world[number], step);
        world.sort_unstable();
        Some(world)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always(ONE_STORY, |model: &Self, world: &World| {
                let certified = model.certified(world);
                certified.iter().all(|one| certified.iter().all(|other| agree(*one, *other)))
            }),
            Property::always(HONEST, |_, world: &World| {
                world.iter().all(|one| {
                    let signed = blocks(one.signed);
                    signed.clone().all(|block| signed.clone().all(|other| agree(block, other)))
                })
            }),
            Property::sometimes("finality reaches the top after every restore", |model: &Self, world: &World| {
                world.iter().all(|one| one.restored) && model.certified(world).iter().any(|block| height(*block) == 2)
            }),
        ]
    }
}

const ONE_STORY: &str = "no two certificates conflict";
const HONEST: &str = "no honest cosigner signs two stories";

#[test]
fn with_one_liar_restarts_and_restored_backups_no_two_certificates_conflict() {
    explore("cosigning", AS_DESIGNED.checker()).assert_properties();
}

/// The checks above can fail: each defence alone is switched off here.
#[test]
fn without_any_one_defence_an_honest_cosigner_signs_two_stories_and_two_certificates_conflict() {
    let without = [
        ("cosigning, no high-water mark", Cosigning { mark: false, ..AS_DESIGNED }),
        ("cosigning, the mark after the signature", Cosigning { mark_first: false, ..AS_DESIGNED }),
    ];
    for (name, model) in without {
        let checked = explore(name, model.checker());
        checked.assert_any_discovery(HONEST);
        checked.assert_any_discovery(ONE_STORY);
    }
}

#[test]
fn two_liars_certify_two_stories_though_no_honest_cosigner_signs_both() {
    let checked = explore("cosigning, two liars", Cosigning { liars: 2, ..AS_DESIGNED }.checker());
    checked.assert_any_discovery(ONE_STORY);
    checked.assert_no_discovery(HONEST);
}
