//! A gift's proof as text, and back.

use std::fmt::Write as _;

use super::sums::NAMES;
use super::{GiftEvent, GiftProof, MAX_EVENTS, MAX_GENESIS_BYTES, MAX_GIFTS, MAX_TEXT_BYTES, Sums};
use crate::checkpoint::{is_name, number};
use crate::digest::Digest;
use crate::handover;
use crate::lines::{FormatError, Lines, bytes, put_bytes, put_hashes};
use crate::proof_file::{MAX_STEPS, parse};

/// The first line, by which a reader tells it from other proofs.
pub const VERSION_LINE: &str = "tocsin-gift@v1";

impl GiftProof {
    /// The proof's text.
    pub fn text(&self) -> String {
        let room = self.events.iter().map(|event| 512 + event.signed.len() * 4 / 3 + 45 * event.inclusion.len());
        let mut text = String::with_capacity(8192 + self.genesis.len() * 4 / 3 + room.sum::<usize>());
        // Writing to a String cannot fail, here and below.
        let _ = writeln!(text, "{VERSION_LINE}");
        for (gift, sums) in &self.gifts {
            let _ = writeln!(text, "gift {gift}\nsums {sums}");
        }
        handover::text::write(&self.handovers, &mut text);
        let _ = writeln!(text, "log {} {}", self.chain, self.chain_id);
        put_bytes(&mut text, "genesis", &self.genesis);
        for event in &self.events {
            let _ = writeln!(text, "event {}", event.index);
            if let Some(member) = &event.member {
                let _ = writeln!(text, "member {member}");
            }
            put_bytes(&mut text, "signed", &event.signed);
            put_bytes(&mut text, "leaf", &event.leaf);
            put_hashes(&mut text, &event.inclusion);
        }
        self.above.iter().for_each(|step| step.write(&mut text));
        text.push_str(&self.certificate.text());
        text
    }

    /// The proof of that text, which is exactly what [`GiftProof::text`] gives.
    pub fn parse(text: &str) -> Result<Self, FormatError> {
        let mut lines = Lines::of(text, MAX_TEXT_BYTES, "longer than any gift's proof")?;
        if lines.next()? != VERSION_LINE {
            return lines.error("the first line must be `tocsin-gift@v1`");
        }
        let gifts = many(&mut lines, "gift ", 1..=MAX_GIFTS, "1 to 100 `gift` lines must stand here", gift)?;
        let handovers = handover::text::read(&mut lines)?;
        let (chain, chain_id) = lines.field("log ", "`log <path> <chain id>`", parse::path_and_id)?;
        let genesis =
            lines.field("genesis ", "`genesis <base64 of at most 4 MiB>`", |text| bytes(text, MAX_GENESIS_BYTES))?;
        let events = many(&mut lines, "event ", 1..=MAX_EVENTS, "1 to 4096 `event` lines must stand here", event)?;
        let above = many(&mut lines, "chain ", 0..=MAX_STEPS, "more than 16 steps", parse::step)?;
        let certificate = lines.last_certificate()?;
        Ok(GiftProof { gifts, handovers, chain, chain_id, genesis, events, above, certificate })
    }
}

/// As many parts as begin so, if that number is allowed.
fn many<'a, T>(
    lines: &mut Lines<'a>,
    start: &str,
    allowed: std::ops::RangeInclusive<usize>,
    wanted: &'static str,
    read: impl Fn(&mut Lines<'a>) -> Result<T, FormatError>,
) -> Result<Vec<T>, FormatError> {
    let mut found = Vec::new();
    while lines.rest.starts_with(start) {
        if found.len() == *allowed.end() {
            return lines.unread(wanted);
        }
        found.push(read(lines)?);
    }
    if allowed.contains(&found.len()) { Ok(found) } else { lines.unread(wanted) }
}

fn gift(lines: &mut Lines) -> Result<(Digest, Sums), FormatError> {
    let gift = lines.field("gift ", "`gift <event id>`", Digest::parse)?;
    Ok((gift, lines.field("sums ", "`sums` and the eleven sums", sums)?))
}

/// Eleven numbers, each with its name.
fn sums(text: &str) -> Option<Sums> {
    let mut parts = text.split(", ");
    let mut all = [0; 11];
    for (sum, name) in all.iter_mut().zip(NAMES) {
        *sum = number(parts.next()?.strip_suffix(name)?.strip_suffix(' ')?)?;
    }
    parts.next().is_none().then(|| Sums::of(all))
}

fn event(lines: &mut Lines) -> Result<GiftEvent, FormatError> {
    let index = lines.field("event ", "`event <index>`", number)?;
    let member = if lines.rest.starts_with("member ") {
        let name = |text: &str| is_name(text).then(|| text.to_owned());
        Some(lines.field("member ", "`member <name>`", name)?)
    } else {
        None
    };
    let (signed, leaf) = parse::event(lines)?;
    Ok(GiftEvent { index, member, signed, leaf, inclusion: lines.hashes()? })
}
