//! Summaries, anchors and appeals over three levels.

mod escalated;
mod handed;
mod rolled;
mod silent;
mod sums;

use super::*;
use crate::alert::{AlertKind, AlertState, AlertText};
use crate::event::{AlertLevel, Anchor, Appeal, Choice, Fact, ProvenLeaf};
use crate::genesis::KeyClass;
use crate::query;
use crate::record::Kind;
use crate::refusal::Code;
use crate::stage::*;
use crate::time::Date;

/// A province with two cities under these policies.
fn province(policies: &[(&str, &str)]) -> (Stage, [Stage; 2]) {
    let cities = ["cn.32.01", "cn.32.10"].map(|path| Stage::of(genesis(path, policies, &[])));
    let province = Stage::of(genesis("cn.32", &[], &[&cities[0].genesis, &cities[1].genesis]));
    (province, cities)
}

fn anchor_with(province: &mut Stage, city: &Stage, change: impl FnOnce(&mut Anchor)) -> Option<Code> {
    let record = query::child(&province.state, &city.genesis.chain).unwrap().unwrap();
    let mut anchor = city.anchor(record.size, record.summary);
    change(&mut anchor);
    let event = province.anchoring(city, "cdc", anchor);
    province.code_of(&event)
}

#[test]
fn an_alert_rings_in_city_province_and_nation_with_one_id_and_its_origin() {
    let (mut province, [mut city, _]) = province(&[("suspected_cluster", VETO)]);
    let mut nation = Stage::of(genesis("cn", &[], &[&province.genesis]));
    let event = city.event_with("airport", cluster(exercise()), urgent);
    city.play(std::slice::from_ref(&event));
    assert_eq!(province.raise(&city), None);
    assert_eq!(nation.raise(&province), None);
    let rung = [&city, &province, &nation].map(|stage| stage.alerts().remove(0));
    assert!(rung.iter().all(|alert| alert.id() == rung[0].id() && alert.origin == city.genesis.chain));
    assert_eq!((rung[2].event, rung[2].state, rung[2].kind), (event.id, AlertState::Provisional, AlertKind::Cluster));
    // Each is final when its own chain's leaf is: above, the anchor's.
    let child = query::child(&nation.state, &province.genesis.chain).unwrap().unwrap();
    assert_eq!(rung[2].leaf_index, nation.record(&child.anchor.unwrap()).leaf_index);
    assert_eq!(nation.record(&child.anchor.unwrap()).member, "cn.32");
    assert_eq!(query::totals(&nation.state, 10).unwrap(), []);
}

#[test]
fn the_same_anchor_by_another_relay_is_old() {
    let (mut province, [mut city, _]) = province(&[]);
    city.say("health", daily("2021-07-20", 5));
    city.later(1000);
    let anchor = city.anchor(0, 0);
    for (relay, code) in [("health", None), ("cdc", Some(Code::AnchorOld))] {
        let event = province.anchoring(&city, relay, anchor.clone());
        assert_eq!(province.code_of(&event), code);
    }
    assert_eq!(
        (province.confirmed(), query::child(&province.state, &city.genesis.chain).unwrap().unwrap().summary),
        (5, 1)
    );
}

#[test]
fn an_empty_log_is_nothing_to_anchor() {
    let (mut province, [city, _]) = province(&[]);
    assert_eq!(province.raise(&city), Some(Code::AnchorOld));
}

#[test]
fn a_relay_that_lost_the_race_hears_so_by_its_expected_version() {
    let (mut province, [mut city, _]) = province(&[]);
    city.say("health", daily("2021-07-20", 5));
    city.later(1000);
    let key = String::from_utf8(crate::keys::child(&city.genesis.chain)).unwrap();
    let relay = city.secret("cdc", KeyClass::Relay).public();
    let anchor = city.anchor(0, 0);
    let late = province.event_with("health", Fact::Anchor(anchor), |event| {
        event.author = relay;
        event.expect = vec![crate::event::Expect { key, version: 1 }];
    });
    assert_eq!(province.raise(&city), None);
    assert_eq!(province.code_of(&late), Some(Code::PreconditionFailed));
}

