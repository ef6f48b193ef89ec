//! The stream's order decides, once; then it may only repeat itself.

use std::convert::Infallible;

use domain::chain::Lane;

use super::*;
use crate::rig::{self, Sealer};

struct Ledger {
    chain: Chain,
    follow: Follow,
    blocks: Vec<Block>,
    /// The last height at which the one sealer may seal.
    until: u64,
}

impl Ledger {
    fn new() -> Self {
        let chain = Chain::new(rig::genesis("cn", 2, &[]));
        Ledger { chain, follow: Follow::default(), blocks: Vec::new(), until: u64::MAX }
    }

    fn tip(&self) -> Tip {
        self.blocks.last().map_or_else(|| Tip::genesis(self.chain.id()), Block::tip)
    }

    fn hear(&mut self, message: &[u8]) -> Heard {
        let (tip, genesis) = (self.tip(), Tip::genesis(self.chain.id()).hash);
        let own = |height: u64| {
            let below = usize::try_from(height).unwrap().checked_sub(1);
            Ok::<_, Infallible>(below.map_or(genesis, |at| self.blocks[at].hash()))
        };
        let sealer = rig::secret("cn", "m0", domain::genesis::KeyClass::Sealer).public();
        let seals = |key: &PublicKey, height| Ok(*key == sealer && height <= self.until);
        let heard = self.follow.hear(&self.chain, message, &tip, seals, own).unwrap();
        if let Heard::Next(block) = &heard {
            self.blocks.push(block.as_ref().clone());
        }
        heard
    }
}

fn chain_of(
    sealer: &mut Sealer,
    genesis: &std::sync::Arc<domain::genesis::Genesis>,
    numbers: [u64; 3],
) -> Vec<Vec<u8>> {
    let block = |number| sealer.block(Lane::Normal, vec![rig::deposit(genesis, number)], None).to_bytes();
    numbers.map(block).to_vec()
}

#[test]
fn the_first_valid_block_of_a_height_stands_and_rivals_and_junk_are_passed_over() {
    let mut ledger = Ledger::new();
    let genesis = std::sync::Arc::clone(&ledger.chain.genesis);
    let ours = chain_of(&mut Sealer::new(&genesis), &genesis, [1, 2, 3]);
    let rivals = chain_of(&mut Sealer::new(&genesis), &genesis, [7, 8, 9]);
    assert!(matches!(ledger.hear(b"junk"), Heard::PassedOver(_)));
    let mut forged = ours[0].clone();
    *forged.last_mut().unwrap() ^= 1;
    assert!(matches!(ledger.hear(&forged), Heard::PassedOver(_)));
    assert!(matches!(ledger.hear(&ours[1]), Heard::Gap(2)));
    assert!(matches!(ledger.hear(&ours[0]), Heard::Next(_)));
    assert!(matches!(ledger.hear(&rivals[0]), Heard::Known), "a late rival");
    assert!(matches!(ledger.hear(&rivals[1]), Heard::PassedOver(_)), "it follows the rival, not us");
    assert!(matches!(ledger.hear(&ours[1]), Heard::Next(_)));
    assert!(matches!(ledger.hear(&ours[0]), Heard::Known));
    assert!(matches!(ledger.hear(&ours[2]), Heard::Next(_)));
}

#[test]
fn after_a_loss_the_stream_must_repeat_our_blocks() {
    let mut ledger = Ledger::new();
    let genesis = std::sync::Arc::clone(&ledger.chain.genesis);
    let mut sealer = Sealer::new(&genesis);
    let mut first = chain_of(&mut sealer, &genesis, [1, 2, 3]);
    // Another history from height 3 on.
    let mut fork = Sealer::new(&genesis);
    let shared = |fork: &mut Sealer, number| fork.block(Lane::Normal, vec![rig::deposit(&genesis, number)], None);
    shared(&mut fork, 1);
    shared(&mut fork, 2);
    let rival = shared(&mut fork, 50).to_bytes();
    first.iter().for_each(|message| assert!(matches!(ledger.hear(message), Heard::Next(_))));
    ledger.follow = Follow::default();
    // Not knowing where the stream begins now, a strange block alone proves nothing.
    assert!(matches!(ledger.hear(&rival), Heard::PassedOver(_)));
    assert!(matches!(ledger.hear(&first[1]), Heard::Ours(2)));
    let mut honest = ledger.follow;
    assert!(matches!(ledger.hear(&rival), Heard::Rewritten(3)));
    std::mem::swap(&mut ledger.follow, &mut honest);
    assert!(matches!(ledger.hear(&first.pop().unwrap()), Heard::Ours(3)));
    assert!(matches!(ledger.hear(&rival), Heard::Known), "ours came first");
}

#[test]
fn a_block_of_a_key_that_seals_no_more_is_passed_over_and_what_it_sealed_before_stays() {
    let mut ledger = Ledger::new();
    let genesis = std::sync::Arc::clone(&ledger.chain.genesis);
    let blocks = chain_of(&mut Sealer::new(&genesis), &genesis, [1, 2, 3]);
    assert!(matches!(ledger.hear(&blocks[0]), Heard::Next(_)));
    assert!(matches!(ledger.hear(&blocks[1]), Heard::Next(_)));
    ledger.until = 1;
    assert!(matches!(ledger.hear(&blocks[2]), Heard::PassedOver(_)));
    ledger.follow = Follow::default();
    assert!(matches!(ledger.hear(&blocks[1]), Heard::Ours(2)), "it is ours, whoever sealed it");
    ledger.until = 3;
    assert!(matches!(ledger.hear(&blocks[2]), Heard::Next(_)));
}
