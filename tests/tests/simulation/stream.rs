//! A JetStream stream as far as the protocols lean on it: sequences, compare-and-set on the last one, and losses of what
//! it has acknowledged. It keeps everything else from the beginning.

/// A stream.
#[derive(Default)]
pub(crate) struct Stream {
    /// Sequence 1 first; `None` where a message was lost.
    messages: Vec<Option<Vec<u8>>>,
    /// How often it lost its end. A server that comes back shorter has broken every connection, so that whoever was
    /// connected notices.
    pub(crate) breaks: u64,
}

impl Stream {
    pub(crate) fn last(&self) -> u64 {
        self.messages.len() as u64
    }

    pub(crate) fn get(&self, sequence: u64) -> Option<&[u8]> {
        let at = usize::try_from(sequence.checked_sub(1)?).ok()?;
        self.messages.get(at)?.as_deref()
    }

    pub(crate) fn holds(&self, message: &[u8]) -> bool {
        self.messages.iter().rev().flatten().any(|held| held == message)
    }

    /// The new message's sequence; `None` when the last one is not the expected one.
    pub(crate) fn publish(&mut self, expect: Option<u64>, message: Vec<u8>) -> Option<u64> {
        if expect.is_some_and(|expected| expected != self.last()) {
            return None;
        }
        self.messages.push(Some(message));
        Some(self.last())
    }

    pub(crate) fn lose_end(&mut self, count: u64) {
        self.messages.truncate(usize::try_from(self.last().saturating_sub(count)).unwrap());
        self.breaks += 1;
    }

    pub(crate) fn lose_one(&mut self, sequence: u64) {
        if let Some(message) = sequence.checked_sub(1).and_then(|at| self.messages.get_mut(usize::try_from(at).ok()?)) {
            *message = None;
        }
    }
}
