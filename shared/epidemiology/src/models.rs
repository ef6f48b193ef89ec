//! The models: each says what comes next, or why it does not apply.
