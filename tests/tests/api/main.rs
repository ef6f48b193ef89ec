//! The API of a whole house, as outsiders meet it: a city and its province with every service, over HTTP and NATS. Needs
//! a nats-server: run `deploy/fetch-nats.sh`.
//!
//! One house serves all cases, because starting one costs more than most of them. What jumps the scenario's clock runs
//! alone, after the others; what needs a nation above them has a house of its own.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test ends by panicking; clippy knows only the functions marked as tests"
)]

mod answer;
mod ballots;
mod beds;
mod custody;
mod feed;
mod governance;
mod handed;
mod levels;
mod page;
mod paging;
mod receipts;
mod refusals;
mod routes;
mod schema;
mod signed;
mod supply;
mod warned;
mod world;

use std::future::Future;

use world::World;

/// Runs cases side by side; every failure is told, not only the first.
#[derive(Default)]
struct Run {
    cases: Vec<(String, tokio::task::JoinHandle<()>)>,
    failed: Vec<String>,
}

impl Run {
    fn start(&mut self, name: impl Into<String>, case: impl Future<Output = ()> + Send + 'static) {
        self.cases.push((name.into(), tokio::spawn(case)));
    }

    async fn end(&mut self) {
        for (name, case) in self.cases.drain(..) {
            if case.await.is_err() {
                self.failed.push(name);
            }
        }
    }
}

#[test]
fn the_house_answers_as_it_says() {
    let dir = tempfile::tempdir().unwrap();
    let failed = tocsin::house::runtime().unwrap().block_on(async {
        let (world, nats) = World::open(&world::chains(), dir.path()).await;
        let mut run = Run::default();
        for (code, provoke) in refusals::CASES {
            run.start(code.text(), refusals::check(world, *code, *provoke));
        }
        run.start("receipts", receipts::all(world));
        run.start("levels", levels::all(world));
        run.start("paging", paging::all(world));
        run.start("page", page::all(world));
        run.start("custody", custody::all(world));
        run.start("warned", warned::all(world));
        run.start("beds", beds::all(world));
        run.start("supply", supply::all(world));
        run.end().await;
        run.start("routes", routes::all(world));
        run.end().await;
        run.start("feed", feed::all(world));
        run.end().await;
        run.start("governance", governance::all(world));
        run.end().await;
        run.start("ballots", ballots::all(world));
        run.end().await;
        world.close().await;
        drop(nats);
        run.failed
    });
    assert!(failed.is_empty(), "failed: {failed:?} (each one's panic is above)");
}

/// How it was seen to fail is said in `handed`.
#[test]
fn proofs_hold_by_the_nations_genesis_when_cosigners_change_at_every_level() {
    let dir = tempfile::tempdir().unwrap();
    tocsin::house::runtime().unwrap().block_on(async {
        let (world, nats) = World::open(&handed::chains(), dir.path()).await;
        handed::all(world).await;
        world.close().await;
        drop(nats);
    });
}
