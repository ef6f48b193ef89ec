//! `tocsin forecast`, `backtest` and `detect`: an epidemic curve from anybody's CSV file, without a chain or a service.
//!
//! The figures are those of `epidemiology`, the same code that the forecasting service runs over the log. Here are only the
//! reading of the file and the showing of what came out: a table, one JSON object, a picture.

pub mod backtest;
mod canvas;
pub mod csv;
pub mod detect;
pub mod forecast;
mod models;
mod picture;
mod png;
pub mod progress;
pub mod share;
mod svg;
pub mod text;

use std::fmt;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use epidemiology::series::{Frequency, Series, SeriesError};

pub use models::{Anywhere, models};

/// A file, and what of it is the curve.
#[derive(Args)]
pub struct Source {
    /// A CSV file with a header, a column of dates (YYYY-MM-DD) and columns of counts
    #[arg(long)]
    csv: PathBuf,
    /// The column of counts
    #[arg(long)]
    column: String,
    /// A row a day, or a row a week; weeks are dated by any one day of theirs
    #[arg(long, value_enum)]
    freq: Freq,
}

/// How far apart the rows are.
#[derive(Clone, Copy, ValueEnum)]
pub enum Freq {
    /// A row a day
    Day,
    /// A row a week
    Week,
}

impl From<Freq> for Frequency {
    fn from(freq: Freq) -> Self {
        match freq {
            Freq::Day => Frequency::Day,
            Freq::Week => Frequency::Week,
        }
    }
}

impl Source {
    /// The curve.
    fn read(&self) -> anyhow::Result<Series> {
        csv::read(&self.csv, &self.column, self.freq.into())
    }

    /// A curve that something can be learned from: not too short and not always the same.
    fn read_to_forecast(&self) -> anyhow::Result<Series> {
        let series = self.read()?;
        let needed = epidemiology::backtest::FIRST_ORIGIN;
        if series.len() < needed {
            return Err(Unfit::from(SeriesError::TooShort { points: series.len(), needed }).into());
        }
        if series.values().windows(2).all(|pair| pair.first() == pair.last()) {
            return Err(Unfit::from(SeriesError::Constant).into());
        }
        Ok(series)
    }
}

/// "days" or "weeks".
fn unit(frequency: Frequency) -> &'static str {
    match frequency {
        Frequency::Day => "days",
        Frequency::Week => "weeks",
    }
}

/// Why a file, or what was asked of it, won't do. The command ends with the status of a wrong command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfit {
    /// `BAD_CSV`, `NO_SUCH_COLUMN`, `NO_SUCH_METHOD`, `NO_SUCH_MODEL` or `SERIES_*`; it never changes.
    pub code: &'static str,
    /// Where, if that can be said: "line 3, column cases".
    pub place: Option<String>,
    /// What is wrong.
    pub what: String,
}

impl Unfit {
    fn new(code: &'static str, what: impl Into<String>) -> Self {
        Unfit { code, place: None, what: what.into() }
    }

    fn at(self, line: u64, column: &str) -> Self {
        Unfit { place: Some(format!("line {line}, column {column}")), ..self }
    }
}

impl From<SeriesError> for Unfit {
    fn from(error: SeriesError) -> Self {
        Unfit::new(error.code(), error.to_string())
    }
}

impl fmt::Display for Unfit {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Some(place) => write!(out, "{}: {place}: {}", self.code, self.what),
            None => write!(out, "{}: {}", self.code, self.what),
        }
    }
}

impl std::error::Error for Unfit {}
