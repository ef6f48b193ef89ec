//! Finds personal identifiers in text: resident identity numbers of China, telephone numbers, e-mail addresses.
//!
//! It looks at the compatibility form of the text, so that full-width digits hide nothing. A number is judged by its
//! shape, not by a check digit: a mistyped identity number still points at a person. It knows no names of people.

use unicode_normalization::UnicodeNormalization as _;

use crate::time::Date;

/// What was found, for a person to read; `None` when nothing was.
pub(super) fn find(text: &str) -> Option<&'static str> {
    // Zero-width joiners are needed by some scripts; between digits they only hide.
    let folded =
        text.nfkc().filter(|c| !matches!(c, '\u{200c}' | '\u{200d}')).flat_map(char::to_lowercase).collect::<Vec<_>>();
    if has_email(&folded) {
        return Some("an e-mail address");
    }
    let groups = digit_groups(&folded);
    if groups.iter().any(is_identity_number) {
        return Some("an identity number");
    }
    has_telephone(&groups).then_some("a telephone number")
}

/// A run of ASCII digits with what stands around it.
struct Group {
    digits: String,
    /// The character right before the run.
    before: Option<char>,
    /// The characters between this run and the one before it.
    gap: String,
    /// The character right after the run.
    after: Option<char>,
}

fn digit_groups(text: &[char]) -> Vec<Group> {
    let mut groups = Vec::new();
    let (mut at, mut gap) = (0, String::new());
    while let Some(c) = text.get(at) {
        if !c.is_ascii_digit() {
            gap.push(*c);
            at += 1;
            continue;
        }
        let digits = text.iter().skip(at).take_while(|c| c.is_ascii_digit()).collect::<String>();
        at += digits.len();
        let before = gap.chars().next_back();
        groups.push(Group { digits, before, gap: std::mem::take(&mut gap), after: text.get(at).copied() });
    }
    groups
}

/// 18 places with a date of birth in the middle (the last may be `x`), or the 15 digits issued before 1999.
fn is_identity_number(group: &Group) -> bool {
    let digits = group.digits.as_str();
    let born = match (digits.len(), group.after) {
        (18, _) | (17, Some('x')) => digits.get(6..14).map(str::to_owned),
        (15, _) => digits.get(6..12).map(|day| format!("19{day}")),
        _ => None,
    };
    born.is_some_and(|day| !digits.starts_with('0') && is_birthday(&day))
}

/// `YYYYMMDD` between 1900 and 2099. Years before 1970 are checked in the same place of a later leap cycle.
fn is_birthday(day: &str) -> bool {
    let part = |range| day.get(range).and_then(|text: &str| text.parse::<u32>().ok());
    match (part(0..4), part(4..6), part(6..8)) {
        (Some(year @ 1900..=2099), Some(month), Some(date)) => {
            let year = if year < 1970 { year + 84 } else { year };
            Date::parse(&format!("{year:04}-{month:02}-{date:02}")).is_some()
        }
        _ => false,
    }
}

/// Mobile numbers (11 digits from 13 to 19, also written 3-4-4), landlines with their area code, and anything written in
/// the international way with a plus. Short service numbers such as 120 or 12320 belong in directives and pass.
fn has_telephone(groups: &[Group]) -> bool {
    groups.iter().enumerate().any(|(at, first)| {
        let run = joined(groups, at);
        let lengths = run.iter().map(|group| group.digits.len()).collect::<Vec<_>>();
        let digits = run.iter().map(|group| group.digits.as_str()).collect::<String>();
        international(first, &lengths, &digits) || national(&lengths, &digits)
    })
}

/// A group and those that follow it after a single blank, hyphen, dot or bracket; five groups are the longest way a
/// telephone number is written.
fn joined(groups: &[Group], at: usize) -> Vec<&Group> {
    let rest = groups.iter().skip(at + 1).take(4);
    let follows = rest.take_while(|group| matches!(group.gap.as_str(), " " | "-" | "." | ")" | ") " | " (" | "("));
    groups.get(at).into_iter().chain(follows).collect()
}

/// `+` and 8 to 15 digits (E.164), however they are grouped.
fn international(first: &Group, lengths: &[usize], digits: &str) -> bool {
    first.before == Some('+') && lengths.first().is_some_and(|n| *n <= 15) && (8..=30).contains(&digits.len())
}

