//! What a rotation costs those who report: under a steady load every class of key of the managing member is rotated, one
//! after the other, and measured is how long nothing became final, beside the same in the time before, when nothing
//! changed. The member reports, admits, seals and cosigns with the keys that change.
//!
//! An event counts as lost if it has a receipt and does not become final; nobody sends it again here, as an outbox would.
//! Limits: one member of four cosigners, a chain without a parent, so that relay keys change and nothing is relayed.

mod found;
mod load;
mod steps;

use std::time::{Duration, Instant};

use anyhow::Context;
use tokio::sync::oneshot;

use self::found::Found;
use super::on_a_thread;
use super::town::{Place, Town};

#[cfg(test)]
pub use self::steps::state;

/// Four cosigners, so that finality outlives one that changes its key.
const LEDGERS: usize = 4;
/// Not counted: the first events open files and fill caches.
const WARM_UP: Duration = Duration::from_secs(3);
/// The load goes on after the last step, so that a pause that it causes is seen to its end.
const AFTER: Duration = Duration::from_secs(2);

/// Measures it: `quiet` is how long the load runs before anything is rotated.
pub async fn measure(place: &Place, per_s: u32, quiet: Duration) -> anyhow::Result<Found> {
    let town = Town::open(place, LEDGERS).await?;
    let (client, rotating) = (town.client()?, town.client()?);
    let (end, ended) = oneshot::channel();
    eprintln!("bench: {per_s} events/s, {} s without a rotation", quiet.as_secs());
    let load = on_a_thread(async move || {
        let sent = load::run(&client, per_s, ended).await.context("the load")?;
        let refused = client.refused().await?;
        anyhow::Ok((sent, refused))
    });
    let rotation = async {
        tokio::time::sleep(WARM_UP).await;
        let begun = Instant::now();
        tokio::time::sleep(quiet).await;
        let steps = steps::rotate(&rotating).await.context("the rotation")?;
        tokio::time::sleep(AFTER).await;
        // The load ends by itself only with an error, which is told then.
        let _ = end.send(());
        anyhow::Ok((begun, steps))
    };
    let ((sent, refused), (begun, steps)) = tokio::try_join!(load, rotation)?;
    // A refused event has a block and a height like any other, and is final.
    town.agreed().await?;
    let (n, q) = (town.genesis.cosigners().len(), town.genesis.quorum());
    town.close().await?;
    Found::new((n, q), per_s, begun, &steps, sent, refused)
}