#[test]
fn an_anchor_needs_a_known_child_a_relay_key_and_a_quorum() {
    let (mut province, [mut city, other]) = province(&[]);
    city.later(1000);
    assert_eq!(anchor_with(&mut province, &city, |anchor| anchor.child = "cn.32.99".into()), Some(Code::UnknownChild));
    assert_eq!(anchor_with(&mut province, &city, |anchor| anchor.child = "No Path".into()), Some(Code::UnknownChild));
    assert_eq!(anchor_with(&mut province, &city, |anchor| anchor.checkpoint.push('\n')), Some(Code::Malformed));
    let few = city.certificate_by(2).text();
    assert_eq!(anchor_with(&mut province, &city, |anchor| anchor.checkpoint = few), Some(Code::AnchorQuorum));
    let (anchor, mut foreign) = (city.anchor(0, 0), other);
    let event = province.event("health", Fact::Anchor(anchor.clone()));
    assert_eq!(province.code_of(&event), Some(Code::KeyClass), "an author key");
    let event = province.anchoring(&foreign, "health", anchor);
    assert_eq!(province.code_of(&event), Some(Code::BadSignature), "another child's relay");
    foreign.later(1000);
    let text = foreign.certificate().text();
    assert_eq!(anchor_with(&mut province, &city, |anchor| anchor.checkpoint = text), Some(Code::AnchorQuorum));
    assert_eq!(anchor_with(&mut province, &city, |_| {}), None);
}

#[test]
fn a_log_that_does_not_continue_the_anchored_one_is_a_fork() {
    let (mut province, [mut city, _]) = province(&[]);
    let mut twin = Stage::of(city.genesis.clone());
    for stage in [&mut city, &mut twin] {
        stage.say("health", daily("2021-07-20", 5));
        stage.later(1000);
    }
    assert_eq!(province.raise(&city), None);
    city.say("health", daily("2021-07-21", 1));
    city.later(1000);
    assert_eq!(anchor_with(&mut province, &city, |anchor| anchor.consistency.clear()), Some(Code::AnchorFork));
    // A log cosigned by the same keys that differs from the first leaf on.
    let mut forked = Stage::of(city.genesis.clone());
    for _ in 0..9 {
        forked.later(1000);
    }
    assert!(forked.size() > query::child(&province.state, &city.genesis.chain).unwrap().unwrap().size);
    assert_eq!(province.raise(&forked), Some(Code::AnchorFork));
    // Another root at the very size anchored.
    let mut same_size = Stage::of(city.genesis.clone());
    while same_size.size() < twin.size() {
        same_size.later(1);
    }
    assert_eq!(anchor_with(&mut province, &same_size, |_| {}), Some(Code::AnchorFork));
    assert_eq!(province.raise(&city), None);
}

#[test]
fn summaries_are_in_the_log_readable_and_without_a_gap() {
    let (mut province, [mut city, _]) = province(&[]);
    for day in ["2021-07-20", "2021-07-21"] {
        city.say("health", daily(day, 5));
        city.later(1000);
    }
    let skip = |anchor: &mut Anchor| drop(anchor.leaves.remove(0));
    assert_eq!(anchor_with(&mut province, &city, skip), Some(Code::AnchorFork));
    let moved = |anchor: &mut Anchor| anchor.leaves[0].index += 1;
    assert_eq!(anchor_with(&mut province, &city, moved), Some(Code::AnchorFork));
    let size = city.size();
    let block = city.log.last().unwrap().to_bytes();
    let inclusion = proof::merkle::inclusion(&city, size - 1, size).unwrap();
    let other = move |anchor: &mut Anchor| anchor.leaves[0] = ProvenLeaf { leaf: block, index: size - 1, inclusion };
    assert_eq!(anchor_with(&mut province, &city, other), Some(Code::Malformed));
    assert_eq!(province.confirmed(), 0);
    // A relay may leave summaries for later, from the end.
    assert_eq!(anchor_with(&mut province, &city, |anchor| anchor.leaves.truncate(1)), None);
    assert_eq!(province.confirmed(), 5);
    city.later(1000);
    assert_eq!(province.raise(&city), None);
    assert_eq!(province.confirmed(), 10);
}

#[test]
fn an_undecided_report_is_named_and_rings_above() {
    let (mut province, [mut city, _]) = province(&[("daily_aggregate", BALLOTS)]);
    let id = city.say("hospital", daily("2021-07-20", 5));
    city.later(DEADLINE_MS);
    assert_eq!(province.raise(&city), None);
    let escalated = query::escalated(&province.state, &city.genesis.chain, 10).unwrap();
    assert_eq!(escalated.iter().map(|(id, _)| *id).collect::<Vec<_>>(), [id]);
    let alerts = province.alerts();
    assert_eq!((alerts.len(), alerts[0].kind, alerts[0].event), (1, AlertKind::Escalation, id));
    city.say("health", vote(id, Choice::Endorse));
    city.say("cdc", vote(id, Choice::Endorse));
    assert_eq!(province.raise(&city), None);
    assert_eq!((province.confirmed(), province.alerts().last().unwrap().state), (5, AlertState::Cancelled));
}

