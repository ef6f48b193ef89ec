//! What an operator asks with: `subscribe` and `doctor`, and that no address gives its password away.

use std::process::Output;

use bus::Bus;
use bus::server::NatsServer;
use domain::chain::ChainPath;

use crate::place::{CHAIN, MANAGER, Place, arg, text, tocsin};

/// A password that must not be said.
const SECRET: &str = "hunter2";

/// Seen to fail with the address named as it was given: the error of `subscribe` held the password, and so did the help
/// of both commands, which shows a variable's value unless told not to.
#[test]
fn no_error_and_no_help_says_the_password_of_an_address() {
    let place = Place::new();
    let genesis = place.path("chain.toml");
    let url = format!("nats://listener:{SECRET}@127.0.0.1:1");
    let doctor = ["doctor", "--genesis", arg(&genesis)];
    for arguments in [&["subscribe"][..], &doctor, &["subscribe", "--help"], &["doctor", "--help"]] {
        let mut command = tocsin();
        let output = command.args(arguments).envs([("NATS_URL", &url), ("TOCSIN_NATS_URL", &url)]).output().unwrap();
        let said = text(&output.stderr) + &text(&output.stdout);
        assert!(!said.contains(SECRET) && said.contains("NATS") | said.contains("nats://127.0.0.1:1"), "{said}");
    }
}

/// Seen to fail with the whole address given to the client: its own lines showed the password.
#[test]
fn not_even_the_lines_for_finding_faults_say_it() {
    let place = Place::new();
    let config = place.config("console", MANAGER, &format!("nats://tocsin:{SECRET}@127.0.0.1:1"));
    let arguments = ["run", "console", "--chain", CHAIN, "--member", MANAGER, "--config", arg(&config)];
    let output = tocsin().args(arguments).env("RUST_LOG", "trace").output().unwrap();
    let said = text(&output.stderr);
    assert!(said.contains("attempting connection") && !said.contains(SECRET), "{said}");
}

#[tokio::test]
async fn a_wrong_password_is_not_repeated() {
    let place = Place::new();
    let nats = NatsServer::start(place.path("nats")).await.unwrap();
    let (_, host) = nats.url().rsplit_once('@').unwrap();
    let output = tocsin().args(["subscribe", "--nats", &format!("nats://listener:{SECRET}@{host}")]).output().unwrap();
    let said = text(&output.stderr);
    assert!(said.contains("authorization violation") && !said.contains(SECRET), "{said}");
    nats.stop().await.unwrap();
}

/// A server that carries the alerts and one chain.
async fn carrying(place: &Place) -> NatsServer {
    let nats = NatsServer::start(place.path("nats")).await.unwrap();
    let bus = Bus::connect(nats.url(), "operator").await.unwrap();
    for stream in [wire::subject::alert_stream(), wire::subject::block_stream(&ChainPath::parse(CHAIN).unwrap())] {
        bus.ensure_stream(&stream).await.unwrap();
    }
    bus.drain().await.unwrap();
    nats
}

/// Seen to fail while nobody looked: of `cn.99` it began to wait without a word, and with `--count 0` ended well.
#[tokio::test]
async fn a_chain_that_the_server_does_not_carry_is_an_error() {
    let place = Place::new();
    let nats = carrying(&place).await;
    let subscribe = |chain: &str| -> Output {
        let arguments = ["subscribe", "--nats", nats.listener_url(), "--count", "0", "--chain", chain];
        tocsin().args(arguments).output().unwrap()
    };
    for unknown in ["cn.99", "cn.32.0", "cn.32.01.05"] {
        let output = subscribe(unknown);
        let said = text(&output.stderr);
        assert!(
            !output.status.success() && said.contains(&format!("neither a chain {unknown} nor one below")),
            "{said}"
        );
    }
    for known in ["cn", "cn.32", CHAIN] {
        let output = subscribe(known);
        assert!(output.status.success() && output.stderr.is_empty(), "{known}: {}", text(&output.stderr));
    }
    nats.stop().await.unwrap();
}

/// Seen to fail while the cause was swallowed: a listener heard, after 8 s, "no ledger of cn.32.01 answers" and no more.
#[tokio::test]
async fn doctor_says_why_nobody_answers() {
    let place = Place::new();
    let nats = carrying(&place).await;
    let doctor = |url: &str| {
        let genesis = place.path("chain.toml");
        let output = tocsin().args(["doctor", "--genesis", arg(&genesis), "--nats-url", url]).output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        text(&output.stderr)
    };
    let said = doctor(nats.listener_url());
    assert!(said.contains("may not ask the ledgers of cn.32.01") && said.contains("Permissions Violation"), "{said}");
    assert!(said.contains("give the user of a service"), "{said}");
    let said = doctor(nats.url());
    assert!(said.contains("no ledger of cn.32.01 answers (nanjing-cdc: nobody serves this subject; "), "{said}");
    nats.stop().await.unwrap();
}
