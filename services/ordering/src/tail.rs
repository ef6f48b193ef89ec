//! The end of the block stream as one sealer has verified it: what the next block must follow.
//!
//! Pure. The first valid block in stream order for a height stands; messages that do not verify or do not follow are
//! passed over, so a broken sealer can waste sequences but not stop the chain.

use std::sync::Arc;

use domain::genesis::{Genesis, KeyClass};
use proof::block::{Block, Header, LaneRange, Tip};
use proof::checkpoint::{Certificate, Cosigner, origin};
use proof::digest::Digest;
use proof::sign::PublicKey;

/// The verified end of a chain's block stream.
#[derive(Clone, Debug)]
pub struct Tail {
    genesis: Arc<Genesis>,
    cosigners: Vec<Cosigner>,
    /// What the next block must follow.
    pub tip: Tip,
    /// Who sealed the last block; `None` before the first.
    pub sealer: Option<PublicKey>,
    /// The last stream sequence read, valid or not: what the next publish must expect.
    pub sequence: u64,
    chain_time_s: u64,
}

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
    /// The tail before the first block.
    pub fn genesis(genesis: Arc<Genesis>) -> Self {
        let cosigners = genesis.cosigners();
        let tip = Tip::genesis(&genesis.chain_id);
        let chain_time_s = genesis.genesis_time.seconds();
        Tail { genesis, cosigners, tip, sealer: None, sequence: 0, chain_time_s }
    }

    /// Height of the last block, 0 before the first.
    pub fn height(&self) -> u64 {
        self.tip.height
    }

    /// The last sequence taken of each lane.
    pub fn cursors(&self) -> [u64; 3] {
        self.tip.next.map(|next| next.saturating_sub(1))
    }

    /// Whether that key seals here, by the genesis.
    fn may_seal(&self, key: &PublicKey) -> bool {
        self.genesis.members.iter().any(|member| {
            member.node_role.manages() && member.keys.get(&KeyClass::Sealer).is_some_and(|keys| keys.contains(key))
        })
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

    fn check(&self, message: &[u8]) -> Result<Block, String> {
        let block = self.check_alone(message)?;
        block.check_follows(&self.tip).map_err(|error| error.to_string())?;
        Ok(block)
    }

    /// A block signed by a sealer of this chain, whatever it follows.
    pub fn check_alone(&self, message: &[u8]) -> Result<Block, String> {
        let block = Block::from_bytes(message).map_err(|error| error.to_string())?;
        if !self.may_seal(&block.header.sealer) {
            return Err(format!("{} is no sealer of {}", block.header.sealer, self.genesis.chain));
        }
        block.check_alone(&self.genesis.chain_id).map_err(|error| error.to_string())?;
        Ok(block)
    }

    /// Makes a block known to stand the tail: one heard, or this sealer's own acknowledged one.
    pub fn stand(&mut self, block: &Block) {
        self.tip = block.tip();
        self.sealer = Some(block.header.sealer);
        if let Some(certificate) = &block.header.certificate {
            self.chain_time_s = self.chain_time_s.max(certificate.time_s());
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

    /// Whether every ledger will accept the certificate: q known cosignatures on a checkpoint of this chain.
    pub fn accepts(&self, certificate: &Certificate) -> bool {
        let origin = origin(self.genesis.chain.as_str(), &self.genesis.chain_id);
        certificate.verify(&origin, &self.cosigners, self.genesis.quorum()).is_ok()
    }

    /// The header of a block that takes `lanes`; the caller seals it.
    pub fn next_header(
        &self,
        sealer: PublicKey,
        lanes: [LaneRange; 3],
        events: u32,
        sealed_at_ms: u64,
        certificate: Option<Certificate>,
    ) -> Header {
        Header {
            version: proof::block::VERSION,
            chain: self.genesis.chain_id,
            height: self.height() + 1,
            previous: self.tip.hash,
            sealer,
            lanes,
            events,
            body: Digest::default(),
            rules_version: self.genesis.rules_version,
            sealed_at_ms,
            certificate,
        }
    }
}
