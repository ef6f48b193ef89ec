//! The world: nodes, streams and weather in one thread, driven by an agenda in virtual time. Whatever happens next is
//! drawn from the seed; after every step the invariants are checked.

use std::collections::{BTreeMap, BTreeSet};

use crate::check::Check;
use crate::desk::Desk;
use crate::ledger::Ledger;
use crate::liar::Liar;
use crate::network::Weather;
use crate::reporter::Reporter;
use crate::rng::Rng;
use crate::sealer::Sealer;
use crate::stream::Stream;
use crate::town::MEMBERS;

/// Members that admit, and members that seal: the first two.
pub(crate) const MANAGERS: usize = 2;
/// How long faults rage, in virtual time: some thirty blocks, and longer than a gap is waited for.
const STORM_MS: u64 = 40_000;
/// Within this time after the last fault everything must have converged: a gap in a lane is waited for 30 s, a silent
/// ledger 5 s, an open deadline 15 s, and any of them may begin when another has ended.
const CALM_MS: u64 = 120_000;
/// Within this time what was signed has been heard; if the cosigners are split then, nothing but a person will change that.
const REPAIR_MS: u64 = 20_000;
/// Blocks during the storm right after which the power fails, in a thousand.
const POWER_FAILS: u64 = 40;
/// Steps in the same time: what the agenda holds in it, thrice. A message storm that never ends shows here.
const CALM_STEPS: u64 = 60_000;

/// Which defences stand. Each is switched off in a test that shows that a run then fails.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Defences {
    /// Ledgers keep the highest checkpoint they cosigned apart from what is backed up.
    pub(crate) marks: bool,
    /// Sealers ask ledgers where the chain stands and put missing blocks back.
    pub(crate) rebuild: bool,
    /// Ledgers take only what builds on their last block.
    pub(crate) follows: bool,
    /// Endorsement nodes publish a bundle again until it is sealed, and reporters an event until it is final.
    pub(crate) republish: bool,
    /// Members who sign anything, the last ones of the chain.
    pub(crate) liars: usize,
}

impl Defences {
    pub(crate) const ALL: Defences = Defences { marks: true, rebuild: true, follows: true, republish: true, liars: 1 };
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Node {
    Ledger(usize),
    Sealer(usize),
    Desk(usize),
    Reporter(usize),
}

/// What is on its way or due.
#[derive(Clone)]
pub(crate) enum Job {
    /// A node looks around.
    Tick(Node),
    /// A cosign note.
    Note {
        to: Node,
        note: Vec<u8>,
    },
    /// An event on its way to admission.
    Admit {
        desk: usize,
        reporter: usize,
        signed: Vec<u8>,
    },
    /// A receipt on its way back.
    Receipt {
        reporter: usize,
        receipt: Vec<u8>,
    },
    /// A bundle on its way to its lane.
    Bundle {
        lane: usize,
        bundle: Vec<u8>,
        breaks: u64,
    },
    /// A block on its way to the block stream, and what the stream says to it; a session that ended hears nothing.
    Block {
        sealer: usize,
        session: u64,
        expect: u64,
        block: Vec<u8>,
        breaks: u64,
    },
    Sealed {
        sealer: usize,
        session: u64,
        sequence: Option<u64>,
    },
    /// Something breaks; the power.
    Fault,
    PowerFails,
    /// Something is whole again.
    Mend(Broken),
}

/// What a fault broke for a while.
#[derive(Clone, Copy)]
pub(crate) enum Broken {
    Down(Node),
    Cut(Node),
    Apart(Node, Node),
    Weather,
}

/// The whole world.
pub(crate) struct World {
    pub(crate) rng: Rng,
    pub(crate) now: u64,
    pub(crate) defences: Defences,
    pub(crate) lanes: [Stream; 3],
    pub(crate) blocks: Stream,
    pub(crate) ledgers: Vec<Ledger>,
    pub(crate) sealers: Vec<Sealer>,
    pub(crate) desks: Vec<Desk>,
    pub(crate) reporters: Vec<Reporter>,
    pub(crate) liars: Vec<Liar>,
    /// The ledger whose stored state was changed behind its back; only where there is no liar.
    pub(crate) rotten: Option<usize>,
    pub(crate) weather: Weather,
    pub(crate) down: BTreeSet<Node>,
    pub(crate) storm: bool,
    pub(crate) check: Check,
    agenda: BTreeMap<(u64, u64), Job>,
    jobs: u64,
    pub(crate) steps: u64,
    /// What was broken how often.
    pub(crate) faults: BTreeMap<&'static str, u64>,
    trace: bool,
}

/// How a run ended.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ran {
    pub(crate) steps: u64,
    pub(crate) height: u64,
    pub(crate) events: usize,
    /// No q cosigners could sign one story any more: the runbook's case of a cosigner split.
    pub(crate) split: bool,
    /// Virtual time from the last fault to convergence.
    pub(crate) calm_ms: u64,
    /// What was broken how often.
    pub(crate) faults: BTreeMap<&'static str, u64>,
}

