//! Each trouble by itself, and what is said where nothing was seen.

use std::collections::BTreeMap;

use domain::genesis::{KeyClass, NodeRole};
use domain::record::MemberRecord;
use domain::report::duty::Silence;
use domain::time::Date;

use super::*;

fn cosigner(member: &str) -> Cosigner {
    Cosigner { member: member.into(), height: Some(1000), halted: None, cosigned: Some((1000, 50)) }
}

fn key(until: Option<u64>) -> KeyRecord {
    KeyRecord { member: "a".into(), class: KeyClass::Author, since: 0, until, suspect_since: None }
}

fn facts() -> Facts {
    let stream = Stream { name: "blocks".into(), state: Some((1, 1000, 1000)) };
    Facts {
        height: 1000,
        final_height: 1000,
        wall: Millis(10 * DAY_MS),
        chain_time: Millis(10 * DAY_MS - 1000),
        cosigners: ["a", "b", "c", "d"].map(cosigner).into(),
        streams: vec![stream],
        keys: vec![key(None)],
        heard: vec![("hospital".into(), Some(Millis(10 * DAY_MS - 1000)))],
        duties: vec![duty("airport", None)],
        free_bytes: Some(1 << 40),
    }
}

/// A duty whose first day is waited for, or was told missing.
fn duty(member: &str, since: Option<Millis>) -> DutyRecord {
    DutyRecord {
        member: member.into(),
        disease: "U07.1".into(),
        grace_ms: 0,
        set_by: Default::default(),
        from: Date(9),
        heard: None,
        slot: Date(9),
        silence: since.map(|since| Silence { since, escalated: false }),
    }
}

/// What is found beside what is well, as (check, who).
fn troubles(change: impl Fn(&mut Facts)) -> Vec<(&'static str, String)> {
    let mut facts = facts();
    change(&mut facts);
    let findings = judge(&facts).into_iter().filter(|finding| finding.level != Level::Ok);
    findings.map(|finding| (finding.check, finding.who)).collect()
}

#[test]
fn a_sound_chain_has_one_good_line_a_check() {
    assert_eq!(troubles(|_| {}), []);
    assert_eq!(judge(&facts()).len(), 8);
}

#[test]
fn every_trouble_names_whom_it_is_about() {
    assert_eq!(troubles(|f| f.cosigners[1].height = None), [("cosigners", "b".into())]);
    assert_eq!(troubles(|f| f.cosigners[1].height = Some(900)), [("cosigners", "b".into())]);
    assert_eq!(troubles(|f| f.cosigners[2].halted = Some("x".into())), [("cosigners", "c".into())]);
    assert_eq!(troubles(|f| f.cosigners[3].cosigned = Some((900, 50))), [("cosigners", "d".into())]);
    assert_eq!(troubles(|f| f.cosigners[3].cosigned = Some((1000, 58))), [("clocks", "d".into())]);
    assert_eq!(troubles(|f| f.streams[0].state = Some((1, 1000, 998))), [("streams", "blocks".into())]);
    assert_eq!(troubles(|f| f.streams[0].state = None), [("streams", "blocks".into())]);
    assert_eq!(troubles(|f| f.keys = vec![key(Some(1100))]), [("keys", "a".into())]);
    assert_eq!(troubles(|f| f.keys = vec![key(Some(1100)), key(None)]), []);
    assert_eq!(troubles(|f| f.heard[0].1 = None), [("sentinels", "hospital".into())]);
    assert_eq!(troubles(|f| f.heard[0].1 = Some(Millis(8 * DAY_MS))), [("sentinels", "hospital".into())]);
    let silent = |f: &mut Facts| f.duties.push(duty("clinic", Some(Millis(10 * DAY_MS))));
    assert_eq!(troubles(silent), [("duties", "clinic".into())]);
    assert_eq!(troubles(|f| f.free_bytes = Some(1 << 20)), [("disk", String::new())]);
    assert_eq!(troubles(|f| f.final_height = 900), [("finality", String::new())]);
    let two_gone = |f: &mut Facts| f.cosigners.iter_mut().take(2).for_each(|one| one.height = None);
    assert_eq!(troubles(two_gone)[0], ("finality", String::new()));
}

