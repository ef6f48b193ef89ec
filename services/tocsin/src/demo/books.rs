//! Plain books of beds and goods: sums kept by nothing but addition, from what members stated. The play asks them what is
//! on hand; the outcome fills them anew from the final logs and holds them against the ledgers' records.
//!
//! They repeat the rules on purpose, in another way and without the ledgers' code, so that the two can disagree.

pub mod beds;
pub mod stock;

use domain::event::{Event, EventId, Fact};
use domain::time::Millis;

/// What somebody stated.
pub struct Stated {
    pub id: EventId,
    /// Who: a member's id in the play, its author key on a log.
    pub by: String,
    /// When it was so.
    pub at: Millis,
    pub fact: Fact,
}

impl Stated {
    /// An event of a log.
    pub fn of(id: EventId, event: Event) -> Self {
        Stated { id, by: event.author.to_string(), at: event.occurred_at, fact: event.fact }
    }
}
