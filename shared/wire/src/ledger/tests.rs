use domain::event::ProvenLeaf;
use domain::state::Versioned;

use super::*;

fn log_entry() -> LogEntry {
    LogEntry {
        index: 9,
        height: 4,
        position: 2,
        lane: Some(Lane::High),
        event_id: Some(Digest([1; 32])),
        code: 29,
        signed: vec![1, 2, 3],
        kind: EntryKind::Event,
        leaf: vec![4, 5],
        chain_time: Millis(7),
    }
}

#[test]
fn every_question_comes_back() {
    let id = Digest([3; 32]);
    let questions = [
        LedgerRequest::DryRun { events: vec![vec![1], vec![2, 3]] },
        LedgerRequest::ReadLog { from: 5, limit: 512, wait_ms: 5000, final_only: true },
        LedgerRequest::ReadAlerts { from: 0, limit: 1, wait_ms: 0 },
        LedgerRequest::FetchBlocks { from_height: 7, limit: 3 },
        LedgerRequest::Status,
        LedgerRequest::ReadState { from: b"a".to_vec(), to: b"b".to_vec(), limit: 9 },
        LedgerRequest::EventStatus { id },
        LedgerRequest::Proof { id },
        LedgerRequest::Heard { member: "nanjing-cdc".into() },
        LedgerRequest::Handovers { after_epoch: 3 },
        LedgerRequest::Leaf { index: 0, size: None },
        LedgerRequest::Leaf { index: 7, size: Some(8) },
        LedgerRequest::Rollup { disease: "U07.1".into(), summary_index: 7, size: 12 },
    ];
    for question in questions {
        assert_eq!(LedgerRequest::decode(&question.clone().encode()), Ok(question));
    }
}

#[test]
fn questions_beyond_a_bound_are_cut_or_refused() {
    let asked = LedgerRequest::ReadLog { from: 1, limit: 100_000, wait_ms: u64::MAX, final_only: false };
    let cut = LedgerRequest::ReadLog { from: 1, limit: MAX_LIMIT, wait_ms: MAX_WAIT_MS, final_only: false };
    assert_eq!(LedgerRequest::decode(&asked.encode()), Ok(cut));
    let many = LedgerRequest::DryRun { events: vec![vec![1]; MAX_DRY_RUN_EVENTS + 1] };
    assert_eq!(LedgerRequest::decode(&many.encode()).map_err(|refusal| refusal.code), Err(Code::Limit));
    assert_eq!(LedgerRequest::decode(&[]).map_err(|refusal| refusal.field), Err("question"));
}

#[test]
fn every_answer_comes_back() {
    let status = EventStatus {
        level: Level::Final,
        code: 0,
        outcome: Outcome::Accepted,
        height: 4,
        position: 1,
        index: 10,
        sealed_at: Millis(1),
        final_at: Some(Millis(2)),
        member: "nanjing-cdc".into(),
        kind: Kind::LabResult,
        urgency_overdrawn: true,
    };
    let refused = Refused { code: Code::NotFound, field: "id".into(), detail: "no such event".into() };
    let results = vec![
        DryRunResult::Ok { reads: vec![(b"k".to_vec(), 3)], writes: vec![b"w".to_vec()] },
        DryRunResult::Refused(refused.clone()),
        DryRunResult::Waiting,
        DryRunResult::Executed,
    ];
    let block_end = LogEntry { lane: None, event_id: None, signed: Vec::new(), kind: EntryKind::Block, ..log_entry() };
    let leaf = ProvenLeaf { leaf: vec![1], index: 2, inclusion: vec![Digest([3; 32])] };
    let answers = [
        LedgerReply::Refused(refused),
        LedgerReply::DryRun { height: 3, results },
        LedgerReply::Log(vec![log_entry(), block_end]),
        LedgerReply::Log(Vec::new()),
        LedgerReply::Alerts(vec![AlertEntry { number: 1, record: vec![9] }]),
        LedgerReply::Blocks(vec![vec![1], vec![2]]),
        LedgerReply::Status(Status { height: 3, certificate: Some("c".into()), serving: true, ..Status::default() }),
        LedgerReply::Status(Status { halted: Some("fork".into()), wants_block: true, ..Status::default() }),
        LedgerReply::State {
            height: 8,
            entries: vec![(b"k".to_vec(), Versioned { version: 2, value: vec![1] })],
            more: true,
        },
        LedgerReply::EventStatus(None),
        LedgerReply::EventStatus(Some(EventStatus { level: Level::Sealed, final_at: None, ..status.clone() })),
        LedgerReply::EventStatus(Some(status)),
        LedgerReply::Proof("tocsin-proof@v1\n".into()),
        LedgerReply::Heard(None),
        LedgerReply::Heard(Some("tocsin/cn/0011223344556677".into())),
        LedgerReply::Leaf { certificate: None, leaf: leaf.clone() },
        LedgerReply::Leaf { certificate: Some("tocsin/cn/0011223344556677".into()), leaf },
        LedgerReply::Rollup("chain cn.32 \n".into()),
        LedgerReply::Handovers(vec![ProvenHandover {
            certificate: "tocsin/cn/0011223344556677".into(),
            leaf: ProvenLeaf { leaf: vec![1], index: 2, inclusion: vec![Digest([3; 32])] },
        }]),
    ];
    for answer in answers {
        assert_eq!(LedgerReply::decode(&answer.clone().encode()), Ok(answer));
    }
}

#[test]
fn a_block_still_fits_when_an_answer_is_cut() {
    let blocks = vec![vec![0; MAX_ANSWER_BYTES], vec![0; proof::block::MAX_BLOCK_BYTES - 16]];
    assert!(LedgerReply::Blocks(blocks).encode().len() <= MAX_MESSAGE_BYTES);
}
