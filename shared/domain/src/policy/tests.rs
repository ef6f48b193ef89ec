//! Texts with their errors, verdicts by example, and the matching against an evaluator that tries every assignment.

use std::collections::BTreeMap;

use proof::sign::PublicKey;
use proptest::prelude::*;

use super::*;
use crate::genesis::{KeyClass, Member, NodeRole};

fn policy(text: &str) -> Policy {
    Policy::parse(text).unwrap_or_else(|refusal| panic!("{text}: {refusal}"))
}

fn ballot(member: &str, roles: &[&str], sector: &str, choice: Choice) -> CastBallot {
    CastBallot {
        member: member.into(),
        roles: roles.iter().map(|r| (*r).to_owned()).collect(),
        sector: sector.into(),
        choice,
    }
}

const OPENED: Millis = Millis(1_000_000);
const FULL: &str =
    "n_of(2, epidemiologist@sector:health, lab@sector:cdc, clinician) unless veto(supervisor) within 4h provisional";

#[test]
fn the_text_of_the_design_parses_whatever_its_blanks() {
    let Policy::Group(group) = policy(FULL) else { panic!("a group") };
    assert_eq!((group.needed, group.places.len(), group.provisional), (2, 3, true));
    assert_eq!(group.places[1], Place { role: "lab".into(), sector: Some("cdc".into()) });
    assert_eq!(
        group.veto,
        Some(Veto { holder: Place { role: "supervisor".into(), sector: None }, window_ms: 14_400_000 })
    );
    let tight = "  n_of ( 2 ,epidemiologist@sector:health,lab@sector: cdc,clinician)unless veto( supervisor )within 240m   provisional ";
    assert_eq!(policy(tight), policy(FULL));
    assert_eq!(policy(" author "), Policy::Author);
}

#[test]
fn an_error_names_the_byte_at_which_it_stands() {
    let (long, many) = (format!("n_of(1, {})", "r".repeat(65)), format!("n_of(1{})", ", a".repeat(65)));
    let deep = format!("{}a{}", "n_of(1, ".repeat(9), ")".repeat(9));
    for (text, at) in [
        ("", 0),
        ("authors", 0),
        ("author provisional", 7),
        ("n_of", 4),
        ("n_of(", 5),
        ("n_of(1)", 5),
        ("n_of(0, a)", 5),
        ("n_of(01, a)", 5),
        ("n_of(x, a)", 5),
        ("n_of(2, a)", 5),
        ("n_of(99999999999999999999, a)", 5),
        ("n_of(1, a", 9),
        ("n_of(1, a,)", 10),
        ("n_of(1, Lab)", 8),
        ("n_of(1, lab@cdc)", 12),
        ("n_of(1, lab@sector:)", 19),
        ("n_of(1, a) or b", 11),
        ("n_of(1, a) provisional unless veto(b) within 1h", 23),
        ("n_of(1, a) unless veto(b)", 25),
        ("n_of(1, a) unless veto(b) within 4", 33),
        ("n_of(1, a) unless veto(b) within 0h", 33),
        ("n_of(1, a) unless veto(b) within 31d", 33),
        ("n_of(1, a) unless veto(b) within 4w", 33),
        ("n_of(1, n_of(1, a))", 8),
        ("n_of(1, é)", 8),
        (long.as_str(), 8),
        (many.as_str(), 199),
        (deep.as_str(), 8),
        ("n_of(1, a)\u{0}", 10),
    ] {
        let refusal = Policy::parse(text).expect_err(text);
        assert_eq!(refusal.code, Code::BadPolicy, "{text}");
        assert!(refusal.detail.starts_with(&format!("at byte {at}: ")), "{text}: {refusal}");
    }
    let most = format!("n_of(64{})", ", a".repeat(64));
    assert!(Policy::parse(&most).is_ok(), "64 places are taken");
    assert!(Policy::parse(&" ".repeat(MAX_POLICY_BYTES + 1)).is_err());
}

#[test]
fn distinct_members_of_the_right_roles_accept_and_the_author_never_counts() {
    let policy = policy("n_of(2, epidemiologist@sector:health, lab@sector:cdc)");
    let judge = |ballots: &[CastBallot]| policy.evaluate(ballots, "hospital", OPENED, OPENED);
    let epi = |member| ballot(member, &["epidemiologist"], "health", Choice::Endorse);
    let lab = |member| ballot(member, &["lab", "epidemiologist"], "cdc", Choice::Endorse);
    assert_eq!(judge(&[]), Verdict::Open);
    assert_eq!(judge(&[epi("a"), epi("b")]), Verdict::Open, "two of one role leave the other place empty");
    assert_eq!(judge(&[epi("a"), lab("b")]), Verdict::Accepted);
    assert_eq!(judge(&[epi("a"), lab("a")]), Verdict::Open, "one member has one ballot");
    assert_eq!(judge(&[epi("a"), lab("hospital")]), Verdict::Open, "the author's own does not count");
    assert_eq!(judge(&[epi("a"), ballot("b", &["lab"], "cdc", Choice::Ask)]), Verdict::Open);
    assert_eq!(Policy::Author.evaluate(&[], "hospital", OPENED, OPENED), Verdict::Accepted);
}

