//! `tocsin export` and `tocsin audit` against a chain of real processes: a copy is made, grows, is looked at and is
//! damaged.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use bus::server::NatsServer;
use serde_json::Value;

use crate::place::{CHAIN, MANAGER, MEMBERS, Place, Running, arg, output, text};

const HEADER: &str = "kind,disease.code,disease.name,region,facility,report_date\n";

/// Reports a day and waits until that is final.
fn report(place: &Place, reporting: &Running, day: u32) {
    let row = format!("{HEADER}zero_report,U07.1,COVID-19,320100,nanjing-hospital,2021-07-{day:02}\n");
    let file = place.write("rows.csv", row);
    let (keys, genesis) = (place.path("nanjing-cdc.toml"), place.path("chain.toml"));
    let url = format!("http://{}", reporting.address);
    let mut arguments = vec!["report", "--url", &url, "--keys", arg(&keys), "--genesis", arg(&genesis)];
    arguments.extend(["--csv", arg(&file), "--wait"]);
    let sent = output(&arguments);
    assert!(sent.status.success(), "{}{}", text(&sent.stdout), text(&sent.stderr));
}

fn export(copy: &Path, api: &str, more: &[&str]) -> Result<String, String> {
    let made = output(&[&["export", arg(copy), "--api", api], more].concat());
    if made.status.success() { Ok(text(&made.stdout)) } else { Err(text(&made.stderr)) }
}

/// Every file with the time it was written.
fn files(dir: &Path) -> BTreeMap<PathBuf, SystemTime> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.insert(path.clone(), path.metadata().unwrap().modified().unwrap());
        }
    }
    found
}

#[tokio::test]
async fn a_copy_grows_is_audited_and_its_damage_is_named() {
    let place = Place::new();
    let nats = NatsServer::start(place.path("nats")).await.unwrap();
    let ledgers = MEMBERS.map(|member| place.start("ledger", member, nats.url()));
    let _sealer = place.start("ordering", MANAGER, nats.url());
    let _admission = place.start("endorsement", MANAGER, nats.url());
    let reporting = place.start("reporting", MANAGER, nats.url());
    let (copy, api) = (place.path("copy"), format!("http://{}", ledgers[0].address));
    let audit = |more: &[&str]| output(&[&["audit", arg(&copy)], more].concat());

    report(&place, &reporting, 1);
    let said = export(&copy, &api, &[]).unwrap();
    assert!(said.starts_with(&format!("{CHAIN}: ")), "{said}");
    let looked = audit(&[]);
    assert!(looked.status.success() && text(&looked.stdout).contains("no problem"), "{}", text(&looked.stdout));
    let before = files(&copy);

    (2..8).for_each(|day| report(&place, &reporting, day));
    export(&copy, &api, &["--chain", CHAIN]).unwrap();
    let after = files(&copy);
    let kept = copy.join(CHAIN).join("genesis.toml");
    assert_eq!(before[&kept], after[&kept], "what is there is not fetched again");
    let narrow = |path: &&PathBuf| path.to_string_lossy().contains(".p/");
    assert_eq!(after.keys().filter(narrow).count(), 3, "what was outgrown is gone: {after:?}");
    let looked = audit(&["--json"]);
    let found: Value = serde_json::from_slice(&looked.stdout).unwrap();
    assert!(looked.status.success() && found["ok"] == true && found["events"].as_u64() >= Some(7), "{found}");

    let entries = after.keys().find(|path| path.to_string_lossy().contains("entries")).unwrap();
    let mut bytes = std::fs::read(entries).unwrap();
    bytes[10] ^= 1;
    std::fs::write(entries, &bytes).unwrap();
    let looked = audit(&["--json"]);
    let found: Value = serde_json::from_slice(&looked.stdout).unwrap();
    assert_eq!((looked.status.code(), &found["ok"]), (Some(1), &Value::Bool(false)));
    assert!(found["problems"][0]["where"].as_str().unwrap().contains("tile/entries/000"), "{found}");
    let looked = audit(&[]);
    assert!(text(&looked.stdout).contains("tile/entries/000") && text(&looked.stderr).contains("there is a problem"));

    refuses(&copy, &api);
    nats.stop().await.unwrap();
}

/// Another log is not written over the one that is there, and nothing is written outside the directory.
fn refuses(copy: &Path, api: &str) {
    for chain in ["../cn", "cn/32", "", "cn.99"] {
        let why = export(copy, api, &["--chain", chain]).unwrap_err();
        assert!(why.contains("no chain path") || why.contains("no such chain"), "{chain}: {why}");
    }
    let checkpoint = copy.join(CHAIN).join("checkpoint");
    let held = std::fs::read_to_string(&checkpoint).unwrap();
    let root = held.lines().nth(2).unwrap();
    let other = held.replacen(root, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", 1);
    std::fs::write(&checkpoint, &other).unwrap();
    // Blocks may still come and make the log longer than the copy; until then the sizes are the same.
    if let Err(why) = export(copy, api, &[]) {
        assert!(why.contains("another log") && std::fs::read_to_string(&checkpoint).unwrap() == other, "{why}");
    }
    std::fs::write(&checkpoint, &held).unwrap();
    let elsewhere = copy.with_file_name("elsewhere");
    std::fs::create_dir(&elsewhere).unwrap();
    std::fs::rename(copy.join(CHAIN).join("tile"), copy.join("tile")).unwrap();
    std::os::unix::fs::symlink(&elsewhere, copy.join(CHAIN).join("tile")).unwrap();
    let why = export(copy, api, &[]).unwrap_err();
    assert!(why.contains("no directory of this copy"), "{why}");
    assert_eq!(files(&elsewhere).len(), 0);
    assert!(export(copy, "https://127.0.0.1:1", &[]).unwrap_err().contains("TLS"));
    assert!(export(copy, "http://127.0.0.1:1", &[]).unwrap_err().contains("nobody answered"));
}
