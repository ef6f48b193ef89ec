//! A CSV file as a series: which column is the date, which the count, and what is wrong on which line.
//!
//! Fields are parted by commas, or by semicolons or tabs where the header has no comma. A byte order mark, quotes, blank lines
//! and blanks around a field are no matter. Dates are `YYYY-MM-DD`, or whole numbers that run on (1, 2, 3, ...).

use std::path::Path;

use ::csv::{ByteRecord, Position, Reader, ReaderBuilder, StringRecord, Trim};
use anyhow::Context;
use domain::time::Date;
use epidemiology::series::{Frequency, MAX_POINTS, Series};

use super::Unfit;

/// Headers that name the date, in the order in which they are looked for, without regard to case.
const DATES: [&str; 12] = [
    "date",
    "day",
    "week",
    "week_ending",
    "week_end",
    "week_start",
    "week_starting",
    "week_beginning",
    "report_date",
    "date_of_onset",
    "onset_date",
    "target_end_date",
];
/// Number 1 of days or weeks that are numbered and not dated: a Monday, 3 January 2000.
const FIRST: Date = Date(10_959);
/// More numbers than a series may have points are not numbers but something else, 202130 for example.
const LAST_NUMBER: u32 = 99_999;
/// A file of [`MAX_POINTS`] rows with a hundred columns has some 10 MB; a larger one was not meant for us.
const MAX_BYTES: u64 = 256 << 20;

/// Reads the counts of one column.
///
/// # Errors
/// [`Unfit`] for what the file says; anything else where it can't be read.
pub fn read(file: &Path, column: &str, frequency: Frequency) -> anyhow::Result<Series> {
    let reading = || format!("reading {}", file.display());
    let size = std::fs::metadata(file).with_context(reading)?.len();
    if size > MAX_BYTES {
        return Err(Unfit::new("BAD_CSV", format!("{size} bytes, at most {MAX_BYTES} are read")).into());
    }
    let bytes = std::fs::read(file).with_context(reading)?;
    Ok(parse(&bytes, column, frequency)?)
}

/// A row: its line, its date and its count.
type Row = (u64, Date, f64);

/// The series that the bytes of a CSV file hold.
///
/// # Errors
/// What is wrong first, and where.
pub fn parse(bytes: &[u8], column: &str, frequency: Frequency) -> Result<Series, Unfit> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut reader =
        ReaderBuilder::new().delimiter(delimiter(bytes)).trim(Trim::All).has_headers(true).from_reader(bytes);
    let header = reader.headers().map_err(|error| broken(error, bytes))?.clone();
    if header.iter().all(str::is_empty) {
        return Err(Unfit::new("BAD_CSV", "no header"));
    }
    let records = records(&mut reader, bytes)?;
    let value = value_column(&header, column)?;
    let date = date_column(&header, records.first().map(|(_, record)| record))?;
    let named = |at: usize| header.get(at).unwrap_or_default();
    let mut rows = Vec::new();
    for (line, record) in &records {
        let text = record.get(date).unwrap_or_default();
        let day = parse_date(text, frequency).ok_or_else(|| {
            let what = format!("{text:?} is no date; give YYYY-MM-DD, or numbers that run on from 1");
            Unfit::new("BAD_CSV", what).at(*line, named(date))
        })?;
        let text = record.get(value).unwrap_or_default();
        let count: f64 = text.parse().map_err(|_| {
            let what = format!("{text:?} is no number; a {} without cases is a 0", one(frequency));
            Unfit::new("SERIES_NOT_A_NUMBER", what).at(*line, named(value))
        })?;
        rows.push((*line, day, count));
    }
    series(&rows, frequency, named(date), named(value))
}

/// The series of the rows; an error names the line of the first row with which it is none.
fn series(rows: &[Row], frequency: Frequency, date: &str, value: &str) -> Result<Series, Unfit> {
    let points: Vec<(Date, f64)> = rows.iter().map(|(_, date, count)| (*date, *count)).collect();
    Series::new(frequency, &points).map_err(|error| {
        // As a prefix with a fault makes every longer one faulty, the first such prefix is found by halving.
        let mut lengths = (0, points.len());
        while lengths.1 - lengths.0 > 1 {
            let middle = lengths.0.midpoint(lengths.1);
            let fine = points.get(..middle).is_some_and(|prefix| Series::new(frequency, prefix).is_ok());
            lengths = if fine { (middle, lengths.1) } else { (lengths.0, middle) };
        }
        let of_value = matches!(error.code(), "SERIES_NEGATIVE" | "SERIES_NOT_A_NUMBER");
        let mut unfit = Unfit::from(error);
        let apart =
            rows.get(1).zip(rows.first()).and_then(|((_, second, _), (_, first, _))| second.0.checked_sub(first.0));
        match (frequency, apart) {
            (Frequency::Day, Some(7)) => unfit.what.push_str("; these look like weeks: --freq week"),
            (Frequency::Week, Some(1)) => unfit.what.push_str("; these look like days: --freq day"),
            _ => (),
        }
        match rows.get(lengths.0) {
            Some((line, ..)) => unfit.at(*line, if of_value { value } else { date }),
            None => unfit,
        }
    })
}

