//! Verdicts by example; `tests/text` is about texts, `tests/members` about who can satisfy a policy, `tests/brute` holds
//! all of it against an evaluator that tries every assignment.

mod brute;
mod members;
mod text;

use super::*;
use crate::refusal::Code;

fn policy(text: &str) -> Policy {
    Policy::parse(text).unwrap_or_else(|refusal| panic!("{text}: {refusal}"))
}

fn ballot(member: &str, roles: &[&str], sector: &str, choice: Choice) -> CastBallot {
    CastBallot {
        member: member.into(),
        roles: roles.iter().map(|r| (*r).to_owned()).collect(),
        sector: sector.into(),
        regions: vec![],
        choice,
    }
}

fn profile(id: &str, roles: &[&str], sector: &str) -> Profile {
    let roles = roles.iter().map(|r| (*r).to_owned()).collect();
    Profile { id: id.into(), roles, sector: sector.into(), regions: vec![], may_author: true }
}

const OPENED: Millis = Millis(1_000_000);
const FULL: &str =
    "n_of(2, epidemiologist@sector:health, lab@sector:cdc, clinician) unless veto(supervisor) within 4h provisional";

/// What these ballots amount to at the opening of a report by `author`, nobody being an elector.
fn judged(text: &str, ballots: &[CastBallot], author: &str) -> Verdict {
    policy(text).evaluate(ballots, &Electors::none(), author, OPENED, OPENED)
}

#[test]
fn distinct_members_of_the_right_roles_accept_and_the_author_never_counts() {
    let judge =
        |ballots: &[CastBallot]| judged("n_of(2, epidemiologist@sector:health, lab@sector:cdc)", ballots, "hospital");
    let epi = |member| ballot(member, &["epidemiologist"], "health", Choice::Endorse);
    let lab = |member| ballot(member, &["lab", "epidemiologist"], "cdc", Choice::Endorse);
    assert_eq!(judge(&[]), Verdict::Open);
    assert_eq!(judge(&[epi("a"), epi("b")]), Verdict::Open, "two of one role leave the other place empty");
    assert_eq!(judge(&[epi("a"), lab("b")]), Verdict::Accepted);
    assert_eq!(judge(&[epi("a"), lab("a")]), Verdict::Open, "one member has one ballot");
    assert_eq!(judge(&[epi("a"), lab("hospital")]), Verdict::Open, "the author's own does not count");
    assert_eq!(judge(&[epi("a"), ballot("b", &["lab"], "cdc", Choice::Ask)]), Verdict::Open);
    assert_eq!(judged("author", &[], "hospital"), Verdict::Accepted);
    let objected = [ballot("a", &["lab"], "cdc", Choice::Object)];
    assert_eq!(judged("author", &objected, "hospital"), Verdict::Accepted, "nobody is asked");
}

#[test]
fn objections_weigh_as_much_and_a_draw_stays_open() {
    let by = |member, choice| ballot(member, &["lab"], "cdc", choice);
    let judge = |ballots: &[CastBallot]| judged("n_of(1, lab, clinician)", ballots, "x");
    assert_eq!(judge(&[by("a", Choice::Object)]), Verdict::Rejected(Reason::Objected));
    assert_eq!(judge(&[by("a", Choice::Object), by("b", Choice::Endorse)]), Verdict::Open);
    assert_eq!(
        judge(&[by("a", Choice::Endorse), by("a", Choice::Object)]),
        Verdict::Accepted,
        "the first ballot counts"
    );
}

#[test]
fn in_one_group_members_differ_and_a_group_inside_it_is_judged_by_itself() {
    let by = |member, roles: &[&str]| ballot(member, roles, "cdc", Choice::Endorse);
    let judge = |text, ballots: &[CastBallot]| judged(text, ballots, "x");
    let both = [by("a", &["lab", "clinician"])];
    assert_eq!(judge("all(lab, clinician)", &both), Verdict::Open, "one member fills one place of a group");
    assert_eq!(judge("all(lab, any(clinician, nurse))", &both), Verdict::Accepted, "and one of another group");
    assert_eq!(judge("n_of(2, lab, lab, any(nurse))", &both), Verdict::Open);
    let two = [by("a", &["lab", "clinician"]), by("b", &["lab"])];
    assert_eq!(judge("all(lab, clinician)", &two), Verdict::Accepted);
    assert_eq!(judge("all(any(lab, nurse), all(lab, clinician))", &two), Verdict::Accepted);
    assert_eq!(judge("all(any(nurse), all(lab, clinician))", &two), Verdict::Open);
    assert_eq!(judge("lab@member:b", &two[..1]), Verdict::Open);
    assert_eq!(judge("lab@member:b", &two), Verdict::Accepted);
}

#[test]
fn acceptance_waits_for_the_veto_and_a_late_veto_is_none() {
    let endorsed =
        [ballot("a", &["clinician"], "hospital", Choice::Endorse), ballot("b", &["lab"], "cdc", Choice::Endorse)];
    let veto = |roles: &[&str]| [endorsed.to_vec(), vec![ballot("s", roles, "health", Choice::Veto)]].concat();
    let end = policy(FULL).window_end(OPENED).unwrap();
    assert_eq!(end, OPENED.plus_ms(14_400_000));
    let just_before = Millis(end.0 - 1);
    let judge = |text, ballots: &[CastBallot], author: &str, now| {
        policy(text).evaluate(ballots, &Electors::none(), author, now, OPENED)
    };
    let vetoed = Verdict::Rejected(Reason::Vetoed);
    assert_eq!(judge(FULL, &endorsed, "x", just_before), Verdict::Open);
    assert_eq!(judge(FULL, &endorsed, "x", end), Verdict::Accepted);
    assert_eq!(judge(FULL, &veto(&["supervisor"]), "x", just_before), vetoed);
    assert_eq!(judge(FULL, &veto(&["supervisor"]), "x", end), Verdict::Accepted);
    assert_eq!(judge(FULL, &veto(&["lab"]), "x", just_before), Verdict::Open, "no holder");
    assert_eq!(judge(FULL, &veto(&["supervisor"]), "s", just_before), Verdict::Open, "the author's own veto");
    for (ballots, now, wanted) in [
        (vec![], just_before, Verdict::Open),
        (vec![], end, Verdict::Accepted),
        (veto(&["supervisor"]), just_before, vetoed),
    ] {
        assert_eq!(judge("supervision", &ballots, "x", now), wanted, "the author's word under a veto");
    }
}

