//! Copies that somebody has changed, and what the offline tools say of them. The copies are those of a drill: a province
//! and a city, with the receipts of what the city's hospital sent in.

use std::path::{Path, PathBuf};

use proof::block::Block;
use proof::leaf::Leaf;
use proof::sign::SecretKey;
use serde_json::Value;

use crate::place::{arg, output, text};

/// The chains of the copies.
const PROVINCE: &str = "cn.32";
const CITY: &str = "cn.32.01";

/// Copies a directory and all below it.
pub fn copy(from: &Path, to: &Path) -> PathBuf {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let to = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &to);
        } else {
            std::fs::copy(&path, &to).unwrap();
        }
    }
    to.to_owned()
}

/// The copy's file of blocks; a drill's chain has one.
fn blocks_file(chain: &Path) -> PathBuf {
    let files = std::fs::read_dir(chain.join("block/000.p")).unwrap();
    let files = files.map(|file| file.unwrap().path()).collect::<Vec<_>>();
    assert_eq!(files.len(), 1, "{files:?}");
    files[0].clone()
}

/// The frames of a file, each with its length of so many bytes before it.
fn frames(mut rest: &[u8], wide: usize) -> Vec<Vec<u8>> {
    let mut frames = Vec::new();
    while !rest.is_empty() {
        let length = rest[..wide].iter().fold(0, |length, byte| length << 8 | usize::from(*byte));
        let (frame, after) = rest.split_at(wide + length);
        frames.push(frame.to_vec());
        rest = after;
    }
    frames
}

/// Seals the last block of a copy with a key that nobody knows.
fn reseal(chain: &Path) {
    let file = blocks_file(chain);
    let mut frames = frames(&std::fs::read(&file).unwrap(), 4);
    let stranger = SecretKey::from_seed(&[77; 32]);
    let last = Block::from_bytes(&frames.pop().unwrap()[4..]).unwrap();
    let mut header = last.header;
    header.sealer = stranger.public();
    let mut out = frames.concat();
    proof::digest::put_lp(&mut out, &Block::seal(header, last.bundles, &stranger).to_bytes());
    std::fs::write(file, out).unwrap();
}

/// One object for each line that a command answers with `--json`, and whether it went well.
fn asked(arguments: &[&str]) -> (bool, Vec<Value>) {
    let output = output(arguments);
    let said = text(&output.stdout);
    let lines = serde_json::Deserializer::from_str(&said).into_iter::<Value>();
    let objects = lines.map(|line| line.unwrap_or_else(|error| panic!("{error}: {said}"))).collect::<Vec<_>>();
    assert!(!objects.is_empty(), "no object: {}", text(&output.stderr));
    (output.status.success(), objects)
}

/// Whatever asks an archive: what each says that is no answer.
fn refused(copies: &Path, receipts: &Path, event: &str) -> Vec<String> {
    let all = arg(copies);
    let asks: [&[&str]; 3] = [
        &["evidence", "receipt", arg(receipts), "--chain", CITY, "--archive", all, "--json"],
        &["as-of", "2021-07-20T12:00:00Z", "--chain", CITY, "--archive", all, "--json"],
        &["trace", event, "--archive", all, "--json"],
    ];
    let said = asks.map(|ask| {
        let (well, objects) = asked(ask);
        assert!(!well && objects.len() == 1, "{ask:?} of {all} was believed: {objects:?}");
        objects[0]["error"].as_str().unwrap_or_else(|| panic!("{ask:?}: {objects:?}")).to_owned()
    });
    said.into()
}

/// Seen to fail: before the checkpoint and the blocks' sealers were asked after, a receipt was `kept` with a checkpoint that was
/// missing, with and without a last block of a stranger's seal, empty, another chain's, or short of a cosignature.
pub fn only_what_is_final_is_believed(copies: &Path, receipts: &Path, event: &str) {
    let dir = tempfile::tempdir().unwrap();
    let made = |name: &str| copy(copies, &dir.path().join(name));
    let each = |copies: &Path, says: &str| {
        for said in refused(copies, receipts, event) {
            assert!(said.contains(says) && said.contains(arg(copies)), "{said} does not say {says}");
        }
    };
    let resealed = made("resealed");
    reseal(&resealed.join(CITY));
    each(&resealed, "who may not");

    let missing = made("missing");
    let checkpoint = missing.join(CITY).join("checkpoint");
    std::fs::remove_file(&checkpoint).unwrap();
    each(&missing, "checkpoint is missing");
    reseal(&missing.join(CITY));
    each(&missing, "checkpoint is missing");
    std::fs::write(&checkpoint, "").unwrap();
    each(&missing, "checkpoint is no certificate");
    std::fs::copy(copies.join(PROVINCE).join("checkpoint"), &checkpoint).unwrap();
    each(&missing, "checkpoint is of tocsin/cn.32/");
    std::fs::remove_file(&checkpoint).unwrap();
    std::fs::create_dir(&checkpoint).unwrap();
    each(&missing, "remove it and export again");

    // One cosignature too few.
    let poor = made("poor");
    let checkpoint = poor.join(CITY).join("checkpoint");
    let note = std::fs::read_to_string(&checkpoint).unwrap();
    std::fs::write(&checkpoint, note.trim_end().rsplit_once('\n').unwrap().0.to_owned() + "\n").unwrap();
    each(&poor, "is not final");

    let cut = made("cut");
    let file = blocks_file(&cut.join(CITY));
    let bytes = std::fs::read(&file).unwrap();
    std::fs::write(&file, &bytes[..bytes.len() - 10]).unwrap();
    each(&cut, "ends within a block");
}

