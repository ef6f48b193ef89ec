//! The life of a ledger: open, check, follow; and when it is damaged, set the store aside and build it anew.
//!
//! A ledger answers only after its whole store was checked. Damage found later closes it at once. What is rebuilt comes
//! from the block stream, or from the other cosigners where the stream no longer has it, and is executed and verified
//! as if seen for the first time.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use bus::ServeHandle;
use domain::genesis::KeyClass;
use host::node::Node;
use proof::checkpoint::{Certificate, Checkpoint};
use proof::sign::SecretKey;
use tokio::sync::{Notify, mpsc, oneshot, watch};
use wire::cosign::CosignNote;
use wire::subject;

use crate::chain::Chain;
use crate::core::{Core, CoreError};
use crate::desk::Open;
use crate::feed::Feed;
use crate::finality::Finality;
use crate::follow::Follow;
use crate::notes::Notes;
use crate::progress::{Finals, Progress};
use crate::reader::Reader;
use crate::worker::{Told, Worker};

/// Requests to the core's thread that wait: the feed has one on its way, the finality task seldom another.
const WORK: usize = 4;

/// Batches that wait for the finality task, which takes each in well below the time of an fsync.
const TOLD: usize = 64;

/// A pause after the disk failed: it is tried again for as long as it takes.
const RETRY: Duration = Duration::from_secs(1);

/// How long a read of our own last note may take before we start without it.
const NOTE_PATIENCE: Duration = Duration::from_secs(2);

/// Keeps one ledger.
pub(crate) struct Keeper {
    pub(crate) node: Node,
    pub(crate) chain: Arc<Chain>,
    pub(crate) open: watch::Sender<Option<Arc<Open>>>,
    pub(crate) serving: ServeHandle,
}

/// Why a stretch of following ended.
enum End {
    Stopped,
    Failed(CoreError),
}

impl Keeper {
    /// Keeps the ledger until the service stops.
    pub(crate) async fn run(self) {
        let dir = self.node.data.join("ledger");
        let mut rebuilt = false;
        loop {
            let failed = match self.follow(&dir, rebuilt).await {
                End::Stopped => break,
                End::Failed(error) => error,
            };
            self.open.send_replace(None);
            match failed {
                CoreError::Damaged(_) | CoreError::Contradicted(_) => {
                    tracing::error!(chain = %self.chain.path(), error = %failed, "rebuilding the ledger");
                    rebuilt |= matches!(failed, CoreError::Contradicted(_));
                    if let Err(error) = set_aside(&dir) {
                        tracing::error!(%error, dir = %dir.display(), "the damaged ledger can't be moved aside");
                        self.pause().await;
                    }
                }
                CoreError::Disk(what) => {
                    tracing::error!(chain = %self.chain.path(), %what, "the ledger's disk failed; opening it again");
                    self.pause().await;
                }
            }
            if self.node.stop.is_set() {
                break;
            }
        }
        self.open.send_replace(None);
        self.serving.stop().await;
    }

    async fn pause(&self) {
        tokio::select! {
            () = tokio::time::sleep(RETRY) => {}
            () = self.node.stop.wait() => {}
        }
    }

    /// Opens, checks and follows until the service stops or the store fails.
    async fn follow(&self, dir: &Path, rebuilt: bool) -> End {
        let (chain, at) = (Arc::clone(&self.chain), dir.to_owned());
        let opened = tokio::task::spawn_blocking(move || {
            let core = Core::open(&at, chain)?;
            core.scrub()?;
            Ok::<_, CoreError>(core)
        });
        let core = match opened.await {
            Ok(Ok(core)) => core,
            Ok(Err(error)) => return End::Failed(error),
            Err(bug) => return End::Failed(CoreError::Disk(bug.to_string())),
        };
        match self.start(core, rebuilt).await {
            Ok(running) => self.watch(running).await,
            Err(error) => End::Failed(error),
        }
    }

    async fn start(&self, core: Core, rebuilt: bool) -> Result<Running, CoreError> {
        let finals = Arc::new(Finals::default());
        let reader = Reader::new(Arc::clone(&self.chain), core.spaces().clone(), Arc::clone(&finals));
        let certificate = reader.certificate()?;
        let final_height = match &certificate {
            Some(certificate) => reader.height_at(certificate.checkpoint.size)?.unwrap_or(0),
            None => 0,
        };
        let head = core.head().clone();
        let (sworn, last) = self.sworn(&reader, head.tip.height).await?;
        let tip = head.checkpoint(&self.chain.origin);
        let certificate = certificate.map(Arc::new);
        let progress = Progress { head: head.clone(), final_height, certificate, halted: None };
        let progress = Arc::new(watch::Sender::new(progress));
        let (work, jobs) = mpsc::channel(WORK);
        let (told, tells) = mpsc::channel(TOLD);
        let (ahead, seen_ahead) = watch::channel(None);
        let mut finality = Finality::new(Arc::clone(&self.chain), final_height);
        if head.tip.height > 0 {
            // The tip's cosignature was lost with the process if it ever was sent; cosigning the same again is harmless.
            finality.executed(head.tip.height, tip.clone());
        }
        let cosigner = self.cosigner();
        let again = cosigner.as_ref().filter(|_| head.tip.height > 0 && last.is_empty()).map(|(key, name)| {
            let cosignature = proof::checkpoint::cosign(key, name, &tip, self.node.clock.now().seconds());
            let certificate = Certificate { checkpoint: tip.clone(), cosignatures: vec![cosignature] };
            (head.tip.height, certificate.text())
        });
        let last = if last.is_empty() { again.into_iter().collect() } else { last };
        let worker = Worker {
            chain: Arc::clone(&self.chain),
            core,
            follow: Follow::default(),
            cosigner,
            clock: self.node.clock.clone(),
            progress: Arc::clone(&progress),
            finals: Arc::clone(&finals),
            told,
            sworn,
            rebuilt,
        };
        let (ended, end) = oneshot::channel();
        std::thread::Builder::new()
            .name(format!("ledger-{}", self.chain.path()))
            .spawn(move || {
                // Nobody waits any more when the service is ending.
                let _ = ended.send(worker.run(jobs));
            })
            .map_err(|error| CoreError::Disk(error.to_string()))?;
        let notes = Notes {
            chain: Arc::clone(&self.chain),
            member: self.node.member.clone(),
            bus: self.node.bus.clone(),
            clock: self.node.clock.clone(),
            finality,
            finals,
            progress: Arc::clone(&progress),
            work: work.clone(),
            ahead,
        };
        let feed = Feed {
            node: self.node.clone(),
            chain: Arc::clone(&self.chain),
            work,
            progress: progress.subscribe(),
            ahead: seen_ahead,
        };
        let open = Arc::new(Open { reader, progress: progress.subscribe(), damaged: Notify::new() });
        Ok(Running { open, feed, notes, tells, last, end })
    }

