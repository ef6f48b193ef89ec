//! The syntax of public codes. Which of them a chain knows is in its genesis.

use crate::event::{Disease, EXERCISE_DISEASE};
use crate::refusal::{Code, Refusal};
use crate::text;

/// A GB/T 2260 code (2, 4 or 6 digits; 9 and 12 with the township and village of GB/T 10114), an ISO 3166-1 alpha-2
/// country or an ISO 3166-2 subdivision, in lower case.
pub fn is_region(code: &str) -> bool {
    let digits = code.bytes().all(|b| b.is_ascii_digit()) && matches!(code.len(), 2 | 4 | 6 | 9 | 12);
    let (country, subdivision) = code.split_once('-').unwrap_or((code, "0"));
    let iso = country.len() == 2
        && country.bytes().all(|b| b.is_ascii_lowercase())
        && (1..=3).contains(&subdivision.len())
        && subdivision.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    digits || iso
}

/// An ICD-10 code with up to four places after the dot (national extensions use them), or the exercise disease.
pub fn is_disease_code(code: &str) -> bool {
    let (category, detail) = code.split_once('.').unwrap_or((code, "0"));
    let category = matches!(category.as_bytes(), [b'A'..=b'Z', b'0'..=b'9', b'0'..=b'9' | b'A'..=b'Z']);
    let detail =
        (1..=4).contains(&detail.len()) && detail.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
    code == EXERCISE_DISEASE || (category && detail)
}

/// A disease: its code's syntax and a stated name.
pub(crate) fn disease(disease: &Disease) -> Result<(), Refusal> {
    disease_code("disease.code", &disease.code)?;
    text::check_stated("disease.name", &disease.name)
}

/// A disease by its code alone.
pub(crate) fn disease_code(field: &'static str, code: &str) -> Result<(), Refusal> {
    if !is_disease_code(code) {
        let detail = format!("is no ICD-10 code such as U07.1, nor {EXERCISE_DISEASE}");
        return Err(Refusal::of(Code::UnknownCode, field, detail));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_have_the_syntax_of_their_standards() {
        for code in ["32", "3201", "320100", "320115", "320115001", "320115001001", "cn", "cn-js", "us-06", "fr-75c"] {
            assert!(is_region(code), "{code}");
        }
        for code in
            ["", "3", "32010", "3201000", "CN", "cn-", "cn-JS", "cn-js-01", "c", "chn", "cn/js", "cn-abcd", "32 0"]
        {
            assert!(!is_region(code), "{code}");
        }
        for code in ["U07.1", "A00", "J10.1", "B97.21", "C7A.1", "Z20.822", EXERCISE_DISEASE] {
            assert!(is_disease_code(code), "{code}");
        }
        for code in ["", "u07.1", "U07.", "U7", "U07.12345", "U07/1", "X-OTHER", "U07.1.2", "Ü07"] {
            assert!(!is_disease_code(code), "{code}");
        }
    }
}
