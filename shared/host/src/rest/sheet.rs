//! CSV uploads: one request a row, an answer a row.
//!
//! The header names the fields of the JSON request, with dots for what is nested (`disease.code`, `counts.confirmed`);
//! empty cells are left out. Good rows are taken, bad ones are answered with line, field and how to mend them. Limits:
//! [`MAX_ROWS`] rows, [`MAX_COLUMNS`] columns, the upload bound of the door.

use actix_web::HttpResponse;
use domain::record::Kind;
use domain::refusal::{Code, Refusal};
use serde_json::{Map, Value, json};

use crate::front::{self, Outcome, Request};

/// Rows of one upload: one batch.
pub const MAX_ROWS: usize = front::MAX_BATCH;
/// Twice the fields of the widest request; a sheet of a million columns is refused by its header.
pub const MAX_COLUMNS: usize = 40;

/// The columns that a route takes.
#[derive(Clone, Copy, Debug)]
pub struct Columns {
    /// Those of whole numbers.
    pub numbers: &'static [&'static str],
    /// Those of `true` or `false`.
    pub truths: &'static [&'static str],
    /// The others.
    pub texts: &'static [&'static str],
}

impl Columns {
    fn find(&self, name: &str) -> Option<&'static str> {
        let mut all = self.texts.iter().chain(self.numbers).chain(self.truths);
        all.find(|known| **known == name).copied()
    }
}

/// A row: its line in the file and the request in it.
#[derive(Clone, Debug)]
pub struct Row {
    /// 1 is the header.
    pub line: u64,
    /// The request, or why there is none.
    pub request: Request,
}

/// Reads an upload. A refusal of the whole means that no row was taken.
pub fn read(bytes: &[u8], kinds: &[Kind], known: &Columns) -> Result<Vec<Row>, Refusal> {
    let text = std::str::from_utf8(bytes)
        .map_err(|error| whole(format!("the file is not UTF-8 (byte {}); save it as UTF-8", error.valid_up_to())))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
    let header = reader.headers().map_err(|_| whole("the header does not parse".to_owned()))?.clone();
    let columns = columns(&header, known)?;
    let mut rows = Vec::new();
    let mut seen = std::collections::BTreeMap::new();
    for record in reader.records() {
        let Ok(record) = record else { return Err(whole(format!("row {} does not parse", rows.len() + 2))) };
        if rows.len() == MAX_ROWS {
            return Err(whole(format!("more than {MAX_ROWS} rows; split the file")));
        }
        let line = record.position().map_or(0, csv::Position::line);
        let request = match seen.insert(record.iter().map(str::to_owned).collect::<Vec<_>>(), line) {
            Some(first) => Err(import("", format!("the row repeats line {first}; remove one of them"))),
            None => row(&columns, &record, kinds, known),
        };
        rows.push(Row { line, request });
    }
    if rows.is_empty() {
        return Err(whole("the file has no rows below its header".to_owned()));
    }
    Ok(rows)
}

/// The 202 of an upload: an answer for each row with its line, and how many were taken.
pub fn answered(lines: &[u64], outcomes: &[Outcome]) -> HttpResponse {
    let taken = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    let results = lines.iter().zip(outcomes).enumerate().map(|(index, (line, outcome))| {
        let mut row = front::result(index, outcome);
        if let Value::Object(row) = &mut row {
            row.insert("line".to_owned(), Value::from(*line));
        }
        row
    });
    let results = results.collect::<Vec<_>>();
    HttpResponse::Accepted().json(json!({ "taken": taken, "refused": results.len() - taken, "results": results }))
}

fn columns(header: &csv::StringRecord, known: &Columns) -> Result<Vec<&'static str>, Refusal> {
    if header.len() > MAX_COLUMNS {
        return Err(whole(format!("more than {MAX_COLUMNS} columns")));
    }
    let mut columns: Vec<&'static str> = Vec::new();
    for (place, name) in header.iter().enumerate() {
        let Some(known) = known.find(name.trim()) else {
            return Err(whole(format!(
                "column {} is unknown; the columns are the fields of the JSON request",
                place + 1
            )));
        };
        if columns.contains(&known) {
            return Err(whole(format!("column {known} is there twice")));
        }
        columns.push(known);
    }
    Ok(columns)
}

