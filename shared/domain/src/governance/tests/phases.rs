//! Phases and their dominant members, children, and refutations.

use proof::digest::Digest;

use super::*;
use crate::alert::AlertState;
use crate::event::Phase;
use crate::genesis::{Child, SILENT_AFTER_MS};
use crate::stage::{BALLOTS, VETO, cluster, daily, directive, disease, genesis, urgent};

fn phase(phase: Phase, dominant: Option<&str>) -> Action {
    Action::SetPhase { phase, dominant: dominant.map(str::to_owned) }
}

#[test]
fn in_a_phase_only_its_dominant_members_directives_are_accepted() {
    let mut chain = Stage::new(&[]);
    assert_eq!(chain.code("airport", directive()), Some(Code::RoleMissing));
    assert_eq!(chain.code("cdc", directive()), None);
    pass(&mut chain, vec![phase(Phase::Response, Some("airport"))]);
    let record = query::phase(&chain.state).unwrap().unwrap();
    assert_eq!((record.phase, record.dominant.as_deref(), record.since), (Phase::Response, Some("airport"), chain.now));
    assert_eq!(chain.code("airport", directive()), None);
    assert_eq!(chain.code("cdc", directive()), Some(Code::RoleMissing));
    // The vote passes to another, and then to nobody.
    pass(&mut chain, vec![phase(Phase::Response, Some("health"))]);
    assert_eq!(chain.code("airport", directive()), Some(Code::RoleMissing));
    assert_eq!(chain.code("health", directive()), None);
    pass(&mut chain, vec![phase(Phase::Recovery, None)]);
    assert_eq!(chain.code("cdc", directive()), None);
    assert_eq!(refused(&mut chain, phase(Phase::Response, Some("nobody"))), Some(Code::BadAction));
}

#[test]
fn a_child_that_is_admitted_anchors_from_then_on() {
    let mut city = Stage::new(&[]);
    city.say("health", daily("2021-07-20", 5));
    city.later(1000);
    let mut province = Stage::of(genesis("cn.32", &[], &[]));
    let unknown = province.anchoring(&city, "health", city.anchor(0, 0));
    assert_eq!(province.code_of(&unknown), Some(Code::UnknownChild));
    pass(&mut province, vec![Action::AdmitChild(Box::new(child(&city)))]);
    let anchor = province.anchoring(&city, "health", city.anchor(0, 0));
    assert_eq!(province.code_of(&anchor), None);
    assert_eq!(province.confirmed(), 5);
}

/// The city as it stands in a province's genesis.
fn child(city: &Stage) -> Child {
    genesis("cn.32", &[], &[&city.genesis]).children.remove(0)
}

#[test]
fn a_child_is_one_level_below_whole_and_admitted_once() {
    let city = Stage::new(&[]);
    let mut province = Stage::of(genesis("cn.32", &[], &[]));
    let changed = |change: &dyn Fn(&mut Child)| {
        let mut child = child(&city);
        change(&mut child);
        Action::AdmitChild(Box::new(child))
    };
    let path = |text: &str| crate::chain::ChainPath::parse(text).unwrap();
    let unfit: [&dyn Fn(&mut Child); 6] = [
        &|child| child.chain = path("cn.33.01"),
        &|child| child.chain = path("cn.32.01.15"),
        &|child| child.cosigners.clear(),
        &|child| child.relays.clear(),
        &|child| child.relays.push(child.relays[0]),
        &|child| child.authors[0].0 = "no name".into(),
    ];
    for (at, change) in unfit.into_iter().enumerate() {
        assert_eq!(refused(&mut province, changed(change)), Some(Code::BadAction), "case {at}");
    }
    pass(&mut province, vec![changed(&|_| ())]);
    let twice: [&dyn Fn(&mut Child); 2] =
        [&|child| child.chain_id = Digest::of(b"another"), &|child| child.chain = path("cn.32.02")];
    for change in twice {
        assert_eq!(refused(&mut province, changed(change)), Some(Code::BadAction));
    }
    let silent = query::child(&province.state, &city.genesis.chain).unwrap().unwrap();
    assert_eq!((silent.silent_after_ms, silent.anchored_at), (SILENT_AFTER_MS, province.now));
}

fn refute(event: EventId) -> Action {
    Action::Refute { event, reason: "double-count".into() }
}

#[test]
fn an_accepted_report_that_is_refuted_leaves_the_totals_and_calls_its_alert_off() {
    let mut chain = Stage::new(&[("daily_aggregate", BALLOTS), ("suspected_cluster", VETO)]);
    let counted = chain.say("hospital", daily("2021-07-20", 7));
    let rang = chain.event_with("airport", cluster(disease()), urgent);
    chain.play(std::slice::from_ref(&rang));
    for report in [counted, rang.id] {
        for judge in ["health", "cdc"] {
            chain.say(judge, vote(report, Choice::Endorse));
        }
    }
    chain.later(3_600_000);
    assert_eq!((chain.confirmed(), chain.outcome(&rang.id)), (7, Outcome::Accepted));
    pass(&mut chain, vec![refute(counted), refute(rang.id)]);
    assert_eq!((chain.confirmed(), chain.outcome(&counted)), (0, Outcome::Rejected));
    let states = chain.alerts().iter().map(|alert| alert.state).collect::<Vec<_>>();
    assert_eq!(states, [AlertState::Provisional, AlertState::Confirmed, AlertState::Cancelled]);
    // The day is free for whoever counted rightly.
    let right = chain.say("airport", daily("2021-07-20", 5));
    assert_eq!(chain.record(&right).code, 0);
}

#[test]
fn only_an_accepted_report_is_refuted_and_only_once() {
    let mut chain = Stage::new(&[("daily_aggregate", BALLOTS)]);
    let open = chain.say("hospital", daily("2021-07-20", 7));
    let accepted = chain.say("hospital", case());
    let ballot = chain.say("health", vote(open, Choice::Endorse));
    let applied = propose(&mut chain, vec![Action::SetQuota { member: "cdc".into(), urgent_per_day: 1 }]);
    assert_eq!(chain.outcome(&applied), Outcome::Accepted);
    for event in [open, ballot, applied, Digest::of(b"nothing")] {
        assert_eq!(refused(&mut chain, refute(event)), Some(Code::BadAction));
    }
    let twice = chain.code("hospital", proposal(vec![refute(accepted), refute(accepted)]));
    assert_eq!(twice, Some(Code::BadAction));
    pass(&mut chain, vec![refute(accepted)]);
    assert_eq!(refused(&mut chain, refute(accepted)), Some(Code::BadAction));
}
