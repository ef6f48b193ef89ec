//! The hand that signs: one thread between the core and finality that cosigns what is durable, for the heights whose set
//! this member is in, with the key of that set, and never against its oath.
//!
//! The mark is on disk before a cosignature leaves, once for everything that waits: while it is written, the core
//! executes the next batch. Until the others have said what they heard of us, nothing is signed; what could have been is
//! kept and signed then. Limits: [`MAX_WAITING`] heights are kept; every later one makes the earlier ones final.

use std::collections::VecDeque;
use std::sync::Arc;

use domain::chain::MemberId;
use domain::genesis::KeyClass;
use host::clock::Clock;
use host::keys::KeyRing;
use proof::checkpoint::{Certificate, Checkpoint, cosign};
use proof::digest::Digest;
use proof::handover::CosignerSet;
use proof::sign::SecretKey;
use tokio::sync::{mpsc, watch};

use crate::chain::Chain;
use crate::core::{CoreError, Executed};
use crate::mark::MarkFile;
use crate::oath::{Mark, Oath, Word};
use crate::progress::Progress;
use crate::reader::Reader;

/// What one note has room for.
const MAX_WAITING: usize = wire::cosign::MAX_CHECKPOINTS;

/// What the thread is told.
#[derive(Debug)]
pub(crate) enum Task {
    /// Durable blocks, and whether their place in the chain is sure.
    Executed(Vec<Executed>, bool),
    /// The place of the last one, which was not, is sure now.
    Sure(Box<Executed>),
    /// What enough others heard us cosign: now we may.
    Heard(Vec<Mark>),
}

/// What the finality task hears: durable blocks, and what was cosigned of those and of earlier ones.
#[derive(Debug, Default)]
pub(crate) struct Told {
    pub(crate) executed: Vec<Executed>,
    pub(crate) cosigned: Vec<(u64, Certificate)>,
}

/// Everything the thread works with.
pub(crate) struct Cosigner {
    pub(crate) chain: Arc<Chain>,
    pub(crate) member: MemberId,
    pub(crate) keys: Arc<KeyRing>,
    pub(crate) clock: Clock,
    pub(crate) reader: Reader,
    pub(crate) file: MarkFile,
    pub(crate) oath: Oath,
    pub(crate) progress: Arc<watch::Sender<Progress>>,
    /// To the finality task; bounded by batches, since the thread waits when it is full.
    pub(crate) told: mpsc::Sender<Told>,
    /// Leaves of the log on disk.
    pub(crate) size: u64,
    /// Whether the others have been heard.
    pub(crate) heard: bool,
    /// What may be cosigned once they have and nothing is disputed: at the start the tip, if its cosignature may not have
    /// left.
    pub(crate) waiting: VecDeque<Executed>,
}

impl Cosigner {
    /// Works until nobody has anything to tell.
    pub(crate) fn run(mut self, mut tasks: mpsc::Receiver<Task>) {
        while let Some(task) = tasks.blocking_recv() {
            let mut told = Told::default();
            self.take(task, &mut told);
            // What came while the last mark was written shares the next.
            while let Ok(task) = tasks.try_recv() {
                self.take(task, &mut told);
            }
            told.cosigned = self.cosign();
            // Nobody hears it any more when the service is ending.
            let _ = self.told.blocking_send(told);
        }
    }

    fn take(&mut self, task: Task, told: &mut Told) {
        match task {
            Task::Executed(executed, sure) => {
                self.size = executed.last().map_or(self.size, |last| last.checkpoint.size);
                // What was said once may be said again, wherever the block comes from.
                let said = |one: &&Executed| self.oath.mark().is_some_and(|mark| mark.is_of(&one.checkpoint));
                let may = executed.iter().filter(|one| sure || said(one)).cloned().collect::<Vec<_>>();
                self.wait(may);
                told.executed.extend(executed);
            }
            Task::Sure(tip) => self.wait(vec![*tip]),
            Task::Heard(marks) => {
                for mark in marks {
                    let (reader, size) = (&self.reader, self.size);
                    let word = self.oath.learn(mark, |at| root_at(reader, size, at));
                    self.obey(word);
                }
                self.progress.send_modify(|progress| progress.sworn = self.oath.mark().cloned());
                self.heard = true;
            }
        }
    }

