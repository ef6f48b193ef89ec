//! Files that others send: which rule of imports one breaks, on which line, and how to mend it.
//!
//! All of it is the one stable code `IMPORT`; beside it a problem says a reason, so that a program can tell a formula from a
//! wrong header. What a row states is judged by the chain's rules, with their own codes.

pub mod sheet;

use domain::refusal::Code;
use serde_json::json;

use crate::rest::Problem;

macro_rules! reasons {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)+) => {
        /// Which rule of imports is broken. Its text is stable.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Reason { $($(#[$doc])* $name,)+ }

        impl Reason {
            /// Every reason.
            pub const ALL: &'static [Reason] = &[$(Reason::$name,)+];
            /// The text in a problem.
            pub fn text(self) -> &'static str { match self { $(Reason::$name => $text,)+ } }
        }
    };
}

reasons! {
    /// The first line, or the head of a document, is not what is taken here.
    Header = "IMPORT_HEADER";
    /// Bytes that are not UTF-8, or text that was damaged before.
    Encoding = "IMPORT_ENCODING";
    /// Too many columns, or a row with another number of cells than the header.
    Columns = "IMPORT_COLUMNS";
    /// No rows, or too many.
    Rows = "IMPORT_ROWS";
    /// A cell that a spreadsheet would compute.
    Formula = "IMPORT_FORMULA";
    /// A cell or element that is not of its column's or element's kind.
    Value = "IMPORT_VALUE";
    /// The same twice in one file.
    Duplicate = "IMPORT_DUPLICATE";
    /// Rows were read and none was taken; each says why.
    NoneTaken = "IMPORT_NONE_TAKEN";
}

/// What is wrong with a file, or with one line or part of it. It never repeats what is written there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Which rule it breaks.
    pub reason: Reason,
    /// The line, where the file has lines; 1 is the first.
    pub line: Option<u64>,
    /// The column, or the part of a document; empty for the whole.
    pub field: String,
    /// A sentence: what is wrong and how to mend it.
    pub detail: String,
}

impl Fault {
    /// A fault of a whole file, or of a part of a document.
    pub fn of(reason: Reason, field: impl Into<String>, detail: impl Into<String>) -> Self {
        Fault { reason, line: None, field: field.into(), detail: detail.into() }
    }

    /// The same on a line.
    #[must_use]
    pub fn on(self, line: u64) -> Self {
        Fault { line: Some(line), ..self }
    }
}

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Self {
        let problem = Problem::new(Code::Import, fault.detail).about(fault.field);
        problem.because(fault.reason.text(), fault.line)
    }
}

/// Every fault of one document that is told: more would be another document's.
pub const MAX_FAULTS: usize = 20;

/// The problem of a document that is refused whole: `results` has a problem for each fault.
pub fn refused(mut faults: Vec<Fault>) -> Problem {
    let more = faults.len().saturating_sub(MAX_FAULTS);
    faults.truncate(MAX_FAULTS);
    let reason = faults.first().map_or(Reason::Rows, |fault| fault.reason);
    let told = faults.iter().map(|fault| format!("{}: {}", fault.field, fault.detail));
    let rest = (more > 0).then(|| format!("and {more} more"));
    let detail = told.chain(rest).collect::<Vec<_>>().join("\n");
    let results = faults.into_iter().map(|fault| json!({ "problem": Problem::from(fault).json() })).collect();
    Problem::from(Fault::of(reason, "document", detail)).with_results(results)
}

/// The text of a document, without the mark that some programs begin one with.
pub fn utf8(bytes: &[u8]) -> Result<&str, Fault> {
    let bytes = eight_bits(bytes)?;
    let at = |error: std::str::Utf8Error| not_text(bytes, error.valid_up_to(), "it is not UTF-8 from this line on");
    std::str::from_utf8(bytes).map_err(at)
}

/// The byte order mark of UTF-8. Inside a file it shows that files were put together.
const MARK: &[u8] = "\u{feff}".as_bytes();

/// The bytes behind the mark of a file that may be UTF-8: none of its characters is written in pairs of bytes.
fn eight_bits(bytes: &[u8]) -> Result<&[u8], Fault> {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(not_text(bytes, 0, "it is UTF-16"));
    }
    match bytes.iter().position(|byte| *byte == 0) {
        Some(at) => Err(not_text(bytes, at, "it has bytes that are no text")),
        None => Ok(bytes.strip_prefix(MARK).unwrap_or(bytes)),
    }
}

fn not_text(bytes: &[u8], at: usize, what: &str) -> Fault {
    let before = bytes.get(..at).unwrap_or_default();
    let line = before.iter().fold(1_u64, |line, byte| line.saturating_add(u64::from(*byte == b'\n')));
    Fault::of(Reason::Encoding, "file", format!("{what}; save the file as UTF-8")).on(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_one_stable_code_with_its_reason_line_and_field() {
        for reason in Reason::ALL {
            let problem = Problem::from(Fault::of(*reason, "quantity", "write it otherwise").on(7)).json();
            assert_eq!((&problem["code"], &problem["status"]), (&"IMPORT".into(), &422.into()));
            assert_eq!((&problem["reason"], &problem["line"]), (&reason.text().into(), &7.into()));
            assert_eq!((&problem["field"], &problem["detail"]), (&"quantity".into(), &"write it otherwise".into()));
            assert!(reason.text().starts_with("IMPORT_"));
        }
        let whole = Problem::from(Fault::of(Reason::Rows, "file", "none")).json();
        assert_eq!((whole.get("line"), whole.get("results")), (None, None));
    }

    #[test]
    fn so_many_faults_are_told_and_no_more() {
        let faults = (0..50).map(|at| Fault::of(Reason::Value, format!("row {at}"), "is wrong")).collect();
        let problem = refused(faults).json();
        let detail = problem["detail"].as_str().unwrap();
        assert_eq!(
            (detail.lines().count(), problem["results"].as_array().unwrap().len()),
            (MAX_FAULTS + 1, MAX_FAULTS)
        );
        assert!(detail.starts_with("row 0: is wrong\n") && detail.ends_with("and 30 more"), "{detail}");
        assert_eq!(problem["results"][3]["problem"]["field"], "row 3");
    }

    #[test]
    fn text_is_utf_8_with_or_without_its_mark() {
        assert_eq!(utf8("\u{feff}kind,地\n".as_bytes()).unwrap(), "kind,地\n");
        for (bytes, line) in [
            (&b"\xff\xfek\0i\0"[..], 1),
            (b"\xfe\xff\0k\0i", 1),
            (b"kind\n\0", 2),
            (b"kind\nzero\n\xc4\xcf\xbe\xa9\n", 3),
        ] {
            let fault = utf8(bytes).unwrap_err();
            assert_eq!((fault.reason, fault.line), (Reason::Encoding, Some(line)), "{bytes:?}");
        }
    }
}
