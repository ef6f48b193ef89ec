//! The outbox against a real nats-server, with admission nodes and a ledger that do as they are told.

mod fakes;

use std::time::{Duration, Instant};

use domain::refusal::Code;

use super::*;
use fakes::{Manner, World, eventually, in_system};

fn receipt_of(submission: &Submission) -> Vec<u8> {
    match &submission.result {
        Sent::Receipt(receipt) => receipt.clone(),
        other => panic!("no receipt: {other:?}"),
    }
}

#[test]
fn many_events_share_requests_and_are_forgotten_only_when_final() {
    in_system(async {
        let world = World::start(&[Manner::Receipt; 4]).await;
        let outbox = world.outbox("a").await;
        let events: Vec<_> = (0..640).map(|n| world.signed(n)).collect();
        let sent = outbox.submit(events).await.unwrap();
        assert_eq!(sent.len(), 640);
        sent.iter().for_each(|each| assert!(!receipt_of(each).is_empty()));
        assert!(world.requests() <= 40, "{} requests for 640 events", world.requests());
        assert_eq!(outbox.unsettled(), 640, "a receipt is no reason to forget");
        world.seal();
        eventually("all final", || outbox.unsettled() == 0).await;
        let held = outbox.status(&sent[639].event_id).unwrap().unwrap();
        assert_eq!(held.fate, Fate::Final);
    });
}

#[test]
fn the_same_event_again_keeps_its_id_and_state() {
    in_system(async {
        let world = World::start(&[Manner::Receipt; 4]).await;
        let outbox = world.outbox("a").await;
        let event = world.signed(1);
        let (first, second) = tokio::join!(outbox.submit(vec![event.clone()]), outbox.submit(vec![event.clone()]));
        let (first, second) = (first.unwrap(), second.unwrap());
        assert_eq!(first, second);
        let again = outbox.submit(vec![event]).await.unwrap();
        assert_eq!(again, first);
        assert_eq!(world.admitted(), 1, "it went to admission once");
    });
}

#[test]
fn an_idempotency_key_stands_for_one_body_for_a_day() {
    in_system(async {
        let world = World::start(&[Manner::Receipt; 4]).await;
        let outbox = world.outbox("a").await;
        let once = Once::new("m0", "k-1", b"body").unwrap();
        assert_eq!(outbox.idempotent(&once).await.unwrap().unwrap(), None);
        let first = outbox.submit_once(&once, vec![world.signed(1)]).await.unwrap().unwrap();
        // The service built another event from the same request: the first one counts.
        let again = outbox.submit_once(&once, vec![world.signed(2)]).await.unwrap().unwrap();
        assert_eq!(again, first);
        assert_eq!(outbox.idempotent(&once).await.unwrap().unwrap(), Some(first.clone()));
        let other = Once::new("m0", "k-1", b"another body").unwrap();
        let refusal = outbox.submit_once(&other, vec![world.signed(3)]).await.unwrap().unwrap_err();
        assert_eq!(refusal.code, Code::IdempotencyReused);
        assert_eq!(outbox.idempotent(&other).await.unwrap().unwrap_err().code, Code::IdempotencyReused);
        let stranger = Once::new("m1", "k-1", b"another body").unwrap();
        assert_eq!(outbox.idempotent(&stranger).await.unwrap().unwrap(), None, "keys are a member's own");
        world.clock.advance(domain::time::DAY_MS);
        assert_eq!(outbox.idempotent(&other).await.unwrap().unwrap(), None);
        outbox.submit_once(&other, vec![world.signed(3)]).await.unwrap().unwrap();
        assert!(Once::new("m0", "", b"").is_err() && Once::new("m0", "two words", b"").is_err());
    });
}

#[test]
fn a_silent_node_is_routed_around_and_then_asked_last() {
    in_system(async {
        let world = World::start(&[Manner::Silent, Manner::Receipt, Manner::Receipt, Manner::Receipt]).await;
        let outbox = world.outbox("a").await;
        let started = Instant::now();
        let sent = outbox.submit(vec![world.signed(1)]).await.unwrap();
        receipt_of(&sent[0]);
        let took = started.elapsed();
        assert!(took >= Duration::from_secs(5) && took < PATIENCE, "{took:?}");
        let started = Instant::now();
        receipt_of(&outbox.submit(vec![world.signed(2)]).await.unwrap()[0]);
        assert!(started.elapsed() < Duration::from_secs(3), "the silent node is not waited for again");
    });
}

