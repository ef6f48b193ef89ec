//! The command line, with the real binary: what it prints, how it exits, how a service starts and ends.

mod genesis;
mod identity;
mod place;
mod report;
mod run;
