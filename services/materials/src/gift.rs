//! The proof of a donor's gifts: all their events in one checkpoint of this chain's log, the newest that has risen to the top
//! chain, and the sums by them. Nothing a ledger answers is believed: every event is checked as the donor will.

use anyhow::Context as _;
use domain::event::EventId;
use domain::refusal::Code;
use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use host::ledger::LedgerClient;
use host::page::Page;
use host::rest::{Problem, Turns};
use proof::checkpoint::Checkpoint;
use proof::gift::{GiftEvent, GiftProof, MAX_EVENTS, MAX_TEXT_BYTES, Sums};
use proof::proof_file::ProofFile;
use proof::sign::Signed;
use wire::ledger::EntryKind;

use crate::model::Moved;
use crate::{Desk, Source};

/// Events asked for at once: a ledger reads one in some tenths of a millisecond, and others ask it, too.
const SIDE_BY_SIDE: usize = 16;
/// Proofs made at once: the longest takes some 80 MB while it is made, and eight thousand reads of the ledger.
const AT_ONCE: usize = 4;

/// Turns at making proofs.
pub(crate) fn turns() -> Turns {
    Turns::new("proof", AT_ONCE)
}

/// The text of the proof of these gifts, as far as they have risen.
pub(crate) async fn proof(desk: &Desk, gifts: Vec<EventId>) -> Result<String, Problem> {
    let _turn = desk.proofs.take()?;
    let ledger = match &desk.stock {
        Source::Log(_, ledger) => ledger,
        #[cfg(test)]
        Source::Fixed(_) => return Err(Problem::not_found("no ledger to ask for proofs")),
    };
    // A way begins with a pledge, and what has risen with it is the newest that has risen at all.
    let asked = gifts.clone();
    let (_, first) = desk.ask(move |stock| stock.first_of(&asked)).await?;
    let first = first.context("a gift without its pledge").map_err(Problem::fault)?;
    let file = ProofFile::parse(&ledger.proof(first).await?).map_err(Problem::fault)?;
    let (own, above) = file.steps.split_first().context("a proof without steps").map_err(Problem::fault)?;
    let log = checkpoint(&file).context("the step above is no anchor").map_err(Problem::fault)?;
    let asked = gifts.clone();
    let (_, way) = desk.ask(move |stock| stock.way_of(&asked, log.size, MAX_EVENTS)).await?;
    let Page { lines: events, more } = way;
    let too_long = |what: String| Problem::new(Code::Limit, format!("{what}; read the way under stock/moves instead"));
    if more {
        return Err(too_long(format!("more than {MAX_EVENTS} events")));
    }
    let risen = |gift: &EventId| events.iter().any(|(_, moved)| moved.event == *gift);
    let genesis = desk.front.standing().genesis();
    let events = events.iter().map(|(index, moved)| event(desk, ledger, *index, moved, log.size));
    let mut proof = GiftProof {
        gifts: gifts.into_iter().filter(risen).map(|gift| (gift, Sums::default())).collect(),
        handovers: file.handovers.clone(),
        chain: own.chain.clone(),
        chain_id: own.chain_id,
        genesis: genesis.file.clone(),
        events: stream::iter(events).buffered(SIDE_BY_SIDE).try_collect().await?,
        above: above.to_vec(),
        certificate: file.certificate.clone(),
    };
    let shown = proof.events.iter().map(|event| event.check(&proof.chain_id, &log)).collect::<Result<Vec<_>, _>>();
    let told = wire::gift::told(&proof, &shown.map_err(Problem::fault)?).map_err(Problem::fault)?;
    proof.gifts = told.account.gifts.iter().map(|given| (given.id, given.sums)).collect();
    let text = proof.text();
    if text.len() > MAX_TEXT_BYTES {
        return Err(too_long(format!("longer than {MAX_TEXT_BYTES} bytes")));
    }
    Ok(text)
}

/// The checkpoint of the proof's own chain that has risen furthest.
fn checkpoint(file: &ProofFile) -> Option<Checkpoint> {
    match file.steps.get(1) {
        None => Some(file.certificate.checkpoint.clone()),
        Some(anchor) => Some(wire::anchored(&Signed::from_bytes(&anchor.signed)?.body)?.checkpoint),
    }
}

/// An event as the log of that size holds it.
async fn event(desk: &Desk, ledger: &LedgerClient, index: u64, moved: &Moved, size: u64) -> Result<GiftEvent, Problem> {
    let (entries, proven) = futures::try_join!(ledger.read_log(index, 1, 0, true), ledger.leaf(index, Some(size)))?;
    let is_it = |entry: &wire::ledger::LogEntry| entry.kind == EntryKind::Event && entry.event_id == Some(moved.event);
    let entry =
        entries.into_iter().next().filter(is_it).context("another event stands there").map_err(Problem::fault)?;
    let signed = Signed::from_bytes(&entry.signed).context("an entry without its event").map_err(Problem::fault)?;
    let by_genesis = wire::gift::author(desk.front.standing().genesis(), &signed.key).is_some();
    let member = (!by_genesis).then(|| moved.member.clone());
    let (_, domain::event::ProvenLeaf { leaf, inclusion, .. }) = proven;
    Ok(GiftEvent { index, member, signed: entry.signed, leaf, inclusion })
}
