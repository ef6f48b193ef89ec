//! One chain's copy: genesis, pieces of the log and of its blocks, and the checkpoint last, so that what lies beside a
//! checkpoint is always enough for it.

use std::fmt;
use std::fs::{self, File};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use domain::chain::ChainPath;
use ledger::audit::archive::{Archive, CHECKPOINT, GENESIS};
use ledger::audit::piece::{HASH_BYTES, Kind, Piece, levels};
use proof::block::MAX_BLOCK_BYTES;
use proof::checkpoint::Certificate;
use proof::leaf::Leaf;
use reqwest::{Client, StatusCode, Url};

/// A note with 16 cosignatures of the longest names is half as long.
const MAX_CHECKPOINT_BYTES: u64 = 16 * 1024;

/// A chain on its way into a directory.
pub(super) struct Mirror<'a> {
    client: &'a Client,
    /// Ends with the chain's path and a slash.
    from: Url,
    dir: PathBuf,
    chain: ChainPath,
    fetched: u64,
}

/// What is in the directory now.
pub(super) struct Done {
    chain: ChainPath,
    size: u64,
    height: u64,
    fetched: u64,
}

impl fmt::Display for Done {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Done { chain, size, height, fetched } = self;
        write!(out, "{chain}: {size} leaves, {height} blocks, {fetched} files fetched")
    }
}

impl<'a> Mirror<'a> {
    pub(super) fn new(client: &'a Client, api: &Url, chain: &ChainPath, dir: &Path) -> anyhow::Result<Self> {
        let from = api.join(&format!("/v1/chains/{chain}/")).context("--api can not have a path")?;
        Ok(Mirror { client, from, dir: dir.join(chain.as_str()), chain: chain.clone(), fetched: 0 })
    }

    pub(super) async fn run(mut self) -> anyhow::Result<Done> {
        let above = self.dir.parent().unwrap_or(&self.dir);
        fs::create_dir_all(above).with_context(|| format!("making {}", above.display()))?;
        directory(&self.dir)?;
        let archive = self.genesis().await?;
        let before = archive.checkpoint()?.as_deref().and_then(Certificate::parse);
        let text =
            self.get(&format!("tlog/{CHECKPOINT}"), MAX_CHECKPOINT_BYTES).await?.context("nothing is final yet")?;
        let text = String::from_utf8(text).context("the checkpoint is no text")?;
        let now = Certificate::parse(&text).context("the checkpoint is no certificate")?;
        if let Some(before) = &before {
            let (old, new) = (&before.checkpoint, &now.checkpoint);
            ensure!(
                old.size != new.size || old.root == new.root,
                "the ledger serves another log of {} leaves than {} holds; keep both: export it to another directory \
                 and audit one against the other",
                new.size,
                self.dir.display()
            );
            if new.size < old.size {
                eprintln!("tocsin: {}: the ledger has {} leaves final, the copy {}", self.chain, new.size, old.size);
                return Ok(self.done(old.size, ends_with(&archive, old.size)?));
            }
        }
        let size = now.checkpoint.size;
        for level in levels(size) {
            let kind = Kind::Hashes(level);
            self.pieces(kind, kind.total(size, 0)).await?;
        }
        self.pieces(Kind::Entries, size).await?;
        let height = ends_with(&archive, size)?;
        self.pieces(Kind::Blocks, height).await?;
        self.keep(CHECKPOINT, text.as_bytes())?;
        if let Some(before) = before.filter(|before| before.checkpoint.size < size) {
            let old = before.checkpoint.size;
            self.drop_outgrown((old, ends_with(&archive, old)?), (size, height))?;
        }
        Ok(self.done(size, height))
    }

    fn done(&self, size: u64, height: u64) -> Done {
        Done { chain: self.chain.clone(), size, height, fetched: self.fetched }
    }

    /// The genesis file, which never changes.
    async fn genesis(&mut self) -> anyhow::Result<Archive> {
        let most = wire::genesis::MAX_BYTES as u64;
        let bytes =
            self.get("genesis", most).await?.context("no such chain there, or a ledger that gives no genesis")?;
        match fs::read(self.dir.join(GENESIS)) {
            Ok(held) => ensure!(held == bytes, "{} holds a chain with another genesis", self.dir.display()),
            Err(error) if error.kind() == ErrorKind::NotFound => self.keep(GENESIS, &bytes)?,
            Err(error) => return Err(error).with_context(|| format!("reading {}", self.dir.join(GENESIS).display())),
        }
        let archive = Archive::open(&self.dir)?;
        ensure!(archive.genesis.chain == self.chain, "the genesis is of {}", archive.genesis.chain);
        Ok(archive)
    }

