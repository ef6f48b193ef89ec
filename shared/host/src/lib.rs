//! What every service is made of: clock, keys, who takes part, tokens, configuration, telemetry, the ledger's client,
//! questions to the member's other services, the outbox, the generic projection, pages of lists, the REST door, and the end.
//!
//! It knows no area: no report, bed or alert. It decides nothing about the chain; rules are the domain's and run on
//! ledgers. Limits stand beside the constants that hold them.

pub mod area;
pub mod clock;
pub mod config;
pub mod front;
pub mod keys;
pub mod ledger;
pub mod node;
pub mod outbox;
pub mod page;
pub mod projection;
pub mod rest;
pub mod standing;
pub mod stop;
pub mod telemetry;
pub mod token;
