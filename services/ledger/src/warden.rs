//! Watches the lanes and votes for the exclusion of a sealer that starves one, or an endorsement node.
//!
//! It looks into the intake streams whether what blocks leave really waits there, tells [`crate::starving`], and signs for
//! whom that convicts. The votes travel in cosign notes and the exclusion in a block header: none of it needs a lane. It
//! excludes nobody alone, and never the last member that seals. Limits: a look every [`LOOK`], while there are blocks.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bus::BusError;
use domain::chain::Lane;
use domain::genesis::KeyClass;
use domain::keys;
use domain::record::KeyRecord;
use domain::state::{View as _, decoded};
use host::node::Node;
use proof::exclusion::{self, ExclusionCertificate};
use proof::sign::{Domain, PublicKey, Signed};
use tokio::sync::mpsc;
use wire::cosign::MAX_EXCLUSIONS;
use wire::subject;

use crate::chain::Chain;
use crate::core::CoreError;
use crate::desk::Open;
use crate::reader::Picture;
use crate::sets;
use crate::starving::{Sealed, Watch};

/// Between two looks into the streams: a fifteenth of the time that convicts.
const LOOK: Duration = Duration::from_secs(2);
/// Holes of a block that are looked for: enough to see whether they are true.
const MAX_HOLES: usize = 16;
/// Sealer keys that ever were; a chain rotates a few a year.
const MAX_SEALERS: usize = 4096;

/// The votes against sealers that are on their way: ours, and those heard of others.
#[derive(Debug, Default)]
pub(crate) struct Votes(Mutex<Ballots>);

#[derive(Debug, Default)]
struct Ballots {
    ours: Vec<ExclusionCertificate>,
    /// By cosigner name.
    heard: BTreeMap<String, BTreeSet<(PublicKey, u64)>>,
}

impl Votes {
    /// Ours, for the next note.
    pub(crate) fn ours(&self) -> Vec<ExclusionCertificate> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).ours.clone()
    }

    /// Whether a vote of a cosigner is not known yet.
    pub(crate) fn is_new(&self, name: &str, vote: &ExclusionCertificate) -> bool {
        let ballots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = ballots.heard.get(name);
        known.is_none_or(|known| known.len() < MAX_EXCLUSIONS && !known.contains(&(vote.sealer, vote.height)))
    }

    /// A vote of a cosigner that was verified.
    pub(crate) fn hear(&self, name: &str, vote: &ExclusionCertificate) {
        let mut ballots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        ballots.heard.entry(name.to_owned()).or_default().insert((vote.sealer, vote.height));
    }

    /// The heights at which others want a sealer's blocks to end.
    fn heights(&self, sealer: &PublicKey) -> BTreeSet<u64> {
        let ballots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        ballots.heard.values().flatten().filter(|(of, _)| of == sealer).map(|(_, height)| *height).collect()
    }

    fn cast(&self, ours: Vec<ExclusionCertificate>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).ours = ours;
    }

    /// A sealer that is no more needs no votes.
    fn forget(&self, sealer: &PublicKey) {
        let mut ballots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        ballots.ours.retain(|vote| vote.sealer != *sealer);
        ballots.heard.values_mut().for_each(|known| known.retain(|(of, _)| of != sealer));
    }
}

/// The task.
pub(crate) struct Warden {
    pub(crate) node: Node,
    pub(crate) chain: Arc<Chain>,
    pub(crate) open: Arc<Open>,
    pub(crate) votes: Arc<Votes>,
    pub(crate) watch: Watch,
}

impl Warden {
    /// Runs until nobody tells of blocks any more.
    pub(crate) async fn run(mut self, mut blocks: mpsc::Receiver<Sealed>) {
        let mut looks = tokio::time::interval(LOOK);
        looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut news = false;
        loop {
            tokio::select! {
                block = blocks.recv() => match block {
                    Some(block) => {
                        news = true;
                        self.sealed(&block).await;
                    }
                    None => return,
                },
                _ = looks.tick(), if news => {
                    news = false;
                    if let Err(error) = self.look().await {
                        tracing::debug!(%error, "the lanes can't be looked at now");
                    }
                    self.vote();
                }
            }
        }
    }

    fn now_ms(&self) -> u64 {
        self.node.clock.wall_now().0
    }

    async fn sealed(&mut self, block: &Sealed) {
        self.watch.sealed(block, self.now_ms());
        let holes = block.lanes.iter().any(|range| !range.holes.is_empty());
        if !holes && !self.watch.hides(&block.sealer) {
            return;
        }
        let served = self.served(block.height).unwrap_or_default();
        for node in &served {
            self.watch.served(block.sealer, *node);
        }
        let mut hidden = BTreeSet::new();
        for (lane, range) in Lane::ALL.into_iter().zip(&block.lanes) {
            for hole in range.holes.iter().take(MAX_HOLES) {
                hidden.extend(self.message(lane, *hole).await.ok().flatten().and_then(|bytes| self.signer(&bytes)));
            }
        }
        for node in hidden.difference(&served) {
            self.watch.hidden(block, *node, self.now_ms());
        }
    }