#[test]
fn objections_weigh_as_much_and_a_draw_stays_open() {
    let policy = policy("n_of(1, lab, clinician)");
    let by = |member, choice| ballot(member, &["lab"], "cdc", choice);
    let judge = |ballots: &[CastBallot]| policy.evaluate(ballots, "x", OPENED, OPENED);
    assert_eq!(judge(&[by("a", Choice::Object)]), Verdict::Rejected(Reason::Objected));
    assert_eq!(judge(&[by("a", Choice::Object), by("b", Choice::Endorse)]), Verdict::Open);
    assert_eq!(
        judge(&[by("a", Choice::Endorse), by("a", Choice::Object)]),
        Verdict::Accepted,
        "the first ballot counts"
    );
}

#[test]
fn acceptance_waits_for_the_veto_and_a_late_veto_is_none() {
    let policy = policy(FULL);
    let endorsed =
        [ballot("a", &["clinician"], "hospital", Choice::Endorse), ballot("b", &["lab"], "cdc", Choice::Endorse)];
    let veto = |roles: &[&str]| [endorsed.to_vec(), vec![ballot("s", roles, "health", Choice::Veto)]].concat();
    let end = policy.window_end(OPENED).unwrap();
    assert_eq!(end, OPENED.plus_ms(14_400_000));
    let just_before = Millis(end.0 - 1);
    assert_eq!(policy.evaluate(&endorsed, "x", just_before, OPENED), Verdict::Open);
    assert_eq!(policy.evaluate(&endorsed, "x", end, OPENED), Verdict::Accepted);
    assert_eq!(policy.evaluate(&veto(&["supervisor"]), "x", just_before, OPENED), Verdict::Rejected(Reason::Vetoed));
    assert_eq!(policy.evaluate(&veto(&["supervisor"]), "x", end, OPENED), Verdict::Accepted);
    assert_eq!(policy.evaluate(&veto(&["lab"]), "x", just_before, OPENED), Verdict::Open, "no holder");
    assert_eq!(
        policy.evaluate(&veto(&["supervisor"]), "s", just_before, OPENED),
        Verdict::Open,
        "the author's own veto"
    );
}

#[test]
fn only_those_the_policy_names_are_heard() {
    let roles = |list: &[&str]| list.iter().map(|role| (*role).to_owned()).collect::<Vec<_>>();
    let hears =
        |role, sector, choice| policy(FULL).hears(&roles(&[role]), sector, choice).map_err(|refusal| refusal.code);
    assert_eq!(hears("lab", "cdc", Choice::Object), Ok(()));
    assert_eq!(hears("lab", "health", Choice::Object), Err(Code::RoleMissing));
    assert_eq!(hears("lab", "cdc", Choice::Veto), Err(Code::RoleMissing));
    assert_eq!(hears("supervisor", "any", Choice::Veto), Ok(()));
    assert!(Policy::Author.hears(&roles(&["lab"]), "cdc", Choice::Endorse).is_err());
}

fn member(id: &str, roles: &[&str], sector: &str, may_report: bool) -> Member {
    let keys = may_report.then(|| (KeyClass::Author, vec![PublicKey([1; 32])]));
    Member {
        id: id.into(),
        name: id.into(),
        node_role: NodeRole::Common,
        roles: roles.iter().map(|r| (*r).to_owned()).collect(),
        sector: sector.into(),
        regions: vec![],
        cosigner: false,
        keys: keys.into_iter().collect::<BTreeMap<_, _>>(),
    }
}

#[test]
fn a_policy_must_be_satisfiable_whoever_reports() {
    let text = "n_of(2, epidemiologist@sector:health, lab@sector:cdc)";
    let check = |text: &str, members: &[Member]| policy(text).satisfiable(members).map_err(|refusal| refusal.code);
    let mut members = vec![
        member("commission", &["epidemiologist"], "health", true),
        member("cdc", &["lab"], "cdc", true),
        member("hospital", &["clinician"], "hospital", true),
    ];
    assert_eq!(check(text, &members), Err(Code::BadPolicy), "a report by the commission could not be accepted");
    assert_eq!(check("n_of(2, epidemiologist, lab, clinician)", &members), Ok(()));
    assert_eq!(check("n_of(3, epidemiologist, lab, clinician)", &members), Err(Code::BadPolicy));
    assert_eq!(check("n_of(1, virologist, lab)", &members), Err(Code::BadPolicy), "an unknown role");
    assert_eq!(check("n_of(1, lab@sector:health, lab, clinician)", &members), Err(Code::BadPolicy), "a dead place");
    assert_eq!(check("n_of(1, lab, clinician) unless veto(supervisor) within 1h", &members), Err(Code::BadPolicy));
    assert_eq!(check("n_of(1, common)", &members), Ok(()), "a node role is a role");
    for silent in &mut members[..2] {
        silent.keys.clear();
    }
    assert_eq!(check(text, &members), Ok(()), "the two that are needed report nothing themselves");
    assert_eq!(check("author", &[]), Ok(()));
}

