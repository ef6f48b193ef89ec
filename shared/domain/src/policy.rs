//! When a report or proposal is accepted: the policy language, and what ballots amount to under a policy.
//!
//! ```text
//! policy = head [ "across" N "sectors" ] [ "unless veto(" place ")" "within" duration ] [ "provisional" ]
//! head   = "author" | expr | "broadcast" | "voting" | "supervision"
//! expr   = "n_of(" k "," expr { "," expr } ")" | "all(" expr { "," expr } ")" | "any(" expr { "," expr } ")"
//!        | "majority(" place ")" | "fraction(" a "/" b "," place ")" | place
//! place  = role [ "@" ( "sector:" name | "region:" code | "member:" name ) ]
//! ```
//!
//! - **Who.** A role is a professional role, the name of a node role, `member` (everybody) or `manager` (management and
//!   master). A member without regions of its own stands for every region of the chain. The author's own member never
//!   counts, and of several ballots of one member the first does.
//! - **Groups.** `n_of(k, ...)` asks for k of its parts, `all` for every one, `any` for one. The places written directly
//!   in one group are filled by *different* members: two epidemiologists do not make up for a missing laboratory. A
//!   group, majority or fraction inside a group is judged by itself, so a member may stand in it and in a place beside
//!   it: choosing different members over nested groups has no cheap procedure, and every ledger evaluates a policy at
//!   every ballot. Each group is one bipartite matching over at most [`MAX_LEAVES`] places.
//! - **Shares.** `majority(place)` is more than half, `fraction(a/b, place)` at least a/b of the electorate: the active
//!   members that the place admitted when the report was opened, without the author's ([`Electors`]). Who comes later or
//!   changes roles changes no share of an open report; an empty electorate decides nothing.
//! - **Sectors.** `across N sectors`: the members heard on the deciding side, whether their ballots were needed or not,
//!   belong together to at least N sectors. It binds endorsements and objections alike: what one sector cannot carry
//!   alone it cannot bury alone either; such a report stays open and rises at its deadline.
//! - **Objections** weigh as much as endorsements. They reject when they fill the same groups, are more than half of a
//!   majority's electorate, or more than 1 - a/b of a fraction's, which then can never be reached. If both sides fill a
//!   group nobody here decides: the report stays open and rises at its deadline.
//! - **Veto.** `unless veto(place) within time`: a member of that place stops the report until the window ends, and
//!   acceptance waits for that end; later the veto is refused. `author unless veto(...) within ...` needs no ballot at
//!   all. The text is the whole right of everybody but one: a member whose *node role* is supervisor may veto any report
//!   while it is open, named in the text or not, window or not (`ballot`). It is there to stop what the members agree
//!   on, so the members' policy must not be able to leave it out; what is settled it cannot undo.
//! - **Provisional.** An urgent report rings before it is decided.
//!
//! It is not who may report what (`rule`), nor when a report escalates (`report::deadline`), and it holds no state.

mod electors;
mod judge;
mod matching;
mod parse;
mod place;
mod print;
mod satisfy;
pub mod shipped;

pub use electors::{Elector, Electors};
pub use place::{MANAGER, MEMBER, Place, Profile, Scope, is_reserved, roles_of};

use crate::chain::MemberId;
use crate::event::Choice;
use crate::time::Millis;

/// Places, majorities and fractions of a policy; no consultation of the field asks more than a dozen parties. A set of
/// them fits one `u64`.
pub const MAX_LEAVES: usize = 64;
/// Groups inside each other; a text deeper than this no meeting can follow, and every reader recurses as deep.
pub const MAX_DEPTH: usize = 8;
/// Bytes of a policy text: [`MAX_LEAVES`] places of some 60 bytes.
pub const MAX_POLICY_BYTES: usize = 4096;
/// A veto that may come more than a month later would keep every outbreak open until it is over.
pub const MAX_WINDOW_MS: u64 = 30 * crate::time::DAY_MS;
/// The largest denominator of a fraction; a chain has at most 1024 members, so a finer share names no other count.
pub const MAX_DENOMINATOR: u32 = 1000;

