//! What text may go on a log that everybody can read and nobody can shorten: NFC, visible, short, without personal
//! data. It is not a language check and it does not clean text up: a text is taken as it is or refused.
//!
//! Limits: [`MAX_TEXT_BYTES`] a text. Names of people cannot be recognised here; a person
//! must keep them out.

mod personal;

use unicode_normalization::is_nfc;

use crate::event::MAX_TEXT_BYTES;
use crate::refusal::{Code, Refusal};

/// Refuses text that must not be public. The refusal names no field; [`check_field`] does.
pub fn check_public(text: &str) -> Result<(), Refusal> {
    check_field("", text)
}

/// Refuses text that must not be public, naming the field it stands in.
pub fn check_field(field: &'static str, text: &str) -> Result<(), Refusal> {
    if text.len() > MAX_TEXT_BYTES {
        let detail = format!("is {} bytes long; at most {MAX_TEXT_BYTES} are taken", text.len());
        return Err(Refusal::of(Code::Limit, field, detail));
    }
    if let Some((at, _)) = text.char_indices().find(|(_, c)| !is_visible(*c)) {
        let detail = format!("holds a control, direction or invisible character at byte {at}; remove it");
        return Err(Refusal::of(Code::BadText, field, detail));
    }
    if !text.is_ascii() && !is_nfc(text) {
        return Err(Refusal::of(Code::BadText, field, "is not in Unicode normal form C; normalise it"));
    }
    match personal::find(text) {
        Some(kind) => {
            let detail = format!("holds what looks like {kind}; the log is public, so seal it or leave it out");
            Err(Refusal::of(Code::PiiInPublic, field, detail))
        }
        None => Ok(()),
    }
}

/// As [`check_field`], and the text must say something.
pub fn check_stated(field: &'static str, text: &str) -> Result<(), Refusal> {
    if text.trim().is_empty() {
        return Err(Refusal::of(Code::OutOfRange, field, "is empty; state it"));
    }
    check_field(field, text)
}

/// Whether a character shows itself and nothing else. Refused are controls (also line breaks: headlines go into message
/// headers), bidirectional overrides and isolates (they make a text read differently from its bytes), characters
/// without width that could hide something inside a word, and what XML cannot carry.
fn is_visible(c: char) -> bool {
    !c.is_control()
        && !matches!(c,
            '\u{00ad}' | '\u{061c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{ffff}' | '\u{e0000}'..='\u{e007f}')
        && u32::from(c) & 0xfffe != 0xfffe
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> Option<Code> {
        check_public(text).err().map(|refusal| refusal.code)
    }

    #[test]
    fn ordinary_text_of_any_script_passes() {
        for text in [
            "",
            "Nine positives among airport cleaning staff, 20 July 2021 (2021-07-20 18:30).",
            "南京禄口国际机场定期核酸检测发现9份样品阳性",
            "Überwachung • ελληνικά • العربية • 👩‍⚕️",
            "call 12320 or 120; lot 20210720-0001; 1,234,567 doses; 2021/07/20 13:45:00",
        ] {
            assert_eq!(check_public(text), Ok(()), "{text}");
        }
    }

    #[test]
    fn text_that_reads_differently_from_its_bytes_is_refused() {
        let bad =
            ["a\0b", "a\nb", "a\tb", "a\u{7f}b", "a\u{85}b", "\u{202e}abc", "a\u{2066}b", "a\u{200b}b", "a\u{fffe}b"];
        for text in bad.into_iter().chain(["\u{1fffe}", "a\u{e0041}", "e\u{301}", "\u{1100}\u{1161}"]) {
            assert_eq!(code(text), Some(Code::BadText), "{text:?}");
        }
        assert_eq!(check_public("é"), Ok(()), "the composed form is NFC");
    }

    #[test]
    fn the_length_bound_is_in_bytes_and_exact() {
        assert_eq!(check_public(&"x".repeat(MAX_TEXT_BYTES)), Ok(()));
        assert_eq!(code(&"x".repeat(MAX_TEXT_BYTES + 1)), Some(Code::Limit));
        assert_eq!(code(&"院".repeat(MAX_TEXT_BYTES / 3 + 1)), Some(Code::Limit));
    }

    #[test]
    fn a_refusal_names_its_field_and_never_repeats_the_input() {
        let refusal = check_field("headline", "ring 13812345678").unwrap_err();
        assert_eq!((refusal.code, refusal.field), (Code::PiiInPublic, "headline"));
        assert!(!refusal.detail.contains("138"), "{refusal}");
    }

    #[test]
    fn a_text_that_must_be_stated_is_not_blank() {
        assert_eq!(check_stated("headline", "  ").unwrap_err().code, Code::OutOfRange);
        assert_eq!(check_stated("headline", "x"), Ok(()));
    }
}
