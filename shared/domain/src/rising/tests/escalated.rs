//! What a child left undecided: opened above, decided there, brought down, settled below; whichever way is first.

use proof::leaf::{DecisionLeaf, Leaf};
use proof::sign::SecretKey;

use super::*;
use crate::event::{Decision, ProvenHandover};
use crate::record::Outcome;
use crate::report::subject::Subject;

/// A city, its province and the nation, of which each knows its parent's cosigners. An aggregate of the city's hospital
/// has escalated to the province.
struct Case {
    city: Stage,
    province: Stage,
    nation: Stage,
    report: EventId,
}

const ABOVE: &[(&str, &str)] =
    &[("escalation", "n_of(2, epidemiologist, lab, clinician) unless veto(supervisor) within 1h")];

fn parent_of(chain: &str) -> Vec<(MemberId, PublicKey)> {
    let named = |member: &str| (member.to_owned(), secret(chain, member, KeyClass::Cosigner).public());
    ["health", "cdc", "hospital", "airport"].map(named).to_vec()
}

fn stage(chain: &str, policies: &[(&str, &str)], children: &[&Stage], deadline_ms: u64) -> Stage {
    let children = children.iter().map(|child| &child.genesis).collect::<Vec<_>>();
    let mut genesis = genesis(chain, policies, &children);
    for (class, rule) in policies.iter().filter(|(class, _)| *class == "escalation") {
        let policy = crate::genesis::PolicyText { rule: (*rule).to_owned(), deadline_ms };
        genesis.policies.insert((*class).to_owned(), policy);
    }
    if let Some((parent, _)) = chain.rsplit_once('.') {
        genesis.parent = parent_of(parent);
    }
    genesis.check().unwrap();
    Stage::of(genesis)
}

fn case() -> Case {
    let mut city = stage("cn.32.01", &[("daily_aggregate", BALLOTS)], &[], 0);
    let mut province = stage("cn.32", ABOVE, &[&city], DEADLINE_MS);
    let nation = stage("cn", ABOVE, &[&province], DEADLINE_MS);
    let report = city.say("hospital", daily("2021-07-20", 5));
    city.later(DEADLINE_MS);
    province.now = city.now;
    assert_eq!(province.raise(&city), None);
    Case { city, province, nation, report }
}

fn escalated(stage: &Stage, child: &Stage, id: &EventId) -> EscalatedRecord {
    let found = query::escalated(&stage.state, &child.genesis.chain, 10).unwrap();
    found.into_iter().find(|(event, _)| event == id).expect("an escalated report").1
}

fn signers(parent: &Stage) -> Vec<(&'static str, SecretKey)> {
    ["health", "cdc", "hospital"].map(|name| (name, parent.secret(name, KeyClass::Cosigner))).to_vec()
}

fn is_decision(leaf: &Leaf) -> bool {
    matches!(leaf, Leaf::Decision(_))
}

/// The parent's last decision as its members' ledgers would show it.
fn decision(parent: &Stage) -> Decision {
    decision_by(parent, &signers(parent))
}

fn decision_by(parent: &Stage, signers: &[(&str, SecretKey)]) -> Decision {
    let size = parent.size();
    let certificate = parent.certificate_at(size, signers).text();
    let leaf = parent.proven(size, is_decision).pop().expect("a decision");
    Decision { certificate, handovers: Vec::new(), leaf }
}

fn judge(stage: &mut Stage, report: EventId, choice: Choice) {
    for member in ["health", "cdc"] {
        stage.say(member, vote(report, choice));
    }
}

