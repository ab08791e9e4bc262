//! Where a text that is sent comes from, if it is not among the arguments.
//!
//! Knows standard input and the clipboard. Must not know what becomes of the text. Blocks.

use std::io::{self, Read as _};

use super::{
    asked::TextFrom,
    input::{self, NoInput},
};
use crate::model::{BadText, Text, text};

/// Why there is no text, in a sentence.
#[derive(Debug, thiserror::Error)]
pub enum NoText {
    #[error(transparent)]
    NoInput(#[from] NoInput),
    #[error("Standard input can’t be read: {}.", text::reason(.0))]
    Unreadable(io::Error),
    #[error(transparent)]
    Bad(#[from] BadText),
    #[error("There is no text in the clipboard. Copy one first, or give it after --text.")]
    NothingCopied,
    #[error(
        "The clipboard can’t be reached from here: it belongs to a desktop, and there is no display. Give the text after --text."
    )]
    NoClipboard,
}

/// # Errors
/// When there is none, or it is none that can be sent.
pub fn read(from: TextFrom) -> Result<Text, NoText> {
    match from {
        TextFrom::StandardInput => standard_input(),
        TextFrom::Clipboard => clipboard(),
    }
}

fn standard_input() -> Result<Text, NoText> {
    input::check()?;
    let mut bytes = Vec::new();
    // Enough to see that it is too long.
    let most = Text::MAX_LEN as u64 + 1;
    io::stdin().lock().take(most).read_to_end(&mut bytes).map_err(NoText::Unreadable)?;
    Ok(Text::parse(&bytes)?)
}

fn clipboard() -> Result<Text, NoText> {
    let told = |why: &arboard::Error| tracing::info!(%why, "the clipboard can’t be read");
    let mut clipboard = arboard::Clipboard::new().inspect_err(told).map_err(|_| NoText::NoClipboard)?;
    match clipboard.get_text().inspect_err(told) {
        Err(arboard::Error::ClipboardNotSupported) => Err(NoText::NoClipboard),
        // Some programs give their picture to whoever asks for a text.
        Err(_) => Err(NoText::NothingCopied),
        Ok(copied) if copied.is_empty() => Err(NoText::NothingCopied),
        Ok(copied) => Ok(copied.parse()?),
    }
}
