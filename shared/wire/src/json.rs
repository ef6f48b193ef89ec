//! The one JSON facade: requests to facts, and events to what clients read.
//!
//! JSON is never signed: a service turns a request into an event, whose protobuf encoding is what counts. Parsing is
//! strict, because two readers that disagree about a document would disagree about a fact: no duplicate or unknown
//! fields, no floats or exponents, at most [`MAX_DEPTH`] levels. Names and values are those of the field
//! (`"classification": "confirmed"`, dates as `YYYY-MM-DD`, times in UTC with `Z`).

mod described;
mod draft;
mod fields;
mod governance;
mod materials;
mod medical_resources;
mod outlook;
mod parse;
mod report;
mod request;
mod view;

pub use described::{example, schema};
pub use draft::{Defaults, Draft, fact_from};
pub use governance::action_view;
pub use parse::{MAX_DEPTH, parse};
pub use view::event_view;

#[cfg(test)]
mod tests;
