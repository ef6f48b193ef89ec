//! One walk through an archived chain, block by block: what the block shows of itself, whether it follows, what executing
//! it gives, and whether that is what the log holds.
//!
//! After a block that can't be executed the state is not known any more; the rest is still held against the log: every
//! leaf against its tile, every event leaf against the block's bytes and signatures, every block against its leaf.

use std::collections::HashMap;

use domain::chain::Lane;
use domain::execute::BundleInput;
use domain::genesis::KeyClass;
use domain::lanes::PendingBundle;
use proof::block::{Block, Tip};
use proof::checkpoint::Certificate;
use proof::digest::Digest;
use proof::leaf::{Leaf, OK};
use proof::merkle::leaf_hash;
use proof::sign::PublicKey;

use super::archive::Archive;
use super::log::{Claim, Log, by_files};
use super::numbers::Ledger;
use super::opened::Opened;
use super::replay::Replay;
use super::report::Book;
use super::shares::{Shares, Taken};
use super::text;
use crate::core::inputs::Prepared;

/// A chain in the course of its audit.
pub(super) struct Walk<'a> {
    pub(super) book: Book,
    pub(super) replay: Replay,
    pub(super) log: Log<'a>,
    chain: &'a Archive,
    /// The height at which execution ended early.
    pub(super) stopped: Option<u64>,
    /// The last block, if it is known whole.
    tip: Option<Tip>,
    /// Its hash by the log.
    hash: Option<Digest>,
    /// The root after each block, by size.
    pub(super) roots: HashMap<u64, Digest>,
    /// Certificates in headers of logs longer than the log below the block.
    ahead: Vec<(u64, Certificate)>,
    /// Bundles by their numbers; `None` when those of a block could not be read, so that a missing one says nothing.
    numbers: Option<Ledger>,
    shares: Shares,
    pub(super) events: u64,
    pub(super) blocks: u64,
}

impl<'a> Walk<'a> {
    pub(super) fn new(archive: &'a Archive, size: u64) -> Self {
        let genesis = &archive.genesis;
        let tip = Tip::genesis(&genesis.chain_id);
        Walk {
            book: Book::new(genesis.chain.to_string()),
            replay: Replay::new(genesis.clone()),
            log: Log::new(archive, size),
            chain: archive,
            stopped: None,
            hash: Some(tip.hash),
            tip: Some(tip),
            roots: HashMap::new(),
            ahead: Vec::new(),
            numbers: Some(Ledger::default()),
            shares: Shares::default(),
            events: 0,
            blocks: 0,
        }
    }

    /// What the archive has at the next height.
    pub(super) fn take(&mut self, opened: Opened) {
        let next = self.blocks + 1;
        let (from, to, what, who) = match opened {
            Opened::Sound(block, prepared) => return self.sound(&block, prepared),
            Opened::Unsound { block, error, signed: true } => (next, next, error.to_string(), self.sealer(&block)),
            Opened::Unsound { error, .. } | Opened::Garbage(error) => (next, next, error.to_string(), String::new()),
            Opened::Lost { from, to, path, what } => {
                (from, to, format!("blocks {from} to {to} can't be read from {path}: {what}"), String::new())
            }
        };
        self.cannot_execute(from, what, who);
        (from..=to).for_each(|height| self.by_log(height, None));
        self.tip = None;
        self.numbers = None;
    }

    /// A block is not what it must be; execution ends here, if it has come so far.
    fn cannot_execute(&mut self, height: u64, what: String, who: String) {
        let what = match self.stopped {
            None => format!("{what}; from here on nothing is executed again, only held against the log"),
            Some(_) => what,
        };
        self.stopped.get_or_insert(height);
        self.book.problem(format!("block {height}"), what, who);
    }

    fn sound(&mut self, block: &Block, prepared: Prepared) {
        let height = self.blocks + 1;
        self.follows(height, block);
        let is_final = self.certificate(height, block);
        self.contents(height, block, &prepared);
        if self.stopped.is_some() {
            self.by_log(height, Some((block, &prepared)));
        } else {
            self.execute(height, block, prepared, is_final);
        }
        self.tip = Some(block.tip());
    }

    /// The block continues the chain and its sealer may seal.
    fn follows(&mut self, height: u64, block: &Block) {
        let sealer = self.sealer(block);
        let follows = match (&self.tip, self.hash) {
            (Some(tip), _) => block.check_follows(tip).map_err(|error| error.to_string()),
            (None, Some(hash)) if hash != block.header.previous => {
                Err("the block builds on another one than the log's last".to_owned())
            }
            (None, _) if block.header.height != height => Err(format!("it says it is block {}", block.header.height)),
            _ => Ok(()),
        };
        if let Err(what) = follows {
            self.cannot_execute(height, what, sealer.clone());
        }
        if self.stopped.is_none() && !matches!(self.replay.manager(KeyClass::Sealer, &block.header.sealer), Ok(Some(_)))
        {
            let key = block.header.sealer;
            self.cannot_execute(height, format!("{key} is no sealer key in use at this height"), sealer);
        }
    }

