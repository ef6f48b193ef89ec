//! Keys that enter, overlap and end; by ballots, or by a member's own root key.

use super::*;
use crate::stage::{AGAINST_NOBODY, START};
use crate::time::Millis;
