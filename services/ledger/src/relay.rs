//! What rises: any cosigner with a relay key carries final summaries to the parent chain's admission.
//!
//! Relays take turns by the number of the next summary, so that one goes at once and the others stand by: each later
//! rank waits [`STEP`] longer without progress at the parent. The parent's record of this chain says what is next; an
//! anchor names the version of that record it builds on, so that two relays cannot both succeed.

use std::sync::Arc;
use std::time::Duration;

use domain::chain::Lane;
use domain::event::{Anchor, Event, Expect, Fact, MAX_BODY_BYTES, SecurityLevel};
use domain::genesis::Genesis;
use domain::keys;
use domain::rising::{ChildRecord, Summary};
use domain::time::Millis;
use host::ledger::LedgerClient;
use proof::checkpoint::Certificate;
use proof::digest::Digest;
use proof::leaf::Leaf;
use proof::sign::{Domain, SecretKey, Signed};
use tokio::time::Instant;
use wire::admission::{AdmitReply, AdmitRequest, Admitted};
use wire::ledger::EntryKind;
use wire::subject;

use crate::core::CoreError;
use crate::desk::Desk;
use crate::proofs::child;
use crate::reader::Reader;

/// How much longer each rank waits than the one before: far above a healthy rise (tens of milliseconds).
const STEP: Duration = Duration::from_secs(2);

/// How often the parent is looked at while something is on its way: at first, and at most.
const FIRST_LOOK: Duration = Duration::from_millis(4);
const LAST_LOOK: Duration = Duration::from_millis(100);

/// How often those look whose turn is not next; several summaries at once may make it theirs.
const STANDBY_LOOK: Duration = Duration::from_millis(20);

/// An anchor is sent again when the parent shows nothing of it for so long.
const AGAIN: Duration = Duration::from_secs(3);

/// Events that change no total rise too, so that they get their proofs, but without hurry.
const IDLE: Duration = Duration::from_secs(5);

/// Leaves looked through for such events.
const RECENT: u64 = 256;

/// Summaries in one anchor at most; its 16 KiB body is the real bound.
const MAX_SUMMARIES: usize = 16;

/// Time for the parent's admission to answer; then the next management node is asked.
const ADMISSION: Duration = Duration::from_secs(2);

/// A relay of one cosigner.
pub(crate) struct Relay {
    pub(crate) desk: Desk,
    pub(crate) parent: Arc<Genesis>,
    /// The parent's ledgers.
    pub(crate) ledgers: Vec<LedgerClient>,
    pub(crate) key: SecretKey,
    /// Our place among the chain's cosigners, and how many there are.
    pub(crate) place: u64,
    pub(crate) relays: u64,
}

/// Something final that the parent has not.
struct Pending {
    certificate: Arc<Certificate>,
    /// Decides whose turn it is.
    number: u64,
    /// Whether a summary waits; else only the log grew.
    summary: bool,
}

impl Relay {
    /// Carries until the service stops.
    pub(crate) async fn run(self) {
        let stop = self.desk.node.stop.clone();
        tokio::select! {
            () = stop.wait() => {}
            () = self.carry() => {}
        }
    }

    async fn carry(&self) {
        let mut looks = Looks::default();
        loop {
            let Some((record, version)) = self.parents_word().await else {
                tokio::time::sleep(LAST_LOOK).await;
                continue;
            };
            let pending = match self.pending(&record).await {
                Some(pending) => pending,
                None => {
                    looks = Looks::default();
                    self.wait_for_news(&record).await;
                    continue;
                }
            };
            let rank = (self.place + self.relays - pending.number % self.relays) % self.relays;
            let idle = if pending.summary { Duration::ZERO } else { IDLE };
            if looks.due(&pending, idle + STEP * u32::try_from(rank).unwrap_or(u32::MAX)) {
                if let Some(signed) = self.anchor(&record, version, &pending).await {
                    self.submit(signed).await;
                }
                looks.sent();
            }
            let (pause, summary) = (looks.pause(rank), record.summary);
            if pending.summary {
                tokio::time::sleep(pause).await;
            } else if self.desk.wait_for(pause, move |progress| progress.head.summaries > summary).await.is_err() {
                tokio::time::sleep(LAST_LOOK).await;
            }
        }
    }

