//! What several test binaries share: pipes that are too small, links that break, trees that are
//! awkward.
#![allow(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    dead_code,
    reason = "shared by tests, not each uses all"
)]

pub mod device;
pub mod middle;
pub mod pair;
pub mod pipe;
#[cfg(unix)]
pub mod sparse;
pub mod tree;
