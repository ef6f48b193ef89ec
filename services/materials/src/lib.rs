//! Stock is received and issued here.
