//! One walk through an archived chain, block by block: what the block shows of itself, whether it follows, what executing
//! it gives, and whether that is what the log holds.
//!
//! After a block that can't be executed the state is not known any more; the rest is still held against the log: every
//! leaf against its tile, every event leaf against the block's bytes and signatures, every block against its leaf.

mod contents;
mod leaves;

use std::collections::HashMap;

use domain::genesis::KeyClass;
use proof::block::{Block, Tip};
use proof::checkpoint::Certificate;
use proof::digest::Digest;
use proof::sign::PublicKey;

use super::anchors::Anchored;
use super::archive::Archive;
use super::changed;
use super::log::{Log, by_files};
use super::numbers::Ledger;
use super::opened::Opened;
use super::piece::{Kind, Piece};
use super::replay::Replay;
use super::report::Book;
use super::shares::Shares;
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
    /// Every anchor that its log holds of a child.
    pub(super) anchors: Vec<Anchored>,
    /// Events held against their block.
    pub(super) events: u64,
    /// Blocks that are sound and of this height.
    pub(super) looked: u64,
    /// The height that is done, whether its block could be opened or not.
    height: u64,
    /// The last height.
    last: u64,
    /// Blocks of one file that nobody signed for this place.
    strange: Option<Strange>,
}

/// A file of blocks that are not this chain's: one problem, however many they are.
struct Strange {
    path: String,
    /// The problem of the first.
    problem: usize,
    /// How many came after it.
    more: u64,
}

impl<'a> Walk<'a> {
    pub(super) fn new(archive: &'a Archive, size: u64, last: u64) -> Self {
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
            anchors: Vec::new(),
            events: 0,
            looked: 0,
            height: 0,
            last,
            strange: None,
        }
    }

    /// What the archive has at the next height.
    pub(super) fn take(&mut self, opened: Opened) {
        let next = self.height + 1;
        let changed = match &opened {
            Opened::Unsound { block, .. } => Some(block.clone()),
            _ => None,
        };
        let (from, to, what, who) = match opened {
            Opened::Sound(block, prepared) if block.header.height == next => return self.sound(&block, prepared),
            // Its sealer did not put it here.
            Opened::Sound(block, _) => {
                (next, next, format!("it says it is block {}", block.header.height), String::new())
            }
            Opened::Unsound { block, error, signed: true } => (next, next, error.to_string(), self.sealer(&block)),
            Opened::Unsound { error, .. } | Opened::Garbage(error) => (next, next, error.to_string(), String::new()),
            Opened::Lost { from, to, path, what } => {
                (from, to, format!("blocks {from} to {to} can't be read from {path}: {what}"), String::new())
            }
        };
        let problem = self.book.told();
        self.cannot_execute(from, what, who);
        // What was only counted with the file's other blocks has no problem of its own to say more of.
        let changed = changed.filter(|_| self.book.told() > problem);
        for height in from..=to {
            let leaves = self.by_log(height, None);
            if let Some(block) = &changed {
                self.book.add(problem, &changed::tell(block, &leaves));
            }
        }
        self.tip = None;
        self.numbers = None;
    }

    /// A block is not what it must be; execution ends here, if it has come so far.
    fn cannot_execute(&mut self, height: u64, what: String, who: String) {
        let file = Piece::holding(Kind::Blocks, height.saturating_sub(1), self.last);
        let path = file.filter(|_| who.is_empty()).map(|file| file.path());
        match &mut self.strange {
            Some(strange) if path.as_ref() == Some(&strange.path) => return strange.more += 1,
            _ => self.tell_strange(),
        }
        self.strange = path.map(|path| Strange { path, problem: self.book.told(), more: 0 });
        let what = match self.stopped {
            None => format!("{what}; from here on nothing is executed again, only held against the log"),
            Some(_) => what,
        };
        self.stopped.get_or_insert(height);
        self.book.problem(format!("block {height}"), what, who);
    }

    /// Says how many blocks of the last strange file there were.
    fn tell_strange(&mut self) {
        if let Some(Strange { path, problem, more }) = self.strange.take().filter(|strange| strange.more > 0) {
            self.book.add(problem, &format!("; so it is with {more} more blocks of {path}"));
        }
    }

    fn sound(&mut self, block: &Block, prepared: Prepared) {
        let height = self.height + 1;
        self.looked += 1;
        self.follows(height, block);
        self.certificate(height, block);
        self.exclusion(height, block);
        self.contents(height, block, &prepared);
        if self.stopped.is_some() {
            self.by_log(height, Some((block, &prepared)));
        } else {
            self.execute(height, block, prepared);
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
            _ => Ok(()),
        };
        if let Err(what) = follows {
            self.cannot_execute(height, what, sealer.clone());
        }
        if self.stopped.is_none() && !self.replay.seals(&block.header.sealer).is_ok_and(|seals| seals) {
            let key = block.header.sealer;
            self.cannot_execute(height, format!("{key} is no sealer key in use at this height"), sealer);
        }
    }

    /// The member whose key sealed a block, or the key itself.
    fn sealer(&self, block: &Block) -> String {
        let owner = self.replay.owner(KeyClass::Sealer, &block.header.sealer).ok().flatten();
        owner.unwrap_or_else(|| block.header.sealer.to_string())
    }

    /// The certificate in the header is final and of this log.
    fn certificate(&mut self, height: u64, block: &Block) {
        let Some(certificate) = &block.header.certificate else { return };
        match self.replay.is_final(certificate) {
            Ok(Ok(())) => match self.roots.contains_key(&certificate.checkpoint.size) {
                true => self.of_this_log(height, certificate),
                false => self.ahead.push((height, certificate.clone())),
            },
            // Without execution it may be final under a set that is not known here.
            Ok(Err(_)) if self.stopped.is_some() => {}
            Ok(Err(error)) => {
                let what = format!("it carries a certificate that is not final: {error}");
                self.book.problem(format!("block {height}"), what, self.sealer(block));
            }
            Err(fault) => self.book.problem(format!("block {height}"), fault.to_string(), ""),
        }
    }

    /// The votes in the header exclude a sealer.
    fn exclusion(&mut self, height: u64, block: &Block) {
        if self.stopped.is_none()
            && block.header.exclusion.is_some()
            && !matches!(self.replay.excluded(&block.header), Ok(Some(_)))
        {
            let what = "it carries votes that exclude nobody";
            self.book.problem(format!("block {height}"), what, self.sealer(block));
        }
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

    /// A block and its leaves are done.
    fn end(&mut self, hash: Digest) {
        self.height += 1;
        self.hash = Some(hash);
        if let Some((size, root)) = self.log.tree() {
            self.roots.insert(size, root);
        }
    }

    /// What can be said only at the end: leaves behind the last block, certificates of longer logs, missing bundles.
    pub(super) fn close(&mut self) {
        self.tell_strange();
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
