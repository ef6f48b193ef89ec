//! Canonical bytes of the records in a ledger's state and in summaries: big-endian integers, length-prefixed strings,
//! fields in the order of the struct. One value has exactly one byte string, so digests over records agree.
//!
//! It is not how anything travels between members: that is protobuf, in `wire`.

mod vocabulary;

/// A value with canonical bytes.
pub trait Record: Sized {
    /// Appends the value.
    fn write(&self, out: &mut Writer);
    /// Takes the value; `None` when the bytes are not exactly what [`Record::write`] makes.
    fn read(input: &mut Reader<'_>) -> Option<Self>;
}

/// The canonical bytes of a record.
pub fn encode<R: Record>(record: &R) -> Vec<u8> {
    let mut out = Writer::default();
    record.write(&mut out);
    out.0
}

/// The record of which `bytes` are the canonical bytes; anything left over is `None`.
pub fn decode<R: Record>(bytes: &[u8]) -> Option<R> {
    let mut input = Reader(bytes);
    let record = R::read(&mut input)?;
    input.0.is_empty().then_some(record)
}

/// Canonical bytes under construction.
#[derive(Clone, Debug, Default)]
pub struct Writer(Vec<u8>);

impl Writer {
    /// Bytes as they are, without a length.
    pub fn raw(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    /// A length and the bytes.
    pub fn bytes(&mut self, bytes: &[u8]) {
        proof::digest::put_lp(&mut self.0, bytes);
    }

    /// The bytes so far.
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}

/// Canonical bytes being taken apart.
#[derive(Clone, Debug)]
pub struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// Starts at the first of `bytes`.
    pub fn new(bytes: &'a [u8]) -> Self {
        Reader(bytes)
    }

    /// The next `n` bytes.
    pub fn raw(&mut self, n: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.0.split_at_checked(n)?;
        self.0 = rest;
        Some(head)
    }

    /// The next `N` bytes as an array.
    pub fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*head)
    }

    /// A length and that many bytes.
    pub fn bytes(&mut self) -> Option<&'a [u8]> {
        let length = u32::read(self)?;
        self.raw(usize::try_from(length).ok()?)
    }

    /// Bytes not read yet.
    pub fn left(&self) -> usize {
        self.0.len()
    }
}

macro_rules! integers {
    ($($int:ty),+) => {$(
        impl Record for $int {
            fn write(&self, out: &mut Writer) {
                out.raw(&self.to_be_bytes());
            }
            fn read(input: &mut Reader<'_>) -> Option<Self> {
                input.array().map(<$int>::from_be_bytes)
            }
        }
    )+};
}
integers!(u8, u16, u32, u64, i64);

impl Record for () {
    fn write(&self, _: &mut Writer) {}
    fn read(_: &mut Reader<'_>) -> Option<Self> {
        Some(())
    }
}

impl Record for bool {
    fn write(&self, out: &mut Writer) {
        u8::from(*self).write(out);
    }
    fn read(input: &mut Reader<'_>) -> Option<Self> {
        match u8::read(input)? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }
}

impl Record for String {
    fn write(&self, out: &mut Writer) {
        out.bytes(self.as_bytes());
    }
    fn read(input: &mut Reader<'_>) -> Option<Self> {
        String::from_utf8(input.bytes()?.to_vec()).ok()
    }
}

impl<T: Record> Record for Option<T> {
    fn write(&self, out: &mut Writer) {
        self.is_some().write(out);
        if let Some(value) = self {
            value.write(out);
        }
    }
    fn read(input: &mut Reader<'_>) -> Option<Self> {
        if bool::read(input)? { T::read(input).map(Some) } else { Some(None) }
    }
}

impl<T: Record> Record for Vec<T> {
    fn write(&self, out: &mut Writer) {
        // No list of records comes near 2^32: the largest are bounded by the number of members.
        u32::try_from(self.len()).unwrap_or(u32::MAX).write(out);
        for item in self {
            item.write(out);
        }
    }
    fn read(input: &mut Reader<'_>) -> Option<Self> {
        let count = usize::try_from(u32::read(input)?).ok()?;
        // Every item takes at least a byte, so a forged count cannot make us reserve more than we were sent.
        if count > input.left() {
            return None;
        }
        (0..count).map(|_| T::read(input)).collect()
    }
}

impl<A: Record, B: Record> Record for (A, B) {
    fn write(&self, out: &mut Writer) {
        self.0.write(out);
        self.1.write(out);
    }
    fn read(input: &mut Reader<'_>) -> Option<Self> {
        Some((A::read(input)?, B::read(input)?))
    }
}

impl Record for [u64; 5] {
    fn write(&self, out: &mut Writer) {
        for n in self {
            n.write(out);
        }
    }
    fn read(input: &mut Reader<'_>) -> Option<Self> {
        let mut all = [0; 5];
        for n in &mut all {
            *n = u64::read(input)?;
        }
        Some(all)
    }
}

/// Enums go by their place in `ALL`, which only ever grows at the end.
macro_rules! by_place {
    ($($name:ty),+) => {$(
        impl $crate::codec::Record for $name {
            fn write(&self, out: &mut $crate::codec::Writer) {
                let place = <$name>::ALL.iter().position(|one| one == self).unwrap_or_default();
                out.raw(&[u8::try_from(place).unwrap_or(u8::MAX)]);
            }
            fn read(input: &mut $crate::codec::Reader<'_>) -> Option<Self> {
                <$name>::ALL.get(usize::from(<u8 as $crate::codec::Record>::read(input)?)).copied()
            }
        }
    )+};
}
pub(crate) use by_place;

/// Declares a struct whose canonical bytes are its fields in order.
macro_rules! record {
    ($($(#[$doc:meta])* pub struct $name:ident { $($(#[$field_doc:meta])* pub $field:ident: $kind:ty,)* })+) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $name { $($(#[$field_doc])* pub $field: $kind,)* }

        impl $crate::codec::Record for $name {
            fn write(&self, out: &mut $crate::codec::Writer) {
                $($crate::codec::Record::write(&self.$field, out);)*
            }
            fn read(input: &mut $crate::codec::Reader<'_>) -> Option<Self> {
                Some($name { $($field: $crate::codec::Record::read(input)?,)* })
            }
        }
    )+};
}
pub(crate) use record;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain::Lane;
    use crate::time::Millis;

    #[test]
    fn a_value_has_one_byte_string_and_no_other_bytes_read_as_it() {
        let value = vec![(Some(String::from("a")), Millis(7)), (None, Millis(u64::MAX))];
        let bytes = encode(&value);
        assert_eq!(decode(&bytes), Some(value));
        for cut in 0..bytes.len() {
            assert_eq!(decode::<Vec<(Option<String>, Millis)>>(&bytes[..cut]), None, "cut at {cut}");
        }
        assert_eq!(decode::<Vec<(Option<String>, Millis)>>(&[bytes.as_slice(), &[0]].concat()), None);
        assert_eq!(decode::<bool>(&[2]), None);
        assert_eq!(decode::<Lane>(&[3]), None);
        assert_eq!(decode::<String>(&[0, 0, 0, 1, 0xff]), None);
    }

    #[test]
    fn a_forged_count_reserves_nothing() {
        assert_eq!(decode::<Vec<u64>>(&u32::MAX.to_be_bytes()), None);
    }
}
