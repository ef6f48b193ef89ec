//! Which members can satisfy which policies.

use super::*;

fn check(text: &str, members: &[Profile]) -> Result<(), String> {
    policy(text).satisfiable(members).map_err(|refusal| {
        assert_eq!(refusal.code, Code::BadPolicy);
        refusal.detail
    })
}

fn chain() -> Vec<Profile> {
    vec![
        profile("commission", &["epidemiologist", "member", "manager"], "health"),
        profile("cdc", &["lab", "member", "manager"], "cdc"),
        profile("hospital", &["clinician", "common", "member"], "hospital"),
    ]
}

#[test]
fn a_policy_must_be_satisfiable_whoever_reports() {
    let text = "n_of(2, epidemiologist@sector:health, lab@sector:cdc)";
    let detail = check(text, &chain()).unwrap_err();
    assert!(detail.contains("`commission`"), "its own report could not be accepted: {detail}");
    for (text, holds) in [
        ("author", true),
        ("supervision", false),
        ("voting", true),
        ("voting across 2 sectors", true),
        ("voting across 3 sectors", false),
        ("fraction(1/1, member)", true),
        ("majority(lab)", false),
        ("any(majority(lab), majority(clinician))", true),
        ("majority(manager)", true),
        ("all(manager, any(member@member:hospital, lab))", true),
        ("all(manager, manager)", false),
        ("all(manager, any(manager))", true),
        ("n_of(2, epidemiologist, lab, clinician)", true),
        ("n_of(3, epidemiologist, lab, clinician)", false),
        ("n_of(1, virologist, lab)", false),
        ("n_of(1, lab@sector:health, lab, clinician)", false),
        ("n_of(1, lab@member:hospital, lab, clinician)", false),
        ("n_of(1, lab, clinician) unless veto(supervisor) within 1h", false),
        ("n_of(1, common, lab)", true),
    ] {
        assert_eq!(check(text, &chain()).is_ok(), holds, "{text}: {:?}", check(text, &chain()));
    }
    assert!(check("n_of(1, virologist, lab)", &chain()).unwrap_err().contains("`virologist`"));
    assert_eq!(check("author", &[]), Ok(()));
    assert!(check("voting", &[]).is_err());
}

#[test]
fn a_member_without_an_author_key_judges_nothing_but_is_of_the_electorate() {
    let mut members = chain();
    members.extend(["x", "y"].map(|id| Profile { may_author: false, ..profile(id, &["member", "archive"], "x") }));
    assert_eq!(check("fraction(2/4, member)", &members), Ok(()));
    assert!(check("fraction(3/4, member)", &members).is_err(), "two of the other four cast no ballot");
    assert!(check("any(archive, lab, clinician)", &members).is_err());
}

#[test]
fn a_place_of_a_region_is_for_those_who_report_on_it() {
    let mut members = chain();
    for (member, region) in members.iter_mut().zip(["3201", "3202", "3201"]) {
        member.regions = vec![region.into()];
    }
    assert_eq!(check("all(member@region:3201)", &members), Ok(()));
    assert!(check("all(member@region:3202)", &members).is_err(), "the CDC alone reports on it");
    members[0].regions.clear();
    assert_eq!(check("all(member@region:3202)", &members), Ok(()), "no regions of its own: all of the chain's");
    let regions = ["3201".to_owned()];
    assert_eq!(policy("member@region:3201").within(&regions), Ok(()));
    for text in ["any(member@region:3201, member@region:3299)", "lab unless veto(member@region:3299) within 1h"] {
        assert_eq!(policy(text).within(&regions).map_err(|refusal| refusal.code), Err(Code::BadPolicy), "{text}");
    }
}

#[test]
fn the_roles_everybody_has_are_nobodys_profession() {
    use crate::genesis::NodeRole;
    assert_eq!(roles_of(&["lab".into()], NodeRole::Common), ["lab", "common", "member"]);
    assert_eq!(roles_of(&[], NodeRole::Master), ["master", "member", "manager"]);
    assert!(roles_of(&["lab".into()], NodeRole::Supervisor).iter().all(|role| is_reserved(role) || role == "lab"));
    assert!(!is_reserved("lab"));
}
