//! What a format that the library knows is to people.

use file_format::{FileFormat, Kind};

use crate::model::ContentKind;

/// What the name of a format says.
pub enum Told {
    Kind(ContentKind),
    /// It is known by its first two or three bytes, and they are letters: a text may begin so. A file of this format
    /// that is text from end to end is none of this format.
    Unless(ContentKind),
    /// A family, which has to be looked into.
    Zip,
    /// It is no format that the library knows.
    Nothing,
}

pub fn told(format: FileFormat) -> Told {
    use FileFormat as F;
    let kind = match format {
        F::ArbitraryBinaryData | F::PlainText => return Told::Nothing,
        F::Zip => return Told::Zip,
        F::Bzip | F::Bzip2 | F::Zoo | F::Zpaq | F::Seqbox => return Told::Unless(ContentKind::Archive),
        F::MsDosExecutable => return Told::Unless(ContentKind::Program),
        F::Musepack => return Told::Unless(ContentKind::Sound),
        F::SmallWebFormat => return Told::Unless(ContentKind::Other),
        F::Mtv | F::Mpeg2TransportStream | F::BdavMpeg2TransportStream => {
            return Told::Unless(ContentKind::Video);
        }
        // Of its family, only programs’ installers are told apart, and most of the others are documents.
        F::CompoundFileBinary => ContentKind::Document,
        // A tag that stands before sound and nothing else.
        F::Id3v2 => ContentKind::Sound,
        // It starts something, whatever it looks like.
        F::WindowsShortcut | F::ShellScript | F::MsDosBatch | F::PythonScript => ContentKind::Program,
        _ if is_text(format) => ContentKind::Text,
        _ => by_its_kind(format.kind()),
    };
    Told::Kind(kind)
}

/// It can be read as it is, and isn’t a picture or a document by what is written in it.
fn is_text(format: FileFormat) -> bool {
    let media = format.media_type();
    let is_data = || {
        matches!(format.kind(), Kind::Other | Kind::Geospatial | Kind::Playlist)
            && (media.ends_with("+xml") || media.ends_with("+json"))
    };
    media.starts_with("text/") || media == "application/x-pem-file" || is_data()
}

fn by_its_kind(kind: Kind) -> ContentKind {
    match kind {
        Kind::Image => ContentKind::Picture,
        Kind::Video => ContentKind::Video,
        Kind::Audio => ContentKind::Sound,
        Kind::Document
        | Kind::Spreadsheet
        | Kind::Presentation
        | Kind::Ebook
        | Kind::Diagram
        | Kind::Formula => ContentKind::Document,
        Kind::Archive | Kind::Compressed | Kind::Disk => ContentKind::Archive,
        Kind::Executable | Kind::Package => ContentKind::Program,
        Kind::Subtitle => ContentKind::Text,
        _ => ContentKind::Other,
    }
}
