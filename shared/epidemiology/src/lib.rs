//! What the counts say: series of cases, what is usual and what is not, what comes next, and how far that may be believed.
//!
//! Pure numbers: no disk, network, clock or chance but a seed that the caller gives. The same series gives the same
//! result, so that anybody can compute again what a service claimed.
//!
//! | question | module |
//! |---|---|
//! | what was counted | [`series`], from reports and silence by [`counts`] |
//! | what comes next, as quantiles | [`forecast`], by the models in [`models`] |
//! | how good was that | [`score`], over the past by [`mod@backtest`] |
//! | how many there are that are not reported yet | [`mod@nowcast`] |
//! | how many each case infects | [`reproduction`] |
//! | what is unusual | [`detect`] |
//! | was it met in time | [`mod@timeliness`] |
//! | do groups of cases differ | [`statistics`] |
//! | what is known of a disease | [`disease`] |
//! | how far an epidemic has come | [`stage`] |
//! | how serious it is | by rules [`level`], by indicators [`mod@index`] |

pub mod backtest;
pub mod counts;
pub mod detect;
pub mod disease;
pub mod forecast;
pub mod index;
pub mod level;
pub mod models;
pub mod nowcast;
pub mod random;
pub mod reproduction;
pub mod score;
pub mod series;
pub mod stage;
pub mod statistics;
pub mod timeliness;
