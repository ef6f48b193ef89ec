//! `tocsin evidence receipt`: a receipt held against the log.
//!
//! A receipt promises that its event is sealed within 60 s. Kept: the event has a leaf. Broken: a checkpoint that is final
//! more than 60 s after the receipt, and the whole log up to it, do not hold the event. That shows that the signer did not
//! get it sealed; it does not show why: his node, his network or the sealers may be at fault. A receipt that the log is
//! too short to judge is open.

use std::ops::ControlFlow;
use std::path::PathBuf;

use anyhow::{Context, bail, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::genesis::KeyClass;
use domain::query;
use domain::time::Millis;
use ledger::audit::archive::Archive;
use proof::leaf::{EventLeaf, Leaf};
use proof::sign::{Domain, Signed};
use serde_json::{Value, json};
use wire::admission::ReceiptBody;

use super::asked::{Asked, told};
use super::play;

/// How long a receipt gives itself, in milliseconds.
const PROMISE_MS: u64 = 60_000;

#[derive(clap::Subcommand)]
pub enum Evidence {
    /// Hold a receipt against an archived log: was its promise kept?
    Receipt(Options),
}

#[derive(clap::Args)]
pub struct Options {
    /// The receipt: its base64 text, or the JSON answer that holds it
    file: PathBuf,
    /// The chain, where the archive holds several
    #[arg(long)]
    chain: Option<String>,
    #[command(flatten)]
    asked: Asked,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Fails when a promise is broken, so that a script hears it.
pub fn run(evidence: Evidence) -> anyhow::Result<()> {
    let Evidence::Receipt(options) = evidence;
    let mut broken = 0;
    for found in told(options.json, all(&options))? {
        if options.json {
            println!("{}", found.view());
        } else {
            println!("{}", found.text());
        }
        broken += usize::from(matches!(found.verdict, Verdict::Broken { .. }));
    }
    ensure!(broken == 0, "{broken} promises broken");
    Ok(())
}

fn all(options: &Options) -> anyhow::Result<Vec<Found>> {
    let archive = options.asked.one(options.chain.as_deref())?;
    let at = || format!("reading {}", options.file.display());
    let text = std::fs::read_to_string(&options.file).with_context(at)?;
    let receipts = receipts(&text).with_context(at)?;
    receipts.iter().map(|receipt| judge(&archive, receipt).with_context(at)).collect()
}

/// The receipts in a file: one base64 text, or an answer of the API with one or many.
fn receipts(text: &str) -> anyhow::Result<Vec<Vec<u8>>> {
    let mut found = Vec::new();
    match serde_json::from_str::<Value>(text) {
        Ok(value) => collect(&value, &mut found),
        Err(_) => found.push(text.trim().to_owned()),
    }
    ensure!(!found.is_empty(), "the file holds no receipt");
    found.iter().map(|text| STANDARD.decode(text).context("a receipt is base64")).collect()
}

fn collect(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Array(values) => values.iter().for_each(|value| collect(value, found)),
        Value::Object(fields) => {
            found.extend(fields.get("receipt").and_then(Value::as_str).map(str::to_owned));
            fields.values().for_each(|value| collect(value, found));
        }
        _ => {}
    }
}

/// What became of a receipt's promise.
#[derive(Debug)]
pub struct Found {
    /// The event promised.
    pub event: String,
    /// Who promised.
    pub who: String,
    /// When.
    pub admitted_at: Millis,
    /// What the log says.
    pub verdict: Verdict,
}

#[derive(Debug)]
pub enum Verdict {
    /// The event is in the log.
    Kept {
        /// Where.
        index: u64,
        /// Its block.
        height: u64,
        /// When that was sealed.
        sealed_at: Millis,
        /// What the rules answered.
        code: u16,
    },
    /// It is not, and the log goes on for more than a minute after the receipt.
    Broken {
        /// The final checkpoint past the promise: its size,
        size: u64,
        /// its root,
        root: String,
        /// and when it was final.
        at: Millis,
        /// The event's leaf, if it came later after all.
        late: Option<u64>,
    },
    /// The log ends too early to say.
    Open {
        /// The copy's final checkpoint: its size,
        size: u64,
        /// and when it was final.
        at: Millis,
        /// When the promise runs out.
        until: Millis,
    },
}

/// Holds one receipt against the log.
pub fn judge(archive: &Archive, receipt: &[u8]) -> anyhow::Result<Found> {
    let signed = Signed::from_bytes(receipt).context("this is no receipt")?;
    ensure!(
        signed.verify(Domain::Receipt, &archive.genesis.chain_id),
        "the receipt's signature does not hold on {}",
        archive.genesis.chain
    );
    let body = match ReceiptBody::decode(&signed.body) {
        Ok(body) => body,
        Err(refusal) => bail!("the receipt does not decode: {refusal}"),
    };
    let (mut who, mut kept) = (None, None);
    let played = play(archive, &mut |page| {
        if who.is_none() {
            let height = page.block.header.height;
            let member = query::member_of_key(page.state, KeyClass::Endorser, &signed.key, height);
            who = member.ok().flatten().map(|member| member.id);
        }
        let mine = |leaf: &Leaf| match leaf {
            Leaf::Event(leaf) if leaf.event == body.event_id => Some(leaf.clone()),
            _ => None,
        };
        let found = page.leaves.iter().zip(page.first_leaf..).find_map(|(leaf, index)| Some((index, mine(leaf)?)));
        if let Some((index, EventLeaf { height, code, .. })) = found
            && kept.is_none()
        {
            kept = Some(Verdict::Kept { index, height, sealed_at: page.sealed_at(), code });
        }
        ControlFlow::Continue(())
    })?;
    let who = who.with_context(|| format!("{} is no endorser key of {}", signed.key, archive.genesis.chain))?;
    let promised = body.admitted_at.plus_ms(PROMISE_MS);
    let leaf = match &kept {
        Some(Verdict::Kept { index, .. }) => Some(*index),
        _ => None,
    };
    // The log without the event that was final past the promise, if there is one.
    let without = |size: u64| leaf.is_none_or(|index| size <= index);
    let past = played.finals.iter().find(|one| one.at > promised && without(one.certificate.checkpoint.size));
    let broken = past.map(|one| Verdict::Broken {
        size: one.certificate.checkpoint.size,
        root: one.certificate.checkpoint.root.to_string(),
        at: one.at,
        late: leaf,
    });
    let open = played.finals.last().map(|last| Verdict::Open {
        size: last.certificate.checkpoint.size,
        at: last.at,
        until: promised,
    });
    let verdict = broken.or(kept).or(open).context("the copy has no final checkpoint")?;
    Ok(Found { event: body.event_id.to_string(), who, admitted_at: body.admitted_at, verdict })
}

impl Found {
    fn text(&self) -> String {
        let Found { event, who, admitted_at, verdict } = self;
        let promise = format!("event {event}, promised by {who} at {admitted_at}");
        match verdict {
            Verdict::Kept { index, height, sealed_at, code } => {
                let after = sealed_at.0.saturating_sub(admitted_at.0);
                let how = if *code == proof::leaf::OK { "executed" } else { "refused by the rules" };
                format!("kept: {promise}, is leaf {index} (block {height}), sealed {after} ms later and {how}")
            }
            Verdict::Broken { size, root, at, late } => {
                let later = late.map_or_else(String::new, |index| format!(" (it came later, as leaf {index})"));
                format!(
                    "BROKEN: {promise}, is not in the log of {size} leaves (root {root}) that was final at {at}{later}; this \
                     shows that {who} did not get it sealed in time, not why"
                )
            }
            Verdict::Open { size, at, until } => {
                let before = until.0.saturating_sub(at.0) / 1000;
                format!(
                    "open: {promise}, is not in the log of {size} leaves that was final at {at}; there the copy ends, {before} s \
                     before the promise runs out: export again"
                )
            }
        }
    }

    fn view(&self) -> Value {
        let mut view = json!({
            "event": self.event,
            "member": self.who,
            "admitted_at": self.admitted_at.to_string(),
        });
        let verdict = match &self.verdict {
            Verdict::Kept { index, height, sealed_at, code } => json!({
                "verdict": "kept",
                "index": index,
                "height": height,
                "sealed_at": sealed_at.to_string(),
                "code": code,
            }),
            Verdict::Broken { size, root, at, late } => json!({
                "verdict": "broken",
                "size": size,
                "root": root,
                "final_at": at.to_string(),
                "late_leaf": late,
            }),
            Verdict::Open { size, at, until } => json!({
                "verdict": "open",
                "size": size,
                "final_at": at.to_string(),
                "promised_until": until.to_string(),
                "reason": "the copy ends before the promise runs out",
            }),
        };
        if let (Value::Object(view), Value::Object(verdict)) = (&mut view, verdict) {
            view.extend(verdict);
        }
        view
    }
}
