//! What the queries of this area have in common: an instant, words of a list, cursors that are keys.

use domain::event::Resource;
use domain::time::Millis;
use host::rest::{Problem, asked};

use domain::refusal::Code;

/// An instant of chain time; none: as it stands.
pub(super) fn instant(asked: Option<&str>) -> Result<Option<Millis>, Problem> {
    let bad = || Problem::new(Code::BadQuery, "as_of is a UTC time as YYYY-MM-DDThh:mm:ss[.mmm]Z");
    asked.map(|text| Millis::parse(text).ok_or_else(bad)).transpose()
}

/// A word of a list, if one is asked for.
pub(super) fn word<T>(
    asked: Option<&str>,
    field: &str,
    parse: impl Fn(&str) -> Option<T>,
) -> Result<Option<T>, Problem> {
    let unknown = || Problem::new(Code::BadQuery, format!("{field} is none of those there are"));
    asked.map(|text| parse(text).ok_or_else(unknown)).transpose()
}

/// A resource, if one is asked for.
pub(super) fn resource(asked: Option<&str>) -> Result<Option<Resource>, Problem> {
    word(asked, "resource", Resource::parse)
}

/// The key that a cursor of this list stands for: `prefix`, then what names a record.
pub(super) fn behind(cursor: Option<&str>, prefix: &str, is_name: impl Fn(&str) -> bool) -> Result<Vec<u8>, Problem> {
    let Some(cursor) = cursor else { return Ok(Vec::new()) };
    let name = cursor.strip_prefix(prefix).filter(|name| is_name(name));
    name.map(|_| cursor.as_bytes().to_vec()).ok_or_else(asked::bad_cursor)
}

/// Whether what is asked for, if anything, is what there is.
pub(super) fn fits<T: PartialEq + ?Sized>(asked: Option<&T>, has: &T) -> bool {
    asked.is_none_or(|asked| asked == has)
}
