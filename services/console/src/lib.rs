//! The situation room's page.
