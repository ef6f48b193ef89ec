//! What members do with masks.

use super::{Reader, name};
use crate::play::Goods;
use crate::words::{Misread, Words};

impl Reader {
    /// A deed with goods, if one comes next.
    pub(super) fn goods(&mut self, words: &mut Words) -> Result<Option<Goods>, Misread> {
        if words.take("speaks for") {
            return Ok(Some(Goods::SpeaksFor { place: name(words, "a place")? }));
        }
        if words.take("pledges") {
            return Ok(Some(Goods::Pledges { units: masks(words)? }));
        }
        if words.take("receives") {
            let units = masks(words)?;
            words.must("of")?;
            let gift = self.event(words)?;
            return Ok(Some(Goods::Receives { units, gift, at: at(words)? }));
        }
        if words.take("hands") {
            let units = masks(words)?;
            words.must("from")?;
            let from = name(words, "a place")?;
            words.must("to")?;
            let to = name(words, "a place")?;
            let promise = if words.take("by") { Some(self.event(words)?) } else { None };
            return Ok(Some(Goods::Hands { units, from, to, promise }));
        }
        if words.take("takes over") {
            let units = masks(words)?;
            words.must("of")?;
            return Ok(Some(Goods::TakesOver { units, delivery: self.event(words)? }));
        }
        if words.take("uses") {
            return Ok(Some(Goods::Uses { units: masks(words)?, at: at(words)? }));
        }
        if words.take("asks for") {
            return Ok(Some(Goods::AsksFor { units: masks(words)?, at: at(words)? }));
        }
        if words.take("promises") {
            let units = masks(words)?;
            words.must("from")?;
            let from = name(words, "a place")?;
            words.must("for")?;
            return Ok(Some(Goods::Promises { units, from, request: self.event(words)? }));
        }
        Ok(None)
    }
}

/// `18000 masks`.
fn masks(words: &mut Words) -> Result<u64, Misread> {
    let units = words.number("a number")?;
    words.must("masks")?;
    Ok(units)
}

/// `at union-hospital`.
pub(super) fn at(words: &mut Words) -> Result<String, Misread> {
    words.must("at")?;
    name(words, "a place")
}
