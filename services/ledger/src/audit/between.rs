//! What chains of one copy say of each other: a parent names its children with their geneses and holds a checkpoint of each
//! in every anchor; the copy must hold those children, and each child's log must be the one that was anchored, to its end.
//!
//! An anchor beyond the child's copy says that the copy is not whole, not why: it may be withheld, or the parent may have
//! been copied later. Nobody is named for it. A copy of one chain alone answers for that chain alone.

use std::collections::BTreeMap;

use domain::chain::ChainPath;
use domain::genesis::Genesis;
use domain::rising::ChildRecord;

use super::Found;
use super::anchors::Anchored;
use super::archive::{Archive, GENESIS};
use super::report::{Book, Problem};

/// Chains of a copy with what was found about each.
type Chains<'a> = BTreeMap<&'a ChainPath, (&'a Archive, &'a Found)>;

fn chains<'a>(archives: &'a [Archive], found: &'a [Found]) -> Chains<'a> {
    archives.iter().zip(found).map(|(archive, found)| (&archive.genesis.chain, (archive, found))).collect()
}

/// What does not fit between parents and children. Of a copy of several chains (`whole`) none may be missing.
pub(super) fn levels(archives: &[Archive], found: &[Found], whole: bool) -> Vec<Problem> {
    let chains = chains(archives, found);
    let mut problems = Vec::new();
    for (parent, (_, of_parent)) in &chains {
        for record in &of_parent.children {
            let mut book = Book::new(record.chain.to_string());
            match chains.get(&record.chain) {
                Some((child, _)) if child.genesis.chain_id != record.chain_id => {
                    let what = format!("not the genesis that {parent} knows, which is {}", record.chain_id);
                    book.problem(GENESIS, what, "");
                }
                Some((_, of_child)) => {
                    let of = |anchor: &&Anchored| anchor.child == record.chain.as_str() && anchor.size > 0;
                    anchored(parent, of_child, of_parent.anchors.iter().filter(of), &mut book);
                }
                None if whole => missing(parent, record, &mut book),
                None => {}
            }
            problems.extend(book.close(None));
        }
    }
    problems
}

fn missing(parent: &ChainPath, record: &ChildRecord, book: &mut Book) {
    let anchored = match record.size {
        0 => String::new(),
        size => format!(", of which it anchored {size} leaves"),
    };
    let what =
        format!("missing: {parent} names this chain{anchored}, and the copy does not hold it: export it as well");
    book.problem(GENESIS, what, "");
}

/// Holds every anchor of a child against its log.
fn anchored<'a>(parent: &ChainPath, child: &Found, anchors: impl Iterator<Item = &'a Anchored>, book: &mut Book) {
    // What one withheld tail or one fork does to all later anchors is said once.
    let (mut beyond, mut others) = (None::<&Anchored>, Vec::new());
    for anchor in anchors {
        let here = child.roots.get(&anchor.size);
        if anchor.size > child.size {
            beyond = beyond.filter(|last| last.size >= anchor.size).or(Some(anchor));
        } else if here != Some(&anchor.root) && (here.is_some() || child.root.is_some()) {
            others.push((anchor, here));
        }
    }
    if let Some((Anchored { size, root, event, .. }, here)) = others.first() {
        let here = here.map_or("none where a block ends".to_owned(), ToString::to_string);
        let more = match others.len() {
            1 => String::new(),
            count => format!("; {} more anchors do not fit either", count - 1),
        };
        let what = format!(
            "{parent} holds the root {root} of its first {size} leaves (event {event}); here it is {here}{more}"
        );
        book.problem("log", what, "");
    }
    if let Some(Anchored { size, event, .. }) = beyond {
        let what = format!(
            "the copy ends at {} leaves, {parent} anchored {size} (event {event}): the rest is withheld, or was not copied \
             yet: export again",
            child.size
        );
        book.problem("log", what, "");
    }
}

/// Holds a copy against the top chain's genesis from elsewhere: that chain must be it, and every other one must be named by
/// one above it.
pub(super) fn vouched(archives: &[Archive], found: &[Found], top: &Genesis) -> Vec<Problem> {
    let chains = chains(archives, found);
    let mut problems = Vec::new();
    let mut say = |chain: &ChainPath, what: String| {
        let mut book = Book::new(chain.to_string());
        book.problem(GENESIS, what, "");
        problems.extend(book.close(None));
    };
    match chains.get(&top.chain) {
        None => say(&top.chain, "missing: the copy does not hold the chain of the genesis given".to_owned()),
        Some((held, _)) if held.genesis.file != top.file => {
            let (here, given) = (held.genesis.chain_id, top.chain_id);
            say(&top.chain, format!("not the genesis given, byte for byte: here it is {here}, given was {given}"));
        }
        Some(_) => {}
    }
    for chain in chains.keys().filter(|chain| **chain != &top.chain) {
        let names = |above: &ChainPath| {
            let (_, found) = chains.get(above)?;
            found.children.iter().find(|child| child.chain == **chain)
        };
        if !top.chain.covers(chain) || chain.parent().as_ref().and_then(names).is_none() {
            let what = format!("no chain above it names it, so that the genesis of {} says nothing of it", top.chain);
            say(chain, what);
        }
    }
    problems
}