/// What an audit of `dir` says: whether it went well, and the object.
fn audited(dir: &Path, more: &[&str]) -> (bool, Value) {
    let (well, mut objects) = asked(&[&["audit", arg(dir), "--json"], more].concat());
    assert_eq!(objects.len(), 1);
    let report = objects.remove(0);
    assert_eq!(report["ok"], well, "{report}");
    (well, report)
}

/// The only problem of a copy: where and what.
fn problem(dir: &Path, more: &[&str]) -> (String, String) {
    let (_, report) = audited(dir, more);
    let [problem] = report["problems"].as_array().unwrap().as_slice() else { panic!("{report}") };
    assert_eq!(problem["who"], "", "anybody may have changed a copy: {report}");
    (problem["where"].as_str().unwrap().to_owned(), problem["what"].as_str().unwrap().to_owned())
}

/// Makes a copy an old one: what the first final checkpoint that a block's header holds vouches for, and nothing after it.
/// Gives that size.
fn shorten(chain: &Path) -> u64 {
    let file = blocks_file(chain);
    let blocks = frames(&std::fs::read(&file).unwrap(), 4);
    let certificate =
        blocks.iter().find_map(|block| Block::from_bytes(&block[4..]).unwrap().header.certificate).unwrap();
    let size = usize::try_from(certificate.checkpoint.size).unwrap();
    let only = |path: &str| std::fs::read_dir(chain.join(path)).unwrap().next().unwrap().unwrap().path();
    let narrower = |path: &str, width: usize, bytes: Vec<u8>| {
        std::fs::remove_file(only(path)).unwrap();
        std::fs::write(chain.join(path).join(width.to_string()), bytes).unwrap();
    };
    let entries = frames(&std::fs::read(only("tile/entries/000.p")).unwrap(), 2);
    let Some(Leaf::Block(end)) = Leaf::from_bytes(&entries[size - 1][2..]) else { panic!("no end of a block") };
    let height = usize::try_from(end.height).unwrap();
    narrower("tile/entries/000.p", size, entries[..size].concat());
    let hashes = std::fs::read(only("tile/0/000.p")).unwrap();
    narrower("tile/0/000.p", size, hashes[..32 * size].to_vec());
    narrower("block/000.p", height, blocks[..height].concat());
    std::fs::write(chain.join("checkpoint"), certificate.text()).unwrap();
    certificate.checkpoint.size
}

