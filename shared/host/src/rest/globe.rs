//! Places in JSON: asked for and shown in one shape.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A place on the globe (WGS 84), in millionths of a degree. Whether it is on the globe is for who plans with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GlobePlace {
    /// North positive.
    pub latitude_e6: i64,
    /// East positive.
    pub longitude_e6: i64,
}
