//! One round of a group of events through the admission nodes: one node after the other until every event has a
//! receipt, then the parent's nodes as an appeal.
//!
//! A node that is silent or refuses costs time, never the event: the others are still asked. Only answers whose
//! signature holds count.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use domain::chain::{ChainPath, MemberId};
use domain::event::EventId;
use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use proof::sign::{ChainId, Domain, PublicKey, Signed};
use wire::admission::{AdmitReply, AdmitRequest, Admitted, ReceiptBody, RefusalBody};

use crate::node::Node;
use crate::outbox::held::SignedRefusal;
use crate::standing::Standing;
use crate::telemetry::metrics::Metric;
use crate::telemetry::trace;

/// When a node counts as silent: a request and two more fit in it.
pub(crate) const SILENCE: Duration = Duration::from_secs(5);
/// Within it the request is sent again every so often, because a lost connection loses the answer and not the node.
const TRY_EVERY: Duration = Duration::from_secs(2);
/// How long a silent node is asked after all others.
const SHUNNED: Duration = Duration::from_secs(30);
/// Between tries when nobody serves the subject: a restarted process is back within a second or two.
const NOBODY: Duration = Duration::from_millis(100);

/// A member that admits events, and the keys that sign its answers.
type Admitter = (MemberId, Vec<PublicKey>);

/// The nodes that may be asked, and which of them were silent lately.
pub(crate) struct Rounds {
    node: Node,
    parent: Option<Standing>,
    shunned: Mutex<HashMap<MemberId, Instant>>,
}

/// What a node said of one event.
pub(crate) enum Said {
    Receipt(Vec<u8>),
    Refusal(SignedRefusal),
    /// The parent's receipt for the appeal.
    Appeal(Vec<u8>),
}

/// A group on its way: the events nobody gave a receipt for yet.
pub(crate) type Group = Vec<(EventId, Arc<[u8]>)>;

impl Rounds {
    pub(crate) fn new(node: Node, parent: Option<Standing>) -> Self {
        Rounds { node, parent, shunned: Mutex::default() }
    }

    /// Signed refusals by this many members hold an honest one: all below four nodes, else more than may lie.
    pub(crate) fn enough_refusals(&self) -> usize {
        let n = self.node.standing.current().managers().count();
        if n < 4 { n } else { n - domain::genesis::quorum(n) + 1 }
    }

    /// Whether a member's node admits events on the own chain.
    pub(crate) fn is_own(&self, member: &str) -> bool {
        self.node.standing.current().managers().any(|each| each.id == member)
    }

    /// The members to ask, in turn: the own member first, the silent ones last. `turn` moves the start on, so that an
    /// event whose node broke its promise begins elsewhere.
    fn order(&self, members: Vec<Admitter>, turn: usize) -> Vec<Admitter> {
        // Members without a node of their own spread over the nodes by name.
        let spread = || self.node.member.bytes().map(usize::from).sum();
        let own = members.iter().position(|(member, _)| *member == self.node.member).unwrap_or_else(spread);
        let n = members.len().max(1);
        let mut order = members;
        order.rotate_left((own + turn) % n);
        let shunned = self.shunned.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        order.sort_by_key(|(member, _)| shunned.get(member).is_some_and(|until| *until > now));
        order
    }

    /// Asks the chain's own nodes. `hear` takes what was said; what is left has no receipt.
    pub(crate) async fn own(&self, group: Group, turn: usize, hear: &mut (dyn FnMut(EventId, Said) + Send)) -> Group {
        self.ask_all(&self.node.standing, group, turn, hear).await
    }

    /// Asks the parent's nodes to log what the own ones would not take.
    pub(crate) async fn appeal(&self, group: Group, hear: &mut (dyn FnMut(EventId, Said) + Send)) -> Group {
        match &self.parent {
            Some(parent) if !group.is_empty() => self.ask_all(parent, group, 0, hear).await,
            _ => group,
        }
    }

