//! The archive that a command asks: which chain of it, and by whose genesis.
//!
//! With the top chain's genesis from somebody who is trusted, every chain asked is held against it: the top one by its
//! bytes, each below by what the final log of the chain above says of it. Without, a copy is believed in its own geneses.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use domain::chain::ChainPath;
use domain::query;
use ledger::audit::MAX_CHILDREN;
use ledger::audit::archive::{Archive, GENESIS};
use proof::sign::ChainId;
use serde_json::json;

use super::play;
use crate::verify;

/// Where the copy lies and what it is held against.
#[derive(clap::Args)]
pub struct Asked {
    /// The archive that `tocsin export` made
    #[arg(long, value_name = "DIR")]
    archive: PathBuf,
    /// The top chain's genesis, from somebody you trust; the copy's must be the same
    #[arg(long, value_name = "FILE")]
    genesis: Option<PathBuf>,
}

impl Asked {
    /// A copy, and the genesis that it is held against.
    pub fn of(archive: &Path, genesis: &Path) -> Self {
        Asked { archive: archive.to_owned(), genesis: Some(genesis.to_owned()) }
    }

    /// Every chain of the archive, parents first.
    pub fn all(&self) -> anyhow::Result<Vec<Archive>> {
        let archives = Archive::all(&self.archive)?;
        self.vouched(&archives, archives.iter().map(|archive| &archive.genesis.chain))?;
        Ok(archives)
    }

    /// The archived chain of that path, or the only one.
    pub fn one(&self, chain: Option<&str>) -> anyhow::Result<Archive> {
        let archives = Archive::all(&self.archive)?;
        let chains = archives.iter().map(|archive| archive.genesis.chain.to_string()).collect::<Vec<_>>().join(", ");
        if chain.is_none() && archives.len() > 1 {
            bail!("the archive holds {chains}: name one with --chain");
        }
        let asked = |archive: &&Archive| chain.is_none_or(|chain| archive.genesis.chain.as_str() == chain);
        let found = archives.iter().find(asked);
        let found = found.with_context(|| {
            format!("{} holds no chain {}; it holds {chains}", self.archive.display(), chain.unwrap_or_default())
        })?;
        self.vouched(&archives, [&found.genesis.chain].into_iter())?;
        Ok(found.clone())
    }

    /// Holds chains against the genesis given.
    fn vouched<'a>(&self, archives: &[Archive], asked: impl Iterator<Item = &'a ChainPath>) -> anyhow::Result<()> {
        let Some(file) = &self.genesis else { return Ok(()) };
        let trusted = verify::read_genesis(file)?;
        let held = |chain: &ChainPath| {
            let found = archives.iter().find(|archive| archive.genesis.chain == *chain);
            found.with_context(|| {
                let (dir, top) = (self.archive.display(), &trusted.chain);
                format!("{dir} holds no {chain}, so that nothing leads from the genesis of {top} to what is asked")
            })
        };
        let top = held(&trusted.chain)?;
        ensure!(
            top.genesis.file == trusted.file,
            "{} is not {}, byte for byte: this copy is of another chain",
            top.dir().join(GENESIS).display(),
            file.display()
        );
        let mut named = BTreeMap::<ChainPath, Vec<(ChainPath, ChainId)>>::new();
        for chain in asked {
            let mut below = chain.clone();
            while below != trusted.chain {
                let above = below.parent().with_context(|| format!("{chain} is not below {}", trusted.chain))?;
                if !named.contains_key(&above) {
                    let played = play(held(&above)?, &mut |_| ControlFlow::Continue(()))?;
                    let children = query::children(played.state(), MAX_CHILDREN)?;
                    named.insert(above.clone(), children.into_iter().map(|one| (one.chain, one.chain_id)).collect());
                }
                let here = held(&below)?;
                let known = named.get(&above).into_iter().flatten().find(|(child, _)| *child == below);
                ensure!(
                    known.is_some_and(|(_, id)| *id == here.genesis.chain_id),
                    "{} is not the genesis that {above} knows of {below}: audit the archive",
                    here.dir().join(GENESIS).display()
                );
                below = above;
            }
        }
        Ok(())
    }
}

/// With `--json` an error too is an object on standard output; it stays an error.
pub fn told<T>(json: bool, answer: anyhow::Result<T>) -> anyhow::Result<T> {
    answer.inspect_err(|error| {
        if json {
            println!("{}", json!({ "error": format!("{error:#}") }));
        }
    })
}