#[test]
fn a_decision_above_settles_the_report_below() {
    let Case { mut city, mut province, report, .. } = case();
    let subject = query::subject(&province.state, &report).unwrap().unwrap();
    assert_eq!((subject.member.as_str(), subject.kind, subject.escalated), ("hospital", Kind::DailyAggregate, false));
    let decided = |stage: &Stage| stage.log.iter().filter(|leaf| is_decision(leaf)).count();
    province.later(3_600_000);
    judge(&mut province, report, Choice::Endorse);
    assert_eq!(decided(&province), 1);
    let record = escalated(&province, &city, &report);
    assert_eq!((record.outcome, record.decided_below), (Outcome::Accepted, None));
    let leaf = &province.log[usize::try_from(record.leaf_index.unwrap()).unwrap()];
    let said = DecisionLeaf {
        height: province.height,
        child: "cn.32.01".into(),
        event: report,
        accepted: true,
        reason: String::new(),
    };
    assert_eq!(leaf, &Leaf::Decision(said));
    assert_eq!((city.outcome(&report), city.confirmed()), (Outcome::Open, 0));
    let carried = Fact::Decision(decision(&province));
    assert_eq!(city.code("airport", carried.clone()), None, "any member may carry it");
    assert_eq!((city.outcome(&report), city.confirmed()), (Outcome::Accepted, 5));
    assert_eq!(city.code("hospital", carried), Some(Code::Closed), "it was first");
    assert_eq!(province.raise(&city), None);
    assert_eq!((province.confirmed(), province.alerts().last().unwrap().state), (5, AlertState::Cancelled));
    assert!(escalated(&province, &city, &report).decided_below.is_some());
    province.later(1000);
    assert_eq!(decided(&province), 1);
}

#[test]
fn a_veto_above_rejects_it_below_and_says_why() {
    let Case { mut city, mut province, report, .. } = case();
    province.say("regulator", vote(report, Choice::Veto));
    let record = escalated(&province, &city, &report);
    assert_eq!((record.outcome, record.reason.as_str()), (Outcome::Rejected, "unfounded"));
    assert_eq!(city.code("cdc", Fact::Decision(decision(&province))), None);
    assert_eq!((city.outcome(&report), city.confirmed()), (Outcome::Rejected, 0));
    assert_eq!(query::subject(&city.state, &report).unwrap(), None);
}

#[test]
fn ballots_above_are_judged_like_ballots_on_an_own_report() {
    let Case { city, mut province, report, .. } = case();
    assert_eq!(province.code("hospital", vote(report, Choice::Endorse)), Some(Code::SelfEndorse), "of that name below");
    let mut causes = province.event_with("health", vote(report, Choice::Endorse), |event| event.causes = vec![report]);
    assert_eq!(province.code_of(&causes), None, "a cause that is below");
    assert_eq!(province.code("health", vote(report, Choice::Endorse)), Some(Code::AlreadyBalloted));
    assert_eq!(province.code("airport", vote(report, Choice::Endorse)), Some(Code::RoleMissing));
    province.later(3_600_000);
    province.say("cdc", vote(report, Choice::Endorse));
    assert_eq!(escalated(&province, &city, &report).outcome, Outcome::Accepted);
    assert_eq!(province.code("cdc", vote(report, Choice::Object)), Some(Code::Closed));
    causes = province.event_with("airport", zero(), |event| event.causes = vec![Digest::of(b"unheard of")]);
    assert_eq!(province.code_of(&causes), Some(Code::BadCause));
}

#[test]
fn what_the_child_decides_first_stands_and_closes_the_question_above() {
    let Case { mut city, mut province, report, .. } = case();
    let open = |stage: &Stage| query::subject(&stage.state, &report).unwrap().is_some();
    judge(&mut city, report, Choice::Endorse);
    assert_eq!(city.outcome(&report), Outcome::Accepted);
    assert!(open(&province));
    // The province decides otherwise before it hears of it: too late, and said so.
    let mut twin = Case { city: Stage::of(city.genesis.clone()), ..case() };
    twin.province.say("regulator", vote(report, Choice::Veto));
    assert_eq!(city.code("health", Fact::Decision(decision(&twin.province))), Some(Code::Closed));
    assert_eq!((city.outcome(&report), city.confirmed()), (Outcome::Accepted, 5));
    assert_eq!(province.raise(&city), None);
    assert!(!open(&province));
    let record = escalated(&province, &city, &report);
    assert!(record.decided_below.is_some() && record.outcome == Outcome::Open);
    assert_eq!(province.code("health", vote(report, Choice::Object)), Some(Code::Closed));
    assert!(!province.log.iter().any(is_decision));
    // Nothing of it falls due any more.
    let outcome = province.later(DEADLINE_MS * 2);
    assert!(!outcome.leaves.iter().any(|leaf| matches!(leaf, Leaf::Due(due) if due.event == report)));
}

