//! Admission, expulsion and roles.

use super::*;
use crate::codec::encode;
use crate::event::Phase;
use crate::genesis::bounds::MAX_MEMBERS;
use crate::genesis::state::member_record;
use crate::record::PhaseRecord;
use crate::state::{Writes, read};

#[test]
fn a_member_joins_with_its_keys_and_takes_part_from_the_next_height_on() {
    let mut chain = Stage::new(&[("case_report", "majority(member)")]);
    let author = key("school", KeyClass::Author);
    let early = signed_by(&mut chain, author);
    assert_eq!(chain.code_of(&early), Some(Code::BadSignature));
    pass(&mut chain, vec![admit(newcomer("school", NodeRole::Common, false))]);
    let school = query::member(&chain.state, "school").unwrap().unwrap();
    assert!(school.active && !school.cosigner);
    assert_eq!(key_record(&chain, KeyClass::Author, &author).since, chain.height);
    let report = signed_by(&mut chain, author);
    assert_eq!(chain.code_of(&report), None);
    assert_eq!(chain.record(&report.id).member, "school");
    // It belongs to the electorate of what is opened from now on.
    let open = query::subject(&chain.state, &report.id).unwrap().unwrap();
    assert_eq!(open.member, "school");
    let other = chain.say("hospital", case());
    let ballot = chain.event_with("hospital", vote(other, Choice::Endorse), |event| event.author = author);
    assert_eq!(chain.code_of(&ballot), None);
}

#[test]
fn a_manager_that_joins_endorses_and_a_cosigner_enters_the_next_set() {
    let mut chain = Stage::new(&[]);
    pass(&mut chain, vec![admit(newcomer("district", NodeRole::Management, true))]);
    let endorser = key("district", KeyClass::Endorser);
    let event = chain.event("hospital", case());
    let bundle = crate::execute::BundleInput::Bundle {
        endorser,
        lane: crate::chain::Lane::Normal,
        number: 1,
        events: vec![Ok(event.clone())],
    };
    chain.block(vec![bundle]);
    assert_eq!(chain.record(&event.id).code, 0);
    let (epoch, set) = query::cosigners_at_size(&chain.state, &chain.genesis.chain, chain.size() + 1).unwrap();
    assert_eq!((epoch, set.len(), set[4].key), (1, 5, key("district", KeyClass::Cosigner)));
}

#[test]
fn a_member_that_is_not_whole_or_comes_twice_is_not_admitted() {
    let mut chain = Stage::new(&[]);
    let bad = |change: &dyn Fn(&mut Member)| {
        let mut member = newcomer("school", NodeRole::Management, true);
        change(&mut member);
        admit(member)
    };
    let health = chain.secret("health", KeyClass::Sealer).public();
    let unfit: [&dyn Fn(&mut Member); 12] = [
        &|member| member.id = "hospital".into(),
        &|member| member.id = "The School".into(),
        &|member| member.name = String::new(),
        &|member| member.sector = "no sector".into(),
        &|member| member.roles = vec!["manager".into()],
        &|member| member.roles = vec!["lab".into(), "lab".into()],
        &|member| member.regions = vec!["4401".into()],
        &|member| member.keys.clear(),
        &|member| drop(member.keys.remove(&KeyClass::Endorser)),
        &|member| member.cosigner = false,
        // A key that stands here in another class, or with somebody else.
        &|member| drop(member.keys.insert(KeyClass::Author, vec![health])),
        &|member| drop(member.keys.insert(KeyClass::Author, vec![PublicKey([0; 32])])),
    ];
    for (at, change) in unfit.into_iter().enumerate() {
        assert_eq!(refused(&mut chain, bad(change)), Some(Code::BadAction), "case {at}");
    }
    let same_key = |member: &mut Member| {
        member.id = "college".into();
    };
    let twice = chain.code("hospital", proposal(vec![bad(&|_| ()), bad(&same_key)]));
    assert_eq!(twice, Some(Code::BadAction), "two members with one key");
    assert_eq!(refused(&mut chain, bad(&|_| ())), None);
}

