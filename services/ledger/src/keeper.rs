//! The life of a ledger: open, check, follow; and when it is damaged, set the store aside and build it anew.
//!
//! A ledger answers only after its whole store was checked. Damage found later closes it at once. What is rebuilt comes
//! from the block stream, or from the other cosigners where the stream no longer has it, and is executed and verified
//! as if seen for the first time. What it has cosigned, `past` finds out before anything is cosigned again.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use bus::ServeHandle;
use host::node::Node;
use tokio::sync::{Notify, mpsc, oneshot, watch};

use crate::chain::Chain;
use crate::core::{Core, CoreError, Executed};
use crate::cosigner::{Cosigner, Task, Told};
use crate::desk::Open;
use crate::feed::Feed;
use crate::finality::Finality;
use crate::follow::Follow;
use crate::heard::Heard;
use crate::notes::Notes;
use crate::past::{self, Past};
use crate::progress::{Finals, Progress};
use crate::reader::Reader;
use crate::starving::{Sealed, Watch};
use crate::warden::{Votes, Warden};
use crate::worker::{Work, Worker};

/// Requests to the core's thread that wait: the feed has one on its way, the finality task seldom another.
const WORK: usize = 4;

/// Batches that wait for the one who cosigns, and for the finality task: each takes them in an fsync's time or less.
const TOLD: usize = 64;

