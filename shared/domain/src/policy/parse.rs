//! The policy text: one pass, every error with the byte at which it stands. It recurses once for each group inside a
//! group, at most [`MAX_DEPTH`] times.

use crate::chain::{MAX_NAME_BYTES, is_name};
use crate::field::is_region;
use crate::refusal::{Code, Refusal};

use super::{
    Expr, Group, Head, MAX_DENOMINATOR, MAX_DEPTH, MAX_LEAVES, MAX_POLICY_BYTES, MAX_WINDOW_MS, Place, Policy, Quota,
    Scope, Share, Veto, shipped,
};

/// The words that open a bracket; without one they are roles like any other.
const FUNCTIONS: [&str; 5] = ["n_of", "all", "any", "majority", "fraction"];

impl Policy {
    /// Parses a policy text.
    pub fn parse(text: &str) -> Result<Policy, Refusal> {
        if text.len() > MAX_POLICY_BYTES {
            return Err(bad(MAX_POLICY_BYTES, &format!("the text is over {MAX_POLICY_BYTES} bytes")));
        }
        let mut reader = Reader { text, at: 0, leaves: 0 };
        let policy = reader.policy()?;
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
    leaves: usize,
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

    fn policy(&mut self) -> Result<Policy, Refusal> {
        let Policy { head, sectors, veto, provisional } = self.head()?;
        self.blanks();
        let at = self.at;
        let sectors = if self.word("across") { Some(self.sectors(at, &head)?) } else { sectors };
        self.blanks();
        let at = self.at;
        let veto = match (self.word("unless"), veto) {
            (true, Some(_)) => return Err(bad(at, "the named policy has a veto already; write it out to change it")),
            (true, None) => Some(self.veto()?),
            (false, veto) => veto,
        };
        self.blanks();
        let at = self.at;
        let provisional = self.word("provisional") || provisional;
        if provisional && head == Head::Author && veto.is_none() {
            return Err(bad(at, "what its author's word accepts at once is never provisional"));
        }
        Ok(Policy { head, sectors, veto, provisional })
    }

    /// `author`, a shipped policy or an expression; a shipped policy may bring what usually follows the head.
    fn head(&mut self) -> Result<Policy, Refusal> {
        let start = self.at;
        let (_, token) = self.token();
        if !self.rest().starts_with('@') {
            if token == "author" {
                return Ok(Policy { head: Head::Author, sectors: None, veto: None, provisional: false });
            }
            if let Some(text) = shipped::text(token) {
                return Policy::parse(text);
            }
        }
        self.at = start;
        let head = Head::Ballots(self.expr(1)?);
        Ok(Policy { head, sectors: None, veto: None, provisional: false })
    }

    fn expr(&mut self, depth: usize) -> Result<Expr, Refusal> {
        let (at, token) = self.token();
        let after = self.at;
        let opens = self.sign('(');
        if !opens && token != "n_of" {
            self.at = at;
            return self.leaf().map(Expr::Place);
        }
        if !FUNCTIONS.contains(&token) {
            return Err(bad(at, "expected `n_of`, `all`, `any`, `majority` or `fraction` before a bracket"));
        }
        self.at = after;
        self.expect('(')?;
        match token {
            "majority" => self.share(Quota::Majority).map(Expr::Share),
            "fraction" => {
                let quota = self.fraction()?;
                self.expect(',')?;
                self.share(quota).map(Expr::Share)
            }
            _ if depth > MAX_DEPTH => Err(bad(at, &format!("more than {MAX_DEPTH} groups inside each other"))),
            _ => self.group(token, depth).map(Expr::Group),
        }
    }

    /// The rest of a group, behind its bracket.
    fn group(&mut self, function: &str, depth: usize) -> Result<Group, Refusal> {
        let mut of = Vec::new();
        let wanted = if function == "n_of" {
            let (at, token) = self.token();
            Some((at, self.number(token, at)?))
        } else {
            of.push(self.expr(depth + 1)?);
            None
        };
        while self.sign(',') {
            of.push(self.expr(depth + 1)?);
        }
        self.expect(')')?;
        let needed = match wanted {
            None if function == "any" => 1,
            None => of.len(),
            Some((at, wanted)) => usize::try_from(wanted)
                .ok()
                .filter(|needed| *needed <= of.len())
                .ok_or_else(|| bad(at, &format!("asks for more than the {} places listed", of.len())))?,
        };
        Ok(Group { needed, of })
    }

    /// The rest of a share, behind its quota.
    fn share(&mut self, quota: Quota) -> Result<Share, Refusal> {
        let of = self.leaf()?;
        self.expect(')')?;
        Ok(Share { quota, of })
    }

    fn fraction(&mut self) -> Result<Quota, Refusal> {
        let (start, digits) = self.token();
        let a = self.number(digits, start)?;
        self.expect('/')?;
        let (at, digits) = self.token();
        let b = self.number(digits, at)?;
        let b = u32::try_from(b).ok().filter(|b| *b <= MAX_DENOMINATOR);
        let b = b.ok_or_else(|| bad(at, &format!("expected a denominator of at most {MAX_DENOMINATOR}")))?;
        let a = u32::try_from(a).ok().filter(|a| *a <= b);
        let a = a.ok_or_else(|| bad(start, "a fraction is at most the whole"))?;
        Ok(Quota::Fraction { a, b })
    }

    /// A place of the expression; the veto's is not counted.
    fn leaf(&mut self) -> Result<Place, Refusal> {
        self.blanks();
        if self.leaves == MAX_LEAVES {
            return Err(bad(self.at, &format!("more than {MAX_LEAVES} places")));
        }
        self.leaves += 1;
        self.place()
    }

    fn place(&mut self) -> Result<Place, Refusal> {
        let role = self.name("a role")?;
        if !self.rest().starts_with('@') {
            return Ok(Place { role, scope: None });
        }
        self.at += 1;
        let (at, kind) = self.token();
        if !["sector", "region", "member"].contains(&kind) {
            return Err(bad(at, "expected `sector`, `region` or `member`"));
        }
        self.expect(':')?;
        let scope = match kind {
            "sector" => Scope::Sector(self.name("a sector")?),
            "member" => Scope::Member(self.name("a member")?),
            _ => Scope::Region(self.region()?),
        };
        Ok(Place { role, scope: Some(scope) })
    }

    fn region(&mut self) -> Result<String, Refusal> {
        let (at, code) = self.token();
        let detail = "expected a region: GB/T 2260 digits or a lower-case ISO 3166 code";
        if is_region(code) { Ok(code.to_owned()) } else { Err(bad(at, detail)) }
    }

    /// What follows `across`, which stands at `at`.
    fn sectors(&mut self, at: usize, head: &Head) -> Result<usize, Refusal> {
        if *head == Head::Author {
            return Err(bad(at, "`author` asks nobody, so nobody's sectors can be counted"));
        }
        let (at, digits) = self.token();
        // Every member has a sector, so one asks for nothing.
        let least = usize::try_from(self.number(digits, at)?).ok().filter(|least| *least > 1);
        let least = least.ok_or_else(|| bad(at, "expected a number of at least 2 sectors"))?;
        self.expect_word("sectors")?;
        Ok(least)
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
