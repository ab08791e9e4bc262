//! What a name says by its ending. It is asked last, and only where the content says nothing.

use std::path::Path;

use crate::model::ContentKind;

/// Formats without a mark at their beginning, or with one that the library doesn’t know.
const ENDINGS: [(&str, ContentKind); 6] = [
    ("h264", ContentKind::Video),
    ("y4m", ContentKind::Video),
    ("caf", ContentKind::Sound),
    ("w64", ContentKind::Sound),
    ("ps1", ContentKind::Program),
    ("pyc", ContentKind::Program),
];

pub fn kind_of(name: &str) -> Option<ContentKind> {
    let ending = Path::new(name).extension()?.to_str()?;
    let (_, kind) = ENDINGS.into_iter().find(|(known, _)| ending.eq_ignore_ascii_case(known))?;
    Some(kind)
}
