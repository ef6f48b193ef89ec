//! Exhaustive models of the two protocols that everything rests on: sealing over streams that lose data, and cosigning
//! with liars, restarts and restored backups. `stateright` visits every reachable state within the bounds that each
//! module states, and prints how many there were.
//!
//! They are models: they show that the rules are right, not that the code keeps them (`tests/simulation` runs the code).
//! Each defence can be switched off, and a test shows that the checker then finds the harm.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test panics")]

mod cosigning;
mod sealing;

use std::fmt::Debug;
use std::hash::Hash;
use std::time::Instant;

use stateright::{Checker, CheckerBuilder, Model};

/// Visits every state and prints how many; `name` is what the figure stands beside in the test's output.
fn explore<M>(name: &str, model: CheckerBuilder<M>) -> impl Checker<M>
where
    M: Model + Send + Sync + 'static,
    M::State: Clone + Debug + Hash + PartialEq + Send + Sync + 'static,
    M::Action: Clone + Debug + PartialEq + Send + Sync + 'static,
{
    let started = Instant::now();
    let checked = model.threads(2).spawn_bfs().join();
    println!(
        "{name}: {} states, depth {}, {} ms",
        checked.unique_state_count(),
        checked.max_depth(),
        started.elapsed().as_millis()
    );
    checked
}
