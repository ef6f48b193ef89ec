//! Warnings: how one replaces another and how it ends.
//!
//! What a warning supersedes is replaced when it rings for good. What has become of the earlier one meanwhile never stops the
//! later one from ringing. A lifting rings the warning's own alert as cancelled; the warning stays accepted, for it was right
//! when it rang. What is lifted or refuted never rings again: who warns once more says so in a new warning.

use crate::codec::record;
use crate::event::EventId;
use crate::keys;
use crate::state::{Draft, Fault};
use crate::time::Millis;

use super::{AlertRecord, AlertState, Superseded, alert_id};

record! {
    /// A warning of this chain and how far it has rung, at `keys::warning(id)`. It is kept whatever became of it: one
    /// that supersedes it, or lifts it, may come years later, and there are few.
    pub struct WarningRecord {
        /// ICD-10 code.
        pub disease: String,
        /// The place.
        pub region: String,
        /// The warning it replaces.
        pub supersedes: Option<EventId>,
        /// In which state its alert stands, and when that was sent; `None` while it has not rung.
        pub rung: Option<(AlertState, Millis)>,
        /// The last warning that replaced it.
        pub replaced_by: Option<EventId>,
    }
}

/// Notes that a warning of this chain rings, and what it replaces; `false` if it is over and rings no more.
pub(super) fn rings(draft: &mut Draft<'_>, alert: &mut AlertRecord) -> Result<bool, Fault> {
    let key = keys::warning(&alert.event);
    let Some(record) = draft.get::<WarningRecord>(&key)? else {
        return Err(Fault(format!("the warning {} has no record", alert.event)));
    };
    if matches!(record.rung, Some((AlertState::Cancelled, _))) {
        return Ok(false);
    }
    if let Some(id) = record.supersedes
        && let Some(earlier) = draft.get::<WarningRecord>(&keys::warning(&id))?
    {
        alert.supersedes = earlier.rung.map(|(state, sent_at)| Superseded { id: alert_id(&id, state), sent_at });
        if alert.state == AlertState::Confirmed {
            draft.put(keys::warning(&id), &WarningRecord { replaced_by: Some(alert.event), ..earlier });
        }
    }
    draft.put(key, &WarningRecord { rung: Some((alert.state, alert.sent_at)), ..record });
    Ok(true)
}
