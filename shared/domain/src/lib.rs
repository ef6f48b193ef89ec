//! What a record means: the vocabulary, the rules every ledger runs and must agree on, policies, refusal codes, totals.
//!
//! Pure and synchronous. It knows no serde, protobuf, disk, network, clock or randomness and uses no floats: two
//! ledgers given the same blocks must reach the same bytes.
//!
//! From the ground up: words (`time`, `chain`, `event`, `refusal`, `text`), what is kept (`codec`, `record`, `keys`, `state`,
//! `roster`), what everything is checked with (`field`, `policy`, `genesis`), what a rule is handed (`act`, `due`), the areas
//! (`report`, `alert`, `facility`, `medical_resources`, `materials`, `outlook`, `governance`, `rising` and the rest), and on
//! top what calls them all: `form`, `rule`, `execute`; `query` reads for everybody else.

pub mod act;
pub mod alert;
pub mod ballot;
pub mod chain;
pub mod codec;
pub mod credits;
pub mod due;
pub mod event;
pub mod execute;
pub mod facility;
pub mod field;
pub mod form;
pub mod genesis;
pub mod governance;
pub mod keys;
pub mod lanes;
pub mod materials;
pub mod medical_resources;
pub mod misbehaviour;
pub mod outlook;
pub mod policy;
pub mod public_opinion;
pub mod query;
pub mod record;
pub mod refusal;
pub mod report;
pub mod rising;
pub mod roster;
pub mod rule;
#[cfg(test)]
mod stage;
pub mod state;
pub mod text;
pub mod time;
