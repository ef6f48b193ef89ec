//! When a report is accepted: the policy a chain's genesis sets for each class of report.
//!
//! ```text
//! policy   = "author" | group [ veto ] [ "provisional" ]
//! group    = "n_of(" number { "," role [ "@sector:" name ] } ")"
//! veto     = "unless veto(" role [ "@sector:" name ] ")" "within" number ( "s" | "m" | "h" | "d" )
//! ```
//!
//! `n_of(k, ...)` asks for k *different* members, each standing for another one of the listed places: two
//! epidemiologists do not make up for a missing laboratory. The author's own member never counts. A role is a
//! professional role or the name of a node role.
//!
//! It is not a general expression language: a group inside a group is refused, because choosing different members over
//! nested groups has no cheap procedure, and every ledger evaluates a policy at every ballot. Without nesting the parser
//! does not recurse, and a policy is decided by one bipartite matching over at most [`MAX_PLACES`] places.

mod matching;
mod parse;
mod satisfy;

use crate::chain::MemberId;
use crate::event::Choice;
use crate::genesis::NodeRole;
use crate::refusal::{Code, Refusal};
use crate::time::Millis;

/// Places in a group; no consultation of the field asks more than a dozen parties.
pub const MAX_PLACES: usize = 64;
/// Bytes of a policy text: [`MAX_PLACES`] places of some 60 bytes.
pub const MAX_POLICY_BYTES: usize = 4096;
/// A veto that may come more than a month later would keep every outbreak open until it is over.
pub const MAX_WINDOW_MS: u64 = 30 * crate::time::DAY_MS;

/// A policy that parsed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Policy {
    /// The author's word is enough.
    Author,
    /// Others have to agree.
    Group(Group),
}

/// `n_of(needed, places...)` with what may follow it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// How many places must be filled, 1 to the number of places.
    pub needed: usize,
    /// The places in written order.
    pub places: Vec<Place>,
    /// Who may stop it and for how long.
    pub veto: Option<Veto>,
    /// Whether an urgent report rings before it is decided.
    pub provisional: bool,
}

/// A role, perhaps of one sector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The role asked for.
    pub role: String,
    /// The sector asked for; any when `None`.
    pub sector: Option<String>,
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

/// The roles a member's ballots carry: its professional roles, then the name of its node role.
pub fn roles_of(professional: &[String], node_role: NodeRole) -> Vec<String> {
    professional.iter().cloned().chain([node_role.name().to_owned()]).collect()
}

impl Place {
    /// Whether a member with these roles in this sector may stand here.
    pub fn admits(&self, roles: &[String], sector: &str) -> bool {
        roles.contains(&self.role) && self.sector.as_deref().is_none_or(|wanted| wanted == sector)
    }
}

impl Policy {
    /// Whether an urgent report under this policy rings before it is decided.
    pub fn provisional(&self) -> bool {
        matches!(self, Policy::Group(group) if group.provisional)
    }

    /// When the veto of a report executed at `opened` ends. A policy that has a veto accepts at that time and not
    /// before, so it has to be evaluated again then.
    pub fn window_end(&self, opened: Millis) -> Option<Millis> {
        match self {
            Policy::Group(Group { veto: Some(veto), .. }) => Some(opened.plus_ms(veto.window_ms)),
            _ => None,
        }
    }

    /// Whether a member with these roles in this sector has a say by this choice: a place in the group, or the veto.
    pub fn hears(&self, roles: &[String], sector: &str, choice: Choice) -> Result<(), Refusal> {
        let heard = match (self, choice) {
            (Policy::Author, _) => false,
            (Policy::Group(group), Choice::Veto) => group.veto.iter().any(|veto| veto.holder.admits(roles, sector)),
            (Policy::Group(group), _) => group.places.iter().any(|place| place.admits(roles, sector)),
        };
        let detail = "the policy of this report gives the member's roles and sector no such say";
        heard.then_some(()).ok_or_else(|| Refusal::of(Code::RoleMissing, "choice", detail))
    }

    /// What the ballots on a report by `author`, executed at `opened`, amount to at chain time `now`.
    ///
    /// Evaluate after every ballot and at [`Policy::window_end`]: a veto counts while the window is open, acceptance
    /// waits for its end. Objections weigh as much as endorsements: whoever could accept a report can reject it. When
    /// both sides fill the group, nobody here decides, the report stays open and rises at its deadline. Of several
    /// ballots of one member the first counts.
    pub fn evaluate(&self, ballots: &[CastBallot], author: &str, now: Millis, opened: Millis) -> Verdict {
        let Policy::Group(group) = self else { return Verdict::Accepted };
        let counted = distinct(ballots, author);
        let window_open = self.window_end(opened).is_some_and(|end| now < end);
        let vetoed = |ballot: &&CastBallot| {
            ballot.choice == Choice::Veto
                && group.veto.iter().any(|veto| veto.holder.admits(&ballot.roles, &ballot.sector))
        };
        if window_open && counted.iter().any(vetoed) {
            return Verdict::Rejected(Reason::Vetoed);
        }
        let fills = |choice| {
            let side = counted.iter().filter(|ballot| ballot.choice == choice);
            matching::fills(
                group,
                &side.map(|ballot| (ballot.roles.as_slice(), ballot.sector.as_str())).collect::<Vec<_>>(),
            )
        };
        match (fills(Choice::Endorse), fills(Choice::Object)) {
            (true, false) if !window_open => Verdict::Accepted,
            (false, true) => Verdict::Rejected(Reason::Objected),
            _ => Verdict::Open,
        }
    }
}

/// The first ballot of every member other than the author's.
fn distinct<'a>(ballots: &'a [CastBallot], author: &str) -> Vec<&'a CastBallot> {
    let mut seen = std::collections::BTreeSet::from([author]);
    ballots.iter().filter(|ballot| seen.insert(ballot.member.as_str())).collect()
}

#[cfg(test)]
mod tests;
