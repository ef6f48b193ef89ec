//! Beds, staffed and occupied, are claimed here.