fn national(lengths: &[usize], digits: &str) -> bool {
    let local = |from: usize| digits.get(from..).unwrap_or_default();
    match lengths {
        [11, ..] if is_mobile(digits) => true,
        [3, 4, 4, ..] | [3, 8, ..] | [7, 4, ..] if is_mobile(digits) => true,
        [13, ..] if digits.starts_with("86") => is_mobile(local(2)),
        [15, ..] if digits.starts_with("0086") => is_mobile(local(4)),
        [2, 11, ..] | [2, 3, 4, 4, ..] if digits.starts_with("86") => is_mobile(local(2)),
        [4, 11, ..] | [4, 3, 4, 4, ..] if digits.starts_with("0086") => is_mobile(local(4)),
        [3 | 4, 7 | 8, ..] | [3 | 4, 4, 4, ..] | [11 | 12, ..] => is_area_code(digits),
        _ => false,
    }
}

fn is_mobile(digits: &str) -> bool {
    matches!(digits.as_bytes(), [b'1', b'3'..=b'9', ..])
}

/// `010`, `02x` and the four-digit codes from `03xx` to `09xx`.
fn is_area_code(digits: &str) -> bool {
    matches!(digits.as_bytes(), [b'0', b'1', b'0', ..] | [b'0', b'2'..=b'9', ..])
}

/// `local@host.domain`: a letter or digit before the sign, and a host whose last label has two places and a letter.
fn has_email(text: &[char]) -> bool {
    text.iter().enumerate().filter(|(_, c)| **c == '@').any(|(at, _)| {
        let before = at.checked_sub(1).and_then(|before| text.get(before));
        let host =
            text.iter().skip(at + 1).take_while(|c| c.is_alphanumeric() || "-.".contains(**c)).collect::<String>();
        let labels = host.trim_end_matches('.').rsplit_once('.');
        before.is_some_and(|c| c.is_alphanumeric() || "._%+-".contains(*c))
            && labels.is_some_and(|(rest, last)| {
                !rest.is_empty() && last.chars().count() >= 2 && last.chars().any(char::is_alphabetic)
            })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identity_numbers_are_found_with_and_without_a_true_check_digit() {
        for text in [
            "11010519491231002X",
            "id 11010519491231002x.",
            "身份证320102199003076518",
            "３２０１０２１９９００３０７６５１８",
            "320102900307651",
            "32010219900307651\u{200d}8",
        ] {
            assert_eq!(find(text), Some("an identity number"), "{text}");
        }
        // Born in 1880, in month 13, of 19 digits, and a batch number without a date in the place of birth.
        for text in ["440524188001010014", "320102199013076518", "3201021990030765181", "batch 202107200000123456"] {
            assert_eq!(find(text), None, "{text}");
        }
    }

    #[test]
    fn telephone_numbers_are_found_however_they_are_written() {
        for text in [
            "13812345678",
            "电话１３８１２３４５６７８。",
            "tel138-1234-5678",
            "138 1234 5678",
            "8613812345678",
            "+86 138 1234 5678",
            "0086-138-1234-5678",
            "025-83538999",
            "(025) 83538999",
            "02583538999",
            "0512 6522 0000",
            "+1 202 555 0175",
            "+41 22 791 21 11",
        ] {
            assert_eq!(find(text), Some("a telephone number"), "{text}");
        }
        for text in [
            "120",
            "12320",
            "12345",
            "+9 since 20 July",
            "2021-07-20 18:30",
            "12812345678",
            "1381234567",
            "lot 13-2021",
        ] {
            assert_eq!(find(text), None, "{text}");
        }
    }

    #[test]
    fn mail_addresses_are_found_and_handles_in_links_are_not() {
        for text in ["zhang.san@njcdc.cn", "<a@b.cn>", "张三＠例子.中国", "x@y.co."] {
            assert_eq!(find(text), Some("an e-mail address"), "{text}");
        }
        for text in ["https://t.me/@njcdc", "lab@sector", "5 @ 3.5", "a@b", "@njcdc.cn", "R0@1.25"] {
            assert_eq!(find(text), None, "{text}");
        }
    }
}
