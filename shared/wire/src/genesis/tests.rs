use std::collections::BTreeMap;

use domain::time::Millis;

use super::*;
use crate::golden;

fn key(number: u8) -> PublicKey {
    PublicKey([number; 32])
}

fn member(number: u8, id: &str, node_role: NodeRole, roles: &[&str], sector: &str) -> Member {
    let classes: &[KeyClass] = if node_role.manages() {
        &[KeyClass::Author, KeyClass::Endorser, KeyClass::Sealer, KeyClass::Cosigner, KeyClass::Client]
    } else {
        &[KeyClass::Author, KeyClass::Cosigner]
    };
    Member {
        id: id.into(),
        name: format!("Member \"{id}\" № {number}"),
        node_role,
        roles: roles.iter().map(|role| (*role).to_owned()).collect(),
        sector: sector.into(),
        regions: Vec::new(),
        cosigner: true,
        keys: classes.iter().map(|class| (*class, vec![key(number * 10 + *class as u8)])).collect(),
    }
}

fn genesis() -> Genesis {
    let policy = |rule: &str, deadline_ms| PolicyText { rule: rule.into(), deadline_ms };
    Genesis {
        file: Vec::new(),
        chain_id: Digest([0; 32]),
        chain: ChainPath::parse("cn.32").unwrap(),
        name: "Jiangsu".into(),
        regions: vec!["320000".into(), "320100".into()],
        genesis_time: Millis(1_625_097_600_000),
        rules_version: 2,
        allow_fewer_cosigners: false,
        members: vec![
            member(1, "commission", NodeRole::Master, &["epidemiologist"], "health"),
            member(2, "cdc", NodeRole::Management, &["epidemiologist", "lab"], "cdc"),
            member(3, "hospital", NodeRole::Common, &["clinician"], "health"),
            Member { regions: vec!["320100".into()], ..member(4, "airport", NodeRole::Common, &[], "transport") },
        ],
        policies: BTreeMap::from([
            ("daily_aggregate".into(), policy("author", 0)),
            ("case_report".into(), policy("n_of(1, epidemiologist)", 90_000)),
        ]),
        children: vec![Child {
            chain: ChainPath::parse("cn.32.01").unwrap(),
            chain_id: Digest([9; 32]),
            cosigners: vec![("nanjing-cdc".into(), key(101)), ("gulou".into(), key(102))],
            relays: vec![key(103)],
            authors: vec![("nanjing-cdc".into(), key(104))],
            silent_after_ms: 7_200_000,
        }],
        parent: vec![("ministry".into(), key(105))],
        urgent_per_day: 200,
        duties: vec![Duty { member: "hospital".into(), disease: "U07.1".into(), grace_hours: 12 }],
    }
}

#[test]
fn a_rendered_genesis_parses_to_itself_and_has_its_golden_text() {
    let text = render(&genesis());
    golden::check("genesis.toml", text.trim_end());
    let parsed = parse(text.as_bytes()).unwrap();
    assert_eq!(parsed, Genesis { file: text.clone().into_bytes(), chain_id: Digest::of(text.as_bytes()), ..genesis() });
    let alone = Genesis { allow_fewer_cosigners: true, children: Vec::new(), ..genesis() };
    assert!(parse(render(&alone).as_bytes()).is_ok_and(|parsed| parsed.allow_fewer_cosigners));
}

#[test]
fn the_example_of_the_documentation_has_the_shape() {
    let example = include_str!("../genesis.rs")
        .lines()
        .skip_while(|line| !line.contains("```toml"))
        .skip(1)
        .take_while(|line| !line.contains("```"))
        .map(|line| line.trim_start_matches("//!").trim_start())
        .collect::<Vec<_>>()
        .join("\n")
        .replace("author = [\"<64", "author = [\"<63")
        .replace("<63 hex digits>", &key(1).to_string())
        .replace("<64 hex digits>", &key(2).to_string());
    // One member is no chain, but everything before the members' count is as it should be.
    let refused = parse(example.as_bytes()).unwrap_err();
    assert!(["members.keys", "allow_fewer_cosigners"].contains(&refused.field), "{refused}");
}

/// The field and the detail with which a changed file is refused.
fn refused(from: &str, to: &str) -> (&'static str, String) {
    let text = render(&genesis());
    assert!(text.contains(from), "{from}");
    let refusal = parse(text.replacen(from, to, 1).as_bytes()).unwrap_err();
    assert_eq!(refusal.code, Code::Config, "{refusal}");
    (refusal.field, refusal.detail)
}