/// Tries, for every place in turn, to leave it empty or to give it to every member not used yet.
fn brute_force(places: &[Place], needed: usize, free: &[(Vec<String>, String)]) -> bool {
    let Some((place, rest)) = places.split_first() else { return needed == 0 };
    let given = (0..free.len()).filter(|at| free[*at].0.contains(&place.role)).any(|at| {
        let right_sector = place.sector.is_none() || place.sector.as_ref() == Some(&free[at].1);
        let mut left = free.to_vec();
        left.remove(at);
        right_sector && needed > 0 && brute_force(rest, needed - 1, &left)
    });
    needed == 0 || given || brute_force(rest, needed, free)
}

fn role() -> impl Strategy<Value = String> {
    "[abc]"
}

fn place() -> impl Strategy<Value = Place> {
    (role(), proptest::option::of("[xy]")).prop_map(|(role, sector)| Place { role, sector })
}

fn cast() -> impl Strategy<Value = CastBallot> {
    let choice = prop_oneof![3 => Just(Choice::Endorse), 2 => Just(Choice::Object), 1 => Just(Choice::Ask), 1 => Just(Choice::Veto)];
    ("[m-s]", proptest::collection::vec(role(), 0..3), "[xy]", choice)
        .prop_map(|(member, roles, sector, choice)| CastBallot { member, roles, sector, choice })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn the_verdict_is_the_one_of_trying_every_assignment(
        places in proptest::collection::vec(place(), 1..6),
        needed in 1usize..6,
        veto in proptest::option::of(place()),
        ballots in proptest::collection::vec(cast(), 0..8),
        late in any::<bool>(),
    ) {
        let group = Group {
            needed: needed.min(places.len()),
            places,
            veto: veto.map(|holder| Veto { holder, window_ms: 1000 }),
            provisional: false,
        };
        let now = OPENED.plus_ms(if late { 1000 } else { 999 });
        let mut first = BTreeMap::new();
        for ballot in ballots.iter().filter(|ballot| ballot.member != "m") {
            first.entry(ballot.member.clone()).or_insert(ballot);
        }
        let fills = |choice| {
            let side = first.values().filter(|ballot| ballot.choice == choice);
            let side = side.map(|ballot| (ballot.roles.clone(), ballot.sector.clone())).collect::<Vec<_>>();
            brute_force(&group.places, group.needed, &side)
        };
        let pending = group.veto.is_some() && !late;
        let stopped = pending && first.values().any(|ballot| {
            let holder = &group.veto.as_ref().unwrap().holder;
            ballot.choice == Choice::Veto
                && ballot.roles.contains(&holder.role)
                && holder.sector.as_ref().is_none_or(|sector| *sector == ballot.sector)
        });
        let wanted = match (stopped, fills(Choice::Endorse), fills(Choice::Object)) {
            (true, _, _) => Verdict::Rejected(Reason::Vetoed),
            (_, false, true) => Verdict::Rejected(Reason::Objected),
            (_, true, false) if !pending => Verdict::Accepted,
            _ => Verdict::Open,
        };
        prop_assert_eq!(Policy::Group(group).evaluate(&ballots, "m", now, OPENED), wanted);
    }

    #[test]
    fn satisfiable_means_that_the_endorsements_of_all_others_would_accept(
        places in proptest::collection::vec(place(), 1..5),
        needed in 1usize..5,
        people in proptest::collection::vec((proptest::collection::vec(role(), 0..3), "[xy]", any::<bool>()), 1..6),
    ) {
        let group = Group { needed: needed.min(places.len()), places, veto: None, provisional: false };
        let members = people.iter().enumerate().map(|(at, (roles, sector, reports))| {
            let roles = roles.iter().map(String::as_str).collect::<Vec<_>>();
            member(&format!("m{at}"), &roles, sector, *reports)
        }).collect::<Vec<_>>();
        let without = |author: Option<usize>| {
            let others = members.iter().enumerate().filter(|(at, _)| Some(*at) != author);
            let others = others.map(|(_, member)| (roles_of(&member.roles, member.node_role), member.sector.clone())).collect::<Vec<_>>();
            brute_force(&group.places, group.needed, &others)
        };
        let live = group.places.iter().all(|place| members.iter().any(|m| place.admits(&roles_of(&m.roles, m.node_role), &m.sector)));
        let authors = (0..members.len()).filter(|at| !members[*at].keys.is_empty());
        let wanted = live && without(None) && authors.map(Some).all(without);
        prop_assert_eq!(Policy::Group(group).satisfiable(&members).is_ok(), wanted);
    }

    #[test]
    fn no_text_makes_the_parser_fail_otherwise_than_by_refusing(text in "[ -~é]{0,80}") {
        if let Err(refusal) = Policy::parse(&text) {
            prop_assert_eq!(refusal.code, Code::BadPolicy);
        }
    }
}
