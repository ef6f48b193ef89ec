//! How a record stays.
