//! Two archives of one chain against each other: where their logs part, and who vouched for both.
//!
//! Copies that differ prove nothing by themselves: one of them may have been made up. Two checkpoints that contradict
//! each other and carry one cosigner's signature both do, and what comes of them is evidence that anybody can check with
//! the chain's cosigners alone. Limits: [`MAX_SIGNERS`] groups of signers of each copy are looked at.

use std::collections::BTreeMap;

use anyhow::Context;
use proof::checkpoint::{self, Certificate, Cosigner};
use proof::evidence::{Evidence, Vouched};
use proof::leaf::{BlockLeaf, Leaf, ProvenLeaf};
use proof::merkle;

use super::archive::{Archive, Next};
use super::piece::{Kind, Piece};
use super::tiles::Tiles;

/// Groups of cosigners that made something final together. Four of a chain have four groups; more than this only say the
/// same again.
const MAX_SIGNERS: usize = 64;

/// One copy's story.
pub(super) struct Story<'a> {
    archive: &'a Archive,
    size: u64,
    /// The end of each block by height, with its index.
    ends: Vec<(u64, BlockLeaf)>,
    certificates: Vec<Certificate>,
}

/// Where two copies part, and what shows who vouched for both.
pub(super) struct Parting {
    /// The first block of which they tell otherwise; `None` when only checkpoints contradict.
    pub(super) height: Option<u64>,
    /// Evidence, each naming somebody that none before it names.
    pub(super) evidence: Vec<(Evidence, Vec<Cosigner>)>,
}

impl<'a> Story<'a> {
    /// What an archive of `size` leaves tells.
    pub(super) fn read(archive: &'a Archive, size: u64) -> anyhow::Result<Self> {
        let mut ends = Vec::new();
        for piece in Piece::all(Kind::Entries, size) {
            let entries = archive.entries(piece)?.unwrap_or_default();
            for (index, entry) in (piece.first()..).zip(entries) {
                if let Some(Leaf::Block(leaf)) = Leaf::from_bytes(&entry) {
                    ends.push((index, leaf));
                }
            }
        }
        let mut story = Story { archive, size, ends, certificates: archive.certificate().into_iter().collect() };
        let heights = story.ends.len() as u64;
        for next in archive.blocks(heights) {
            let Next::Block(_, bytes) = next else { continue };
            let block = proof::block::Block::from_bytes(&bytes).ok();
            story.certificates.extend(block.and_then(|block| block.header.certificate));
        }
        Ok(story)
    }

    /// Of each group of signers the last certificate of a log longer than `size`.
    fn beyond(&self, size: u64) -> Vec<&Certificate> {
        let mut groups = BTreeMap::new();
        for certificate in self.certificates.iter().filter(|one| one.checkpoint.size > size) {
            let names = certificate.cosignatures.iter().map(|one| one.name.as_str()).collect::<Vec<_>>();
            if groups.len() < MAX_SIGNERS || groups.contains_key(&names) {
                groups.insert(names, certificate);
            }
        }
        groups.into_values().collect()
    }

    /// A certificate with its proof of an end of block.
    fn vouched(&self, certificate: &Certificate, end: &(u64, BlockLeaf)) -> anyhow::Result<Vouched> {
        let (index, leaf) = end;
        let size = certificate.checkpoint.size;
        let inclusion = merkle::inclusion(&Tiles::new(self.archive, self.size), *index, size)
            .with_context(|| format!("proving leaf {index} of {}", self.archive.dir().display()))?;
        let leaf = Leaf::Block(leaf.clone()).to_bytes();
        let block = Some(ProvenLeaf { leaf, index: *index, inclusion });
        Ok(Vouched { certificate: certificate.clone(), block })
    }
}

/// Where two stories of one chain part; `None` when they do not. `known` are the chain's cosigners of all epochs.
pub(super) fn part(one: &Story<'_>, other: &Story<'_>, known: &[Cosigner]) -> anyhow::Result<Option<Parting>> {
    let genesis = &one.archive.genesis;
    let origin = checkpoint::origin(genesis.chain.as_str(), &genesis.chain_id);
    let fork = one.ends.iter().zip(&other.ends).find(|((_, a), (_, b))| a != b);
    let mut found = Parting { height: fork.map(|((_, end), _)| end.height), evidence: Vec::new() };
    let mut named = Vec::<Cosigner>::new();
    let mut take = |a: &Vouched, b: &Vouched| {
        let Ok(evidence) = Evidence::gather(&origin, known, a, b) else { return };
        let Ok(liars) = evidence.check(&origin, known) else { return };
        if liars.iter().any(|liar| !named.contains(liar)) {
            named.extend(liars.iter().filter(|liar| !named.contains(liar)).cloned().collect::<Vec<_>>());
            found.evidence.push((evidence, liars));
        }
    };
    // Two roots of one size need no block.
    let bare = |certificate: &Certificate| Vouched { certificate: certificate.clone(), block: None };
    let by_size = |story: &Story<'_>| {
        let each = story.certificates.iter().map(|one| (one.checkpoint.size, one.clone()));
        each.collect::<BTreeMap<_, _>>()
    };
    let theirs = by_size(other);
    let mut parted = false;
    for (size, certificate) in by_size(one) {
        if let Some(rival) = theirs.get(&size).filter(|rival| rival.checkpoint.root != certificate.checkpoint.root) {
            parted = true;
            take(&bare(&certificate), &bare(rival));
        }
    }
    if let Some((a, b)) = fork {
        for certificate in one.beyond(a.0) {
            for rival in other.beyond(b.0) {
                take(&one.vouched(certificate, a)?, &other.vouched(rival, b)?);
            }
        }
    }
    Ok((parted || found.height.is_some()).then_some(found))
}
