//! Work shared between two threads. The results stand in the order of the jobs, whoever did them.

use std::sync::atomic::{AtomicUsize, Ordering};

/// The goals for speed are those of two cores.
const THREADS: usize = 2;

/// Does the jobs `0..jobs`, each once.
pub fn share<T: Send>(jobs: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let hand = || {
        let mut done = Vec::new();
        loop {
            let job = next.fetch_add(1, Ordering::Relaxed);
            if job >= jobs {
                return done;
            }
            done.push((job, work(job)));
        }
    };
    let mut done: Vec<(usize, T)> = std::thread::scope(|scope| {
        let hands: Vec<_> = (0..THREADS).map(|_| scope.spawn(hand)).collect();
        let join = |hand: std::thread::ScopedJoinHandle<'_, Vec<(usize, T)>>| {
            // A bug in a job is a bug here.
            hand.join().unwrap_or_else(|bug| std::panic::resume_unwind(bug))
        };
        hands.into_iter().flat_map(join).collect()
    });
    done.sort_by_key(|(job, _)| *job);
    done.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_job_is_done_once_and_results_keep_their_order() {
        let squares = share(1_000, |job| job * job);
        assert_eq!(squares, (0..1_000).map(|job| job * job).collect::<Vec<_>>());
        assert!(share(0, |job| job).is_empty());
    }
}
