//! What chains of one archive say of each other: a parent holds the genesis hash of each child and the checkpoint that
//! was anchored last, and the child's own log must be the one.
//!
//! An anchor was checked by the parent's rule when it was executed, so the last one stands for all before it. A checkpoint
//! beyond the child's copy can't be judged.

use std::collections::BTreeMap;

use super::Found;
use super::archive::{Archive, GENESIS};
use super::report::{Book, Problem};

/// What does not fit between parents and children.
pub(super) fn levels(archives: &[Archive], found: &[Found]) -> Vec<Problem> {
    let chains = archives.iter().zip(found).map(|(archive, found)| (&archive.genesis.chain, (archive, found)));
    let chains = chains.collect::<BTreeMap<_, _>>();
    let mut problems = Vec::new();
    for (parent, (_, of_parent)) in &chains {
        for record in &of_parent.children {
            let Some((child, of_child)) = chains.get(&record.chain) else { continue };
            let mut book = Book::new(record.chain.to_string());
            if child.genesis.chain_id != record.chain_id {
                let what = format!("not the genesis that {parent} knows, which is {}", record.chain_id);
                book.problem(GENESIS, what, "");
            } else if record.size > 0 && record.size <= of_child.size {
                let root = of_child.roots.get(&record.size);
                if root != Some(&record.root) {
                    let here = root.map_or("none where a block ends".to_owned(), ToString::to_string);
                    let what = format!(
                        "{parent} holds the root {} of its first {} leaves; here it is {here}",
                        record.root, record.size
                    );
                    book.problem("log", what, "");
                }
            }
            problems.extend(book.close(None));
        }
    }
    problems
}