#[test]
fn a_large_backlog_goes_up_in_numbered_pieces_of_at_most_8_kib() {
    let (mut province, [mut city, _]) = province(&[]);
    let (mut events, mut days) = (Vec::new(), 0);
    for day in 0..400 {
        let date = Date(18_000 + day).to_string();
        events.push(city.event("health", daily(&date, 1)));
        days += 1;
    }
    city.play(&events);
    city.later(1000);
    let summaries = city.summaries();
    assert!(summaries.len() > 2);
    for (at, (_, leaf)) in summaries.iter().enumerate() {
        assert_eq!(leaf.number, u64::try_from(at).unwrap() + 1);
        assert!(leaf.body.len() <= proof::leaf::MAX_SUMMARY_BYTES);
        assert_eq!(Summary::decode(&leaf.body).unwrap().encode(), leaf.body);
    }
    assert_eq!(province.raise(&city), None);
    assert_eq!(province.confirmed(), days);
    assert_eq!(query::day_totals(&province.state, "U07.1", Date(0), 1000).unwrap().len(), 400);
    assert_eq!(
        query::child_day_totals(&province.state, &city.genesis.chain, "U07.1", Date(0), 1000).unwrap().len(),
        400
    );
}

#[test]
fn an_appeal_is_logged_by_a_management_member_for_an_author_of_the_child() {
    let (mut province, [city, other]) = province(&[]);
    let appeal = |signed: Vec<u8>| Fact::Appeal(Appeal { child: "cn.32.01".into(), signed });
    let signed = city.signed("airport", b"refused at home");
    assert_eq!(province.code("hospital", appeal(signed.clone())), Some(Code::RoleMissing));
    assert_eq!(province.code("health", appeal(vec![0; 96])), Some(Code::Malformed));
    assert_eq!(province.code("health", appeal(other.signed("airport", b"x"))), Some(Code::BadSignature));
    let mut forged = signed.clone();
    *forged.last_mut().unwrap() ^= 1;
    assert_eq!(province.code("health", appeal(forged)), Some(Code::BadSignature));
    let elsewhere = Fact::Appeal(Appeal { child: "cn.32.99".into(), signed: signed.clone() });
    assert_eq!(province.code("health", elsewhere), Some(Code::UnknownChild));
    let first = province.say("health", appeal(signed.clone()));
    province.say("cdc", appeal(signed));
    let appeals = query::appeals(&province.state, &city.genesis.chain, 10).unwrap();
    assert_eq!(appeals.len(), 1);
    assert_eq!((appeals[0].1.event, appeals[0].1.member.as_str()), (first, "airport"));
}

#[test]
fn a_directive_and_its_level_rise_unchanged() {
    let (mut province, [mut city, _]) = province(&[]);
    city.say("health", directive());
    assert_eq!(province.raise(&city), None);
    let alert = province.alerts().remove(0);
    assert_eq!(
        (alert.level, alert.kind, alert.state),
        (AlertLevel::Orange, AlertKind::Directive, AlertState::Confirmed)
    );
    assert_eq!(alert.instruction, city.alerts()[0].instruction);
}

/// Summary bodies are in logs for ever: these bytes must never change.
#[test]
fn a_summarys_bytes_are_golden() {
    let total = Total { disease: "U07.1".into(), date: Some(Date(18_828)), counts: [0, 0, 7, 0, 1] };
    let all = Total { date: None, ..total.clone() };
    let escalated = Escalated {
        event: Digest([0xab; 32]),
        member: "cdc".into(),
        kind: Kind::ZeroReport,
        alert: AlertText::line(AlertLevel::Yellow, AlertKind::Escalation, "3201", "late".into()),
    };
    let summary = Summary { number: 3, totals: vec![all, total], raised: Vec::new(), escalated: vec![escalated] };
    let counts = format!("{:016x}{:016x}{:016x}{:016x}{:016x}", 0, 0, 7, 0, 1);
    let text = |text: &str| format!("{:08x}{}", text.len(), hex::encode(text));
    let disease = text("U07.1");
    // No instruction, rule, ground, measure or events.
    let nothing = "00000000".to_owned() + "00000000" + "00" + "00000000" + "00000000";
    let golden = format!(
        "{:016x}00000002{disease}00{counts}{disease}01{:08x}{counts}0000000000000001{}{}03010300{}{}{nothing}",
        3,
        18_828,
        "ab".repeat(32),
        text("cdc"),
        text("3201"),
        text("late")
    );
    assert_eq!(hex::encode(summary.encode()), golden);
    assert_eq!(Summary::decode(&hex::decode(golden).unwrap()), Some(summary));
}
