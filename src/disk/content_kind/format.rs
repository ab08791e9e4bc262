//! What a format that the library knows is to people.

use file_format::{FileFormat, Kind};

use super::text;
use crate::model::ContentKind;

/// What the name of a format says.
pub enum Told {
    Kind(ContentKind),
    /// A family, which has to be looked into.
    Zip,
    /// It is no format that the library knows.
    Nothing,
}

/// `head` is what the file begins with.
pub fn told(format: FileFormat, head: &[u8]) -> Told {
    use FileFormat as F;
    let kind = match format {
        F::ArbitraryBinaryData | F::PlainText => return Told::Nothing,
        F::Zip => return Told::Zip,
        // It starts something, whatever it looks like.
        F::WindowsShortcut | F::ShellScript | F::MsDosBatch | F::PythonScript => ContentKind::Program,
        // The first line of a text for TeX may begin as PostScript does, which is text too.
        F::Postscript if head.get(2..5).is_some_and(|word| word.eq_ignore_ascii_case(b"tex")) => {
            ContentKind::Text
        }
        _ if is_text(format) => ContentKind::Text,
        // Its members may all be text, and nothing else in it is not.
        F::UnixArchiver => ContentKind::Archive,
        // Of its family, only programs’ installers are told apart, and most of the others are documents.
        F::CompoundFileBinary => ContentKind::Document,
        // A tag that stands before sound and nothing else.
        F::Id3v2 => ContentKind::Sound,
        _ => return Told::Kind(by_its_kind(format.kind(), head)),
    };
    Told::Kind(kind)
}

/// It can be read as it is, and isn’t a picture or a document by what is written in it.
fn is_text(format: FileFormat) -> bool {
    let media = format.media_type();
    // In whatever encoding.
    let is_data = || {
        matches!(format.kind(), Kind::Other | Kind::Geospatial | Kind::Playlist)
            && (media.ends_with("+xml") || media.ends_with("+json"))
    };
    media.starts_with("text/") || media == "application/x-pem-file" || is_data()
}

fn by_its_kind(kind: Kind, head: &[u8]) -> ContentKind {
    let binary = match kind {
        Kind::Image => return ContentKind::Picture,
        Kind::Document
        | Kind::Spreadsheet
        | Kind::Presentation
        | Kind::Ebook
        | Kind::Diagram
        | Kind::Formula => return ContentKind::Document,
        Kind::Subtitle => return ContentKind::Text,
        Kind::Video => ContentKind::Video,
        Kind::Audio => ContentKind::Sound,
        Kind::Archive | Kind::Compressed | Kind::Disk => ContentKind::Archive,
        Kind::Executable | Kind::Package => ContentKind::Program,
        _ => ContentKind::Other,
    };
    // Many of these are known by two or four letters, which are not always at the beginning: “Get free tickets” would
    // be a film, and a telephone number an archive. None of them is text from end to end.
    if text::is_surely(head) { ContentKind::Text } else { binary }
}
