//! Lists of records: those under a prefix, by the names that their keys end with.

use crate::codec::Record;
use crate::keys::end_of;

use super::{Fault, Versioned, View, decoded};

/// Records under a prefix, behind the key `after`, with the name that the rest of each key is.
pub(crate) fn list<N, R: Record>(
    view: &dyn View,
    prefix: &str,
    after: Option<Vec<u8>>,
    limit: usize,
    name: impl Fn(&str) -> Option<N>,
) -> Result<Vec<(N, R)>, Fault> {
    let from = after.map_or_else(|| prefix.as_bytes().to_vec(), behind);
    scan(view, prefix, from, limit, name)
}

/// The very next key after one.
pub(crate) fn behind(key: Vec<u8>) -> Vec<u8> {
    [key.as_slice(), &[0]].concat()
}

/// A key that no record of a list has.
pub(crate) fn no_such_form(key: &[u8]) -> Fault {
    Fault(format!("the key {} has no such form", String::from_utf8_lossy(key)))
}

/// Records under a prefix from a key on, with the name that the rest of each key is.
pub(crate) fn scan<N, R: Record>(
    view: &dyn View,
    prefix: &str,
    from: Vec<u8>,
    limit: usize,
    name: impl Fn(&str) -> Option<N>,
) -> Result<Vec<(N, R)>, Fault> {
    let found = view.scan(&from, &end_of(prefix.as_bytes()), limit)?;
    let named = |(key, stored): (Vec<u8>, Versioned)| {
        let rest = std::str::from_utf8(&key).ok().and_then(|key| key.strip_prefix(prefix)).and_then(&name);
        let rest = rest.ok_or_else(|| no_such_form(&key))?;
        Ok((rest, decoded(&key, &stored.value)?))
    };
    found.into_iter().map(named).collect()
}
