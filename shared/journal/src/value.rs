//! The form of a stored value: its bytes, then four bytes of CRC-32 over space, key and bytes.
//!
//! The engine checks its blocks too; this check also covers what lies between (a block served for another key, memory,
//! a cache) and costs 30 ns. CRC-32 finds every burst of up to 32 bits for certain. It guards against faults and not
//! against people: the Merkle log does that.

/// The longest key. State keys are words, codes and hex digests; the engine itself ends at 64 KiB.
pub const MAX_KEY_BYTES: usize = 2 * 1024;

/// The longest value: 32 times the largest block, so that it binds mistakes only.
pub const MAX_VALUE_BYTES: usize = 16 * 1024 * 1024;

/// Bytes that a stored value is longer than the value.
const CHECK_BYTES: usize = 4;

/// The checksum of a value at its place.
fn check(space: &str, key: &[u8], value: &[u8]) -> [u8; CHECK_BYTES] {
    let mut crc = crc32fast::Hasher::new();
    crc.update(space.as_bytes());
    // A separator, so that the end of the space's name can't pass for the beginning of a key.
    crc.update(&[0]);
    crc.update(key);
    // A fixed-width length, so that the end of a key can't pass for the beginning of a value.
    crc.update(&(value.len() as u64).to_be_bytes());
    crc.update(value);
    crc.finalize().to_be_bytes()
}

/// The bytes to store for `value`.
pub(crate) fn wrap(space: &str, key: &[u8], value: &[u8]) -> Vec<u8> {
    let mut stored = Vec::with_capacity(value.len() + CHECK_BYTES);
    stored.extend_from_slice(value);
    stored.extend_from_slice(&check(space, key, value));
    stored
}

/// The value in stored bytes, or none if they are not what [`wrap`] made for this place.
pub(crate) fn unwrap(space: &str, key: &[u8], stored: &[u8]) -> Option<Vec<u8>> {
    let (value, found) = stored.split_at_checked(stored.len().checked_sub(CHECK_BYTES)?)?;
    (check(space, key, value) == found).then(|| value.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn any_changed_byte_is_found(key in ".{1,20}", value: Vec<u8>, at: proptest::sample::Index, bit in 0..8u32) {
            let mut stored = wrap("state", key.as_bytes(), &value);
            proptest::prop_assert_eq!(unwrap("state", key.as_bytes(), &stored), Some(value));
            let place = at.index(stored.len());
            stored[place] ^= 1 << bit;
            proptest::prop_assert_eq!(unwrap("state", key.as_bytes(), &stored), None);
        }
    }

    #[test]
    fn a_value_belongs_to_its_space_and_key() {
        let stored = wrap("state", b"k", b"v");
        assert_eq!(unwrap("nodes", b"k", &stored), None);
        assert_eq!(unwrap("state", b"kv", &stored), None);
        assert_eq!(unwrap("state", b"k", b"abc"), None, "shorter than a checksum");
    }
}
