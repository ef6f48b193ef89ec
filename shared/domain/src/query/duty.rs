//! What a state says of who owes reports.

use crate::field::is_disease_code;
use crate::keys;
use crate::report::duty::DutyRecord;
use crate::state::list::list;
use crate::state::{Fault, View, read};

/// Duties by member and disease, behind those of `after`.
pub fn duties(view: &dyn View, after: Option<(&str, &str)>, limit: usize) -> Result<Vec<DutyRecord>, Fault> {
    let after = after.map(|(member, disease)| keys::duty(member, disease));
    let named = |rest: &str| rest.split_once('/').filter(|(_, code)| is_disease_code(code)).map(drop);
    let found = list(view, "duty/", after, limit, named)?;
    Ok(found.into_iter().map(|((), duty)| duty).collect())
}

/// A member's duty to report a disease.
pub fn duty(view: &dyn View, member: &str, disease: &str) -> Result<Option<DutyRecord>, Fault> {
    read(view, &keys::duty(member, disease))
}
