//! `tocsin verify`: does a proof file hold, by the nation's genesis alone? No network, no clock. What kind of proof a file is
//! its first line says.

pub mod gift;
pub mod rollup;

use std::path::Path;

use anyhow::{Context, bail};
use domain::genesis::Genesis;
use domain::refusal::{Code, Refusal};
use domain::time::Millis;
use proof::leaf::OK;
use proof::proof_file::{Level, ProofFile, Trust, Verified};
use serde_json::{Value, json};

/// Reads both files and checks every step of an event's proof, or of a gift's; the error names the step that fails.
pub fn run(file: &Path, genesis: &Path, json: bool) -> anyhow::Result<()> {
    let genesis = read_genesis(genesis)?;
    let text = std::fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))?;
    let (lines, value) = if text.starts_with(proof::gift::VERSION_LINE) {
        let checked = gift::verify(&text, &genesis)?;
        (checked.text(), checked.json())
    } else {
        let verified = verify(&text, &genesis)?;
        (explain(&verified), shown(&verified))
    };
    say(&lines, &value, json);
    Ok(())
}

/// Prints what was verified, for people or for programs.
fn say(lines: &str, value: &Value, json: bool) {
    if json { println!("{value}") } else { print!("{lines}") }
}

/// Reads and checks a genesis file. What is wrong is `CONFIG` and says the file and the field.
pub fn read_genesis(file: &Path) -> anyhow::Result<Genesis> {
    let at = file.display();
    let refuse = |detail: String| Refusal::of(Code::Config, "genesis", detail);
    let bytes = std::fs::read(file).map_err(|error| refuse(format!("{at}: {error}")))?;
    wire::genesis::parse(&bytes).map_err(|refusal| match refusal.detail.contains(refusal.field) {
        true => refuse(format!("{at}: {}", refusal.detail)).into(),
        false => refuse(format!("{at}: {}: {}", refusal.field, refusal.detail)).into(),
    })
}

/// Checks a proof file's text against the top chain's genesis.
pub fn verify(text: &str, genesis: &Genesis) -> anyhow::Result<Verified> {
    let proof = ProofFile::parse(text).context("format: this is not a proof file as it was given out")?;
    match proof.verify(&trust(genesis), &|body| wire::anchored(body)) {
        Ok(verified) => Ok(verified),
        Err(fault) => bail!("{fault}"),
    }
}

/// Whom a reader of this genesis believes.
fn trust(genesis: &Genesis) -> Trust {
    Trust { chain: genesis.chain.to_string(), chain_id: genesis.chain_id, cosigners: genesis.cosigner_set() }
}

fn explain(verified: &Verified) -> String {
    let leaf = &verified.leaf;
    let result = match leaf.code {
        OK => "accepted by the rules".to_owned(),
        code => format!("refused with {}", Code::from_number(code).map_or("an unknown code", Code::text)),
    };
    let mut out = format!("verified: event {} was {result}\n", leaf.event);
    for level in &verified.levels {
        out += &format!(
            "  in the log of {} at index {} of {}, root {}\n",
            level.chain, level.index, level.checkpoint.size, level.checkpoint.root
        );
    }
    out += &format!("  final since {} by the cosigners of the genesis\n", Millis(verified.time_s.saturating_mul(1000)));
    out
}

/// The same for programs.
fn shown(verified: &Verified) -> Value {
    let leaf = &verified.leaf;
    let code = if leaf.code == OK { "OK" } else { Code::from_number(leaf.code).map_or("UNKNOWN", Code::text) };
    let log = |level: &Level| {
        let (size, root) = (level.checkpoint.size, level.checkpoint.root.to_string());
        json!({ "chain": level.chain, "index": level.index, "size": size, "root": root })
    };
    json!({
        "verified": true,
        "event_id": leaf.event.to_string(),
        "code": code,
        "logs": verified.levels.iter().map(log).collect::<Value>(),
        "final_since": Millis(verified.time_s.saturating_mul(1000)).to_string(),
    })
}
