//! What a file is that bears no mark which the library knows: an archive all the same, text, or nothing.

use std::io::{self, Read, Seek, SeekFrom};

use super::{bounded::Bounded, text};
use crate::model::ContentKind;

/// What is looked at to see whether it is text. In bytes.
const HEAD: u64 = 8 << 10;
/// One block of a tar archive. A disk image of Apple’s ends with as much. In bytes.
const BLOCK: usize = 512;

/// The file’s first bytes. None where it is empty.
pub fn head<R: Read + Seek>(source: Bounded<R>) -> io::Result<Vec<u8>> {
    source.whole(|source| {
        let mut head = Vec::new();
        source.take(HEAD).read_to_end(&mut head)?;
        Ok(head)
    })
}

pub fn kind_of<R: Read + Seek>(head: &[u8], source: Bounded<R>) -> ContentKind {
    if is_tar(head) || is_apple_image(source) {
        ContentKind::Archive
    } else if text::is_likely(head) {
        ContentKind::Text
    } else {
        ContentKind::Other
    }
}

/// The oldest kind of tar has no mark but the sum of its header, in octal digits, counted as if the sum were spaces.
fn is_tar(head: &[u8]) -> bool {
    let Some((header, _)) = head.split_first_chunk::<BLOCK>() else { return false };
    let field = 148..156;
    let told = header[field.clone()].iter().skip_while(|byte| **byte == b' ');
    let digits: Vec<u8> = told.copied().take_while(u8::is_ascii_digit).collect();
    let told = std::str::from_utf8(&digits).ok().and_then(|digits| u32::from_str_radix(digits, 8).ok());
    let counted = |(at, byte): (usize, &u8)| if field.contains(&at) { b' ' } else { *byte };
    let sum: u32 = header.iter().enumerate().map(counted).map(u32::from).sum();
    header[0] != 0 && told == Some(sum)
}

fn is_apple_image<R: Read + Seek>(mut source: Bounded<R>) -> bool {
    let mut mark = [0; 4];
    let back = -i64::try_from(BLOCK).unwrap_or(i64::MAX);
    source.seek(SeekFrom::End(back)).and_then(|_| source.read_exact(&mut mark)).is_ok() && mark == *b"koly"
}
