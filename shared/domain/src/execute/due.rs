//! Doing what is due: each area knows what its own time brings.

use crate::act::Scene;
use crate::due::DueWhat;
use crate::event::EventId;
use crate::medical_resources::hold;
use crate::report::duty;
use crate::report::settle;
use crate::state::{Draft, Fault};
use crate::{materials, rising};

/// Does what is due for the report, child, hold, duty or request `id`.
pub fn act(draft: &mut Draft<'_>, scene: &Scene, id: &EventId, what: u8) -> Result<(), Fault> {
    match DueWhat::of(what) {
        Some(DueWhat::WindowEnd) => settle::window_ends(draft, scene, id).map(|_| ()),
        Some(DueWhat::Deadline) => settle::deadline(draft, scene, id),
        Some(DueWhat::Silence) => rising::silence::falls(draft, scene, id),
        Some(DueWhat::HoldEnds) => hold::lapses(draft, scene, id),
        Some(DueWhat::Duty) => duty::falls(draft, scene, id),
        Some(DueWhat::IdleStock) => materials::idle::look(draft, scene, id),
        None => Err(Fault(format!("nothing that is known falls due for {id}: {what}"))),
    }
}
