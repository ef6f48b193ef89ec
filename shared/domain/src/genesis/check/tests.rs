//! A genesis that holds, and one change for every refusal.

use std::collections::BTreeMap;

use proof::digest::Digest;

use super::*;
use crate::chain::ChainPath;
use crate::genesis::{Duty, NodeRole};
use crate::genesis::{SILENT_AFTER_MS, URGENT_PER_DAY};
use crate::keys;
use crate::record::{KeyRecord, MemberRecord};
use crate::rising::ChildRecord;
use crate::state::{MemoryState, View as _, read};
use crate::time::DAY_MS;
use crate::time::Millis;

fn key(n: u8) -> PublicKey {
    PublicKey([n; 32])
}

fn member(n: u8, id: &str, node_role: NodeRole, role: &str, sector: &str) -> Member {
    let class = |class: KeyClass| (class, vec![key(n * 10 + class as u8)]);
    let mut keys = BTreeMap::from([class(KeyClass::Author), class(KeyClass::Cosigner), class(KeyClass::Client)]);
    if node_role.manages() {
        keys.extend([class(KeyClass::Endorser), class(KeyClass::Sealer)]);
    }
    let (id, name) = (id.to_owned(), id.to_uppercase());
    Member {
        id,
        name,
        node_role,
        roles: vec![role.into()],
        sector: sector.into(),
        regions: vec![],
        cosigner: true,
        keys,
    }
}

fn child(n: u8, path: &str) -> Child {
    Child {
        chain: ChainPath::parse(path).unwrap(),
        chain_id: Digest::of(path.as_bytes()),
        cosigners: (0..4).map(|i| (format!("member-{i}"), key(n + i))).collect(),
        relays: vec![key(n + 4)],
        authors: vec![("member-0".into(), key(n + 5))],
        silent_after_ms: SILENT_AFTER_MS,
    }
}

fn genesis() -> Genesis {
    let rule = "n_of(2, epidemiologist, lab, clinician, inspector) unless veto(supervisor) within 4h provisional";
    Genesis {
        file: Vec::new(),
        chain_id: Digest::of(b"genesis"),
        chain: ChainPath::parse("cn.32").unwrap(),
        name: "Jiangsu".into(),
        regions: vec!["320000".into(), "320100".into()],
        genesis_time: Millis(1_600_000_000_000),
        rules_version: RULES_VERSION,
        allow_fewer_cosigners: false,
        members: vec![
            member(1, "commission", NodeRole::Master, "epidemiologist", "health"),
            member(2, "cdc", NodeRole::Management, "lab", "cdc"),
            member(3, "hospital", NodeRole::Common, "clinician", "hospital"),
            member(4, "regulator", NodeRole::Supervisor, "inspector", "regulator"),
        ],
        policies: BTreeMap::from([
            ("suspected_cluster".into(), PolicyText { rule: rule.into(), deadline_ms: DAY_MS }),
            ("warning".into(), PolicyText { rule: "author".into(), deadline_ms: 0 }),
        ]),
        children: vec![child(100, "cn.32.01"), child(110, "cn.32.10")],
        parent: Vec::new(),
        urgent_per_day: URGENT_PER_DAY,
        duties: Vec::new(),
    }
}

fn refused(change: impl Fn(&mut Genesis)) -> (&'static str, String) {
    let mut changed = genesis();
    change(&mut changed);
    let refusal = changed.check().expect_err("the change must be refused");
    assert_eq!(refusal.code, Code::Config, "{refusal}");
    (refusal.field, refusal.detail)
}

fn field(change: impl Fn(&mut Genesis)) -> &'static str {
    refused(change).0
}

#[test]
fn a_sound_genesis_holds_and_names_its_cosigners() {
    let genesis = genesis();
    assert_eq!(genesis.check(), Ok(()));
    let names = genesis.cosigners().into_iter().map(|cosigner| cosigner.name).collect::<Vec<_>>();
    assert_eq!(names, ["commission.cn.32", "cdc.cn.32", "hospital.cn.32", "regulator.cn.32"]);
    assert_eq!(genesis.quorum(), 3);
    assert_eq!(genesis.managers().iter().map(|member| member.id.as_str()).collect::<Vec<_>>(), ["commission", "cdc"]);
    assert_eq!(genesis.children[0].cosigners()[1].name, "member-1.cn.32.01");
    assert_eq!([1, 2, 3, 4, 5, 6, 7, 10, 16].map(super::super::quorum), [1, 2, 3, 3, 4, 5, 5, 7, 11]);
}

#[test]
fn the_chain_itself_is_checked() {
    assert_eq!(field(|g| g.name = " ".into()), "name");
    assert_eq!(field(|g| g.rules_version = RULES_VERSION + 1), "rules_version");
    assert_eq!(field(|g| g.regions.clear()), "regions");
    assert_eq!(field(|g| g.regions.push("Nanjing".into())), "regions");
    assert_eq!(field(|g| g.regions.push("320100".into())), "regions");
    assert_eq!(field(|g| g.regions.extend((0..MAX_REGIONS).map(|n| format!("{n:06}")))), "regions");
}

