//! Whoever looks into a file before it gets its name.
//!
//! Knows that there is such a one. Must not know who: the engine hands it in.

use std::fs::File;

use crate::model::Screening;

/// A question about one file.
pub trait Screen: Send + Sync {
    /// Looks into a whole file of `size` bytes, which nobody writes to any more; `name` is for the log of whoever looks.
    /// `file` is a descriptor of its own, opened for reading alone: its position is nobody's. Blocks, for as long as a
    /// look takes, and never for ever: no longer than a few seconds once `is_over`, which is asked again and again, says
    /// that nobody waits for it any more. What is said then is thrown away.
    fn screen(&self, file: &File, size: u64, name: &str, is_over: &dyn Fn() -> bool) -> Screening;
}
