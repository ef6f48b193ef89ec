//! What bounds the figures on this machine, measured in the same run: signatures it can verify, and the shortest way a
//! durable message can take.

use std::io::Write as _;
use std::num::NonZero;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use bus::Publish;
use bytes::Bytes;
use proof::sign::{Domain, Signed};
use wire::subject::StreamSpec;

use super::events::{Author, EVENT_BYTES};
use super::town::Client;
use crate::spread::percentile;

/// Repetitions of each part of the floor: enough for a median, and under a second in all.
const ROUNDS: usize = 200;

/// How long signatures are verified: long enough to be past the first heat.
const VERIFY_FOR: Duration = Duration::from_secs(2);

/// Different events to verify, so that no branch predictor learns one signature.
const EVENTS: usize = 1024;

/// A request's patience.
const PATIENCE: Duration = Duration::from_secs(5);

/// The floor of a final event: medians of one durable publish, one request with its reply, and one fsync.
#[derive(Clone, Copy, Debug)]
pub struct Floor {
    /// A publish of one event's size, acknowledged after the server's fsync.
    pub publish_ms: f64,
    /// A request of one event's size that is answered at once.
    pub request_ms: f64,
    /// An append of one event's size and an fsync.
    pub fsync_ms: f64,
}

impl Floor {
    /// Their sum.
    pub fn ms(&self) -> f64 {
        self.publish_ms + self.request_ms + self.fsync_ms
    }
}

/// Measures the floor on the idle chain, one after the other.
pub async fn floor(client: &Client) -> anyhow::Result<Floor> {
    let bus = client.connect().await?;
    let payload = Bytes::from(vec![7; EVENT_BYTES]);
    let spec = StreamSpec {
        name: "floor".to_owned(),
        subjects: vec!["bench.floor".to_owned()],
        memory: false,
        max_per_subject: None,
        max_message_bytes: 1 << 20,
        max_bytes: None,
        max_age_s: None,
    };
    bus.ensure_stream(&spec).await?;
    let (mut publishes, mut requests, mut fsyncs) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        bus.publish("bench.floor", payload.clone(), Publish::default()).await?;
        publishes.push(begun.elapsed());
    }
    // The one who answers is another connection, as a service's is.
    let served = client.node.bus.serve("bench.echo", 1, |request, _| async move { request }).await?;
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        bus.request("bench.echo", payload.clone(), PATIENCE).await?;
        requests.push(begun.elapsed());
    }
    served.stop().await;
    let file = client.dir.join("floor");
    let mut out = std::fs::File::create(&file).with_context(|| format!("making {}", file.display()))?;
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        out.write_all(&payload)?;
        out.sync_data()?;
        fsyncs.push(begun.elapsed());
    }
    std::fs::remove_file(&file)?;
    bus.drain().await?;
    Ok(Floor {
        publish_ms: percentile(&mut publishes, 50),
        request_ms: percentile(&mut requests, 50),
        fsync_ms: percentile(&mut fsyncs, 50),
    })
}

/// Strict verifications of the load's events a second, on all cores at once.
pub fn verifications_per_s(client: &Client) -> anyhow::Result<f64> {
    let events = Author::new(client, u64::MAX / 2)?
        .take(EVENTS)
        .map(|signed| Signed::from_bytes(&signed).context("an event without an envelope"))
        .collect::<anyhow::Result<Vec<_>>>()?;
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    let chain = client.genesis.chain_id;
    let begun = Instant::now();
    let verify = || {
        let mut good = 0_u64;
        for signed in events.iter().cycle() {
            if !signed.verify(Domain::Event, &chain) || begun.elapsed() >= VERIFY_FOR {
                break;
            }
            good += 1;
        }
        good
    };
    let good = std::thread::scope(|scope| {
        let threads = (0..cores).map(|_| scope.spawn(verify)).collect::<Vec<_>>();
        threads.into_iter().filter_map(|thread| thread.join().ok()).sum::<u64>()
    });
    ensure!(good > 0, "no signature holds");
    Ok(good as f64 / begun.elapsed().as_secs_f64())
}
