//! What rises: any cosigner with a relay key carries final summaries to the parent chain's admission. A new cosigner set
//! goes first, under a certificate of the one that the parent knows: without it the parent believes nothing later.
//!
//! Relays take turns by the number of the next summary, so that one goes at once and the others stand by: each later
//! rank waits [`STEP`] longer without progress at the parent. The parent's record of this chain says what is next; an
//! anchor names the version of that record it builds on, so that two relays cannot both succeed.

mod anchor;
mod looks;
mod pending;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use domain::chain::Lane;
use domain::event::{Anchor, Event, Expect, Fact, MAX_BODY_BYTES, SecurityLevel};
use domain::genesis::KeyClass;
use domain::keys;
use domain::rising::ChildRecord;
use domain::time::Millis;
use host::standing::Standing;
use proof::digest::Digest;
use proof::sign::{ChainId, Domain, PublicKey, SecretKey, Signed};
use wire::admission::{AdmitReply, AdmitRequest, Admitted, RefusalBody};
use wire::subject;

use crate::desk::Desk;
use crate::peers;
use crate::progress::Progress;
use crate::proofs::child;

use self::anchor::{anchor, handover, rings};
use self::looks::{LAST_LOOK, Looks};
use self::pending::Pending;

/// How much longer each rank waits than the one before: far above a healthy rise (tens of milliseconds).
const STEP: Duration = Duration::from_secs(2);

/// Events that change no total rise too, so that they get their proofs, but without hurry.
const IDLE: Duration = Duration::from_secs(5);

/// Time for the parent's admission to answer; then the next management node is asked.
const ADMISSION: Duration = Duration::from_secs(2);