/// The records that are not blank, with their lines; not more than make a series too long.
fn records(reader: &mut Reader<&[u8]>, bytes: &[u8]) -> Result<Vec<(u64, StringRecord)>, Unfit> {
    let mut records = Vec::new();
    let mut record = ByteRecord::new();
    while records.len() <= MAX_POINTS && reader.read_byte_record(&mut record).map_err(|error| broken(error, bytes))? {
        let line = line(record.position(), bytes);
        if record.iter().any(|field| !field.is_empty()) {
            let text = StringRecord::from_byte_record(record.clone())
                .map_err(|_| Unfit::new("BAD_CSV", format!("line {line}: not UTF-8")))?;
            records.push((line, text));
        }
    }
    Ok(records)
}

fn broken(error: ::csv::Error, bytes: &[u8]) -> Unfit {
    match error.kind() {
        ::csv::ErrorKind::UnequalLengths { pos, expected_len, len } => {
            let line = line(pos.as_ref(), bytes);
            Unfit::new("BAD_CSV", format!("line {line}: {len} fields, the header has {expected_len}"))
        }
        ::csv::ErrorKind::Utf8 { pos, .. } => {
            Unfit::new("BAD_CSV", format!("line {}: not UTF-8", line(pos.as_ref(), bytes)))
        }
        _ => Unfit::new("BAD_CSV", error.to_string()),
    }
}

/// The line of a record. Its position is that of the blank lines before it, where there are some.
fn line(position: Option<&Position>, bytes: &[u8]) -> u64 {
    let Some(position) = position else { return 0 };
    let rest = usize::try_from(position.byte()).ok().and_then(|start| bytes.get(start..)).unwrap_or_default();
    let blank = rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).filter(|byte| **byte == b'\n').count();
    position.line() + blank as u64
}

fn delimiter(bytes: &[u8]) -> u8 {
    let header = bytes.split(|byte| *byte == b'\n').find(|line| !line.trim_ascii().is_empty()).unwrap_or_default();
    [b',', b';', b'\t'].into_iter().find(|sign| header.contains(sign)).unwrap_or(b',')
}

fn value_column(header: &StringRecord, column: &str) -> Result<usize, Unfit> {
    let exact = header.iter().position(|name| name == column);
    exact.or_else(|| header.iter().position(|name| name.eq_ignore_ascii_case(column))).ok_or_else(|| {
        let columns: Vec<&str> = header.iter().collect();
        Unfit::new("NO_SUCH_COLUMN", format!("no column {column:?}; there are {}", columns.join(", ")))
    })
}

/// By its name, or the first that holds a date.
fn date_column(header: &StringRecord, first: Option<&StringRecord>) -> Result<usize, Unfit> {
    let named = DATES.iter().find_map(|date| header.iter().position(|name| name.eq_ignore_ascii_case(date)));
    let parsed = || first?.iter().position(|field| Date::parse(field).is_some());
    named.or_else(parsed).ok_or_else(|| {
        let columns: Vec<&str> = header.iter().collect();
        let what = format!("no column of dates (YYYY-MM-DD) in {}; name one \"date\" or \"week\"", columns.join(", "));
        Unfit::new("BAD_CSV", what)
    })
}

fn parse_date(text: &str, frequency: Frequency) -> Option<Date> {
    Date::parse(text).or_else(|| {
        let number: u32 = text.parse().ok().filter(|number| (1..=LAST_NUMBER).contains(number))?;
        Some(Date(FIRST.0 + (number - 1) * frequency.days()))
    })
}

fn one(frequency: Frequency) -> &'static str {
    match frequency {
        Frequency::Day => "day",
        Frequency::Week => "week",
    }
}

#[cfg(test)]
mod tests;
