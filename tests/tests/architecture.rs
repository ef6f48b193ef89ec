//! The architecture as a test: who may use whom, where names may stand, what the documents point at. It reads files and
//! builds nothing; it does not judge whether the code is good.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test panics")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// A file longer than this holds more than one meaning.
const MAX_LINES: usize = 500;

/// What a layer must never link, beside everything below it (the "must not know" of `ARCHITECTURE.md`).
const MUST_NOT_KNOW: &[(&str, &[&str])] = &[
    ("proof", &["prost", "serde", "serde_json", "fjall", "tokio", "actix", "actix-web", "async-nats", "getrandom"]),
    (
        "domain",
        &["prost", "serde", "serde_json", "toml", "fjall", "tokio", "actix", "actix-web", "async-nats", "getrandom"],
    ),
    (
        "epidemiology",
        &["prost", "serde", "serde_json", "toml", "fjall", "tokio", "actix", "actix-web", "async-nats", "getrandom"],
    ),
    (
        "planning",
        &["prost", "serde", "serde_json", "toml", "fjall", "tokio", "actix", "actix-web", "async-nats", "getrandom"],
    ),
    ("wire", &["fjall", "tokio", "actix", "actix-web", "async-nats"]),
    ("journal", &["proof", "domain", "wire", "prost", "serde", "serde_json", "async-nats", "actix"]),
    ("bus", &["proof", "domain", "journal", "prost", "fjall", "actix", "actix-web"]),
];

/// The flows of the subject grammar `tocsin.<flow>.<what>.<chain path>`.
const FLOWS: &[&str] = &["intake", "block", "cosign", "admit", "ledger", "alert"];

/// The one file that names subjects.
const SUBJECTS: &str = "shared/wire/src/subject.rs";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn toml_of(path: &Path) -> toml::Table {
    read(path).parse().unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The member folders in the order of the root manifest.
fn members() -> Vec<String> {
    let manifest = toml_of(&root().join("Cargo.toml"));
    let list = manifest["workspace"]["members"].as_array().unwrap();
    list.iter().map(|member| member.as_str().unwrap().to_owned()).collect()
}

/// Folder -> crate name.
fn crate_name(folder: &str) -> &str {
    folder.rsplit('/').next().unwrap()
}

/// The names a manifest depends on in the given tables, also under `target.*`.
fn dependencies(manifest: &toml::Table, tables: &[&str]) -> Vec<String> {
    let mut holders = vec![manifest];
    if let Some(targets) = manifest.get("target").and_then(toml::Value::as_table) {
        holders.extend(targets.values().filter_map(toml::Value::as_table));
    }
    let listed = holders.iter().flat_map(|holder| tables.iter().filter_map(|table| holder.get(*table)));
    listed.filter_map(toml::Value::as_table).flat_map(|table| table.keys().cloned()).collect()
}

/// Complaints about one crate: a dependency on a crate that is not above it, or of a service on a service.
fn wrong_way(members: &[String], folder: &str, uses: &[String]) -> Vec<String> {
    let place = |name: &str| members.iter().position(|member| crate_name(member) == name);
    let own = place(crate_name(folder)).unwrap();
    let joins_all = matches!(folder, "services/tocsin" | "tests");
    let mut complaints = Vec::new();
    for used in uses {
        let Some(at) = place(used) else { continue };
        if at >= own {
            complaints.push(format!("{folder} uses {used}, which is not above it in the member list"));
        }
        if members[at].starts_with("services/") && !joins_all {
            complaints.push(format!("{folder} uses the service {used}; only services/tocsin and tests may"));
        }
    }
    complaints
}

/// Every file below `folder` with this ending, sorted; build output is not ours.
fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for path in entries.map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                open.push(path);
            } else if path.to_string_lossy().ends_with(ending) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn sources() -> Vec<PathBuf> {
    members().iter().flat_map(|member| files(&root().join(member).join("src"), ".rs")).collect()
}

fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap().to_string_lossy().into_owned()
}