impl World {
    pub(crate) fn new(seed: u64, defences: Defences, trace: bool) -> Self {
        let mut rng = Rng::new(seed);
        // Every third run has no liar, so that all four ledgers must converge.
        let liars = if defences.liars == 1 && rng.below(3) == 0 { 0 } else { defences.liars };
        let liars = (MEMBERS - liars..MEMBERS).map(|member| Liar::new(member, &mut rng)).collect();
        let mut world = World {
            now: 0,
            defences,
            lanes: Default::default(),
            blocks: Stream::default(),
            ledgers: (0..MEMBERS).map(|_| Ledger::new(&mut rng)).collect(),
            sealers: (0..MANAGERS).map(|_| Sealer::new()).collect(),
            desks: (0..MANAGERS).map(|_| Desk::default()).collect(),
            reporters: (0..2).map(|_| Reporter::default()).collect(),
            liars,
            rotten: None,
            weather: Weather { slow_ms: 20, ..Weather::default() },
            down: BTreeSet::new(),
            storm: true,
            check: Check::default(),
            agenda: BTreeMap::new(),
            jobs: 0,
            steps: 0,
            faults: BTreeMap::new(),
            trace,
            rng,
        };
        for node in world.nodes() {
            let at = world.rng.between(0, 300);
            world.at(at, Job::Tick(node));
        }
        world.at(500, Job::Fault);
        world
    }

    pub(crate) fn nodes(&self) -> Vec<Node> {
        let ledgers = (0..MEMBERS).map(Node::Ledger);
        let managers = (0..MANAGERS).flat_map(|member| [Node::Sealer(member), Node::Desk(member)]);
        ledgers.chain(managers).chain((0..self.reporters.len()).map(Node::Reporter)).collect()
    }

    /// Runs to the end: the storm, then the calm in which everything must converge. The error is a broken invariant.
    pub(crate) fn run(mut self) -> Result<Ran, String> {
        while self.now < STORM_MS {
            self.step()?;
        }
        self.heal();
        let (from, steps) = (self.now, self.steps);
        loop {
            let converged = self.converged();
            let calm_ms = self.now - from;
            let split = !converged && calm_ms > REPAIR_MS && !self.may_go_on();
            if converged || split || calm_ms > CALM_MS || self.steps - steps > CALM_STEPS {
                if !converged && !split {
                    let what = format!("I10: not converged {calm_ms} ms after the last fault: {}", self.stuck());
                    return Err(self.broken(&what));
                }
                self.check.end(&self).map_err(|broken| self.broken(&broken))?;
                return Ok(Ran {
                    steps: self.steps,
                    height: self.ledgers.iter().map(|ledger| ledger.disk.height()).max().unwrap_or(0),
                    events: self.reporters.iter().map(Reporter::settled).sum(),
                    split,
                    calm_ms,
                    faults: self.faults,
                });
            }
            self.step()?;
        }
    }

