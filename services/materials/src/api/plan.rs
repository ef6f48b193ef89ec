//! What stock is worth to those who need it: how long it lasts, for days that a caller names (`supply`) or by patients
//! counted and foreseen (`foreseen`), and who could give what to whom (`allocation`).
//! Proposals; members decide by promising.

pub(super) mod allocation;
pub(super) mod foreseen;
pub(super) mod supply;

use domain::refusal::{Code, Refusal};
use serde::de::DeserializeOwned;

fn read<T: DeserializeOwned>(body: &[u8], shape: &str) -> Result<T, Refusal> {
    serde_json::from_value(wire::json::parse(body)?).map_err(|_| Refusal::of(Code::Malformed, "body", shape))
}

fn bounded(field: &'static str, has: usize, most: usize) -> Result<(), Refusal> {
    if has <= most { Ok(()) } else { Err(Refusal::of(Code::Limit, field, format!("is more than {most}"))) }
}
