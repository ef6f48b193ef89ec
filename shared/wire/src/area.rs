//! What the services of one member ask each other, over request-reply.
//!
//! An area is asked by one kind of question, which says what answers it. An answer is what the asked service's read model
//! holds: nobody signs it, so it is worth what an answer of the member's own ledger is worth, and it names the events that
//! anybody can have proven. Limit: 1 MiB less headers a message; each answer's own bounds make it fit.

mod beds;
mod wards;

use domain::refusal::Refusal;

pub use beds::{Beds, BedsAnswer, BedsCourse, BedsDay, BedsForecast, MAX_COURSES, MAX_DAYS};
pub use wards::{MAX_PLACES, MAX_WARDS, Ward, WardPlace, Wards, WardsAnswer};

use crate::ledger::Refused;

/// Bytes of one message: as of a ledger's.
pub const MAX_MESSAGE_BYTES: usize = crate::ledger::MAX_MESSAGE_BYTES;

/// A service that answers others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Area {
    /// `services/forecasting`.
    Forecasting,
    /// `services/medical-resources`.
    MedicalResources,
}

impl Area {
    /// Each.
    pub const ALL: [Area; 2] = [Area::Forecasting, Area::MedicalResources];

    /// Its name in subjects and on command lines.
    pub fn name(self) -> &'static str {
        match self {
            Area::Forecasting => "forecasting",
            Area::MedicalResources => "medical-resources",
        }
    }
}

/// What an area is asked.
pub trait Question: Sized {
    /// Who answers it.
    const AREA: Area;
    /// What answers it.
    type Answer: Answer;
    /// Bytes for the wire.
    fn encode(self) -> Vec<u8>;
    /// From the wire.
    fn decode(bytes: &[u8]) -> Result<Self, Refusal>;
}

/// What an area answers.
pub trait Answer: Sized {
    /// Bytes for the wire, of an answer or of a no.
    fn encode(answer: Result<Self, Refused>) -> Vec<u8>;
    /// From the wire; the outer error is a message that can't be read.
    fn decode(bytes: &[u8]) -> Result<Result<Self, Refused>, Refusal>;
}

#[cfg(test)]
mod tests;