#[test]
fn a_refusal_names_the_field_and_its_place() {
    for (from, to, field, place) in [
        ("name = \"Jiangsu\"", "nme = \"Jiangsu\"", "name", "name: missing"),
        ("name = \"Jiangsu\"", "name = \"J\"\nmotto = \"x\"", "genesis", "motto: unknown field"),
        ("name = \"Jiangsu\"", "name = \"J\"\nname = \"K\"", "genesis", "line 3, name"),
        ("name = \"Jiangsu\"", "name = 7", "name", "name: must be a text"),
        ("name = \"Jiangsu\"", "name = ", "genesis", "line 2, name"),
        ("chain = \"cn.32\"", "chain = \"cn..32\"", "chain", "chain: must be a chain path"),
        ("genesis_time = \"2021", "genesis_time = \"1821", "genesis_time", "genesis_time: must be a time"),
        ("\"2021-07-01T00:00:00Z\"", "2021-07-01T00:00:00Z", "genesis_time", "in quotes"),
        ("rules_version = 2", "rules_version = -1", "rules_version", "rules_version: must be a whole number"),
        ("rules_version = 2", "rules_version = 1.0", "rules_version", "rules_version: must be a whole number"),
        ("node_role = \"management\"", "node_role = \"king\"", "node_role", "members[1].node_role"),
        ("cosigner = true", "cosigner = \"yes\"", "cosigner", "members[0].cosigner"),
        ("roles = [\"clinician\"]", "roles = \"clinician\"", "roles", "members[2].roles: must be a list"),
        ("roles = [\"clinician\"]", "roles = [7]", "roles", "members[2].roles[0]: must be a text"),
        ("client = [", "clients = [", "genesis", "members[0].keys.clients: unknown field"),
        ("client = [\"", "client = [\"ff", "client", "members[0].keys.client[0]"),
        ("rule = \"author\"", "rule = \"author\"\nquorum = 3", "genesis", "policies.daily_aggregate.quorum"),
        ("deadline = \"90s\"", "deadline = \"soon\"", "deadline", "policies.case_report.deadline"),
        ("deadline = \"90s\"", "deadline = \"99999999999999999d\"", "deadline", "policies.case_report.deadline"),
        ("chain_id = \"09", "chain_id = \"9", "chain_id", "children[0].chain_id"),
        ("member = \"gulou\"", "membr = \"gulou\"", "member", "children[0].cosigners[1].member: missing"),
        ("grace_hours = 12", "grace_hours = \"12h\"", "grace_hours", "duties[0].grace_hours: must be a whole number"),
        (
            "grace_hours = 12",
            "grace_hours = 169",
            "duties.grace_hours",
            "`hospital` and U07.1: the grace is over 7 days",
        ),
        ("grace_hours = 12", "grace_hours = 12\nhours = 1", "genesis", "duties[0].hours: unknown field"),
    ] {
        let (named, detail) = refused(from, to);
        assert_eq!(named, field, "{detail}");
        assert!(detail.contains(place), "{detail} does not name {place}");
    }
}

#[test]
fn what_must_hold_of_the_members_together_is_checked_too() {
    let author = key(10 + KeyClass::Author as u8).to_string();
    let other = key(20 + KeyClass::Author as u8).to_string();
    assert_eq!(refused(&other, &author).0, "keys", "a key of two members");
    assert_eq!(refused("n_of(1, epidemiologist", "n_of(1, astrologer").0, "policies", "unsatisfiable");
    let without = Genesis { members: genesis().members.into_iter().take(3).collect(), ..genesis() };
    let refusal = parse(render(&without).as_bytes()).unwrap_err();
    assert!(refusal.code == Code::Config && refusal.field != "genesis", "{refusal}");
    assert_eq!(parse(&[0xff]).map_err(|refusal| refusal.code), Err(Code::Config));
    assert_eq!(parse(&vec![b'#'; MAX_BYTES + 1]).map_err(|refusal| refusal.code), Err(Code::Config));
}

#[test]
fn deadlines_read_as_written() {
    for (text, ms) in [("0s", 0), ("250ms", 250), ("90s", 90_000), ("4h", 14_400_000), ("2d", 172_800_000)] {
        assert_eq!(duration(text), Some(ms));
    }
    for text in ["", "4", "h", "4 h", "-4h", "1.5h", "4H", "4h30m"] {
        assert_eq!(duration(text), None, "{text}");
    }
}
