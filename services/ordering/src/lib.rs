//! Bundles become hash-linked blocks here.
