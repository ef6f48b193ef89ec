//! Daily counts become early warnings here.
