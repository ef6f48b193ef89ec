//! The drills, and what a sceptic does with the copies they leave: as-of, trace, evidence.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

fn tocsin(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tocsin")).args(args).output().unwrap()
}

fn json(output: &Output) -> Value {
    let text = String::from_utf8_lossy(&output.stdout);
    let said = String::from_utf8_lossy(&output.stderr);
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text} {said}"))
}

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Seen to fail with the defence switched off: without a decision deadline nothing rises, see
/// [`without_a_deadline_nobody_above_hears_of_it`].
#[test]
fn a_suppressed_report_is_named_and_the_copies_answer_a_sceptic() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("drill");
    let drill = tocsin(&["drill", "suppress", "--json", "--out", path(&out)]);
    let shown = json(&drill);
    assert!(drill.status.success(), "{shown}");
    assert_eq!((&shown["drill"], &shown["caught"]), (&"suppress".into(), &true.into()));
    let named = shown["named"].as_array().unwrap();
    assert!(named.contains(&"city-commission".into()), "{shown}");

    // The deleted event, in the copies that were not doctored.
    let event = named.iter().find_map(|name| name.as_str().filter(|name| name.len() == 64)).unwrap();
    let copies = out.join("copies");
    let trace = json(&tocsin(&["trace", event, "--archive", path(&copies), "--json"]));
    let steps = trace["steps"].as_array().unwrap().iter().map(|step| step["what"].as_str().unwrap().to_owned());
    let steps = steps.collect::<Vec<_>>();
    for step in ["signed", "admitted", "final", "a deadline passed", "anchored in cn.32"] {
        assert!(steps.iter().any(|what| what == step), "{step} is not in {steps:?}");
    }
    assert_eq!((&trace["member"], &trace["outcome"]), (&"city-hospital".into(), &"open".into()));

    // Before the deadline the city knew the open reports and no alert; an hour before, nothing. What became final in the
    // last second before the clock jumped is in no header's certificate of that second.
    let as_of =
        |time: &str| json(&tocsin(&["as-of", time, "--chain", "cn.32.01", "--archive", path(&copies), "--json"]));
    let before = as_of("2021-07-20T08:30:00Z");
    assert!((1..=5).contains(&before["open"].as_array().unwrap().len()), "{before}");
    assert_eq!(before["alerts"].as_array().unwrap().len(), 0, "{before}");
    assert_eq!(as_of("2021-07-20T07:00:00Z")["size"], 0);
    let after = as_of("2021-07-20T12:00:00Z");
    assert_eq!(after["open"].as_array().unwrap().len(), 5, "{after}");
    assert_eq!(after["alerts"].as_array().unwrap().len(), 5, "{after}");

    // Every receipt was kept in the true copy; in the doctored one nothing can be played any more, and the audit says so.
    let receipts = out.join("receipts.json");
    let receipt = ["evidence", "receipt", path(&receipts), "--chain", "cn.32.01", "--json", "--archive"];
    let kept = tocsin(&[&receipt[..], &[path(&copies)]].concat());
    assert!(kept.status.success());
    let verdicts = String::from_utf8(kept.stdout).unwrap();
    let verdicts = verdicts.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["verdict"].clone());
    assert_eq!(verdicts.collect::<Vec<_>>(), ["kept"; 5]);
    let doctored = out.join("doctored");
    assert!(!tocsin(&[&receipt[..], &[path(&doctored)]].concat()).status.success());
    let audit = tocsin(&["audit", path(&doctored), "--json"]);
    assert!(!audit.status.success());
    let report = json(&audit);
    assert!(report["problems"].as_array().unwrap().iter().any(|problem| problem["who"] == "city-commission"));
    assert!(tocsin(&["audit", path(&copies), "--json"]).status.success());

    crate::copies::only_what_is_final_is_believed(&copies, &receipts, event);
    crate::copies::the_audit_misses_no_part(&copies);
    crate::copies::a_genesis_from_elsewhere_is_asked_for(&copies, &receipts, event);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_deadline_nobody_above_hears_of_it() {
    let dir = tempfile::tempdir().unwrap();
    let town = tocsin::drill::TOWN.replace("deadline_ms = 7200000", "deadline_ms = 0");
    let out = dir.path().to_owned();
    let shown = tokio::task::spawn_blocking(move || {
        tocsin::house::runtime().unwrap().block_on(tocsin::drill::suppress::run(&town, &out))
    });
    let shown = shown.await.unwrap().unwrap();
    assert!(!shown.caught && shown.named.is_empty(), "{shown:?}");
}

/// Seen to fail with the byte put back before each look: nothing is named then, and the drill says so.
#[test]
fn every_change_of_stored_bytes_is_named() {
    let drill = tocsin(&["drill", "tamper", "--json"]);
    let shown = json(&drill);
    assert!(drill.status.success(), "{shown}");
    assert_eq!((&shown["caught"], shown["named"].as_array().unwrap().len()), (&true.into(), 4));
}
