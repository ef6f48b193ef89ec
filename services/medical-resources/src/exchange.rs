//! Capacity as other systems write it: FHIR SANER measure reports and EDXL-HAVE 1.0. Pure: text to claims, counts to text.
//!
//! Neither format has a word for everything here (staff, oxygen, what is kept for patients to come), nor we for everything
//! there; what has no place on the other side is left out, never guessed.

pub(crate) mod fhir;
pub(crate) mod have;
mod xml;

use domain::event::Resource;
use domain::medical_resources::BedsRecord;
use domain::refusal::{Code, Refusal};
use domain::time::Millis;
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

/// Every fault of one document that is told: more would be another document's.
const MAX_FAULTS: usize = 20;

/// The claims of a document, or all that is wrong with it, one fault a line.
fn whole(claims: Vec<Claimed>, mut faults: Vec<String>) -> Result<Vec<Claimed>, Refusal> {
    if claims.is_empty() && faults.is_empty() {
        faults.push(String::from("the document: it holds no count of beds or devices that is known here"));
    }
    if faults.is_empty() {
        return Ok(claims);
    }
    let more = faults.len().saturating_sub(MAX_FAULTS);
    faults.truncate(MAX_FAULTS);
    if more > 0 {
        faults.push(format!("and {more} more"));
    }
    Err(Refusal::of(Code::Import, "document", faults.join("\n")))
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
