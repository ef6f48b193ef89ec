//! `tocsin run`: what it refuses to start with, and how a service ends.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use bus::server::NatsServer;
use host::keys::KeyRing;

use crate::place::{CHAIN, MANAGER, PATIENCE, Place, arg, assert_config, text, tocsin};

/// What `deploy/` and `k8s/` leave a service between SIGTERM and SIGKILL.
const GRACE: Duration = Duration::from_secs(40);

fn run(place: &Place, service: &str, member: &str, more: &[&str]) -> std::process::Output {
    let config = place.config(service, member, "nats://127.0.0.1:1");
    let mut command = tocsin();
    command.args(["run", service, "--chain", CHAIN, "--member", member, "--config", arg(&config)]).args(more);
    command.output().unwrap()
}

#[test]
fn a_wrong_configuration_is_said_in_a_line_before_anything_starts() {
    let place = Place::new();
    assert_config(&run(&place, "ledger", MANAGER, &["--automatic"]), "--automatic");
    assert_config(&run(&place, "ledger", MANAGER, &["--exercise"]), "--exercise");

    let config = place.config("ledger", MANAGER, "nats://127.0.0.1:1");
    let with = |arguments: &[&str], text: Option<&str>| {
        let file = match text {
            Some(more) => place.write("edited.toml", std::fs::read_to_string(&config).unwrap() + more),
            None => config.clone(),
        };
        tocsin().args(["run", "ledger", "--config", arg(&file)]).args(arguments).output().unwrap()
    };
    assert_config(&with(&["--chain", "cn.32", "--member", MANAGER], None), "--chain is cn.32");
    assert_config(&with(&["--chain", "Jiangsu", "--member", MANAGER], None), "no chain path");
    assert_config(&with(&["--chain", CHAIN, "--member", "nobody"], None), "--member is nobody");
    assert_config(
        &with(&["--chain", CHAIN, "--member", "nanjing-hospital"], None),
        "nanjing-cdc.toml is of nanjing-cdc",
    );
    assert_config(&with(&["--chain", CHAIN, "--member", MANAGER], Some("speed = 1\n")), "speed");
    let kitchen = "[forecasting]\nkitchen = 1\n";
    assert_config(&with(&["--chain", CHAIN, "--member", MANAGER], Some(kitchen)), "kitchen");
    let own = format!("parent_genesis = {:?}\n", arg(&place.path("chain.toml")));
    assert_config(&with(&["--chain", CHAIN, "--member", MANAGER], Some(&own)), "not the parent");
    let unknown = tocsin().args(["run", "kitchen", "--chain", CHAIN, "--member", MANAGER]).output().unwrap();
    assert_eq!(unknown.status.code(), Some(2));

    let early = |member: &str, more: &str| {
        let config = place.config("forecasting", member, "nats://127.0.0.1:1");
        let text = std::fs::read_to_string(&config).unwrap() + "[forecasting]\n" + more;
        let file = place.write("early.toml", text);
        tocsin()
            .args(["run", "forecasting", "--chain", CHAIN, "--member", member, "--config", arg(&file)])
            .output()
            .unwrap()
    };
    let zero = "watch = [{ disease = 'U07.1', confirmed_a_day = 0, cluster_positives = 1 }]\n";
    assert_config(&early(MANAGER, zero), "forecasting.watch");

    std::fs::remove_file(place.path("nanjing-cdc.toml")).unwrap();
    KeyRing::new(MANAGER, []).save(&place.path("nanjing-cdc.toml")).unwrap();
    assert_config(&run(&place, "ordering", MANAGER, &[]), "no sealer key");
    assert_config(&run(&place, "credentials", MANAGER, &[]), "credentials: the table is missing");
}

#[tokio::test]
async fn what_a_member_may_run_is_told_by_who_takes_part() {
    let place = Place::new();
    let nats = NatsServer::start(place.path("nats")).await.unwrap();
    let run = |service: &str, member: &str, more: &str| {
        let config = place.config(service, member, nats.url());
        let text = std::fs::read_to_string(&config).unwrap() + more;
        let file = place.write("more.toml", text);
        let arguments = ["run", service, "--chain", CHAIN, "--member", member, "--config", arg(&file)];
        tocsin().args(arguments).output().unwrap()
    };
    // It has connected, and said so, before it can know.
    let refused = |output: std::process::Output, says: &str| {
        let said = text(&output.stderr);
        assert!(output.status.code() == Some(78) && said.contains(says), "{said} does not say {says}");
    };
    refused(run("ordering", "nanjing-hospital", ""), "no management or master member");
    refused(run("forecasting", "nanjing-hospital", "[forecasting]\nwarns = true\n"), "forecasting.warns");
    KeyRing::generate("nobody").unwrap().save(&place.path("nobody.toml")).unwrap();
    refused(run("reporting", "nobody", ""), "no member of cn.32.01 now");
    nats.stop().await.unwrap();

    // A key the chain does not know yet may come to count: the service starts, and is not ready.
    let nats = NatsServer::start(place.path("nats")).await.unwrap();
    std::fs::remove_file(place.path("nanjing-cdc.toml")).unwrap();
    KeyRing::generate(MANAGER).unwrap().save(&place.path("nanjing-cdc.toml")).unwrap();
    let running = place.start("ordering", MANAGER, nats.url());
    assert_eq!(get(running.address, "/readyz"), 503);
    running.signal("TERM");
    assert!(running.ended(GRACE).0.success());
    nats.stop().await.unwrap();
}

