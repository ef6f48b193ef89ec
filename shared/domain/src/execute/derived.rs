//! Leaves that the rules derive at the end of a block, beside summaries: the leaf of a new cosigner set. And what a
//! header's certificate brings about: a set that it covers comes into force.

use crate::governance::sets;
use crate::state::{Draft, Fault};

use super::{Certified, Run};

impl Run<'_> {
    /// The leaf of a cosigner set named in this block.
    pub(super) fn derived(&mut self) -> Result<(), Fault> {
        let scene = self.scene(0);
        let mut draft = Draft::new(&self.state);
        let leaf = sets::leaf(&mut draft, &scene.chain, scene.height, scene.leaf_index)?;
        let writes = draft.finish().1;
        self.state.apply(writes)?;
        self.leaves.extend(leaf);
        Ok(())
    }

    /// A new cosigner set comes into force after this block when the header's certificate covers its leaf.
    pub(super) fn hand_over(&mut self, certificate: Option<Certified>) -> Result<(), Fault> {
        let Some(certificate) = certificate else { return Ok(()) };
        // The block's own leaf is still to come.
        let end = self.scene(0).leaf_index.saturating_add(1);
        let mut draft = Draft::new(&self.state);
        if sets::hand_over(&mut draft, certificate.size, self.scene.height, end)? {
            let writes = draft.finish().1;
            self.state.apply(writes)?;
        }
        Ok(())
    }
}
