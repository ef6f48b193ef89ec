//! Checking others: what another member computed is held against what was computed here from the same log.
//!
//! Fixed thresholds are each member's own configuration, so that their warnings are left to people; `tocsin replay` computes
//! them under the threshold that they name.

use domain::event::{Assessment, Ballot, Choice, Event, EventId, Fact, Warning};
use domain::time::Millis;

use super::{Days, Row};
use crate::detector::Trigger;
use crate::lookout::{Said, Stated};
use crate::place;

/// The policy that automatic ballots on what others computed name.
pub(super) const RECOMPUTED: &str = "recomputed";

impl Days {
    /// Holds another member's assessment against what was computed here.
    pub(super) fn check(&mut self, event: &Event, id: EventId, theirs: &Assessment, known_at: Millis) -> Vec<Row> {
        let place = place::of(&theirs.disease, &event.region);
        let ours = self.lookout.computed(&place, theirs.basis.size).cloned();
        let same = ours.as_ref() == Some(theirs);
        self.vote(event, id, ours, same, known_at)
    }

    /// Holds another member's computed warning against what was computed here, where ballots are awaited: under a policy
    /// that settles it at once there is nothing to vote on.
    pub(super) fn check_warning(
        &mut self,
        event: &Event,
        id: EventId,
        theirs: &Warning,
        known_at: Millis,
    ) -> anyhow::Result<Vec<Row>> {
        let by_level = theirs.ground.as_ref().filter(|_| Trigger::parse(&theirs.method).is_none());
        let Some(ground) = by_level else { return Ok(Vec::new()) };
        if !self.accepted.is_open(&id)? {
            return Ok(Vec::new());
        }
        // Whether another one of theirs rang when this was said is theirs to know; what people warned of is not replaced.
        let author = self.accepted.member_of(&event.author)?;
        let supersedes = match theirs.supersedes {
            Some(earlier) if self.accepted.computed_by(&earlier)?.as_ref() == Some(&author) => Some(earlier),
            _ => None,
        };
        let place = place::of(&theirs.disease, &event.region);
        let ours = self.lookout.computed(&place, ground.basis.size).cloned();
        let model = self.lookout.book.model();
        let same = ours.as_ref().is_some_and(|assessment| {
            let stated = Stated { id, region: &event.region, assessment, causes: &[], known_at };
            stated.warning(model, supersedes).is_some_and(|again| again.fact == event.fact)
        });
        Ok(self.vote(event, id, ours, same, known_at))
    }

    /// What came out the same is endorsed, another result objected to, with what was computed here on the log beside it.
    fn vote(&mut self, event: &Event, id: EventId, ours: Option<Assessment>, same: bool, known_at: Millis) -> Vec<Row> {
        let ballot = |choice, reason: &str, causes| Said {
            region: event.region.clone(),
            fact: Fact::Ballot(Ballot { subject: id, choice, reason: reason.into(), policy: RECOMPUTED.into() }),
            causes,
            known_at,
        };
        let mut rows = Vec::new();
        let said = match ours {
            Some(_) if same => ballot(Choice::Endorse, "the-same", vec![id]),
            Some(ours) => {
                let (fact, region) = (Fact::Assessment(ours), event.region.clone());
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