/// Lines of code (not comments) that spell a subject. Protobuf packages (`tocsin.ledger.v1`) and CloudEvents types
/// (`tocsin.alert.warning`) are not subjects: they name a thing and go nowhere.
fn subject_lines(text: &str) -> Vec<usize> {
    let names_one = |line: &str| {
        line.match_indices("tocsin.").any(|(at, found)| {
            let rest = line[at + found.len()..].split('"').next().unwrap();
            rest.split_once('.').is_some_and(|(flow, tail)| {
                let goes_somewhere = tail.starts_with('>') || tail.contains('.');
                FLOWS.contains(&flow) && !tail.starts_with("v1") && goes_somewhere
            })
        })
    };
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//") && names_one(line));
    lines.map(|(number, _)| number + 1).collect()
}

/// The repository paths a document names in backticks. A template such as `services/<x>/src` counts up to its `<`.
fn paths_named(text: &str, tops: &[String]) -> Vec<String> {
    let mut named = Vec::new();
    let mut fenced = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
            continue;
        }
        if fenced {
            continue;
        }
        for word in line.split('`').skip(1).step_by(2) {
            let word = word.split(['<', '*', '{']).next().unwrap();
            let top = word.split('/').next().unwrap();
            let is_file = word.ends_with(".md") || word.ends_with(".toml") || word == "Makefile";
            let plain = word.bytes().all(|b| b.is_ascii_alphanumeric() || b"/._-".contains(&b));
            if plain && (word.contains('/') && tops.iter().any(|name| name == top) || is_file && !word.contains('/')) {
                let end = if word.ends_with(['-', '_']) { word.rfind('/').unwrap_or(0) } else { word.len() };
                named.push(word[..end].to_owned());
            }
        }
    }
    named
}

