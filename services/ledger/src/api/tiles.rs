//! The log as standard tools read it: C2SP `tlog-tiles` below `/v1/chains/{chain}/tlog/`, with the blocks beside the
//! tiles and the genesis file beside the log.
//!
//! Only what is final is served, so that whatever was served once is never served otherwise: every tile may be kept for
//! ever, partial ones too. It proves nothing by itself; who reads the tiles holds them against the checkpoint.

use actix_web::http::header::{CACHE_CONTROL, ETAG};
use actix_web::{HttpResponse, web};
use bytes::Bytes;
use futures::stream;
use host::rest::{Desks, Problem};

use crate::audit::piece::{HASH_BYTES, Kind, Piece};
use crate::core::CoreError;
use crate::desk::Desk;
use crate::desk::not_found;
use crate::progress::Progress;
use crate::reader::Reader;

/// What is final never changes: caches may keep it for a year, the longest they are told (RFC 9111 has no "for ever").
const FOR_EVER: &str = "public, max-age=31536000, immutable";

/// The checkpoint moves with every block.
const MOVING: &str = "no-cache";

/// A whole piece of blocks may be 140 MB, so it is sent in parts of about this size.
const PART_BYTES: usize = 1024 * 1024;

/// The genesis file, byte for byte: its SHA-256 is the chain's id.
#[utoipa::path(
    get, path = "/v1/chains/{chain}/genesis", tag = "ledger",
    params(("chain" = String, Path, description = "chain path, e.g. `cn.32.01`")),
    responses(
        (status = 200, description = "the file", body = String, content_type = "application/toml"),
        (status = 404, description = "NOT_FOUND: no such chain here")
    )
)]
pub(crate) async fn genesis_file(
    desks: web::Data<Desks<Desk>>,
    chain: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let desk = desks.of(&chain)?;
    let genesis = &desk.chain.genesis;
    let tag = format!("\"{}\"", genesis.chain_id);
    let mut answer = HttpResponse::Ok();
    answer.content_type("application/toml").insert_header((CACHE_CONTROL, FOR_EVER)).insert_header((ETAG, tag));
    Ok(answer.body(genesis.file.clone()))
}

/// The newest final checkpoint as a C2SP signed note.
#[utoipa::path(
    get, path = "/v1/chains/{chain}/tlog/checkpoint", tag = "ledger",
    params(("chain" = String, Path, description = "chain path, e.g. `cn.32.01`")),
    responses(
        (status = 200, description = "the signed note", body = String, content_type = "text/plain"),
        (status = 404, description = "NOT_FOUND: no such chain here, or nothing is final yet")
    )
)]
pub(crate) async fn tlog_checkpoint(
    desks: web::Data<Desks<Desk>>,
    chain: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    note(desks.of(&chain)?.status().certificate)
}

/// The newest final checkpoint that witnesses cosigned, with their lines behind its cosigners'; without any, the newest.
///
/// The lines of `tlog/checkpoint` are exactly those that make it final. A reader of notes passes over lines of keys that it
/// does not know.
#[utoipa::path(
    get, path = "/v1/chains/{chain}/tlog/checkpoint.witnessed", tag = "ledger",
    params(("chain" = String, Path, description = "chain path, e.g. `cn.32.01`")),
    responses(
        (status = 200, description = "the signed note", body = String, content_type = "text/plain"),
        (status = 404, description = "NOT_FOUND: no such chain here, or nothing is final yet")
    )
)]
pub(crate) async fn witnessed_checkpoint(
    desks: web::Data<Desks<Desk>>,
    chain: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let desk = desks.of(&chain)?;
    note(desk.witnessed.note().or_else(|| desk.status().certificate))
}

/// A tile of hashes: 32 bytes for each of 256 subtrees, or of as many as `.p/<W>` says.
#[utoipa::path(
    get, path = "/v1/chains/{chain}/tlog/tile/{level}/{index}", tag = "ledger",
    params(
        ("chain" = String, Path, description = "chain path, e.g. `cn.32.01`"),
        ("level" = u8, Path, description = "0 for leaf hashes; each level covers 256 times as many leaves"),
        ("index" = String, Path, description = "`000`, `x001/234`, or of a tile not whole yet `x001/235.p/17`")
    ),
    responses(
        (status = 200, description = "the hashes", body = Vec<u8>, content_type = "application/octet-stream"),
        (status = 404, description = "NOT_FOUND: no such chain here, or the final log does not reach there"),
        (status = 503, description = "CORRUPT: the ledger checks or repairs itself")
    )
)]
pub(crate) async fn tile(
    desks: web::Data<Desks<Desk>>,
    path: web::Path<(String, String, String)>,
) -> Result<HttpResponse, Problem> {
    let (chain, level, index) = path.into_inner();
    whole(&desks, &chain, &format!("tile/{level}/{index}")).await
}

/// Leaves: 256 of them, or as many as `.p/<W>` says, each behind its length in two bytes.
#[utoipa::path(
    get, path = "/v1/chains/{chain}/tlog/tile/entries/{index}", tag = "ledger",
    params(
        ("chain" = String, Path, description = "chain path, e.g. `cn.32.01`"),
        ("index" = String, Path, description = "`000`, `x001/234`, or of a bundle not whole yet `x001/235.p/17`")
    ),
    responses(
        (status = 200, description = "the leaves", body = Vec<u8>, content_type = "application/octet-stream"),
        (status = 404, description = "NOT_FOUND: no such chain here, or the final log does not reach there"),
        (status = 503, description = "CORRUPT: the ledger checks or repairs itself")
    )
)]
pub(crate) async fn entries(
    desks: web::Data<Desks<Desk>>,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (chain, index) = path.into_inner();
    whole(&desks, &chain, &format!("tile/entries/{index}")).await
}