/// What one check says of these facts.
fn said(check: &str, facts: &Facts) -> Vec<Finding> {
    judge(facts).into_iter().filter(|finding| finding.check == check).collect()
}

/// Seen to fail while such a check said "as it should be".
#[test]
fn a_check_that_looked_at_nothing_is_neither_well_nor_in_trouble() {
    for finding in judge(&Facts::default()).into_iter().filter(|finding| finding.check != "finality") {
        assert_eq!(finding.level, Level::NotLooked, "{finding:?}");
        assert!(finding.what.starts_with("not looked at: "), "{finding:?}");
    }
    assert_eq!(said("disk", &Facts { free_bytes: None, ..facts() })[0].what, "not looked at: give --data");
    let level = serde_json::to_value(Level::NotLooked).unwrap();
    assert_eq!(level, "not looked at");
}

/// Seen to fail while only keys with blocks left were looked at: one that had ended was well.
#[test]
fn a_last_key_that_has_ended_is_worse_than_one_that_ends() {
    let of = |keys: &[KeyRecord]| said("keys", &Facts { keys: keys.into(), ..facts() }).remove(0);
    assert_eq!((of(&[key(Some(1100))]).level, of(&[key(Some(1100))]).what.as_str()), {
        (Level::Warn, "its last author key ends in 100 blocks")
    });
    for (until, ago) in [(1000, 0), (900, 100)] {
        let ended = of(&[key(Some(until))]);
        assert_eq!((ended.level, ended.what), (Level::Fail, format!("its last author key ended {ago} blocks ago")));
    }
    assert_eq!(of(&[key(Some(900)), key(Some(1100))]).level, Level::Warn, "a successor that ends too");
    assert_eq!(of(&[key(Some(900)), key(None)]).level, Level::Ok);
}

#[test]
fn who_left_or_stopped_cosigning_needs_no_key() {
    let member = |active| MemberRecord {
        id: "a".into(),
        name: String::new(),
        node_role: NodeRole::Common,
        roles: Vec::new(),
        sector: String::new(),
        regions: Vec::new(),
        cosigner: false,
        active,
    };
    let of_class = |class| KeyRecord { class, ..key(Some(1)) };
    let asks = |class, active, cosigners: &[String]| {
        needed(&of_class(class), &BTreeMap::from([("a".to_owned(), member(active))]), cosigners)
    };
    assert!(asks(KeyClass::Author, true, &[]) && !asks(KeyClass::Author, false, &[]));
    assert!(!asks(KeyClass::Cosigner, true, &[]) && asks(KeyClass::Cosigner, true, &["a".into()]));
    assert!(!asks(KeyClass::Sealer, true, &[]));
}

/// Seen to fail with the later of both clocks: in a play of 2021 everybody was silent.
#[test]
fn a_chain_of_the_past_is_judged_by_its_own_clock_and_that_is_said() {
    let mut past = facts();
    past.wall = Millis(1000 * DAY_MS);
    let [clock] = said("clocks", &past).try_into().unwrap();
    assert!(clock.level == Level::Warn && clock.what.contains("the chain's clock"), "{clock:?}");
    assert_eq!(said("sentinels", &past)[0].level, Level::Ok);
    past.heard.push(("market".into(), Some(Millis(8 * DAY_MS))));
    let [silent] = said("sentinels", &past).try_into().unwrap();
    assert_eq!(silent.what, "it reported last at 1970-01-09T00:00:00Z, 47 h ago by the chain's clock");
    past.wall = Millis(10 * DAY_MS);
    assert!(said("sentinels", &past)[0].what.ends_with("48 h ago by this machine's clock"));
}

#[test]
fn every_trouble_says_what_to_do() {
    let mut bad = facts();
    bad.cosigners[1] = Cosigner { member: "b".into(), halted: Some("x".into()), ..Cosigner::default() };
    bad.streams[0].state = None;
    (bad.free_bytes, bad.final_height, bad.keys) = (Some(1), 900, vec![key(Some(3))]);
    bad.heard[0].1 = None;
    let findings = judge(&bad);
    let troubles = findings.iter().filter(|finding| matches!(finding.level, Level::Warn | Level::Fail));
    assert!(troubles.clone().count() > 6 && troubles.clone().all(|finding| !finding.todo.is_empty()), "{findings:?}");
}
