//! Each cosigner's own copy of the log lives here.
