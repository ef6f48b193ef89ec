//! The ways in and out of a lot, which are those of the gift its units are of.

/// A way in or out of a lot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flow {
    Received,
    Found,
    TakenOver,
    Returned,
    Issued,
    Wasted,
    Missing,
    HandedOver,
    Spent,
}

impl Flow {
    /// Whether units come in.
    pub(super) fn is_in(self) -> bool {
        matches!(self, Flow::Received | Flow::Found | Flow::TakenOver | Flow::Returned)
    }

    /// Whether units went from place to place, and not only in the books or to waste: what is only counted lies idle.
    pub(super) fn moves(self) -> bool {
        !matches!(self, Flow::Found | Flow::Wasted | Flow::Missing)
    }
}
