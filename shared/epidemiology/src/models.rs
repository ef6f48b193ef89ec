//! The models: each says what comes next, or why it does not apply.

pub mod arima;
pub mod ensemble;
pub mod gm;
pub mod harmonic;
pub mod lstm;
pub mod naive;
pub mod prophet;
pub mod renewal;
pub mod seasonal_naive;
