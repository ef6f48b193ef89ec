//! What is known of each notifiable disease: its class, incubation, serial interval, and at how many cases somebody must
//! be told. The table is `data/diseases.csv`; every figure names its source, and says when it was not read there.
//!
//! A chain that decides otherwise parses its own text with [`Table::parse`] and names it by [`Table::hash`].

mod table;

use domain::event::EventId as Digest;

pub use table::TableError;

/// The shipped table's version; it grows with every change of `data/diseases.csv`.
pub const VERSION: u32 = 1;
/// The shipped table.
pub const SHIPPED: &str = include_str!("../data/diseases.csv");
/// The sources its keys stand for.
pub const SOURCES: &str = include_str!("../data/sources.csv");

/// China's classes of notifiable diseases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Plague and cholera.
    A,
    /// Class B that is managed as class A, such as SARS.
    BAsA,
    /// Class B.
    B,
    /// Class C.
    C,
    /// Not in the list.
    Unlisted,
}

/// Which rules of grading apply to a disease; the rules themselves are in [`crate::level`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// Pneumonic plague and pulmonary anthrax.
    Inhaled,
    /// Bubonic plague.
    BubonicPlague,
    /// Cholera.
    Cholera,
    /// SARS, human avian influenza, and COVID-19 while it was managed as class A.
    SevereRespiratory,
    /// Never seen in the country.
    Novel,
    /// A cluster whose cause is not known; no row of the table, but what a caller states.
    Unexplained,
    /// Everything else.
    Usual,
}

/// How often a disease is seen in the country.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Occurrence {
    /// Every year.
    Usual,
    /// A few cases in many years, or only brought in.
    Rare,
    /// Declared eradicated or eliminated; one case is news.
    Eradicated,
}

/// At what CIDARS, China's automated system, alarms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alarm {
    /// One case.
    Fixed,
    /// More than this percentile of the same weeks of the past five years.
    Percentile(u8),
}

/// How far a figure's source carries it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The source was read and says so.
    Read,
    /// The source gives a range, whose middle was taken as the mean.
    Middle,
    /// To be checked: the figure was not read there.
    ToBeChecked,
}

/// A key of [`SOURCES`] and how far it carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The key.
    pub key: String,
    /// How far it carries the figure.
    pub standing: Standing,
}

/// A figure with where it comes from.
#[derive(Clone, Debug, PartialEq)]
pub struct Cited<T> {
    /// The figure.
    pub value: T,
    /// Its sources, at least one.
    pub sources: Vec<Source>,
}

/// Days from infection to first symptoms.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Incubation {
    /// Mean, or median where that is what was published.
    pub mean: f64,
    /// The longest that is reckoned with, whole days.
    pub max: u32,
}

/// Days from the first symptoms of a case to those of the cases it infected.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SerialInterval {
    /// Mean.
    pub mean: f64,
    /// Standard deviation, where it was published.
    pub sd: Option<f64>,
}

/// One disease.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameters {
    /// ICD-10 code.
    pub code: String,
    /// Name.
    pub name: String,
    /// Class.
    pub class: Class,
    /// Rules of grading.
    pub group: Group,
    /// How often it is seen.
    pub occurrence: Occurrence,
    /// Incubation; `None` where it is years or unknown.
    pub incubation: Option<Cited<Incubation>>,
    /// Serial interval; `None` where none is published.
    pub serial: Option<Cited<SerialInterval>>,
    /// The alarm of CIDARS, for the diseases it has one for.
    pub alarm: Option<Cited<Alarm>>,
    /// Cases in one institution within one week that must be reported (level IV).
    pub institution: Option<Cited<u32>>,
}

/// A table of diseases, each code once.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    rows: Vec<Parameters>,
    hash: Digest,
}

impl Table {
    /// The table that comes with this crate.
    ///
    /// # Errors
    /// Never for the table as committed: a test parses it.
    pub fn shipped() -> Result<Self, TableError> {
        Table::parse(SHIPPED)
    }

    /// The diseases in the order of the text.
    pub fn rows(&self) -> &[Parameters] {
        &self.rows
    }

    /// The disease of an ICD-10 code: the row of the code itself or else of the longest code it is a part of (`B05.9` is
    /// measles, `B05`).
    pub fn of(&self, code: &str) -> Option<&Parameters> {
        let covers = |row: &&Parameters| {
            code.strip_prefix(row.code.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('.') || row.code.contains('.') && digits(rest))
        };
        self.rows.iter().filter(covers).max_by_key(|row| row.code.len())
    }

    /// SHA-256 of the text it was parsed from: the version that a chain activates.
    pub fn hash(&self) -> Digest {
        self.hash
    }
}

fn digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests;
