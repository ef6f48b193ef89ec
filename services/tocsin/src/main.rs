//! The command line of the one binary.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use domain::refusal::{Code, Refusal};
use tocsin::{
    audit, bench, curve, demo, doctor, drill, export, history, identity, report, run, subscribe, verify, witness,
};

/// Exit status of a configuration, genesis or key file that must not be used (EX_CONFIG of sysexits.h).
const EXIT_CONFIG: u8 = 78;

/// Exit status of a file that does not hold what the command needs: the one that clap has for a wrong command line.
const EXIT_USAGE: u8 = 2;

/// A public-health emergency platform for departments that must act together and do not fully trust each other.
#[derive(Parser)]
#[command(name = "tocsin", version, disable_help_subcommand = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Play the outbreak of July and August 2021 in Jiangsu on three levels of chains, then stay up
    Demo(demo::Options),
    /// Run one service of one member on one chain
    Run(run::Options),
    /// Make a member's keys, or show the public ones for a genesis file
    #[command(subcommand)]
    Keys(identity::Keys),
    /// Check a genesis file and print its chain id
    Genesis {
        /// The file
        file: PathBuf,
    },
    /// Make a short-lived API token with a member's client key
    Token(identity::Token),
    /// Send reports, one by one or a CSV file
    Report(report::Options),
    /// Follow the alert feed
    Subscribe(subscribe::Options),
    /// Check the proof of an event, a gift or a total offline
    Verify {
        /// The proof file of an event, or of a gift
        #[arg(required_unless_present = "rollup", conflicts_with = "rollup")]
        file: Option<PathBuf>,
        /// The roll-up proof of a total
        #[arg(long)]
        rollup: Option<PathBuf>,
        /// The top chain's genesis
        #[arg(long)]
        genesis: PathBuf,
        /// A chain that the roll-up must count, beside those of the genesis; may be repeated
        #[arg(long, requires = "rollup")]
        child: Vec<String>,
        /// Print what was verified as JSON
        #[arg(long)]
        json: bool,
    },
    /// What could be known at a time, from an archive
    AsOf(history::as_of::Options),
    /// An event with its causes and consequences, from an archive
    Trace(history::trace::Options),
    /// Compute an alert of early warning again from a copy of the log
    Replay(history::replay::Options),
    /// Hold a promise against the log of an archive
    #[command(subcommand)]
    Evidence(history::receipt::Evidence),
    /// Copy chains from a ledger, for looking at them offline
    Export(export::Options),
    /// Check a copy of chains offline: blocks, signatures, rules, log and certificates
    Audit(audit::Options),
    /// Look for what will hurt: lagging cosigners, ending keys, silent sentinels, clocks, streams, disk
    Doctor(doctor::Options),
    /// Let somebody lie, and see who is named
    Drill(drill::Options),
    /// Witness logs from outside: cosign what continues them, and notice what does not
    Witness(witness::Options),
    /// What comes next in a table of counts, by every model and the ensemble
    Forecast(curve::forecast::Options),
    /// How good every model would have been on a table of counts
    Backtest(curve::backtest::Options),
    /// Which points of a table of counts are unusual
    Detect(curve::detect::Options),
    /// Measure one chain on this machine, or the models and detectors
    Bench(bench::Options),
}

fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Demo(options) => demo::run(options),
        Command::Run(options) => run::run(options),
        Command::Keys(keys) => identity::keys(keys),
        Command::Genesis { file } => verify::read_genesis(&file)
            .map(|genesis| println!("{} {} q={}", genesis.chain, genesis.chain_id, genesis.quorum())),
        Command::Token(token) => identity::token(token),
        Command::Report(options) => report::run(options),
        Command::Subscribe(options) => subscribe::run(options),
        Command::Verify { rollup: Some(rollup), genesis, child, json, .. } => {
            verify::rollup::run(&rollup, &genesis, &child, json)
        }
        Command::Verify { file, genesis, json, .. } => verify::run(&file.unwrap_or_default(), &genesis, json),
        Command::AsOf(options) => history::as_of::run(options),
        Command::Trace(options) => history::trace::run(options),
        Command::Replay(options) => history::replay::run(options),
        Command::Evidence(evidence) => history::receipt::run(evidence),
        Command::Export(options) => export::run(options),
        Command::Audit(options) => audit::run(options),
        Command::Doctor(options) => doctor::run(options),
        Command::Drill(options) => drill::run(options),
        Command::Witness(options) => witness::run(options),
        Command::Forecast(options) => curve::forecast::run(options),
        Command::Backtest(options) => curve::backtest::run(options),
        Command::Detect(options) => curve::detect::run(options),
        Command::Bench(options) => bench::run(options),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("tocsin: {error:#}");
            let config = error
                .chain()
                .any(|cause| cause.downcast_ref::<Refusal>().is_some_and(|refusal| refusal.code == Code::Config));
            if config {
                ExitCode::from(EXIT_CONFIG)
            } else if error.is::<curve::Unfit>() {
                ExitCode::from(EXIT_USAGE)
            } else {
                ExitCode::FAILURE
            }
        }
    }
}
