//! Every way in which a log and a mark can meet.

use std::collections::BTreeMap;
use std::convert::Infallible;

use super::*;

/// Logs by their name: the root at a size tells both, up to `fork` all logs are the same.
struct Log {
    name: &'static str,
    size: u64,
    fork: u64,
}

impl Log {
    fn root(&self, size: u64) -> Digest {
        let name = if size <= self.fork { "all" } else { self.name };
        Digest::of(format!("{name} {size}").as_bytes())
    }

    fn root_at(&self, size: u64) -> Result<Option<Digest>, Infallible> {
        Ok((size <= self.size).then(|| self.root(size)))
    }

    fn checkpoint(&self, size: u64) -> Checkpoint {
        Checkpoint { origin: "tocsin/cn/0011223344556677".into(), size, root: self.root(size) }
    }

    fn mark(&self, size: u64) -> Mark {
        Mark::of(size / 10, &self.checkpoint(size))
    }
}

fn judge(oath: &mut Oath, log: &Log, size: u64) -> Word {
    let Ok(word) = oath.judge(&log.checkpoint(size), |size| log.root_at(size));
    word
}

fn learn(oath: &mut Oath, mark: Mark, log: &Log) -> Word {
    let Ok(word) = oath.learn(mark, |size| log.root_at(size));
    word
}

#[test]
fn without_a_mark_everything_may_be_signed_and_leaves_one() {
    let log = Log { name: "a", size: 30, fork: 0 };
    let mut oath = Oath::default();
    assert_eq!(judge(&mut oath, &log, 10), Word::Given);
    assert_eq!(oath.sign(1, &log.checkpoint(10)), log.mark(10));
    assert_eq!(judge(&mut oath, &log, 10), Word::Given, "the same again");
    assert_eq!(judge(&mut oath, &log, 20), Word::Given);
    oath.sign(2, &log.checkpoint(20));
    assert_eq!(judge(&mut oath, &log, 10), Word::Kept);
}

#[test]
fn a_log_that_grows_back_is_silent_up_to_the_mark() {
    let log = Log { name: "a", size: 60, fork: 0 };
    let mut oath = Oath::new(Some(log.mark(40)));
    let words = [10, 20, 30, 40, 50].map(|size| judge(&mut oath, &log, size));
    assert_eq!(words, [Word::Kept, Word::Kept, Word::Kept, Word::Given, Word::Given]);
}

#[test]
fn another_log_is_never_signed_wherever_its_blocks_end() {
    let said = Log { name: "a", size: 40, fork: 20 };
    let other = Log { name: "b", size: 90, fork: 20 };
    // A block that ends at the mark, and one that jumps over it.
    for size in [40, 45] {
        let mut oath = Oath::new(Some(said.mark(40)));
        assert_eq!(judge(&mut oath, &other, 30), Word::Kept);
        assert!(matches!(judge(&mut oath, &other, size), Word::Broken(_)), "{size}");
        assert!(matches!(judge(&mut oath, &other, 90), Word::Broken(_)), "and not later either");
    }
}

#[test]
fn what_others_heard_is_a_mark() {
    let said = Log { name: "a", size: 50, fork: 20 };
    let other = Log { name: "b", size: 90, fork: 20 };
    // A restored backup remembers less than the others.
    let mut oath = Oath::new(Some(said.mark(20)));
    let short = Log { size: 30, ..said };
    assert_eq!(learn(&mut oath, said.mark(50), &short), Word::Given);
    assert_eq!(judge(&mut oath, &other, 40), Word::Kept);
    assert!(matches!(judge(&mut oath, &other, 60), Word::Broken(_)));
    // A smaller one takes nothing back.
    let mut oath = Oath::new(Some(said.mark(50)));
    assert_eq!(learn(&mut oath, said.mark(20), &short), Word::Given);
    assert_eq!(oath.mark(), Some(&said.mark(50)));
    // What our log contradicts already is said at once.
    assert!(matches!(learn(&mut oath, said.mark(50), &other), Word::Broken(_)));
    // It is remembered all the same, so that the log it speaks of can be looked for.
    let mut oath = Oath::default();
    assert!(matches!(learn(&mut oath, said.mark(50), &other), Word::Broken(_)));
    assert_eq!(oath.mark(), Some(&said.mark(50)));
}

/// Whatever a cosigner forgets, as long as it hears its own highest word before it signs, no two of its words are of
/// different logs. All orders of five steps on two logs; a store changes only between two runs of the process.
#[test]
fn no_order_of_logs_and_losses_makes_it_sign_two_stories() {
    let logs = [Log { name: "a", size: 60, fork: 20 }, Log { name: "b", size: 60, fork: 20 }];
    let (mut words, mut broken) = (0, 0);
    for steps in 0..5_usize.pow(5) {
        let mut oath = Oath::default();
        let mut said = BTreeMap::<u64, Digest>::new();
        let mut log = &logs[0];
        for step in 0..5 {
            let what = steps / 5_usize.pow(step) % 5;
            if what < 4 {
                // A new run on either log, which remembers its mark, or only what others heard.
                log = &logs[what % 2];
                let heard = said.last_key_value().map(|(size, root)| Mark { height: 0, size: *size, root: *root });
                oath = Oath::new(oath.mark().cloned().filter(|_| what < 2));
                if let Some(mark) = heard {
                    let _ = learn(&mut oath, mark, &Log { size: 0, ..*log });
                }
            }
            let size = 10 * (u64::from(step) + 1);
            match judge(&mut oath, log, size) {
                Word::Given => {
                    oath.sign(size / 10, &log.checkpoint(size));
                    said.insert(size, log.root(size));
                    words += 1;
                }
                Word::Broken(_) => broken += 1,
                Word::Kept => {}
            }
        }
        let of = |log: &Log| said.iter().all(|(size, root)| log.root(*size) == *root);
        assert!(of(&logs[0]) || of(&logs[1]), "{steps}: {said:?}");
    }
    assert!(words > 1000 && broken > 1000, "{words} words, {broken} refused");
}
