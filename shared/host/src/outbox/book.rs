//! The outbox's journal: a synchronous actor, alone on its thread, that turns many changes into one durable commit.
//!
//! It only journals; sending and watching follow what is committed, in ordinary running and after a crash by the same
//! code.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use actix::{Actor, Context, Handler, Message};
use anyhow::Context as _;
use domain::event::EventId;
use domain::refusal::{Code, Refusal};
use domain::time::Millis;
use journal::{Batch, Space, Store};
use proof::digest::Digest;

use crate::clock::Clock;
use crate::outbox::held::{Fate, Held, SignedRefusal, Used, age_key, age_of};
use crate::telemetry::trace::Trace;

/// How long idempotency keys and settled events are kept, scenario time: a client that retries for longer than a day asks
/// for the state instead, and ledgers know settled events for ever.
const KEEP_MS: u64 = domain::time::DAY_MS;
/// Old entries removed in one commit, so that none becomes long.
const PRUNE: usize = 256;

const EVENT: u8 = b'e';
const KEY: u8 = b'i';

/// One change; each gets one [`Answer`].
pub(crate) enum Change {
    /// Keep these events until they are settled.
    Take { events: Vec<(EventId, Arc<[u8]>)>, once: Option<(Digest, Digest)>, trace: Option<Trace> },
    /// Something was learnt about an event.
    Learn { id: EventId, what: Learnt },
}

/// What was learnt about an event.
pub(crate) enum Learnt {
    Receipt(Vec<u8>),
    Refusal(SignedRefusal),
    Appeal(Vec<u8>),
    Settled(Fate),
}

/// What a change came to.
pub(crate) enum Answer {
    /// Every event as it is held now, and whether it is new here.
    Taken(Vec<(Held, bool)>),
    /// The event as it is held now; none if it is not.
    Learnt(Option<Held>),
    /// The idempotency key was used with another body.
    Reused(Refusal),
}

/// All of them in one commit.
#[derive(Message)]
#[rtype(result = "anyhow::Result<Vec<Answer>>")]
pub(crate) struct Write(pub(crate) Vec<Change>);

/// Readers' side of the journal, for any thread.
#[derive(Clone)]
pub(crate) struct Pages {
    /// Event id -> signed bytes, until settled.
    events: Space,
    /// Event id -> [`Held`].
    held: Space,
    /// Digest of member and idempotency key -> [`Used`].
    keys: Space,
}

impl Pages {
    /// What is held of an event.
    pub(crate) fn held(&self, id: &EventId) -> anyhow::Result<Option<Held>> {
        let Some(bytes) = self.held.get(id.as_bytes())? else { return Ok(None) };
        Held::from_bytes(*id, &bytes).map(Some).context("a record of the outbox does not decode")
    }

    /// Its signed bytes, until it is settled.
    pub(crate) fn signed(&self, id: &EventId) -> anyhow::Result<Option<Vec<u8>>> {
        Ok(self.events.get(id.as_bytes())?)
    }

    /// What an idempotency key stands for at a time.
    pub(crate) fn used(&self, key: &Digest, now: Millis) -> anyhow::Result<Option<Used>> {
        let Some(bytes) = self.keys.get(key.as_bytes())? else { return Ok(None) };
        let used = Used::from_bytes(&bytes).context("an idempotency record does not decode")?;
        Ok((used.at.plus_ms(KEEP_MS) > now).then_some(used))
    }

    /// Every event that is not settled, with its length and whether it has a receipt.
    pub(crate) fn unsettled(&self) -> anyhow::Result<Vec<(EventId, usize, bool)>> {
        let mut found = Vec::new();
        for entry in self.events.entries() {
            let (key, signed) = entry?;
            let id = Digest(key.try_into().map_err(|_| anyhow::anyhow!("a key of the outbox is not an event id"))?);
            let held = self.held(&id)?.context("an event of the outbox has no record")?;
            found.push((id, signed.len(), held.fate == Fate::Receipt));
        }
        Ok(found)
    }
}

/// The actor.
pub(crate) struct Book {
    store: Store,
    pages: Pages,
    /// [`age_key`] of events and idempotency keys.
    ages: Space,
    clock: Clock,
}

impl Book {
    pub(crate) fn open(dir: &Path, clock: Clock) -> anyhow::Result<(Self, Pages)> {
        let store = Store::open(dir).with_context(|| format!("the outbox in {}", dir.display()))?;
        let pages = Pages { events: store.space("events")?, held: store.space("held")?, keys: store.space("keys")? };
        let ages = store.space("ages")?;
        Ok((Book { store, pages: pages.clone(), ages, clock }, pages))
    }

    fn write(&mut self, changes: Vec<Change>) -> anyhow::Result<Vec<Answer>> {
        let now = self.clock.now();
        let mut draft = Draft { batch: self.store.batch(), held: BTreeMap::new(), used: BTreeMap::new(), now };
        let answers =
            changes.into_iter().map(|change| self.change(change, &mut draft)).collect::<anyhow::Result<_>>()?;
        let Draft { mut batch, held, .. } = draft;
        for (id, held) in &held {
            batch.put(&self.pages.held, id.as_bytes(), held.to_bytes());
        }
        if !batch.is_empty() {
            self.prune(&mut batch, &held, now)?;
            self.store.commit(batch)?;
        }
        Ok(answers)
    }

