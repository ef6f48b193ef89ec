//! Cosignatures out and in, and what they make final.
//!
//! One task hears of every durable block and of every note of the chain's cosigners, in whatever order they come, and
//! moves the final end of the log. The cosign stream lives in memory and keeps the last note of each member, so a
//! ledger says its last word again every few seconds and after every trouble.

use std::sync::Arc;
use std::time::Duration;

use bus::{Bus, BusError, Message, Publish, PublishError};
use host::clock::Clock;
use host::telemetry::metrics::Metric;
use proof::checkpoint::Certificate;
use proof::exclusion::ExclusionCertificate;
use tokio::sync::{mpsc, watch};
use wire::cosign::{CosignNote, MAX_CHECKPOINTS};
use wire::subject;

use crate::chain::Chain;
use crate::core::Executed;
use crate::cosigner::Told;
use crate::finality::{Finality, Verdict};
use crate::heard::Heard;
use crate::progress::{Finals, Progress};
use crate::reader::Reader;
use crate::starving::Sealed;
use crate::warden::Votes;
use crate::worker::Work;

/// How often the last word is said again: a restarted NATS forgets it, and a ledger that comes late needs it.
const REPEAT: Duration = Duration::from_secs(2);

/// A pause after a failed attempt at the stream: short against a server's start.
const RETRY: Duration = Duration::from_millis(100);

/// The finality task.
pub(crate) struct Notes {
    pub(crate) chain: Arc<Chain>,
    pub(crate) member: String,
    pub(crate) bus: Bus,
    pub(crate) clock: Clock,
    pub(crate) reader: Reader,
    pub(crate) finality: Finality,
    pub(crate) finals: Arc<Finals>,
    pub(crate) heard: Arc<Heard>,
    pub(crate) votes: Arc<Votes>,
    /// To the one who watches the lanes.
    pub(crate) sealed: mpsc::Sender<Sealed>,
    pub(crate) progress: Arc<watch::Sender<Progress>>,
    pub(crate) work: mpsc::Sender<Work>,
    /// A certificate, not verified, of a log longer than ours or parted from it: the feed looks for the blocks.
    pub(crate) ahead: watch::Sender<Option<Certificate>>,
}

impl Notes {
    /// Runs until the ledger ends.
    pub(crate) async fn run(mut self, mut told: mpsc::Receiver<Told>, last: Vec<(u64, String)>) {
        let spec = subject::cosign_stream(self.chain.path());
        let (outbox, queue) = mpsc::channel(MAX_CHECKPOINTS);
        let sender = Sender {
            bus: self.bus.clone(),
            chain: Arc::clone(&self.chain),
            member: self.member.clone(),
            clock: self.clock.clone(),
            progress: Arc::clone(&self.progress),
            votes: Arc::clone(&self.votes),
            last,
        };
        let sending = tokio::spawn(sender.run(queue));
        let mut pump = self.bus.pump(&spec.name, None, 1);
        loop {
            tokio::select! {
                told = told.recv() => match told {
                    Some(told) => self.told(told, &outbox).await,
                    None => break,
                },
                messages = pump.next() => match messages {
                    Ok(messages) => self.heard(&messages).await,
                    Err(error) => {
                        if matches!(error, BusError::StreamShrank { .. }) {
                            pump = self.bus.pump(&spec.name, None, 1);
                        } else {
                            tokio::time::sleep(RETRY).await;
                        }
                        if let Err(error) = self.bus.ensure_stream(&spec).await {
                            tracing::debug!(%error, "the cosign stream can't be made yet");
                        }
                    }
                },
            }
        }
        sending.abort();
    }

    /// Blocks that are durable here, and what we cosigned.
    async fn told(&mut self, told: Told, outbox: &mpsc::Sender<(u64, String)>) {
        let executed = told.executed.iter().map(|executed| executed.height);
        let heights = executed.chain(told.cosigned.iter().map(|(height, _)| *height)).collect();
        for executed in told.executed {
            let Executed { height, sealer, lanes, moved, .. } = executed;
            // Whoever is behind with watching convicts nobody for what he missed.
            let _ = self.sealed.try_send(Sealed { height, sealer, lanes, moved });
            self.finality.executed(executed.height, executed.checkpoint, executed.set);
            if let Some(successor) = executed.successor {
                self.finality.expect(&successor);
            }
        }
        for (height, certificate) in told.cosigned {
            let text = certificate.text();
            self.finality.vouch(height, certificate);
            // The sender drains faster than blocks are executed; if it is stuck, so is the server.
            if outbox.try_reserve().map(|slot| slot.send((height, text))).is_err() {
                tracing::debug!(height, "a cosignature waits for its repetition");
            }
        }
        let verdict = self.finality.settle(heights);
        self.conclude(verdict).await;
    }

    /// Notes of cosigners, our own among them.
    async fn heard(&mut self, messages: &[Message]) {
        for message in messages {
            let note = match CosignNote::decode(&message.payload) {
                Ok(note) => note,
                Err(refusal) => {
                    tracing::warn!(%refusal, subject = message.subject, "passed over a cosign note");
                    continue;
                }
            };
            let mut heights = Vec::with_capacity(note.checkpoints.len());
            let last = note.checkpoints.len().saturating_sub(1);
            for (place, (height, text)) in note.checkpoints.into_iter().enumerate() {
                let newest = place == last;
                if (newest || height > self.finality.last())
                    && let Some(certificate) = Certificate::parse(&text)
                {
                    if newest {
                        self.remember(&certificate);
                    }
                    self.finality.vouch(height, certificate);
                    heights.push(height);
                }
            }
            note.exclusions.iter().for_each(|vote| self.voted(vote));
            let verdict = self.finality.settle(heights);
            self.conclude(verdict).await;
            if let Some(best) = note.best {
                self.best(&best).await;
            }
        }
    }

