//! Who is heard under a policy, and what the ballots amount to.

use std::collections::BTreeSet;

use crate::event::Choice;
use crate::refusal::{Code, Refusal};
use crate::time::Millis;

use super::electors::bit;
use super::place::Party;
use super::{CastBallot, Electors, Expr, Head, Leaf, Policy, Quota, Reason, Verdict, matching};

impl Policy {
    /// Whether the ballot's member has a say by its choice: a place, a vote in an electorate, or the veto.
    pub fn hears(&self, ballot: &CastBallot, electors: &Electors) -> Result<(), Refusal> {
        let party = ballot.party();
        if ballot.choice == Choice::Veto {
            return if self.holds_veto(party) { Ok(()) } else { Err(role_missing()) };
        }
        let leaves = self.leaves();
        if standing(&leaves, party, electors) != 0 {
            return Ok(());
        }
        if leaves.iter().any(|leaf| leaf.share && leaf.place.admits(party)) {
            let detail = "the member was not in the electorate when this report was opened";
            return Err(Refusal::of(Code::NotElector, "choice", detail));
        }
        Err(role_missing())
    }

    /// What the ballots on a report by `author`, executed at `opened`, amount to at chain time `now`.
    ///
    /// Evaluate after every ballot and at [`Policy::window_end`]: a veto counts while the window is open, acceptance
    /// waits for its end.
    pub fn evaluate(
        &self,
        ballots: &[CastBallot],
        electors: &Electors,
        author: &str,
        now: Millis,
        opened: Millis,
    ) -> Verdict {
        let counted = distinct(ballots, author);
        let window_open = self.window_end(opened).is_some_and(|end| now < end);
        if window_open && counted.iter().any(|b| b.choice == Choice::Veto && self.holds_veto(b.party())) {
            return Verdict::Rejected(Reason::Vetoed);
        }
        let leaves = self.leaves();
        let sizes = electors.sizes(leaves.len());
        let side = |choice| {
            let of_side = counted.iter().filter(|ballot| ballot.choice == choice).map(|ballot| ballot.party());
            let standing = |party| Standing { leaves: standing(&leaves, party, electors), sector: party.sector };
            let members = of_side.map(standing).filter(|member| member.leaves != 0).collect::<Vec<_>>();
            self.carried_by(&Side { members: &members, sizes: &sizes, objecting: choice == Choice::Object })
        };
        match (side(Choice::Endorse), side(Choice::Object)) {
            (true, false) if !window_open => Verdict::Accepted,
            (false, true) => Verdict::Rejected(Reason::Objected),
            _ => Verdict::Open,
        }
    }

    fn holds_veto(&self, party: Party<'_>) -> bool {
        self.veto.iter().any(|veto| veto.holder.admits(party))
    }

    /// Whether one side has what it takes; the author's word is no member's ballot and never objects.
    pub(super) fn carried_by(&self, side: &Side<'_>) -> bool {
        match &self.head {
            Head::Author => !side.objecting,
            // Nothing holds without a ballot, and most sides have none.
            Head::Ballots(_) if side.members.is_empty() => false,
            Head::Ballots(expr) => self.sectors.is_none_or(|least| side.sectors() >= least) && expr.holds(side, &mut 0),
        }
    }
}

fn role_missing() -> Refusal {
    let detail = "the policy of this report gives the member's roles and sector no such say";
    Refusal::of(Code::RoleMissing, "choice", detail)
}

/// The first ballot of every member other than the author's.
fn distinct<'a>(ballots: &'a [CastBallot], author: &str) -> Vec<&'a CastBallot> {
    let mut seen = BTreeSet::from([author]);
    ballots.iter().filter(|ballot| seen.insert(ballot.member.as_str())).collect()
}

/// The leaves a member stands in: places by its roles now, shares by the electorate then.
fn standing(leaves: &[Leaf<'_>], party: Party<'_>, electors: &Electors) -> u64 {
    let stands = |(_, leaf): &(usize, &Leaf<'_>)| !leaf.share && leaf.place.admits(party);
    leaves.iter().enumerate().filter(stands).fold(electors.leaves_of(party.id), |set, (at, _)| set | bit(at))
}

/// A member that is heard.
pub(super) struct Standing<'a> {
    /// The leaves it stands in.
    pub(super) leaves: u64,
    /// Its sector.
    pub(super) sector: &'a str,
}

/// The members that said one thing.
pub(super) struct Side<'a> {
    /// Each once, all heard.
    pub(super) members: &'a [Standing<'a>],
    /// How many members the electorate of each leaf has.
    pub(super) sizes: &'a [usize],
    /// Whether they object.
    pub(super) objecting: bool,
}

impl Side<'_> {
    fn sectors(&self) -> usize {
        self.members.iter().map(|member| member.sector).collect::<BTreeSet<_>>().len()
    }

    fn count(&self, leaf: usize) -> usize {
        self.members.iter().filter(|member| member.leaves & bit(leaf) != 0).count()
    }

    /// Whether this side is the share of the leaf's electorate that decides. The two sides' shares exclude each other.
    fn outweighs(&self, quota: Quota, leaf: usize) -> bool {
        let (count, size) = (self.count(leaf), self.sizes.get(leaf).copied().unwrap_or_default());
        match quota {
            _ if size == 0 => false,
            Quota::Majority => count * 2 > size,
            Quota::Fraction { a, b } if self.objecting => count * b as usize > (b - a) as usize * size,
            Quota::Fraction { a, b } => count * b as usize >= a as usize * size,
        }
    }
}

impl Expr {
    /// Whether the side brings this about; `next` is the number of the next leaf.
    fn holds(&self, side: &Side<'_>, next: &mut usize) -> bool {
        let leaf = *next;
        let group = match self {
            Expr::Place(_) => {
                *next += 1;
                return side.count(leaf) > 0;
            }
            Expr::Share(share) => {
                *next += 1;
                return side.outweighs(share.quota, leaf);
            }
            Expr::Group(group) => group,
        };
        let (mut places, mut held) = (0, 0);
        for part in &group.of {
            if matches!(part, Expr::Place(_)) {
                places |= bit(*next);
                *next += 1;
            } else {
                held += usize::from(part.holds(side, next));
            }
        }
        let members = side.members.iter().map(|member| member.leaves);
        matching::fills(group.needed.saturating_sub(held), places, members)
    }
}
