//! Whether the members of a chain can ever satisfy a policy, whoever of them reports. Checked when a policy is set and
//! again at every change of members, against those that would then be active.

use std::collections::BTreeSet;

use crate::refusal::{Code, Refusal};

use super::electors::bit;
use super::judge::{Side, Standing};
use super::{Leaf, Place, Policy, Profile, Scope};

impl Policy {
    /// Refuses a policy with a place that no member can fill, or that the other members could not satisfy together when
    /// one of them is the author. A member without an author key casts no ballot but belongs to every electorate it is
    /// admitted to.
    pub fn satisfiable(&self, members: &[Profile]) -> Result<(), Refusal> {
        let leaves = self.leaves();
        let empty = |place: &&Place| !members.iter().any(|member| member.may_author && place.admits(member.party()));
        if let Some(place) = self.named().into_iter().find(empty) {
            return Err(bad(format!("no member that could cast a ballot holds the role `{place}`")));
        }
        let standings = members.iter().map(|member| leaves_of(&leaves, member)).collect::<Vec<_>>();
        let size = |leaf| standings.iter().filter(|standing| **standing & bit(leaf) != 0).count();
        let sizes = (0..leaves.len()).map(size).collect::<Vec<_>>();
        // An author from outside, as an escalated report of a child has.
        if !self.holds_without(None, members, &standings, &sizes) {
            return Err(bad(String::from("the members' ballots all together could never satisfy it")));
        }
        // Two members of one sector that stand in the same leaves are alike as authors.
        let mut tried = BTreeSet::new();
        for (at, (member, standing)) in members.iter().zip(&standings).enumerate() {
            if !member.may_author || !tried.insert((*standing, member.sector.as_str())) {
                continue;
            }
            if !self.holds_without(Some(at), members, &standings, &sizes) {
                return Err(bad(format!(
                    "a report by `{}` could never be accepted: the others' ballots all together do not satisfy it",
                    member.id
                )));
            }
        }
        Ok(())
    }

    /// Refuses a policy that names a region the chain has not; `regions` are the chain's.
    pub fn within(&self, regions: &[String]) -> Result<(), Refusal> {
        for place in self.named() {
            if let Some(Scope::Region(region)) = &place.scope
                && !regions.contains(region)
            {
                return Err(bad(format!("the chain has no region `{region}`")));
            }
        }
        Ok(())
    }

    /// Every place of the text, the veto's too.
    fn named(&self) -> Vec<&Place> {
        let leaves = self.leaves().into_iter().map(|leaf| leaf.place);
        leaves.chain(self.veto.iter().map(|veto| &veto.holder)).collect()
    }

    /// Whether the endorsements of all members but one satisfy the policy; `sizes` are the electorates of them all.
    fn holds_without(&self, author: Option<usize>, members: &[Profile], standings: &[u64], sizes: &[usize]) -> bool {
        let own = author.and_then(|at| standings.get(at)).copied().unwrap_or_default();
        let without = |(leaf, size): (usize, &usize)| size.saturating_sub(usize::from(own & bit(leaf) != 0));
        let sizes = sizes.iter().enumerate().map(without).collect::<Vec<_>>();
        let others = members.iter().zip(standings).enumerate().filter(|(at, _)| Some(*at) != author);
        let endorsing = others
            .filter(|(_, (member, standing))| member.may_author && **standing != 0)
            .map(|(_, (member, standing))| Standing { leaves: *standing, sector: &member.sector })
            .collect::<Vec<_>>();
        self.carried_by(&Side { members: &endorsing, sizes: &sizes, objecting: false })
    }
}

/// The leaves that admit a member, be they places or electorates.
fn leaves_of(leaves: &[Leaf<'_>], member: &Profile) -> u64 {
    let admitting = leaves.iter().enumerate().filter(|(_, leaf)| leaf.place.admits(member.party()));
    admitting.fold(0, |set, (at, _)| set | bit(at))
}

fn bad(detail: String) -> Refusal {
    Refusal::of(Code::BadPolicy, "rule", detail)
}