#[test]
fn a_server_that_is_not_there_is_a_fault_and_its_password_stays_unsaid() {
    let place = Place::new();
    let config = place.config("console", MANAGER, "nats://tocsin:hunter2@127.0.0.1:1");
    let arguments = ["run", "console", "--chain", CHAIN, "--member", MANAGER, "--config", arg(&config)];
    let output = tocsin().args(arguments).output().unwrap();
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("nats_url") && !said.contains("hunter2"), "{said}");
}

#[tokio::test]
async fn every_service_opens_and_ends_in_order_on_sigterm_and_sigint() {
    let place = Place::new();
    let nats = NatsServer::start(place.path("nats")).await.unwrap();
    let services = [
        "ledger",
        "ordering",
        "endorsement",
        "reporting",
        "alerts",
        "forecasting",
        "medical-resources",
        "materials",
        "public-opinion",
        "console",
    ];
    for (index, service) in services.into_iter().enumerate() {
        let running = place.start(service, MANAGER, nats.url());
        assert_eq!(get(running.address, "/healthz"), 200, "{service}");
        assert_eq!(get(running.address, "/v1/openapi.json"), 200, "{service}");
        running.signal(if index % 2 == 0 { "TERM" } else { "INT" });
        let (status, said) = running.ended(GRACE);
        assert!(status.success(), "{service}: {said:#?}");
        assert!(said.iter().any(|line| line.contains("\"ended\"")), "{service}: {said:#?}");
        assert!(!troubled(&said), "{service} ended with trouble: {said:#?}");
    }
    nats.stop().await.unwrap();
}

#[tokio::test]
async fn a_request_in_hand_is_answered_and_a_second_signal_ends_at_once() {
    let place = Place::new();
    let nats = NatsServer::start(place.path("nats")).await.unwrap();
    // Nobody admits: a report waits for its receipt as long as anybody waits.
    let running = place.start("reporting", MANAGER, nats.url());
    let mut request = half_a_report(&place, running.address);
    running.signal("TERM");
    running.hears("\"ending\"");
    request.write_all(b"}").unwrap();
    assert_eq!(status(&mut request), 202);
    let (exit, said) = running.ended(GRACE);
    assert!(exit.success(), "{said:#?}");

    let running = place.start("reporting", MANAGER, nats.url());
    let _open = half_a_report(&place, running.address);
    running.signal("TERM");
    running.hears("\"ending\"");
    running.signal("TERM");
    let (exit, said) = running.ended(Duration::from_secs(10));
    assert_eq!(exit.code(), Some(1), "{said:#?}");
    assert!(said.iter().any(|line| line.contains("second signal")), "{said:#?}");
    nats.stop().await.unwrap();
}

#[tokio::test]
async fn a_live_feed_does_not_hold_up_the_end() {
    let place = Place::new();
    let nats = NatsServer::start(place.path("nats")).await.unwrap();
    let running = place.start("alerts", MANAGER, nats.url());
    let mut feed = ask(running.address, "/v1/alerts/stream");
    assert_eq!(status(&mut feed), 200);
    running.signal("TERM");
    // The door alone would wait 15 s for it.
    let (exit, said) = running.ended(Duration::from_secs(10));
    assert!(exit.success() && !troubled(&said), "{said:#?}");
    nats.stop().await.unwrap();
}

/// Whether the end itself met trouble. A service may well warn that no ledger answers: in these tests there is none.
fn troubled(said: &[String]) -> bool {
    said.iter().any(|line| line.contains("\"WARN\"") && line.contains("\"tocsin::run\""))
}

/// A POST of a report without its last byte, which the service has begun to read.
fn half_a_report(place: &Place, address: std::net::SocketAddr) -> TcpStream {
    let body = r#"{"kind":"zero_report","disease":{"code":"U07.1","name":"COVID-19"},"region":"320100","facility":"nanjing-hospital","report_date":"2021-07-20"}"#;
    let (keys, genesis) = (place.path("nanjing-cdc.toml"), place.path("chain.toml"));
    let token = text(&crate::place::output(&["token", "--keys", arg(&keys), "--genesis", arg(&genesis)]).stdout);
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    // `100 Continue` comes when a handler reads the body: from then on the request is in hand.
    let head = format!(
        "POST /v1/chains/{CHAIN}/reports HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n",
        token.trim(),
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    assert_eq!(status(&mut stream), 100);
    stream.write_all(&body.as_bytes()[..body.len() - 1]).unwrap();
    stream
}

fn get(address: std::net::SocketAddr, path: &str) -> u16 {
    status(&mut ask(address, path))
}

/// Sends a GET; the answer can be read.
fn ask(address: std::net::SocketAddr, path: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").as_bytes()).unwrap();
    stream
}

/// The status of the next answer head.
fn status(stream: &mut TcpStream) -> u16 {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        head.push(byte[0]);
    }
    text(&head).split(' ').nth(1).unwrap().parse().unwrap()
}
