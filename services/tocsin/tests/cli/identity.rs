//! `tocsin keys` and `tocsin token`.

use std::os::unix::fs::MetadataExt as _;

use domain::genesis::KeyClass;
use host::clock::Clock;
use host::keys::KeyRing;

use crate::place::{MANAGER, Place, arg, assert_config, output, text};

#[test]
fn new_keys_are_private_printed_as_a_genesis_wants_them_and_never_overwritten() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("cdc.toml");
    let made = output(&["keys", "new", "--member", "cdc", "--out", arg(&file)]);
    assert!(made.status.success(), "{}", text(&made.stderr));
    assert_eq!(std::fs::metadata(&file).unwrap().mode() & 0o777, 0o600);
    let ring = KeyRing::load(&file).unwrap();
    let printed = text(&made.stdout);
    for (class, keys) in ring.public() {
        assert!(printed.contains(&format!("{} = [\"{}\"]\n", class.name(), keys[0])), "{printed}");
    }
    assert_eq!(text(&output(&["keys", "show", arg(&file)]).stdout), printed);

    let before = std::fs::read(&file).unwrap();
    assert_config(&output(&["keys", "new", "--member", "cdc", "--out", arg(&file)]), "never overwritten");
    assert_eq!(std::fs::read(&file).unwrap(), before);
}

#[test]
fn only_the_classes_that_were_asked_for_are_made() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("cdc.toml");
    let made = output(&["keys", "new", "--member", "cdc", "--out", arg(&file), "--class", "client,author"]);
    assert!(made.status.success(), "{}", text(&made.stderr));
    let ring = KeyRing::load(&file).unwrap();
    assert_eq!(ring.public().keys().copied().collect::<Vec<_>>(), [KeyClass::Author, KeyClass::Client]);
    let other = output(&["keys", "new", "--member", "cdc", "--out", "x", "--class", "pilot"]);
    assert_eq!(other.status.code(), Some(2));
    assert!(text(&other.stderr).contains("cosigner"), "it says which classes there are");
    assert_config(&output(&["keys", "new", "--member", "No Name", "--out", "x"]), "member");
}

#[test]
fn a_key_file_that_others_may_read_is_not_used() {
    let place = Place::new();
    let keys = place.path("nanjing-cdc.toml");
    std::fs::set_permissions(&keys, std::os::unix::fs::PermissionsExt::from_mode(0o640)).unwrap();
    assert_config(&output(&["keys", "show", arg(&keys)]), "chmod 600");
}

#[test]
fn a_token_is_believed_by_the_chain_and_made_for_members_only() {
    let place = Place::new();
    let (keys, genesis) = (place.path("nanjing-cdc.toml"), place.path("chain.toml"));
    let made = output(&["token", "--keys", arg(&keys), "--genesis", arg(&genesis), "--seconds", "60"]);
    let token = text(&made.stdout);
    let caller = host::token::verify(token.trim(), &place.genesis, Clock::wall().wall_now()).unwrap();
    assert_eq!(caller, MANAGER);

    let long = output(&["token", "--keys", arg(&keys), "--genesis", arg(&genesis), "--seconds", "301"]);
    assert_eq!(long.status.code(), Some(2));

    // Whose key counts now the doors know, not the genesis; a ring without a client key makes no token.
    let authors = place.path("authors.toml");
    KeyRing::generate_of(MANAGER, &[KeyClass::Author]).unwrap().save(&authors).unwrap();
    assert_config(&output(&["token", "--keys", arg(&authors), "--genesis", arg(&genesis)]), "keys.client");
}

#[test]
fn a_further_key_is_added_beside_the_old_one() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("cdc.toml");
    KeyRing::generate("cdc").unwrap().save(&file).unwrap();
    let before = KeyRing::load(&file).unwrap().public();
    let made = output(&["keys", "add", arg(&file), "--class", "sealer"]);
    assert!(made.status.success(), "{}", text(&made.stderr));
    let after = KeyRing::load(&file).unwrap().public();
    let sealers = &after[&KeyClass::Sealer];
    assert_eq!((sealers.len(), sealers[0]), (2, before[&KeyClass::Sealer][0]));
    assert_eq!(text(&made.stdout).trim(), sealers[1].to_string());
    assert_eq!(after.iter().filter(|(class, keys)| before[*class] != **keys).count(), 1, "the others stay");
    assert_eq!(std::fs::metadata(&file).unwrap().mode() & 0o777, 0o600);
}
