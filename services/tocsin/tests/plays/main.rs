//! Plays: text files that a health officer can read (`tests/scenarios/plays/*.play`), acted out on real houses. Every
//! service of every member runs, with a real nats-server, real stores and real signatures; scenario time stands still
//! but for the steps a play takes. `tests/scenarios/plays/README.md` says how a play is written.
//!
//! One driver plays them all: `read` makes a play of the text, `stage` opens the house and goes through the sentences,
//! `deeds` does what members do, `checks` looks at what must be so. At the end of every play all ledgers of a chain
//! stand at one height with one root and one state digest.
//!
//! It is not a test of bounds, refusals or faults (`tests/tests/api`, `tests/faults`), and it knows no rule: what a play
//! shows is written in the play.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test ends by panicking; clippy knows only the functions marked as tests"
)]

mod checks;
mod deeds;
mod goods;
mod play;
mod read;
mod stage;
mod words;

/// A test for every play, and one that no play lacks its test.
macro_rules! plays {
    ($($(#[$doc:meta])* $name:ident;)+) => {
        $(
            $(#[$doc])*
            #[test]
            fn $name() {
                stage::perform(stringify!($name));
            }
        )+

        #[test]
        fn every_play_has_its_test() {
            let mut found: Vec<_> = std::fs::read_dir(stage::PLAYS)
                .unwrap()
                .map(|file| file.unwrap().path())
                .filter(|file| file.extension().is_some_and(|extension| extension == "play"))
                .map(|file| file.file_stem().unwrap().to_str().unwrap().to_owned())
                .collect();
            let mut played = vec![$(stringify!($name)),+];
            found.sort();
            played.sort();
            assert_eq!(found, played);
        }
    };
}

// How each was seen to fail is said with it: the rule named was switched off, and the sentence given did not come true.
plays! {
    /// With a majority of a quarter: `then "the cluster" is open` after N1's ballot alone. With members allowed to judge
    /// their own reports: SELF_ENDORSE.
    four_institutions;
    /// With corrections passed over by the automatic policy: `then "the figures" is accepted`.
    automatic_endorsement;
    /// With directives open to every member: `C directs ... but is refused: ROLE_MISSING`.
    broadcast;
    /// With a majority of a half: `then "the market" is open` after two of four.
    voting;
    /// With vetoes ignored: `then "the rumour" is rejected`.
    supervision;
    /// With vetoes ignored: `then "the overreach" is rejected`.
    two_levels;
    /// With the dominant member ignored: `B directs ... but is refused: ROLE_MISSING` in stage 1. Where E starts nothing, or
    /// no block carries the certificate that hands over to the set with E: `then E cosigns`.
    dynamic_autonomy;
    /// With vetoes ignored: `then "Tuesday" is rejected`.
    joining_regulator;
    /// With deadlines that pass in silence: `then nation is asked about "the figures"`.
    undecided_report;
    /// With no due item for silence: `then nation misses nation.west`.
    silent_child;
    /// Without the designation, and again with half an hour for the last two: `then city knows of idle masks ...`.
    idle_masks;
}
