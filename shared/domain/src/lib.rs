//! What a record means: the vocabulary, the rules every ledger runs and must agree on, policies, refusal codes, totals.
//!
//! Pure and synchronous. It knows no serde, protobuf, disk, network, clock or randomness and uses no floats: two
//! ledgers given the same blocks must reach the same bytes.

pub mod chain;
pub mod codec;
pub mod event;
pub mod genesis;
pub mod keys;
pub mod record;
pub mod refusal;
pub mod rising;
pub mod state;
pub mod time;