#[test]
fn duties_are_checked() {
    let duty =
        |member: &str, disease: &str, grace_hours| Duty { member: member.into(), disease: disease.into(), grace_hours };
    let with = |duties: Vec<Duty>| Genesis { duties, ..genesis() };
    assert_eq!(with(vec![duty("cdc", "U07.1", 0), duty("cdc", "A00", 7 * 24)]).check(), Ok(()));
    assert_eq!(field(|g| g.duties.push(duty("nobody", "U07.1", 6))), "duties.member");
    let mute = |g: &mut Genesis| {
        g.policies.clear();
        g.members[2].keys.remove(&KeyClass::Author);
        g.duties.push(duty("hospital", "U07.1", 6));
    };
    assert!(field(mute) == "duties.member", "who can't sign a report can't owe one");
    assert_eq!(field(|g| g.duties.push(duty("cdc", "flu", 6))), "duties.disease");
    assert_eq!(field(|g| g.duties.push(duty("cdc", "U07.1", 7 * 24 + 1))), "duties.grace_hours");
    assert_eq!(field(|g| g.duties.extend([duty("cdc", "U07.1", 6), duty("cdc", "U07.1", 7)])), "duties");
    let many = (0..=MAX_DUTIES).map(|n| duty("cdc", &format!("A00.{n}"), 6));
    assert_eq!(field(|g| g.duties.extend(many.clone())), "duties");
}

#[test]
fn members_are_checked() {
    assert_eq!(field(|g| g.members[1].id = "commission".into()), "members.id");
    assert_eq!(field(|g| g.members[1].id = "The CDC".into()), "members.id");
    assert_eq!(field(|g| g.members[1].name = String::new()), "members.name");
    assert_eq!(field(|g| g.members[1].sector = "C D C".into()), "members.sector");
    assert_eq!(field(|g| g.members[1].roles.push("Lab".into())), "members.roles");
    assert_eq!(field(|g| g.members[1].roles.push("lab".into())), "members.roles");
    assert_eq!(field(|g| g.members[1].roles.push("supervisor".into())), "members.roles");
    assert_eq!(field(|g| g.members[1].regions = vec!["110000".into()]), "members.regions");
    assert_eq!(field(|g| g.members[1].regions = vec!["320100".into(); 2]), "members.regions");
    assert_eq!(field(|g| g.members.extend(vec![g.members[0].clone(); MAX_MEMBERS])), "members");
}

#[test]
fn a_key_has_one_class_and_one_member() {
    let (_, detail) = refused(|g| g.members[1].keys.insert(KeyClass::Author, vec![key(11)]).map(drop).unwrap());
    assert!(detail.contains("`cdc`") && detail.contains("`commission`"), "{detail}");
    assert_eq!(field(|g| drop(g.members[1].keys.insert(KeyClass::Root, vec![key(21)]))), "keys");
    assert_eq!(field(|g| drop(g.members[1].keys.insert(KeyClass::Author, vec![key(7), key(7)]))), "keys");
    assert_eq!(field(|g| drop(g.members[1].keys.insert(KeyClass::Author, vec![key(0)]))), "keys");
}

#[test]
fn keys_go_with_what_a_member_does() {
    let without = |class| move |g: &mut Genesis| drop(g.members[1].keys.remove(&class));
    let given = |class| move |g: &mut Genesis| drop(g.members[2].keys.insert(class, vec![key(77)]));
    for class in [KeyClass::Endorser, KeyClass::Sealer] {
        assert_eq!(field(without(class)), "members.keys");
        assert_eq!(field(given(class)), "members.keys");
    }
    assert_eq!(field(without(KeyClass::Cosigner)), "members.keys");
    assert_eq!(field(|g| drop(g.members[1].keys.insert(KeyClass::Cosigner, vec![key(7), key(8)]))), "members.keys");
    assert_eq!(field(|g| g.members[2].cosigner = false), "members.keys");
    assert_eq!(field(|g| drop(g.members[2].keys.insert(KeyClass::Author, (1..10).map(key).collect()))), "members.keys");
    let keyless = |g: &mut Genesis| (g.members[2].cosigner, g.members[2].keys) = (false, BTreeMap::new());
    assert_eq!(field(keyless), "members.keys");
}

fn drop_cosigner(genesis: &mut Genesis, member: usize) {
    genesis.members[member].cosigner = false;
    genesis.members[member].keys.remove(&KeyClass::Cosigner);
}

#[test]
fn fewer_than_four_cosigners_need_to_be_asked_for() {
    assert_eq!(field(|g| drop_cosigner(g, 3)), "allow_fewer_cosigners");
    let mut asked = genesis();
    asked.allow_fewer_cosigners = true;
    drop_cosigner(&mut asked, 3);
    assert_eq!((asked.check(), asked.quorum()), (Ok(()), 3));
    assert_eq!(field(|g| (0..4).for_each(|member| drop_cosigner(g, member))), "cosigner");
    let many = |g: &mut Genesis| {
        for n in 0..13 {
            let mut member = member(5, &format!("m{n}"), NodeRole::Common, "clinician", "hospital");
            member.keys = BTreeMap::from([(KeyClass::Cosigner, vec![key(200 + n)])]);
            g.members.push(member);
        }
    };
    assert_eq!(field(many), "cosigner");
}