/// A pause after the disk failed: it is tried again for as long as it takes.
const RETRY: Duration = Duration::from_secs(1);

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
                CoreError::Damaged(_) | CoreError::Contradicted(_) | CoreError::Forsworn(_) => {
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
        let (head, sets) = (core.head().clone(), core.sets().clone());
        let past = Past::recall(&self.node, &self.chain, &reader, &head).await?;
        let progress = Progress {
            head: head.clone(),
            heard: 0,
            sets: sets.clone(),
            final_height,
            certificate: certificate.map(Arc::new),
            halted: past.unknown,
            sworn: past.oath.mark().cloned(),
        };
        let progress = Arc::new(watch::Sender::new(progress));
        let mut finality = Finality::new(Arc::clone(&sets.judging), final_height);
        finality.expect(&sets.current);
        let tip = core.last()?;
        if let Some(tip) = &tip {
            finality.executed(tip.height, tip.checkpoint.clone(), Arc::clone(&tip.set));
        }
        let (work, jobs) = mpsc::channel(WORK);
        let (tasks, for_cosigner) = mpsc::channel(TOLD);
        let (told, tells) = mpsc::channel(TOLD);
        let (ahead, seen_ahead) = watch::channel(None);
        let cosigner = Cosigner {
            chain: Arc::clone(&self.chain),
            member: self.node.member.clone(),
            keys: Arc::clone(&self.node.keys),
            clock: self.node.clock.clone(),
            reader: reader.clone(),
            file: past.file,
            oath: past.oath,
            progress: Arc::clone(&progress),
            told,
            size: head.size,
            heard: false,
            // The tip's cosignature was lost with the process if it ever was sent; cosigning the same again is harmless.
            waiting: tip.filter(|_| head.sure).into_iter().collect::<VecDeque<Executed>>(),
        };
        let worker = Worker {
            chain: Arc::clone(&self.chain),
            core,
            follow: Follow::default(),
            progress: Arc::clone(&progress),
            finals: Arc::clone(&finals),
            cosigner: tasks.clone(),
            rebuilt,
            disputed: None,
            doubted: false,
        };
        let end = self.threads(worker, jobs, cosigner, for_cosigner)?;
        let (heard, votes) = (Arc::new(Heard::default()), Arc::new(Votes::default()));
        let (sealed, blocks) = mpsc::channel(TOLD);
        let notes = Notes {
            chain: Arc::clone(&self.chain),
            member: self.node.member.clone(),
            bus: self.node.bus.clone(),
            clock: self.node.clock.clone(),
            reader: reader.clone(),
            finality,
            finals,
            heard: Arc::clone(&heard),
            votes: Arc::clone(&votes),
            sealed,
            progress: Arc::clone(&progress),
            work: work.clone(),
            ahead,
        };
        let feed = Feed {
            node: self.node.clone(),
            chain: Arc::clone(&self.chain),
            work: work.clone(),
            reader: reader.clone(),
            progress: progress.subscribe(),
            ahead: seen_ahead,
            met: None,
        };
        let open = Arc::new(Open { reader, heard, progress: progress.subscribe(), damaged: Notify::new() });
        let warden = Warden {
            node: self.node.clone(),
            chain: Arc::clone(&self.chain),
            open: Arc::clone(&open),
            votes,
            watch: Watch::default(),
        };
        Ok(Running { open, feed, notes, tells, last: past.last, tasks, work, warden, blocks, end })
    }

    /// Starts the core's thread and the one that cosigns; tells when both have ended, so that the store and the mark's
    /// file may be opened again.
    fn threads(
        &self,
        worker: Worker,
        jobs: mpsc::Receiver<Work>,
        cosigner: Cosigner,
        tasks: mpsc::Receiver<Task>,
    ) -> Result<Ends, CoreError> {
        let failed = |error: std::io::Error| CoreError::Disk(error.to_string());
        let (ended, both) = oneshot::channel();
        let (working, core) = oneshot::channel();
        let hand = std::thread::Builder::new()
            .name(format!("cosigner-{}", self.chain.path()))
            .spawn(move || cosigner.run(tasks))
            .map_err(failed)?;
        std::thread::Builder::new()
            .name(format!("ledger-{}", self.chain.path()))
            .spawn(move || {
                let result = worker.run(jobs);
                drop(working);
                let result = hand
                    .join()
                    .map_err(|_| CoreError::Disk("the cosigning thread ended by a bug".to_owned()))
                    .and(result);
                // Nobody waits any more when the service is ending.
                let _ = ended.send(result);
            })
            .map_err(failed)?;
        Ok(Ends { core, both })
    }

    /// Follows until something ends.
    async fn watch(&self, running: Running) -> End {
        let Running { open, feed, notes, tells, last, tasks, work, warden, blocks, end: Ends { mut core, both } } =
            running;
        self.open.send_replace(Some(Arc::clone(&open)));
        let (node, chain) = (self.node.clone(), Arc::clone(&self.chain));
        // Who can't know what it said, even of itself, never cosigns.
        let knows = open.progress.borrow().halted.is_none();
        let ask = past::ask(node, chain, Arc::clone(&open), tasks, work);
        let asking = tokio::spawn(async move {
            if knows {
                ask.await
            }
        });
        let watching = tokio::spawn(warden.run(blocks));
        let mut feeding = tokio::spawn(feed.run());
        let noting = tokio::spawn(notes.run(tells, last));
        let met = tokio::select! {
            () = self.node.stop.wait() => None,
            () = open.damaged.notified() => Some(CoreError::Damaged("a reader met damage".to_owned())),
            _ = &mut feeding => None,
            // Whoever feeds it would notice only with the next block, and until then it would serve what was contradicted.
            _ = &mut core => None,
        };
        // Without them the threads have no more work: they write what is left and end.
        feeding.abort();
        noting.abort();
        asking.abort();
        watching.abort();
        let ended =
            both.await.unwrap_or_else(|_| Err(CoreError::Disk("the ledger's thread ended by a bug".to_owned())));
        match (met, ended) {
            (Some(damage), _) => End::Failed(damage),
            (None, Err(error)) => End::Failed(error),
            (None, Ok(())) => End::Stopped,
        }
    }
}

/// A ledger that follows.
struct Running {
    open: Arc<Open>,
    feed: Feed,
    notes: Notes,
    tells: mpsc::Receiver<Told>,
    /// What the first note says again.
    last: Vec<(u64, String)>,
    /// To the one who cosigns.
    tasks: mpsc::Sender<Task>,
    /// To the core's thread.
    work: mpsc::Sender<Work>,
    warden: Warden,
    /// What it is told.
    blocks: mpsc::Receiver<Sealed>,
    end: Ends,
}

/// The ends of the threads.
struct Ends {
    /// Nothing is ever sent: it is closed when the core's thread has no more to do.
    core: oneshot::Receiver<()>,
    /// How it went, when the one that cosigns has ended as well.
    both: oneshot::Receiver<Result<(), CoreError>>,
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