/// Seen to fail: before, the copies with a withheld tail and without a city had `no problem`.
pub fn the_audit_misses_no_part(copies: &Path) {
    let dir = tempfile::tempdir().unwrap();
    let made = |name: &str| copy(copies, &dir.path().join(name));
    let trusted = dir.path().join("trusted.toml");
    std::fs::copy(copies.join(PROVINCE).join("genesis.toml"), &trusted).unwrap();
    let by = ["--genesis", arg(&trusted)];

    let (well, report) = audited(copies, &by);
    let chains = report["chains"].as_array().unwrap();
    assert!(well && chains.len() == 2, "{report}");
    for (chain, path) in chains.iter().zip([PROVINCE, CITY]) {
        let note = std::fs::read_to_string(copies.join(path).join("checkpoint")).unwrap();
        assert_eq!(
            (chain["chain"].as_str(), chain["size"].to_string().as_str()),
            (Some(path), note.lines().nth(1).unwrap())
        );
        assert!(chain["events"].as_u64() > Some(0) && chain["root"].as_str().unwrap().len() == 64, "{report}");
    }
    let said = text(&output(&["audit", arg(copies)]).stdout);
    assert!(said.contains(&format!("{CITY}: ")) && said.contains("leaves with root"), "{said}");

    let old = made("old");
    let size = shorten(&old.join(CITY));
    assert!(audited(&old.join(CITY), &[]).0, "an old copy is sound in itself");
    let (place, what) = problem(&old, &[]);
    assert_eq!(place, format!("{CITY}: log"));
    assert!(what.starts_with(&format!("the copy ends at {size} leaves, {PROVINCE} anchored ")), "{what}");

    let without = made("without");
    std::fs::remove_dir_all(without.join(CITY)).unwrap();
    let (place, what) = problem(&without, &by);
    assert!(place == format!("{CITY}: genesis.toml") && what.starts_with("missing: cn.32 names"), "{place} {what}");
    let (_, report) = audited(copies, &["--against", arg(&without)]);
    assert!(report.to_string().contains("holds no copy of this chain"), "{report}");

    let headless = made("headless");
    std::fs::remove_dir_all(headless.join(CITY).join("block")).unwrap();
    let (_, report) = audited(&headless.join(CITY), &[]);
    assert_eq!((&report["events"], &report["blocks"]), (&0.into(), &0.into()), "{report}");

    let swapped = made("swapped");
    std::fs::copy(blocks_file(&copies.join(PROVINCE)), blocks_file(&swapped.join(CITY))).unwrap();
    let (_, report) = audited(&swapped.join(CITY), &[]);
    let nobody = report["problems"].as_array().unwrap().iter().filter(|one| one["who"] == "").count();
    assert!(nobody <= 2, "one for the blocks, one for those behind its end: {report}");

    let broken = made("broken");
    std::fs::remove_file(broken.join(CITY).join("checkpoint")).unwrap();
    std::fs::create_dir(broken.join(CITY).join("checkpoint")).unwrap();
    let (place, what) = problem(&broken, &[]);
    assert!(place == format!("{CITY}: checkpoint") && what.contains("remove it and export again"), "{place} {what}");
    let (place, what) = problem(&dir.path().join("nowhere"), &[]);
    assert!(place.ends_with("nowhere") && what.contains("nowhere"), "{place} {what}");
    let export = output(&["export", arg(&trusted), "--api", "http://127.0.0.1:1"]);
    let said = text(&export.stderr);
    assert!(!export.status.success() && said.contains("trusted.toml is no directory"), "{said}");
}

/// The genesis from elsewhere is held against the copy by every command that asks one, and the copy's end is said.
pub fn a_genesis_from_elsewhere_is_asked_for(copies: &Path, receipts: &Path, event: &str) {
    let dir = tempfile::tempdir().unwrap();
    let trusted = dir.path().join("trusted.toml");
    let own = std::fs::read_to_string(copies.join(PROVINCE).join("genesis.toml")).unwrap();
    std::fs::write(&trusted, &own).unwrap();
    // The same in words, not in bytes.
    let other = dir.path().join("other.toml");
    std::fs::write(&other, own + "\n").unwrap();
    let (all, receipts) = (arg(copies), arg(receipts));
    let asks: [&[&str]; 3] = [
        &["evidence", "receipt", receipts, "--chain", CITY, "--archive", all, "--json"],
        &["as-of", "2099-07-20T12:00:00Z", "--chain", CITY, "--archive", all, "--json"],
        &["trace", event, "--archive", all, "--json"],
    ];
    for ask in asks {
        let by = |genesis: &Path| asked(&[ask, &["--genesis", arg(genesis)]].concat());
        assert!(by(&trusted).0, "{ask:?}");
        let (well, said) = by(&other);
        assert!(!well && said[0]["error"].as_str().unwrap().contains("byte for byte"), "{ask:?}: {said:?}");
    }
    let (_, known) = asked(asks[1]);
    assert_eq!(known[0]["after_copy"], true, "{known:?}");
    let said = text(&output(&asks[1][..asks[1].len() - 1]).stdout);
    assert!(
        said.contains(&format!("the copy ends with what was final at {}", known[0]["copy_ends"].as_str().unwrap()))
    );

    // Copied before the hospital sent anything: the promise runs on where the copy ends.
    let early = copy(copies, &dir.path().join("early"));
    let size = shorten(&early.join(CITY));
    let (well, open) = asked(&["evidence", "receipt", receipts, "--chain", CITY, "--archive", arg(&early), "--json"]);
    assert!(well, "{open:?}");
    let open = open.iter().filter(|found| found["verdict"] == "open").collect::<Vec<_>>();
    assert!(!open.is_empty() && open.iter().all(|found| found["size"] == size), "{open:?}");
    let said = text(&output(&["evidence", "receipt", receipts, "--chain", CITY, "--archive", arg(&early)]).stdout);
    assert!(said.contains("s before the promise runs out") && said.contains("there the copy ends"), "{said}");
}