#[test]
fn what_nobody_decides_above_goes_further_up_and_the_word_comes_down_two_levels() {
    let Case { mut city, mut province, mut nation, report } = case();
    province.later(DEADLINE_MS);
    nation.now = province.now;
    assert_eq!(nation.raise(&province), None);
    let subject = query::subject(&nation.state, &report).unwrap().unwrap();
    assert_eq!(subject.member, "hospital");
    nation.later(3_600_000);
    judge(&mut nation, report, Choice::Endorse);
    assert_eq!(province.code("cdc", Fact::Decision(decision(&nation))), None);
    assert_eq!(escalated(&province, &city, &report).outcome, Outcome::Accepted);
    assert_eq!(city.code("cdc", Fact::Decision(decision(&nation))), Some(Code::BadDecision), "not its parent");
    assert_eq!(city.code("cdc", Fact::Decision(decision(&province))), None);
    assert_eq!(city.confirmed(), 5);
    assert_eq!(province.code("health", Fact::Decision(decision(&nation))), Some(Code::Closed));
}

#[test]
fn a_decision_needs_the_parents_cosigners_their_log_and_an_escalated_report() {
    let Case { mut city, mut province, report, nation } = case();
    let early = city.say("hospital", daily("2021-07-21", 7));
    province.later(3_600_000);
    judge(&mut province, report, Choice::Endorse);
    let good = decision(&province);
    let mut refused = |change: &dyn Fn(&mut Decision)| {
        let mut decision = good.clone();
        change(&mut decision);
        city.code("cdc", Fact::Decision(decision))
    };
    let few = decision_by(&province, &signers(&province)[..2]).certificate;
    assert_eq!(refused(&|it| it.certificate = few.clone()), Some(Code::BadDecision));
    let mut strangers = signers(&province);
    strangers[0].1 = SecretKey::from_seed(&[7; 32]);
    let stranger = decision_by(&province, &strangers).certificate;
    assert_eq!(refused(&|it| it.certificate = stranger.clone()), Some(Code::BadDecision));
    assert_eq!(refused(&|it| it.certificate.push('x')), Some(Code::BadDecision));
    assert_eq!(refused(&|it| it.leaf.index += 1), Some(Code::BadDecision));
    let block = province.log.last().unwrap().to_bytes();
    assert_eq!(refused(&|it| it.leaf.leaf = block.clone()), Some(Code::BadDecision));
    let elsewhere = |it: &mut Decision, change: &dyn Fn(&mut DecisionLeaf)| {
        let Some(Leaf::Decision(mut leaf)) = Leaf::from_bytes(&it.leaf.leaf) else { panic!("a decision") };
        change(&mut leaf);
        it.leaf.leaf = Leaf::Decision(leaf).to_bytes();
    };
    assert_eq!(refused(&|it| elsewhere(it, &|leaf| leaf.accepted = false)), Some(Code::BadDecision));
    // A province whose rules were others could put anything into its log; what it means here is checked here.
    for change in [
        (&|leaf: &mut DecisionLeaf| leaf.child = "cn.32.10".into()) as &dyn Fn(&mut DecisionLeaf),
        &|leaf| leaf.event = early,
        &|leaf| leaf.event = Digest::of(b"unheard of"),
    ] {
        let mut province = Stage::of(province.genesis.clone());
        let mut forged = good.clone();
        elsewhere(&mut forged, change);
        province.push(Leaf::from_bytes(&forged.leaf.leaf).unwrap());
        assert_eq!(city.code("cdc", Fact::Decision(decision(&province))), Some(Code::BadDecision));
    }
    assert_eq!((city.outcome(&report), city.outcome(&early)), (Outcome::Open, Outcome::Open));
    let orphan = |stage: &mut Stage| stage.code("cdc", Fact::Decision(decision(&province)));
    let mut nation = nation;
    assert_eq!(orphan(&mut nation), Some(Code::BadDecision), "no parent");
    assert_eq!(orphan(&mut city), None);
}