    /// Keeps the largest word of each cosigner, for when it asks what it said.
    fn remember(&self, certificate: &Certificate) {
        for word in &certificate.cosignatures {
            let Some(cosigner) = self.finality.cosigner(word) else { continue };
            if self.heard.is_new(certificate, word) && word.verify(cosigner, &certificate.checkpoint) {
                self.heard.remember(certificate, word);
            }
        }
    }

    /// Keeps the votes of cosigners against sealers.
    fn voted(&self, ballot: &ExclusionCertificate) {
        for vote in ballot.votes.iter().filter(|vote| self.votes.is_new(&vote.name, ballot)) {
            let mut cosigners = self.finality.cosigners().filter(|cosigner| cosigner.name == vote.name);
            if cosigners.any(|cosigner| vote.verify(self.chain.id(), &ballot.sealer, ballot.height, cosigner)) {
                self.votes.hear(&vote.name, ballot);
            }
        }
    }

    /// Somebody's best certificate, looked at only when it tells something new.
    async fn best(&mut self, text: &str) {
        let Some(certificate) = Certificate::parse(text) else { return };
        let size = certificate.checkpoint.size;
        let (ours, known) = {
            let progress = self.progress.borrow();
            (progress.head.size, progress.final_size())
        };
        if size > ours {
            // Mostly the stream brings those blocks at once, so that it is not worth verifying yet.
            self.ahead.send_replace(Some(certificate));
        } else if size > known {
            let mut verdict = self.finality.certificate(&certificate);
            if verdict == Verdict::Nothing {
                // None of the blocks since our start ends there.
                match self.earlier(&certificate) {
                    Some(height) => verdict = self.finality.settled(height, certificate),
                    None => _ = self.ahead.send_replace(Some(certificate)),
                }
            }
            self.conclude(verdict).await;
        }
    }

    /// The height that a certificate makes final of the log we began with.
    fn earlier(&self, certificate: &Certificate) -> Option<u64> {
        let set = Arc::clone(&self.progress.borrow().sets.current);
        set.verify(&self.chain.origin, certificate).ok()?;
        // A failing disk is met by whoever writes to it; here it says nothing.
        let checkpoint = &certificate.checkpoint;
        let ours = self.reader.root_at(checkpoint.size).ok()? == checkpoint.root;
        if ours { self.reader.height_at(checkpoint.size).ok()? } else { None }
    }

    async fn conclude(&self, verdict: Verdict) {
        match verdict {
            Verdict::Nothing => {}
            Verdict::Final(height, certificate) => {
                Metric::LedgerFinalHeight.set(self.chain.path().as_str(), height);
                self.finals.saw(height, self.clock.now().0, certificate.text());
                self.progress.send_modify(|progress| {
                    progress.final_height = height;
                    progress.certificate = Some(Arc::new(certificate));
                });
            }
            Verdict::Contradicted(height) => {
                tracing::error!(chain = %self.chain.path(), height, "q cosigners vouch for another checkpoint than ours");
                // A thread that has ended already needs not be told.
                let _ = self.work.send(Work::Contradicted(height)).await;
            }
        }
    }
}

/// Publishes our notes, one at a time, each with everything that was cosigned meanwhile.
struct Sender {
    bus: Bus,
    chain: Arc<Chain>,
    member: String,
    clock: Clock,
    progress: Arc<watch::Sender<Progress>>,
    votes: Arc<Votes>,
    /// The checkpoints of the last note.
    last: Vec<(u64, String)>,
}

impl Sender {
    async fn run(mut self, mut queue: mpsc::Receiver<(u64, String)>) {
        let mut repeat = tokio::time::interval(REPEAT);
        repeat.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut fresh = Vec::new();
        loop {
            tokio::select! {
                taken = queue.recv_many(&mut fresh, MAX_CHECKPOINTS) => {
                    if taken == 0 {
                        return;
                    }
                    self.remember(&mut fresh);
                }
                _ = repeat.tick() => {}
            }
            self.publish().await;
        }
    }

    /// The stream keeps one note a member, so a note repeats what is not final yet: whoever missed the one before finds
    /// it here. The newest is kept in any case.
    fn remember(&mut self, fresh: &mut Vec<(u64, String)>) {
        let last = self.progress.borrow().final_height;
        self.last.retain(|(height, _)| *height > last);
        self.last.append(fresh);
        let surplus = self.last.len().saturating_sub(MAX_CHECKPOINTS);
        self.last.drain(..surplus);
    }

    async fn publish(&self) {
        let note = {
            let progress = self.progress.borrow();
            let best = progress.final_size();
            CosignNote {
                member: self.member.clone(),
                checkpoints: self.last.clone(),
                height: progress.head.tip.height,
                best: progress.certificate.as_ref().map(|certificate| certificate.text()),
                wants_block: progress.head.wants_block(self.clock.now()),
                wants_certificate: progress.sets.wants(best),
                exclusions: self.votes.ours(),
                halted: progress.halted.clone(),
            }
        };
        let path = self.chain.path();
        let subject = subject::cosign(&self.member, path);
        match self.bus.publish(&subject, note.encode().into(), Publish::default()).await {
            Ok(_) => {}
            Err(PublishError::NoStream) => {
                // A restarted server has forgotten the stream, which lives in its memory; the next word goes through.
                if let Err(error) = self.bus.ensure_stream(&subject::cosign_stream(path)).await {
                    tracing::debug!(%error, "the cosign stream can't be made yet");
                }
            }
            Err(error) => tracing::debug!(%error, "a cosign note waits for its repetition"),
        }
    }
}
