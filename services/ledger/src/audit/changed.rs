//! Whose words in a changed block are not those that the log commits to: a block's hash says that it was changed, its leaves
//! say which of its events were.

use std::collections::BTreeSet;

use domain::record::Kind;
use proof::block::Block;
use proof::digest::Digest;
use proof::leaf::EventLeaf;
use proof::sign::Signed;

/// Events told of one block; a block with more was not mended by hand.
const MOST: usize = 10;

/// What is said of a block whose leaves are these: an event whose bytes are not there, and what stands in its place as far
/// as it can still be read. Empty when every event is there.
pub(super) fn tell(block: &Block, leaves: &[(u64, EventLeaf)]) -> String {
    let bundles = block.bundles.iter().map(|bytes| wire::bundle::decode(&Signed::from_bytes(bytes)?.body).ok());
    let held = bundles.flatten().flat_map(|bundle| bundle.events).collect::<Vec<_>>();
    let hashes = held.iter().map(|bytes| Digest::of(bytes)).collect::<Vec<_>>();
    let known = leaves.iter().map(|(_, leaf)| leaf.signed).collect::<BTreeSet<_>>();
    // A message that is no bundle any more has no events to hold against the leaves; then nothing stands there.
    let strange = held.iter().zip(&hashes).filter(|(_, hash)| !known.contains(*hash)).map(|(bytes, _)| kind(bytes));
    let mut strange = strange.collect::<Vec<_>>().into_iter();
    let missing = leaves.iter().filter(|(_, leaf)| !hashes.contains(&leaf.signed)).collect::<Vec<_>>();
    let mut told = String::new();
    for (index, leaf) in missing.iter().take(MOST) {
        let now = strange.next().map_or("nothing that can be read".to_owned(), |kind| kind);
        told += &format!("; the event {} is not as leaf {index} has it: {now} stands in its place", leaf.event);
    }
    match missing.len().saturating_sub(MOST) {
        0 => told,
        more => told + &format!("; so it is with {more} more of its events"),
    }
}

/// The kind of an event by its bytes.
fn kind(signed: &[u8]) -> String {
    let event = wire::event::envelope(signed).and_then(|envelope| wire::event::decode(&envelope.body));
    event.map_or("something that is no event".to_owned(), |event| format!("another {}", Kind::of(&event.fact).name()))
}
