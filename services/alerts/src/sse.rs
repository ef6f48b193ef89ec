//! The live feed of one listener as server-sent events: what it missed, then what comes.
//!
//! Each event has the stream's sequence as its id, so that a browser resumes by itself with `Last-Event-ID`. What is older
//! than the board is read from the stream itself, at the listener's own pace. An alert may come twice (as everywhere): drop
//! an `id` and `chain` you have seen.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use actix::Addr;
use actix_web::HttpResponse;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use bus::{Bus, Pump};
use bytes::Bytes;
use domain::refusal::Code;
use futures::stream;
use host::rest::Problem;
use host::stop::Stop;
use tokio::sync::mpsc;

use crate::board::{Board, Filter, Heed, Listen, MAX_LISTENERS};
use crate::feed;
use crate::payload::Heard;

/// A comment in silence this often: proxies cut connections that are silent for half a minute.
const KEEP_ALIVE: Duration = Duration::from_secs(10);
/// Sent at once, so that a client sees the feed open, with the wait before it connects again in milliseconds.
const HELLO: &[u8] = b"retry: 1000\n: tocsin alerts\n\n";

/// One listener's feed.
struct Feed {
    board: Addr<Board>,
    bus: Bus,
    stop: Stop,
    filter: Filter,
    part: Part,
}

/// Where a feed is.
enum Part {
    /// Before what the board keeps, up to a sequence.
    Old { pump: Box<Pump>, until: u64 },
    /// What the board kept, then what comes.
    Live { kept: VecDeque<Arc<Heard>>, coming: mpsc::Receiver<Arc<Heard>> },
}

/// Opens a feed behind a sequence; with what comes from now on when there is none.
pub(crate) async fn open(
    board: &Addr<Board>,
    bus: &Bus,
    stop: &Stop,
    filter: Filter,
    after: Option<u64>,
) -> Result<HttpResponse, Problem> {
    let part = heed(board, bus, &filter, after).await?;
    let feed = Feed { board: board.clone(), bus: bus.clone(), stop: stop.clone(), filter, part };
    let hello = stream::iter([Ok::<_, Infallible>(Bytes::from_static(HELLO))]);
    let events = stream::unfold(feed, |mut feed| async move {
        let bytes = feed.next().await?;
        Some((Ok::<_, Infallible>(bytes), feed))
    });
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/event-stream"))
        .insert_header((CACHE_CONTROL, "no-store"))
        // Proxies that gather answers would gather alarms.
        .insert_header(("x-accel-buffering", "no"))
        .streaming(futures::StreamExt::chain(hello, events)))
}

async fn heed(board: &Addr<Board>, bus: &Bus, filter: &Filter, after: Option<u64>) -> Result<Part, Problem> {
    match board.send(Listen { filter: filter.clone(), after }).await.map_err(Problem::fault)? {
        Heed::Live { kept, coming } => Ok(Part::Live { kept, coming }),
        Heed::Behind { after, until } => {
            let pump = Box::new(bus.pump(&wire::subject::alert_stream().name, None, after + 1));
            Ok(Part::Old { pump, until })
        }
        Heed::Full => {
            Err(Problem::new(Code::Overloaded, format!("{MAX_LISTENERS} listeners are connected; try again later")))
        }
    }
}

impl Feed {
    /// The next bytes; none when the feed ends and the client must resume.
    async fn next(&mut self) -> Option<Bytes> {
        let stop = self.stop.clone();
        tokio::select! {
            () = stop.wait() => None,
            bytes = self.bytes() => bytes,
        }
    }

    async fn bytes(&mut self) -> Option<Bytes> {
        let Part::Live { kept, coming } = &mut self.part else { return self.old().await };
        let heard = match kept.pop_front() {
            Some(heard) => Some(heard),
            None => match tokio::time::timeout(KEEP_ALIVE, coming.recv()).await {
                Ok(Some(heard)) => Some(heard),
                // Too slow, or the stream was lost: the client comes again with its last event id.
                Ok(None) => return None,
                Err(_) => None,
            },
        };
        Some(heard.map_or_else(|| Bytes::from_static(b": keep-alive\n\n"), |heard| event(&heard)))
    }

    /// A batch from before the board, as one piece.
    async fn old(&mut self) -> Option<Bytes> {
        let Part::Old { pump, until } = &mut self.part else { return None };
        let messages = match tokio::time::timeout(KEEP_ALIVE, pump.next()).await {
            Ok(Ok(messages)) => messages,
            Ok(Err(_)) => return None,
            Err(_) => return Some(Bytes::from_static(b": keep-alive\n\n")),
        };
        let until = *until;
        let mut events = Vec::new();
        for message in messages.iter().take_while(|message| message.sequence <= until) {
            if let Some(heard) = feed::read(message).filter(|heard| self.filter.takes(heard)) {
                events.extend_from_slice(&event(&heard));
            }
        }
        let reached = messages.last().map_or(until, |message| message.sequence).min(until);
        if reached == until {
            self.part = heed(&self.board, &self.bus, &self.filter, Some(until)).await.ok()?;
        }
        // An empty piece would be the end of a chunked answer.
        Some(if events.is_empty() { Bytes::from_static(b":\n\n") } else { events.into() })
    }
}

/// One alert; its canonical payload has no line break to escape.
fn event(heard: &Heard) -> Bytes {
    let head = format!("event: alert\nid: {}\ndata: ", heard.sequence);
    [head.as_bytes(), &heard.payload, b"\n\n"].concat().into()
}