/// A relay of one cosigner.
pub(crate) struct Relay {
    pub(crate) desk: Desk,
    /// Who takes part there.
    pub(crate) parent: Standing,
    /// How often it went to the parent's doors: it begins with another one each time.
    pub(crate) turns: AtomicUsize,
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
            if !self.desk.node.keys.has(KeyClass::Relay) {
                // A key may come into the key file at any time.
                tokio::time::sleep(IDLE).await;
                continue;
            }
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
            let rank = self.rank(pending.number());
            let idle = if pending.hurry() { Duration::ZERO } else { IDLE };
            if looks.due(&pending, idle + STEP * u32::try_from(rank).unwrap_or(u32::MAX)) {
                if let Some(signed) = self.anchor(&record, version, &pending).await {
                    self.submit(signed).await;
                }
                looks.sent();
            }
            let (pause, summary) = (looks.pause(rank), record.summary);
            if pending.hurry() {
                tokio::time::sleep(pause).await;
            } else if self.desk.wait_for(pause, move |progress| progress.head.summaries > summary).await.is_err() {
                tokio::time::sleep(LAST_LOOK).await;
            }
        }
    }

    /// How many go before us: cosigners take turns; one who holds a relay key and does not cosign stands by for all.
    fn rank(&self, number: u64) -> u64 {
        let Ok(open) = self.desk.open() else { return 0 };
        let set = Arc::clone(&open.progress.borrow().sets.current);
        let name = self.desk.chain.cosigner(&self.desk.node.member);
        let relays = set.cosigners.len().max(1) as u64;
        match set.cosigners.iter().position(|cosigner| cosigner.name == name) {
            Some(place) => (place as u64 + relays - number % relays) % relays,
            None => relays,
        }
    }

    /// The parent's record of this chain, from the first of its ledgers that answers.
    async fn parents_word(&self) -> Option<(ChildRecord, u64)> {
        let ledgers = peers::of(&self.desk.node, &self.parent.genesis().chain, &self.parent);
        for ledger in peers::from(ledgers, self.place()) {
            if let Some(word) = child(&self.desk, &ledger).await {
                return Some(word);
            }
        }
        None
    }

    /// Spreads the relays over the parent's ledgers.
    fn place(&self) -> usize {
        usize::from(Digest::of(self.desk.node.member.as_bytes()).0.first().copied().unwrap_or_default())
    }

    /// Sleeps until something may be final that the parent has not.
    async fn wait_for_news(&self, record: &ChildRecord) {
        let (summary, size) = (record.summary, record.size);
        let epoch = record.epoch;
        let urgent = move |progress: &Progress| {
            progress.head.summaries > summary && progress.final_size() > size || progress.sets.current.epoch > epoch
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
        let known = record.clone();
        self.desk.ask(move |reader, progress| pending::found(reader, progress, &known)).await.ok().flatten()
    }

    /// The signed anchor of everything pending that fits one event.
    async fn anchor(&self, record: &ChildRecord, version: u64, pending: &Pending) -> Option<Vec<u8>> {
        // The keys that the parent knows; a new one gets there with a set of cosigners.
        let ours = |key| self.desk.node.keys.secret_of(KeyClass::Relay, key);
        let key = record.relays.iter().rev().find_map(ours)?;
        let known = record.clone();
        let anchor = match pending {
            Pending::Set { .. } => self.desk.ask(move |reader, _| handover(reader, &known)).await.ok()??,
            Pending::Summary { certificate, .. } | Pending::Growth { certificate, .. } => {
                let certificate = Arc::clone(certificate);
                self.desk.ask(move |reader, _| anchor(reader, &known, &certificate)).await.ok()?
            }
        };
        let (mut fact, now) = (anchor, self.desk.node.clock.now());
        loop {
            let body = wire::event::encode(&self.event(&key, &fact, version, now));
            if body.len() <= MAX_BODY_BYTES {
                return Some(Signed::seal(&key, Domain::Event, &self.parent.genesis().chain_id, body).to_bytes());
            }
            // What does not fit goes with a later checkpoint.
            fact.leaves.pop()?;
        }
    }

    fn event(&self, key: &SecretKey, anchor: &Anchor, version: u64, now: Millis) -> Event {
        let author = key.public();
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

    /// Asks the parent's management nodes in turn until one takes the anchor. One node's refusal is not the chain's: it may
    /// be wrong, or late, or a lie, so the next one is asked; what they refused for is told when nobody takes it.
    async fn submit(&self, signed: Vec<u8>) {
        let (roster, parent) = (self.parent.current(), self.parent.genesis());
        let first = self.place() + self.turns.fetch_add(1, Ordering::Relaxed);
        let mut refused = None;
        for (door, keys) in peers::from(roster.admitters(), first) {
            let request = AdmitRequest { chain: parent.chain.clone(), events: vec![signed.clone()] };
            let to = subject::admit(&door, &parent.chain);
            let Ok(reply) = self.desk.node.bus.request(&to, request.encode().into(), ADMISSION).await else { continue };
            let said = AdmitReply::decode(&reply).ok().and_then(|reply| reply.results.into_iter().next());
            match said.and_then(|said| believed(said, &keys, &parent.chain_id)) {
                Some(Ok(())) => return,
                Some(Err(refusal)) => refused = Some(refusal),
                None => {}
            }
        }
        match refused {
            // Another relay was faster, as a rule; the parent's record tells.
            Some(refusal) => tracing::debug!(chain = %self.desk.chain(), ?refusal, "the parent refused an anchor"),
            None => {
                tracing::warn!(chain = %self.desk.chain(), parent = %parent.chain, "no admission of the parent takes the anchor; trying again");
            }
        }
    }
}

/// What a node of the parent said, if one of its endorser keys signed it: taken, or refused and why.
fn believed(said: Admitted, keys: &[PublicKey], parent: &ChainId) -> Option<Result<(), RefusalBody>> {
    let (bytes, domain) = match &said {
        Admitted::Receipt(bytes) => (bytes, Domain::Receipt),
        Admitted::Refused(bytes) => (bytes, Domain::Refusal),
        Admitted::Fault(_) => return None,
    };
    let signed = Signed::from_bytes(bytes).filter(|signed| keys.contains(&signed.key))?;
    if !signed.verify(domain, parent) {
        return None;
    }
    match said {
        Admitted::Refused(_) => RefusalBody::decode(&signed.body).ok().map(Err),
        _ => Some(Ok(())),
    }
}