#[test]
fn a_crate_uses_only_crates_above_it() {
    let members = members();
    let mut complaints = Vec::new();
    for folder in &members {
        let manifest = toml_of(&root().join(folder).join("Cargo.toml"));
        assert_eq!(
            manifest["package"]["name"].as_str(),
            Some(crate_name(folder)),
            "{folder} is named after its folder"
        );
        let uses = dependencies(&manifest, &["dependencies", "dev-dependencies", "build-dependencies"]);
        complaints.extend(wrong_way(&members, folder, &uses));
        let linked = dependencies(&manifest, &["dependencies"]);
        for (name, banned) in MUST_NOT_KNOW.iter().filter(|(name, _)| *name == crate_name(folder)) {
            let known = linked.iter().filter(|used| banned.contains(&used.as_str()));
            complaints.extend(known.map(|used| format!("{name} must not know {used}")));
        }
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

#[test]
fn the_check_of_directions_can_fail() {
    let members = ["shared/proof", "shared/bus", "services/ledger", "services/alerts", "services/tocsin", "tests"];
    let members = members.map(str::to_owned).to_vec();
    let complaints = |folder: &str, used: &str| wrong_way(&members, folder, &[used.to_owned()]).len();
    assert_eq!(complaints("shared/proof", "bus"), 1, "upwards");
    assert_eq!(complaints("shared/bus", "bus"), 1, "itself");
    assert_eq!(complaints("services/alerts", "ledger"), 1, "a service uses a service");
    assert_eq!(complaints("services/alerts", "bus"), 0);
    assert_eq!(complaints("services/tocsin", "ledger"), 0);
    assert_eq!(complaints("tests", "tocsin"), 0);
    assert_eq!(complaints("services/alerts", "serde"), 0, "not ours");
}

#[test]
fn every_folder_of_crates_is_a_member() {
    let members = members();
    for top in ["shared", "services"] {
        for manifest in files(&root().join(top), "Cargo.toml") {
            let folder = shown(manifest.parent().unwrap());
            assert!(members.contains(&folder), "{folder} is not in the member list");
        }
    }
}

#[test]
fn subjects_are_named_in_one_file() {
    assert!(root().join(SUBJECTS).exists(), "{SUBJECTS} is the one list");
    let mut places = Vec::new();
    for path in sources().into_iter().filter(|path| shown(path) != SUBJECTS) {
        places.extend(subject_lines(&read(&path)).into_iter().map(|line| format!("{}:{line}", shown(&path))));
    }
    assert!(places.is_empty(), "subjects are made in {SUBJECTS} only, but stand in\n{}", places.join("\n"));
    let text = "// tocsin.alert.red.cn\nlet a = \"tocsin.alert.red.cn\";\ninclude!(\"tocsin.ledger.v1.rs\");\n\
                format!(\"tocsin.alert.{}\", kind.name());\n(\"tocsin.alert.>\", 1);\n";
    assert_eq!(subject_lines(text), [2, 5], "the check itself");
}

#[test]
fn no_file_is_too_long_and_every_module_says_what_it_is() {
    let mut complaints = Vec::new();
    for path in sources() {
        let text = read(&path);
        let lines = text.lines().count();
        if lines > MAX_LINES {
            complaints.push(format!("{} has {lines} lines, over {MAX_LINES}: split it by meaning", shown(&path)));
        }
        // A test module is introduced where it is declared; its tests say the rest.
        let tests_only = path.file_name().is_some_and(|name| name == "tests.rs");
        if !tests_only && !text.starts_with("//!") {
            complaints.push(format!("{} does not begin with `//!`", shown(&path)));
        }
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

#[test]
fn every_path_the_documents_name_exists() {
    let root = root();
    let entries = fs::read_dir(&root).unwrap().map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned());
    // A fresh clone has no build output, so a document may name it without it being there.
    let ignored = read(&root.join(".gitignore"));
    let tops: Vec<String> = entries.filter(|name| !ignored.lines().any(|line| line == format!("/{name}"))).collect();
    let mut missing = Vec::new();
    let mut named = 0;
    let mut documents =
        ["README.md", "ARCHITECTURE.md", "SECURITY.md", "CHANGELOG.md"].map(|name| root.join(name)).to_vec();
    documents.extend(files(&root.join("docs"), ".md"));
    for document in documents {
        for path in paths_named(&read(&document), &tops) {
            named += 1;
            // A decision may name its neighbours as they stand beside it.
            if !root.join(&path).exists() && !document.with_file_name(&path).exists() {
                missing.push(format!("{} names {path}", shown(&document)));
            }
        }
    }
    assert!(missing.is_empty(), "these paths do not exist:\n{}", missing.join("\n"));
    assert!(named > 20, "only {named} paths found: the documents or this check have changed their form");
    let found = paths_named(
        "`shared/x.rs` and `a/b`, `services/<x>/src`, `Z.md`\n```\n`shared/y`\n```",
        &["shared".into(), "services".into()],
    );
    assert_eq!(found, ["shared/x.rs", "services/", "Z.md"], "the check itself");
}

#[test]
fn proto_packages_mirror_their_folders() {
    let protos = files(&root().join("proto"), ".proto");
    assert!(!protos.is_empty());
    for path in protos {
        let folder = shown(path.parent().unwrap());
        let package = folder.trim_start_matches("proto/").replace('/', ".");
        assert!(
            read(&path).contains(&format!("\npackage {package};")),
            "{} should be in package {package}",
            shown(&path)
        );
    }
}

#[test]
fn every_service_is_deployed_under_its_own_name() {
    let compose = read(&root().join("deploy/compose.yaml"));
    let mut deployed = BTreeMap::new();
    for folder in members().iter().filter(|folder| folder.starts_with("services/") && *folder != "services/tocsin") {
        let name = crate_name(folder).to_owned();
        let manifest = root().join("k8s/base").join(format!("{name}.yaml"));
        deployed.insert(name.clone(), manifest.exists() && compose.contains(&format!("\n  {name}:\n")));
    }
    let absent: Vec<_> = deployed.iter().filter(|(_, there)| !**there).map(|(name, _)| name).collect();
    assert!(absent.is_empty(), "no manifest in k8s/base or no entry in deploy/compose.yaml: {absent:?}");
}