    /// The parent's record of this chain, from the first of its ledgers that answers.
    async fn parents_word(&self) -> Option<(ChildRecord, u64)> {
        for ledger in &self.ledgers {
            if let Some(word) = child(&self.desk, ledger).await {
                return Some(word);
            }
        }
        None
    }

    /// Sleeps until something may be final that the parent has not.
    async fn wait_for_news(&self, record: &ChildRecord) {
        let (summary, size) = (record.summary, record.size);
        let urgent = move |progress: &crate::progress::Progress| {
            progress.head.summaries > summary && progress.final_size() > size
        };
        if self.desk.wait_for(IDLE, urgent).await.is_err() {
            tokio::time::sleep(LAST_LOOK).await;
        }
        // The summary may be sealed and not final yet: that is the next certificate's news.
        let Ok(open) = self.desk.open() else { return };
        let seen = open.progress.borrow().final_size();
        let next = summary + 1;
        if let Ok(false) = self.desk.ask(move |reader, _| Ok(reader.summary(next, seen)?.is_some())).await {
            let _ = self.desk.wait_for(IDLE, move |progress| progress.final_size() > seen).await;
        }
    }

    async fn pending(&self, record: &ChildRecord) -> Option<Pending> {
        let (next, anchored) = (record.summary + 1, record.size);
        let found = self.desk.ask(move |reader, progress| {
            let Some(certificate) = progress.certificate.clone().filter(|one| one.checkpoint.size > anchored) else {
                return Ok(None);
            };
            let size = certificate.checkpoint.size;
            if reader.summary(next, size)?.is_some() {
                return Ok(Some(Pending { certificate, number: next, summary: true }));
            }
            let from = anchored.max(size.saturating_sub(RECENT));
            let recent = reader.log(from, size, RECENT as usize, usize::MAX, &progress.head)?;
            let grew = recent.iter().any(|entry| entry.kind == EntryKind::Event);
            Ok(grew.then_some(Pending { certificate, number: anchored, summary: false }))
        });
        found.await.ok().flatten()
    }

    /// The signed anchor of everything pending that fits one event.
    async fn anchor(&self, record: &ChildRecord, version: u64, pending: &Pending) -> Option<Vec<u8>> {
        let (record, certificate) = (record.clone(), Arc::clone(&pending.certificate));
        let mut fact = self.desk.ask(move |reader, _| anchor(reader, &record, &certificate)).await.ok()?;
        let now = self.desk.node.clock.now();
        loop {
            let body = wire::event::encode(&self.event(&fact, version, now));
            if body.len() <= MAX_BODY_BYTES {
                return Some(Signed::seal(&self.key, Domain::Event, &self.parent.chain_id, body).to_bytes());
            }
            // What does not fit goes with a later checkpoint.
            fact.leaves.pop()?;
        }
    }

    fn event(&self, anchor: &Anchor, version: u64, now: Millis) -> Event {
        let author = self.key.public();
        let seed =
            Digest::of_parts(&[b"tocsin/v1/anchor", &author.0, anchor.checkpoint.as_bytes(), &now.0.to_be_bytes()]);
        let genesis = &self.desk.chain.genesis;
        Event {
            author,
            lane: if anchor.leaves.iter().any(rings) { Lane::Urgent } else { Lane::High },
            nonce: seed.0.first_chunk::<16>().copied().unwrap_or_default(),
            occurred_at: now,
            created_at: now,
            valid_until: Millis(0),
            region: genesis.regions.first().cloned().unwrap_or_default(),
            security: SecurityLevel::Public,
            response: None,
            fact: Fact::Anchor(anchor.clone()),
            sealed: Vec::new(),
            causes: Vec::new(),
            expect: vec![Expect {
                key: String::from_utf8_lossy(&keys::child(self.desk.chain())).into_owned(),
                version,
            }],
        }
    }

