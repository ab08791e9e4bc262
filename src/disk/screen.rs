//! Whoever looks into a file before it gets its name.
//!
//! Knows that there is such a one. Must not know who: the engine hands it in.

use std::fs::File;

use crate::model::Screening;

/// A question about one file.
pub trait Screen: Send + Sync {
    /// Looks into a whole file of `size` bytes, which nobody writes to any more; `name` is for the log of whoever looks.
    /// `file` is a descriptor of its own, opened for reading alone: its position is nobody's. Blocks, for as long as a
    /// look takes, and never for ever.
    fn screen(&self, file: &File, size: u64, name: &str) -> Screening;
}
