//! Management members admit events and cast ballots here.
