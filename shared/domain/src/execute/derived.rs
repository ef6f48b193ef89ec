//! Leaves that the rules derive at the end of a block: a new cosigner set, decisions on children's reports, summaries for
//! the parent, and sums with their parts. And what a header's certificate brings about: a set that it covers comes into
//! force.

use proof::leaf::Leaf;

use crate::governance::sets;
use crate::rising::{escalation, rollup, summary};
use crate::state::{Draft, Fault, View};
use crate::time::Millis;
use crate::{keys, roster};

use super::{Certified, Run};

impl Run<'_> {
    /// The leaf of a cosigner set named in this block, and of decisions on what children escalated.
    pub(super) fn derived(&mut self) -> Result<(), Fault> {
        let scene = self.scene(0);
        let mut draft = Draft::new(&self.state);
        let leaf = sets::leaf(&mut draft, &scene.chain, scene.height, scene.leaf_index)?;
        let writes = draft.finish().1;
        self.state.apply(writes)?;
        self.leaves.extend(leaf);
        let end = keys::end_of(keys::DECIDED);
        for (key, _) in self.state.scan(keys::DECIDED, &end, escalation::MAX_DECISIONS_A_BLOCK)? {
            let scene = self.scene(0);
            let mut draft = Draft::new(&self.state);
            let leaf = escalation::leaf(&mut draft, &scene, &key)?;
            self.derive(leaf, draft.finish().1)?;
        }
        Ok(())
    }

    /// Summaries, where there is a parent and something changed: at once after an urgent event or for an alert, else
    /// when the last one is old enough. With children, the sum of every total they carry.
    pub(super) fn summaries(&mut self) -> Result<(), Fault> {
        if self.scene.chain.parent().is_none() {
            return self.root_sums();
        }
        let (waits, rings) = summary::waiting(&self.state)?;
        if !waits || !(rings || self.urgent || self.last_is_old()?) {
            return Ok(());
        }
        let sums = rollup::has_parts(&self.state)?;
        let mut diseases = Vec::new();
        for _ in 0..summary::MAX_SUMMARIES_A_BLOCK {
            let room = if sums { rollup::MAX_ROLLUPS_A_BLOCK.saturating_sub(diseases.len()) } else { usize::MAX };
            let scene = self.scene(0);
            let mut draft = Draft::new(&self.state);
            let Some(made) = summary::next(&mut draft, &self.state, &scene, room)? else { break };
            self.derive(made.leaf, draft.finish().1)?;
            diseases.extend(made.diseases);
        }
        if !sums {
            return Ok(());
        }
        diseases.iter().try_for_each(|disease| self.sum(disease))
    }

    /// The sums of the root, which has no summaries to hang them on.
    fn root_sums(&mut self) -> Result<(), Fault> {
        let end = keys::end_of(keys::UNSUMMED);
        let waiting = self.state.scan(keys::UNSUMMED, &end, rollup::MAX_ROLLUPS_A_BLOCK)?;
        if waiting.is_empty() || !(self.urgent || self.last_is_old()?) {
            return Ok(());
        }
        let mut draft = Draft::new(&self.state);
        let mut progress = roster::progress(&self.state)?;
        progress.summarised_at = self.scene.now;
        draft.put(keys::progress(), &progress);
        for (key, _) in &waiting {
            draft.delete(key.clone());
        }
        let writes = draft.finish().1;
        self.state.apply(writes)?;
        for (key, _) in &waiting {
            let disease = key.strip_prefix(keys::UNSUMMED).and_then(|disease| std::str::from_utf8(disease).ok());
            let odd = || Fault(String::from("the key of a total that changed does not parse"));
            self.sum(disease.ok_or_else(odd)?)?;
        }
        Ok(())
    }

    fn sum(&mut self, disease: &str) -> Result<(), Fault> {
        let scene = self.scene(0);
        let mut draft = Draft::new(&self.state);
        let leaf = rollup::leaf(&mut draft, &scene, disease)?;
        self.derive(leaf, draft.finish().1)
    }

    fn last_is_old(&self) -> Result<bool, Fault> {
        Ok(self.scene.now >= roster::progress(&self.state)?.summarised_at.plus_ms(summary::INTERVAL_MS))
    }

    fn derive(&mut self, leaf: Leaf, writes: crate::state::Writes) -> Result<(), Fault> {
        self.state.apply(writes)?;
        self.leaves.push(leaf);
        Ok(())
    }

    /// Whether something waits that only a later block can bring about: a summary, a sum or a decision.
    pub(super) fn pending(&self) -> Result<bool, Fault> {
        for prefix in [keys::CHANGED, keys::DECIDED, keys::UNSUMMED] {
            if !self.state.scan(prefix, &keys::end_of(prefix), 1)?.is_empty() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// When the next due item is.
    pub(super) fn next_due(&self) -> Result<Option<Millis>, Fault> {
        let first = self.state.scan(keys::DUE, &keys::end_of(keys::DUE), 1)?;
        let odd = || Fault(String::from("a due key does not parse"));
        first.first().map(|(key, _)| keys::due_at(key).ok_or_else(odd)).transpose()
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