    fn change(&self, change: Change, draft: &mut Draft) -> anyhow::Result<Answer> {
        match change {
            Change::Take { events, once: None, .. } => self.take(events, draft),
            Change::Take { events, once: Some((key, body)), .. } => {
                let known = match draft.used.get(&key) {
                    Some((body, events)) => Some((*body, events.clone())),
                    None => self.pages.used(&key, draft.now)?.map(|used| (used.body, used.events)),
                };
                match known {
                    Some((known, _)) if known != body => Ok(Answer::Reused(reused())),
                    Some((_, ids)) => {
                        let held = ids.iter().filter_map(|id| self.held(id, draft).transpose());
                        Ok(Answer::Taken(held.map(|held| Ok((held?, false))).collect::<anyhow::Result<_>>()?))
                    }
                    None => {
                        let ids = events.iter().map(|(id, _)| *id).collect::<Vec<_>>();
                        let used = Used { body, at: draft.now, events: ids.clone() };
                        draft.batch.put(&self.pages.keys, key.as_bytes(), used.to_bytes());
                        draft.batch.put(&self.ages, age_key(draft.now, KEY, &key), []);
                        draft.used.insert(key, (body, ids));
                        self.take(events, draft)
                    }
                }
            }
            Change::Learn { id, what } => self.learn(&id, what, draft),
        }
    }

    fn take(&self, events: Vec<(EventId, Arc<[u8]>)>, draft: &mut Draft) -> anyhow::Result<Answer> {
        let mut taken = Vec::with_capacity(events.len());
        for (id, signed) in events {
            if let Some(held) = self.held(&id, draft)? {
                taken.push((held, false));
                continue;
            }
            let held = Held::new(id, draft.now);
            draft.batch.put(&self.pages.events, id.as_bytes(), &signed);
            draft.batch.put(&self.ages, age_key(draft.now, EVENT, &id), []);
            draft.held.insert(id, held.clone());
            taken.push((held, true));
        }
        Ok(Answer::Taken(taken))
    }

    fn learn(&self, id: &EventId, what: Learnt, draft: &mut Draft) -> anyhow::Result<Answer> {
        let Some(mut held) = self.held(id, draft)? else { return Ok(Answer::Learnt(None)) };
        match what {
            // The log was faster than the answer: the level stays, the node's promise is kept as well.
            Learnt::Receipt(receipt) if held.fate == Fate::Final && held.receipt.is_none() => {
                held.receipt = Some(receipt);
            }
            // Levels move only forward: news from a slow node changes nothing that is settled.
            _ if held.fate.is_settled() => return Ok(Answer::Learnt(Some(held))),
            Learnt::Receipt(_) if held.receipt.is_some() => return Ok(Answer::Learnt(Some(held))),
            Learnt::Receipt(receipt) => {
                held.receipt = Some(receipt);
                held.fate = Fate::Receipt;
            }
            Learnt::Refusal(refusal) => held.refused_by(refusal),
            Learnt::Appeal(receipt) => held.appeal = Some(receipt),
            Learnt::Settled(fate) => {
                held.fate = fate;
                draft.batch.delete(&self.pages.events, id.as_bytes());
            }
        }
        draft.held.insert(*id, held.clone());
        Ok(Answer::Learnt(Some(held)))
    }

    fn held(&self, id: &EventId, draft: &Draft) -> anyhow::Result<Option<Held>> {
        match draft.held.get(id) {
            Some(held) => Ok(Some(held.clone())),
            None => self.pages.held(id),
        }
    }

    /// Removes what is older than [`KEEP_MS`]; an event that is not settled gets another term.
    fn prune(&self, batch: &mut Batch, changed: &BTreeMap<EventId, Held>, now: Millis) -> anyhow::Result<()> {
        let end = age_key(Millis(now.0.saturating_sub(KEEP_MS)), 0, &Digest::default());
        for entry in self.ages.range([0; 1], end).take(PRUNE) {
            let (key, _) = entry?;
            batch.delete(&self.ages, &key);
            match age_of(&key) {
                Some((_, KEY, id)) => {
                    let stored = self.pages.keys.get(id.as_bytes())?;
                    // The same key may have been used again since.
                    if stored.as_deref().and_then(Used::from_bytes).is_none_or(|used| used.at.plus_ms(KEEP_MS) <= now) {
                        batch.delete(&self.pages.keys, id.as_bytes());
                    }
                }
                Some((_, EVENT, id)) => match self.pages.held(&id)? {
                    Some(held) if held.fate.is_settled() && !changed.contains_key(&id) => {
                        batch.delete(&self.pages.held, id.as_bytes());
                    }
                    _ => batch.put(&self.ages, age_key(now, EVENT, &id), []),
                },
                _ => {}
            }
        }
        Ok(())
    }
}

/// One commit in the making: what earlier changes of it did is seen by later ones.
struct Draft {
    batch: Batch,
    held: BTreeMap<EventId, Held>,
    used: BTreeMap<Digest, (Digest, Vec<EventId>)>,
    now: Millis,
}

pub(crate) fn reused() -> Refusal {
    Refusal::of(Code::IdempotencyReused, "idempotency-key", "this key came with another body; use a new key")
}

impl Actor for Book {
    type Context = Context<Self>;
}

impl Handler<Write> for Book {
    type Result = anyhow::Result<Vec<Answer>>;

    fn handle(&mut self, Write(changes): Write, _: &mut Context<Self>) -> Self::Result {
        self.write(changes)
    }
}
