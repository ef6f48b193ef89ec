//! Roll-ups: a chain's total of a disease with what it is the sum of, as a leaf. A chain with children derives one
//! whenever one of its summaries carries the total, so that the figure which rises is the figure of a leaf; the root,
//! which has no summaries, at once in a block with something urgent, else at most once per second of chain time.
//!
//! A part names the child's summary that brought its figure and the size anchored with it, so that a stranger can follow
//! the figure down. It is the sum over all days; days have none.

use proof::leaf::{Leaf, RollupLeaf, RollupPart};

use crate::act::Scene;
use crate::codec::record;
use crate::genesis::bounds::MAX_CHILDREN;
use crate::keys;
use crate::report::totals::{Counts, total};
use crate::state::{Draft, Fault, View, read};

use super::ChildTotal;

/// Sums a block derives, each of up to 256 parts: 2 MiB at the very worst, and as many diseases as are notifiable
/// anywhere. What is left goes into the next blocks.
pub(crate) const MAX_ROLLUPS_A_BLOCK: usize = 64;

record! {
    /// Where the last sum of a disease is, at `keys::rollup(disease)`.
    pub struct RollupRecord {
        /// The index of its leaf.
        pub leaf_index: u64,
        /// The block that derived it.
        pub height: u64,
    }
}

/// Whether the chain has children, and so sums with parts.
pub(crate) fn has_parts(view: &dyn View) -> Result<bool, Fault> {
    Ok(!super::children(view, 1)?.is_empty())
}

/// The sum of a disease as it stands.
pub(crate) fn leaf(draft: &mut Draft<'_>, scene: &Scene, disease: &str) -> Result<Leaf, Fault> {
    let view = draft.view();
    let total = total(view, disease)?;
    let mut own = total;
    let mut parts = Vec::new();
    for child in super::children(view, MAX_CHILDREN)? {
        let brought = read::<ChildTotal>(view, &keys::child_total(&child.chain, disease))?;
        let (counts, summary, size) =
            brought.map_or(([0; 5], 0, 0), |brought| (brought.counts, brought.summary, brought.size));
        less(&mut own, &counts);
        parts.push(RollupPart { child: child.chain.to_string(), counts, summary, size });
    }
    draft.put(keys::rollup(disease), &RollupRecord { leaf_index: scene.leaf_index, height: scene.height });
    Ok(Leaf::Rollup(RollupLeaf { height: scene.height, disease: disease.to_owned(), total, own, parts }))
}

fn less(own: &mut Counts, part: &Counts) {
    for (own, part) in own.iter_mut().zip(part) {
        *own = own.saturating_sub(*part);
    }
}
