use crate::{Rig, soon};
use bus::RequestError;
use bytes::Bytes;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::Notify;

const LONG: Duration = Duration::from_secs(10);

#[tokio::test]
async fn a_request_gets_its_reply_and_its_headers_arrive() {
    let rig = Rig::new().await;
    let _serving = rig
        .bus
        .serve("ask.it", 4, async |body, headers| Bytes::from([&body[..], headers[0].1.as_bytes()].concat()))
        .await
        .unwrap();
    let headers = [("traceparent".to_owned(), "-t".to_owned())];
    let reply = rig.bus.request_with("ask.it", Bytes::from("body"), &headers, LONG).await.unwrap();
    assert_eq!(&reply[..], b"body-t");
}

#[tokio::test]
async fn nobody_there_is_said_at_once_and_silence_after_the_time() {
    let rig = Rig::new().await;
    let began = Instant::now();
    assert_eq!(rig.bus.request("ask.it", Bytes::new(), LONG).await, Err(RequestError::NoResponders));
    assert!(began.elapsed() < LONG / 5);
    let _serving = rig.bus.serve("ask.it", 1, async |_, _| std::future::pending().await).await.unwrap();
    let short = Duration::from_millis(100);
    assert_eq!(rig.bus.request("ask.it", Bytes::new(), short).await, Err(RequestError::TimedOut));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_more_than_the_permitted_requests_are_served_at_once() {
    let rig = Rig::new().await;
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let full = Arc::new(Notify::new());
    let go = Arc::new(tokio::sync::Semaphore::new(0));
    let handler = {
        let (now, most, full, go) = (now.clone(), most.clone(), full.clone(), go.clone());
        move |body: Bytes, _| {
            let (now, most, full, go) = (now.clone(), most.clone(), full.clone(), go.clone());
            async move {
                let here = now.fetch_add(1, Ordering::SeqCst) + 1;
                most.fetch_max(here, Ordering::SeqCst);
                if here == 3 {
                    full.notify_one();
                }
                go.acquire().await.unwrap().forget();
                now.fetch_sub(1, Ordering::SeqCst);
                body
            }
        }
    };
    let _serving = rig.bus.serve("ask.it", 3, handler).await.unwrap();
    let asking = tokio::spawn({
        let bus = rig.bus.clone();
        async move {
            let calls = (0..20).map(|n| bus.request("ask.it", Bytes::from(vec![n]), LONG));
            futures::future::try_join_all(calls).await
        }
    });
    soon("three at once", full.notified()).await;
    go.add_permits(20);
    let replies = soon("20 replies", asking).await.unwrap().unwrap();
    assert_eq!(replies.iter().map(|reply| reply[0]).collect::<Vec<_>>(), (0..20).collect::<Vec<u8>>());
    assert_eq!(most.load(Ordering::SeqCst), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_taken_is_answered_before_serving_ends() {
    let rig = Rig::new().await;
    let (taken, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let handler = {
        let (taken, go) = (taken.clone(), go.clone());
        move |body: Bytes, _| {
            let (taken, go) = (taken.clone(), go.clone());
            async move {
                taken.notify_one();
                go.notified().await;
                body
            }
        }
    };
    let serving = rig.bus.serve("ask.it", 2, handler).await.unwrap();
    let bus = rig.bus.clone();
    let asking = tokio::spawn(async move { bus.request("ask.it", Bytes::from("late"), LONG).await });
    soon("the request", taken.notified()).await;
    let stopping = tokio::spawn(serving.stop());
    go.notify_one();
    soon("the end of serving", stopping).await.unwrap();
    assert_eq!(soon("the reply", asking).await.unwrap().unwrap(), Bytes::from("late"));
    assert_eq!(rig.bus.request("ask.it", Bytes::new(), LONG).await, Err(RequestError::NoResponders));
}
