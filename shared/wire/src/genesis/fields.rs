//! A TOML table read field by field, that knows its place in the file and refuses what nobody asked for.

use domain::refusal::Refusal;
use proof::sign::PublicKey;
use toml::{Table, Value};

use super::config;

/// A table of the file and the path to it.
pub(super) struct Fields {
    path: String,
    table: Table,
}

impl Fields {
    /// The whole file.
    pub(super) fn of_file(bytes: &[u8]) -> Result<Self, Refusal> {
        let text = std::str::from_utf8(bytes).map_err(|_| config("genesis", "file", "not UTF-8"))?;
        let table = text.parse::<Table>().map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            let before = text.get(..at).unwrap_or(text);
            let line = text.lines().nth(before.matches('\n').count()).unwrap_or_default();
            let field = line.split(['=', '#']).next().unwrap_or_default().trim();
            config("genesis", &format!("line {}, {field}", before.matches('\n').count() + 1), error.message())
        })?;
        Ok(Fields { path: String::new(), table })
    }

    fn at(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    fn take(&mut self, name: &'static str) -> Result<Value, Refusal> {
        self.table.remove(name).ok_or_else(|| config(name, &self.at(name), "missing"))
    }

    /// A text.
    pub(super) fn text(&mut self, name: &'static str) -> Result<String, Refusal> {
        let value = self.take(name)?;
        text(name, value, &self.at(name))
    }

    /// A list of texts.
    pub(super) fn texts(&mut self, name: &'static str) -> Result<Vec<String>, Refusal> {
        let value = self.take(name)?;
        let path = self.at(name);
        array(name, value, &path)?
            .into_iter()
            .enumerate()
            .map(|(i, value)| text(name, value, &format!("{path}[{i}]")))
            .collect()
    }

    /// A list of texts that may be left out.
    pub(super) fn optional_texts(&mut self, name: &'static str) -> Result<Vec<String>, Refusal> {
        if self.table.contains_key(name) { self.texts(name) } else { Ok(Vec::new()) }
    }

    /// A list of public keys that may be left out.
    pub(super) fn optional_keys(&mut self, name: &'static str) -> Result<Vec<PublicKey>, Refusal> {
        let path = self.at(name);
        let key = |(i, text): (usize, String)| {
            PublicKey::parse(&text)
                .ok_or_else(|| config(name, &format!("{path}[{i}]"), "not a key of 64 lower-case hex digits"))
        };
        self.optional_texts(name)?.into_iter().enumerate().map(key).collect()
    }

    /// A text with a meaning.
    pub(super) fn parsed<T>(
        &mut self,
        name: &'static str,
        what: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<T, Refusal> {
        let value = self.take(name)?;
        value.as_str().and_then(parse).ok_or_else(|| config(name, &self.at(name), &format!("must be {what}")))
    }

    /// A text with a meaning that may be left out.
    pub(super) fn optional_parsed<T>(
        &mut self,
        name: &'static str,
        what: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<T>, Refusal> {
        if self.table.contains_key(name) { self.parsed(name, what, parse).map(Some) } else { Ok(None) }
    }

    /// A whole number.
    pub(super) fn number(&mut self, name: &'static str) -> Result<u32, Refusal> {
        let value = self.take(name)?;
        let number = value.as_integer().and_then(|number| u32::try_from(number).ok());
        number.ok_or_else(|| config(name, &self.at(name), "must be a whole number from 0 to 4294967295"))
    }

    /// A whole number that may be left out.
    pub(super) fn optional_number(&mut self, name: &'static str) -> Result<Option<u64>, Refusal> {
        if self.table.contains_key(name) { self.number(name).map(|number| Some(u64::from(number))) } else { Ok(None) }
    }

    /// A flag; `false` when left out.
    pub(super) fn flag(&mut self, name: &'static str) -> Result<bool, Refusal> {
        match self.table.remove(name) {
            None => Ok(false),
            Some(value) => value.as_bool().ok_or_else(|| config(name, &self.at(name), "must be true or false")),
        }
    }

    /// A table.
    pub(super) fn table(&mut self, name: &'static str) -> Result<Fields, Refusal> {
        let value = self.take(name)?;
        table(name, value, self.at(name))
    }

    /// A list of tables; empty when left out.
    pub(super) fn tables(&mut self, name: &'static str) -> Result<Vec<Fields>, Refusal> {
        let path = self.at(name);
        let Some(value) = self.table.remove(name) else { return Ok(Vec::new()) };
        array(name, value, &path)?
            .into_iter()
            .enumerate()
            .map(|(i, value)| table(name, value, format!("{path}[{i}]")))
            .collect()
    }

    /// Tables by a name of the author's choice; empty when left out.
    pub(super) fn named_tables(&mut self, name: &'static str) -> Result<Vec<(String, Fields)>, Refusal> {
        if !self.table.contains_key(name) {
            return Ok(Vec::new());
        }
        let Fields { path, table: entries } = self.table(name)?;
        let entry = |(own, value): (String, Value)| {
            let fields = table(name, value, format!("{path}.{own}"))?;
            Ok((own, fields))
        };
        entries.into_iter().map(entry).collect()
    }

    /// Refuses what is left.
    pub(super) fn end(self) -> Result<(), Refusal> {
        match self.table.keys().next() {
            Some(name) => Err(config("genesis", &self.at(name), "unknown field")),
            None => Ok(()),
        }
    }
}

fn text(name: &'static str, value: Value, path: &str) -> Result<String, Refusal> {
    match value {
        Value::String(text) => Ok(text),
        _ => Err(config(name, path, "must be a text in quotes")),
    }
}

fn array(name: &'static str, value: Value, path: &str) -> Result<Vec<Value>, Refusal> {
    match value {
        Value::Array(values) => Ok(values),
        _ => Err(config(name, path, "must be a list")),
    }
}

fn table(name: &'static str, value: Value, path: String) -> Result<Fields, Refusal> {
    match value {
        Value::Table(table) => Ok(Fields { path, table }),
        _ => Err(config(name, &path, "must be a table")),
    }
}
