//! The three models of the literature as policies with a name. A name stands for its text, at the head of a policy.

/// The author's word, kept by all and undeniable by its author.
pub const BROADCAST: (&str, &str) = ("broadcast", "author");
/// Every member judges by its own data and shares only its ballot.
pub const VOTING: (&str, &str) = ("voting", "majority(member)");
/// A supervisor may stop the author's word before it rises.
pub const SUPERVISION: (&str, &str) = ("supervision", "author unless veto(supervisor) within 4h");

/// Every shipped policy: its name and its text.
pub const ALL: [(&str, &str); 3] = [BROADCAST, VOTING, SUPERVISION];

/// The text of that name.
pub fn text(name: &str) -> Option<&'static str> {
    ALL.into_iter().find(|(known, _)| *known == name).map(|(_, text)| text)
}
