//! How large a chain may be, whatever its genesis or a proposal asks for.

use crate::time::DAY_MS;

/// The version of the rules in this build; a ledger that cannot run a chain's rules must not pretend to.
pub const RULES_VERSION: u32 = 2;
/// Cosigners of a chain. Fewer than four tolerate no liar; beyond sixteen a certificate outgrows the anchor it rides in.
pub const COSIGNERS: std::ops::RangeInclusive<usize> = 4..=16;
/// Members of a chain: the departments, hospitals and laboratories of the largest city, several times over.
pub const MAX_MEMBERS: usize = 1024;
/// Children of a chain: twice the counties of the largest province.
pub const MAX_CHILDREN: usize = 256;
/// Regions of a chain: a city's districts and their townships.
pub const MAX_REGIONS: usize = 1024;
/// Keys of one class of a member: one for each of its nodes and a spare.
pub const MAX_KEYS: usize = 8;
/// A report that nobody decided for a month has been overtaken by the outbreak.
pub const MAX_DEADLINE_MS: u64 = 30 * DAY_MS;