    /// The member whose key sealed a block, or the key itself.
    fn sealer(&self, block: &Block) -> String {
        let owner = self.replay.owner(KeyClass::Sealer, &block.header.sealer).ok().flatten();
        owner.unwrap_or_else(|| block.header.sealer.to_string())
    }

    /// The certificate in the header is final and of this log. Whether it counts for execution.
    fn certificate(&mut self, height: u64, block: &Block) -> bool {
        let Some(certificate) = &block.header.certificate else { return false };
        match self.replay.is_final(certificate) {
            Ok(Ok(())) => {}
            // Without execution it may be final under a set that is not known here.
            Ok(Err(_)) if self.stopped.is_some() => return false,
            Ok(Err(error)) => {
                let what = format!("it carries a certificate that is not final: {error}");
                self.book.problem(format!("block {height}"), what, self.sealer(block));
                return false;
            }
            Err(_) => return false,
        }
        match self.roots.get(&certificate.checkpoint.size) {
            Some(_) => self.of_this_log(height, certificate),
            None => self.ahead.push((height, certificate.clone())),
        }
        true
    }

    /// A final certificate names a root that this log has.
    fn of_this_log(&mut self, height: u64, certificate: &Certificate) {
        let checkpoint = &certificate.checkpoint;
        let what = match self.roots.get(&checkpoint.size) {
            Some(root) if *root == checkpoint.root => return,
            Some(root) => format!(
                "it carries a final checkpoint of {} leaves with root {}, where this log has {root}",
                checkpoint.size, checkpoint.root
            ),
            None => {
                format!("it carries a final checkpoint of {} leaves, where no block of this log ends", checkpoint.size)
            }
        };
        let signers = text::signers(certificate, &self.chain.genesis.chain);
        self.book.against_log(format!("block {height}"), what, Some(signers));
    }

