//! The running numbers of endorsement nodes, from blocks alone: which bundles never came.
//!
//! A number passed over is a hole until its bundle is sealed after all. Why it is missing the blocks do not say: its
//! node may not have published it, or nobody sealed it. The last bundles of a node, if they are missing, leave no hole.

use std::collections::{BTreeMap, BTreeSet};

use domain::chain::{Lane, MemberId};
use domain::execute::MAX_HOLES;
use proof::sign::PublicKey;

use super::report::Book;

/// Ranges of missing numbers told of one node and lane; more say nothing more.
const MAX_RANGES: usize = 16;

/// The numbers of one node in one lane.
#[derive(Debug)]
struct Numbers {
    member: MemberId,
    next: u64,
    holes: BTreeSet<u64>,
}

/// All nodes' numbers in all lanes.
#[derive(Debug, Default)]
pub(super) struct Ledger(BTreeMap<(PublicKey, Lane), Numbers>);

impl Ledger {
    /// A bundle of a node of `member`.
    pub(super) fn saw(&mut self, member: &MemberId, endorser: PublicKey, lane: Lane, number: u64) {
        let first = || Numbers { member: member.clone(), next: 1, holes: BTreeSet::new() };
        let numbers = self.0.entry((endorser, lane)).or_insert_with(first);
        let skipped = usize::try_from(number.saturating_sub(numbers.next)).unwrap_or(usize::MAX);
        if number < numbers.next {
            numbers.holes.remove(&number);
        } else if skipped.saturating_add(numbers.holes.len()) <= MAX_HOLES {
            // A number further away is refused by the rules, so that it makes no holes.
            numbers.holes.extend(numbers.next..number);
            numbers.next = number.saturating_add(1);
        }
    }

    /// Tells the holes that are left.
    pub(super) fn close(self, book: &mut Book) {
        for ((_, lane), numbers) in self.0 {
            if numbers.holes.is_empty() {
                continue;
            }
            let place = format!("bundles of {} in lane {}", numbers.member, lane.name());
            let what = format!(
                "{} are missing: published late or not at all, or passed over by every sealer",
                ranges(&numbers.holes)
            );
            book.problem(place, what, numbers.member);
        }
    }
}

/// `numbers 3, 7-9`.
fn ranges(holes: &BTreeSet<u64>) -> String {
    let mut ranges = Vec::<(u64, u64)>::new();
    for hole in holes {
        match ranges.last_mut() {
            Some((_, last)) if *last + 1 == *hole => *last = *hole,
            _ => ranges.push((*hole, *hole)),
        }
    }
    let told = ranges.iter().take(MAX_RANGES).map(|(first, last)| match first == last {
        true => first.to_string(),
        false => format!("{first}-{last}"),
    });
    let more = if ranges.len() > MAX_RANGES { " and more" } else { "" };
    format!("numbers {}{more}", told.collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hole_closes_when_its_bundle_comes_and_is_told_when_it_does_not() {
        let (mut ledger, key) = (Ledger::default(), PublicKey([1; 32]));
        for number in [1, 2, 5, 3, 9, 9, 10] {
            ledger.saw(&"m1".to_owned(), key, Lane::High, number);
        }
        ledger.saw(&"m1".to_owned(), key, Lane::Urgent, 1);
        // Beyond what the rules take: refused, not a thousand holes.
        ledger.saw(&"m1".to_owned(), key, Lane::Urgent, 5000);
        let mut book = Book::new("cn".to_owned());
        ledger.close(&mut book);
        let problems = book.close(None);
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert_eq!(problems[0].place, "cn: bundles of m1 in lane high");
        assert!(problems[0].what.starts_with("numbers 4, 6-8 are missing"), "{}", problems[0].what);
        assert_eq!(problems[0].who, "m1");
    }
}
