//! How a record moves.
