//! The disease table's text: one line a disease, fields between commas, every error with its line and field.

use domain::event::EventId as Digest;
use thiserror::Error;

use super::{Alarm, Cited, Class, Group, Incubation, Occurrence, Parameters, SerialInterval, Source, Standing, Table};

/// Fields of a line; the header names them.
const FIELDS: usize = 15;
/// The longest serial interval and incubation that make sense, in days: ten years.
const MAX_DAYS: f64 = 3_650.0;

/// Why a text is no disease table.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("line {line}, field {field}: {what}")]
pub struct TableError {
    /// Line, from 1.
    pub line: usize,
    /// Field, from 1.
    pub field: usize,
    /// What is wrong.
    pub what: String,
}

impl Table {
    /// Parses a table: lines that start with `#` are comments, the first other line is the header.
    ///
    /// # Errors
    /// The first line and field that are wrong.
    pub fn parse(text: &str) -> Result<Self, TableError> {
        let lines = text.lines().enumerate().map(|(at, line)| (at + 1, line));
        let mut rows: Vec<Parameters> = Vec::new();
        for (line, content) in lines.filter(|(_, line)| !line.starts_with('#') && !line.is_empty()).skip(1) {
            let row = Fields { line, field: 0, rest: content.split(',').collect() }.row()?;
            if rows.iter().any(|before| before.code == row.code) {
                return Err(TableError { line, field: 1, what: format!("{} stands twice", row.code) });
            }
            rows.push(row);
        }
        Ok(Table { rows, hash: Digest::of(text.as_bytes()) })
    }
}

/// The fields of a line, read one after the other.
struct Fields<'a> {
    line: usize,
    field: usize,
    rest: Vec<&'a str>,
}

impl Fields<'_> {
    fn row(mut self) -> Result<Parameters, TableError> {
        if self.rest.len() != FIELDS {
            return Err(self.wrong(&format!("{} fields, {FIELDS} are due", self.rest.len())));
        }
        self.rest.reverse();
        Ok(Parameters {
            code: self.text()?,
            name: self.text()?,
            class: self.word(&CLASSES)?,
            group: self.word(&GROUPS)?,
            occurrence: self.word(&OCCURRENCES)?,
            incubation: self.incubation()?,
            serial: self.serial()?,
            alarm: self.alarm()?,
            institution: self.institution()?,
        })
    }

    fn wrong(&self, what: &str) -> TableError {
        TableError { line: self.line, field: self.field, what: what.to_owned() }
    }

    fn next(&mut self) -> &str {
        self.field += 1;
        self.rest.pop().unwrap_or_default()
    }

    fn text(&mut self) -> Result<String, TableError> {
        let text = self.next().to_owned();
        if text.is_empty() { Err(self.wrong("nothing stands here")) } else { Ok(text) }
    }

    fn word<T: Copy>(&mut self, words: &[(&str, T)]) -> Result<T, TableError> {
        let word = self.next().to_owned();
        let found = words.iter().find(|(known, _)| *known == word);
        found.map(|(_, value)| *value).ok_or_else(|| self.wrong(&format!("`{word}` is no word of this field")))
    }

    /// A number of days, `None` for `-`.
    fn days(&mut self) -> Result<Option<f64>, TableError> {
        let text = self.next().to_owned();
        if text == "-" {
            return Ok(None);
        }
        let days = text.parse().ok().filter(|days| (0.0..=MAX_DAYS).contains(days));
        days.map(Some).ok_or_else(|| self.wrong(&format!("`{text}` is no number of days")))
    }

    fn whole(&mut self) -> Result<Option<u32>, TableError> {
        let text = self.next().to_owned();
        if text == "-" {
            return Ok(None);
        }
        let number = text.parse().ok().filter(|number| *number > 0);
        number.map(Some).ok_or_else(|| self.wrong(&format!("`{text}` is no whole number from 1")))
    }

    /// The figure with the sources of the next field; a figure without a source, or a source of nothing, is an error.
    fn cited<T>(&mut self, value: Option<T>) -> Result<Option<Cited<T>>, TableError> {
        let text = self.next().to_owned();
        match (value, text.as_str()) {
            (None, "-") => Ok(None),
            (Some(_), "-" | "") => Err(self.wrong("the figure has no source")),
            (None, _) => Err(self.wrong("a source, but no figure")),
            (Some(value), keys) => Ok(Some(Cited { value, sources: keys.split('+').map(source).collect() })),
        }
    }

    fn incubation(&mut self) -> Result<Option<Cited<Incubation>>, TableError> {
        let (mean, max) = (self.days()?, self.whole()?);
        let value = match (mean, max) {
            (Some(mean), Some(max)) if mean <= f64::from(max) => Some(Incubation { mean, max }),
            (None, None) => None,
            _ => return Err(self.wrong("mean and longest belong together, and no mean is above the longest")),
        };
        self.cited(value)
    }

    fn serial(&mut self) -> Result<Option<Cited<SerialInterval>>, TableError> {
        let (mean, sd) = (self.days()?, self.days()?);
        let value = match mean {
            Some(mean) => Some(SerialInterval { mean, sd }),
            None if sd.is_none() => None,
            None => return Err(self.wrong("a standard deviation without a mean")),
        };
        self.cited(value)
    }

    fn alarm(&mut self) -> Result<Option<Cited<Alarm>>, TableError> {
        let text = self.next().to_owned();
        let value = match text.as_str() {
            "-" => None,
            "fixed" => Some(Alarm::Fixed),
            number => match number.parse() {
                Ok(percent @ 1..=99) => Some(Alarm::Percentile(percent)),
                _ => return Err(self.wrong(&format!("`{number}` is neither `fixed` nor a percentile"))),
            },
        };
        self.cited(value)
    }

    fn institution(&mut self) -> Result<Option<Cited<u32>>, TableError> {
        let value = self.whole()?;
        self.cited(value)
    }
}

const CLASSES: [(&str, Class); 5] =
    [("A", Class::A), ("B-as-A", Class::BAsA), ("B", Class::B), ("C", Class::C), ("none", Class::Unlisted)];
const GROUPS: [(&str, Group); 6] = [
    ("inhaled", Group::Inhaled),
    ("bubonic-plague", Group::BubonicPlague),
    ("cholera", Group::Cholera),
    ("severe-respiratory", Group::SevereRespiratory),
    ("novel", Group::Novel),
    ("usual", Group::Usual),
];
const OCCURRENCES: [(&str, Occurrence); 3] =
    [("usual", Occurrence::Usual), ("rare", Occurrence::Rare), ("eradicated", Occurrence::Eradicated)];

fn source(key: &str) -> Source {
    let (standing, key) = match (key.strip_prefix('~'), key.strip_prefix('?')) {
        (Some(key), _) => (Standing::Middle, key),
        (_, Some(key)) => (Standing::ToBeChecked, key),
        _ => (Standing::Read, key),
    };
    Source { key: key.to_owned(), standing }
}
