use super::*;
use crate::play::{Act, Check, Deed, Step};
use domain::event::{Choice, Phase};
use domain::refusal::Code;

const HEAD: &str = r#"
# A town.
the disease is "COVID-19", code U07.1
the play begins 2021-07-20 08:00

chain cn "The nation", region 100000
  P "Ministry": master, sector health, cosigns
chain cn.32 "The province", region 320000
  N1 "Commission": master, epidemiologist, sector health, cosigns  # who runs it
  N3 "Hospital": common, clinician, sector hospital
  policy directive: "author unless veto(supervisor) within 4h", decided within 24 hours
"#;

fn read(lines: &str) -> anyhow::Result<Play> {
    play(&format!("{HEAD}{lines}\n"))
}

fn sentences(lines: &str) -> Vec<Sentence> {
    read(lines).unwrap().lines.into_iter().map(|line| line.sentence).collect()
}

fn said(who: &str, deed: Deed) -> Sentence {
    Sentence::Act(Act { who: who.into(), deed, called: None, refused: None })
}

#[test]
fn the_head_is_chains_with_members_and_policies() {
    let play = read("then cn counts 0 confirmed").unwrap();
    assert_eq!(play.disease, ("U07.1".to_owned(), "COVID-19".to_owned()));
    assert_eq!(play.begins.to_string(), "2021-07-20T08:00:00Z");
    let province = &play.chains[1];
    assert_eq!((province.path.as_str(), province.regions[0].as_str(), province.members.len()), ("cn.32", "320000", 2));
    let policy = &province.policy["directive"];
    assert_eq!((policy.rule.as_str(), policy.deadline_ms), ("author unless veto(supervisor) within 4h", 86_400_000));
    let n1 = &play.seats["N1"];
    assert_eq!((n1.chain.as_str(), n1.member.id.as_str(), n1.member.cosigner), ("cn.32", "n1", true));
    assert_eq!(
        (n1.member.roles.as_slice(), n1.member.node_role.as_str()),
        (&["epidemiologist".to_owned()][..], "master")
    );
    assert!(!play.seats["N3"].member.cosigner);
}

#[test]
fn sentences_are_deeds_times_and_checks() {
    let read = sentences(
        r#"N3 reports an urgent cluster of 9 positives at lukou-airport, called "the cluster"
N1 vetoes "the cluster" because no-evidence but is refused: ROLE_MISSING
N3 corrects "the cluster": "all nine are confirmed"
N1 proposes that E joins as "Laboratory": common, lab, sector cdc, cosigns, called "the join"
N1 proposes that the phase is response led by N1 and that the phase is recovery led by nobody
after 90 minutes
E starts its services
cn.32 falls silent
then cn never heard of "the cluster"
then E has -1 vested credits"#,
    );
    let cluster = Deed::Cluster { urgent: true, positives: 9, place: "lukou-airport".into() };
    let called = |name: &str| Some(name.to_owned());
    assert_eq!(
        read[0],
        Sentence::Act(Act { who: "N3".into(), deed: cluster, called: called("the cluster"), refused: None })
    );
    let veto = Deed::Ballot { on: "the cluster".into(), choice: Choice::Veto, reason: "no-evidence".into() };
    let refused = Some(Code::RoleMissing);
    assert_eq!(read[1], Sentence::Act(Act { who: "N1".into(), deed: veto, called: None, refused }));
    let statement = "all nine are confirmed".to_owned();
    assert_eq!(read[2], said("N3", Deed::Correction { on: "the cluster".into(), confirmed: None, statement }));
    let join = Deed::Proposal(vec![Step::Join("E".into())]);
    assert_eq!(read[3], Sentence::Act(Act { who: "N1".into(), deed: join, called: called("the join"), refused: None }));
    let phases = vec![
        Step::Phase { phase: Phase::Response, led_by: Some("N1".into()) },
        Step::Phase { phase: Phase::Recovery, led_by: None },
    ];
    assert_eq!(read[4], said("N1", Deed::Proposal(phases)));
    assert_eq!(read[5], Sentence::After(5_400_000));
    assert_eq!(read[6], Sentence::Starts("E".into()));
    assert_eq!(read[7], Sentence::Falls("cn.32".into()));
    assert_eq!(read[8], Sentence::Then(Check::NeverHeard { chain: "cn".into(), on: "the cluster".into() }));
    assert_eq!(read[9], Sentence::Then(Check::Credits { who: "E".into(), sum: -1, vested: true }));
}

#[test]
fn what_can_not_be_read_is_named_with_its_line() {
    let lines_above = HEAD.lines().count();
    let cases = [
        ("N9 endorses \"x\"", "`N9` stands where the name of a member should"),
        ("N1 endorses \"x\"", "nothing above is called \"x\""),
        ("N1 endorses x", "where the name of an event in quotation marks should"),
        ("N1 sings", "`sings` stands where reports,"),
        ("after 4 weeks", "`weeks` stands where"),
        ("after four hours", "`four` stands where a number should"),
        ("N1 directs \"Stay\" but is refused: NO_SUCH", "where a refusal code should"),
        ("N1 directs \"Stay\" today", "`today` stands where the end of the sentence should"),
        ("N1 directs \"Stay", "not closed"),
        ("then cn.33 counts 1 confirmed", "where the name of a member should"),
        ("N1 proposes that N3 joins as \"Hospital\": common, sector hospital", "N3 takes part already"),
        ("N1 proposes that the policy of weather is \"author\"", "where a class of policy should"),
        (
            "chain cn.33 \"Another\", region 330000\nthen cn counts 0 confirmed\nchain cn.34 \"Late\", region 340000",
            "before anything happens",
        ),
        ("chain cn \"Again\", region 110000", "stands above already"),
        ("  N3 \"Hospital\": common, sector hospital", "N3 takes part already"),
        ("  N4 \"Hospital\": common", "N4 has no sector"),
    ];
    for (line, why) in cases {
        let error = read(line).err().map(|error| error.to_string()).unwrap_or_else(|| panic!("{line} was read"));
        let at = lines_above + line.lines().count();
        assert!(error.starts_with(&format!("line {at}: ")) && error.contains(why), "{line}: {error}");
    }
}

#[test]
fn a_play_says_when_it_begins_and_what_must_be_so() {
    let error = |text: &str| play(text).err().unwrap().to_string();
    assert!(error("the disease is \"COVID-19\", code U07.1").contains("when it begins"));
    assert!(error(HEAD).contains("shows nothing"));
    assert!(error("chain cn \"The nation\", region 100000").starts_with("line 1: the play begins before"));
    assert!(error("the play begins 2021-02-30 08:00").starts_with("line 1: "));
}
