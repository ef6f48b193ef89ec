//! The live feed over HTTP.

use domain::alert::{AlertRecord, AlertState};
use domain::event::AlertLevel;

use super::rig::{Ledger, Rig, Service, alert, soon};
use crate::board::{Begin, Board, Filter, Rung};
use crate::payload::Heard;

/// A connected listener.
struct Ear {
    answer: reqwest::Response,
    text: String,
}

impl Ear {
    async fn connect(service: &Service, path: &str, last: Option<&str>) -> Self {
        let request = reqwest::Client::new().get(service.url(path));
        let request = last.map_or_else(
            || request.try_clone().unwrap(),
            |id| request.try_clone().unwrap().header("Last-Event-ID", id),
        );
        let mut answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers()["content-type"], "text/event-stream");
        // The greeting is sent when the listener is entered: what rings from here on is heard.
        let hello = soon("the greeting", answer.chunk()).await.unwrap().unwrap();
        assert!(hello.starts_with(b"retry: "));
        Ear { answer, text: String::new() }
    }

    /// The next event: its id and its data.
    async fn next(&mut self) -> (String, serde_json::Value) {
        loop {
            if let Some((block, rest)) = self.text.split_once("\n\n") {
                let (block, rest) = (block.to_owned(), rest.to_owned());
                self.text = rest;
                let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned);
                if let Some(data) = field("data: ") {
                    assert_eq!(field("event: ").as_deref(), Some("alert"));
                    return (field("id: ").unwrap(), serde_json::from_str(&data).unwrap());
                }
                continue;
            }
            let chunk = soon("an event", self.answer.chunk()).await.unwrap().expect("the feed ended");
            self.text.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }

    async fn heads(&mut self, count: usize) -> (String, Vec<String>) {
        let (mut last, mut heads) = (String::new(), Vec::new());
        for _ in 0..count {
            let (id, data) = self.next().await;
            heads.push(data["headline"].as_str().unwrap().to_owned());
            last = id;
        }
        (last, heads)
    }
}

fn heads(alerts: &[AlertRecord]) -> Vec<String> {
    alerts.iter().map(|alert| alert.headline.clone()).collect()
}

#[actix::test]
async fn a_listener_that_comes_back_gets_exactly_what_it_missed() {
    let rig = Rig::new().await;
    let city = Ledger::start(&rig.bus, "cn.32.01").await;
    let service = rig.service(&[&city], "data").await;
    city.ring_many("before", 3);
    service.shows("cn.32.01", 3).await;
    let mut ear = Ear::connect(&service, "/v1/alerts/stream", None).await;
    let heard = city.ring_many("heard", 2);
    let (last, got) = ear.heads(2).await;
    assert_eq!(got, heads(&heard));
    drop(ear);
    let missed = city.ring_many("missed", 4);
    service.shows("cn.32.01", 9).await;
    // `after` stays in the address of a browser's first connection; the header is newer.
    let mut ear = Ear::connect(&service, "/v1/alerts/stream?after=0", Some(&last)).await;
    let coming = city.ring_many("coming", 1);
    let (_, got) = ear.heads(5).await;
    assert_eq!(got, heads(&[missed, coming].concat()));
    service.end().await;
}

#[actix::test]
async fn filters_take_a_chain_and_below_and_a_level_and_above() {
    let rig = Rig::new().await;
    let (nanjing, jiangsu, other) = (
        Ledger::start(&rig.bus, "cn.32.01").await,
        Ledger::start(&rig.bus, "cn.32").await,
        Ledger::start(&rig.bus, "cn.33").await,
    );
    let service = rig.service(&[&nanjing, &jiangsu, &other], "data").await;
    for (ledger, name) in [(&nanjing, "nanjing"), (&jiangsu, "jiangsu"), (&other, "zhejiang")] {
        for level in AlertLevel::ALL {
            let made = alert(&format!("{name} {}", level.name()), ledger.chain.as_str(), AlertState::Confirmed, level);
            ledger.ring(made);
        }
        service.shows(ledger.chain.as_str(), 4).await;
    }
    let mut ear = Ear::connect(&service, "/v1/alerts/stream?after=0&chain=cn.32&level=orange", None).await;
    let (_, got) = ear.heads(4).await;
    assert_eq!(got, ["nanjing orange", "nanjing red", "jiangsu orange", "jiangsu red"]);
    let listed = service.json("/v1/alerts?chain=cn.32&level=orange").await;
    let mut listed: Vec<_> = listed["alerts"].as_array().unwrap().iter().map(|one| one["headline"].clone()).collect();
    listed.reverse();
    assert_eq!(listed, got);
    service.end().await;
}

#[actix::test]
async fn a_listener_older_than_the_board_reads_the_stream_first() {
    let rig = Rig::new().await;
    let city = Ledger::start(&rig.bus, "cn.32.01").await;
    let rung = city.ring_many("alert", 6);
    let service = rig.service(&[&city], "data").await;
    service.shows("cn.32.01", 6).await;
    // A board that keeps only what comes after the fourth.
    let board = actix::Actor::start(Board::default());
    board.send(Begin(4)).await.unwrap();
    let stream = wire::subject::alert_stream().name;
    let mut alerts = Vec::new();
    for sequence in 5..=6 {
        let message = rig.bus.message(&stream, sequence).await.unwrap().unwrap();
        alerts.push(Heard::read(&message, domain::time::Millis(0)).unwrap());
    }
    board.send(Rung { alerts, last: 6 }).await.unwrap();
    let stop = host::stop::Stop::new();
    // 99 is a place of a stream that was lost: everything comes again.
    for (asked, after) in [(0, 0), (2, 2), (4, 4), (5, 5), (99, 0)] {
        let answer = crate::sse::open(&board, &rig.bus, &stop, Filter::default(), Some(asked)).await.unwrap();
        let mut body = answer.into_body();
        let mut text = String::new();
        let wanted = 6 - usize::try_from(after).unwrap();
        while text.matches("event: alert").count() < wanted {
            let next =
                std::future::poll_fn(|cx| actix_web::body::MessageBody::poll_next(std::pin::Pin::new(&mut body), cx));
            let chunk = soon("an event", next).await.unwrap().unwrap();
            text.push_str(std::str::from_utf8(&chunk).unwrap());
        }
        let ids: Vec<u64> = text.lines().filter_map(|line| line.strip_prefix("id: ")?.parse().ok()).collect();
        assert_eq!(ids, (after + 1..=6).collect::<Vec<_>>());
        assert!(text.contains(&rung[5].headline));
    }
    service.end().await;
}
