use super::*;
use crate::golden;

fn receipt() -> ReceiptBody {
    ReceiptBody {
        event_id: proof::digest::Digest([1; 32]),
        lane: Lane::Urgent,
        bundle_number: 3,
        admitted_at: Millis(1_626_778_800_000),
        dry_run_height: 12,
        reads: vec![(b"member/nanjing-cdc".to_vec(), 1), (b"open/x".to_vec(), 0)],
        writes: vec![b"event/x".to_vec()],
    }
}

fn refusal() -> RefusalBody {
    RefusalBody {
        event_id: proof::digest::Digest([2; 32]),
        code: Code::OutOfJurisdiction,
        field: "region".into(),
        detail: "report on your own regions".into(),
        refused_at: Millis(1_626_778_800_000),
        dry_run_height: 0,
    }
}

#[test]
fn receipts_and_refusals_come_back_and_have_their_golden_bytes() {
    golden::check("receipt.hex", &golden::hex(&receipt().encode()));
    golden::check("refusal.hex", &golden::hex(&refusal().encode()));
    assert_eq!(ReceiptBody::decode(&receipt().encode()), Ok(receipt()));
    assert_eq!(RefusalBody::decode(&refusal().encode()), Ok(refusal()));
}

#[test]
fn signed_bodies_must_be_canonical_and_within_bounds() {
    let mut more = receipt().encode();
    more.extend_from_slice(&[0x28, 0x00]);
    assert_eq!(ReceiptBody::decode(&more).map_err(|refusal| refusal.code), Err(Code::NonCanonical));
    let mut more = refusal().encode();
    more.extend_from_slice(&[0x10, 0x01]);
    assert_eq!(RefusalBody::decode(&more).map_err(|refusal| refusal.code), Err(Code::NonCanonical));
    let long = ReceiptBody { writes: vec![vec![0; MAX_BODY_BYTES]], ..receipt() };
    assert_eq!(ReceiptBody::decode(&long.encode()).map_err(|refusal| refusal.code), Err(Code::Limit));
    let unknown = proto::Refusal { event_id: vec![2; 32], code: 9999, ..Default::default() }.encode_to_vec();
    assert_eq!(RefusalBody::decode(&unknown).map_err(|refusal| refusal.field), Err("code"));
}

#[test]
fn requests_and_replies_come_back_within_their_limits() {
    let chain = ChainPath::parse("cn.32.01").unwrap();
    let request = |events| AdmitRequest { chain: chain.clone(), events: vec![vec![1, 2]; events] };
    assert_eq!(AdmitRequest::decode(&request(MAX_EVENTS).encode()), Ok(request(MAX_EVENTS)));
    let refused = AdmitRequest::decode(&request(MAX_EVENTS + 1).encode()).unwrap_err();
    assert_eq!((refused.code, refused.field), (Code::Limit, "events"));
    let elsewhere = proto::AdmitRequest { chain: "cn..32".into(), events: Vec::new() }.encode_to_vec();
    assert_eq!(AdmitRequest::decode(&elsewhere).map_err(|refusal| refusal.field), Err("chain"));
    let reply = AdmitReply {
        results: vec![Admitted::Receipt(vec![1]), Admitted::Refused(vec![2]), Admitted::Fault("disk full".into())],
    };
    assert_eq!(AdmitReply::decode(&reply.clone().encode()), Ok(reply));
    let empty = proto::AdmitReply { results: vec![proto::Admitted { result: None }] }.encode_to_vec();
    assert_eq!(AdmitReply::decode(&empty).map_err(|refusal| refusal.field), Err("result"));
}
