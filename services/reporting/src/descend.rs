//! What comes back: a parent's decision on a report that escalated is carried down into this chain's log, where alone it
//! counts.
//!
//! Every member's reporting node does it, not the management nodes alone: theirs may be the very silence that made the
//! report escalate. They take turns, the reporter's own node first, so that as a rule one carries it; whoever comes
//! later is refused as closed. It follows the parent's list of decisions about this chain and believes nothing of it:
//! the event holds the proof, and the rule checks it.
//!
//! It keeps no place: after a restart it reads the list again, which holds a line for every decision there ever was.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use domain::chain::Lane;
use domain::codec;
use domain::event::{
    Decision, Event, EventId, Fact, MAX_BODY_BYTES, MAX_HANDOVERS, ProvenHandover, ProvenLeaf, SecurityLevel,
};
use domain::genesis::KeyClass;
use domain::keys;
use domain::record::{EventRecord, ParentRecord};
use domain::refusal::Code;
use domain::report::Subject;
use domain::rising::BelowRecord;
use domain::time::Millis;
use host::ledger::{LedgerClient, LedgerError};
use host::node::Node;
use host::outbox::Outbox;
use host::standing::{Roster, Standing};
use proof::digest::Digest;
use proof::sign::PublicKey;
use tracing::{debug, info};

/// Between two looks at the parent's list: a decision took people hours.
const LOOK: Duration = Duration::from_secs(5);
/// While a decision is on its way.
const SOON: Duration = Duration::from_secs(1);
/// How much longer each rank waits than the one before: above the way of an event from admission to execution.
const STEP: Duration = Duration::from_secs(2);
/// Nobody waits for more than these.
const MAX_RANK: usize = 15;
/// What was carried and still has no effect is carried again, with a newer certificate.
const AGAIN: Duration = Duration::from_secs(10);
/// Decisions read at once.
const PAGE: u32 = 64;

/// Follows the parent's decisions until the node stops.
pub(crate) async fn follow(node: Node, outbox: Outbox, parent: Standing) {
    if node.genesis.parent.is_empty() {
        debug!(chain = %node.genesis.chain, "the genesis names no cosigners of the parent, whose decisions could be believed");
        return;
    }
    let stop = node.stop.clone();
    let mut carrier = Carrier {
        own: LedgerClient::new(&node),
        parent: LedgerClient::of_chain(&node.bus, &node.member, parent),
        node,
        outbox,
        next: 0,
        pending: BTreeMap::new(),
    };
    tokio::select! {
        () = stop.wait() => {}
        () = carrier.run() => {}
    }
}

struct Carrier {
    node: Node,
    outbox: Outbox,
    own: LedgerClient,
    parent: LedgerClient,
    /// Decisions whose leaves have a lower index are known.
    next: u64,
    /// Decisions without effect here yet, by leaf index.
    pending: BTreeMap<u64, Pending>,
}

struct Pending {
    report: EventId,
    since: Instant,
    sent: Option<Instant>,
}

/// Where a report stands here.
enum Stands {
    Settled,
    Unknown,
    Open(Box<Subject>),
}

impl Carrier {
    async fn run(&mut self) {
        loop {
            if let Err(error) = self.round().await {
                debug!(chain = %self.node.genesis.chain, "no look at the parent's decisions: {error:#}");
            }
            tokio::time::sleep(if self.pending.is_empty() { LOOK } else { SOON }).await;
        }
    }

    async fn round(&mut self) -> anyhow::Result<()> {
        self.learn().await?;
        for (index, report) in self.pending.iter().map(|(index, one)| (*index, one.report)).collect::<Vec<_>>() {
            match self.stands(&report).await? {
                Stands::Settled => drop(self.pending.remove(&index)),
                // Our ledger is behind what the parent has seen of it.
                Stands::Unknown => {}
                Stands::Open(subject) => self.carry(index, &subject).await?,
            }
        }
        Ok(())
    }

    /// Reads on in the parent's list.
    async fn learn(&mut self) -> Result<(), LedgerError> {
        let chain = &self.node.genesis.chain;
        let all = keys::decisions(chain);
        loop {
            let from = keys::decision(chain, self.next);
            let (_, entries, more) = self.parent.read_state(from, keys::end_of(&all), PAGE).await?;
            for (key, stored) in entries {
                let Some((index, report)) = listed(&all, &key, &stored.value) else { continue };
                self.pending.insert(index, Pending { report, since: Instant::now(), sent: None });
                self.next = self.next.max(index.saturating_add(1));
            }
            if !more {
                return Ok(());
            }
        }
    }

