//! A line as words, quoted texts and marks, read from the left. It knows no sentence.
//!
//! A comma or colon is a mark where a space or the end follows it; inside a word (`08:00`) it is part of the word.

/// Why a line can't be read.
pub type Misread = String;

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Word(String),
    Quoted(String),
    Mark(char),
}

/// What is left of a line.
#[derive(Clone, Debug)]
pub struct Words {
    tokens: Vec<Token>,
    at: usize,
}

impl Words {
    /// The words of a line; a `#` outside quotes ends it.
    pub fn of(line: &str) -> Result<Self, Misread> {
        let mut tokens = Vec::new();
        let mut rest = line.trim_start();
        while let Some(first) = rest.chars().next().filter(|first| *first != '#') {
            let token_ends = if first == '"' {
                let text = rest[1..].split_once('"').ok_or("a quotation mark is not closed")?.0;
                tokens.push(Token::Quoted(text.to_owned()));
                text.len() + 2
            } else if first == ',' || first == ':' {
                tokens.push(Token::Mark(first));
                1
            } else {
                let word = rest.split([' ', '"']).next().unwrap_or(rest);
                let bare = word.strip_suffix([',', ':']).unwrap_or(word);
                tokens.push(Token::Word(bare.to_owned()));
                bare.len()
            };
            rest = rest[token_ends..].trim_start();
        }
        Ok(Words { tokens, at: 0 })
    }

    pub fn is_empty(&self) -> bool {
        self.at == self.tokens.len()
    }

    /// Takes these words and marks if they come next.
    pub fn take(&mut self, phrase: &str) -> bool {
        let Ok(wanted) = Words::of(phrase) else { return false };
        let fits = self.tokens[self.at..].starts_with(&wanted.tokens);
        if fits {
            self.at += wanted.tokens.len();
        }
        fits
    }

    /// Takes these words and marks, which must come next.
    pub fn must(&mut self, phrase: &str) -> Result<(), Misread> {
        if self.take(phrase) { Ok(()) } else { Err(self.expected(&format!("`{phrase}`"))) }
    }

    /// Takes a word; `what` tells a reader which.
    pub fn word(&mut self, what: &str) -> Result<String, Misread> {
        match self.tokens.get(self.at) {
            Some(Token::Word(word)) => {
                let word = word.clone();
                self.at += 1;
                Ok(word)
            }
            _ => Err(self.expected(what)),
        }
    }

    /// Takes a word that means something.
    pub fn parsed<T>(&mut self, what: &str, parse: impl Fn(&str) -> Option<T>) -> Result<T, Misread> {
        let before = self.at;
        let found = parse(&self.word(what)?);
        found.ok_or_else(|| {
            self.at = before;
            self.expected(what)
        })
    }

    /// Takes a whole number.
    pub fn number(&mut self, what: &str) -> Result<u64, Misread> {
        self.parsed(what, |word| word.parse().ok())
    }

    /// Takes a quoted text.
    pub fn quoted(&mut self, what: &str) -> Result<String, Misread> {
        match self.tokens.get(self.at) {
            Some(Token::Quoted(text)) => {
                let text = text.clone();
                self.at += 1;
                Ok(text)
            }
            _ => Err(self.expected(&format!("{what} in quotation marks"))),
        }
    }

    /// Whether a quoted text comes next.
    pub fn quotes(&self) -> bool {
        matches!(self.tokens.get(self.at), Some(Token::Quoted(_)))
    }

    /// The sentence must be over.
    pub fn end(&self) -> Result<(), Misread> {
        if self.is_empty() { Ok(()) } else { Err(self.expected("the end of the sentence")) }
    }

    /// What should have come next, and what did.
    pub fn expected(&self, what: &str) -> Misread {
        let found = match self.tokens.get(self.at) {
            None => "the line ends".to_owned(),
            Some(Token::Word(word)) => format!("`{word}` stands"),
            Some(Token::Quoted(text)) => format!("\"{text}\" stands"),
            Some(Token::Mark(mark)) => format!("`{mark}` stands"),
        };
        format!("{found} where {what} should")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_words_texts_and_marks_up_to_its_comment() {
        let mut words = Words::of("  N1 asks, at 08:00: \"why, so #3?\"# a remark").unwrap();
        assert_eq!(words.word("who").unwrap(), "N1");
        assert!(!words.take("asks at"), "a mark is not passed over");
        words.must("asks, at 08:00:").unwrap();
        assert_eq!(words.quoted("what").unwrap(), "why, so #3?");
        assert!(words.end().is_ok(), "a comment may follow at once");
        assert!(Words::of("N1 says \"hm").unwrap_err().contains("not closed"));
    }

    #[test]
    fn what_is_missing_is_said() {
        let mut words = Words::of("after two hours").unwrap();
        words.must("after").unwrap();
        assert_eq!(words.number("a number").unwrap_err(), "`two` stands where a number should");
        assert_eq!(words.quoted("a name").unwrap_err(), "`two` stands where a name in quotation marks should");
        words.must("two hours").unwrap();
        assert_eq!(words.word("a name").unwrap_err(), "the line ends where a name should");
    }
}
