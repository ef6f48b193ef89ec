//! Texts and their errors.

use proptest::prelude::*;

use super::*;

fn place(role: &str, scope: Option<Scope>) -> Expr {
    Expr::Place(Place { role: role.into(), scope })
}

#[test]
fn the_text_of_the_design_parses_whatever_its_blanks() {
    let parsed = policy(FULL);
    let of = vec![
        place("epidemiologist", Some(Scope::Sector("health".into()))),
        place("lab", Some(Scope::Sector("cdc".into()))),
        place("clinician", None),
    ];
    assert_eq!(parsed.head, Head::Ballots(Expr::Group(Group { needed: 2, of })));
    assert_eq!((parsed.sectors, parsed.provisional), (None, true));
    let holder = Place { role: "supervisor".into(), scope: None };
    assert_eq!(parsed.veto, Some(Veto { holder, window_ms: 14_400_000 }));
    let tight = "  n_of ( 2 ,epidemiologist@sector:health,lab@sector: cdc,clinician)unless veto( supervisor )within 240m   provisional ";
    assert_eq!(policy(tight), policy(FULL));
    assert_eq!(policy(" author "), policy("broadcast"));
    assert_eq!(parsed.to_string(), FULL);
}

#[test]
fn every_form_is_printed_as_it_is_written() {
    for text in [
        "author",
        "author unless veto(supervisor@region:3201) within 90s provisional",
        "member",
        "voting-clerk@member:cdc",
        "all(lab, any(clinician@sector:health, all(nurse, n_of(2, a, b, c))), majority(manager)) across 2 sectors",
        "fraction(2/3, member@region:cn-js) across 3 sectors unless veto(lab) within 2d",
        "n_of(2, all, any, majority, fraction, author, voting)",
    ] {
        assert_eq!(policy(text).to_string(), text);
    }
    assert_eq!(policy("n_of(1, a)").to_string(), "any(a)");
    assert_eq!(policy("n_of(2, a, b)").to_string(), "all(a, b)");
}

#[test]
fn shipped_policies_stand_for_their_texts_and_take_what_may_follow_them() {
    for (name, text) in shipped::ALL {
        assert_eq!(policy(name), policy(text), "{name}");
    }
    assert_eq!(policy("voting across 2 sectors provisional"), policy("majority(member) across 2 sectors provisional"));
    assert!(policy("supervision provisional").provisional);
    let of_a_sector = place("voting", Some(Scope::Sector("cdc".into())));
    assert_eq!(policy("voting@sector:cdc").head, Head::Ballots(of_a_sector), "a role of that name can still be asked");
}

#[test]
fn an_error_names_the_byte_at_which_it_stands() {
    let (long, many) = (format!("n_of(1, {})", "r".repeat(65)), format!("n_of(1{})", ", a".repeat(65)));
    let deep = format!("{}a{}", "n_of(1, ".repeat(9), ")".repeat(9));
    let spread = format!("all({}, majority(a))", ["any(a, a, a, a)"; 16].join(", "));
    for (text, at) in [
        ("", 0),
        ("Authors", 0),
        ("author provisional", 7),
        ("author across 2 sectors", 7),
        ("broadcast provisional", 10),
        ("supervision unless veto(lab) within 1h", 12),
        ("n_of", 4),
        ("n_of(", 5),
        ("n_of(1)", 5),
        ("n_of()", 5),
        ("all()", 4),
        ("any( )", 5),
        ("majority()", 9),
        ("majority(all(a))", 12),
        ("majority(a, b)", 10),
        ("fraction(a)", 9),
        ("fraction(2/3)", 12),
        ("fraction(0/3, a)", 9),
        ("fraction(3/2, a)", 9),
        ("fraction(1/0, a)", 11),
        ("fraction(1/1001, a)", 11),
        ("fraction(1-3, a)", 9),
        ("none(a)", 0),
        ("n_of(0, a)", 5),
        ("n_of(01, a)", 5),
        ("n_of(x, a)", 5),
        ("n_of(2, a)", 5),
        ("all(a, n_of(3, b, c))", 12),
        ("n_of(99999999999999999999, a)", 5),
        ("n_of(1, a", 9),
        ("n_of(1, a,)", 10),
        ("n_of(1, Lab)", 8),
        ("n_of(1, lab@cdc)", 12),
        ("n_of(1, lab@sector:)", 19),
        ("n_of(1, lab@region:32010)", 19),
        ("lab@district:a", 4),
        ("lab@member:A", 11),
        ("n_of(1, a) or b", 11),
        ("a across 1 sectors", 9),
        ("a across 2", 10),
        ("a across two sectors", 9),
        ("a provisional across 2 sectors", 14),
        ("n_of(1, a) provisional unless veto(b) within 1h", 23),
        ("n_of(1, a) unless veto(b)", 25),
        ("n_of(1, a) unless veto(all(b)) within 1h", 26),
        ("n_of(1, a) unless veto(b) within 4", 33),
        ("n_of(1, a) unless veto(b) within 0h", 33),
        ("n_of(1, a) unless veto(b) within 31d", 33),
        ("n_of(1, a) unless veto(b) within 4w", 33),
        ("n_of(1, é)", 8),
        (long.as_str(), 8),
        (many.as_str(), 200),
        (deep.as_str(), 64),
        (spread.as_str(), 285),
        ("n_of(1, a)\u{0}", 10),
    ] {
        let refusal = Policy::parse(text).expect_err(text);
        assert_eq!(refusal.code, Code::BadPolicy, "{text}");
        assert!(refusal.detail.starts_with(&format!("at byte {at}: ")), "{text}: {refusal}");
    }
    let most = format!("n_of(64{}) unless veto(b) within 1h", ", a".repeat(64));
    assert!(Policy::parse(&most).is_ok(), "64 places and a veto are taken");
    let deepest = format!("{}majority(a){}", "any(".repeat(8), ")".repeat(8));
    assert!(Policy::parse(&deepest).is_ok(), "8 groups inside each other are taken");
    assert!(Policy::parse(&" ".repeat(MAX_POLICY_BYTES + 1)).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn a_policy_is_what_its_own_text_parses_to(policy in brute::any_policy()) {
        prop_assert_eq!(Policy::parse(&policy.to_string()), Ok(policy));
    }

    #[test]
    fn no_text_makes_the_parser_fail_otherwise_than_by_refusing(
        text in prop_oneof!["[ -~é]{0,80}", "((n_of|all|any|majority|fraction)?[(]?[12/]?,? ?[ab]?[)]?){0,12}"],
    ) {
        match Policy::parse(&text) {
            Ok(policy) => prop_assert_eq!(Policy::parse(&policy.to_string()), Ok(policy)),
            Err(refusal) => prop_assert_eq!(refusal.code, Code::BadPolicy),
        }
    }
}
