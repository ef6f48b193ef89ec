//! A roll-up proof as text, and back.

use std::fmt::Write as _;

use super::{AnchorStep, CLASSIFICATIONS, Figures, MAX_LEVELS, MAX_PARTS, MAX_TEXT_BYTES, RollupLevel, RollupProof};
use crate::checkpoint::is_name;
use crate::handover;
use crate::leaf::{Counts, MAX_LEAF_BYTES, ProvenLeaf};
use crate::lines::{FormatError, Lines, bytes, put_bytes, put_hashes};
use crate::proof_file::parse::{chain, event, index};

/// The first line.
const VERSION_LINE: &str = "tocsin-rollup@v1";

impl RollupProof {
    /// The proof's text.
    pub fn text(&self) -> String {
        let mut text = format!("{VERSION_LINE}\ndisease {}\n", self.disease);
        handover::text::write(&self.handovers, &mut text);
        for level in &self.levels {
            level.write(&mut text);
        }
        text.push_str(&self.certificate.text());
        text
    }

    /// The proof of that text, which is exactly what [`RollupProof::text`] gives.
    pub fn parse(text: &str) -> Result<Self, FormatError> {
        let mut lines = Lines::of(text, MAX_TEXT_BYTES, "longer than any roll-up")?;
        if lines.next()? != VERSION_LINE {
            return lines.error("the first line must be `tocsin-rollup@v1`");
        }
        let disease = lines.field("disease ", "`disease <code>`", name)?;
        let handovers = handover::text::read(&mut lines)?;
        let mut levels = Vec::new();
        while lines.rest.starts_with("chain ") {
            if levels.len() == MAX_LEVELS {
                return lines.unread("more than 512 chains");
            }
            levels.push(level(&mut lines)?);
        }
        if levels.is_empty() {
            return lines.unread("a `chain` line must follow");
        }
        Ok(RollupProof { disease, handovers, levels, certificate: lines.last_certificate()? })
    }
}

impl RollupLevel {
    /// The level's lines alone, as one ledger tells them to another.
    pub fn text(&self) -> String {
        let mut text = String::new();
        self.write(&mut text);
        text
    }

    /// The level of those lines, which are exactly what [`RollupLevel::text`] gives.
    pub fn parse(text: &str) -> Result<Self, FormatError> {
        let mut lines = Lines::of(text, MAX_TEXT_BYTES, "longer than any roll-up")?;
        let level = level(&mut lines)?;
        if lines.rest.is_empty() { Ok(level) } else { lines.unread("nothing must follow") }
    }

    fn write(&self, text: &mut String) {
        // Writing to a String cannot fail, here and below.
        let _ = writeln!(text, "chain {} {}", self.chain, self.chain_id);
        put_counts(text, "total", &self.figures.total);
        put_counts(text, "own", &self.figures.own);
        for (child, counts) in &self.figures.parts {
            put_counts(text, &format!("part {child}"), counts);
        }
        let _ = writeln!(text, "index {}", self.sum.index);
        put_bytes(text, "leaf", &self.sum.leaf);
        put_hashes(text, &self.sum.inclusion);
        for anchor in &self.anchors {
            let _ = writeln!(text, "anchor {}\nindex {}", anchor.child, anchor.index);
            put_bytes(text, "signed", &anchor.signed);
            put_bytes(text, "leaf", &anchor.leaf);
            put_hashes(text, &anchor.inclusion);
        }
    }
}

fn put_counts(text: &mut String, line: &str, counts: &Counts) {
    let [suspected, probable, confirmed, asymptomatic, discarded] = counts;
    let _ = writeln!(
        text,
        "{line} {suspected} suspected, {probable} probable, {confirmed} confirmed, {asymptomatic} asymptomatic, \
         {discarded} discarded"
    );
}

fn level(lines: &mut Lines) -> Result<RollupLevel, FormatError> {
    let (chain, chain_id) = chain(lines)?;
    let total = lines.field("total ", "`total` and the five counts", counts)?;
    let own = lines.field("own ", "`own` and the five counts", counts)?;
    let mut parts = Vec::new();
    while lines.rest.starts_with("part ") {
        if parts.len() == MAX_PARTS {
            return lines.unread("more than 512 parts");
        }
        parts.push(lines.field("part ", "`part <path>` and the five counts", |text| {
            let (child, text) = text.split_once(' ')?;
            Some((name(child)?, counts(text)?))
        })?);
    }
    let index = index(lines)?;
    let leaf = lines.field("leaf ", "`leaf <base64 of a roll-up leaf>`", |text| bytes(text, MAX_LEAF_BYTES))?;
    let sum = ProvenLeaf { leaf, index, inclusion: lines.hashes()? };
    let mut anchors = Vec::new();
    while lines.rest.starts_with("anchor ") {
        if anchors.len() == MAX_PARTS {
            return lines.unread("more than 512 anchors");
        }
        anchors.push(anchor(lines)?);
    }
    Ok(RollupLevel { chain, chain_id, figures: Figures { total, own, parts }, sum, anchors })
}

fn anchor(lines: &mut Lines) -> Result<AnchorStep, FormatError> {
    let child = lines.field("anchor ", "`anchor <path>`", name)?;
    let index = index(lines)?;
    let (signed, leaf) = event(lines)?;
    Ok(AnchorStep { child, signed, leaf, index, inclusion: lines.hashes()? })
}

fn name(text: &str) -> Option<String> {
    is_name(text).then(|| text.to_owned())
}

/// Five numbers, each with the name of its classification.
fn counts(text: &str) -> Option<Counts> {
    let mut parts = text.split(", ");
    let mut counts = [0; 5];
    for (count, class) in counts.iter_mut().zip(CLASSIFICATIONS) {
        let number = parts.next()?.strip_suffix(class)?.strip_suffix(' ')?;
        // Only the number as it is written back is taken: no sign, no leading zeroes.
        *count = number.parse().ok().filter(|count: &u64| count.to_string() == number)?;
    }
    parts.next().is_none().then_some(counts)
}
