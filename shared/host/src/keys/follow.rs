//! A ring that stays as its file is, so that a rotation needs no restart.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};

use super::KeyRing;
use crate::stop::Stop;

/// Between two looks whether the file changed: well below the time a rotation's blocks take.
const LOOK: Duration = Duration::from_secs(1);

/// Keeps a ring as its file is, until the end: reads it again when it changes, and at once on SIGHUP.
pub fn follow(ring: Arc<KeyRing>, path: PathBuf, stop: Stop) -> std::io::Result<()> {
    let mut told = signal(SignalKind::hangup())?;
    let look = move || {
        fs::metadata(&path)
            .map(|meta| (meta.ino(), meta.mtime(), meta.mtime_nsec(), meta.len()))
            .ok()
            .map(|form| (form, path.clone()))
    };
    let mut known = look().map(|(form, _)| form);
    tokio::spawn(async move {
        loop {
            let asked = tokio::select! {
                () = stop.wait() => return,
                _ = told.recv() => true,
                () = tokio::time::sleep(LOOK) => false,
            };
            let Some((form, path)) = look() else { continue };
            if !asked && known == Some(form) {
                continue;
            }
            known = Some(form);
            match ring.reload(&path) {
                Ok(()) => tracing::info!(member = ring.member, "the key file was read again"),
                Err(refusal) => {
                    tracing::warn!(member = ring.member, %refusal, "the key file can't be used; the keys before it stay")
                }
            }
        }
    });
    Ok(())
}
