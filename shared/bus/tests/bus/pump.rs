use crate::{Rig, soon, spec, until_ok};
use bus::pump::BATCH;
use bus::{Bus, BusError, Message, Publish, Pump};
use bytes::Bytes;
use std::path::Path;
use std::time::{Duration, Instant};

/// Publishes until it is acknowledged: what every caller does.
async fn put(bus: &Bus, subject: &str, text: &str) -> u64 {
    soon("an acknowledgement", async {
        loop {
            if let Ok(sequence) = bus.publish(subject, Bytes::from(text.to_owned()), Publish::default()).await {
                return sequence;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await
}

/// Reads until `count` messages came.
async fn read(pump: &mut Pump, count: usize) -> Vec<Message> {
    soon("the messages", async {
        let mut all = Vec::new();
        while all.len() < count {
            let batch = pump.next().await.unwrap();
            assert!((1..=BATCH).contains(&batch.len()));
            all.extend(batch);
        }
        all
    })
    .await
}

fn sequences(messages: &[Message]) -> Vec<u64> {
    messages.iter().map(|message| message.sequence).collect()
}

#[tokio::test]
async fn messages_come_in_order_from_the_place_asked_for() {
    let rig = Rig::with_stream("flow").await;
    for _ in 0..12 {
        let calls = (0..50).map(|_| rig.bus.publish("flow.a", Bytes::from(vec![1; 20_000]), Publish::default()));
        futures::future::try_join_all(calls).await.unwrap();
    }
    // 12 MB: more than the bytes and messages of one request of the pump.
    assert_eq!(sequences(&read(&mut rig.bus.pump("flow", None, 0), 600).await), (1..=600).collect::<Vec<_>>());
    let mut later = rig.bus.pump("flow", None, 598);
    assert_eq!(sequences(&read(&mut later, 3).await), [598, 599, 600]);
    assert_eq!(later.position(), 601);
    assert!(later.try_next().await.unwrap().is_empty(), "it does not wait");
}

#[tokio::test]
async fn a_filter_lets_one_subject_through() {
    let rig = Rig::with_stream("pick").await;
    for subject in ["pick.a", "pick.b", "pick.a", "pick.b"] {
        put(&rig.bus, subject, "x").await;
    }
    assert_eq!(sequences(&read(&mut rig.bus.pump("pick", Some("pick.b".to_owned()), 1), 2).await), [2, 4]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_handed_out_when_it_comes_and_not_when_a_request_ends() {
    let rig = Rig::with_stream("fast").await;
    let mut pump = rig.bus.pump("fast", None, 1);
    put(&rig.bus, "fast.a", "first").await;
    read(&mut pump, 1).await;
    let mut waits = Vec::new();
    for _ in 0..100 {
        let began = Instant::now();
        let (_, batch) = tokio::join!(put(&rig.bus, "fast.a", "x"), read(&mut pump, 1));
        assert_eq!(batch.len(), 1);
        waits.push(began.elapsed());
    }
    waits.sort_unstable();
    println!("publish to pump: p50 {:?}, p90 {:?}", waits[50], waits[90]);
    // An fsync and two hops; a batching delay of any kind would be in every one of them.
    assert!(waits[50] < Duration::from_millis(100), "{:?}", waits[50]);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_acknowledged_is_missed_when_the_server_is_killed_and_comes_back() {
    let mut rig = Rig::with_stream("crash").await;
    let bus = rig.bus.clone();
    let writer = tokio::spawn(async move {
        let mut acknowledged = Vec::new();
        for n in 0..300 {
            put(&bus, "crash.a", &n.to_string()).await;
            acknowledged.push(n.to_string());
        }
        acknowledged
    });
    let mut pump = rig.bus.pump("crash", None, 1);
    let mut all = read(&mut pump, 100).await;
    rig.kill().await;
    rig.restart().await;
    let last = |all: &[Message]| all.last().map(|message| message.payload.clone());
    soon("the last message", async {
        while last(&all).as_deref() != Some(b"299") {
            all.extend(pump.next().await.unwrap());
        }
    })
    .await;
    let acknowledged = writer.await.unwrap();
    assert_eq!(sequences(&all), (1..=all.len() as u64).collect::<Vec<_>>(), "no gap and no repeat");
    let mut texts: Vec<_> = all.iter().map(|message| String::from_utf8(message.payload.to_vec()).unwrap()).collect();
    // A message whose acknowledgement was lost was published again.
    texts.dedup();
    assert_eq!(texts, acknowledged);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_consumer_is_made_anew() {
    let rig = Rig::with_stream("anew").await;
    let mut pump = rig.bus.pump("anew", None, 1);
    put(&rig.bus, "anew.a", "1").await;
    assert_eq!(sequences(&read(&mut pump, 1).await), [1]);
    let admin = async_nats::jetstream::new(rig.client().await);
    let stream = admin.get_stream("anew").await.unwrap();
    let names: Vec<_> = futures::TryStreamExt::try_collect(stream.consumer_names()).await.unwrap();
    assert_eq!(names.len(), 1, "a pump is one consumer");
    for name in names {
        stream.delete_consumer(&name).await.unwrap();
    }
    put(&rig.bus, "anew.a", "2").await;
    assert_eq!(sequences(&read(&mut pump, 1).await), [2]);
}

#[tokio::test]
async fn a_place_past_the_end_is_told() {
    let rig = Rig::with_stream("short").await;
    put(&rig.bus, "short.a", "1").await;
    let told = soon("an answer", rig.bus.pump("short", None, 7).next()).await;
    assert!(matches!(told, Err(BusError::StreamShrank { last: 1 })), "{told:?}");
    let told = soon("an answer", rig.bus.pump("absent", None, 1).next()).await;
    assert!(matches!(told, Err(BusError::NoStream(_))), "{told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_was_lost_and_made_again_is_told() {
    let mut rig = Rig::with_stream("lost").await;
    let mut pump = rig.bus.pump("lost", None, 1);
    for n in 0..3 {
        put(&rig.bus, "lost.a", &n.to_string()).await;
    }
    read(&mut pump, 3).await;
    rig.kill().await;
    std::fs::remove_dir_all(rig.dir.path().join("jetstream")).unwrap();
    rig.restart().await;
    let told = soon("an answer", pump.next()).await;
    assert!(matches!(told, Err(BusError::NoStream(_))), "{told:?}");
    let wanted = spec("lost");
    until_ok(|| rig.bus.ensure_stream(&wanted)).await;
    let told = soon("an answer", pump.next()).await;
    assert!(matches!(told, Err(BusError::StreamShrank { last: 0 })), "{told:?}");
    // As long again as it was: it is another stream all the same.
    for n in 0..5 {
        put(&rig.bus, "lost.a", &n.to_string()).await;
    }
    let told = soon("an answer", pump.next()).await;
    assert!(matches!(told, Err(BusError::StreamShrank { last: 5 })), "{told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tail_that_was_lost_and_written_anew_is_told() {
    let mut rig = Rig::with_stream("tail").await;
    for n in 0..5 {
        put(&rig.bus, "tail.a", &n.to_string()).await;
    }
    let (data, saved) = (rig.dir.path().join("jetstream"), rig.dir.path().join("saved"));
    rig.kill().await;
    copy(&data, &saved);
    rig.restart().await;
    let mut pump = rig.bus.pump("tail", None, 1);
    for n in 5..10 {
        put(&rig.bus, "tail.a", &n.to_string()).await;
    }
    read(&mut pump, 10).await;
    rig.kill().await;
    std::fs::remove_dir_all(&data).unwrap();
    std::fs::rename(&saved, &data).unwrap();
    rig.restart().await;
    let other = Bus::connect(rig.server.url(), "other").await.unwrap();
    for n in 0..9 {
        put(&other, "tail.a", &format!("other {n}")).await;
    }
    let told = soon("an answer", pump.next()).await;
    assert!(matches!(told, Err(BusError::StreamShrank { last: 14 })), "{told:?}");
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to.join(entry.file_name()));
        } else {
            std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}
