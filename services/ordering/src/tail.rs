//! The end of the block stream as one sealer has verified it: what the next block must follow.
//!
//! Pure. The first valid block in stream order for a height stands; messages that do not verify or do not follow are
//! passed over, so a broken sealer can waste sequences but not stop the chain.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use domain::genesis::{Genesis, quorum};
use host::standing::Roster;
use proof::block::{Block, Header, LaneRange, Tip};
use proof::checkpoint::{Certificate, origin};
use proof::digest::Digest;
use proof::handover::CosignerSet;
use proof::sign::{ChainId, PublicKey};

/// The verified end of a chain's block stream.
#[derive(Clone, Debug)]
pub struct Tail {
    genesis: Arc<Genesis>,
    roster: Arc<Roster>,
    /// The cosigner set in force, by the roster.
    set: CosignerSet,
    /// What the next block must follow.
    pub tip: Tip,
    /// Who sealed the last block; `None` before the first.
    pub sealer: Option<PublicKey>,
    /// The last stream sequence read, valid or not: what the next publish must expect.
    pub sequence: u64,
    chain_time_s: u64,
    /// The last blocks' heights and sealers.
    recent: VecDeque<(u64, PublicKey)>,
    /// Sealers excluded by a block's header, and that block's height: the last at which they count.
    excluded: BTreeMap<PublicKey, u64>,
}

/// Blocks that may come between a change of members and our learning of it, many times over.
const RECENT: usize = 64;

/// What a message of the block stream was.
#[derive(Debug, PartialEq, Eq)]
pub enum Heard {
    /// The next block.
    Next,
    /// Read before.
    Old,
    /// Not a block that follows; why.
    PassedOver(String),
}

impl Tail {
    /// The tail before the first block, among the genesis' members.
    pub fn genesis(genesis: Arc<Genesis>) -> Self {
        let roster = Arc::new(Roster::of(&genesis));
        Tail {
            set: genesis.cosigner_set(),
            roster,
            tip: Tip::genesis(&genesis.chain_id),
            sealer: None,
            sequence: 0,
            chain_time_s: genesis.genesis_time.seconds(),
            recent: VecDeque::new(),
            excluded: BTreeMap::new(),
            genesis,
        }
    }

    /// Height of the last block, 0 before the first.
    pub fn height(&self) -> u64 {
        self.tip.height
    }

    /// The last sequence taken of each lane.
    pub fn cursors(&self) -> [u64; 3] {
        self.tip.next.map(|next| next.saturating_sub(1))
    }

    /// Who takes part from now on. Gives the height of a block taken lately whose sealer might not seal, if there is one:
    /// the ledgers passed it over, and what was built on it leads nowhere.
    pub fn learn_roster(&mut self, roster: Arc<Roster>) -> Option<u64> {
        if Arc::ptr_eq(&self.roster, &roster) {
            return None;
        }
        self.set = CosignerSet { epoch: 0, cosigners: roster.cosigners_at(u64::MAX) };
        self.roster = roster;
        let wrong = |(height, sealer): &&(u64, PublicKey)| !self.roster.seals(sealer, *height);
        self.recent.iter().find(wrong).map(|(height, _)| *height)
    }

    /// The chain's identity.
    pub fn chain(&self) -> &ChainId {
        &self.genesis.chain_id
    }

    /// Whether a member's ledger cosigns today.
    pub fn cosigns(&self, member: &str) -> bool {
        self.roster.cosigners.iter().any(|(cosigner, _)| cosigner == member)
    }

    /// The cosigner set in force.
    pub fn cosigners(&self) -> &CosignerSet {
        &self.set
    }

    /// Whether a key seals the block of a height, as far as is known here.
    pub fn seals(&self, key: &PublicKey, height: u64) -> bool {
        self.roster.seals(key, height) && self.excluded.get(key).is_none_or(|last| height <= *last)
    }

    /// Takes in the stream's next message.
    pub fn hear(&mut self, sequence: u64, message: &[u8]) -> Heard {
        if sequence <= self.sequence {
            return Heard::Old;
        }
        self.sequence = sequence;
        match self.check(message) {
            Ok(block) => {
                self.stand(&block);
                Heard::Next
            }
            Err(why) => Heard::PassedOver(why),
        }
    }

    /// A block that follows the tail.
    pub fn check(&self, message: &[u8]) -> Result<Block, String> {
        let block = self.check_alone(message)?;
        block.check_follows(&self.tip).map_err(|error| error.to_string())?;
        Ok(block)
    }

