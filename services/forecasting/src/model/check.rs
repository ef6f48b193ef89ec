//! Checking others: what another member computed is held against what was computed here from the same log.

use domain::event::{Assessment, Ballot, Choice, Event, EventId, Fact};
use domain::time::Millis;

use super::{Days, Row};
use crate::lookout::Said;

/// The policy that automatic ballots on what others computed name.
pub(super) const RECOMPUTED: &str = "recomputed";

impl Days {
    /// An equal assessment is endorsed, another one objected to, with what was computed here on the log beside it.
    pub(super) fn check(&mut self, event: &Event, id: EventId, theirs: &Assessment, known_at: Millis) -> Vec<Row> {
        let ballot = |choice, reason: &str, causes| Said {
            region: event.region.clone(),
            fact: Fact::Ballot(Ballot { subject: id, choice, reason: reason.into(), policy: RECOMPUTED.into() }),
            causes,
            known_at,
        };
        let mut rows = Vec::new();
        let said = match self.lookout.computed(&event.region, theirs) {
            Some(ours) if ours == theirs => ballot(Choice::Endorse, "the-same", vec![id]),
            Some(ours) => {
                let (fact, region) = (Fact::Assessment(ours.clone()), event.region.clone());
                let (own, more) = self.pending.say(&Said { region, fact, causes: vec![id], known_at });
                rows.extend(more);
                ballot(Choice::Object, "another-result", own.into_iter().chain([id]).collect())
            }
            None => ballot(Choice::Object, "no-such-log", vec![id]),
        };
        rows.extend(self.pending.say(&said).1);
        rows
    }
}
