//! The command line of the one binary.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use domain::refusal::{Code, Refusal};
use tocsin::{audit, bench, demo, export, identity, report, run, subscribe, verify};

/// Exit status of a configuration, genesis or key file that must not be used (EX_CONFIG of sysexits.h).
const EXIT_CONFIG: u8 = 78;

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
    /// Check a proof file offline
    Verify {
        /// The proof file
        file: PathBuf,
        /// The top chain's genesis
        #[arg(long)]
        genesis: PathBuf,
    },
    /// Copy chains from a ledger, for looking at them offline
    Export(export::Options),
    /// Check a copy of chains offline: blocks, signatures, rules, log and certificates
    Audit(audit::Options),
    /// Measure one chain on this machine
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
        Command::Verify { file, genesis } => verify::run(&file, &genesis),
        Command::Export(options) => export::run(options),
        Command::Audit(options) => audit::run(options),
        Command::Bench(options) => bench::run(options),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("tocsin: {error:#}");
            let config = error
                .chain()
                .any(|cause| cause.downcast_ref::<Refusal>().is_some_and(|refusal| refusal.code == Code::Config));
            if config { ExitCode::from(EXIT_CONFIG) } else { ExitCode::FAILURE }
        }
    }
}