    /// Follows until something ends.
    async fn watch(&self, running: Running) -> End {
        let Running { open, feed, notes, tells, last, end } = running;
        self.open.send_replace(Some(Arc::clone(&open)));
        let mut feeding = tokio::spawn(feed.run());
        let noting = tokio::spawn(notes.run(tells, last));
        let met = tokio::select! {
            () = self.node.stop.wait() => None,
            () = open.damaged.notified() => Some(CoreError::Damaged("a reader met damage".to_owned())),
            _ = &mut feeding => None,
        };
        // Without feed and notes the thread has no more work: it writes what is left and ends.
        feeding.abort();
        noting.abort();
        let ended = end.await.unwrap_or_else(|_| Err(CoreError::Disk("the ledger's thread ended by a bug".to_owned())));
        match (met, ended) {
            (Some(damage), _) => End::Failed(damage),
            (None, Err(error)) => End::Failed(error),
            (None, Ok(())) => End::Stopped,
        }
    }

    fn cosigner(&self) -> Option<(SecretKey, String)> {
        let place = self.chain.members.iter().position(|member| *member == self.node.member)?;
        let cosigner = self.chain.cosigners.get(place)?;
        let secret = self.node.keys.secret(KeyClass::Cosigner)?;
        (secret.public() == cosigner.key).then(|| (secret.clone(), cosigner.name.clone()))
    }

    /// What we are known to have cosigned: heights our store does not reach, and the last note itself when it fits.
    /// A checkpoint in it that our store contradicts means that the store is not the one that was cosigned.
    async fn sworn(
        &self,
        reader: &Reader,
        tip: u64,
    ) -> Result<(BTreeMap<u64, Checkpoint>, Vec<(u64, String)>), CoreError> {
        let (mut sworn, mut last) = (BTreeMap::new(), Vec::new());
        let Some(note) = self.last_note().await else { return Ok((sworn, last)) };
        let own = self.cosigner();
        for (height, text) in note.checkpoints {
            let Some(certificate) = Certificate::parse(&text) else { continue };
            let by_us = own.as_ref().is_some_and(|(key, name)| {
                let cosigner = proof::checkpoint::Cosigner { name: name.clone(), key: key.public() };
                certificate.cosignatures.iter().any(|one| one.verify(&cosigner, &certificate.checkpoint))
            });
            if !by_us {
                continue;
            }
            if height > tip {
                sworn.insert(height, certificate.checkpoint);
            } else if reader.checkpoint_at(height)? != certificate.checkpoint {
                return Err(CoreError::Damaged(format!("height {height} is not what this ledger cosigned")));
            } else if height == tip {
                last.push((height, text));
            }
        }
        Ok((sworn, last))
    }

    async fn last_note(&self) -> Option<CosignNote> {
        let stream = subject::cosign_stream(self.chain.path()).name;
        let subject = subject::cosign(&self.node.member, self.chain.path());
        let message = tokio::time::timeout(NOTE_PATIENCE, self.node.bus.last_message(&stream, &subject)).await;
        CosignNote::decode(&message.ok()?.ok()??.payload).ok()
    }
}

/// A ledger that follows.
struct Running {
    open: Arc<Open>,
    feed: Feed,
    notes: Notes,
    tells: mpsc::Receiver<Vec<Told>>,
    /// What the first note says again.
    last: Vec<(u64, String)>,
    end: oneshot::Receiver<Result<(), CoreError>>,
}

/// Damaged stores kept for people to look into; a disk that goes bad must not be filled with them.
const ASIDE: u32 = 3;

/// Moves a damaged store aside. The first ones tell most, so it is the last place that is used again.
fn set_aside(dir: &Path) -> anyhow::Result<()> {
    let place = |number: u32| PathBuf::from(format!("{}.damaged-{number}", dir.display()));
    let aside = (1..=ASIDE).map(place).find(|path| !path.exists()).unwrap_or_else(|| place(ASIDE));
    if aside.exists() {
        std::fs::remove_dir_all(&aside).context("an older damaged ledger can't be removed")?;
    }
    std::fs::rename(dir, &aside)?;
    tracing::warn!(aside = %aside.display(), "set the damaged ledger aside");
    Ok(())
}
