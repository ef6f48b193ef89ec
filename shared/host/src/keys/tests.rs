//! Rings, their files and what follows a changed file.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::stop::Stop;

#[test]
fn a_saved_ring_loads_and_is_not_overwritten() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("cdc.toml");
    let ring = KeyRing::generate("nanjing-cdc").unwrap();
    assert_eq!(ring.public().len(), KeyClass::ALL.len());
    ring.save(&path).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
    let loaded = KeyRing::load(&path).unwrap();
    assert_eq!((loaded.member.as_str(), loaded.public()), ("nanjing-cdc", ring.public()));
    assert_eq!(ring.save(&path).unwrap_err().code, Code::Config);
}

#[test]
fn several_keys_of_a_class_are_a_list_and_a_single_one_is_a_text() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("cdc.toml");
    let ring = KeyRing::generate("cdc").unwrap();
    ring.save(&path).unwrap();
    let first = ring.secret(KeyClass::Sealer).unwrap().public();
    let second = ring.add(KeyClass::Sealer).unwrap();
    ring.replace(&path).unwrap();
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains("sealer = [\"") && text.contains("author = \""), "{text}");
    assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
    let loaded = KeyRing::load(&path).unwrap();
    assert_eq!(loaded.public()[&KeyClass::Sealer], [first, second]);
    assert_eq!(loaded.secret_of(KeyClass::Sealer, &second).unwrap().public(), second);
    assert!(loaded.secret_of(KeyClass::Author, &second).is_none());
}

#[tokio::test]
async fn a_ring_follows_its_file_and_a_broken_file_takes_no_key_away() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("cdc.toml");
    KeyRing::generate("cdc").unwrap().save(&path).unwrap();
    let (ring, stop) = (Arc::new(KeyRing::load(&path).unwrap()), Stop::new());
    follow(Arc::clone(&ring), path.clone(), stop.clone()).unwrap();
    let edited = KeyRing::load(&path).unwrap();
    let added = edited.add(KeyClass::Client).unwrap();
    edited.replace(&path).unwrap();
    let ends = tokio::time::Instant::now() + Duration::from_secs(20);
    while ring.secret_of(KeyClass::Client, &added).is_none() {
        assert!(tokio::time::Instant::now() < ends, "the new key was not taken in");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    fs::write(&path, "member = 'other'\n[keys]\n").unwrap();
    assert_eq!(ring.reload(&path).unwrap_err().code, Code::Config, "another member's keys");
    assert!(ring.secret_of(KeyClass::Client, &added).is_some());
    stop.set();
}

#[test]
fn a_file_that_others_may_read_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("cdc.toml");
    KeyRing::generate("cdc").unwrap().save(&path).unwrap();
    for mode in [0o644, 0o640, 0o604, 0o610] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let refusal = KeyRing::load(&path).unwrap_err();
        assert_eq!((refusal.code, refusal.field), (Code::Config, "keys"), "{mode:o}");
    }
    fs::set_permissions(&path, fs::Permissions::from_mode(0o400)).unwrap();
    assert!(KeyRing::load(&path).is_ok());
}

#[test]
fn bad_files_are_refused_without_repeating_them() {
    let seed = "5a".repeat(32);
    let bad = [
        format!("member = 'a'\n[keys]\nauthor = '{seed}'\nclient = '{seed}'"),
        format!("member = 'a'\n[keys]\nauthor = ['{seed}', '{seed}']"),
        format!("member = 'a'\n[keys]\npilot = '{seed}'"),
        format!("member = 'a'\nmore = 1\n[keys]\nauthor = '{seed}'"),
        format!("member = 'A B'\n[keys]\nauthor = '{seed}'"),
        format!("member = 'a'\n[keys]\nauthor = '{seed}00'"),
        seed.clone(),
    ];
    for text in bad {
        let refusal = KeyRing::parse(&text).unwrap_err();
        assert_eq!(refusal.code, Code::Config, "{text}");
        assert!(!refusal.detail.contains(&seed), "{refusal}");
    }
}
