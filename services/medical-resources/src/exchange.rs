//! Capacity as other systems write it: FHIR SANER measure reports and EDXL-HAVE 1.0. Pure: text to claims, counts to text.
//!
//! Neither format has a word for everything here (staff, oxygen, what is kept for patients to come), nor we for everything
//! there; what has no place on the other side is left out, never guessed.

pub(crate) mod fhir;
pub(crate) mod have;
mod xml;

use std::collections::BTreeSet;

use domain::event::Resource;
use domain::medical_resources::BedsRecord;
use domain::time::Millis;
use host::front::MAX_BATCH;
use host::rest::Problem;
use host::rest::import::{self, Fault, Reason};
use serde_json::{Value, json};

/// A facility and its fresh counts.
#[derive(Clone, Debug)]
pub(crate) struct Sheet {
    pub(crate) facility: String,
    /// Its name for people; the facility's own without a profile.
    pub(crate) title: String,
    pub(crate) member: String,
    /// Latitude and longitude in millionths of a degree.
    pub(crate) place: Option<(i64, i64)>,
    /// The instant the sheet is of.
    pub(crate) as_of: Millis,
    /// In the order of the resources.
    pub(crate) beds: Vec<BedsRecord>,
    /// Whether a count is missing because it is stale.
    pub(crate) partial: bool,
}

impl Sheet {
    fn count(&self, resource: Resource) -> Option<&BedsRecord> {
        self.beds.iter().find(|beds| beds.resource == resource)
    }
}

/// What a document says of one resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Claimed {
    pub(crate) facility: String,
    pub(crate) resource: Resource,
    pub(crate) staffed: u64,
    pub(crate) occupied: u64,
    pub(crate) at: Millis,
}

impl Claimed {
    /// The claim as a request.
    pub(crate) fn request(&self) -> Value {
        json!({
            "facility": self.facility,
            "resource": self.resource.name(),
            "staffed": self.staffed,
            "occupied": self.occupied,
            "occurred_at": self.at.to_string(),
        })
    }
}

/// The claims of a document, or all that is wrong with it.
fn whole(claims: Vec<Claimed>, mut faults: Vec<Fault>) -> Result<Vec<Claimed>, Problem> {
    let document = |detail: String| Fault::of(Reason::Rows, "the document", detail);
    let mut seen = BTreeSet::new();
    for claim in &claims {
        // Two counts of one instant can't both be true, and the same one twice is nothing new.
        if !seen.insert((&claim.facility, claim.resource, claim.at)) {
            let place = format!("{} of the document", claim.resource.name());
            faults.push(Fault::of(Reason::Duplicate, place, "is counted twice for one facility and time; leave one"));
        }
    }
    if claims.len() > MAX_BATCH {
        faults.push(document(format!("holds more than {MAX_BATCH} counts; split it")));
    }
    if claims.is_empty() && faults.is_empty() {
        faults.push(document(String::from("holds no count of beds or devices that is known here")));
    }
    if faults.is_empty() { Ok(claims) } else { Err(import::refused(faults)) }
}

/// A time with an offset, `2021-07-20T08:00:00+00:00`, and milliseconds where there are any: a time cut to the second would
/// be before the count it is of. SANER and HAVE both want the offset in digits.
fn with_offset(at: Millis) -> String {
    format!("{}+00:00", at.to_string().trim_end_matches('Z'))
}

/// A `dateTime` of XML Schema or FHIR, to the second or finer, with `Z` or an offset.
fn date_time(text: &str) -> Option<Millis> {
    let (local, offset) = match text.strip_suffix('Z') {
        Some(local) => (local, 0),
        None => {
            let at = text.len().checked_sub(6).filter(|at| text.is_char_boundary(*at))?;
            let (local, offset) = text.split_at(at);
            let (sign, digits) = offset.split_at_checked(1)?;
            let (hours, minutes) = digits.split_once(':')?;
            let (hours, minutes) = (hours.parse::<i64>().ok()?, minutes.parse::<i64>().ok()?);
            // The widest offset that XML Schema knows.
            if !(0..=14).contains(&hours) || !(0..60).contains(&minutes) {
                return None;
            }
            let minutes = hours * 60 + minutes;
            match sign {
                "+" => (local, minutes),
                "-" => (local, -minutes),
                _ => return None,
            }
        }
    };
    // Finer than a millisecond is nothing a count knows.
    let (second, fraction) = local.split_once('.').unwrap_or((local, ""));
    if local.contains('.') && (fraction.is_empty() || !fraction.bytes().all(|byte| byte.is_ascii_digit())) {
        return None;
    }
    let milli = fraction.chars().chain("000".chars()).take(3).collect::<String>();
    let utc = Millis::parse(&format!("{second}.{milli}Z"))?;
    i64::try_from(utc.0).ok()?.checked_sub(offset * 60_000).and_then(|ms| u64::try_from(ms).ok()).map(Millis)
}

#[cfg(test)]
pub(crate) mod tests;
