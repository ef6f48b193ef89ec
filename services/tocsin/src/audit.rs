//! `tocsin audit`: is a copy of chains what it claims to be? Offline, by the top chain's genesis; without one from elsewhere,
//! by the genesis files in the copy.

use std::path::PathBuf;

use anyhow::bail;
use clap::Args;
use ledger::audit;
use ledger::audit::report::{Discrepancy, Looked, Problem, Report};

use crate::verify;

/// What to look at.
#[derive(Args)]
pub struct Options {
    /// A directory that `tocsin export` wrote, or one chain's in it
    dir: PathBuf,
    /// Another copy of the same chains, from another ledger: who vouched for both where they part is proven
    #[arg(long)]
    against: Option<PathBuf>,
    /// The top chain's genesis, from somebody you trust: the copy's must be the same, and name every other chain of it
    #[arg(long, value_name = "FILE")]
    genesis: Option<PathBuf>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Audits and prints what it found; an error if there is a problem.
pub fn run(options: Options) -> anyhow::Result<()> {
    let report = match look(&options) {
        Ok(report) => report,
        // What can't be looked at is a finding too, for whoever reads the object.
        Err(error) if options.json => {
            let place = options.dir.display().to_string();
            let problem = Problem { place, what: format!("{error:#}"), who: String::new() };
            println!("{}", serde_json::to_string(&Report { problems: vec![problem], ..Report::default() })?);
            return Err(error);
        }
        Err(error) => return Err(error),
    };
    match options.json {
        true => println!("{}", serde_json::to_string(&report)?),
        false => print!("{}", text(&report)),
    }
    match report.problems.len() {
        0 => Ok(()),
        1 => bail!("there is a problem"),
        count => bail!("there are {count} problems"),
    }
}

fn look(options: &Options) -> anyhow::Result<Report> {
    let top = options.genesis.as_deref().map(verify::read_genesis).transpose()?;
    audit::audit_by(&options.dir, options.against.as_deref(), top.as_ref())
}

fn text(report: &Report) -> String {
    let mut out = String::new();
    for problem in &report.problems {
        let who = if problem.who.is_empty() { String::new() } else { format!(" [{}]", problem.who) };
        out += &format!("{}: {}{who}\n", problem.place, problem.what);
    }
    for evidence in &report.evidence {
        out += &format!("\n{evidence}\n");
    }
    for Discrepancy { chain, hand_over, take_over, giver, taker, given, taken, disputed } in &report.discrepancies {
        out += &format!(
            "{chain}: not settled: {given} (event {hand_over} of {giver}); {taken} (event {take_over} of {taker}); {disputed} disputed\n"
        );
    }
    for Looked { chain, events, blocks, size, root, left_out } in &report.chains {
        let root = if root.is_empty() { "lost" } else { root };
        let alone = match left_out.is_empty() {
            true => String::new(),
            false => format!("; its children were not looked at: {}", left_out.join(", ")),
        };
        out += &format!("{chain}: {events} events in {blocks} blocks, {size} leaves with root {root}{alone}\n");
    }
    out += &format!(
        "{} events in {} blocks looked at, {} events a second: {}\n",
        report.events,
        report.blocks,
        report.events_per_s,
        if report.ok { "no problem" } else { "not ok" }
    );
    out
}
