//! What a person asks of a row.

use std::path::PathBuf;

use crate::model::Text;

pub enum Act {
    Cancel,
    Retry,
    Pause,
    Resume,
    Answer,
    Forget,
    Open(PathBuf),
    Reveal(PathBuf),
    CopyText(Text),
    /// On the web, as it is shown.
    OpenLink(String),
    /// The text, as a file.
    SaveText,
    /// Without any name in it.
    CopyReport(String),
}
