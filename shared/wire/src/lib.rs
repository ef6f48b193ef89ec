//! How a record travels.