#[test]
fn shares_are_of_the_members_there_when_the_report_was_opened() {
    let members = ["a", "b", "c", "d", "e"].map(|id| profile(id, &["member"], "health"));
    let cast = |who: &str, choice| {
        who.chars().map(|id| ballot(&id.to_string(), &["member"], "health", choice)).collect::<Vec<_>>()
    };
    let judge = |text, endorsing: &str, objecting: &str| {
        let ballots = [cast(endorsing, Choice::Endorse), cast(objecting, Choice::Object)].concat();
        let policy = policy(text);
        policy.evaluate(&ballots, &policy.electorate(&members, "e"), "e", OPENED, OPENED)
    };
    let (open, accepted, rejected) = (Verdict::Open, Verdict::Accepted, Verdict::Rejected(Reason::Objected));
    for (text, endorsing, objecting, wanted) in [
        ("voting", "ab", "", open),
        ("voting", "abc", "d", accepted),
        ("voting", "abe", "", open),
        ("voting", "abz", "", open),
        ("voting", "ab", "cd", open),
        ("voting", "", "abc", rejected),
        ("fraction(1/2, member)", "ab", "cd", accepted),
        ("fraction(1/2, member)", "a", "bcd", rejected),
        ("fraction(3/4, member)", "abc", "", accepted),
        ("fraction(3/4, member)", "ab", "d", open),
        ("fraction(3/4, member)", "ab", "cd", rejected),
        ("fraction(4/4, member)", "abc", "", open),
        ("fraction(4/4, member)", "abc", "d", rejected),
        ("fraction(1/4, lab)", "abcd", "", open),
        ("any(majority(lab), fraction(1/1000, member))", "a", "", accepted),
    ] {
        assert_eq!(judge(text, endorsing, objecting), wanted, "{text}: {endorsing} against {objecting}");
    }
}

#[test]
fn one_sector_alone_neither_carries_nor_buries_what_is_across_two() {
    let text = "n_of(1, lab, clinician) across 2 sectors";
    let by = |member, role: &str, sector, choice| ballot(member, &[role], sector, choice);
    for choice in [Choice::Endorse, Choice::Object] {
        let alone = [by("a", "lab", "cdc", choice), by("b", "lab", "cdc", choice)];
        assert_eq!(judged(text, &alone, "x"), Verdict::Open);
        let unheard = [alone.to_vec(), vec![by("c", "nurse", "health", choice)]].concat();
        assert_eq!(judged(text, &unheard, "x"), Verdict::Open, "a member the policy does not name brings no sector");
        let both = [alone.to_vec(), vec![by("c", "clinician", "health", choice)]].concat();
        assert_ne!(judged(text, &both, "x"), Verdict::Open);
    }
}

#[test]
fn only_those_the_policy_names_are_heard() {
    let electors = Electors { members: vec![Elector { member: "old".into(), leaves: 2 }] };
    let hears = |text, member, role, sector, choice| {
        let ballot = ballot(member, &[role], sector, choice);
        policy(text).hears(&ballot, &electors).map_err(|refusal| refusal.code)
    };
    assert_eq!(hears(FULL, "a", "lab", "cdc", Choice::Object), Ok(()));
    assert_eq!(hears(FULL, "a", "lab", "health", Choice::Object), Err(Code::RoleMissing));
    assert_eq!(hears(FULL, "a", "lab", "cdc", Choice::Veto), Err(Code::RoleMissing));
    assert_eq!(hears(FULL, "a", "supervisor", "any", Choice::Veto), Ok(()));
    assert_eq!(hears("author", "a", "lab", "cdc", Choice::Endorse), Err(Code::RoleMissing));
    let either = "any(lab, majority(clinician))";
    assert_eq!(hears(either, "new", "lab", "cdc", Choice::Ask), Ok(()), "a place is for whoever has the role now");
    assert_eq!(hears(either, "new", "clinician", "cdc", Choice::Endorse), Err(Code::NotElector));
    assert_eq!(hears(either, "old", "nurse", "cdc", Choice::Endorse), Ok(()), "an elector stays one");
    assert_eq!(hears(either, "new", "nurse", "cdc", Choice::Endorse), Err(Code::RoleMissing));
}

#[test]
fn an_electorate_has_one_byte_string_and_names_each_member_once() {
    let members =
        [profile("b", &["lab", "member"], "cdc"), profile("c", &["member"], "cdc"), profile("a", &["lab"], "x")];
    let electors = policy("all(lab, majority(lab@sector:cdc), fraction(2/3, member))").electorate(&members, "z");
    let wanted = [("b", 0b110), ("c", 0b100)].map(|(id, leaves)| Elector { member: id.into(), leaves });
    assert_eq!(electors.members, wanted);
    assert_eq!(crate::codec::decode(&crate::codec::encode(&electors)), Some(electors));
    assert_eq!(policy(FULL).electorate(&members, "z"), Electors::none());
    assert!(policy("voting").has_electorate() && !policy(FULL).has_electorate());
}