#[test]
fn somebody_must_manage() {
    let none = |g: &mut Genesis| {
        for member in &mut g.members {
            member.node_role = NodeRole::Common;
            member.keys.retain(|class, _| !matches!(class, KeyClass::Endorser | KeyClass::Sealer));
        }
    };
    assert_eq!(field(none), "node_role");
}

#[test]
fn policies_must_parse_and_be_satisfiable_in_time() {
    let set = |class: &'static str, rule: &'static str, deadline_ms| {
        move |g: &mut Genesis| drop(g.policies.insert(class.into(), PolicyText { rule: rule.into(), deadline_ms }))
    };
    let (at, detail) = refused(set("case_report", "n_of(1 lab)", 0));
    assert!(at == "policies" && detail.contains("`case_report`") && detail.contains("at byte 7"), "{detail}");
    let (_, detail) = refused(set("case_report", "n_of(1, lab)", 0));
    assert!(detail.contains("`cdc`"), "the only laboratory could not report: {detail}");
    assert_eq!(field(set("case_report", "n_of(1, virologist, lab)", 0)), "policies");
    let (_, detail) = refused(set("case_report", "any(member@region:320100, member@region:330100)", 0));
    assert!(detail.contains("`330100`"), "{detail}");
    assert_eq!(field(set("weather", "author", 0)), "policies");
    assert_eq!(field(set("ballot", "author", 0)), "policies");
    assert_eq!(field(set("warning", "author", MAX_DEADLINE_MS + 1)), "policies");
    let vetoed = "n_of(1, lab, clinician) unless veto(supervisor) within 1h";
    assert_eq!(field(set("case_report", vetoed, 3_600_000)), "policies");
    let mut later = genesis();
    set("case_report", vetoed, 3_600_001)(&mut later);
    assert_eq!(later.check(), Ok(()));
}

#[test]
fn children_are_checked() {
    let moved = |path: &'static str| move |g: &mut Genesis| g.children[1].chain = ChainPath::parse(path).unwrap();
    for path in ["cn", "cn.32", "cn.33.01", "cn.32.10.01"] {
        assert_eq!(field(moved(path)), "children.chain", "{path}");
    }
    assert_eq!(field(moved("cn.32.01")), "children.chain");
    assert_eq!(field(|g| g.children[1].chain_id = g.children[0].chain_id), "children.chain_id");
    assert_eq!(field(|g| g.children[1].chain_id = g.chain_id), "children.chain_id");
    assert_eq!(field(|g| g.children[1].cosigners.clear()), "children");
    assert_eq!(field(|g| g.children[1].cosigners[1].0 = "member-0".into()), "children");
    assert_eq!(field(|g| g.children[1].cosigners[1].1 = key(110)), "children");
    assert_eq!(field(|g| g.children[1].relays.clear()), "children");
    assert_eq!(field(|g| g.children[1].relays = vec![key(110)]), "children");
    assert_eq!(field(|g| g.children[1].relays = vec![key(0)]), "children");
    assert_eq!(field(|g| g.children[1].authors[0].0 = "A".into()), "children");
    assert_eq!(field(|g| g.children[1].authors[0].1 = key(14)), "children", "a cosigner key of this chain");
    assert_eq!(field(|g| g.children[1].authors[0].1 = key(11)), "children", "another member's author key");
    let mut shared = genesis();
    shared.children[1].authors[0] = ("commission".into(), key(11));
    assert_eq!(shared.check(), Ok(()), "one organisation on both chains");
}

#[test]
fn the_state_at_height_zero_holds_what_the_file_says() {
    let genesis = genesis();
    let mut state = MemoryState::default();
    state.apply(&genesis.writes());
    let member = read::<MemberRecord>(&state, &keys::member("regulator")).unwrap().unwrap();
    assert!(member.active && member.node_role == NodeRole::Supervisor && member.roles == ["inspector"]);
    let author = read::<KeyRecord>(&state, &keys::key(KeyClass::Author, &key(11))).unwrap().unwrap();
    assert!(author.member == "commission" && author.active_at(1));
    assert_eq!(read::<KeyRecord>(&state, &keys::key(KeyClass::Cosigner, &key(11))), Ok(None));
    let child = read::<ChildRecord>(&state, &keys::child(&genesis.children[0].chain)).unwrap().unwrap();
    assert_eq!((child.size, child.relays.as_slice(), child.anchor), (0, [key(104)].as_slice(), None));
    assert!(state.get(&keys::policy("suspected_cluster")).unwrap().is_some());
    let keys = genesis.members.iter().flat_map(|member| member.keys.values()).map(Vec::len).sum::<usize>();
    assert_eq!(state.len(), 4 + 4 + keys + 2 + 2 + 2, "chain, sets, roster, members, keys, policies, children, dues");
}