/// Blocks: 256 of them from height `256 * index + 1` on, or as many as `.p/<W>` says, each behind its length in four
/// bytes. They are no part of C2SP; with them the log can be executed again.
#[utoipa::path(
    get, path = "/v1/chains/{chain}/tlog/block/{index}", tag = "ledger",
    params(
        ("chain" = String, Path, description = "chain path, e.g. `cn.32.01`"),
        ("index" = String, Path, description = "`000`, `x001/234`, or of a run not whole yet `x001/235.p/17`")
    ),
    responses(
        (status = 200, description = "the blocks", body = Vec<u8>, content_type = "application/octet-stream"),
        (status = 404, description = "NOT_FOUND: no such chain here, or no block of these is final"),
        (status = 503, description = "CORRUPT: the ledger checks or repairs itself")
    )
)]
pub(crate) async fn blocks(
    desks: web::Data<Desks<Desk>>,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (chain, index) = path.into_inner();
    let desk = desks.of(&chain)?;
    let piece = Piece::parse(&format!("block/{index}")).ok_or_else(no_such_path)?;
    let within = desk.ask(move |_, progress| Ok(reaches(progress, &piece)));
    if !within.await? {
        return Err(beyond());
    }
    // Heights begin at 1.
    let (first, end) = (piece.first() + 1, piece.end() + 1);
    let parts = stream::try_unfold((desk, first), move |(desk, height)| async move {
        if height >= end {
            return Ok::<_, domain::refusal::Refusal>(None);
        }
        let (part, next) = desk.ask(move |reader, _| frames(reader, height, end)).await?;
        Ok(Some((Bytes::from(part), (desk, next))))
    });
    Ok(immutable().streaming(parts))
}

/// A signed note, which is another after every block.
fn note(text: Option<String>) -> Result<HttpResponse, Problem> {
    let text = text.ok_or_else(|| not_found("nothing is final yet"))?;
    let mut answer = HttpResponse::Ok();
    Ok(answer.content_type("text/plain; charset=utf-8").insert_header((CACHE_CONTROL, MOVING)).body(text))
}

/// A piece that is small enough to be answered in one: at most 2 MB of summaries, 24 KB as a rule.
async fn whole(desks: &Desks<Desk>, chain: &str, path: &str) -> Result<HttpResponse, Problem> {
    let desk = desks.of(chain)?;
    let piece = Piece::parse(path).ok_or_else(no_such_path)?;
    let bytes = desk.ask(move |reader, progress| {
        if !reaches(progress, &piece) {
            return Ok(None);
        }
        match piece.kind {
            Kind::Hashes(level) => hashes(reader, level, &piece).map(Some),
            Kind::Entries => leaves(reader, progress, &piece).map(Some),
            Kind::Blocks => Ok(None),
        }
    });
    let bytes = bytes.await?.ok_or_else(beyond)?;
    Ok(immutable().body(bytes))
}

fn immutable() -> actix_web::HttpResponseBuilder {
    let mut answer = HttpResponse::Ok();
    answer.content_type("application/octet-stream").insert_header((CACHE_CONTROL, FOR_EVER));
    answer
}

/// Whether a piece lies within what is final.
fn reaches(progress: &Progress, piece: &Piece) -> bool {
    piece.end() <= piece.kind.total(progress.final_size(), progress.final_height)
}

fn no_such_path() -> Problem {
    not_found("a tile's path is that of C2SP tlog-tiles, such as 000, x001/234 or x001/235.p/17").into()
}

fn beyond() -> Problem {
    not_found("what is final does not reach there; ask for the checkpoint first").into()
}

fn hashes(reader: &Reader, level: u8, piece: &Piece) -> Result<Vec<u8>, CoreError> {
    let mut bytes = Vec::with_capacity(HASH_BYTES * 256);
    for index in piece.first()..piece.end() {
        bytes.extend_from_slice(reader.subtree(8 * level, index)?.as_bytes());
    }
    Ok(bytes)
}

fn leaves(reader: &Reader, progress: &Progress, piece: &Piece) -> Result<Vec<u8>, CoreError> {
    let (count, mut bytes) = (usize::try_from(piece.width).unwrap_or(usize::MAX), Vec::new());
    let found = reader.log(piece.first(), piece.end(), count, usize::MAX, &progress.head)?;
    if found.len() != count {
        return Err(CoreError::Damaged(format!("the log misses leaves of {}", piece.path())));
    }
    for entry in found {
        let length = u16::try_from(entry.leaf.len())
            .map_err(|_| CoreError::Damaged(format!("leaf {} is too long for a tile", entry.index)))?;
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(&entry.leaf);
    }
    Ok(bytes)
}

/// Framed blocks from a height on, to below `end` or a little more than a part, and the height that comes next.
fn frames(reader: &Reader, from: u64, end: u64) -> Result<(Vec<u8>, u64), CoreError> {
    let (mut part, mut height) = (Vec::new(), from);
    while height < end && part.len() < PART_BYTES {
        let block = reader.block_bytes(height)?;
        let block = block.ok_or_else(|| CoreError::Damaged(format!("block {height} is missing")))?;
        proof::digest::put_lp(&mut part, &block);
        height += 1;
    }
    Ok((part, height))
}

#[cfg(test)]
mod tests;
