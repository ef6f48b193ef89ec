//! Request and reply over core NATS: for questions whose asker asks again, never for what must not be lost.

use crate::connection::Bus;
use crate::error::{BusError, RequestError};
use crate::message::{Headers, from_map, to_map};
use async_nats::client::{Request, RequestErrorKind};
use bytes::Bytes;
use futures::StreamExt;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, oneshot};
use tokio::task::JoinHandle;

/// Processes that serve one subject share its requests: each request is served once.
const QUEUE: &str = "serve";

/// How long a server has to read what it was sent: milliseconds, if it is there.
const ROUND_TRIP: Duration = Duration::from_secs(2);

/// What every inbox begins with, whoever's it is.
const INBOXES: &str = "_INBOX.";

impl Bus {
    /// Asks and waits at most `timeout` for the reply.
    pub async fn request(&self, subject: &str, payload: Bytes, timeout: Duration) -> Result<Bytes, RequestError> {
        self.request_with(subject, payload, &[], timeout).await
    }

    /// Asks with headers (a trace context, say).
    pub async fn request_with(
        &self,
        subject: &str,
        payload: Bytes,
        headers: &[(String, String)],
        timeout: Duration,
    ) -> Result<Bytes, RequestError> {
        let request = Request::new().payload(payload).headers(to_map(headers)).timeout(Some(timeout));
        match self.client.send_request(subject.to_owned(), request).await {
            Ok(reply) => Ok(reply.payload),
            Err(error) => Err(match error.kind() {
                RequestErrorKind::NoResponders => RequestError::NoResponders,
                RequestErrorKind::TimedOut => RequestError::TimedOut,
                _ => RequestError::Other(error.to_string()),
            }),
        }
    }

    /// Answers requests on `subject`, at most `permits` at the same time; further ones wait their turn.
    ///
    /// The handler gives the reply's bytes. A request without a reply subject is handled and its answer dropped.
    pub async fn serve<H, F>(&self, subject: &str, permits: usize, handler: H) -> Result<ServeHandle, BusError>
    where
        H: Fn(Bytes, Headers) -> F + Send + Sync + 'static,
        F: Future<Output = Bytes> + Send + 'static,
    {
        let client = self.client.clone();
        let mut requests = client
            .queue_subscribe(subject.to_owned(), QUEUE.to_owned())
            .await
            .map_err(|error| BusError::Other(error.to_string()))?;
        // A subscription that the server has not read yet would let the first request, by another connection, find no
        // responders. It reads in order: when it has answered what came behind, it has read the subscription.
        let _ = self.request(&client.new_inbox(), Bytes::new(), ROUND_TRIP).await;
        let (stop, mut stopped) = oneshot::channel::<()>();
        let handler = Arc::new(handler);
        let task = tokio::spawn(async move {
            let free = Arc::new(Semaphore::new(permits));
            loop {
                let Ok(permit) = Arc::clone(&free).acquire_owned().await else { break };
                let request = tokio::select! {
                    biased;
                    _ = &mut stopped => break,
                    request = requests.next() => request,
                };
                let Some(request) = request else { break };
                let (client, handler) = (client.clone(), Arc::clone(&handler));
                tokio::spawn(async move {
                    let headers = request.headers.as_ref().map(from_map).unwrap_or_default();
                    let reply = handler(request.payload, headers).await;
                    // A reply goes to an inbox: on any other subject it would be said in our name at the asker's wish.
                    if let Some(to) = request.reply.filter(|to| to.starts_with(INBOXES)) {
                        // A reply that can't be sent is a reply that is lost: the asker asks again.
                        if let Err(error) = client.publish(to, reply).await {
                            tracing::debug!(%error, "a reply could not be sent");
                        }
                    }
                    drop(permit);
                });
            }
            drop(requests);
            // All permits back: every request that was taken is answered.
            let _ = free.acquire_many(u32::try_from(permits).unwrap_or(u32::MAX)).await;
        });
        Ok(ServeHandle { stop: Some(stop), task })
    }
}

/// A subject that is being served. Dropping it takes no further requests; those taken are answered.
pub struct ServeHandle {
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

impl ServeHandle {
    /// Takes no further requests and waits until those taken are answered.
    pub async fn stop(mut self) {
        self.stop.take();
        if let Err(error) = (&mut self.task).await {
            tracing::debug!(%error, "serving ended");
        }
    }
}
