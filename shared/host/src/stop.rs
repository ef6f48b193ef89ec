//! The end: one token that everything watches. Whoever holds a clone has not finished; [`Stop::released`] waits for that.

use std::sync::Arc;

use tokio::sync::watch;

/// A shutdown token. Clones share it; it is set once and stays set.
#[derive(Clone, Debug)]
pub struct Stop {
    told: Arc<watch::Sender<bool>>,
    /// Counts this clone.
    held: watch::Receiver<bool>,
}

impl Default for Stop {
    fn default() -> Self {
        Stop::new()
    }
}

impl Stop {
    /// A token that is not set.
    pub fn new() -> Self {
        let (told, held) = watch::channel(false);
        Stop { told: Arc::new(told), held }
    }

    /// Ends everything that watches.
    pub fn set(&self) {
        self.told.send_replace(true);
    }

    /// Whether the end has come.
    pub fn is_set(&self) -> bool {
        *self.held.borrow()
    }

    /// Waits for the end.
    pub async fn wait(&self) {
        // The sender lives in this token, so waiting ends only by the value.
        let _ = self.held.clone().wait_for(|set| *set).await;
    }

    /// Waits until every other clone is dropped: tasks and actors hold theirs until they have ended.
    pub async fn released(self) {
        let Stop { told, held } = self;
        drop(held);
        told.closed().await;
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

    #[tokio::test]
    async fn it_is_released_when_the_last_holder_has_ended() {
        let (stop, gate) = (Stop::new(), Arc::new(tokio::sync::Notify::new()));
        let part = tokio::spawn({
            let (stop, gate) = (stop.clone(), gate.clone());
            async move {
                stop.wait().await;
                gate.notified().await;
            }
        });
        stop.set();
        let mut released = std::pin::pin!(stop.released());
        assert!(futures::poll!(released.as_mut()).is_pending(), "a part still holds it");
        gate.notify_one();
        part.await.unwrap();
        released.await;
    }
}
