//! Whether the members of a chain can ever satisfy a policy, whoever of them reports.

use crate::genesis::{KeyClass, Member};
use crate::refusal::{Code, Refusal};

use super::{Place, Policy, matching, roles_of};

impl Policy {
    /// Refuses a policy that names a role nobody holds, or that the other members could not satisfy when one of them
    /// that may report (it has an author key) is the author.
    pub fn satisfiable(&self, members: &[Member]) -> Result<(), Refusal> {
        let Policy::Group(group) = self else { return Ok(()) };
        let roles = members.iter().map(|member| roles_of(&member.roles, member.node_role)).collect::<Vec<_>>();
        let profiles = members
            .iter()
            .zip(&roles)
            .map(|(member, roles)| (roles.as_slice(), member.sector.as_str()))
            .collect::<Vec<_>>();
        let held = |place: &&Place| !profiles.iter().any(|(roles, sector)| place.admits(roles, sector));
        if let Some(place) = group.places.iter().chain(group.veto.iter().map(|veto| &veto.holder)).find(held) {
            return Err(bad(format!("no member holds the role `{place}`")));
        }
        let filled = matching::matched(group, &profiles);
        if filled.len() < group.needed {
            return Err(bad(format!(
                "only {} of {} places can be filled by different members",
                filled.len(),
                group.needed
            )));
        }
        // Without an author that the matching does not use, the same matching stands.
        for author in filled {
            let Some(member) = members.get(author).filter(|member| member.keys.contains_key(&KeyClass::Author)) else {
                continue;
            };
            let others = profiles
                .iter()
                .enumerate()
                .filter(|(at, _)| *at != author)
                .map(|(_, profile)| *profile)
                .collect::<Vec<_>>();
            if !matching::fills(group, &others) {
                let detail =
                    format!("a report by `{}` could never be accepted: the others do not fill the places", member.id);
                return Err(bad(detail));
            }
        }
        Ok(())
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&self.role)?;
        self.sector.iter().try_for_each(|sector| write!(out, "@sector:{sector}"))
    }
}

fn bad(detail: String) -> Refusal {
    Refusal::of(Code::BadPolicy, "rule", detail)
}
