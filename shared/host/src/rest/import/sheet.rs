//! CSV uploads: one request a row.
//!
//! The header names the fields of the JSON request, with dots for what is nested (`disease.code`, `counts.confirmed`);
//! empty cells are left out. What is wrong with the header or with how many rows there are is the whole file's fault, all
//! else the row's. Limits: [`MAX_ROWS`] rows, [`MAX_COLUMNS`] columns, the upload bound of the door.

use std::collections::BTreeMap;

use csv::{ByteRecord, Position};
use domain::record::Kind;
use serde_json::{Map, Value};

use super::{Fault, Reason, eight_bits};
use crate::front;

/// Rows of one upload: one batch.
pub const MAX_ROWS: usize = front::MAX_BATCH;
/// Twice the fields of the widest request; a sheet of a million columns is refused by its header.
pub const MAX_COLUMNS: usize = 40;
/// What a formula begins with.
const FORMULA_SIGNS: [char; 8] = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];
/// The column that every upload has.
const KIND: &str = "kind";

/// The columns that a route takes.
#[derive(Clone, Copy, Debug)]
pub struct Columns {
    /// Those of whole numbers.
    pub numbers: &'static [&'static str],
    /// Those of `true` or `false`.
    pub truths: &'static [&'static str],
    /// The others, `kind` among them.
    pub texts: &'static [&'static str],
}

impl Columns {
    fn all(&self) -> impl Iterator<Item = &'static str> {
        self.texts.iter().chain(self.numbers).chain(self.truths).copied()
    }

    fn find(&self, name: &str) -> Option<&'static str> {
        self.all().find(|known| *known == name)
    }

    /// How a header is mended: the names are ours, so they may be said.
    fn hint(&self) -> String {
        format!("take only {}", self.all().collect::<Vec<_>>().join(", "))
    }
}

/// A row: its line in the file and the request in it.
#[derive(Clone, Debug)]
pub struct Row {
    /// 1 is the header.
    pub line: u64,
    /// The request, or why there is none.
    pub request: Result<(Kind, Value), Fault>,
}

/// Reads an upload. A fault of the whole means that no row was read.
pub fn read(bytes: &[u8], kinds: &[Kind], known: &Columns) -> Result<Vec<Row>, Fault> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(eight_bits(bytes)?);
    let header = reader.byte_headers().map_err(|_| header("it does not parse"))?.clone();
    let columns = columns(&header, known)?;
    let mut rows = Vec::new();
    let mut seen = BTreeMap::new();
    for record in reader.byte_records() {
        let record = record.map_err(|_| count("a row does not parse; look for a quotation mark that does not end"))?;
        if rows.len() == MAX_ROWS {
            return Err(count(&format!("more than {MAX_ROWS} rows; split the file")));
        }
        let line = record.position().map_or(0, Position::line);
        let request = request(&columns, &record, kinds, known).and_then(|(kind, value)| {
            match seen.insert(value.to_string(), line) {
                Some(first) => Err(Fault::of(
                    Reason::Duplicate,
                    "",
                    format!("the row says the same as line {first}; remove one of them, or state what differs"),
                )),
                None => Ok((kind, value)),
            }
        });
        rows.push(Row { line, request: request.map_err(|fault| fault.on(line)) });
    }
    if rows.is_empty() {
        return Err(count("no rows below the header"));
    }
    Ok(rows)
}

fn header(detail: &str) -> Fault {
    Fault::of(Reason::Header, "header", detail).on(1)
}

fn count(detail: &str) -> Fault {
    Fault::of(Reason::Rows, "file", detail)
}

