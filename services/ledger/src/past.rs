//! What this ledger has cosigned before it started: by the mark's file, by its last note on the cosign stream, and by
//! what the other cosigners heard.
//!
//! The file may have been restored with the rest of the disk, the stream lives in a server's memory, and a peer may lie or
//! forget; but a peer can't invent signatures, so the highest of all counts: our own word, and what q cosigners made
//! final, whoever they were. Nothing is cosigned before enough peers answered. A store that contradicts the mark is not
//! the one that was cosigned and is built anew. A mark that can't be read ends cosigning until somebody has looked at it.
//! Limits: a word of ours that was never final, and that all who heard it have forgotten, is known only by the file.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use domain::chain::MemberId;
use domain::genesis::KeyClass;
use futures::future::join_all;
use host::ledger::LedgerClient;
use host::node::Node;
use proof::checkpoint::{Certificate, Cosigner};
use proof::handover::CosignerSet;
use proof::sign::PublicKey;
use tokio::sync::mpsc;
use wire::cosign::CosignNote;
use wire::subject;

use crate::chain::Chain;
use crate::core::CoreError;
use crate::core::tip::Head;
use crate::cosigner::Task;
use crate::desk::Open;
use crate::mark::{Kept, MarkFile};
use crate::oath::{Mark, Oath, Word};
use crate::peers;
use crate::reader::Reader;
use crate::sets;
use crate::worker::Work;

/// How long a read of our own last note may take before we start without it.
const NOTE_PATIENCE: Duration = Duration::from_secs(2);
/// How long the peers have for one round of answers: one that is there needs milliseconds.
const ROUND: Duration = Duration::from_secs(2);
/// Between two rounds while too few answer.
const ASK_AGAIN: Duration = Duration::from_millis(100);

/// What is remembered here.
pub(crate) struct Past {
    pub(crate) file: MarkFile,
    pub(crate) oath: Oath,
    /// Cosignatures of the tip that the first note says again.
    pub(crate) last: Vec<(u64, String)>,
    /// Why nothing may be cosigned.
    pub(crate) unknown: Option<String>,
}

impl Past {
    /// Reads the mark and our own last note, and holds them against the store.
    pub(crate) async fn recall(node: &Node, chain: &Chain, reader: &Reader, head: &Head) -> Result<Self, CoreError> {
        let path = MarkFile::beside(&node.data.join("ledger"));
        let disk = |error: std::io::Error| CoreError::Disk(format!("{}: {error}", path.display()));
        let (mut file, kept) = MarkFile::open(&path, chain.id()).map_err(disk)?;
        let cosigned = !sets::keys_of(&reader.picture()?, &node.member)?.is_empty();
        let mut unknown = None;
        let mark = match kept {
            Kept::Mark(mark) => Some(mark),
            Kept::Nothing => {
                let end = end_of_log(head).filter(|_| cosigned);
                if let Some(end) = &end {
                    tracing::warn!(path = %path.display(), height = end.height, "there was no mark; the log's end is taken for it");
                    file.keep(end).map_err(disk)?;
                }
                end
            }
            Kept::Damaged => {
                let why = unreadable(&path);
                tracing::error!(chain = %chain.path(), %why, "this ledger does not cosign");
                unknown = Some(why);
                None
            }
        };
        let mut oath = Oath::new(mark);
        let mut last = Vec::new();
        let keys = own_keys(node, reader)?;
        for (height, text) in last_note(node, chain).await.map(|note| note.checkpoints).unwrap_or_default() {
            let Some(mark) = ours(node, chain, &keys, &text) else { continue };
            let mark = Mark { height, ..mark };
            if mark.size == head.size {
                last.push((height, text));
            }
            let size = head.size;
            let root_at = |at| if at > size { Ok(None) } else { reader.root_at(at).map(Some) };
            if let Word::Broken(why) = oath.learn(mark, root_at)? {
                return Err(CoreError::Damaged(why));
            }
        }
        if let Some(mark) = oath.mark().filter(|mark| mark.size <= head.size)
            && reader.root_at(mark.size)? != mark.root
        {
            return Err(CoreError::Damaged(format!(
                "the log is not what this ledger cosigned at height {}",
                mark.height
            )));
        }
        Ok(Past { file, oath, last, unknown })
    }
}

/// The highest that a mark which is not there can have been: nothing is cosigned before it is in the store.
fn end_of_log(head: &Head) -> Option<Mark> {
    (head.size > 0).then_some(Mark { height: head.tip.height, size: head.size, root: head.root })
}

/// What a mark that can't be read means, and what to do. A log that was damaged or restored with it may be shorter than
/// what was cosigned, and only people know whether that is so.
fn unreadable(path: &Path) -> String {
    format!(
        "the mark {} can't be read, so that it is not known here what this cosigner vouched for. If its log is whole \
         (not rebuilt, not restored), move that file away and start the ledger again: the log's end is then its mark. \
         If not, name a new cosigner key for the member first",
        path.display()
    )
}

