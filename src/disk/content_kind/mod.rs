//! What a file is, by what is in it: a picture, a document, a program …
//!
//! Knows formats, and asks two libraries about them. Must not know why anybody asks. What it says is a hint for
//! people, for a list that can be sorted and searched, and never a decision about safety. The bytes are a stranger’s:
//! however they are made, what is read of them is bounded, and a library that stumbles over them takes nobody along.

mod bounded;
mod ending;
mod format;
#[cfg(test)]
mod tests;
mod text;
mod unknown;
mod zip;

use std::{
    fs::File,
    io::{self, Cursor, ErrorKind, Read, Seek},
    panic::{AssertUnwindSafe, catch_unwind},
};

use file_format::FileFormat;

use self::{bounded::Bounded, format::Told};
use crate::model::ContentKind;

/// What `file` is by its content, and what its `name` says where the content says nothing.
///
/// Blocks: what takes part is a few small reads, in a regular file of any size. It must be open for reading, and
/// stands anywhere afterwards. What can’t be read is [`Other`](ContentKind::Other), and so is an empty file.
#[must_use]
pub fn kind_of_content(mut file: &File, name: &str) -> ContentKind {
    let mut small = [0; SMALL];
    // Whoever has looked into it before has left it anywhere.
    match file.rewind().and_then(|()| read(file, &mut small)) {
        Ok(len) if len < SMALL => kind_of(Cursor::new(&small[..len]), name),
        _ if file.rewind().is_ok() => kind_of(file, name),
        _ => ContentKind::Other,
    }
}

/// A file of fewer bytes is read once: most are, and a dozen calls to the system for each would be most of what it costs.
const SMALL: usize = 8 << 10;

/// As much as there is, or as there is room for.
fn read(mut file: &File, room: &mut [u8]) -> io::Result<usize> {
    let mut len = 0;
    while len < room.len() {
        match file.read(&mut room[len..]) {
            Ok(0) => break,
            Ok(count) => len += count,
            Err(why) if why.kind() == ErrorKind::Interrupted => {}
            Err(why) => return Err(why),
        }
    }
    Ok(len)
}

fn kind_of<R: Read + Seek>(mut source: R, name: &str) -> ContentKind {
    // Arithmetic of either library that a stranger’s numbers overflow would end the thread in a debug build.
    let told = catch_unwind(AssertUnwindSafe(|| by_content(&mut source)));
    match told.unwrap_or(Some(ContentKind::Other)) {
        None => ContentKind::Other,
        Some(ContentKind::Other) => ending::kind_of(name).unwrap_or(ContentKind::Other),
        Some(kind) => kind,
    }
}

/// `None` where there is no content.
fn by_content<R: Read + Seek>(source: &mut R) -> Option<ContentKind> {
    let head = unknown::head(Bounded::new(&mut *source)).ok().filter(|head| !head.is_empty())?;
    let format = Bounded::new(&mut *source).whole(FileFormat::from_reader).unwrap_or_default();
    Some(match format::told(format, &head) {
        Told::Kind(kind) => kind,
        Told::Zip => zip::kind_of(Bounded::new(source)),
        Told::Nothing => unknown::kind_of(&head, Bounded::new(source)),
    })
}
