//! The electorate of a report: who was admitted to its majorities and fractions when it was opened.
//!
//! It is kept with the report, so that members who join, leave or change roles move no share of what is open already: a
//! majority cannot be made by admitting friends after the question was put.

use crate::chain::MemberId;
use crate::codec::record;

use super::{Policy, Profile};

record! {
    /// The electorate of a report; empty under a policy without majorities and fractions.
    pub struct Electors {
        /// By name, each once; at most the members of a chain.
        pub members: Vec<Elector>,
    }

    /// A member of the electorate.
    pub struct Elector {
        /// Its name.
        pub member: MemberId,
        /// Where it counts: bit n is the n-th leaf of the policy in written order.
        pub leaves: u64,
    }
}

impl Electors {
    /// Nobody, as for a policy that asks for no share.
    pub fn none() -> Self {
        Electors { members: Vec::new() }
    }

    /// The leaves in whose electorate the member is.
    pub(super) fn leaves_of(&self, member: &str) -> u64 {
        let at = self.members.binary_search_by(|elector| elector.member.as_str().cmp(member));
        at.ok().and_then(|at| self.members.get(at)).map_or(0, |elector| elector.leaves)
    }

    /// How many members the electorate of each leaf has.
    pub(super) fn sizes(&self, leaves: usize) -> Vec<usize> {
        let of = |leaf| self.members.iter().filter(|elector| elector.leaves & bit(leaf) != 0).count();
        (0..leaves).map(of).collect()
    }
}

impl Policy {
    /// Whether it has a majority or fraction, so that [`Policy::electorate`] needs the chain's members.
    pub fn has_electorate(&self) -> bool {
        self.leaves().iter().any(|leaf| leaf.share)
    }

    /// The electorate of a report by `author`, of the members active when it is opened.
    pub fn electorate(&self, members: &[Profile], author: &str) -> Electors {
        let leaves = self.leaves();
        let shares = leaves.iter().enumerate().filter(|(_, leaf)| leaf.share).collect::<Vec<_>>();
        let elector = |profile: &Profile| {
            let admitting = shares.iter().filter(|(_, leaf)| leaf.place.admits(profile.party()));
            let leaves = admitting.fold(0, |set, (at, _)| set | bit(*at));
            (leaves != 0 && profile.id != author).then(|| Elector { member: profile.id.clone(), leaves })
        };
        let mut members = members.iter().filter_map(elector).collect::<Vec<_>>();
        members.sort_by(|one, other| one.member.cmp(&other.member));
        Electors { members }
    }
}

/// The set of one leaf; a policy that parsed has at most 64.
pub(super) fn bit(leaf: usize) -> u64 {
    u32::try_from(leaf).ok().and_then(|leaf| 1_u64.checked_shl(leaf)).unwrap_or_default()
}
