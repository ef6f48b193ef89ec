//! What was published, and when, is deposited here.
