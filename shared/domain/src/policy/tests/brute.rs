//! The rules against an evaluator that tries every assignment of members to places, and every set of endorsing members.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;

/// A member as the brute force sees it.
#[derive(Clone, Debug, PartialEq)]
struct Who {
    id: String,
    roles: Vec<String>,
    sector: String,
    regions: Vec<String>,
}

fn fits(place: &Place, who: &Who) -> bool {
    let scope = match &place.scope {
        None => true,
        Some(Scope::Sector(name)) => who.sector == *name,
        Some(Scope::Region(code)) => who.regions.iter().any(|region| region == code) || who.regions.is_empty(),
        Some(Scope::Member(name)) => who.id == *name,
    };
    scope && who.roles.contains(&place.role)
}

/// Every way to fill places with different members, as how many were filled.
fn assignments(places: &[&Place], free: &[Who]) -> Vec<usize> {
    let Some((place, rest)) = places.split_first() else { return vec![0] };
    let mut counts = assignments(rest, free);
    for at in (0..free.len()).filter(|at| fits(place, &free[*at])) {
        let mut left = free.to_vec();
        left.remove(at);
        counts.extend(assignments(rest, &left).into_iter().map(|count| count + 1));
    }
    counts
}

/// Whether one side of ballots carries an expression; `voters` are those who were there at the opening.
fn carries(expr: &Expr, side: &[Who], voters: &[Who], objecting: bool) -> bool {
    match expr {
        Expr::Place(place) => side.iter().any(|who| fits(place, who)),
        Expr::Share(share) => {
            let all = voters.iter().filter(|who| fits(&share.of, who)).collect::<Vec<_>>();
            let said = all.iter().filter(|who| side.iter().any(|one| one.id == who.id)).count();
            match share.quota {
                _ if all.is_empty() => false,
                Quota::Majority => said > all.len() - said,
                // So many objected that those who did not are short of the fraction.
                Quota::Fraction { a, b } if objecting => (all.len() - said) * (b as usize) < all.len() * a as usize,
                Quota::Fraction { a, b } => said * b as usize >= all.len() * a as usize,
            }
        }
        Expr::Group(group) => {
            let places = group.of.iter().filter_map(|part| match part {
                Expr::Place(place) => Some(place),
                _ => None,
            });
            let inner = group.of.iter().filter(|part| !matches!(part, Expr::Place(_)));
            let held = inner.filter(|part| carries(part, side, voters, objecting)).count();
            assignments(&places.collect::<Vec<_>>(), side).into_iter().any(|count| count + held >= group.needed)
        }
    }
}

fn heard(expr: &Expr, who: &Who, voters: &[Who]) -> bool {
    match expr {
        Expr::Place(place) => fits(place, who),
        Expr::Share(share) => voters.iter().any(|voter| voter.id == who.id && fits(&share.of, voter)),
        Expr::Group(group) => group.of.iter().any(|part| heard(part, who, voters)),
    }
}

fn side_carries(policy: &Policy, side: &[Who], voters: &[Who], objecting: bool) -> bool {
    let Head::Ballots(expr) = &policy.head else { return !objecting };
    let mut sectors = side.iter().filter(|who| heard(expr, who, voters)).map(|who| &who.sector).collect::<Vec<_>>();
    sectors.sort();
    sectors.dedup();
    carries(expr, side, voters, objecting) && policy.sectors.is_none_or(|least| sectors.len() >= least)
}

fn any_place() -> impl Strategy<Value = Place> {
    let scope = prop_oneof![
        4 => Just(None),
        2 => "[xy]".prop_map(|name| Some(Scope::Sector(name))),
        1 => "32|33".prop_map(|code| Some(Scope::Region(code))),
        1 => "[m-q]".prop_map(|name| Some(Scope::Member(name))),
    ];
    ("[abc]", scope).prop_map(|(role, scope)| Place { role, scope })
}

fn any_expr() -> impl Strategy<Value = Expr> {
    let quota = prop_oneof![
        Just(Quota::Majority),
        (1..4_u32, 0..3_u32).prop_map(|(a, more)| Quota::Fraction { a, b: a + more }),
    ];
    let share = (quota, any_place()).prop_map(|(quota, of)| Expr::Share(Share { quota, of }));
    let leaf = prop_oneof![3 => any_place().prop_map(Expr::Place), 1 => share];
    leaf.prop_recursive(3, 10, 5, |inner| {
        (1usize..5, proptest::collection::vec(inner, 1..5))
            .prop_map(|(needed, of)| Expr::Group(Group { needed: needed.min(of.len()), of }))
    })
}

/// Policies over the roles a to c, sectors x and y, regions 32 and 33, members m to q.
pub(super) fn any_policy() -> impl Strategy<Value = Policy> {
    let head = prop_oneof![1 => Just(Head::Author), 9 => any_expr().prop_map(Head::Ballots)];
    let veto = any_place().prop_map(|holder| Veto { holder, window_ms: 1000 });
    (head, proptest::option::weighted(0.3, Just(2_usize)), proptest::option::weighted(0.4, veto), any::<bool>())
        .prop_map(|(head, sectors, veto, provisional)| {
            // What the parser refuses: sectors and alarms that mean nothing.
            let sectors = sectors.filter(|_| head != Head::Author);
            let provisional = provisional && (head != Head::Author || veto.is_some());
            Policy { head, sectors, veto, provisional }
        })
}

