//! The end: one token that everything watches. It says that the end has come, not that everybody has finished.

use std::sync::Arc;

use tokio::sync::watch;

/// A shutdown token. Clones share it; it is set once and stays set.
#[derive(Clone, Debug)]
pub struct Stop(Arc<watch::Sender<bool>>);

impl Default for Stop {
    fn default() -> Self {
        Stop::new()
    }
}

impl Stop {
    /// A token that is not set.
    pub fn new() -> Self {
        Stop(Arc::new(watch::Sender::new(false)))
    }

    /// Ends everything that watches.
    pub fn set(&self) {
        self.0.send_replace(true);
    }

    /// Whether the end has come.
    pub fn is_set(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits for the end.
    pub async fn wait(&self) {
        // The sender lives in this token, so waiting ends only by the value.
        let _ = self.0.subscribe().wait_for(|set| *set).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn everybody_who_waits_hears_it_also_afterwards() {
        let stop = Stop::new();
        let early = tokio::spawn({
            let stop = stop.clone();
            async move { stop.wait().await }
        });
        assert!(!stop.is_set());
        stop.clone().set();
        early.await.unwrap();
        stop.wait().await;
        assert!(stop.is_set());
    }
}