    /// A block signed by a sealer of this chain, whatever it follows.
    pub fn check_alone(&self, message: &[u8]) -> Result<Block, String> {
        let block = Block::from_bytes(message).map_err(|error| error.to_string())?;
        if !self.seals(&block.header.sealer, block.header.height) {
            return Err(format!("{} is no sealer of {}", block.header.sealer, self.genesis.chain));
        }
        block.check_alone(&self.genesis.chain_id).map_err(|error| error.to_string())?;
        Ok(block)
    }

    /// Makes a block known to stand the tail: one heard, or this sealer's own acknowledged one.
    pub fn stand(&mut self, block: &Block) {
        self.tip = block.tip();
        self.sealer = Some(block.header.sealer);
        self.recent.push_back((block.header.height, block.header.sealer));
        if self.recent.len() > RECENT {
            self.recent.pop_front();
        }
        if let Some(exclusion) = &block.header.exclusion
            && exclusion.height < block.header.height
            && exclusion.verify(self.chain(), self.cosigners()).is_ok()
        {
            // The roster will say so too, a look later; the next block can't wait for it.
            self.excluded.entry(exclusion.sealer).or_insert(block.header.height);
        }
        // As in the ledgers: the block stands, but a certificate that does not verify moves no clock. If it did, one sealer
        // could keep every later certificate out of the blocks.
        if let Some(certificate) = &block.header.certificate
            && self.would_advance(certificate)
            && self.accepts(certificate)
        {
            self.chain_time_s = certificate.time_s();
        }
    }

    /// Learns the chain time a ledger knows; a tail built from the stream's end alone would not have it.
    pub fn learn_time(&mut self, chain_time_s: u64) {
        self.chain_time_s = self.chain_time_s.max(chain_time_s);
    }

    /// Whether a block that carries this certificate would advance chain time.
    pub fn would_advance(&self, certificate: &Certificate) -> bool {
        certificate.time_s() > self.chain_time_s
    }

    /// Whether every ledger will accept the certificate: q known cosignatures on a checkpoint of this chain, by the set
    /// that was in force below its size.
    pub fn accepts(&self, certificate: &Certificate) -> bool {
        let origin = origin(self.genesis.chain.as_str(), &self.genesis.chain_id);
        let cosigners = self.roster.cosigners_at(certificate.checkpoint.size);
        certificate.verify(&origin, &cosigners, quorum(cosigners.len())).is_ok()
    }