    /// Takes the next job off the agenda, does it, and holds the whole world against the invariants.
    fn step(&mut self) -> Result<(), String> {
        let Some(((now, _), job)) = self.agenda.pop_first() else { return Err("the agenda is empty".into()) };
        self.now = now;
        self.steps += 1;
        self.act(job);
        let mut check = std::mem::take(&mut self.check);
        let held = check.step(self);
        self.check = check;
        held.map_err(|broken| self.broken(&broken))
    }

    fn act(&mut self, job: Job) {
        match job {
            Job::Tick(node) => {
                let pause = match node {
                    Node::Ledger(_) | Node::Sealer(_) => 100,
                    Node::Desk(_) => 200,
                    Node::Reporter(_) => 400,
                };
                let at = self.now + self.rng.between(pause / 2, pause * 3 / 2);
                self.at(at, Job::Tick(node));
                if !self.down.contains(&node) {
                    match node {
                        Node::Ledger(member) => self.ledger_tick(member),
                        Node::Sealer(member) => self.sealer_tick(member),
                        Node::Desk(member) => self.desk_tick(member),
                        Node::Reporter(number) => self.reporter_tick(number),
                    }
                }
            }
            Job::Note { to, note } if self.hears(to) => match to {
                Node::Ledger(member) => self.ledger_hears(member, &note),
                Node::Sealer(member) => self.sealers[member].hears(&note, self.now),
                Node::Desk(_) | Node::Reporter(_) => {}
            },
            Job::Admit { desk, reporter, signed } if self.hears(Node::Desk(desk)) => self.admit(desk, reporter, signed),
            Job::Receipt { reporter, receipt } if self.hears(Node::Reporter(reporter)) => {
                self.reporters[reporter].receipt(&receipt, self.now);
            }
            Job::Bundle { lane, bundle, breaks } if breaks == self.lanes[lane].breaks => {
                self.lanes[lane].publish(None, bundle);
            }
            Job::Block { sealer, session, expect, block, breaks } if breaks == self.blocks.breaks => {
                let sequence = self.blocks.publish(Some(expect), block);
                // The worst moment: some ledgers have read the block, others not.
                if self.storm && self.rng.chance(POWER_FAILS) {
                    let at = self.now + self.rng.between(5, 150);
                    self.at(at, Job::PowerFails);
                }
                self.send(None, Node::Sealer(sealer), Job::Sealed { sealer, session, sequence });
            }
            Job::Sealed { sealer, session, sequence } if self.hears(Node::Sealer(sealer)) => {
                self.sealer_answered(sealer, session, sequence);
            }
            Job::Fault => self.fault(),
            Job::PowerFails => self.power_fails(),
            Job::Mend(broken) => self.mend(broken),
            // Nobody is there to hear it, or the connection it went over is no more.
            Job::Note { .. }
            | Job::Admit { .. }
            | Job::Receipt { .. }
            | Job::Bundle { .. }
            | Job::Block { .. }
            | Job::Sealed { .. } => {}
        }
    }

    pub(crate) fn at(&mut self, at: u64, job: Job) {
        self.jobs += 1;
        self.agenda.insert((at, self.jobs), job);
    }

    pub(crate) fn is_liar(&self, member: usize) -> bool {
        self.liars.iter().any(|liar| liar.member == member)
    }

    /// Whether a member's ledger does what it should with what it should have.
    pub(crate) fn is_honest(&self, member: usize) -> bool {
        !self.is_liar(member) && self.rotten != Some(member)
    }

    pub(crate) fn say(&self, what: impl FnOnce() -> String) {
        if self.trace {
            println!("{:>7} {}", self.now, what());
        }
    }

    fn broken(&self, what: &str) -> String {
        self.say(|| format!("BROKEN {what}"));
        format!("at {} ms, step {}: {what}", self.now, self.steps)
    }
}
