//! What a block shows of itself, without a state: how many events it holds, whose bundles with which numbers, and what it
//! took from each lane.

use domain::chain::Lane;
use domain::execute::BundleInput;
use domain::genesis::KeyClass;
use domain::lanes::PendingBundle;
use proof::block::Block;
use proof::sign::PublicKey;

use super::Walk;
use crate::audit::shares::Taken;
use crate::core::inputs::Prepared;

impl Walk<'_> {
    /// What can be seen from the block alone: how many events it holds, whose bundles with which numbers, and what it
    /// took from each lane.
    pub(super) fn contents(&mut self, height: u64, block: &Block, prepared: &Prepared) {
        let sealer = self.sealer(block);
        let counted = prepared.counted.iter().map(|(events, _)| events).sum::<usize>();
        let mut events = 0;
        for bundle in &prepared.bundles {
            if let BundleInput::Bundle { endorser, lane, number, events: held } = bundle {
                events += held.len();
                self.number(*endorser, *lane, *number);
            }
        }
        // A message that holds no event takes a place too; sealers may count it or not.
        let said = usize::try_from(block.header.events).unwrap_or(usize::MAX);
        if !(events..=counted).contains(&said) {
            let what = format!("its header says {said} events where its bundles hold {events}");
            self.book.problem(format!("block {height}"), what, sealer.as_str());
        }
        let mut messages = prepared.bundles.iter().zip(&prepared.counted).zip(&block.bundles);
        let lanes = block.header.lanes.each_ref().map(|range| {
            let mut holes = range.holes.iter().peekable();
            let take = |sequence| match holes.next_if(|hole| **hole == sequence) {
                Some(_) => Some(Taken::Hole),
                None => messages.next().map(|((bundle, (events, closed)), bytes)| {
                    let endorser = match bundle {
                        BundleInput::Bundle { endorser, .. } => Some(*endorser),
                        BundleInput::Junk { .. } => None,
                    };
                    let size = PendingBundle { bytes: bytes.len(), events: *events };
                    Taken::Message { size, by: endorser.zip(*closed) }
                }),
            };
            (range.first..=range.last).filter_map(take).collect::<Vec<_>>()
        });
        self.shares.block(height, sealer, lanes);
    }

    fn number(&mut self, endorser: PublicKey, lane: Lane, number: u64) {
        let member = match self.stopped {
            None => self.replay.endorses(&endorser),
            // Which keys are in use now is not known any more.
            Some(_) => self.replay.owner(KeyClass::Endorser, &endorser),
        };
        if let (Ok(Some(member)), Some(numbers)) = (member, &mut self.numbers) {
            numbers.saw(&member, endorser, lane, number);
        }
    }
}
