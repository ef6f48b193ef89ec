//! Whether enough places of a group can be filled by different members: maximum bipartite matching by augmenting paths
//! (Kuhn), which never moves a seated member out, only to another place.

use super::Group;

/// A member as far as a policy looks at it: its roles and its sector.
pub(super) type Profile<'a> = (&'a [String], &'a str);

/// Whether these members, each in at most one place, fill as many places as the group needs.
pub(super) fn fills(group: &Group, members: &[Profile<'_>]) -> bool {
    // Most ballots leave the group short of members; that needs no search.
    members.len() >= group.needed && matched(group, members).len() >= group.needed
}

/// The members a largest matching uses, stopped as soon as the group is filled.
pub(super) fn matched(group: &Group, members: &[Profile<'_>]) -> Vec<usize> {
    let mut held_by = vec![None; group.places.len()];
    let mut used = Vec::new();
    for member in 0..members.len() {
        if used.len() >= group.needed {
            break;
        }
        if seat(group, members, member, &mut held_by, &mut vec![false; group.places.len()]) {
            used.push(member);
        }
    }
    used
}

/// Finds `member` a place, moving others if need be. It recurses at most once for each place, so 64 deep.
fn seat(
    group: &Group,
    members: &[Profile<'_>],
    member: usize,
    held_by: &mut [Option<usize>],
    tried: &mut [bool],
) -> bool {
    let Some((roles, sector)) = members.get(member) else { return false };
    for (at, place) in group.places.iter().enumerate() {
        let Some(seen) = tried.get_mut(at) else { continue };
        if *seen || !place.admits(roles, sector) {
            continue;
        }
        *seen = true;
        let holder = held_by.get(at).copied().flatten();
        if holder.is_none_or(|holder| seat(group, members, holder, held_by, tried)) {
            if let Some(slot) = held_by.get_mut(at) {
                *slot = Some(member);
            }
            return true;
        }
    }
    false
}
