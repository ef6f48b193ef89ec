//! A simulation from a seed of four ledgers, two sealers, two endorsement nodes and two reporters over streams that lose
//! data, in virtual time and one thread: messages are lost, repeated, delayed and overtaken; processes die and come back
//! with their disk or an older one; nodes are cut off; streams lose suffixes and single messages; junk is written into
//! them; at most one cosigner lies, or one ledger's state rots. The invariants are checked after every step, convergence and replay at the end.
//!
//! The rules, proofs, wire forms, lane filling, stream following and finality are the real code. What has threads,
//! disks and sockets in `services` is written again here in its simplest form, step by step.
//!
//! `TOCSIN_SEEDS=20000 cargo test -p tests --test simulation seeds` runs more of them; `TOCSIN_SEED=17` runs one and
//! prints what happened.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test panics")]

mod check;
mod desk;
mod disk;
mod end;
mod faults;
mod ledger;
mod liar;
mod network;
mod reporter;
mod rng;
mod sealer;
mod stream;
mod town;
mod words;
mod world;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use world::{Defences, Ran, World};

/// Runs of the normal test.
const SEEDS: u64 = 200;
/// Runs within which a missing defence must show.
const MUTANT_SEEDS: u64 = 300;
/// Runs side by side: what the smallest machine we know of has.
const THREADS: usize = 2;

/// Runs seeds from 0 until one breaks an invariant, or all of them.
fn run(seeds: u64, defences: Defences) -> Result<Vec<Ran>, (u64, String)> {
    let next = AtomicU64::new(0);
    let work = || {
        let mut done = Vec::new();
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= seeds {
                return (done, None);
            }
            match World::new(seed, defences, false).run() {
                Ok(ran) => done.push(ran),
                Err(broken) => {
                    next.store(seeds, Ordering::Relaxed);
                    return (done, Some((seed, broken)));
                }
            }
        }
    };
    let ended = std::thread::scope(|scope| {
        let threads = (0..THREADS).map(|_| scope.spawn(work)).collect::<Vec<_>>();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
    });
    let broken = ended.iter().filter_map(|(_, broken)| broken.clone()).min();
    broken.map_or_else(|| Ok(ended.into_iter().flat_map(|(done, _)| done).collect()), Err)
}

#[test]
fn seeds_keep_every_invariant_after_every_step_and_converge_when_the_faults_stop() {
    if let Some(seed) = number("TOCSIN_SEED") {
        match World::new(seed, Defences::ALL, true).run() {
            Ok(ran) => println!("seed {seed}: {ran:?}"),
            Err(broken) => panic!("seed {seed}: {broken}"),
        }
        return;
    }
    let (seeds, started) = (number("TOCSIN_SEEDS").unwrap_or(SEEDS), Instant::now());
    let ran = run(seeds, Defences::ALL).unwrap_or_else(|(seed, broken)| {
        panic!("seed {seed}: {broken}\nreplay it with TOCSIN_SEED={seed} cargo test -p tests --test simulation seeds -- --nocapture")
    });
    let sum = |figure: &dyn Fn(&Ran) -> u64| ran.iter().map(figure).sum::<u64>();
    let manual = ran.iter().filter(|ran| ran.manual).count();
    println!(
        "{} seeds in {} s: {} steps, {} blocks, {} events final; converged after {} ms on average, {} at most; {manual} needed a person",
        ran.len(),
        started.elapsed().as_secs(),
        sum(&|ran| ran.steps),
        sum(&|ran| ran.height),
        sum(&|ran| ran.events as u64),
        sum(&|ran| ran.calm_ms) / seeds,
        ran.iter().map(|ran| ran.calm_ms).max().unwrap_or(0),
    );
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable)
        .ok()
        .map(|value| value.parse().unwrap_or_else(|_| panic!("{variable}={value} is no number")))
}

/// A run without a defence breaks an invariant, and it is this one.
fn breaks(defences: Defences, invariants: &[&str]) {
    let (seed, broken) = run(MUTANT_SEEDS, defences).expect_err("no seed shows that the defence is missing");
    println!("seed {seed}: {broken}");
    assert!(invariants.iter().any(|invariant| broken.contains(invariant)), "seed {seed}: {broken}");
}

#[test]
fn without_high_water_marks_a_restored_backup_makes_an_honest_cosigner_sign_two_stories() {
    breaks(Defences { marks: false, ..Defences::ALL }, &["I6"]);
}

#[test]
fn without_rebuilding_from_ledgers_a_lost_suffix_ends_the_chain() {
    breaks(Defences { rebuild: false, ..Defences::ALL }, &["I10", "I3"]);
}

#[test]
fn without_the_check_of_the_previous_hash_ledgers_take_blocks_that_do_not_follow() {
    breaks(Defences { follows: false, ..Defences::ALL }, &["I4"]);
}

#[test]
fn without_republishing_a_lost_bundle_never_gets_final() {
    breaks(Defences { republish: false, ..Defences::ALL }, &["I10"]);
}

#[test]
fn two_liars_get_two_stories_final() {
    breaks(Defences { liars: 2, ..Defences::ALL }, &["I6: two final stories"]);
}
