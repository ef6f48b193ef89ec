//! What every service is made of.