    /// The header of a block that takes `lanes` and nothing else is known of; the caller fills and seals it.
    pub fn next_header(&self, sealer: PublicKey, lanes: [LaneRange; 3]) -> Header {
        Header {
            version: proof::block::VERSION,
            chain: self.genesis.chain_id,
            height: self.height() + 1,
            previous: self.tip.hash,
            sealer,
            lanes,
            events: 0,
            body: Digest::default(),
            rules_version: self.genesis.rules_version,
            sealed_at_ms: 0,
            certificate: None,
            exclusion: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use domain::chain::ChainPath;
    use domain::genesis::{KeyClass, Member, NodeRole};
    use domain::time::Millis;
    use proof::checkpoint::{Checkpoint, cosign};
    use proof::exclusion::{self, ExclusionCertificate};
    use proof::sign::SecretKey;

    use super::*;

    const START_S: u64 = 1_626_000_000;

    fn secret(class: u8) -> SecretKey {
        SecretKey::from_seed(&[class; 32])
    }

    fn genesis() -> Arc<Genesis> {
        let keys = [(KeyClass::Sealer, 1), (KeyClass::Cosigner, 2)];
        let member = Member {
            id: "cdc".to_owned(),
            name: "Centre for disease control".to_owned(),
            node_role: NodeRole::Management,
            roles: Vec::new(),
            sector: "cdc".to_owned(),
            regions: Vec::new(),
            cosigner: true,
            keys: keys.map(|(class, seed)| (class, vec![secret(seed).public()])).into(),
        };
        Arc::new(Genesis {
            file: Vec::new(),
            chain_id: Digest::of(b"chain"),
            chain: ChainPath::parse("cn.32").unwrap(),
            name: "Jiangsu".to_owned(),
            regions: vec!["32".to_owned()],
            genesis_time: Millis(START_S * 1000),
            rules_version: 2,
            allow_fewer_cosigners: true,
            members: vec![member],
            policies: BTreeMap::new(),
            children: Vec::new(),
            parent: Vec::new(),
            urgent_per_day: domain::genesis::URGENT_PER_DAY,
            duties: Vec::new(),
        })
    }

    fn certificate(genesis: &Genesis, cosigner: &SecretKey, time_s: u64) -> Certificate {
        let origin = origin(genesis.chain.as_str(), &genesis.chain_id);
        let checkpoint = Checkpoint { origin, size: 9, root: Digest::of(b"root") };
        let cosignatures = vec![cosign(cosigner, "cdc.cn.32", &checkpoint, time_s)];
        Certificate { checkpoint, cosignatures }
    }

    fn block(tail: &Tail, certificate: Certificate) -> Vec<u8> {
        let lanes = tail.tip.next.map(|next| LaneRange { first: next, last: next - 1, holes: Vec::new() });
        let header = Header { certificate: Some(certificate), ..tail.next_header(secret(1).public(), lanes) };
        Block::seal(header, Vec::new(), &secret(1)).to_bytes()
    }

    #[test]
    fn given_a_forged_certificate_in_a_block_then_the_block_stands_and_true_ones_still_advance_time() {
        let genesis = genesis();
        let mut tail = Tail::genesis(Arc::clone(&genesis));
        let forged = certificate(&genesis, &secret(9), START_S + 1_000_000);
        assert_eq!(tail.hear(1, &block(&tail, forged)), Heard::Next);
        let first = certificate(&genesis, &secret(2), START_S + 5);
        assert!(tail.would_advance(&first) && tail.accepts(&first));
        assert_eq!(tail.hear(2, &block(&tail, first.clone())), Heard::Next);
        assert!(!tail.would_advance(&first), "a true one moves the clock");
    }

    #[test]
    fn given_a_block_that_does_not_follow_or_has_another_sealer_then_it_is_not_the_tail() {
        let genesis = genesis();
        let mut tail = Tail::genesis(Arc::clone(&genesis));
        let next = block(&tail, certificate(&genesis, &secret(2), START_S + 5));
        let mut broken = next.clone();
        *broken.last_mut().unwrap() ^= 1;
        assert!(tail.check(&broken).is_err());
        assert_eq!(tail.hear(1, &next), Heard::Next);
        assert!(tail.check(&next).is_err(), "the same height again");
        let header = tail.next_header(
            secret(3).public(),
            tail.tip.next.map(|next| LaneRange { first: next, last: next - 1, holes: Vec::new() }),
        );
        assert!(tail.check(&Block::seal(header, Vec::new(), &secret(3)).to_bytes()).is_err());
    }

    #[test]
    fn given_a_block_with_an_exclusion_then_the_sealers_later_blocks_do_not_follow() {
        let genesis = genesis();
        let mut tail = Tail::genesis(Arc::clone(&genesis));
        let empty = |tail: &Tail| tail.tip.next.map(LaneRange::empty);
        let sealed = |tail: &Tail, exclusion| {
            let header = Header { exclusion, ..tail.next_header(secret(1).public(), empty(tail)) };
            Block::seal(header, Vec::new(), &secret(1)).to_bytes()
        };
        let exclude = |cosigner: u8, height| {
            let sealer = secret(1).public();
            let vote = exclusion::vote(&secret(cosigner), &genesis.chain_id, &sealer, height, "cdc.cn.32");
            Some(ExclusionCertificate { sealer, height, votes: vec![vote] })
        };
        assert_eq!(tail.hear(1, &sealed(&tail, exclude(9, 0))), Heard::Next, "nobody voted for that");
        assert_eq!(tail.hear(2, &sealed(&tail, exclude(2, 7))), Heard::Next, "it is about the future");
        assert_eq!(tail.hear(3, &sealed(&tail, exclude(2, 1))), Heard::Next, "the last one that counts");
        assert!(matches!(tail.hear(4, &sealed(&tail, None)), Heard::PassedOver(_)));
    }

    #[test]
    fn given_a_block_whose_sealer_turns_out_to_have_had_no_right_then_the_tail_says_which() {
        let genesis = genesis();
        let mut tail = Tail::genesis(Arc::clone(&genesis));
        for sequence in 1..=3 {
            let header = tail.next_header(secret(1).public(), tail.tip.next.map(LaneRange::empty));
            assert_eq!(tail.hear(sequence, &Block::seal(header, Vec::new(), &secret(1)).to_bytes()), Heard::Next);
        }
        let mut roster = Roster::of(&genesis);
        roster.version = 1;
        roster.keys.get_mut(&secret(1).public()).unwrap().until = Some(3);
        assert_eq!(tail.learn_roster(Arc::new(roster.clone())), None, "it ends with what it sealed");
        roster.keys.get_mut(&secret(1).public()).unwrap().until = Some(2);
        assert_eq!(tail.clone().learn_roster(Arc::new(roster.clone())), Some(3));
        // The member left at height 2.
        roster.keys.get_mut(&secret(1).public()).unwrap().until = None;
        roster.members.get_mut("cdc").unwrap().active = false;
        roster.height = 2;
        assert_eq!(tail.learn_roster(Arc::new(roster)), Some(3));
    }
}
