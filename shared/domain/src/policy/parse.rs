//! The policy text: one pass, no recursion, every error with the byte at which it stands.

use crate::chain::{MAX_NAME_BYTES, is_name};
use crate::refusal::{Code, Refusal};

use super::{Group, MAX_PLACES, MAX_POLICY_BYTES, MAX_WINDOW_MS, Place, Policy, Veto};

impl Policy {
    /// Parses a policy text.
    pub fn parse(text: &str) -> Result<Policy, Refusal> {
        if text.len() > MAX_POLICY_BYTES {
            return Err(bad(MAX_POLICY_BYTES, &format!("the text is over {MAX_POLICY_BYTES} bytes")));
        }
        let mut reader = Reader { text, at: 0 };
        let policy = if reader.word("author") { Policy::Author } else { Policy::Group(reader.group()?) };
        reader.blanks();
        if reader.at < text.len() {
            return Err(bad(reader.at, "expected the end of the policy"));
        }
        Ok(policy)
    }
}

fn bad(at: usize, what: &str) -> Refusal {
    Refusal::of(Code::BadPolicy, "rule", format!("at byte {at}: {what}"))
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn blanks(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start_matches(' ').len();
    }

    /// Takes `sign` if it comes next.
    fn sign(&mut self, sign: char) -> bool {
        self.blanks();
        let found = self.rest().starts_with(sign);
        self.at += usize::from(found) * sign.len_utf8();
        found
    }

    fn expect(&mut self, sign: char) -> Result<(), Refusal> {
        if self.sign(sign) { Ok(()) } else { Err(bad(self.at, &format!("expected '{sign}'"))) }
    }

    /// The letters, digits, `-` and `_` that come next.
    fn token(&mut self) -> (usize, &'a str) {
        self.blanks();
        let (start, rest) = (self.at, self.rest());
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_').unwrap_or(rest.len());
        self.at += end;
        (start, rest.get(..end).unwrap_or_default())
    }

    /// Takes `word` if it is the next token.
    fn word(&mut self, word: &str) -> bool {
        let (start, token) = self.token();
        if token != word {
            self.at = start;
        }
        token == word
    }

    fn expect_word(&mut self, word: &str) -> Result<(), Refusal> {
        if self.word(word) { Ok(()) } else { Err(bad(self.at, &format!("expected `{word}`"))) }
    }

    /// A decimal number without sign or leading zero.
    fn number(&mut self, digits: &str, at: usize) -> Result<u64, Refusal> {
        let plain = !digits.starts_with('0') && digits.bytes().all(|b| b.is_ascii_digit());
        let number = if plain { digits.parse().ok() } else { None };
        number.ok_or_else(|| bad(at, "expected a whole number from 1 without leading zeros"))
    }

    fn name(&mut self, what: &str) -> Result<String, Refusal> {
        let (at, token) = self.token();
        if is_name(token) {
            return Ok(token.to_owned());
        }
        Err(bad(at, &format!("expected {what}: 1 to {MAX_NAME_BYTES} lower-case letters, digits and '-'")))
    }

    fn group(&mut self) -> Result<Group, Refusal> {
        if !self.word("n_of") {
            return Err(bad(self.at, "expected `author` or `n_of`"));
        }
        self.expect('(')?;
        let (at, token) = self.token();
        let wanted = self.number(token, at)?;
        let mut places = Vec::new();
        while self.sign(',') {
            if places.len() == MAX_PLACES {
                return Err(bad(self.at, &format!("more than {MAX_PLACES} places")));
            }
            places.push(self.place()?);
        }
        self.expect(')')?;
        let needed = usize::try_from(wanted).ok().filter(|needed| *needed <= places.len());
        let needed =
            needed.ok_or_else(|| bad(at, &format!("asks for more than the {} places listed", places.len())))?;
        let veto = if self.word("unless") { Some(self.veto()?) } else { None };
        Ok(Group { needed, places, veto, provisional: self.word("provisional") })
    }

    fn place(&mut self) -> Result<Place, Refusal> {
        self.blanks();
        let at = self.at;
        if self.word("n_of") {
            return Err(bad(at, "a group inside a group is not taken; list its places here"));
        }
        let role = self.name("a role")?;
        if !self.rest().starts_with('@') {
            return Ok(Place { role, sector: None });
        }
        self.at += 1;
        self.expect_word("sector")?;
        self.expect(':')?;
        Ok(Place { role, sector: Some(self.name("a sector")?) })
    }

    fn veto(&mut self) -> Result<Veto, Refusal> {
        self.expect_word("veto")?;
        self.expect('(')?;
        let holder = self.place()?;
        self.expect(')')?;
        self.expect_word("within")?;
        let (at, token) = self.token();
        let unit = |token: &'a str| {
            [("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", crate::time::DAY_MS)]
                .into_iter()
                .find_map(|(unit, ms)| token.strip_suffix(unit).map(|digits| (digits, ms)))
        };
        let (digits, ms) = unit(token).ok_or_else(|| bad(at, "expected a time such as 90s, 30m, 4h or 2d"))?;
        let window = self.number(digits, at)?.checked_mul(ms).filter(|window| *window <= MAX_WINDOW_MS);
        let window_ms = window.ok_or_else(|| bad(at, "a veto must come within 30 days"))?;
        Ok(Veto { holder, window_ms })
    }
}
