use crate::{Rig, signal, soon, spec};
use bus::ACK_TIMEOUT;
use bus::{BusError, Publish, PublishError};
use bytes::Bytes;
use std::time::Instant;
use wire::subject::StreamSpec;

fn expecting(last: u64) -> Publish {
    Publish { expect_last: Some(last), ..Publish::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_publishers_that_expect_the_same_sequence_one_wins() {
    let rig = Rig::with_stream("race").await;
    let racers: Vec<_> = (0..2)
        .map(|racer| {
            let bus = rig.bus.clone();
            tokio::spawn(async move {
                let (mut won, mut lost) = (Vec::new(), 0);
                let mut last = 0;
                while last < 200 {
                    match bus.publish("race.x", Bytes::from(format!("{racer}")), expecting(last)).await {
                        Ok(sequence) => {
                            assert_eq!(sequence, last + 1, "it was stored where it was meant to be");
                            won.push(sequence);
                            last = sequence;
                        }
                        Err(PublishError::WrongSequence) => {
                            lost += 1;
                            last = bus.stream_state("race").await.unwrap().last;
                        }
                        Err(error) => panic!("{error}"),
                    }
                }
                (won, lost)
            })
        })
        .collect();
    let (mut won, mut lost) = (Vec::new(), 0);
    for racer in racers {
        let (mine, misses) = soon("the race", racer).await.unwrap();
        won.extend(mine);
        lost += misses;
    }
    won.sort_unstable();
    let last = rig.bus.stream_state("race").await.unwrap().last;
    assert_eq!(won, (1..=last).collect::<Vec<_>>(), "every sequence was won once");
    assert!(lost > 0, "they did race");
}

#[tokio::test]
async fn a_repeat_of_a_message_id_gives_the_first_sequence() {
    let rig = Rig::with_stream("ids").await;
    let how = Publish {
        msg_id: Some("one".to_owned()),
        headers: vec![("traceparent".to_owned(), "00-1-2-01".to_owned())],
        ..Publish::default()
    };
    let first = rig.bus.publish("ids.a", Bytes::from_static(b"a"), how.clone()).await.unwrap();
    assert_eq!(rig.bus.publish("ids.a", Bytes::from_static(b"a"), how).await.unwrap(), first);
    assert_eq!(rig.bus.stream_state("ids").await.unwrap().messages, 1);
    let stored = rig.bus.message("ids", first).await.unwrap().unwrap();
    assert_eq!((stored.subject.as_str(), &stored.payload[..]), ("ids.a", &b"a"[..]));
    assert!(stored.headers.contains(&("traceparent".to_owned(), "00-1-2-01".to_owned())), "{:?}", stored.headers);
}

#[tokio::test]
async fn publishes_do_not_wait_for_one_another() {
    let rig = Rig::with_stream("many").await;
    let calls = (0..100).map(|_| rig.bus.publish("many.a", Bytes::from_static(b"x"), Publish::default()));
    let mut sequences = soon("100 publishes", futures::future::try_join_all(calls)).await.unwrap();
    sequences.sort_unstable();
    assert_eq!(sequences, (1..=100).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_silent_server_is_a_time_out_and_no_stream_is_said_at_once() {
    let rig = Rig::with_stream("quiet").await;
    let payload = Bytes::from_static(b"x");
    assert_eq!(rig.bus.publish("other.a", payload.clone(), Publish::default()).await, Err(PublishError::NoStream));
    signal("-STOP", rig.server.pid().unwrap());
    let began = Instant::now();
    assert_eq!(rig.bus.publish("quiet.a", payload, Publish::default()).await, Err(PublishError::TimedOut));
    let took = began.elapsed();
    signal("-CONT", rig.server.pid().unwrap());
    assert!(took >= ACK_TIMEOUT && took < ACK_TIMEOUT * 2, "{took:?}");
}

#[tokio::test]
async fn a_full_stream_refuses_the_new_and_keeps_the_old() {
    let rig = Rig::new().await;
    rig.bus.ensure_stream(&StreamSpec { max_bytes: Some(2_000), ..spec("full") }).await.unwrap();
    let payload = Bytes::from(vec![7; 900]);
    rig.bus.publish("full.a", payload.clone(), Publish::default()).await.unwrap();
    rig.bus.publish("full.a", payload.clone(), Publish::default()).await.unwrap();
    let refused = rig.bus.publish("full.a", payload, Publish::default()).await;
    assert!(matches!(refused, Err(PublishError::Other(_))), "{refused:?}");
    let state = rig.bus.stream_state("full").await.unwrap();
    assert_eq!((state.first, state.last, state.messages), (1, 2, 2));
}

#[tokio::test]
async fn a_stream_may_keep_the_last_message_of_each_subject() {
    let rig = Rig::new().await;
    rig.bus.ensure_stream(&StreamSpec { memory: true, max_per_subject: Some(1), ..spec("notes") }).await.unwrap();
    for text in ["one", "two", "three"] {
        rig.bus.publish("notes.a", Bytes::from(text), Publish::default()).await.unwrap();
    }
    rig.bus.publish("notes.b", Bytes::from("other"), Publish::default()).await.unwrap();
    let last = rig.bus.last_message("notes", "notes.a").await.unwrap().unwrap();
    assert_eq!((last.sequence, &last.payload[..]), (3, &b"three"[..]));
    assert_eq!(rig.bus.message("notes", 1).await.unwrap(), None);
    assert_eq!(rig.bus.message("notes", 0).await.unwrap(), None);
    assert_eq!(rig.bus.last_message("notes", "notes.c").await.unwrap(), None);
}

#[tokio::test]
async fn making_a_stream_again_changes_its_form_and_not_its_messages() {
    let rig = Rig::with_stream("form").await;
    rig.bus.publish("form.a", Bytes::from("x"), Publish::default()).await.unwrap();
    rig.bus.ensure_stream(&spec("form")).await.unwrap();
    rig.bus.ensure_stream(&StreamSpec { max_age_s: Some(3_600), ..spec("form") }).await.unwrap();
    assert_eq!(rig.bus.stream_state("form").await.unwrap().messages, 1);
    for missing in [
        rig.bus.stream_state("absent").await.map(|_| ()),
        rig.bus.message("absent", 1).await.map(|_| ()),
        rig.bus.last_message("absent", "absent.a").await.map(|_| ()),
    ] {
        assert!(matches!(&missing, Err(BusError::NoStream(name)) if name == "absent"), "{missing:?}");
    }
}
