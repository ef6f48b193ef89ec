//! Which ledger's blocks a sealer builds on when ledgers do not tell the same story. Pure.
//!
//! A ledger alone may hold blocks that the stream lost before others had them, and be higher than those that made another
//! block final meanwhile. So height alone says nothing: what may be final is what so many of the ledgers heard share that,
//! with all those not heard, they could be q. When q of n were heard, at most one story can be shared so. A liar that
//! hides how far it is makes that too little; so whatever one of them proves to be final comes before any counting.

/// What to build on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Goal {
    /// Which of the answers.
    pub answer: usize,
    /// Up to this height its blocks may be final, so that no rival of theirs in the stream can stand.
    pub may_be_final: u64,
}

/// What to build on, of answers whose agreement is given: `agree[i][j]` is the height up to which answers i and j have the
/// same blocks, `agree[i][i]` how high i is. `known[i]` is the height up to which i's blocks are proven to be final.
/// `None` when too few answered to tell anything.
pub fn build_on(agree: &[Vec<u64>], known: &[u64], cosigners: usize, quorum: usize) -> Option<Goal> {
    let silent = cosigners.saturating_sub(agree.len());
    let needed = quorum.checked_sub(silent).filter(|needed| *needed > 0)?;
    // The height up to which as many share an answer as must hold whatever is final.
    let shared = |row: &Vec<u64>| {
        let mut sorted = row.clone();
        sorted.sort_unstable_by(|one, other| other.cmp(one));
        sorted.get(needed - 1).copied().unwrap_or(0)
    };
    let proven = known.iter().copied().max().unwrap_or(0);
    let rows = agree.iter().zip(known).enumerate().filter(|(_, (_, known))| **known == proven);
    let goals = rows.map(|(answer, (row, _))| Goal { answer, may_be_final: shared(row).max(proven) });
    goals.max_by_key(|goal| (goal.may_be_final, agree.get(goal.answer).and_then(|row| row.get(goal.answer)).copied()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn given_one_story_then_the_highest_is_built_on() {
        let agree = [vec![5, 5, 3], vec![5, 7, 3], vec![3, 3, 3]];
        // With the fourth it may be two that share 5.
        assert_eq!(build_on(&agree, &[0; 3], 4, 3), Some(Goal { answer: 1, may_be_final: 5 }));
        assert_eq!(build_on(&[vec![0]], &[0], 1, 1), Some(Goal { answer: 0, may_be_final: 0 }), "a chain of one");
    }

    #[test]
    fn given_a_higher_ledger_alone_on_its_story_then_what_two_of_three_share_is_built_on() {
        // The first is at 7 on a story of its own from 5 on; the others share 6, which q may hold with the silent one.
        let agree = [vec![7, 4, 4], vec![4, 6, 6], vec![4, 6, 6]];
        assert!(matches!(build_on(&agree, &[0; 3], 4, 3), Some(Goal { answer: 1 | 2, may_be_final: 6 })));
    }

    #[test]
    fn given_a_liar_that_hides_a_final_block_then_whoever_proves_it_is_built_on() {
        // The first two hold the block that they and the liar made final at 6; the third is higher on its rival, and the
        // liar says that it is at 2. Without the proof the third is built on, and the rival with it.
        let agree = [vec![6, 6, 5, 2], vec![6, 6, 5, 2], vec![5, 5, 9, 2], vec![2, 2, 2, 2]];
        assert_eq!(build_on(&agree, &[0; 4], 4, 3), Some(Goal { answer: 2, may_be_final: 5 }));
        assert!(matches!(build_on(&agree, &[0, 6, 0, 0], 4, 3), Some(Goal { answer: 1, may_be_final: 6 })));
    }

    #[test]
    fn given_too_few_answers_then_there_is_nothing_to_build_on() {
        assert_eq!(build_on(&[vec![9]], &[0], 4, 3), None);
        assert_eq!(build_on(&[], &[], 4, 3), None);
    }
}
