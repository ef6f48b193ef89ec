//! What materials ask of the member's other services: who lies in which beds, and how many will.

use host::area::{AreaError, Neighbours};
#[cfg(test)]
use wire::area::Area;
use wire::area::{Beds, BedsAnswer, Wards, WardsAnswer};

/// Whom is asked.
#[derive(Clone)]
pub(crate) enum Around {
    Bus(Box<Neighbours>),
    #[cfg(test)]
    Fixed(fn(&Wards) -> Result<WardsAnswer, AreaError>, fn(&Beds) -> Result<BedsAnswer, AreaError>),
}

impl Around {
    /// Beds and staff, counted.
    pub(crate) async fn wards(&self, asked: Wards) -> Result<WardsAnswer, AreaError> {
        match self {
            Around::Bus(neighbours) => neighbours.ask(asked).await,
            #[cfg(test)]
            Around::Fixed(wards, _) => wards(&asked),
        }
    }

    /// Beds that patients will fill.
    pub(crate) async fn beds(&self, asked: Beds) -> Result<BedsAnswer, AreaError> {
        match self {
            Around::Bus(neighbours) => neighbours.ask(asked).await,
            #[cfg(test)]
            Around::Fixed(_, beds) => beds(&asked),
        }
    }
}

#[cfg(test)]
impl Around {
    /// A member that runs no other service.
    pub(crate) fn nobody() -> Self {
        Around::Fixed(|_| Err(silent(Area::MedicalResources)), |_| Err(silent(Area::Forecasting)))
    }
}

#[cfg(test)]
pub(crate) fn silent(area: Area) -> AreaError {
    AreaError::Silent { area, why: "no responders".to_owned() }
}
