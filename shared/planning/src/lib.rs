//! Who goes where, what goes where, and until when it lasts.
//!
//! Pure: no disk, network, clock or chance. What comes out is a proposal with its reasons; a member decides. The same
//! input gives the same plan, so that anybody can compute again what was proposed.
//!
//! | question | module |
//! |---|---|
//! | which patient goes to which bed | [`assign`] |
//! | which stock goes to which request | [`allocate`] |
//! | how many beds will be filled, and when too many | [`demand`] |
//! | how long stock lasts | [`supply`] |
//! | how long the way is | [`travel`] |
//! | how both are decided | [`transport`] |

pub mod allocate;
pub mod assign;
pub mod demand;
pub mod supply;
pub mod transport;
pub mod travel;
