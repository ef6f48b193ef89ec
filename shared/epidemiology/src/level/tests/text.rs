//! The thresholds' text.

use super::*;

#[test]
fn the_shipped_text_is_canonical_but_for_comments_and_its_hash_does_not_change() {
    let bare: String = SHIPPED.lines().filter(|line| !line.starts_with('#')).map(|line| format!("{line}\n")).collect();
    assert_eq!(shipped().print(), bare);
    assert_eq!(shipped().hash().to_string(), "216f0170e1bccd07ba3fb27cd98e4991cda402f6fecf0669666592e26844156d");
}

#[test]
fn comments_and_order_make_no_other_version() {
    let mut lines: Vec<_> = SHIPPED.lines().skip(1).filter(|line| !line.starts_with('#')).collect();
    lines.reverse();
    let text = format!("level-rules 1\n\n# our own words\n{}", lines.join("\n"));
    assert_eq!(Rules::parse(&text).unwrap().hash(), shipped().hash());
    assert_ne!(Rules { counties: 3, ..shipped() }.hash(), shipped().hash());
}

#[test]
fn an_error_says_where() {
    let wrong = |text: &str| Rules::parse(text).unwrap_err().to_string();
    assert_eq!(wrong(""), "line 1, column 1: the first line must be `level-rules 1`");
    assert_eq!(wrong("level-rules 2\n"), "line 1, column 1: the first line must be `level-rules 1`");
    assert_eq!(wrong("level-rules 1\nprovince 2"), "line 2, column 1: `province` is no threshold");
    assert_eq!(wrong("level-rules 1\nprovinces 2\n\nprovinces 2"), "line 4, column 1: `provinces` stands twice");
    assert_eq!(wrong("level-rules 1\nprovinces 2"), "line 3, column 1: `spreading-per-mille` is missing");
    let number = "line 2, column 11: expected a whole number from 1 to 1000000 without leading zeros";
    for value in ["", " 0", " 02", " -1", " 1.5", " 1000001", "  2", " 2 "] {
        assert_eq!(wrong(&format!("level-rules 1\nprovinces{value}")), number, "{value}");
    }
}

proptest::proptest! {
    #[test]
    fn what_is_printed_is_parsed_again(values in proptest::collection::vec(1u32..=1_000_000, 13)) {
        let [a, b, c, d, e, f, g, h, i, j, k, l, m] = values.try_into().unwrap();
        let rules = Rules {
            spreading_per_mille: a,
            provinces: b,
            prefectures: c,
            counties: d,
            window_days: e,
            inhaled_county: f,
            bubonic_prefecture: g,
            bubonic_county: h,
            cholera_prefecture: i,
            cholera_county: j,
            excess_several_per_mille: k,
            excess_one_per_mille: l,
            excess_cases: m,
        };
        proptest::prop_assert_eq!(Rules::parse(&rules.print()), Ok(rules));
    }

    #[test]
    fn no_text_panics(text in "(level-rules 1\n)?[a-z0-9 #\n-]{0,80}") {
        let _ = Rules::parse(&text);
    }
}