fn columns(names: &ByteRecord, known: &Columns) -> Result<Vec<&'static str>, Fault> {
    if names.len() > MAX_COLUMNS {
        let detail = format!("more than {MAX_COLUMNS} columns; {}", known.hint());
        return Err(Fault::of(Reason::Columns, "header", detail).on(1));
    }
    let mut columns: Vec<&'static str> = Vec::new();
    for (place, name) in (1..).zip(names) {
        let name = std::str::from_utf8(name).unwrap_or_default().trim();
        let Some(column) = known.find(name) else {
            // What a sheet is saved with where the comma is the decimal sign.
            let other = names.len() == 1 && name.contains([';', '\t']);
            let hint = if other { "separate columns by commas".to_owned() } else { known.hint() };
            return Err(header(&format!("column {place} is unknown; {hint}")));
        };
        if columns.contains(&column) {
            return Err(header(&format!("column {column} is there twice; remove one")));
        }
        columns.push(column);
    }
    if !columns.contains(&KIND) {
        return Err(header("there is no column `kind`; add it"));
    }
    Ok(columns)
}

fn request(
    columns: &[&'static str],
    record: &ByteRecord,
    kinds: &[Kind],
    known: &Columns,
) -> Result<(Kind, Value), Fault> {
    if record.len() != columns.len() {
        let detail = format!("{} cells where the header has {} columns", record.len(), columns.len());
        return Err(Fault::of(Reason::Columns, "", detail));
    }
    let mut request = Map::new();
    for (column, cell) in columns.iter().copied().zip(record) {
        let cell = text(column, cell)?;
        if cell.is_empty() {
            continue;
        }
        // A cell that a spreadsheet would compute is not data; whoever opens the export next would run it. Where wide
        // characters are typed, a spreadsheet takes a wide sign for the narrow one.
        if cell.starts_with(FORMULA_SIGNS) {
            let detail = "a formula or a signed value; write the plain value";
            return Err(Fault::of(Reason::Formula, column, detail));
        }
        put(&mut request, column, value(column, cell, known)?);
    }
    let kind = request.get(KIND).and_then(Value::as_str).and_then(Kind::parse).filter(|kind| kinds.contains(kind));
    let names = || kinds.iter().map(|kind| kind.name()).collect::<Vec<_>>().join(", ");
    let kind = kind.ok_or_else(|| Fault::of(Reason::Value, KIND, format!("name the kind, one of: {}", names())))?;
    Ok((kind, Value::Object(request)))
}

/// The text of a cell without the blanks around it. A mark inside, or the sign for what could not be converted, shows
/// that the text was damaged before.
fn text<'a>(column: &'static str, cell: &'a [u8]) -> Result<&'a str, Fault> {
    let fault = |detail: &str| Fault::of(Reason::Encoding, column, detail);
    let cell = std::str::from_utf8(cell).map_err(|_| fault("not UTF-8; save the file as UTF-8"))?;
    if cell.contains(['\u{feff}', '\u{fffd}']) {
        return Err(fault("characters were lost when encodings were mixed; write the cell again"));
    }
    Ok(cell.trim())
}

fn value(column: &'static str, cell: &str, known: &Columns) -> Result<Value, Fault> {
    let fault = |detail: &str| Fault::of(Reason::Value, column, detail);
    if known.truths.contains(&column) {
        let truth: Option<bool> = cell.parse().ok();
        return truth.map(Value::from).ok_or_else(|| fault("write true or false"));
    }
    if !known.numbers.contains(&column) {
        return Ok(Value::String(cell.to_owned()));
    }
    let number: Option<u64> = cell.bytes().all(|byte| byte.is_ascii_digit()).then(|| cell.parse().ok()).flatten();
    number.map(Value::from).ok_or_else(|| fault("write a whole number in digits"))
}

fn put(request: &mut Map<String, Value>, column: &str, value: Value) {
    match column.split_once('.') {
        Some((outer, inner)) => {
            let nested = request.entry(outer).or_insert_with(|| Value::Object(Map::new()));
            if let Value::Object(nested) = nested {
                nested.insert(inner.to_owned(), value);
            }
        }
        None => {
            request.insert(column.to_owned(), value);
        }
    }
}

#[cfg(test)]
mod tests;
