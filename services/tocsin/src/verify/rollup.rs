//! `tocsin verify --rollup`: what is a total the sum of, and does the sum close? By the top chain's genesis alone.
//!
//! The children that the genesis names must be among the parts; chains admitted later, or further down, are asked for by
//! name (`--child`). A part whose chain is not broken down is believed by the word of its own cosigners, which its
//! parent's log holds.

use std::path::Path;

use anyhow::{Context, bail, ensure};
use domain::chain::ChainPath;
use domain::genesis::Genesis;
use domain::time::Millis;
use proof::leaf::Counts;
use proof::rollup::{CLASSIFICATIONS, RollupError, RollupProof, VerifiedLevel, VerifiedRollup};
use serde_json::{Map, Value, json};

use super::{read_genesis, say, trust};

/// Reads both files and checks every sum; the error names those that do not close.
pub fn run(file: &Path, genesis: &Path, children: &[String], json: bool) -> anyhow::Result<()> {
    let genesis = read_genesis(genesis)?;
    let text = std::fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))?;
    let verified = verify(&text, &genesis, children)?;
    say(&explain(&verified), &shown(&verified), json);
    Ok(())
}

/// Checks a roll-up's text against the top chain's genesis.
pub fn verify(text: &str, genesis: &Genesis, children: &[String]) -> anyhow::Result<VerifiedRollup> {
    children.iter().try_for_each(|child| below(genesis, child))?;
    let proof = RollupProof::parse(text).context("format: this is not a roll-up proof as it was given out")?;
    let named = genesis.children.iter().map(|child| child.chain.as_str());
    let must = named.chain(children.iter().map(String::as_str)).collect::<Vec<_>>();
    match proof.verify(&trust(genesis), &wire::anchored, &wire::summed, &must) {
        Ok(verified) => Ok(verified),
        Err(RollupError::Gaps(gaps)) => bail!("the sum does not close: {gaps}"),
        Err(fault) => bail!("{fault}"),
    }
}

/// Refuses what can be no part of the sum whatever the file says.
fn below(genesis: &Genesis, child: &str) -> anyhow::Result<()> {
    let top = &genesis.chain;
    let path =
        ChainPath::parse(child).with_context(|| format!("--child {child:?} is no chain path, such as {top}.99"))?;
    ensure!(path != *top && top.covers(&path), "--child {child} is not below {top}, whose genesis this is");
    Ok(())
}

fn explain(verified: &VerifiedRollup) -> String {
    let mut out =
        format!("verified: {} of {}\n", verified.disease, verified.levels.first().map_or("", |top| &top.chain));
    for level in &verified.levels {
        out += &format!("  {}: {}\n", level.chain, words(&level.sum.total));
        if level.sum.own != [0; 5] {
            out += &format!("    its own: {}\n", words(&level.sum.own));
        }
        for part in &level.sum.parts {
            out += &format!("    {}: {}\n", part.child, words(&part.counts));
        }
    }
    out += &format!("  final since {} by the cosigners of the genesis\n", Millis(verified.time_s.saturating_mul(1000)));
    out
}

/// The counts that are not zero.
fn words(counts: &Counts) -> String {
    let counted = CLASSIFICATIONS.iter().zip(counts).filter(|(_, count)| **count > 0);
    let words = counted.map(|(class, count)| format!("{count} {class}")).collect::<Vec<_>>();
    if words.is_empty() { "none".to_owned() } else { words.join(", ") }
}

/// The same for programs.
fn shown(verified: &VerifiedRollup) -> Value {
    let figures = |counts: &Counts| -> Value {
        let named = CLASSIFICATIONS.iter().zip(counts);
        named.map(|(class, count)| ((*class).to_owned(), Value::from(*count))).collect::<Map<_, _>>().into()
    };
    let level = |level: &VerifiedLevel| {
        let parts = level.sum.parts.iter().map(|part| json!({ "chain": part.child, "counts": figures(&part.counts) }));
        json!({
            "chain": level.chain,
            "total": figures(&level.sum.total),
            "own": figures(&level.sum.own),
            "parts": parts.collect::<Value>(),
        })
    };
    json!({
        "verified": true,
        "disease": verified.disease,
        "chains": verified.levels.iter().map(level).collect::<Value>(),
        "final_since": Millis(verified.time_s.saturating_mul(1000)).to_string(),
    })
}
