//! What must be so.

use domain::alert::AlertState;
use domain::event::Phase;
use domain::record::Outcome;

use super::goods::at;
use super::{Reader, name};
use crate::play::Check;
use crate::words::{Misread, Words};

impl Reader {
    /// The rest of a sentence that begins with `then`.
    pub(super) fn check(&self, words: &mut Words) -> Result<Check, Misread> {
        if words.quotes() {
            let on = self.event(words)?;
            if words.take("closes with") {
                let received = words.number("a number")?;
                words.must("received,")?;
                let used = words.number("a number")?;
                words.must("used,")?;
                let in_transit = words.number("a number")?;
                words.must("in transit")?;
                return Ok(Check::Closes { on, received, used, in_transit });
            }
            words.must("is")?;
            let outcome = |word: &str| Outcome::ALL.into_iter().map(Outcome::name).find(|name| *name == word);
            let outcome = words.parsed("open, accepted or rejected", outcome)?.to_owned();
            return Ok(Check::Judged { on, outcome });
        }
        if words.take("the proof of") {
            let on = self.event(words)?;
            words.must("names")?;
            return Ok(Check::Proof { on, who: self.member(words)? });
        }
        match self.chain_in(words) {
            Some(chain) => self.check_of_chain(words, chain),
            None => self.check_of_member(words),
        }
    }

    fn check_of_chain(&self, words: &mut Words, chain: String) -> Result<Check, Misread> {
        if words.take("heard of") {
            let on = self.event(words)?;
            words.must("as")?;
            let state = |word: &str| AlertState::ALL.into_iter().map(AlertState::name).find(|name| *name == word);
            let state = words.parsed("provisional, confirmed or cancelled", state)?.to_owned();
            return Ok(Check::Heard { chain, on, state });
        }
        if words.take("never heard of") {
            return Ok(Check::NeverHeard { chain, on: self.event(words)? });
        }
        if words.take("counts") {
            let confirmed = words.number("a number")?;
            words.must("confirmed")?;
            return Ok(Check::Counts { chain, confirmed });
        }
        if words.take("is asked about") {
            return Ok(Check::Asked { chain, on: self.event(words)? });
        }
        let knows = words.take("knows of idle masks");
        if knows || words.take("does not know of idle masks") {
            let at = at(words)?;
            let mut short = None;
            if knows {
                words.must("while")?;
                short = Some(name(words, "a place")?);
                words.must("is short")?;
            }
            return Ok(Check::Idle { chain, at, short });
        }
        let silent = words.take("misses");
        if silent || words.take("does not miss") {
            return Ok(Check::Misses { parent: chain, child: self.chain(words)?, silent });
        }
        words.must("is in")?;
        let phase = words.parsed("preparedness, response or recovery", Phase::parse)?;
        Ok(Check::InPhase { chain, phase, led_by: self.leader(words)? })
    }

    fn check_of_member(&self, words: &mut Words) -> Result<Check, Misread> {
        let who = self.member(words)?;
        if words.take("cosigns") {
            return Ok(Check::Cosigns { who });
        }
        words.must("has")?;
        let sum = words.parsed("a number", |word| word.parse().ok())?;
        let vested = words.parsed("pending or vested", |word| match word {
            "pending" => Some(false),
            "vested" => Some(true),
            _ => None,
        })?;
        words.must("credits")?;
        Ok(Check::Credits { who, sum, vested })
    }
}
