//! Places: a role, perhaps of one sector, region or member, and the members as a place sees them.

use crate::chain::MemberId;
use crate::genesis::{KeyClass, Member, NodeRole};
use crate::record::MemberRecord;

use super::CastBallot;

/// The role that every member has.
pub const MEMBER: &str = "member";
/// The role of management and master members.
pub const MANAGER: &str = "manager";

/// A role, perhaps of one scope only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The role asked for.
    pub role: String,
    /// Whose; anybody's when `None`.
    pub scope: Option<Scope>,
}

/// What narrows a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Members of this sector.
    Sector(String),
    /// Members that may report on this region.
    Region(String),
    /// This member.
    Member(MemberId),
}

/// A member as a policy sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// Its name on the chain.
    pub id: MemberId,
    /// Its roles, as [`roles_of`] lists them.
    pub roles: Vec<String>,
    /// Its sector.
    pub sector: String,
    /// Its regions; empty: all of the chain's.
    pub regions: Vec<String>,
    /// Whether it has an author key: without one it can neither report nor cast a ballot.
    pub may_author: bool,
}

/// Whether a profession must not have this name, because policies know another role by it.
pub fn is_reserved(role: &str) -> bool {
    role == MEMBER || role == MANAGER || NodeRole::parse(role).is_some()
}

/// The roles a member's ballots carry: its professional roles, the name of its node role, and those everybody of its
/// kind has.
pub fn roles_of(professional: &[String], node_role: NodeRole) -> Vec<String> {
    let everybodys = [node_role.name(), MEMBER].into_iter().chain(node_role.manages().then_some(MANAGER));
    professional.iter().cloned().chain(everybodys.map(str::to_owned)).collect()
}

impl Profile {
    /// A member of a genesis.
    pub fn of_genesis(member: &Member) -> Self {
        Profile {
            id: member.id.clone(),
            roles: roles_of(&member.roles, member.node_role),
            sector: member.sector.clone(),
            regions: member.regions.clone(),
            may_author: !member.keys(KeyClass::Author).is_empty(),
        }
    }

    /// A member of a chain under way.
    pub fn of_record(record: &MemberRecord, may_author: bool) -> Self {
        Profile {
            id: record.id.clone(),
            roles: roles_of(&record.roles, record.node_role),
            sector: record.sector.clone(),
            regions: record.regions.clone(),
            may_author,
        }
    }

    pub(super) fn party(&self) -> Party<'_> {
        Party { id: &self.id, roles: &self.roles, sector: &self.sector, regions: &self.regions }
    }
}

impl CastBallot {
    pub(super) fn party(&self) -> Party<'_> {
        Party { id: &self.member, roles: &self.roles, sector: &self.sector, regions: &self.regions }
    }
}

/// Whoever a place may admit.
#[derive(Clone, Copy)]
pub(super) struct Party<'a> {
    pub(super) id: &'a str,
    roles: &'a [String],
    pub(super) sector: &'a str,
    regions: &'a [String],
}

impl Place {
    /// Whether this member may stand here.
    pub(super) fn admits(&self, party: Party<'_>) -> bool {
        let within = match &self.scope {
            None => true,
            Some(Scope::Sector(sector)) => sector == party.sector,
            Some(Scope::Region(region)) => party.regions.is_empty() || party.regions.contains(region),
            Some(Scope::Member(id)) => id == party.id,
        };
        within && party.roles.contains(&self.role)
    }
}