    async fn ask_all(
        &self,
        chain: &Standing,
        mut group: Group,
        turn: usize,
        hear: &mut (dyn FnMut(EventId, Said) + Send),
    ) -> Group {
        let (path, id_of_chain) = (&chain.genesis().chain, &chain.genesis().chain_id);
        let appeal = *id_of_chain != self.node.genesis.chain_id;
        let members = self.order(chain.current().admitters(), turn);
        let alone = members.len() < 2;
        for (member, keys) in members {
            if group.is_empty() {
                break;
            }
            let Some(reply) = self.ask(&member, path, alone, &group).await else {
                self.shun(&member);
                continue;
            };
            let mut left = Vec::new();
            for ((id, signed), admitted) in group.into_iter().zip(reply.results.into_iter().map(Some).chain(endless()))
            {
                let said = admitted.and_then(|admitted| believed(admitted, &id, &member, &keys, id_of_chain, appeal));
                match said {
                    Some(Said::Refusal(mut refusal)) if appeal => {
                        // Members of two chains may bear one name.
                        refusal.member = format!("{member}.{path}");
                        hear(id, Said::Refusal(refusal));
                        left.push((id, signed));
                    }
                    Some(said @ (Said::Receipt(_) | Said::Appeal(_))) => hear(id, said),
                    Some(said @ Said::Refusal(_)) => {
                        Metric::AdmissionRefusedTotal.add(&member, 1);
                        hear(id, said);
                        left.push((id, signed));
                    }
                    None => left.push((id, signed)),
                }
            }
            group = left;
        }
        group
    }

    /// One node's answer, or none after [`SILENCE`]. Requests overlap: the first answer counts.
    async fn ask(&self, member: &str, chain: &ChainPath, alone: bool, group: &Group) -> Option<AdmitReply> {
        let events = group.iter().map(|(_, signed)| signed.to_vec()).collect();
        let request = Bytes::from(AdmitRequest { chain: self.node.genesis.chain.clone(), events }.encode());
        let subject = wire::subject::admit(member, chain);
        let (headers, ends) = (trace::headers(), tokio::time::Instant::now() + SILENCE);
        let mut tries = FuturesUnordered::new();
        loop {
            let left = ends.saturating_duration_since(tokio::time::Instant::now());
            if left.is_zero() {
                return None;
            }
            tries.push(self.node.bus.request_with(&subject, request.clone(), &headers, left));
            let again = tokio::time::sleep(TRY_EVERY.min(left));
            tokio::pin!(again);
            loop {
                tokio::select! {
                    answer = tries.next(), if !tries.is_empty() => match answer {
                        Some(Ok(reply)) => match AdmitReply::decode(&reply) {
                            Ok(reply) => return Some(reply),
                            Err(refusal) => tracing::debug!(member, %refusal, "an admission node answers nonsense"),
                        },
                        // Nobody there: another node is asked at once when there is one.
                        Some(Err(bus::RequestError::NoResponders)) if !alone => return None,
                        Some(Err(bus::RequestError::NoResponders)) => {
                            tokio::time::sleep(NOBODY).await;
                            break;
                        }
                        Some(Err(error)) => tracing::debug!(member, %error, "an admission node did not answer"),
                        None => {}
                    },
                    () = &mut again => break,
                }
            }
        }
    }

    fn shun(&self, member: &str) {
        Metric::AdmissionSilentTotal.add(member, 1);
        tracing::info!(member, chain = %self.node.genesis.chain, "admission is silent; asking another node");
        let mut shunned = self.shunned.lock().unwrap_or_else(PoisonError::into_inner);
        shunned.insert(member.to_owned(), Instant::now() + SHUNNED);
    }
}

/// A reply that is too short says nothing of the rest.
fn endless() -> impl Iterator<Item = Option<Admitted>> {
    std::iter::repeat_with(|| None)
}

/// What was said, if the member that was asked signed it for this event.
fn believed(
    admitted: Admitted,
    id: &EventId,
    member: &str,
    keys: &[PublicKey],
    chain: &ChainId,
    appeal: bool,
) -> Option<Said> {
    let (bytes, domain) = match &admitted {
        Admitted::Receipt(bytes) => (bytes, Domain::Receipt),
        Admitted::Refused(bytes) => (bytes, Domain::Refusal),
        Admitted::Fault(why) => {
            tracing::debug!(member, why, "admission could not answer");
            return None;
        }
    };
    let signed = Signed::from_bytes(bytes)?;
    if !keys.contains(&signed.key) || !signed.verify(domain, chain) {
        tracing::warn!(member, "an admission answer without that member's signature");
        return None;
    }
    Some(match admitted {
        // The parent's receipt is for the appeal event, which has an id of its own.
        Admitted::Receipt(bytes) if appeal => Said::Appeal(bytes),
        Admitted::Receipt(bytes) => {
            (ReceiptBody::decode(&signed.body).ok()?.event_id == *id).then_some(Said::Receipt(bytes))?
        }
        Admitted::Refused(bytes) => {
            let body = RefusalBody::decode(&signed.body).ok()?;
            (appeal || body.event_id == *id)
                .then(|| Said::Refusal(SignedRefusal { member: member.to_owned(), signed: bytes }))?
        }
        Admitted::Fault(_) => return None,
    })
}
