//! `tocsin report` against a chain of real processes: four ledgers, a sealer, admission and reporting.

use bus::server::NatsServer;

use crate::place::{MANAGER, MEMBERS, Place, arg, output, text};

const HEADER: &str = "kind,disease.code,disease.name,region,facility,report_date\n";

fn report(place: &Place, address: std::net::SocketAddr, more: &[&str]) -> std::process::Output {
    let (url, keys, genesis) = (format!("http://{address}"), place.path("nanjing-cdc.toml"), place.path("chain.toml"));
    let mut arguments = vec!["report", "--url", &url, "--keys", arg(&keys), "--genesis", arg(&genesis)];
    arguments.extend(more);
    output(&arguments)
}

#[tokio::test]
async fn a_file_is_answered_row_by_row_and_followed_until_final() {
    let place = Place::new();
    let nats = NatsServer::start(place.path("nats")).await.unwrap();
    let _ledgers = MEMBERS.map(|member| place.start("ledger", member, nats.url()));
    let _sealer = place.start("ordering", MANAGER, nats.url());
    let _admission = place.start("endorsement", MANAGER, nats.url());
    let reporting = place.start("reporting", MANAGER, nats.url());

    let rows = "zero_report,U07.1,COVID-19,320100,nanjing-hospital,2021-07-19\nzero_report,U07.1,COVID-19,320100,nanjing-hospital,2021-07-20\n";
    let good = place.write("good.csv", format!("{HEADER}{rows}"));
    let sent = report(&place, reporting.address, &["--csv", arg(&good), "--wait"]);
    let said = text(&sent.stdout);
    assert!(sent.status.success(), "{said}{}", text(&sent.stderr));
    for line in ["line 2: queued ", "line 3: queued ", "line 2: final, block ", "line 3: final, block "] {
        assert!(said.lines().any(|each| each.starts_with(line)), "no {line:?} in {said}");
    }
    let repeated = report(&place, reporting.address, &["--csv", arg(&good)]);
    let ids = |said: &str| {
        said.lines().filter_map(|line| Some(line.split_once("queued ")?.1.get(..64)?.to_owned())).collect::<Vec<_>>()
    };
    assert_eq!(ids(&text(&repeated.stdout)), ids(&said), "the same file is the same reports");

    let bad_rows = "zero_report,U07.1,COVID-19,320100,nanjing-hospital,2021-07-21\nzero_report,U07.1,COVID-19,320100,nanjing-hospital,yesterday\n";
    let bad = place.write("bad.csv", format!("{HEADER}{bad_rows}"));
    let sent = report(&place, reporting.address, &["--csv", arg(&bad)]);
    let said = text(&sent.stdout);
    assert_eq!(sent.status.code(), Some(1), "{said}");
    assert!(said.contains("line 2: queued ") && said.contains("line 3: refused: "), "{said}");
    assert!(said.contains("report_date"), "the field is named: {said}");
    let advice = text(&sent.stderr);
    assert!(advice.contains("1 of 2 reports were refused") && advice.contains("--idempotency-key "), "{advice}");
    // Mended and sent under the name of the first, it brings what is missing.
    let name = advice.split_once("--idempotency-key ").unwrap().1.split(":").next().unwrap().to_owned();
    let mended = place.write("mended.csv", format!("{HEADER}{}", bad_rows.replace("yesterday", "2021-07-22")));
    let again = report(&place, reporting.address, &["--csv", arg(&mended), "--idempotency-key", &name]);
    let (first, then) = (ids(&said), ids(&text(&again.stdout)));
    assert!(again.status.success() && then.len() == 2 && then[0] == first[0], "{first:?} {then:?}");

    let json = place.write("none.json", "{}");
    let sent = report(&place, reporting.address, &["--json", arg(&json)]);
    assert_eq!(sent.status.code(), Some(1));
    let said = text(&sent.stderr);
    assert!(said.contains("nothing was taken: UNKNOWN_KIND in kind"), "{said}");
    let header = place.write("header.csv", "colour\nred\n");
    let sent = report(&place, reporting.address, &["--csv", arg(&header)]);
    assert!(text(&sent.stderr).contains("nothing was taken"), "{}", text(&sent.stderr));
    nats.stop().await.unwrap();
}

#[test]
fn a_service_that_is_not_there_is_said() {
    let place = Place::new();
    let json = place.write("one.json", "{}");
    let sent = report(&place, "127.0.0.1:1".parse().unwrap(), &["--json", arg(&json)]);
    assert_eq!(sent.status.code(), Some(1));
    assert!(text(&sent.stderr).contains("nobody answered at http://127.0.0.1:1"), "{}", text(&sent.stderr));
}