/// Every key with which this member cosigned, as far as it is known here.
fn own_keys(node: &Node, reader: &Reader) -> Result<BTreeSet<PublicKey>, CoreError> {
    let mut keys = sets::keys_of(&reader.picture()?, &node.member)?.into_iter().collect::<BTreeSet<_>>();
    keys.extend(node.keys.public().remove(&KeyClass::Cosigner).unwrap_or_default());
    Ok(keys)
}

/// The mark that a certificate's text is, if one of its cosignatures is ours.
fn ours(node: &Node, chain: &Chain, keys: &BTreeSet<PublicKey>, text: &str) -> Option<Mark> {
    let certificate = Certificate::parse(text).filter(|certificate| certificate.checkpoint.origin == chain.origin)?;
    let name = chain.cosigner(&node.member);
    let by_us = keys.iter().any(|key| {
        let cosigner = Cosigner { name: name.clone(), key: *key };
        certificate.cosignatures.iter().any(|word| word.verify(&cosigner, &certificate.checkpoint))
    });
    by_us.then(|| Mark::of(0, &certificate.checkpoint))
}

async fn last_note(node: &Node, chain: &Chain) -> Option<CosignNote> {
    let stream = subject::cosign_stream(chain.path()).name;
    let subject = subject::cosign(&node.member, chain.path());
    let message = tokio::time::timeout(NOTE_PATIENCE, node.bus.last_message(&stream, &subject)).await;
    CosignNote::decode(&message.ok()?.ok()??.payload).ok()
}

/// Asks the other cosigners what they heard of us, and what is final, until enough of them have answered, and tells the
/// one who cosigns. Of so many at least one was among the others who made our highest final checkpoint final, and there
/// are never more than finality needs anyway. A log that contradicts what is final is not cosigned but built anew.
pub(crate) async fn ask(
    node: Node,
    chain: Arc<Chain>,
    open: Arc<Open>,
    cosigner: mpsc::Sender<Task>,
    work: mpsc::Sender<Work>,
) {
    loop {
        // The set may be an old one; as we catch up, it becomes the present one.
        let set = Arc::clone(&open.progress.borrow().sets.current);
        let asked = peers::others(&node, &set).into_iter().map(|(member, ledger)| answer(&node.member, member, ledger));
        let answers = join_all(asked).await.into_iter().flatten().collect::<Vec<_>>();
        let in_set = |answer: &&Answer| set.cosigners.iter().any(|one| one.name == chain.cosigner(&answer.member));
        let answered = answers.iter().filter(in_set).count();
        if answered >= enough(&set)
            && let Ok(keys) = open.answer(own_keys(&node, &open.reader))
        {
            let finals = answers.iter().filter_map(|answer| made_final(&chain, &set, answer.certificate.as_deref()?));
            let finals = finals.collect::<Vec<_>>();
            // Threads that have ended need not be told.
            if let Some(height) = finals.iter().find_map(|mark| contradicted(&open, mark)) {
                let _ = work.send(Work::Contradicted(height)).await;
                return;
            }
            let heard = answers.iter().filter_map(|answer| ours(&node, &chain, &keys, answer.heard.as_deref()?));
            let _ = cosigner.send(Task::Heard(heard.chain(finals).collect())).await;
            return;
        }
        tokio::time::sleep(ASK_AGAIN).await;
    }
}

/// The mark that a final certificate sets for everybody.
fn made_final(chain: &Chain, set: &CosignerSet, text: &str) -> Option<Mark> {
    let certificate = Certificate::parse(text)?;
    set.verify(&chain.origin, &certificate).ok()?;
    Some(Mark::of(0, &certificate.checkpoint))
}

/// The height of our log at which a final checkpoint contradicts it.
fn contradicted(open: &Open, mark: &Mark) -> Option<u64> {
    let (size, height) = {
        let head = &open.progress.borrow().head;
        (head.size, head.tip.height)
    };
    let root = open.answer(open.reader.root_at(mark.size.min(size))).ok()?;
    (mark.size <= size && root != mark.root).then_some(height)
}

/// How many others must have answered: n - q + 1 of n cosigners, and no more than q needs beside us.
fn enough(set: &CosignerSet) -> usize {
    let (n, q) = (set.cosigners.len(), set.quorum());
    (n + 1).saturating_sub(q).min(q.saturating_sub(1))
}

/// What another cosigner answered.
struct Answer {
    member: MemberId,
    /// The largest word of ours that it heard.
    heard: Option<String>,
    /// Its last final certificate.
    certificate: Option<String>,
}

async fn answer(own: &str, member: MemberId, ledger: LedgerClient) -> Option<Answer> {
    let asked = async { tokio::try_join!(ledger.heard(own), ledger.status()) };
    let (heard, status) = tokio::time::timeout(ROUND, asked).await.ok()?.ok()?;
    Some(Answer { member, heard, certificate: status.certificate })
}