#[test]
fn a_chain_that_is_full_admits_nobody() {
    let mut chain = Stage::new(&[]);
    let mut writes = Writes::new();
    for number in 0..MAX_MEMBERS {
        let record = member_record(&newcomer(&format!("m-{number}"), NodeRole::Common, false));
        writes.insert(keys::member(&record.id), Some(encode(&record)));
    }
    chain.state.apply(&writes);
    let one_more = admit(newcomer("school", NodeRole::Common, false));
    assert_eq!(refused(&mut chain, one_more), Some(Code::BadAction));
}

#[test]
fn a_member_that_is_expelled_loses_its_keys_its_place_and_its_name() {
    let mut chain = Stage::new(&[]);
    pass(&mut chain, vec![admit(newcomer("school", NodeRole::Management, true))]);
    pass(&mut chain, vec![Action::SetPhase { phase: Phase::Response, dominant: Some("school".into()) }]);
    let author = key("school", KeyClass::Author);
    let (report, late) = (signed_by(&mut chain, author), signed_by(&mut chain, author));
    assert_eq!(chain.code_of(&report), None);
    pass(&mut chain, vec![Action::Expel { member: "school".into() }]);
    assert_eq!(chain.code_of(&late), Some(Code::KeyInactive));
    let member = query::member(&chain.state, "school").unwrap().unwrap();
    assert!(!member.active && !member.cosigner);
    for class in [KeyClass::Author, KeyClass::Relay, KeyClass::Cosigner, KeyClass::Sealer] {
        assert!(key_record(&chain, class, &key("school", class)).until.is_some(), "{}", class.name());
    }
    let phase = read::<PhaseRecord>(&chain.state, &keys::phase()).unwrap().unwrap();
    assert_eq!((phase.phase, phase.dominant), (Phase::Response, None));
    chain.later(1000);
    let (_, set) = query::cosigners_at_size(&chain.state, &chain.genesis.chain, chain.size() + 1).unwrap();
    assert_eq!(set.len(), 4);
    // What it reported stands, and its name and keys are not used again.
    assert_eq!(chain.outcome(&report.id), Outcome::Accepted);
    assert_eq!(refused(&mut chain, admit(newcomer("school", NodeRole::Common, false))), Some(Code::BadAction));
    let mut renamed = newcomer("school", NodeRole::Common, false);
    renamed.id = "college".into();
    assert_eq!(refused(&mut chain, admit(renamed)), Some(Code::BadAction));
}

#[test]
fn nobody_leaves_who_is_not_there_or_whom_the_chain_cannot_do_without() {
    let mut chain = Stage::new(&[]);
    assert_eq!(refused(&mut chain, Action::Expel { member: "nobody".into() }), Some(Code::BadAction));
    let demote = |member: &str| Action::SetRoles { member: member.into(), node_role: NodeRole::Common, roles: vec![] };
    pass(&mut chain, vec![demote("cdc")]);
    assert_eq!(refused(&mut chain, demote("health")), Some(Code::UnsafeMembership), "the last manager");
    // A manager without keys admits nothing.
    let promote = Action::SetRoles { member: "airport".into(), node_role: NodeRole::Management, roles: vec![] };
    let swap = chain.code("hospital", proposal(vec![promote, demote("health")]));
    assert_eq!(swap, Some(Code::UnsafeMembership));
}

#[test]
fn roles_are_those_of_professions_and_of_members_that_take_part() {
    let mut chain = Stage::new(&[]);
    let set = |member: &str, roles: &[&str]| Action::SetRoles {
        member: member.into(),
        node_role: NodeRole::Common,
        roles: roles.iter().map(|role| (*role).to_owned()).collect(),
    };
    for (member, roles) in [("nobody", &["lab"][..]), ("airport", &["supervisor"]), ("airport", &["No Role"])] {
        assert_eq!(refused(&mut chain, set(member, roles)), Some(Code::BadAction));
    }
    pass(&mut chain, vec![set("airport", &["lab", "border"])]);
    assert_eq!(query::member(&chain.state, "airport").unwrap().unwrap().roles, ["lab", "border"]);
}
