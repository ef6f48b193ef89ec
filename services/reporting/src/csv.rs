//! CSV uploads: one report a row, an answer a row.
//!
//! The header names the fields of the JSON request, with dots for what is nested (`disease.code`, `counts.confirmed`);
//! empty cells are left out. Good rows are taken, bad ones are answered with line, field and how to mend them. Limits:
//! [`MAX_ROWS`] rows, [`MAX_COLUMNS`] columns, the upload bound of the door.

use domain::record::Kind;
use domain::refusal::{Code, Refusal};
use host::front::Request;
use serde_json::{Map, Value};

/// Rows of one upload: one batch.
pub const MAX_ROWS: usize = host::front::MAX_BATCH;
/// Twice the fields of the widest report; a sheet of a million columns is refused by its header.
pub const MAX_COLUMNS: usize = 40;

/// Columns whose cells are whole numbers.
const NUMBERS: [&str; 8] = [
    "counts.suspected",
    "counts.probable",
    "counts.confirmed",
    "counts.asymptomatic",
    "counts.discarded",
    "positives",
    "tested",
    "positive",
];
/// The other columns.
const TEXTS: [&str; 17] = [
    "kind",
    "disease.code",
    "disease.name",
    "classification",
    "onset_date",
    "report_date",
    "region",
    "facility",
    "age_band",
    "sex",
    "origin",
    "lane",
    "occurred_at",
    "valid_until",
    "summary",
    "method",
    "security",
];

/// A row: its line in the file and the request in it.
pub struct Row {
    /// 1 is the header.
    pub line: u64,
    /// The request, or why there is none.
    pub request: Request,
}

/// Reads an upload. A refusal of the whole means that no row was taken.
pub fn read(bytes: &[u8], kinds: &[Kind]) -> Result<Vec<Row>, Refusal> {
    let text = std::str::from_utf8(bytes)
        .map_err(|error| whole(format!("the file is not UTF-8 (byte {}); save it as UTF-8", error.valid_up_to())))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
    let header = reader.headers().map_err(|_| whole("the header does not parse".to_owned()))?.clone();
    let columns = columns(&header)?;
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
            None => row(&columns, &record, kinds),
        };
        rows.push(Row { line, request });
    }
    if rows.is_empty() {
        return Err(whole("the file has no rows below its header".to_owned()));
    }
    Ok(rows)
}

fn columns(header: &csv::StringRecord) -> Result<Vec<&'static str>, Refusal> {
    if header.len() > MAX_COLUMNS {
        return Err(whole(format!("more than {MAX_COLUMNS} columns")));
    }
    let mut columns: Vec<&'static str> = Vec::new();
    for (place, name) in header.iter().enumerate() {
        let Some(known) = TEXTS.iter().chain(&NUMBERS).find(|known| **known == name.trim()) else {
            return Err(whole(format!(
                "column {} is unknown; the columns are the fields of the JSON report",
                place + 1
            )));
        };
        if columns.contains(known) {
            return Err(whole(format!("column {known} is there twice")));
        }
        columns.push(known);
    }
    Ok(columns)
}

fn row(columns: &[&'static str], record: &csv::StringRecord, kinds: &[Kind]) -> Request {
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
        put(&mut request, column, value(column, cell)?);
    }
    let kind = request.get("kind").and_then(Value::as_str).and_then(Kind::parse).filter(|kind| kinds.contains(kind));
    let kind = kind.ok_or_else(|| import("kind", "name the kind of report".to_owned()))?;
    Ok((kind, Value::Object(request)))
}

fn value(column: &'static str, cell: &str) -> Result<Value, Refusal> {
    if !NUMBERS.contains(&column) {
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

    const KINDS: [Kind; 2] = [Kind::DailyAggregate, Kind::CaseReport];
    const HEADER: &str = "kind,disease.code,disease.name,report_date,region,origin,counts.confirmed\n";
    const ROW: &str = "daily_aggregate,U07.1,COVID-19,2021-07-21,320100,local,11\n";

    fn rows(body: &str) -> Vec<Row> {
        read(format!("{HEADER}{body}").as_bytes(), &KINDS).unwrap()
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
                read(bytes, &KINDS).err().map(|refusal| (refusal.code, refusal.field)),
                Some((Code::Import, "file"))
            );
        }
    }
}
