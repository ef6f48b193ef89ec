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
    assert_eq!(ring.secrets.keys().copied().collect::<Vec<_>>(), [KeyClass::Author, KeyClass::Client]);
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

    let stranger = place.path("stranger.toml");
    KeyRing::generate("stranger").unwrap().save(&stranger).unwrap();
    assert_config(&output(&["token", "--keys", arg(&stranger), "--genesis", arg(&genesis)]), "no member of cn.32.01");

    let forged = place.path("forged.toml");
    KeyRing::generate(MANAGER).unwrap().save(&forged).unwrap();
    assert_config(&output(&["token", "--keys", arg(&forged), "--genesis", arg(&genesis)]), "keys.client");
}