#[test]
fn a_refusing_node_is_routed_around_and_its_refusal_kept() {
    in_system(async {
        let world = World::start(&[Manner::Refuse, Manner::Receipt, Manner::Receipt, Manner::Receipt]).await;
        let outbox = world.outbox("a").await;
        let sent = outbox.submit(vec![world.signed(1)]).await.unwrap();
        receipt_of(&sent[0]);
        let held = outbox.status(&sent[0].event_id).unwrap().unwrap();
        assert_eq!(held.fate, Fate::Receipt);
        assert_eq!(held.refusals.iter().map(|refusal| refusal.member.as_str()).collect::<Vec<_>>(), ["m0"]);
        assert_eq!(said_no(&held.refusals[0]).unwrap().event_id, sent[0].event_id);
    });
}

#[test]
fn an_answer_without_the_right_signature_counts_for_nothing() {
    in_system(async {
        let world = World::start(&[Manner::Forge, Manner::Receipt, Manner::Receipt, Manner::Receipt]).await;
        let outbox = world.outbox("a").await;
        let sent = outbox.submit(vec![world.signed(1)]).await.unwrap();
        let signed = Signed::from_bytes(&receipt_of(&sent[0])).unwrap();
        assert_eq!(signed.key, world.endorser(1));
    });
}

#[test]
fn what_all_refuse_is_appealed_to_the_parent_and_refused_with_the_code() {
    in_system(async {
        let world = World::start(&[Manner::Refuse; 4]).await;
        let outbox = world.outbox("a").await;
        let sent = outbox.submit(vec![world.signed(1)]).await.unwrap();
        assert!(matches!(&sent[0].result, Sent::Refused(refused) if refused.code == Code::KeyInactive), "{sent:?}");
        let held = outbox.status(&sent[0].event_id).unwrap().unwrap();
        assert_eq!((held.fate, held.refusals.len()), (Fate::Refused(Code::KeyInactive), 4));
        assert!(held.appeal.is_some());
        assert_eq!(outbox.unsettled(), 0);
    });
}

#[test]
fn a_restart_in_the_middle_goes_on_with_what_was_journalled() {
    in_system(async {
        let world = World::start(&[]).await;
        let stop = crate::stop::Stop::new();
        let outbox = world.outbox_until("a", stop.clone()).await;
        let event = world.signed(1);
        let id = wire::event::id_of(&world.genesis.chain_id, &event);
        let waiting = tokio::spawn({
            let outbox = outbox.clone();
            async move { outbox.submit(vec![event]).await }
        });
        eventually("journalled", || outbox.status(&id).unwrap().is_some()).await;
        waiting.abort();
        let _ = waiting.await;
        stop.set();
        drop(outbox);
        world.admit(&[Manner::Receipt; 4]).await;
        let outbox = world.outbox("a").await;
        let receipted = || outbox.status(&id).unwrap().is_some_and(|held| held.fate == Fate::Receipt);
        eventually("a receipt after the restart", receipted).await;
        let receipt = outbox.status(&id).unwrap().unwrap().receipt;
        // Down again while it becomes final: the next one finds it so.
        let stop = world.stop.clone();
        stop.set();
        drop(outbox);
        world.seal();
        let outbox = world.outbox_until("a", crate::stop::Stop::new()).await;
        eventually("final after the restart", || outbox.unsettled() == 0).await;
        let held = outbox.status(&id).unwrap().unwrap();
        assert_eq!((held.fate, held.receipt), (Fate::Final, receipt));
    });
}

#[test]
fn a_damaged_copy_that_the_log_refuses_does_not_settle_the_event() {
    in_system(async {
        let world = World::start(&[Manner::Receipt; 4]).await;
        let outbox = world.outbox("a").await;
        let id = outbox.submit(vec![world.signed(1)]).await.unwrap()[0].event_id;
        world.seal_damaged();
        outbox.submit(vec![world.signed(2)]).await.unwrap();
        // Sent again meanwhile or not: what is sealed now comes after the refusing leaf.
        world.seal();
        eventually("the log is read past the refusal", || outbox.unsettled() <= 1).await;
        eventually("sent again", || world.admitted() == 1 || outbox.unsettled() == 0).await;
        world.seal();
        eventually("final", || outbox.unsettled() == 0).await;
        assert_eq!(outbox.status(&id).unwrap().unwrap().fate, Fate::Final);
    });
}

#[test]
fn what_has_no_form_is_refused_here() {
    in_system(async {
        let world = World::start(&[Manner::Receipt; 4]).await;
        let outbox = world.outbox("a").await;
        let sent = outbox.submit(vec![vec![1, 2, 3], world.signed(1)]).await.unwrap();
        assert!(matches!(&sent[0].result, Sent::Refused(_)), "{sent:?}");
        receipt_of(&sent[1]);
        assert_eq!(outbox.status(&sent[0].event_id).unwrap(), None);
    });
}
