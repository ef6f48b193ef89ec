//! Sentinels report here.
