//! Holding a copy of a log against itself, its blocks, its rules and its certificates, offline.

pub mod archive;
pub mod piece;
