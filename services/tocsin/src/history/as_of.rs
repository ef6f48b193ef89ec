//! `tocsin as-of`: exactly what a member could have known at a time, from an archived chain.
//!
//! Known is what was final: the largest checkpoint whose cosignatures' lower median is not after the time, of those that
//! the chain itself shows: headers carry a certificate when chain time moves, at most one for each second. What was only
//! sealed then is not counted, for it could still have moved.

use std::ops::ControlFlow;

use anyhow::Context;
use domain::event::Classification;
use domain::query;
use domain::state::{Fault, MemoryState};
use domain::time::Millis;
use ledger::audit::archive::Archive;
use serde_json::{Map, Value, json};

use super::asked::{Asked, told};
use super::play;

/// Things of one kind listed at most; a member of the field reads dozens, a tool asks the ledger's API.
const LISTED: usize = 1000;

#[derive(clap::Args)]
pub struct Options {
    /// The time, e.g. 2021-07-20T12:00:00Z
    #[arg(value_parser = time)]
    time: Millis,
    /// The chain, where the archive holds several
    #[arg(long)]
    chain: Option<String>,
    #[command(flatten)]
    asked: Asked,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

fn time(text: &str) -> Result<Millis, String> {
    Millis::parse(text).ok_or_else(|| "a UTC time such as 2021-07-20T12:00:00Z is meant".to_owned())
}

pub fn run(options: Options) -> anyhow::Result<()> {
    let archive = options.asked.one(options.chain.as_deref());
    let known = told(options.json, archive.and_then(|archive| known(&archive, options.time)))?;
    if options.json {
        println!("{known:#}");
    } else {
        print!("{}", text(&known));
    }
    Ok(())
}

/// What was final by `time`, and what it says.
pub fn known(archive: &Archive, time: Millis) -> anyhow::Result<Value> {
    let finals = play(archive, &mut |_| ControlFlow::Continue(()))?.finals;
    let end = finals.last().context("the copy has no final checkpoint")?;
    let mut known = json!({
        "chain": archive.genesis.chain.to_string(),
        "time": time.to_string(),
        "size": 0,
        "copy_ends": end.at.to_string(),
        "after_copy": end.at < time,
    });
    let by_then = finals.iter().filter(|one| one.at <= time);
    let Some(best) = by_then.max_by_key(|one| one.certificate.checkpoint.size) else { return Ok(known) };
    let checkpoint = &best.certificate.checkpoint;
    let mut said = None;
    play(archive, &mut |page| {
        if page.end() < checkpoint.size {
            return ControlFlow::Continue(());
        }
        said = Some((page.block.header.height, page.chain_time, state(page.state)));
        ControlFlow::Break(())
    })?;
    let (height, chain_time, state) = said.context("the archive ends before that checkpoint")?;
    let found = json!({
        "final_at": best.at.to_string(),
        "height": height,
        "size": checkpoint.size,
        "root": checkpoint.root.to_string(),
        "chain_time": chain_time.to_string(),
    });
    if let (Value::Object(known), Value::Object(found), Value::Object(state)) = (&mut known, found, state?) {
        known.extend(found);
        known.extend(state);
    }
    Ok(known)
}

/// What a state says to those who judge an outbreak.
fn state(state: &MemoryState) -> Result<Value, Fault> {
    let totals = query::totals(state, LISTED)?.into_iter().map(|(disease, counts)| {
        let named = Classification::ALL.into_iter().zip(counts);
        let named = named.map(|(class, count)| (class.name().to_owned(), json!(count))).collect::<Map<_, _>>();
        (disease, Value::Object(named))
    });
    let open = query::open_events(state, None, LISTED)?.into_iter().map(|(event, subject)| {
        json!({
            "event": event.to_string(),
            "kind": subject.kind.name(),
            "member": subject.member,
            "opened": subject.opened.to_string(),
            "deadline": subject.deadline.map(|deadline| deadline.to_string()),
            "escalated": subject.escalated,
            "ballots": subject
                .ballots
                .iter()
                .map(|ballot| json!({ "member": ballot.member, "choice": ballot.choice.name() }))
                .collect::<Vec<_>>(),
        })
    });
    let alerts = query::alerts(state, 1, LISTED)?.into_iter().map(|alert| {
        json!({
            "number": alert.number,
            "origin": alert.origin.to_string(),
            "event": alert.event.to_string(),
            "state": alert.state.name(),
            "level": alert.level.name(),
            "headline": alert.headline,
            "sent_at": alert.sent_at.to_string(),
        })
    });
    let children = query::children(state, LISTED)?
        .into_iter()
        .map(|child| json!({ "chain": child.chain.to_string(), "size": child.size, "root": child.root.to_string() }));
    let members = query::members(state, LISTED)?.into_iter().filter(|member| member.active);
    Ok(json!({
        "totals": totals.collect::<Map<_, _>>(),
        "open": open.collect::<Vec<_>>(),
        "alerts": alerts.collect::<Vec<_>>(),
        "children": children.collect::<Vec<_>>(),
        "members": members.map(|member| member.id).collect::<Vec<_>>(),
    }))
}

/// The same for people.
fn text(known: &Value) -> String {
    let of = |name: &str| known.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let list = |name: &str| known.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    let mut out = format!("{} as of {}\n", of("chain"), of("time"));
    if known.get("after_copy") == Some(&json!(true)) {
        out +=
            &format!("  the copy ends with what was final at {}; what came later it does not hold\n", of("copy_ends"));
    }
    if known.get("size") == Some(&json!(0)) {
        return out + "  nothing was final\n";
    }
    let number = |name: &str| known.get(name).and_then(Value::as_u64).unwrap_or_default();
    out += &format!(
        "  final since {}: {} leaves to block {}, root {}\n",
        of("final_at"),
        number("size"),
        number("height"),
        of("root")
    );
    for (disease, counts) in known.get("totals").and_then(Value::as_object).into_iter().flatten() {
        let counts = counts.as_object().into_iter().flatten().map(|(class, count)| format!("{count} {class}"));
        out += &format!("  {disease}: {}\n", counts.collect::<Vec<_>>().join(", "));
    }
    for alert in list("alerts") {
        let of = |name: &str| alert.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        out += &format!("  {} {} {}: {}\n", of("sent_at"), of("state"), of("level"), of("headline"));
    }
    for open in list("open") {
        let of = |name: &str| open.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        out += &format!("  undecided since {}: {} by {} ({})\n", of("opened"), of("kind"), of("member"), of("event"));
    }
    out
}
