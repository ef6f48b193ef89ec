use super::*;
use crate::event::{Choice, Fact};
use crate::genesis::NodeRole;
use crate::query;
use crate::stage::{Stage, vote};

fn proposal(actions: Vec<Action>) -> Fact {
    Fact::Proposal(Proposal { actions, reason: "yearly review".into() })
}

#[test]
fn a_proposal_is_applied_by_itself_when_its_policy_holds() {
    let mut chain = Stage::new(&[]);
    let roles = Action::SetRoles { member: "airport".into(), node_role: NodeRole::Supervisor, roles: vec![] };
    let proposed = chain.say("hospital", proposal(vec![roles]));
    assert_eq!(chain.outcome(&proposed), Outcome::Open);
    let role = |chain: &Stage| query::member(&chain.state, "airport").unwrap().unwrap().node_role;
    for manager in ["health", "cdc"] {
        assert_eq!(role(&chain), NodeRole::Common);
        chain.say(manager, vote(proposed, Choice::Endorse));
    }
    assert_eq!(chain.outcome(&proposed), Outcome::Accepted);
    assert_eq!(role(&chain), NodeRole::Supervisor);
    assert_eq!(query::roster_version(&chain.state).unwrap(), 1);
}
