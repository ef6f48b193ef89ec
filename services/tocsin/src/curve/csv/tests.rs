#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test panics")]

use super::*;
use Frequency::{Day, Week};

#[test]
fn what_spreadsheets_write_is_read() {
    for (text, column) in [
        ("date,cases\n2021-07-20,1\n2021-07-21,7\n", "cases"),
        ("\u{feff}date,cases\r\n2021-07-20,1\r\n\r\n2021-07-21,7\r\n", "cases"),
        ("\"date\",\"cases\"\n\"2021-07-20\",\"1\"\n\"2021-07-21\",\" 7 \"", "cases"),
        ("Date;Cases;beds\n2021-07-20;1;4\n;;\n2021-07-21;7;5\n", "cases"),
        ("date\tcases\n2021-07-20\t1\n2021-07-21\t7\n", "cases"),
        ("place,when,\"cases, new\"\na,2021-07-20,1\nb,2021-07-21,7\n", "cases, new"),
    ] {
        let series = parse(text.as_bytes(), column, Day).unwrap();
        assert_eq!((series.date(0).to_string().as_str(), series.values()), ("2021-07-20", &[1.0, 7.0][..]), "{text}");
    }
}

#[test]
fn weeks_have_any_day_of_theirs_or_a_number() {
    let dated = parse(b"week_ending,06\n2022-02-05,5\n2022-02-12,9\n", "06", Week).unwrap();
    assert_eq!((dated.date(1).to_string().as_str(), dated.values()), ("2022-02-12", &[5.0, 9.0][..]));
    let numbered = parse(b"\"week\",\"a\"\n1,4\n2,2\n3,0\n", "a", Week).unwrap();
    assert_eq!(
        (numbered.date(0).to_string(), numbered.date(2).to_string()),
        ("2000-01-03".into(), "2000-01-17".into())
    );
}

#[test]
fn a_bad_file_is_refused_with_code_line_and_column() {
    let table: [(&[u8], Frequency, &str); 22] = [
        (b"", Day, "BAD_CSV: no header"),
        (b"\n\n", Day, "BAD_CSV: no header"),
        (b"date,cases\n", Day, "SERIES_TOO_SHORT: 0 points"),
        (b"date,deaths\n2021-07-20,1\n", Day, "NO_SUCH_COLUMN: no column \"cases\"; there are date, deaths"),
        (b"place,cases\nhere,1\n", Day, "BAD_CSV: no column of dates"),
        (b"date,cases\n2021-07-20,1\n2021-07-21\n", Day, "BAD_CSV: line 3: 1 fields, the header has 2"),
        (b"date,cases\n2021-07-20,1\n\xff\xfe,2\n", Day, "BAD_CSV: line 3: not UTF-8"),
        (b"\xff\xfe\x00d,cases\n", Day, "BAD_CSV: line 1: not UTF-8"),
        (b"\x00\x01\x02\x03", Day, "NO_SUCH_COLUMN"),
        (b"date,cases\n20/07/2021,1\n", Day, "BAD_CSV: line 2, column date: \"20/07/2021\" is no date"),
        (b"date,cases\n2021-02-30,1\n", Day, "BAD_CSV: line 2, column date"),
        (b"week,cases\n202130,1\n", Week, "BAD_CSV: line 2, column week"),
        (b"week,cases\n0,1\n", Week, "BAD_CSV: line 2, column week"),
        (b"date,cases\n2021-07-20,\n", Day, "SERIES_NOT_A_NUMBER: line 2, column cases: \"\" is no number; a day"),
        (b"date,cases\n2021-07-20,NA\n", Day, "SERIES_NOT_A_NUMBER: line 2, column cases"),
        (b"date,cases\n2021-07-20,1\n2021-07-21,inf\n", Day, "SERIES_NOT_A_NUMBER: line 3, column cases"),
        (b"date,cases\n2021-07-20,1\n2021-07-21,-4\n", Day, "SERIES_NEGATIVE: line 3, column cases"),
        (b"date,cases\n2021-07-20,1\n\n2021-07-22,4\n", Day, "SERIES_GAP: line 4, column date: nothing for 2021-07-21"),
        (b"date,cases\n2021-07-20,1\n2021-07-20,4\n", Day, "SERIES_DUPLICATE: line 3, column date"),
        (b"date,cases\n2021-07-20,1\n2021-07-19,4\n", Day, "SERIES_UNSORTED: line 3, column date"),
        (b"date,cases\n2021-07-20,1\n2021-07-26,4\n", Week, "SERIES_UNSORTED: line 3, column date"),
        (b"date,cases\n2021-07-20,\"1\n2021-07-27,4\n", Week, "SERIES_NOT_A_NUMBER: line 2"),
    ];
    for (bytes, frequency, expected) in table {
        let said = parse(bytes, "cases", frequency).unwrap_err().to_string();
        assert!(said.starts_with(expected), "{:?}: {said}", String::from_utf8_lossy(bytes));
    }
}

#[test]
fn who_takes_days_for_weeks_is_told() {
    let said = |bytes: &[u8], frequency| parse(bytes, "cases", frequency).unwrap_err().to_string();
    let days = said(b"date,cases\n2021-07-20,1\n2021-07-21,1\n", Week);
    assert!(days.starts_with("SERIES_UNSORTED") && days.ends_with("these look like days: --freq day"), "{days}");
    let weeks = said(b"date,cases\n2021-07-20,1\n2021-07-27,1\n", Day);
    assert!(weeks.starts_with("SERIES_GAP") && weeks.ends_with("these look like weeks: --freq week"), "{weeks}");
}

#[test]
fn a_file_without_end_is_refused_and_not_read_to_its_end() {
    let rows: String = (1..=2 * MAX_POINTS).map(|number| format!("{number},0\n")).collect();
    let said = parse(format!("day,cases\n{rows}").as_bytes(), "cases", Day).unwrap_err();
    assert_eq!((said.code, said.what.contains("11001 points")), ("SERIES_TOO_LONG", true), "{said}");
}

/// Half of a good file, another byte here and there: whatever it is, an answer comes and no panic.
#[test]
fn junk_is_answered() {
    let good = "\u{feff}date;cases;\"a;b\"\r\n".to_owned()
        + &(10..29).map(|day| format!("2021-07-{day};{};\"x\"\r\n", day * day)).collect::<String>();
    let mut random = epidemiology::random::Random::new(4);
    let mut answers = std::collections::BTreeSet::new();
    for _ in 0..4_000 {
        let mut bytes = good.clone().into_bytes();
        bytes.truncate(random.below(2 * bytes.len()));
        for _ in 0..random.below(4) {
            let at = random.below(bytes.len().max(1));
            if let Some(byte) = bytes.get_mut(at) {
                *byte = random.bits() as u8;
            }
        }
        answers.insert(parse(&bytes, "cases", Day).map_or_else(|unfit| unfit.code, |_| "read"));
    }
    let all = ["BAD_CSV", "NO_SUCH_COLUMN", "SERIES_GAP", "SERIES_NOT_A_NUMBER", "read"];
    assert!(all.iter().all(|code| answers.contains(code)), "{answers:?}");
}