fn any_who(id: impl Strategy<Value = String>) -> impl Strategy<Value = Who> {
    let regions = proptest::collection::vec("32|33", 0..2);
    (id, proptest::collection::vec("[abc]", 0..3), "[xyz]", regions).prop_map(|(id, roles, sector, regions)| Who {
        id,
        roles,
        sector,
        regions,
    })
}

fn any_ballots() -> impl Strategy<Value = Vec<CastBallot>> {
    let choice = prop_oneof![
        4 => Just(Choice::Endorse), 3 => Just(Choice::Object), 1 => Just(Choice::Ask), 1 => Just(Choice::Veto),
    ];
    let cast = (any_who("[m-s]".boxed()), choice).prop_map(|(who, choice)| CastBallot {
        member: who.id,
        roles: who.roles,
        sector: who.sector,
        regions: who.regions,
        choice,
    });
    proptest::collection::vec(cast, 0..8)
}

/// Members m, n, ... as they are at the opening.
fn any_members(most: usize) -> impl Strategy<Value = Vec<(Who, bool)>> {
    let one = (any_who(Just(String::new())), proptest::bool::weighted(0.7));
    proptest::collection::vec(one, 0..most).prop_map(|mut members| {
        for ((who, _), id) in members.iter_mut().zip('m'..) {
            who.id = id.to_string();
        }
        members
    })
}

fn profiles(members: &[(Who, bool)]) -> Vec<Profile> {
    let profile = |(who, may_author): &(Who, bool)| Profile {
        id: who.id.clone(),
        roles: who.roles.clone(),
        sector: who.sector.clone(),
        regions: who.regions.clone(),
        may_author: *may_author,
    };
    members.iter().map(profile).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn the_verdict_is_the_one_of_trying_every_assignment(
        policy in any_policy(),
        members in any_members(7),
        ballots in any_ballots(),
        late in any::<bool>(),
    ) {
        let now = OPENED.plus_ms(if late { 1000 } else { 999 });
        let mut first = BTreeMap::new();
        for ballot in ballots.iter().filter(|ballot| ballot.member != "m") {
            let (member, roles) = (ballot.member.clone(), ballot.roles.clone());
            let who = Who { id: member.clone(), roles, sector: ballot.sector.clone(), regions: ballot.regions.clone() };
            first.entry(member).or_insert((who, ballot.choice));
        }
        let of = |choice| first.values().filter(|one| one.1 == choice).map(|one| one.0.clone()).collect::<Vec<_>>();
        let voters = members.iter().map(|(who, _)| who.clone()).filter(|who| who.id != "m").collect::<Vec<_>>();
        let pending = policy.veto.is_some() && !late;
        let stopped = pending && policy.veto.iter().any(|veto| of(Choice::Veto).iter().any(|who| fits(&veto.holder, who)));
        let endorsed = side_carries(&policy, &of(Choice::Endorse), &voters, false);
        let objected = side_carries(&policy, &of(Choice::Object), &voters, true);
        let wanted = match (stopped, endorsed, objected) {
            (true, _, _) => Verdict::Rejected(Reason::Vetoed),
            (_, false, true) => Verdict::Rejected(Reason::Objected),
            (_, true, false) if !pending => Verdict::Accepted,
            _ => Verdict::Open,
        };
        let electors = policy.electorate(&profiles(&members), "m");
        prop_assert_eq!(policy.evaluate(&ballots, &electors, "m", now, OPENED), wanted);
    }

    #[test]
    fn whoever_changes_a_verdict_was_heard(
        policy in any_policy(),
        members in any_members(7),
        mut ballots in any_ballots(),
    ) {
        // Of several ballots of a member the first counts, be it heard or not, so here each has one.
        let mut seen = BTreeSet::new();
        ballots.retain(|ballot| seen.insert(ballot.member.clone()));
        let electors = policy.electorate(&profiles(&members), "m");
        let heard = ballots.iter().filter(|ballot| policy.hears(ballot, &electors).is_ok()).cloned().collect::<Vec<_>>();
        let judge = |ballots: &[CastBallot]| policy.evaluate(ballots, &electors, "m", OPENED, OPENED);
        prop_assert_eq!(judge(&heard), judge(&ballots));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn satisfiable_means_that_some_of_the_others_could_accept_whoever_reports(
        policy in any_policy(),
        members in any_members(6),
    ) {
        let places = {
            let leaves = policy.leaves().into_iter().map(|leaf| leaf.place);
            leaves.chain(policy.veto.iter().map(|veto| &veto.holder)).collect::<Vec<_>>()
        };
        let live = places.iter().all(|place| members.iter().any(|(who, may)| *may && fits(place, who)));
        let accepts = |author: Option<usize>| {
            let others = || members.iter().enumerate().filter(|(at, _)| Some(*at) != author).map(|(_, one)| one);
            let voters = others().map(|(who, _)| who.clone()).collect::<Vec<_>>();
            let able = others().filter(|(_, may)| *may).map(|(who, _)| who.clone()).collect::<Vec<_>>();
            (0..1_usize << able.len()).any(|set| {
                let chosen = able.iter().enumerate().filter(|(at, _)| set >> at & 1 == 1);
                side_carries(&policy, &chosen.map(|(_, who)| who.clone()).collect::<Vec<_>>(), &voters, false)
            })
        };
        let authors = (0..members.len()).filter(|at| members[*at].1);
        let wanted = live && accepts(None) && authors.map(Some).all(accepts);
        prop_assert_eq!(policy.satisfiable(&profiles(&members)).is_ok(), wanted);
    }
}
