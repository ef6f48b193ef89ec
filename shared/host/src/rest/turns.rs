//! Answers that cost far more than a page: so many at once, and who comes then is told to come again. Reads need no token,
//! so nothing else keeps one caller from asking for a thousand of them together.

use std::sync::Arc;

use domain::refusal::{Code, Refusal};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::rest::Problem;

/// Turns at something costly. Clones share them.
#[derive(Clone, Debug)]
pub struct Turns {
    of: &'static str,
    free: Arc<Semaphore>,
}

impl Turns {
    /// So many turns at what a problem names.
    pub fn new(of: &'static str, at_once: usize) -> Self {
        Turns { of, free: Arc::new(Semaphore::new(at_once)) }
    }

    /// A turn that ends when it is dropped, or `OVERLOADED`: a queue would only hold what nobody waits for any more.
    pub fn take(&self) -> Result<OwnedSemaphorePermit, Problem> {
        let detail = "as many of these are being made as can be at once; try again";
        let turn = Arc::clone(&self.free).try_acquire_owned();
        turn.map_err(|_| Refusal::of(Code::Overloaded, self.of, detail).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_comes_when_all_turns_are_taken_comes_again() {
        let turns = Turns::new("proof", 2);
        let (first, _second) = (turns.take().unwrap(), turns.clone().take().unwrap());
        let problem = turns.take().unwrap_err().json();
        assert_eq!((&problem["code"], &problem["field"]), (&"OVERLOADED".into(), &"proof".into()));
        drop(first);
        drop(turns.take().unwrap());
    }
}