    async fn stands(&self, report: &EventId) -> Result<Stands, LedgerError> {
        if let Some(subject) = self.own.record::<Subject>(&keys::open(report)).await? {
            return Ok(Stands::Open(Box::new(subject)));
        }
        // A report of ours, or one of a child's that escalated through us.
        let known = self.own.record::<EventRecord>(&keys::event(report)).await?.is_some()
            || self.own.record::<BelowRecord>(&keys::below(report)).await?.is_some();
        Ok(if known { Stands::Settled } else { Stands::Unknown })
    }

    /// Carries a decision down when it is our turn.
    async fn carry(&mut self, index: u64, subject: &Subject) -> anyhow::Result<()> {
        let Some(pending) = self.pending.get_mut(&index) else { return Ok(()) };
        let wait = STEP * rank(&self.node.standing.current(), &self.node.member, &subject.member, &pending.report);
        let sent_lately = pending.sent.is_some_and(|sent| sent.elapsed() < AGAIN);
        if !subject.escalated || pending.since.elapsed() < wait || sent_lately {
            return Ok(());
        }
        let report = pending.report;
        let (certificate, leaf) = match self.parent.leaf(index, None).await {
            Ok((certificate, leaf)) => (certificate.context("a leaf without its certificate")?, leaf),
            // It is not final yet.
            Err(LedgerError::Refused(refused)) if refused.code == Code::NotFound => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        let known = self.own.record::<ParentRecord>(&keys::parent()).await?.context("no parent is known")?;
        let handovers = self.parent.handovers(known.epoch).await?;
        let author = self.node.key(KeyClass::Author).context("the chain lets no author key here count")?.public();
        let event = |fact: Decision| self.event(author, report, fact);
        let fits = |fact: &Decision| wire::event::encode(&event(fact.clone())).len() <= MAX_BODY_BYTES;
        let fact = step(certificate, handovers, leaf, fits).context("no event could hold the parent's decision")?;
        info!(chain = %self.node.genesis.chain, member = %self.node.member, %report, "carrying the parent's decision down");
        self.outbox.sign_and_submit(&event(fact)).await?;
        if let Some(pending) = self.pending.get_mut(&index) {
            pending.sent = Some(Instant::now());
        }
        Ok(())
    }

    fn event(&self, author: PublicKey, report: EventId, fact: Decision) -> Event {
        let now = self.node.clock.now();
        let nonce = Digest::of_parts(&[b"tocsin/v1/descend", &author.0, fact.certificate.as_bytes(), &fact.leaf.leaf]);
        Event {
            author,
            lane: Lane::High,
            nonce: nonce.0.first_chunk().copied().unwrap_or_default(),
            occurred_at: now,
            created_at: now,
            valid_until: Millis(0),
            region: self.node.genesis.regions.first().cloned().unwrap_or_default(),
            security: SecurityLevel::Public,
            response: None,
            fact: Fact::Decision(fact),
            sealed: Vec::new(),
            causes: vec![report],
            expect: Vec::new(),
        }
    }
}

/// An entry of the parent's list: the index of the decision's leaf, and the report.
fn listed(prefix: &[u8], key: &[u8], value: &[u8]) -> Option<(u64, EventId)> {
    let index = std::str::from_utf8(key.strip_prefix(prefix)?).ok()?;
    Some((u64::from_str_radix(index, 16).ok()?, codec::decode(value)?))
}

/// Our place in the order of carriers: the reporter first, the others from one that the report's id chooses.
fn rank(roster: &Roster, me: &str, reporter: &str, report: &EventId) -> u32 {
    if me == reporter {
        return 0;
    }
    let others = roster.members.values().filter(|member| member.active && member.id != reporter);
    let others = others.filter(|member| !roster.keys_of(&member.id, KeyClass::Author).is_empty());
    let others = others.map(|member| member.id.as_str()).collect::<Vec<_>>();
    let first = report.0.first().map_or(0, |byte| usize::from(*byte)) % others.len().max(1);
    let place = others.iter().cycle().skip(first).take(others.len()).position(|member| *member == me);
    u32::try_from(place.map_or(MAX_RANK, |place| (place + 1).min(MAX_RANK))).unwrap_or(u32::MAX)
}

/// The next event of a decision: the decision itself if all handovers fit beside it, else as many handovers as do.
fn step(
    certificate: String,
    handovers: Vec<ProvenHandover>,
    leaf: ProvenLeaf,
    fits: impl Fn(&Decision) -> bool,
) -> Option<Decision> {
    let whole = Decision { certificate, handovers, leaf };
    let fits = |fact: &Decision| fact.handovers.len() <= MAX_HANDOVERS && fits(fact);
    if fits(&whole) {
        return Some(whole);
    }
    let mut handovers = whole.handovers;
    while let Some(last) = handovers.pop() {
        let some = Decision { certificate: last.certificate, handovers: handovers.clone(), leaf: last.leaf };
        if fits(&some) {
            return Some(some);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proven(bytes: usize) -> ProvenLeaf {
        ProvenLeaf { leaf: vec![7; bytes], index: 1, inclusion: Vec::new() }
    }

    fn handovers(count: u8, bytes: usize) -> Vec<ProvenHandover> {
        let one = |number: u8| ProvenHandover { certificate: format!("set {number}"), leaf: proven(bytes) };
        (1..=count).map(one).collect()
    }

    fn small(fact: &Decision) -> bool {
        let handovers = fact.handovers.iter().map(|handover| handover.leaf.leaf.len() + 100);
        handovers.sum::<usize>() + fact.leaf.leaf.len() + 100 <= MAX_BODY_BYTES
    }

    #[test]
    fn a_decision_goes_whole_when_its_handovers_fit() {
        let fact = step("top".into(), handovers(8, 900), proven(50), small).unwrap();
        assert_eq!((fact.certificate.as_str(), fact.handovers.len(), fact.leaf), ("top", 8, proven(50)));
    }

    #[test]
    fn a_child_far_behind_follows_in_steps_of_as_many_handovers_as_fit() {
        for (count, bytes, first) in [(20, 900, 9), (20, 3900, 4), (9, 10, 9)] {
            let all = handovers(count, bytes);
            let fact = step("top".into(), all.clone(), proven(50), small).unwrap();
            // The last one it takes stands in the place of the decision.
            assert_eq!(fact.handovers, all[..first - 1]);
            assert_eq!(
                (fact.certificate, fact.leaf),
                (all[first - 1].certificate.clone(), all[first - 1].leaf.clone())
            );
        }
        assert_eq!(step("top".into(), handovers(1, MAX_BODY_BYTES), proven(50), small), None);
    }

    #[test]
    fn the_reporter_goes_first_and_no_two_others_together() {
        let genesis = wire::genesis::parse(include_bytes!("../../../shared/wire/golden/genesis.toml")).unwrap();
        let roster = Roster::of(&genesis);
        let members = genesis.members.iter().map(|member| member.id.as_str()).collect::<Vec<_>>();
        let mut firsts = std::collections::BTreeSet::new();
        for report in 0..=u8::MAX {
            let report = Digest([report; 32]);
            let mut ranks = |reporter: &str| {
                let mut ranks = members.iter().map(|me| rank(&roster, me, reporter, &report)).collect::<Vec<_>>();
                firsts.insert(ranks.iter().position(|rank| *rank == 1));
                ranks.sort_unstable();
                ranks
            };
            assert_eq!(ranks(members[0]), (0..members.len() as u32).collect::<Vec<_>>());
            // The reporter of a report from further below is none of us.
            assert_eq!(ranks("somebody-below"), (1..=members.len() as u32).collect::<Vec<_>>());
        }
        assert_eq!(firsts.len(), members.len(), "everybody's turn comes");
    }

    #[test]
    fn the_parents_list_is_read_by_leaf_index() {
        let chain = domain::chain::ChainPath::parse("cn.32.01").unwrap();
        let all = keys::decisions(&chain);
        let report = Digest::of(b"report");
        let value = codec::encode(&report);
        assert_eq!(listed(&all, &keys::decision(&chain, 300), &value), Some((300, report)));
        assert!(keys::decision(&chain, 300) > keys::decision(&chain, 299));
        assert!(keys::decision(&chain, u64::MAX) < keys::end_of(&all));
        assert_eq!(listed(&all, b"decision/cn.32.01/x", &value), None);
    }
}
