//! The configuration file of the private server.

use std::path::Path;

/// Memory for streams that live in memory: cosignatures only, one message per member and chain.
const MEMORY_STORE: &str = "256MB";

/// The file beside it that says who may connect.
pub(super) const USERS: &str = "users.conf";

/// The text of the file: loopback only, every acknowledgement after an fsync, all files under `data_dir`.
///
/// The pending limit lets a hundred pumps catch up at once; the default cuts a client off at 64 MB.
pub(super) fn text(port: Option<u16>, data_dir: &Path) -> String {
    let port = port.map_or("-1".to_owned(), |port| port.to_string());
    let (store, ports, log) = (data_dir.join("jetstream"), data_dir.to_owned(), log(data_dir));
    format!(
        "host: 127.0.0.1\n\
         port: {port}\n\
         ports_file_dir: {ports}\n\
         log_file: {log}\n\
         logtime_utc: true\n\
         max_pending: 256MB\n\
         jetstream {{\n  store_dir: {store}\n  sync_interval: always\n  max_memory_store: {MEMORY_STORE}\n}}\n\
         include ./{USERS}\n",
        ports = quoted(&ports),
        log = quoted(&log),
        store = quoted(&store),
    )
}

/// Where the server writes what it says.
pub(super) fn log(data_dir: &Path) -> std::path::PathBuf {
    data_dir.join("nats-server.log")
}

/// A path as a string of the server's configuration language.
fn quoted(path: &Path) -> String {
    format!("\"{}\"", path.to_string_lossy().replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn acknowledgements_wait_for_the_disk_and_strangers_can_not_connect() {
        let text = text(Some(4222), Path::new("/data/a \"b\""));
        assert!(text.contains("include ./users.conf"), "{text}");
        assert!(text.contains("sync_interval: always"), "{text}");
        assert!(text.contains("host: 127.0.0.1\nport: 4222\n"), "{text}");
        assert!(text.contains(r#"store_dir: "/data/a \"b\"/jetstream""#), "{text}");
    }
}
