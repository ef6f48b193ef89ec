//! What time alone brings about: the end of a veto window, the deadline of a decision, the silence of a child or of a member
//! that owes reports, the end of a hold on beds.

use crate::act::Scene;
use crate::alert::{self, AlertState};
use crate::event::EventId;
use crate::medical_resources::hold;
use crate::state::{Draft, Fault};
use crate::time::Millis;
use crate::{keys, materials, rising};

use super::{Outcome, Subject, duty, judge};

/// What falls due; its number is in the leaf and the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DueWhat {
    /// The veto window of a report ends: its policy is evaluated again.
    WindowEnd,
    /// Nobody decided a report in time: it escalates.
    Deadline,
    /// A child anchored nothing for too long: it is marked silent. The event is the child's chain id.
    Silence,
    /// Beds were kept long enough: they are free again. The event is the hold.
    HoldEnds,
    /// A member that owes reports gave none: it is silent. The event is the duty's id.
    Duty,
    /// A request looks for stock that lies idle: [`crate::materials`].
    IdleStock,
}

impl DueWhat {
    /// From 1.
    pub fn number(self) -> u8 {
        match self {
            DueWhat::WindowEnd => 1,
            DueWhat::Deadline => 2,
            DueWhat::Silence => 3,
            DueWhat::HoldEnds => 4,
            DueWhat::Duty => 5,
            DueWhat::IdleStock => 6,
        }
    }
}

/// Everything that falls due for an open report, whether it has already or not.
pub(crate) fn of(subject: &Subject) -> impl Iterator<Item = (Millis, DueWhat)> {
    let window = subject.window_end.map(|at| (at, DueWhat::WindowEnd));
    // A report that escalated stays open, and its deadline is behind it.
    let deadline = subject.deadline.map(|at| (at, DueWhat::Deadline));
    window.into_iter().chain(deadline)
}

/// Does what is due for the report, child, hold or duty `id`.
pub fn act(draft: &mut Draft<'_>, scene: &Scene, id: &EventId, what: u8) -> Result<(), Fault> {
    if what == DueWhat::Silence.number() {
        return rising::silence::falls(draft, scene, id);
    }
    if what == DueWhat::HoldEnds.number() {
        return hold::lapses(draft, scene, id);
    }
    if what == DueWhat::Duty.number() {
        return duty::falls(draft, scene, id);
    }
    if what == DueWhat::IdleStock.number() {
        return materials::idle::look(draft, scene, id);
    }
    let Some(mut subject) = draft.get::<Subject>(&keys::open(id))? else {
        return Err(Fault(format!("something is due for {id}, which is not open")));
    };
    if judge(draft, scene, id, &subject)? != Outcome::Open || what != DueWhat::Deadline.number() {
        return Ok(());
    }
    subject.escalated = true;
    // One provisional alert for a report is enough: what already rang goes up by name only.
    if !subject.rung {
        alert::ring(draft, scene, *id, AlertState::Provisional, &subject)?;
        subject.rung = true;
    }
    rising::changed(draft, scene, keys::changed_escalated(id));
    draft.put(keys::open(id), &subject);
    Ok(())
}
