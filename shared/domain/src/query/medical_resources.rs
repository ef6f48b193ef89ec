//! What a state says of beds and who treats what.

use crate::keys;
use crate::medical_resources::BedsRecord;
use crate::medical_resources::designation::DesignationRecord;
use crate::state::list::list;
use crate::state::{Fault, View, read};

/// Beds by facility and kind.
pub fn beds(view: &dyn View, limit: usize) -> Result<Vec<BedsRecord>, Fault> {
    let found = list(view, "beds/", None, limit, |place| Some(place.to_owned()))?;
    Ok(found.into_iter().map(|(_, beds)| beds).collect())
}

/// Whether a facility is, or once was, designated to treat a disease.
pub fn designation(view: &dyn View, facility: &str, disease: &str) -> Result<Option<DesignationRecord>, Fault> {
    read(view, &keys::designation(facility, disease))
}

/// Designations by facility and disease, those that ended too.
pub fn designations(view: &dyn View, limit: usize) -> Result<Vec<DesignationRecord>, Fault> {
    let found = list(view, "designation/", None, limit, |place| Some(place.to_owned()))?;
    Ok(found.into_iter().map(|(_, designation)| designation).collect())
}
