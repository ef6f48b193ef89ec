use super::*;
use crate::event::{Action, CapacityClaim, Choice, Fact, Proposal, Resource};
use crate::query;
use crate::record::Outcome;
use crate::stage::{Stage, vote};

fn proposal(facility: &str, disease: &str, designated: bool) -> Fact {
    let action = Action::Designate { facility: facility.into(), disease: disease.into(), designated };
    Fact::Proposal(Proposal { actions: vec![action], reason: "it has an isolation wing".into() })
}

#[test]
fn a_facility_somebody_speaks_for_is_designated_by_vote_and_no_longer_by_vote() {
    let mut stage = Stage::new(&[]);
    assert_eq!(stage.code("health", proposal("gulou", "U07.1", true)), Some(Code::BadAction), "nobody speaks for it");
    let claim = CapacityClaim { facility: "gulou".into(), resource: Resource::Isolation, staffed: 9, occupied: 0 };
    stage.say("hospital", Fact::CapacityClaim(claim));
    let proposed = stage.say("hospital", proposal("gulou", "U07.1", true));
    assert_eq!(query::designation(&stage.state, "gulou", "U07.1").unwrap(), None, "a proposal alone does nothing");
    for manager in ["health", "cdc"] {
        stage.say(manager, vote(proposed, Choice::Endorse));
    }
    assert_eq!(stage.outcome(&proposed), Outcome::Accepted);
    let first = query::designation(&stage.state, "gulou", "U07.1").unwrap().unwrap();
    assert_eq!((first.designated, first.since, first.event), (true, stage.now, proposed));
    assert_eq!(query::designation(&stage.state, "gulou", "A20").unwrap(), None, "of this disease only");
    stage.later(60_000);
    let ended = stage.say("hospital", proposal("gulou", "U07.1", false));
    for manager in ["health", "cdc"] {
        stage.say(manager, vote(ended, Choice::Endorse));
    }
    let now = query::designations(&stage.state, 10).unwrap();
    let record = DesignationRecord { designated: false, since: stage.now, event: ended, ..first };
    assert_eq!(now, [record], "that it ended is kept");
}

#[test]
fn what_is_designated_has_a_name_and_a_disease_code() {
    let form = |facility: &str, disease: &str| {
        let event = crate::facility::testing::event(proposal(facility, disease, true));
        crate::form::check(&event).err().map(|refusal| (refusal.code, refusal.field))
    };
    assert_eq!(form("gulou", "U07.1"), None);
    assert_eq!(form("Gulou", "U07.1"), Some((Code::UnknownCode, "facility")));
    assert_eq!(form("gulou", "covid"), Some((Code::UnknownCode, "disease")));
}