    /// The nodes whose bundles a block holds.
    fn served(&self, height: u64) -> Result<BTreeSet<PublicKey>, CoreError> {
        let block = self.open.reader.block(height)?;
        Ok(block.bundles.iter().filter_map(|bundle| self.signer(bundle)).collect())
    }

    /// The endorsement node whose bundle this is.
    fn signer(&self, bytes: &[u8]) -> Option<PublicKey> {
        let signed = Signed::from_bytes(bytes)?;
        signed.verify(Domain::Bundle, self.chain.id()).then_some(signed.key)
    }

    async fn message(&self, lane: Lane, sequence: u64) -> Result<Option<bytes::Bytes>, BusError> {
        let stream = subject::intake_stream(lane, self.chain.path()).name;
        Ok(self.node.bus.message(&stream, sequence).await?.map(|message| message.payload))
    }

    /// Sees which lanes have something waiting. Only one who has read the block stream to its end can say so: what waits by
    /// an older block may have been taken long ago.
    async fn look(&mut self) -> Result<(), BusError> {
        let (heard, next) = {
            let progress = self.open.progress.borrow();
            (progress.heard, progress.head.tip.next)
        };
        let blocks = self.node.bus.stream_state(&subject::block_stream(self.chain.path()).name).await?;
        if blocks.last > heard {
            return Ok(());
        }
        for (lane, sequence) in Lane::ALL.into_iter().zip(next) {
            if self.message(lane, sequence).await?.is_some() {
                self.watch.waits(lane, sequence, self.now_ms());
            }
        }
        Ok(())
    }

    /// Signs against those who are convicted, as long as they seal and somebody else does too.
    fn vote(&mut self) {
        let convicted = self.watch.convicted().collect::<Vec<_>>();
        if convicted.is_empty() && self.votes.ours().is_empty() {
            return;
        }
        let Ok(picture) = self.open.answer(self.open.reader.picture()) else { return };
        let next = picture.head.tip.height + 1;
        for vote in self.votes.ours() {
            if !sets::seals(&picture, &vote.sealer, next).unwrap_or(true) {
                self.votes.forget(&vote.sealer);
                self.watch.forget(&vote.sealer);
            }
        }
        let (mut ballots, known) = (BTreeSet::new(), self.votes.ours());
        for (sealer, victim, height) in convicted {
            if !sets::seals(&picture, &sealer, next).unwrap_or(false) || !others_seal(&picture, &sealer, next) {
                continue;
            }
            if !known.iter().any(|vote| vote.sealer == sealer) {
                tracing::warn!(chain = %self.chain.path(), %sealer, ?victim, height, "votes for the exclusion of a sealer");
            }
            ballots.insert((sealer, height));
            // Whoever began to look later saw another height; what counts is that q sign the same one.
            ballots.extend(
                self.votes.heights(&sealer).into_iter().filter(|height| *height < next).map(|height| (sealer, height)),
            );
        }
        // A vote once given stays given; its reason may be over because the others went first.
        ballots.extend(self.votes.ours().iter().map(|vote| (vote.sealer, vote.height)));
        let signed = ballots.into_iter().take(MAX_EXCLUSIONS).filter_map(|(sealer, height)| self.sign(sealer, height));
        self.votes.cast(signed.collect());
    }

    fn sign(&self, sealer: PublicKey, height: u64) -> Option<ExclusionCertificate> {
        let set = Arc::clone(&self.open.progress.borrow().sets.current);
        let name = self.chain.cosigner(&self.node.member);
        let cosigner = set.cosigners.iter().find(|cosigner| cosigner.name == name)?;
        let secret = self.node.keys.secret_of(KeyClass::Cosigner, &cosigner.key)?;
        let vote = exclusion::vote(&secret, self.chain.id(), &sealer, height, &name);
        Some(ExclusionCertificate { sealer, height, votes: vec![vote] })
    }
}

/// Whether another member seals the block of a height; a chain that nobody seals is worse off than one that is starved.
fn others_seal(picture: &Picture, sealer: &PublicKey, height: u64) -> bool {
    let prefix = format!("key/{}/", KeyClass::Sealer.name()).into_bytes();
    let Ok(found) = picture.scan(&prefix, &keys::end_of(&prefix), MAX_SEALERS) else { return false };
    let records = found.iter().filter_map(|(key, stored)| {
        let public = str::from_utf8(key).ok()?.rsplit('/').next().and_then(PublicKey::parse)?;
        Some((public, decoded::<KeyRecord>(key, &stored.value).ok()?.member))
    });
    let records = records.collect::<Vec<_>>();
    let owner = records.iter().find(|(key, _)| key == sealer).map(|(_, member)| member);
    records.iter().any(|(key, member)| Some(member) != owner && sets::seals(picture, key, height).unwrap_or(false))
}