fn row(columns: &[&'static str], record: &csv::StringRecord, kinds: &[Kind], known: &Columns) -> Request {
    if record.len() != columns.len() {
        return Err(import("", format!("{} cells where the header has {} columns", record.len(), columns.len())));
    }
    let mut request = Map::new();
    for (column, cell) in columns.iter().copied().zip(record) {
        let cell = cell.trim();
        if cell.is_empty() {
            continue;
        }
        // A cell that a spreadsheet would compute is not data; whoever opens the export next would run it.
        if cell.starts_with(['=', '+', '-', '@']) {
            return Err(import(column, "a formula or a signed value; write the plain value".to_owned()));
        }
        put(&mut request, column, value(column, cell, known)?);
    }
    let kind = request.get("kind").and_then(Value::as_str).and_then(Kind::parse).filter(|kind| kinds.contains(kind));
    let names = || kinds.iter().map(|kind| kind.name()).collect::<Vec<_>>().join(", ");
    let kind = kind.ok_or_else(|| import("kind", format!("name the kind, one of: {}", names())))?;
    Ok((kind, Value::Object(request)))
}

fn value(column: &'static str, cell: &str, known: &Columns) -> Result<Value, Refusal> {
    if known.truths.contains(&column) {
        let truth: Option<bool> = cell.parse().ok();
        return truth.map(Value::from).ok_or_else(|| import(column, "write true or false".to_owned()));
    }
    if !known.numbers.contains(&column) {
        return Ok(Value::String(cell.to_owned()));
    }
    let number: Option<u64> = cell.bytes().all(|byte| byte.is_ascii_digit()).then(|| cell.parse().ok()).flatten();
    number.map(Value::from).ok_or_else(|| import(column, "write a whole number in digits".to_owned()))
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

fn whole(detail: String) -> Refusal {
    Refusal::of(Code::Import, "file", detail)
}

fn import(field: &'static str, detail: String) -> Refusal {
    Refusal::of(Code::Import, field, detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: Columns = Columns {
        numbers: &["counts.confirmed"],
        truths: &["up"],
        texts: &["kind", "disease.code", "disease.name", "report_date", "region", "origin"],
    };
    const KINDS: [Kind; 2] = [Kind::DailyAggregate, Kind::CaseReport];
    const HEADER: &str = "kind,disease.code,disease.name,report_date,region,origin,counts.confirmed\n";
    const ROW: &str = "daily_aggregate,U07.1,COVID-19,2021-07-21,320100,local,11\n";

    fn rows(body: &str) -> Vec<Row> {
        read(format!("{HEADER}{body}").as_bytes(), &KINDS, &COLUMNS).unwrap()
    }

    #[test]
    fn a_row_becomes_the_same_request_as_its_json() {
        let rows = rows(ROW);
        let (kind, value) = rows[0].request.clone().unwrap();
        assert_eq!((rows[0].line, kind), (2, Kind::DailyAggregate));
        assert_eq!(
            value,
            serde_json::json!({
                "kind": "daily_aggregate", "disease": { "code": "U07.1", "name": "COVID-19" }, "report_date": "2021-07-21",
                "region": "320100", "origin": "local", "counts": { "confirmed": 11 }
            })
        );
    }

    #[test]
    fn bad_rows_are_named_by_line_and_field_and_good_ones_stay() {
        let rows = rows(&format!(
            "{ROW}=1+1,U07.1,COVID-19,2021-07-21,320100,local,11\n{ROW}nothing,U07.1,C,2021-07-21,320100,local,1\ndaily_aggregate,U07.1,C,2021-07-22,320100,local,1.5\nshort\n"
        ));
        let refused: Vec<_> =
            rows.iter().map(|row| row.request.as_ref().err().map(|refusal| (row.line, refusal.field))).collect();
        assert_eq!(
            refused,
            [None, Some((3, "kind")), Some((4, "")), Some((5, "kind")), Some((6, "counts.confirmed")), Some((7, ""))]
        );
    }

    #[test]
    fn a_wrong_file_is_refused_whole() {
        let wide = "kind,".repeat(100_000);
        let cases: [&[u8]; 6] =
            [b"", b"kind\n", b"surprise\n1\n", b"kind,kind\na,b\n", b"kind\n\xff\xfe\n", wide.as_bytes()];
        for bytes in cases {
            assert_eq!(
                read(bytes, &KINDS, &COLUMNS).err().map(|refusal| (refusal.code, refusal.field)),
                Some((Code::Import, "file"))
            );
        }
    }

    #[test]
    fn a_truth_is_true_or_false() {
        let file = |cell: &str| format!("kind,up\ncase_report,{cell}\n");
        let taken = |cell: &str| read(file(cell).as_bytes(), &KINDS, &COLUMNS).unwrap().remove(0).request;
        assert_eq!(taken("true").unwrap().1["up"], true);
        assert_eq!(taken("yes").unwrap_err().field, "up");
    }
}
