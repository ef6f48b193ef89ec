//! `tocsin audit`: is a copy of chains what it claims to be? Offline, by the genesis files in it.

use std::path::PathBuf;

use anyhow::bail;
use clap::Args;
use ledger::audit;
use ledger::audit::report::Report;

/// What to look at.
#[derive(Args)]
pub struct Options {
    /// A directory that `tocsin export` wrote, or one chain's in it
    dir: PathBuf,
    /// Another copy of the same chains, from another ledger: who vouched for both where they part is proven
    #[arg(long)]
    against: Option<PathBuf>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Audits and prints what it found; an error if there is a problem.
pub fn run(options: Options) -> anyhow::Result<()> {
    let report = match &options.against {
        None => audit::audit(&options.dir)?,
        Some(other) => audit::audit_against(&options.dir, other)?,
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

fn text(report: &Report) -> String {
    let mut out = String::new();
    for problem in &report.problems {
        let who = if problem.who.is_empty() { String::new() } else { format!(" [{}]", problem.who) };
        out += &format!("{}: {}{who}\n", problem.place, problem.what);
    }
    for evidence in &report.evidence {
        out += &format!("\n{evidence}\n");
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
