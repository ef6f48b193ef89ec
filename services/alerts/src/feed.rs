//! From the alert stream to the board, for as long as the service runs.

use std::sync::atomic::Ordering;
use std::time::Duration;

use actix::Addr;
use anyhow::Context as _;
use bus::{Bus, BusError};
use host::node::Node;
use wire::subject;

use crate::Signals;
use crate::board::{Begin, Board, MAX_KEPT, Rung};
use crate::payload::Heard;

/// The wait after a fault: a nats-server is back within a second.
pub(crate) const RETRY: Duration = Duration::from_millis(200);

/// Feeds the board until the node's stop.
pub(crate) async fn run(node: Node, board: Addr<Board>, signals: Signals) {
    loop {
        tokio::select! {
            () = node.stop.wait() => return,
            fed = feed(&node, &board, &signals) => {
                if let Err(error) = fed {
                    tracing::warn!("the alert stream is not read: {error:#}");
                }
            }
        }
        signals.ready.store(false, Ordering::Release);
        tokio::time::sleep(RETRY).await;
    }
}

/// Reads the stream from the oldest message that the board may keep; ends when the stream was lost.
async fn feed(node: &Node, board: &Addr<Board>, signals: &Signals) -> anyhow::Result<()> {
    let spec = subject::alert_stream();
    node.bus.ensure_stream(&spec).await.context("making the alert stream")?;
    let state = node.bus.stream_state(&spec.name).await?;
    let newest = state.last.saturating_sub(u64::try_from(MAX_KEPT)?);
    let before = newest.max(state.first.saturating_sub(1));
    board.send(Begin(before)).await.context("the board has ended")?;
    let mut pump = node.bus.pump(&spec.name, None, before + 1);
    signals.ready.store(pump.position() > state.last, Ordering::Release);
    loop {
        let messages = match pump.next().await {
            Ok(messages) => messages,
            Err(error @ (BusError::StreamShrank { .. } | BusError::NoStream(_))) => {
                tracing::warn!(%error, "alerts were lost from the stream; publishing them again");
                node.bus.ensure_stream(&spec).await.context("making the alert stream")?;
                signals.lost.send_modify(|times| *times += 1);
                return Ok(());
            }
            Err(error) => return Err(error.into()),
        };
        let now = node.clock.wall_now();
        let read = messages.iter().filter_map(|message| {
            let heard = Heard::read(message, now);
            if heard.is_none() {
                tracing::warn!(sequence = message.sequence, subject = message.subject, "a message is not an alert");
            }
            heard
        });
        let rung = Rung { alerts: read.collect(), last: pump.position() - 1 };
        board.send(rung).await.context("the board has ended")?;
        if pump.position() > state.last {
            signals.ready.store(true, Ordering::Release);
        }
    }
}

/// A message as an alert, where the time it came does not matter.
pub(crate) fn read(message: &bus::Message) -> Option<Heard> {
    Heard::read(message, domain::time::Millis(0))
}

/// The newest alert of a chain that the stream holds, by number.
pub(crate) async fn newest(bus: &Bus, chain: &domain::chain::ChainPath) -> Result<Option<Heard>, BusError> {
    let stream = subject::alert_stream().name;
    let mut newest: Option<Heard> = None;
    for level in domain::event::AlertLevel::ALL {
        let Some(message) = bus.last_message(&stream, &subject::alert(level, chain)).await? else { continue };
        let Some(heard) = read(&message) else { continue };
        if newest.as_ref().is_none_or(|known| known.record.number < heard.record.number) {
            newest = Some(heard);
        }
    }
    Ok(newest)
}
