use crate::{binary, signal, soon, spec};
use bus::server::{Find, NatsServer, ServerError};
use bus::{Bus, BusError};
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};
use std::time::Duration;

/// Set for the process that is to be killed: where its server keeps its data.
const PARENT_DIR: &str = "TOCSIN_TEST_PARENT_DIR";

/// Host and port of an address with or without a login.
fn host(url: &str) -> &str {
    url.rsplit_once('@').map_or(url, |(_, host)| host)
}

/// Not a test by itself: the parent in [`the_server_ends_with_its_parent_however_that_ends`].
#[tokio::test]
async fn parent() {
    let Ok(dir) = std::env::var(PARENT_DIR) else { return };
    let server = NatsServer::start_with(&binary().await, None, dir).await.unwrap();
    println!("serving {}", server.url());
    std::future::pending::<()>().await;
}

#[tokio::test]
async fn the_server_ends_with_its_parent_however_that_ends() {
    let dir = tempfile::tempdir().unwrap();
    let mut parent = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "server::parent", "--nocapture"])
        .env(PARENT_DIR, dir.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(parent.stdout.take().unwrap()).lines();
    let address = lines
        .find_map(|line| line.unwrap().split_once("serving nats://").map(|(_, address)| host(address).to_owned()))
        .expect("the parent starts its server");
    // The server greets a client; the connection then shows when it is gone.
    let mut client = TcpStream::connect(address).unwrap();
    client.read_exact(&mut [0; 4]).unwrap();
    signal("-KILL", parent.id());
    parent.wait().unwrap();
    client.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let mut rest = Vec::new();
    let end = client.read_to_end(&mut rest).map_err(|error| error.kind());
    assert!(matches!(end, Ok(_) | Err(ErrorKind::ConnectionReset)), "the server outlived its parent: {end:?}");
}

#[tokio::test]
async fn a_server_that_is_stopped_comes_back_on_its_port_and_data() {
    let dir = tempfile::tempdir().unwrap();
    let server = NatsServer::start_with(&binary().await, None, dir.path()).await.unwrap();
    let (port, url) = (server.port(), server.url().to_owned());
    let bus = Bus::connect(&url, "test").await.unwrap();
    bus.ensure_stream(&spec("kept")).await.unwrap();
    bus.publish("kept.a", "x".into(), bus::Publish::default()).await.unwrap();
    server.stop().await.unwrap();
    assert!(TcpStream::connect(host(&url)).is_err(), "it is gone when stop returns");
    let server = NatsServer::start_with(&binary().await, port, dir.path()).await.unwrap();
    assert_eq!(server.url(), url);
    let again = Bus::connect(&url, "test").await.unwrap();
    assert_eq!(again.stream_state("kept").await.unwrap().last, 1);
}

#[tokio::test]
async fn a_port_in_use_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let dir = tempfile::tempdir().unwrap();
    let error = NatsServer::start_with(&binary().await, Some(port), dir.path()).await.err().unwrap();
    assert!(matches!(error, ServerError::PortInUse { port: named } if named == port), "{error}");
}

/// A program that only says a version.
fn program(dir: &std::path::Path, version: &str) -> std::path::PathBuf {
    let path = dir.join("nats-server");
    std::fs::write(&path, format!("#!/bin/sh\necho 'nats-server: v{version}'\n")).unwrap();
    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).unwrap();
    path
}

#[tokio::test]
async fn a_binary_that_is_too_old_is_refused_by_name_and_version() {
    let dir = tempfile::tempdir().unwrap();
    let path = program(dir.path(), "2.9.10");
    let error = Find::binary(&path).await.unwrap_err();
    assert!(matches!(&error, ServerError::TooOld { found, .. } if found == "2.9.10"), "{error}");
    assert!(error.to_string().contains("2.15.1"), "{error}");
}

#[tokio::test]
async fn a_server_that_ends_at_once_is_an_error_with_what_it_said() {
    let dir = tempfile::tempdir().unwrap();
    let find = Find::binary(&program(dir.path(), "2.15.1")).await.unwrap();
    let error = soon("an error", NatsServer::start_with(&find, None, dir.path().join("data"))).await.err().unwrap();
    assert!(matches!(error, ServerError::NotReady { .. }), "{error}");
    // Its data directory is a file: the real one says so.
    let file = dir.path().join("file");
    std::fs::write(&file, "").unwrap();
    assert!(matches!(NatsServer::start_with(&binary().await, None, &file).await, Err(ServerError::Io(_))));
}

#[tokio::test]
async fn a_running_server_that_is_too_old_is_refused() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let (mut client, _) = listener.accept().unwrap();
        let info = r#"{"server_id":"x","version":"2.9.10","max_payload":1048576,"proto":1,"headers":true}"#;
        write!(client, "INFO {info}\r\n").unwrap();
        let mut lines = BufReader::new(client.try_clone().unwrap()).lines();
        while let Some(Ok(line)) = lines.next() {
            if line.starts_with("PING") {
                client.write_all(b"PONG\r\n").unwrap();
            }
        }
    });
    let error = soon("an answer", Bus::connect(&format!("nats://{address}"), "test")).await.err().unwrap();
    assert!(matches!(&error, BusError::TooOld { found, .. } if found == "2.9.10"), "{error}");
}

#[tokio::test]
async fn no_server_is_an_error_and_not_a_wait() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let error = soon("an answer", Bus::connect(&format!("nats://{free}"), "test")).await.err().unwrap();
    assert!(matches!(error, BusError::Connect { .. }), "{error}");
}

#[tokio::test]
async fn a_listener_reads_alerts_and_writes_nothing() {
    let rig = crate::Rig::new().await;
    let services = &rig.bus;
    let alerts = wire::subject::alert_stream();
    services.ensure_stream(&alerts).await.unwrap();
    let red = alerts.subjects[0].replace('>', "red.cn");
    services.publish(&red, "ring".into(), bus::Publish::default()).await.unwrap();
    let listener = Bus::connect(rig.server.listener_url(), "listener").await.unwrap();
    let heard = soon("the alert", listener.pump(&alerts.name, None, 1).next()).await.unwrap();
    assert_eq!(&heard[0].payload[..], b"ring");
    let forged = listener.publish(&red, "forged".into(), bus::Publish::default()).await;
    assert!(matches!(forged, Err(bus::PublishError::TimedOut)), "{forged:?}");
    assert_eq!(services.stream_state(&alerts.name).await.unwrap().last, 1, "a listener published");
    // Without a password nobody connects at all.
    let stranger = rig.server.url().split_once('@').map(|(_, host)| format!("nats://{host}")).unwrap();
    assert!(Bus::connect(&stranger, "stranger").await.is_err());
}
