//! Where a read model's rows lie: in a directory of its name and the version of their form.
//!
//! Rows of another form are never read. They follow from the log, so they are removed and it is read again.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

/// The directory below `data` for this form of the rows. Those of the same name and another version are removed, newer ones
/// too: after a step back to an older program they would be behind the log all the same.
pub(super) fn home(data: &Path, name: &str, version: u32) -> anyhow::Result<PathBuf> {
    let home = data.join(format!("{name}-{version}"));
    let entries = match fs::read_dir(data) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(home),
        entries => entries.with_context(|| format!("looking for read models in {}", data.display()))?,
    };
    for entry in entries {
        let entry = entry?;
        let old = entry.file_name().to_str().is_some_and(|found| is_of(found, name)) && entry.path() != home;
        // Neither a file nor a link is a store, so neither is ours to remove.
        if old && entry.file_type()?.is_dir() {
            tracing::info!(name, version, old = %entry.path().display(), "rows of another form are removed");
            let removed = fs::remove_dir_all(entry.path());
            removed.with_context(|| format!("removing the read model in {}", entry.path().display()))?;
        }
    }
    Ok(home)
}

/// Whether a directory holds a read model of that name: with the number of a version, or with none, as the first had.
fn is_of(found: &str, name: &str) -> bool {
    let version = found.strip_prefix(name).map(|rest| rest.strip_prefix('-').unwrap_or(rest));
    match version {
        Some("") => found == name,
        Some(number) => number.parse::<u32>().is_ok_and(|number| format!("{name}-{number}") == found),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_another_version_are_removed_and_nothing_else_is() {
        let data = tempfile::tempdir().unwrap();
        let others = ["beds-x", "beds-03", "beds-2-kept", "beds-", "beds3", "wards-1", "outbox"];
        for dir in ["beds", "beds-1", "beds-2", "beds-3"].iter().chain(&others) {
            fs::create_dir(data.path().join(dir)).unwrap();
            fs::write(data.path().join(dir).join("rows"), dir).unwrap();
        }
        fs::write(data.path().join("beds-7"), "a file").unwrap();
        let home = home(data.path(), "beds", 2).unwrap();
        assert_eq!(fs::read_to_string(home.join("rows")).unwrap(), "beds-2", "what is there already stays");
        let left = fs::read_dir(data.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut left = left.collect::<Vec<_>>();
        left.sort();
        let mut kept = others.iter().copied().chain(["beds-2", "beds-7"]).collect::<Vec<_>>();
        kept.sort_unstable();
        assert_eq!(left, kept);
    }

    #[test]
    fn a_first_start_finds_nothing_to_remove() {
        let data = tempfile::tempdir().unwrap();
        let data = data.path().join("not-there-yet");
        assert_eq!(home(&data, "beds", 1).unwrap(), data.join("beds-1"));
    }
}
