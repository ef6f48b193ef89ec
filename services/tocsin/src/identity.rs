//! `tocsin keys` and `tocsin token`: who a member is. Keys are made and stay on this machine; only public ones are printed.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::{Args, Subcommand};
use domain::genesis::{Genesis, KeyClass};
use domain::refusal::{Code, Refusal};
use host::clock::Clock;
use host::keys::KeyRing;
use host::token;

use crate::verify::read_genesis;

/// Making and showing keys.
#[derive(Subcommand)]
pub enum Keys {
    /// Make a member's keys; the public ones are printed as a genesis file wants them
    New {
        /// The member's name: lower-case letters, digits and hyphens
        #[arg(long)]
        member: String,
        /// The new key file, readable by its owner alone; one that exists is never overwritten
        #[arg(long)]
        out: PathBuf,
        /// Make keys of these classes only (repeat it, or separate by commas); left out: all
        #[arg(long, value_delimiter = ',', value_parser = class)]
        class: Vec<KeyClass>,
    },
    /// Make a further key beside the old one, as the first step of a rotation; running services take it in by themselves
    Add {
        /// The key file
        file: PathBuf,
        /// What the key is for
        #[arg(long, value_parser = class)]
        class: KeyClass,
    },
    /// Print a key file's public keys as a genesis file wants them
    Show {
        /// The key file
        file: PathBuf,
    },
}

/// A token to be made.
#[derive(Args)]
pub struct Token {
    /// The member's key file; it holds the client key
    #[arg(long)]
    keys: PathBuf,
    /// The chain's genesis file
    #[arg(long)]
    genesis: PathBuf,
    /// How long the token lives
    #[arg(long, default_value_t = token::MAX_SECONDS, value_parser = clap::value_parser!(u64).range(1..=token::MAX_SECONDS))]
    seconds: u64,
}

/// Makes or shows keys.
pub fn keys(keys: Keys) -> anyhow::Result<()> {
    match keys {
        Keys::New { member, out, class } => {
            let ring = match class.is_empty() {
                true => KeyRing::generate(&member)?,
                false => KeyRing::generate_of(&member, &class)?,
            };
            ring.save(&out).context("a key file is new and never overwritten, because its keys would be lost")?;
            eprintln!("tocsin: wrote {}; keep it, nobody can make these keys again", out.display());
            print!("{}", public(&ring));
        }
        Keys::Add { file, class } => {
            let ring = KeyRing::load(&file)?;
            let key = ring.add(class)?;
            ring.replace(&file)?;
            println!("{key}");
        }
        Keys::Show { file } => print!("{}", public(&KeyRing::load(&file)?)),
    }
    Ok(())
}

/// Prints a token.
pub fn token(options: Token) -> anyhow::Result<()> {
    let (ring, genesis) = caller(&options.keys, &options.genesis)?;
    println!("{}", mint(&ring, &genesis, options.seconds)?);
    Ok(())
}

/// A member's keys and the chain they are to be used on. Whether it is a member there now, its doors know.
pub fn caller(keys: &Path, genesis: &Path) -> anyhow::Result<(KeyRing, Genesis)> {
    let ring = KeyRing::load(keys)?;
    Ok((ring, read_genesis(genesis)?))
}

/// A token for the chain's doors, from now on by this machine's clock.
pub fn mint(ring: &KeyRing, genesis: &Genesis, seconds: u64) -> Result<String, Refusal> {
    // Of several the oldest counts for as long as both do; who retires it takes it out of the file.
    let Some(secret) = ring.secret(KeyClass::Client) else {
        return Err(Refusal::of(Code::Config, "keys.client", "keys.client: the key file has no client key"));
    };
    token::mint(&secret, &ring.member, &genesis.chain_id, Clock::wall().wall_now(), seconds)
}

/// The lines of a genesis file's member that these keys are for.
fn public(ring: &KeyRing) -> String {
    let mut out = format!("id = \"{}\"\n[members.keys]\n", ring.member);
    for (class, keys) in ring.public() {
        let keys: Vec<_> = keys.iter().map(|key| format!("\"{key}\"")).collect();
        // Writing to a String can not fail.
        let _ = writeln!(out, "{} = [{}]", class.name(), keys.join(", "));
    }
    out
}

fn class(text: &str) -> Result<KeyClass, String> {
    KeyClass::parse(text).ok_or_else(|| {
        let names: Vec<_> = KeyClass::ALL.into_iter().map(KeyClass::name).collect();
        format!("a class is one of {}", names.join(", "))
    })
}