    /// What can be seen from the block alone: how many events it holds, whose bundles with which numbers, and what it
    /// took from each lane.
    fn contents(&mut self, height: u64, block: &Block, prepared: &Prepared) {
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
            None => self.replay.manager(KeyClass::Endorser, &endorser),
            // Which keys are in use now is not known any more.
            Some(_) => self.replay.owner(KeyClass::Endorser, &endorser),
        };
        if let (Ok(Some(member)), Some(numbers)) = (member, &mut self.numbers) {
            numbers.saw(&member, endorser, lane, number);
        }
    }

    /// Executes the block and holds what comes of it against the log.
    fn execute(&mut self, height: u64, block: &Block, prepared: Prepared, is_final: bool) {
        let outcome = match self.replay.execute(block, prepared.bundles, is_final) {
            Ok(outcome) => outcome,
            Err(fault) => {
                self.cannot_execute(height, fault.to_string(), String::new());
                return self.by_log(height, None);
            }
        };
        let mut differs = None;
        for leaf in &outcome.leaves {
            differs = self.compare(leaf);
            if differs.is_some() {
                break;
            }
        }
        // The block's own leaf is the last that the rules give.
        let beyond = |claim: &Claim| claim.leaf().is_some_and(|leaf| leaf.height() <= height);
        if differs.is_none()
            && let Some(claim) = self.log.take_if(&mut self.book, beyond)
        {
            differs = Some(format!("leaf {} of the log is none that the rules give", claim.index));
            self.log.believe(by_files(&claim).0, &mut self.book);
        }
        match differs {
            None => self.end(block.hash()),
            Some(what) => self.differs(height, block, what),
        }
    }

    /// Holds a leaf that the rules give against the log; says what differs.
    fn compare(&mut self, leaf: &Leaf) -> Option<String> {
        let bytes = leaf.to_bytes();
        let hash = leaf_hash(&bytes);
        let Some(claim) = self.log.take(&mut self.book) else {
            return Some("the log ends within this block".to_owned());
        };
        let entry = claim.entry.as_ref().map(|entry| *entry == bytes);
        let tile = claim.hash.map(|claimed| claimed == hash);
        if entry != Some(true) && tile != Some(true) && (entry, tile) != (None, None) {
            self.log.believe(by_files(&claim).0, &mut self.book);
            return Some(text::differ(claim.leaf().as_ref(), leaf, claim.index));
        }
        let size = self.log.size();
        if entry == Some(false) {
            self.book.problem(claim.entry_place(size), "not the leaf that its tile and the rules give", "");
        }
        if tile == Some(false) {
            self.book.problem(claim.hash_place(size), "not the hash that its entry and the rules give", "");
        }
        self.log.believe(Some(hash), &mut self.book);
        self.events += u64::from(matches!(leaf, Leaf::Event(_)));
        None
    }

    /// The rules do not give what the log holds: either the log is about another block than this one, or those who
    /// cosigned it vouch for what the rules do not give.
    fn differs(&mut self, height: u64, block: &Block, what: String) {
        self.stopped = Some(height);
        self.by_log(height, None);
        let place = format!("block {height}");
        match self.hash {
            Some(hash) if hash != block.hash() => self.other_block(height, block, &hash),
            _ => {
                let what = format!("{what}; from here on nothing is executed again, only held against the log");
                self.book.against_log(place, what, None);
            }
        }
    }

    /// A sealer signed a block that is not the one the log was made of.
    fn other_block(&mut self, height: u64, block: &Block, log: &Digest) {
        let what = format!("the block here is {}, that of the log is {log}", block.hash());
        self.book.problem(format!("block {height}"), what, self.sealer(block));
    }

    /// Takes the leaves of a block as the files have them, and holds the block against them as far as it is there.
    fn by_log(&mut self, height: u64, block: Option<(&Block, &Prepared)>) {
        let entries = block.map(|(_, prepared)| entries(prepared)).unwrap_or_default();
        loop {
            let within = |claim: &Claim| claim.leaf().is_none_or(|leaf| leaf.height() <= height);
            let Some(claim) = self.log.take_if(&mut self.book, within) else {
                self.hash = None;
                self.blocks += 1;
                return self.book.problem(format!("block {height}"), "the log has no leaf of its end", "");
            };
            let (hash, agree) = by_files(&claim);
            if !agree {
                let what = format!("not the leaf whose hash is in {}", claim.hash_place(self.log.size()));
                self.book.problem(claim.entry_place(self.log.size()), what, "");
            }
            self.log.believe(hash, &mut self.book);
            match claim.leaf() {
                Some(Leaf::Event(leaf)) => {
                    self.events += 1;
                    let found = entries.get(&(leaf.event, leaf.signed));
                    if block.is_some() && !found.is_some_and(|sound| *sound || leaf.code != OK) {
                        let what = format!("leaf {} is of no event of this block that is signed soundly", claim.index);
                        self.book.against_log(format!("block {height}"), what, None);
                    }
                }
                Some(Leaf::Block(leaf)) => {
                    if let Some((block, _)) = block.filter(|(block, _)| block.hash() != leaf.block) {
                        self.other_block(height, block, &leaf.block);
                    }
                    return self.end(leaf.block);
                }
                _ => {}
            }
        }
    }

    /// A block and its leaves are done.
    fn end(&mut self, hash: Digest) {
        self.blocks += 1;
        self.hash = Some(hash);
        if let Some((size, root)) = self.log.tree() {
            self.roots.insert(size, root);
        }
    }

    /// What can be said only at the end: leaves behind the last block, certificates of longer logs, missing bundles.
    pub(super) fn close(&mut self) {
        if let Some(claim) = self.log.take(&mut self.book) {
            let what = format!("leaf {} and what follows belong to no block here", claim.index);
            self.book.problem("log", what, "");
            self.log.believe(by_files(&claim).0, &mut self.book);
            while let Some(claim) = self.log.take(&mut self.book) {
                self.log.believe(by_files(&claim).0, &mut self.book);
            }
        }
        for (height, certificate) in std::mem::take(&mut self.ahead) {
            self.of_this_log(height, &certificate);
        }
        let replay = &self.replay;
        let member = |key: &PublicKey| replay.owner(KeyClass::Endorser, key).ok().flatten();
        let name = |key: &PublicKey| member(key).unwrap_or_else(|| key.to_string());
        std::mem::take(&mut self.shares).close(&mut self.book, name);
        if let Some(numbers) = self.numbers.take() {
            numbers.close(&mut self.book);
        }
    }
}

/// Everything in a block that can have a leaf, and whether it is signed soundly.
fn entries(prepared: &Prepared) -> HashMap<(Digest, Digest), bool> {
    let mut found = prepared.sources.iter().map(|source| (*source, false)).collect::<HashMap<_, _>>();
    for bundle in &prepared.bundles {
        if let BundleInput::Bundle { events, .. } = bundle {
            found.extend(events.iter().flatten().map(|event| ((event.id, event.signed), true)));
        }
    }
    found
}
