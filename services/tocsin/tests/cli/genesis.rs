//! `tocsin genesis`: which field of a file is at fault.

use crate::place::{Place, arg, assert_config, output, text};

#[test]
fn a_good_file_gives_the_chains_id_and_a_bad_one_its_field() {
    let place = Place::new();
    let good = std::fs::read_to_string(place.path("chain.toml")).unwrap();
    let checked = output(&["genesis", arg(&place.path("chain.toml"))]);
    assert_eq!(text(&checked.stdout), format!("cn.32.01 {} q=3\n", place.genesis.chain_id));

    let bad = [
        ("regions = [\"320100\"]", "regions = []", "regions"),
        ("rules_version = 2", "rules_version = 9", "rules_version"),
        ("name = \"Nanjing\"", "name = \"Nanjing\"\nmotto = \"x\"", "motto"),
        ("node_role = \"management\"", "node_role = \"boss\"", "node_role"),
        ("id = \"nanjing-health\"", "id = \"nanjing-cdc\"", "members.id"),
        ("cosigner = true", "cosigner = \"yes\"", "cosigner"),
        ("n_of(1, epidemiologist)", "n_of(9, epidemiologist)", "policies"),
        ("chain = \"cn.32.01\"", "chain = \"CN\"", "chain"),
        ("chain = \"cn.32.01\"", "chain = ", "line 1"),
    ];
    for (from, to, field) in bad {
        assert!(good.contains(from), "{good}");
        let file = place.write("bad.toml", good.replacen(from, to, 1));
        assert_config(&output(&["genesis", arg(&file)]), field);
    }
    assert_config(&output(&["genesis", arg(&place.path("none.toml"))]), "none.toml");
}