/// Names a later key of the hospital as the province's cosigner; the signers then.
fn rotate(province: &mut Stage) -> Vec<(&'static str, SecretKey)> {
    let key = SecretKey::from_seed(&[9; 32]);
    let action = crate::event::Action::NameCosigner { member: "hospital".into(), key: key.public() };
    let proposal = crate::event::Proposal { actions: vec![action], reason: "a new machine".into() };
    let proposed = province.say("hospital", Fact::Proposal(proposal));
    judge(province, proposed, Choice::Endorse);
    let mut after = signers(province);
    after[2].1 = key;
    after
}

#[test]
fn a_decision_of_a_later_set_rides_on_its_handovers() {
    let Case { mut city, mut province, report, .. } = case();
    let mut second = Case { city: Stage::of(city.genesis.clone()), ..case() };
    let (before, after) = (signers(&province), rotate(&mut province));
    let size = province.size();
    let set = province.proven(size, |leaf| matches!(leaf, Leaf::Cosigners(_))).remove(0);
    let handover = ProvenHandover { certificate: province.certificate_at(size, &before).text(), leaf: set };
    province.later(3_600_000);
    judge(&mut province, report, Choice::Endorse);
    let bare = decision_by(&province, &after);
    assert_eq!(city.code("cdc", Fact::Decision(bare.clone())), Some(Code::BadDecision));
    let carried = Decision { handovers: vec![handover.clone()], ..bare.clone() };
    assert_eq!(city.code("health", Fact::Decision(carried.clone())), None);
    let parent = |stage: &Stage| {
        crate::state::read::<crate::record::ParentRecord>(&stage.state, &crate::keys::parent()).unwrap().unwrap()
    };
    assert_eq!((parent(&city).epoch, parent(&city).size), (1, province.size()));
    assert_eq!(parent(&city).origin.unwrap(), province.certificate().checkpoint.origin);
    // The handover alone, then the decision on top of it, which may still carry what is known already.
    let alone = Decision { certificate: handover.certificate.clone(), handovers: vec![], leaf: handover.leaf };
    second.city.say("hospital", daily("2021-07-20", 5));
    assert_eq!(second.city.code("cdc", Fact::Decision(alone.clone())), None);
    assert_eq!(parent(&second.city).epoch, 1);
    assert_eq!(second.city.code("health", Fact::Decision(alone)), Some(Code::Closed));
    assert_eq!(second.city.code("health", Fact::Decision(bare)), Some(Code::BadDecision), "no such report yet");
    assert_eq!(second.city.code("cdc", Fact::Decision(carried)), Some(Code::BadDecision), "proven, yet no such report");
}

#[test]
fn an_id_of_our_own_or_of_two_children_is_no_way_to_take_a_report_over() {
    let (mut province, [mut city, mut other]) = province(&[("daily_aggregate", BALLOTS)]);
    let own = Escalated {
        event: province.say("health", zero()),
        member: "nobody".into(),
        kind: Kind::ZeroReport,
        alert: province_text(),
    };
    // Two children of which one lies: its summary names what is not its own.
    let id = city.say("hospital", daily("2021-07-20", 5));
    city.later(DEADLINE_MS);
    let theirs = Escalated { event: id, member: "liar".into(), ..own.clone() };
    let lie = Summary { number: 1, totals: vec![], raised: vec![], escalated: vec![own.clone(), theirs] };
    other.push(Leaf::Summary(proof::leaf::SummaryLeaf { height: 1, number: 1, body: lie.encode() }));
    assert_eq!(province.raise(&other), None);
    assert_eq!(query::subject(&province.state, &own.event).unwrap(), None::<Subject>);
    assert_eq!(province.raise(&city), None);
    judge(&mut province, id, Choice::Endorse);
    let children = province.log.iter().filter_map(|leaf| match leaf {
        Leaf::Decision(leaf) => Some(leaf.child.as_str()),
        _ => None,
    });
    assert_eq!(children.collect::<Vec<_>>(), ["cn.32.01", "cn.32.10"], "the decision goes to both");
}

fn province_text() -> AlertText {
    AlertText::line(AlertLevel::Yellow, AlertKind::Escalation, "3201", "No decision".into())
}
