//! Whether enough places of a group can be filled by different members: maximum bipartite matching by augmenting paths
//! (Kuhn), which never moves a seated member out, only to another place.

/// Whether these members, each in at most one place, fill `needed` of the places. A member is the set of leaves it may
/// stand in, `places` the set of leaves to fill.
pub(super) fn fills(needed: usize, places: u64, members: impl ExactSizeIterator<Item = u64>) -> bool {
    // Most ballots leave the group short of members; that needs no search.
    if members.len() < needed || (places.count_ones() as usize) < needed {
        return false;
    }
    let mut holders = [0_u64; 64];
    let mut seated = 0;
    for member in members {
        if seated >= needed {
            break;
        }
        seated += usize::from(seat(member & places, &mut holders, &mut 0));
    }
    seated >= needed
}

/// Finds a member one of its `places`, moving others if need be; each place is tried at most once, so it recurses at
/// most 64 deep. A holder is kept as the set of its places, which is never empty.
fn seat(places: u64, holders: &mut [u64; 64], tried: &mut u64) -> bool {
    loop {
        let left = places & !*tried;
        let at = left.trailing_zeros();
        *tried |= left & left.wrapping_neg();
        let Some(holder) = holders.get(at as usize).copied() else { return false };
        if holder == 0 || seat(holder, holders, tried) {
            if let Some(slot) = holders.get_mut(at as usize) {
                *slot = places;
            }
            return true;
        }
    }
}
