//! What a ZIP is, by the names of what is in it: many formats are ZIPs by another name.

use std::{
    cell::RefCell,
    io::{self, Read, Seek, SeekFrom},
};

use rawzip::{ReaderAt, ZipLocator};

use super::bounded::Bounded;
use crate::model::ContentKind;

/// What tells a kind is among the first names; so many are looked at.
const ENTRIES: usize = 4096;
/// The list of names ends with a comment of at most 65,535 bytes, and is found from behind.
const SEARCHED: u64 = 66_000;
/// For a few hundred names at a time. A longer name than this ends the look.
const BUFFER: usize = 16 << 10;

/// One that is damaged, or cut, is an archive.
pub fn kind_of<R: Read + Seek>(mut source: Bounded<R>) -> ContentKind {
    let Ok(length) = source.seek(SeekFrom::End(0)) else { return ContentKind::Archive };
    let mut buffer = vec![0; BUFFER];
    let locator = ZipLocator::new().max_search_space(SEARCHED);
    let Ok(archive) = locator.locate_in_reader(Placed(RefCell::new(source)), &mut buffer, length) else {
        return ContentKind::Archive;
    };
    let mut entries = archive.entries(&mut buffer);
    let mut seen = Seen::default();
    for number in 0..ENTRIES {
        let Ok(Some(entry)) = entries.next_entry() else { break };
        seen.note(number, entry.file_path().as_ref());
        if let Some(kind) = seen.kind() {
            return kind;
        }
    }
    ContentKind::Archive
}

/// Read at places that are named, and by nobody else meanwhile.
struct Placed<R>(RefCell<R>);

impl<R: Read + Seek> ReaderAt for Placed<R> {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let mut source = self.0.borrow_mut();
        source.seek(SeekFrom::Start(offset))?;
        source.read(buffer)
    }
}

/// What has been seen among the names.
#[derive(Default)]
struct Seen {
    mimetype_first: bool,
    content_types: bool,
    office: bool,
    /// The first name is below `META-INF/`.
    meta_first: bool,
    /// The manifest is among the first two.
    manifest: bool,
    android: bool,
    code_or_signature: bool,
}

impl Seen {
    fn note(&mut self, number: usize, name: &[u8]) {
        let is_meta = name.starts_with(b"META-INF/");
        self.mimetype_first |= number == 0 && name == b"mimetype";
        self.meta_first |= number == 0 && is_meta;
        self.manifest |= number < 2 && name == b"META-INF/MANIFEST.MF";
        self.content_types |= name == b"[Content_Types].xml";
        self.office |= [&b"word/"[..], b"xl/", b"ppt/", b"visio/"].iter().any(|part| name.starts_with(part));
        self.android |= name == b"AndroidManifest.xml";
        self.code_or_signature |= is_meta || name == b"resources.arsc" || name.ends_with(b".dex");
    }

    fn kind(&self) -> Option<ContentKind> {
        let is_document = self.mimetype_first || self.content_types && self.office;
        let is_program = self.meta_first && self.manifest || self.android && self.code_or_signature;
        match (is_document, is_program) {
            (true, _) => Some(ContentKind::Document),
            (false, true) => Some(ContentKind::Program),
            (false, false) => None,
        }
    }
}