    fn wait(&mut self, executed: Vec<Executed>) {
        self.waiting.extend(executed);
        let surplus = self.waiting.len().saturating_sub(MAX_WAITING);
        self.waiting.drain(..surplus);
    }

    fn halted(&self) -> bool {
        self.progress.borrow().halted.is_some()
    }

    /// Whether it may go on; a broken oath ends cosigning.
    fn obey(&self, word: Result<Word, CoreError>) -> bool {
        match word {
            Ok(Word::Given) => true,
            Ok(Word::Kept) => false,
            Ok(Word::Broken(why)) => {
                halt(&self.progress, &self.chain, why);
                false
            }
            Err(error) => {
                tracing::error!(chain = %self.chain.path(), %error, "what was cosigned can't be held against the log");
                false
            }
        }
    }

    /// Cosigns what waits, as far as the oath and the sets allow, behind a mark that is on disk. One that has stopped only
    /// repeats its last word, which may be what decides the dispute it stopped for.
    fn cosign(&mut self) -> Vec<(u64, Certificate)> {
        if !self.heard {
            return Vec::new();
        }
        let mut chosen = Vec::with_capacity(self.waiting.len());
        let halted = self.halted();
        let repeats = |one: &Executed| self.oath.mark().is_some_and(|mark| mark.is_of(&one.checkpoint));
        let (may, later) = std::mem::take(&mut self.waiting).into_iter().partition(|one| !halted || repeats(one));
        self.waiting = later;
        let may: VecDeque<Executed> = may;
        for executed in may {
            let Some(key) = self.key(&executed.set) else { continue };
            let (reader, size) = (&self.reader, self.size);
            let word = self.oath.judge(&executed.checkpoint, |at| root_at(reader, size, at));
            if !self.obey(word) {
                continue;
            }
            chosen.push((self.oath.sign(executed.height, &executed.checkpoint), executed, key));
        }
        let Some((mark, ..)) = chosen.last() else { return Vec::new() };
        if let Err(error) = self.file.keep(mark) {
            // They are lost, not wrong: the next height makes these final too.
            tracing::error!(chain = %self.chain.path(), %error, "the mark can't be kept, so nothing is cosigned");
            return Vec::new();
        }
        let (time_s, name) = (self.clock.now().seconds(), self.chain.cosigner(&self.member));
        let sign = |(_, executed, key): (Mark, Executed, SecretKey)| {
            (executed.height, word(&key, &name, executed.checkpoint, time_s))
        };
        chosen.into_iter().map(sign).collect()
    }

    /// Our key in a set, if we are in it and hold that key.
    fn key(&self, set: &CosignerSet) -> Option<SecretKey> {
        let name = self.chain.cosigner(&self.member);
        let cosigner = set.cosigners.iter().find(|cosigner| cosigner.name == name)?;
        self.keys.secret_of(KeyClass::Cosigner, &cosigner.key)
    }
}

fn word(key: &SecretKey, name: &str, checkpoint: Checkpoint, time_s: u64) -> Certificate {
    let cosignatures = vec![cosign(key, name, &checkpoint, time_s)];
    Certificate { checkpoint, cosignatures }
}

/// The root our log has at a size, if it is so long.
fn root_at(reader: &Reader, size: u64, at: u64) -> Result<Option<Digest>, CoreError> {
    if at > size { Ok(None) } else { reader.root_at(at).map(Some) }
}

/// Ends cosigning and says why; what was said first stands.
pub(crate) fn halt(progress: &watch::Sender<Progress>, chain: &Chain, why: String) {
    tracing::error!(chain = %chain.path(), %why, "this ledger stops cosigning");
    progress.send_modify(|progress| {
        progress.halted.get_or_insert(why);
    });
}
