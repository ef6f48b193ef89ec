//! What passed becomes durable: journalled in one commit, published as bundles, and only then answered with receipts.

use actix::Addr;
use bus::Publish;
use bytes::Bytes;
use domain::genesis::KeyClass;
use futures::future::join_all;
use host::node::Node;
use proof::digest::Digest;
use tokio::sync::{mpsc, oneshot};
use tracing::warn;
use wire::admission::Admitted;

use super::{Desk, NO_KEY, fault, set};
use crate::register::{Commit, Committed, Passed, Ready, Register};

/// Events committed together at most: what the next block can take anyway.
const EVENTS_PER_COMMIT: usize = 1024;
/// A publish is tried again this often before the caller is told to try elsewhere; the bundle is republished anyway.
const PUBLISH_TRIES: usize = 3;

/// Events of one request on their way to the register, and who waits for their receipts.
pub(super) struct Waiting {
    passed: Vec<Passed>,
    answer: oneshot::Sender<Result<Vec<Vec<u8>>, String>>,
}

impl Desk {
    /// Answers each event with its receipt, or why there is none.
    pub(super) async fn commit(&self, passed: Vec<(usize, Passed)>, answers: &mut [Option<Admitted>]) {
        if passed.is_empty() {
            return;
        }
        let (places, passed): (Vec<_>, Vec<_>) = passed.into_iter().unzip();
        let (answer, committed) = oneshot::channel();
        let outcome = match self.queue.send(Waiting { passed, answer }).await {
            Ok(()) => committed.await.unwrap_or_else(|_| Err("the register ended".to_owned())),
            Err(_) => Err("the register ended".to_owned()),
        };
        match outcome {
            Ok(receipts) => {
                for (place, receipt) in places.into_iter().zip(receipts) {
                    set(answers, place, Admitted::Receipt(receipt));
                }
            }
            Err(why) => places.into_iter().for_each(|place| set(answers, place, fault(&why))),
        }
    }
}

/// Takes whatever requests have arrived, journals them in one commit, publishes the bundles, and only then lets the
/// receipts out. A receipt that is repeated from the register may be ahead of its bundle: the register has it and sends it
/// until a block does.
pub(super) async fn commit_and_publish(node: Node, register: Addr<Register>, mut waiting: mpsc::Receiver<Waiting>) {
    while let Some(first) = waiting.recv().await {
        let mut requests = vec![first];
        let mut events = 0;
        while events < EVENTS_PER_COMMIT
            && let Ok(next) = waiting.try_recv()
        {
            events += next.passed.len();
            requests.push(next);
        }
        let (passed, answers): (Vec<_>, Vec<_>) =
            requests.into_iter().map(|request| (request.passed, request.answer)).unzip();
        let counts: Vec<_> = passed.iter().map(Vec::len).collect();
        let passed = passed.into_iter().flatten().collect();
        let outcome = match node.key(KeyClass::Endorser) {
            Some(secret) => match register.send(Commit { passed, at: node.clock.now(), secret }).await {
                Ok(Ok(committed)) => publish(&node, committed).await,
                Ok(Err(error)) => Err(format!("the register could not be written: {error}")),
                Err(error) => Err(error.to_string()),
            },
            None => Err(NO_KEY.to_owned()),
        };
        let mut receipts = outcome.map(Vec::into_iter);
        for (answer, count) in answers.into_iter().zip(counts) {
            let mine = match &mut receipts {
                Ok(all) => all.by_ref().take(count).collect::<Result<Vec<_>, String>>(),
                Err(why) => Err(why.clone()),
            };
            // The caller may have gone; its events are journalled and will be sealed all the same.
            drop(answer.send(mine));
        }
    }
}

/// Each event's receipt, or why its bundle is not durable yet.
async fn publish(node: &Node, committed: Committed) -> Result<Vec<Result<Vec<u8>, String>>, String> {
    let durable = join_all(committed.bundles.iter().map(|ready| send(node, ready, Digest::of(&ready.signed)))).await;
    Ok(committed
        .receipts
        .into_iter()
        .map(|(receipt, bundle)| match durable.get(bundle) {
            Some(Ok(_)) => Ok(receipt),
            Some(Err(why)) => Err(why.clone()),
            None => Err("no bundle".to_owned()),
        })
        .collect())
}

/// Publishes one bundle until the stream acknowledges it, and gives its sequence. Within its window the stream drops a
/// repeat of `id` and gives the first one's sequence; beyond it the ledgers drop it.
pub(crate) async fn send(node: &Node, ready: &Ready, id: Digest) -> Result<u64, String> {
    let subject = wire::subject::intake(ready.lane, &node.genesis.chain);
    let mut why = String::new();
    for _ in 0..PUBLISH_TRIES {
        let options = Publish { msg_id: Some(id.to_string()), ..Publish::default() };
        match node.bus.publish(&subject, Bytes::from(ready.signed.clone()), options).await {
            Ok(sequence) => return Ok(sequence),
            Err(error) => why = error.to_string(),
        }
        // Whoever runs the server can delete the stream; where it is only unreachable, this changes nothing.
        if let Err(error) = node.bus.ensure_stream(&wire::subject::intake_stream(ready.lane, &node.genesis.chain)).await
        {
            why = error.to_string();
        }
    }
    warn!(chain = %node.genesis.chain, lane = ready.lane.name(), number = ready.number, "bundle not acknowledged: {why}");
    Err(why)
}
