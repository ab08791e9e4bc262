//! What a person asks of a row.

use std::path::PathBuf;

pub enum Act {
    Cancel,
    Retry,
    Pause,
    Resume,
    Answer,
    Forget,
    Open(PathBuf),
    Reveal(PathBuf),
    /// Without any name in it.
    CopyReport(String),
}
