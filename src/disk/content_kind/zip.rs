//! What a ZIP is, by the names of what is in it: many formats are ZIPs by another name.

use std::{
    cell::RefCell,
    collections::BTreeSet,
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
    let mut seen = BTreeSet::new();
    for number in 0..ENTRIES {
        let Ok(Some(entry)) = entries.next_entry() else { break };
        seen.extend(signs(number, entry.file_path().as_ref()));
        if let Some(kind) = told(&seen) {
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

/// What one name among others says.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Sign {
    /// The first is `mimetype`.
    Mimetype,
    ContentTypes,
    OfficeFolder,
    /// The first is below `META-INF/`.
    MetaFirst,
    /// Java’s manifest is among the first two.
    Manifest,
    Android,
    CodeOrSignature,
}

fn signs(number: usize, name: &[u8]) -> impl Iterator<Item = Sign> {
    let is_meta = name.starts_with(b"META-INF/");
    let is_office = [&b"word/"[..], b"xl/", b"ppt/", b"visio/"].iter().any(|part| name.starts_with(part));
    [
        (Sign::Mimetype, number == 0 && name == b"mimetype"),
        (Sign::ContentTypes, name == b"[Content_Types].xml"),
        (Sign::OfficeFolder, is_office),
        (Sign::MetaFirst, number == 0 && is_meta),
        (Sign::Manifest, number < 2 && name == b"META-INF/MANIFEST.MF"),
        (Sign::Android, name == b"AndroidManifest.xml"),
        (Sign::CodeOrSignature, is_meta || name == b"resources.arsc" || name.ends_with(b".dex")),
    ]
    .into_iter()
    .filter_map(|(sign, is_there)| is_there.then_some(sign))
}

/// Each of the signs must be there.
const TELLING: [(&[Sign], ContentKind); 4] = [
    (&[Sign::Mimetype], ContentKind::Document),
    (&[Sign::ContentTypes, Sign::OfficeFolder], ContentKind::Document),
    (&[Sign::MetaFirst, Sign::Manifest], ContentKind::Program),
    (&[Sign::Android, Sign::CodeOrSignature], ContentKind::Program),
];

fn told(seen: &BTreeSet<Sign>) -> Option<ContentKind> {
    let (_, kind) = TELLING.into_iter().find(|(signs, _)| signs.iter().all(|sign| seen.contains(sign)))?;
    Some(kind)
}
