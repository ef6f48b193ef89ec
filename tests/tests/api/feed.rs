//! The live feed of alerts: what rings is heard at once, and a listener that comes back misses nothing.

use std::time::Duration;

use futures::StreamExt as _;
use serde_json::{Value, json};

use crate::world::{CITY, PROVINCE, World};

/// How long the next alert may take.
const PATIENCE: Duration = Duration::from_secs(20);

pub async fn all(world: &'static World) {
    let mut live = Listener::open(world, &format!("chain={CITY}&level=yellow"), None).await;
    let mut ids = Vec::new();
    for level in ["blue", "yellow", "red"] {
        let directive = json!({ "level": level, "headline": format!("Exercise {level}"), "instruction": "Listen." });
        ids.push(world.say("cdc", "directives", &directive).await.taken());
    }
    // Those of the level and above, in order, as they ring.
    let (yellow, first) = live.next().await;
    assert_eq!(first["event"], *ids[1], "{first}");
    assert_eq!(
        (&first["level"], &first["chain"], &first["state"]),
        (&json!("yellow"), &json!(CITY), &json!("confirmed"))
    );
    let (_, second) = live.next().await;
    assert_eq!(second["event"], *ids[2], "{second}");
    drop(live);
    // Back with the last id heard: what rang meanwhile comes first, and nothing twice.
    let mut back = Listener::open(world, &format!("chain={CITY}&level=yellow"), Some(yellow)).await;
    let (id, again) = back.next().await;
    assert!(id > yellow);
    assert_eq!(again["event"], *ids[2], "{again}");
    // From the start, the same alert stands at both chains, in the order of the stream.
    let mut whole = Listener::open(world, "after=0", None).await;
    let (mut last, mut at) = (0, Vec::new());
    while at.len() < 2 {
        let (id, alert) = whole.next().await;
        assert!(id > last, "{id} after {last}");
        last = id;
        if alert["event"] == *ids[2] {
            at.push(alert["chain"].as_str().unwrap().to_owned());
            assert_eq!((&alert["id"], &alert["origin"]), (&again["id"], &json!(CITY)));
        }
    }
    assert_eq!(at, [CITY, PROVINCE]);
    cap(world, again["id"].as_str().unwrap()).await;
}

async fn cap(world: &World, id: &str) {
    let at = world.get(&format!("/v1/alerts/{id}")).await.json;
    assert_eq!(at["alerts"].as_array().map(Vec::len), Some(2), "{at}");
    let cap = world.get(&format!("/v1/alerts/{id}.cap")).await;
    assert_eq!((cap.status, cap.media.as_str()), (200, "application/cap+xml"));
    assert!(
        cap.text.contains("urn:oasis:names:tc:emergency:cap:1.2") && cap.text.contains("<status>Exercise</status>")
    );
    world.get(&format!("/v1/alerts/{}", "0".repeat(64))).await.assert_problem(404, "NOT_FOUND");
}

/// One open stream.
struct Listener {
    bytes: std::pin::Pin<Box<dyn futures::Stream<Item = reqwest::Result<bytes::Bytes>> + Send>>,
    text: String,
}

impl Listener {
    /// Opens a stream, and hears that it is open.
    async fn open(world: &World, query: &str, last: Option<u64>) -> Self {
        let mut request = world.http.get(world.url(&format!("/v1/alerts/stream?{query}")));
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.status().as_u16(), 200);
        let mut listener = Listener { bytes: Box::pin(response.bytes_stream()), text: String::new() };
        let hello = listener.block().await;
        assert!(hello.starts_with("retry: "), "{hello}");
        listener
    }

    /// The next alert and its id.
    async fn next(&mut self) -> (u64, Value) {
        loop {
            let block = self.block().await;
            let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(name));
            if let (Some("alert"), Some(id), Some(data)) = (field("event: "), field("id: "), field("data: ")) {
                return (id.parse().unwrap(), serde_json::from_str(data).unwrap());
            }
            assert!(block.starts_with(':'), "neither an alert nor a comment: {block}");
        }
    }

    /// Up to the next empty line.
    async fn block(&mut self) -> String {
        loop {
            if let Some((block, rest)) = self.text.split_once("\n\n") {
                let (block, rest) = (block.to_owned(), rest.to_owned());
                self.text = rest;
                return block;
            }
            let piece = tokio::time::timeout(PATIENCE, self.bytes.next()).await.expect("nothing rang in time");
            self.text += std::str::from_utf8(&piece.expect("the stream ended").unwrap()).unwrap();
        }
    }
}