    /// Asks the parent's management nodes in turn until one answers for good.
    async fn submit(&self, signed: Vec<u8>) {
        let mut doors = self.parent.members.iter().filter(|member| member.node_role.manages()).collect::<Vec<_>>();
        if !doors.is_empty() {
            let first = usize::try_from(self.place).unwrap_or(0) % doors.len();
            doors.rotate_left(first);
        }
        for door in doors {
            let request = AdmitRequest { chain: self.parent.chain.clone(), events: vec![signed.clone()] };
            let to = subject::admit(&door.id, &self.parent.chain);
            let Ok(reply) = self.desk.node.bus.request(&to, request.encode().into(), ADMISSION).await else { continue };
            match AdmitReply::decode(&reply).ok().and_then(|reply| reply.results.into_iter().next()) {
                Some(Admitted::Receipt(_)) => return,
                // Another relay was faster, as a rule; the parent's record tells.
                Some(Admitted::Refused(refusal)) => {
                    let body =
                        Signed::from_bytes(&refusal).map(|signed| wire::admission::RefusalBody::decode(&signed.body));
                    tracing::debug!(chain = %self.desk.chain(), ?body, "the parent refused an anchor");
                    return;
                }
                Some(Admitted::Fault(_)) | None => {}
            }
        }
        tracing::warn!(chain = %self.desk.chain(), parent = %self.parent.chain, "no admission of the parent takes the anchor; trying again");
    }
}

/// The anchor from what the parent has to what is final here.
fn anchor(reader: &Reader, record: &ChildRecord, certificate: &Certificate) -> Result<Anchor, CoreError> {
    let size = certificate.checkpoint.size;
    let mut summaries = Vec::new();
    while summaries.len() < MAX_SUMMARIES
        && let Some(proven) = reader.summary(record.summary + 1 + summaries.len() as u64, size)?
    {
        summaries.push(proven);
    }
    Ok(Anchor {
        child: record.chain.to_string(),
        checkpoint: certificate.text(),
        consistency: reader.consistency(record.size, size)?,
        leaves: summaries,
    })
}

/// Whether a summary raises something that cannot wait.
fn rings(proven: &domain::event::ProvenLeaf) -> bool {
    let Some(Leaf::Summary(leaf)) = Leaf::from_bytes(&proven.leaf) else { return false };
    Summary::decode(&leaf.body).is_some_and(|summary| !summary.raised.is_empty() || !summary.escalated.is_empty())
}

/// When to look at the parent, and when to act.
#[derive(Default)]
struct Looks {
    /// What is pending and since when.
    since: Option<(u64, Instant)>,
    sent: Option<Instant>,
    pause: Duration,
}

impl Looks {
    /// Whether our turn has come and we have not just acted.
    fn due(&mut self, pending: &Pending, wait: Duration) -> bool {
        let now = Instant::now();
        let since = match self.since {
            Some((number, since)) if number == pending.number => since,
            _ => {
                *self = Looks { since: Some((pending.number, now)), ..Looks::default() };
                now
            }
        };
        now >= since + wait && self.sent.is_none_or(|sent| now >= sent + AGAIN)
    }

    fn sent(&mut self) {
        self.sent = Some(Instant::now());
        self.pause = Duration::ZERO;
    }

    /// Those whose turn it is or comes next look at once, then less and less often.
    fn pause(&mut self, rank: u64) -> Duration {
        let first = if rank > 1 { STANDBY_LOOK } else { FIRST_LOOK };
        self.pause = (self.pause * 2).clamp(first, LAST_LOOK);
        self.pause
    }
}