/// A policy that parsed. Its `Display` is a text that parses to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Whose agreement it takes.
    pub head: Head,
    /// How many sectors the deciding members belong to at least; any number when `None`.
    pub sectors: Option<usize>,
    /// Who may stop it and for how long.
    pub veto: Option<Veto>,
    /// Whether an urgent report rings before it is decided.
    pub provisional: bool,
}

/// Whose agreement a report takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Head {
    /// The author's word is enough.
    Author,
    /// Others have to agree.
    Ballots(Expr),
}

/// What ballots may have to bring about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expr {
    /// One member of a place.
    Place(Place),
    /// A share of all members of a place.
    Share(Share),
    /// So many of several things.
    Group(Group),
}

/// `n_of(needed, of...)`; `all` and `any` are its extremes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// How many parts must hold, 1 to the number of parts.
    pub needed: usize,
    /// The parts in written order.
    pub of: Vec<Expr>,
}

/// `majority(of)` or `fraction(a/b, of)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    /// How much.
    pub quota: Quota,
    /// Of whom.
    pub of: Place,
}

/// How much of an electorate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quota {
    /// More than half.
    Majority,
    /// At least `a` of `b`; 1 <= a <= b <= [`MAX_DENOMINATOR`].
    Fraction {
        /// The numerator.
        a: u32,
        /// The denominator.
        b: u32,
    },
}

/// `unless veto(holder) within window`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Veto {
    /// Who holds the veto.
    pub holder: Place,
    /// For how long after the report was executed, in milliseconds of chain time.
    pub window_ms: u64,
}

/// A ballot as the policy sees it: by whom and what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CastBallot {
    /// The member.
    pub member: MemberId,
    /// Its roles at the height of the ballot, as [`roles_of`] lists them.
    pub roles: Vec<String>,
    /// Its sector.
    pub sector: String,
    /// Its regions; empty: all of the chain's.
    pub regions: Vec<String>,
    /// What it said.
    pub choice: Choice,
}

/// What the ballots so far amount to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Not decided.
    Open,
    /// It stands.
    Accepted,
    /// It does not stand.
    Rejected(Reason),
}

/// Why a report does not stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// A holder of the veto stopped it in time.
    Vetoed,
    /// Members who could have accepted it objected.
    Objected,
}

impl Policy {
    /// Whether an urgent report under this policy rings before it is decided.
    pub fn provisional(&self) -> bool {
        self.provisional
    }

    /// Whether anybody but the author is asked.
    pub fn asks_others(&self) -> bool {
        self.head != Head::Author
    }

    /// When the veto of a report executed at `opened` ends. A policy that has a veto accepts at that time and not
    /// before, so it has to be evaluated again then.
    pub fn window_end(&self, opened: Millis) -> Option<Millis> {
        self.veto.as_ref().map(|veto| opened.plus_ms(veto.window_ms))
    }

    /// Every place, majority and fraction in written order; its number here is its bit in a set of leaves.
    fn leaves(&self) -> Vec<Leaf<'_>> {
        let mut leaves = Vec::new();
        if let Head::Ballots(expr) = &self.head {
            expr.collect(&mut leaves);
        }
        leaves
    }
}

/// A leaf of the expression.
#[derive(Clone, Copy)]
struct Leaf<'a> {
    /// Who may stand there.
    place: &'a Place,
    /// Whether it is the electorate of a majority or fraction.
    share: bool,
}

impl Expr {
    fn collect<'a>(&'a self, leaves: &mut Vec<Leaf<'a>>) {
        match self {
            Expr::Place(place) => leaves.push(Leaf { place, share: false }),
            Expr::Share(share) => leaves.push(Leaf { place: &share.of, share: true }),
            Expr::Group(group) => group.of.iter().for_each(|part| part.collect(leaves)),
        }
    }
}

#[cfg(test)]
mod tests;
