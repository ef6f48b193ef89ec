//! Archives for tests: blocks of the rig, executed by a ledger's core and written as an export writes them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use domain::chain::Lane;
use domain::genesis::{Genesis, KeyClass};
use proof::block::Block;
use proof::checkpoint::{Certificate, Checkpoint, cosign};
use tempfile::TempDir;

use crate::audit::piece::{Kind, Piece, levels};
use crate::chain::Chain;
use crate::core::{Beside, Core, MAX_BATCH_BLOCKS};
use crate::progress::Finals;
use crate::reader::Reader;
use crate::rig::{self, Sealer};

/// A checkpoint vouched for by the first q cosigners.
pub(super) fn certify(genesis: &Genesis, checkpoint: &Checkpoint) -> Certificate {
    let first = (0..genesis.quorum()).map(|number| format!("m{number}")).collect::<Vec<_>>();
    certify_by(genesis, checkpoint, &first.iter().map(String::as_str).collect::<Vec<_>>())
}

/// A checkpoint vouched for by these members.
pub(super) fn certify_by(genesis: &Genesis, checkpoint: &Checkpoint, members: &[&str]) -> Certificate {
    let cosignatures = members.iter().map(|member| {
        let secret = rig::secret(genesis.chain.as_str(), member, KeyClass::Cosigner);
        let name = format!("{member}.{}", genesis.chain);
        cosign(&secret, &name, checkpoint, rig::START.seconds() + checkpoint.size)
    });
    Certificate { checkpoint: checkpoint.clone(), cosignatures: cosignatures.collect() }
}

/// A ledger that executes what is sealed.
pub(super) struct Press {
    pub(super) genesis: Arc<Genesis>,
    pub(super) sealer: Sealer,
    pub(super) blocks: Vec<Block>,
    core: Core,
    chain: Arc<Chain>,
    _store: TempDir,
}

impl Press {
    pub(super) fn new(genesis: Arc<Genesis>) -> Self {
        let store = tempfile::tempdir().unwrap();
        let chain = Arc::new(Chain::new(Arc::clone(&genesis)));
        let core = Core::open(store.path(), Arc::clone(&chain)).unwrap();
        Press { sealer: Sealer::new(&genesis), genesis, blocks: Vec::new(), core, chain, _store: store }
    }

    /// Executes blocks that the sealer made; gives the last checkpoint as everybody's.
    pub(super) fn run(&mut self, blocks: Vec<Block>) -> Certificate {
        let mut last = None;
        for batch in blocks.chunks(MAX_BATCH_BLOCKS) {
            last = self.core.extend(batch, &[], &Beside::default()).unwrap().pop();
        }
        self.blocks.extend(blocks);
        certify(&self.genesis, &last.unwrap().checkpoint)
    }

    /// Three rounds of deposits and counts, a repeat, a forged event, a message that is no bundle, an empty block and a
    /// certificate in a header; more than a tile of leaves.
    pub(super) fn history(genesis: Arc<Genesis>) -> (Self, Certificate) {
        let mut press = Press::new(genesis);
        let genesis = Arc::clone(&press.genesis);
        let mut certificate = None;
        for round in 0..6 {
            let mut events =
                (50 * round..50 * round + 50).map(|number| rig::deposit(&genesis, number)).collect::<Vec<_>>();
            events.push(rig::deposit(&genesis, 0));
            let mut forged = rig::deposit(&genesis, 1000 + round);
            forged[40] ^= 1;
            events.push(forged);
            let daily = rig::daily(&genesis, 2000 + round, round);
            let blocks = vec![
                press.sealer.block(Lane::Normal, events, None),
                press.sealer.block(Lane::Urgent, vec![daily], certificate.take()),
            ];
            certificate = Some(press.run(blocks));
        }
        let last = vec![press.sealer.junk(), press.sealer.block(Lane::Normal, Vec::new(), None)];
        let certificate = press.run(last);
        (press, certificate)
    }

    /// Writes the archive below `dir` and gives its place.
    pub(super) fn write(&self, dir: &Path, certificate: &Certificate) -> PathBuf {
        let reader = Reader::new(Arc::clone(&self.chain), self.core.spaces().clone(), Arc::new(Finals::default()));
        let (size, height) = (certificate.checkpoint.size, self.blocks.len() as u64);
        let dir = dir.join(self.genesis.chain.as_str());
        let put = |path: &str, bytes: &[u8]| {
            let file = dir.join(path);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, bytes).unwrap();
        };
        put("genesis.toml", &self.genesis.file);
        put("checkpoint", certificate.text().as_bytes());
        for level in levels(size) {
            let kind = Kind::Hashes(level);
            for piece in Piece::all(kind, kind.total(size, height)) {
                let hashes = (piece.first()..piece.end()).flat_map(|index| reader.subtree(8 * level, index).unwrap().0);
                put(&piece.path(), &hashes.collect::<Vec<_>>());
            }
        }
        for piece in Piece::all(Kind::Entries, size) {
            let mut bytes = Vec::new();
            let count = usize::try_from(piece.width).unwrap();
            for entry in reader.log(piece.first(), piece.end(), count, usize::MAX, self.core.head()).unwrap() {
                bytes.extend_from_slice(&u16::try_from(entry.leaf.len()).unwrap().to_be_bytes());
                bytes.extend_from_slice(&entry.leaf);
            }
            put(&piece.path(), &bytes);
        }
        self.write_blocks(&dir, &self.blocks);
        dir
    }

    /// Writes these blocks into an archive, instead of those that were executed.
    pub(super) fn write_blocks(&self, dir: &Path, blocks: &[Block]) {
        for piece in Piece::all(Kind::Blocks, blocks.len() as u64) {
            let mut bytes = Vec::new();
            for number in piece.first()..piece.end() {
                proof::digest::put_lp(&mut bytes, &blocks[usize::try_from(number).unwrap()].to_bytes());
            }
            let file = dir.join(piece.path());
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, bytes).unwrap();
        }
    }
}
