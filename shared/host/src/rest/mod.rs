//! REST: the door every service's routes are behind, what a request asks for, problems as answers, who calls, and the
//! desks behind chain paths.
//!
//! Reads need no token; mutations take [`Caller`], so they need a bearer token, which a foreign page can't send: that is
//! also the answer to cross-site requests.

pub mod asked;
pub mod bodies;
mod caller;
mod desks;
mod door;
mod globe;
mod guard;
pub mod import;
mod pages;
mod problem;
mod query;
mod turns;

pub use caller::{Caller, Trust};
pub use desks::Desks;
pub use door::{Door, RunningDoor};
pub use globe::GlobePlace;
pub use guard::AsItIs;
pub use problem::Problem;
pub use turns::Turns;

#[cfg(test)]
mod tests;
