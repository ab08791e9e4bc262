//! Kinds: of what the test makes itself, of anything at all, and how little is read for them.

mod made;
mod media;
mod packed;
mod written;

use std::{
    fs::File,
    io::{self, Cursor, Read, Seek, SeekFrom, Write as _},
};

use proptest::{collection::vec, prelude::*, sample::Index};

use super::{kind_of, kind_of_content};
use crate::model::ContentKind;

/// A file’s name, what is in it, and what it is.
type Made = (&'static str, Vec<u8>, ContentKind);

fn all() -> Vec<Made> {
    [
        media::pictures(),
        media::films(),
        media::sounds(),
        written::documents(),
        written::texts(),
        written::texts_that_look_like_something_else(),
        packed::archives(),
        packed::programs(),
        packed::others(),
    ]
    .concat()
}

#[test]
fn a_file_is_what_is_in_it() {
    let found = |(name, bytes, expected): Made| {
        let kind = kind_of(Cursor::new(bytes), name);
        (kind != expected).then(|| format!("{name} is {expected}, and was taken for {kind}"))
    };
    let wrong: Vec<_> = all().into_iter().filter_map(found).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_name_says_nothing_where_the_content_does() {
    for (_, bytes, expected) in all().into_iter().filter(|(_, _, kind)| *kind != ContentKind::Other) {
        let bare = kind_of(Cursor::new(bytes.clone()), "file");
        // But for what is known by its ending alone.
        if bare != ContentKind::Other {
            assert_eq!(kind_of(Cursor::new(bytes), "file.pyc"), expected);
        }
    }
}

#[test]
fn a_file_on_disk_is_read_from_its_beginning_wherever_it_stands() {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(&made::bmp()).unwrap();
    for at in [0, 3, 5000] {
        file.seek(SeekFrom::Start(at)).unwrap();
        assert_eq!(kind_of_content(&file, "a"), ContentKind::Picture);
    }
}

#[test]
fn what_cannot_be_read_is_nothing_known() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("a.png");
    std::fs::write(&path, b"\x89PNG\r\n\x1A\n").unwrap();
    let unreadable = File::options().append(true).open(&path).unwrap();
    assert_eq!(kind_of_content(&unreadable, "a.png"), ContentKind::Other);
}

/// In place of a library that stumbles over what it reads.
struct Stumbling;

impl Read for Stumbling {
    fn read(&mut self, _buffer: &mut [u8]) -> io::Result<usize> {
        panic!("stumbled, as it should");
    }
}

impl Seek for Stumbling {
    fn seek(&mut self, _to: SeekFrom) -> io::Result<u64> {
        Ok(0)
    }
}

#[test]
fn whoever_stumbles_over_a_file_takes_nobody_along() {
    assert_eq!(kind_of(Stumbling, "a"), ContentKind::Other);
}

/// Zeros without end, but for what stands at its beginning and its end; counts what is read of it.
struct Vast {
    head: Vec<u8>,
    tail: Vec<u8>,
    at: u64,
    read: u64,
}

/// In bytes.
const VAST: u64 = 10 << 30;
/// Of the first look, of the library, and of what looks closer: three budgets at most. In bytes.
const MOST: u64 = 12 << 20;

impl Read for &mut Vast {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let tail = VAST - self.tail.len() as u64;
        let mut read = 0;
        for byte in buffer {
            if self.at >= VAST {
                break;
            }
            let behind = self.at.checked_sub(tail).and_then(|at| self.tail.get(usize::try_from(at).unwrap()));
            let ahead = usize::try_from(self.at).ok().and_then(|at| self.head.get(at));
            *byte = behind.or(ahead).copied().unwrap_or(0);
            self.at += 1;
            read += 1;
        }
        self.read += read as u64;
        Ok(read)
    }
}

impl Seek for &mut Vast {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => VAST.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = at.filter(|at| i64::try_from(*at).is_ok()).ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}

fn of_vast(head: Vec<u8>, tail: Vec<u8>) -> (ContentKind, u64) {
    let mut vast = Vast { head, tail, at: 0, read: 0 };
    let kind = kind_of(&mut vast, "vast");
    (kind, vast.read)
}

#[test]
fn little_is_read_of_a_large_file() {
    let late_film = {
        // Its content is all of the file but for its index, which is at the end.
        let film = made::mp4(&[b"vide"], made::Index::First);
        let (start, index) = (film[..20].to_vec(), film[20..film.len() - 5008].to_vec());
        let content = VAST - 20 - index.len() as u64;
        (made::joined(&[&start, &[0, 0, 0, 1], b"mdat", &content.to_be_bytes()]), index)
    };
    let apple = made::joined(&[b"koly", &[0; 508]]);
    for (head, tail, expected) in [
        (late_film.0, late_film.1, ContentKind::Video),
        (b"\x01\x02\x03".to_vec(), apple, ContentKind::Archive),
        (b"\x01\x02\x03".to_vec(), Vec::new(), ContentKind::Other),
        (b"\x89PNG\r\n\x1A\n".to_vec(), Vec::new(), ContentKind::Picture),
        (b"PK\x03\x04".to_vec(), made::zip(&["mimetype", "content.xml"]), ContentKind::Document),
        (b"PK\x03\x04".to_vec(), Vec::new(), ContentKind::Archive),
    ] {
        let (kind, read) = of_vast(head, tail);
        assert_eq!(kind, expected);
        assert!(read < 256 << 10, "{expected}: {read} bytes were read");
    }
}

#[test]
fn a_file_that_leads_on_and_on_is_left_at_some_point() {
    let tags = b"ID3\x04\0\0\0\0\0\0".repeat(2_000_000);
    let (kind, read) = of_vast(tags, Vec::new());
    assert_eq!(kind, ContentKind::Other);
    assert!(read < MOST, "{read} bytes were read");

    let long = "long/".repeat(3000);
    let names: Vec<String> = (0..3000).map(|number| format!("{long}{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let archive = made::zip(&names);
    let half = archive.len() / 2;
    let (kind, read) = of_vast(archive[..half].to_vec(), archive[half..].to_vec());
    assert_eq!(kind, ContentKind::Archive);
    assert!(read < MOST, "{read} bytes were read");
}

proptest! {
    #[test]
    fn any_bytes_are_of_some_kind(bytes in vec(any::<u8>(), 0..2000), name in "\\PC{0,12}") {
        kind_of(Cursor::new(bytes), &name);
    }

    /// A file as it should be, with some of its bytes changed, or cut.
    #[test]
    fn a_damaged_file_is_of_some_kind(
        which in any::<Index>(),
        changes in vec((any::<Index>(), any::<u8>()), 0..24),
        end in any::<Index>(),
        is_cut in any::<bool>(),
    ) {
        let files = all();
        let (name, mut bytes, _) = files[which.index(files.len())].clone();
        for (at, byte) in changes {
            if !bytes.is_empty() {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
        }
        if is_cut && !bytes.is_empty() {
            bytes.truncate(end.index(bytes.len()));
        }
        kind_of(Cursor::new(bytes), name);
    }
}