    /// Fetches the pieces that are not there yet.
    async fn pieces(&mut self, kind: Kind, total: u64) -> anyhow::Result<()> {
        for piece in Piece::all(kind, total) {
            let path = piece.path();
            if self.dir.join(&path).exists() {
                continue;
            }
            let each = match kind {
                Kind::Hashes(_) => HASH_BYTES,
                Kind::Entries => 2 + usize::from(u16::MAX),
                Kind::Blocks => 4 + MAX_BLOCK_BYTES,
            };
            let url = self.from.join(&format!("tlog/{path}"))?;
            let mut response = ask(self.client, url).await?.with_context(|| format!("the ledger gives no {path}"))?;
            let (mut left, mut file) = (piece.width * each as u64, Part::create(&self.dir, &path)?);
            while let Some(bytes) = response.chunk().await.with_context(|| format!("{path} broke off"))? {
                left =
                    left.checked_sub(bytes.len() as u64).with_context(|| format!("{path} is longer than it can be"))?;
                file.write(&bytes)?;
            }
            file.close()?;
            self.fetched += 1;
        }
        Ok(())
    }

    /// Removes pieces that were not whole at an earlier size and height and have grown since.
    fn drop_outgrown(&self, before: (u64, u64), now: (u64, u64)) -> anyhow::Result<()> {
        for kind in levels(before.0).map(Kind::Hashes).chain([Kind::Entries, Kind::Blocks]) {
            let total = kind.total(before.0, before.1);
            let last = total.checked_sub(1).and_then(|last| Piece::holding(kind, last, total));
            let grown = |last: &Piece| Piece::holding(kind, last.first(), kind.total(now.0, now.1)) != Some(*last);
            let Some(last) = last.filter(grown) else { continue };
            let file = self.dir.join(last.path());
            match fs::remove_file(&file) {
                Err(error) if error.kind() != ErrorKind::NotFound => {
                    return Err(error).with_context(|| format!("removing {}", file.display()));
                }
                _ => {}
            }
            // The directory of widths goes with its last file; others keep it.
            if let Some(parent) = file.parent() {
                let _kept = fs::remove_dir(parent);
            }
        }
        Ok(())
    }

    async fn get(&mut self, path: &str, most: u64) -> anyhow::Result<Option<Vec<u8>>> {
        fetch(self.client, self.from.join(path)?, most).await
    }

    fn keep(&mut self, name: &str, bytes: &[u8]) -> anyhow::Result<()> {
        let mut file = Part::create(&self.dir, name)?;
        file.write(bytes)?;
        file.close()?;
        self.fetched += 1;
        Ok(())
    }
}

/// The height of the block whose leaf is the last of a log of `size` leaves.
fn ends_with(archive: &Archive, size: u64) -> anyhow::Result<u64> {
    let last = archive.entry(size.saturating_sub(1), size)?;
    match Leaf::from_bytes(&last) {
        Some(Leaf::Block(leaf)) => Ok(leaf.height),
        _ => bail!("the last of {size} leaves is not a block's end"),
    }
}

/// A file that is there only when it is whole: written under another name and put in its place at the end.
struct Part {
    file: File,
    at: PathBuf,
    target: PathBuf,
}

impl Part {
    /// Begins a file below `dir`; every directory on the way is a real one.
    fn create(dir: &Path, path: &str) -> anyhow::Result<Self> {
        let target = dir.join(path);
        let mut below = dir.to_owned();
        let mut parts = path.split('/').peekable();
        while let Some(part) = parts.next() {
            if parts.peek().is_some() {
                below.push(part);
                directory(&below)?;
            }
        }
        let at = PathBuf::from(format!("{}.part", target.display()));
        match fs::remove_file(&at) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(error).with_context(|| format!("removing {}", at.display()));
            }
            _ => {}
        }
        let file = File::create_new(&at).with_context(|| format!("making {}", at.display()))?;
        Ok(Part { file, at, target })
    }

    fn write(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        self.file.write_all(bytes).with_context(|| format!("writing {}", self.at.display()))
    }

    /// Puts it in its place. It is synced first: a later run takes it for whole because it is there.
    fn close(self) -> anyhow::Result<()> {
        self.file.sync_all().with_context(|| format!("writing {}", self.at.display()))?;
        fs::rename(&self.at, &self.target).with_context(|| format!("making {}", self.target.display()))
    }
}

/// Makes a directory if it is not there; a link to elsewhere is none.
fn directory(path: &Path) -> anyhow::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(found) => {
            ensure!(found.is_dir(), "{} is no directory of this copy", path.display());
            Ok(())
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {
            fs::create_dir(path).with_context(|| format!("making {}", path.display()))
        }
        Err(error) => Err(error).with_context(|| format!("reading {}", path.display())),
    }
}

/// An answer that is short by nature; `None` when there is nothing at that path.
pub(super) async fn fetch(client: &Client, url: Url, most: u64) -> anyhow::Result<Option<Vec<u8>>> {
    let Some(mut response) = ask(client, url.clone()).await? else { return Ok(None) };
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.with_context(|| format!("{url} broke off"))? {
        bytes.extend_from_slice(&chunk);
        ensure!(bytes.len() as u64 <= most, "{url} gives more than {most} bytes");
    }
    Ok(Some(bytes))
}

async fn ask(client: &Client, url: Url) -> anyhow::Result<Option<reqwest::Response>> {
    let response = client.get(url.clone()).send().await.with_context(|| format!("nobody answered at {url}"))?;
    match response.status() {
        StatusCode::OK => Ok(Some(response)),
        StatusCode::NOT_FOUND => Ok(None),
        status => bail!("{url} answered HTTP {}", status.as_u16()),
    }
}
