//! Files that are made here, byte by byte, as their formats have them.

use std::io::Write as _;

use rawzip::ZipArchiveWriter;

pub fn joined(parts: &[&[u8]]) -> Vec<u8> {
    parts.concat()
}

/// Bytes that no format is known by, and no text has: always the same.
pub fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[3]
    };
    std::iter::repeat_with(next).take(length).collect()
}

/// `mark`, and behind it what isn’t looked at.
pub fn marked(mark: &[u8]) -> Vec<u8> {
    joined(&[mark, &noise(600)])
}

/// `mark` at `offset`, with zeros before it.
pub fn marked_at(offset: usize, mark: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0; offset];
    bytes.extend(marked(mark));
    bytes
}

pub fn bmp() -> Vec<u8> {
    let header = joined(&[b"BM", &[70, 0, 0, 0], &[0; 4], &[54, 0, 0, 0], &[40, 0, 0, 0], &[2, 0, 0, 0]]);
    joined(&[&header, &[2, 0, 0, 0], &[1, 0, 24, 0], &[0; 24], &[9; 16]])
}

pub fn riff(form: &[u8]) -> Vec<u8> {
    joined(&[b"RIFF", &[0x40, 2, 0, 0], form, &noise(572)])
}

pub fn tiff(mark: &[u8]) -> Vec<u8> {
    joined(&[mark, &[8, 0, 0, 0], &[1, 0], &[0; 12], &noise(200)])
}

/// A box of ISO’s media files: its length, its name, and what is in it.
pub fn boxed(name: &[u8], content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len() + 8).unwrap();
    joined(&[&length.to_be_bytes(), name, content])
}

fn brand(name: &[u8]) -> Vec<u8> {
    boxed(b"ftyp", &joined(&[name, &[0, 0, 2, 0], name]))
}

/// A box that says what format it is, and some content.
pub fn branded(name: &[u8]) -> Vec<u8> {
    joined(&[&brand(name), &boxed(b"mdat", &noise(300))])
}

/// Where in a film its index stands.
#[derive(Clone, Copy)]
pub enum Index {
    First,
    Last,
}

pub fn mp4(handlers: &[&[u8; 4]], index: Index) -> Vec<u8> {
    let track = |handler: &&[u8; 4]| {
        let handler = joined(&[&[0; 8], *handler, &[0; 12], b"name\0"]);
        boxed(b"trak", &joined(&[&boxed(b"tkhd", &[0; 84]), &boxed(b"mdia", &boxed(b"hdlr", &handler))]))
    };
    let tracks: Vec<u8> = handlers.iter().flat_map(track).collect();
    let moov = boxed(b"moov", &joined(&[&boxed(b"mvhd", &[0; 100]), &tracks]));
    let mdat = boxed(b"mdat", &noise(5000));
    match index {
        Index::First => joined(&[&brand(b"isom"), &moov, &mdat]),
        Index::Last => joined(&[&brand(b"isom"), &mdat, &moov]),
    }
}

/// An element of Matroska’s, of fewer than 16,384 bytes.
fn element(name: &[u8], content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).unwrap() | 0x4000;
    joined(&[name, &length.to_be_bytes(), content])
}

pub fn matroska(kind: &[u8], codecs: &[&[u8]]) -> Vec<u8> {
    let head = element(&[0x1A, 0x45, 0xDF, 0xA3], &element(&[0x42, 0x82], kind));
    let track = |codec: &&[u8]| element(&[0xAE], &element(&[0x86], codec));
    let tracks: Vec<u8> = codecs.iter().flat_map(track).collect();
    let tracks = element(&[0x16, 0x54, 0xAE, 0x6B], &tracks);
    joined(&[
        &head,
        &element(&[0x18, 0x53, 0x80, 0x67], &tracks),
        &element(&[0x1F, 0x43, 0xB6, 0x75], &noise(400)),
    ])
}

const VIDEO_STREAM: [u8; 16] =
    [0xC0, 0xEF, 0x19, 0xBC, 0x4D, 0x5B, 0xCF, 0x11, 0xA8, 0xFD, 0x00, 0x80, 0x5F, 0x5C, 0x44, 0x2B];
const SOUND_STREAM: [u8; 16] =
    [0x40, 0x9E, 0x69, 0xF8, 0x4D, 0x5B, 0xCF, 0x11, 0xA8, 0xFD, 0x00, 0x80, 0x5F, 0x5C, 0x44, 0x2B];

/// Windows Media, with these streams.
fn asf(streams: &[[u8; 16]]) -> Vec<u8> {
    let properties =
        [0x91, 0x07, 0xDC, 0xB7, 0xB7, 0xA9, 0xCF, 0x11, 0x8E, 0xE6, 0x00, 0xC0, 0x0C, 0x20, 0x53, 0x65];
    let object = |stream: &[u8; 16]| joined(&[&properties, &78_u64.to_le_bytes(), stream, &[0; 38]]);
    let objects: Vec<u8> = streams.iter().flat_map(object).collect();
    let mark =
        [0x30, 0x26, 0xB2, 0x75, 0x8E, 0x66, 0xCF, 0x11, 0xA6, 0xD9, 0x00, 0xAA, 0x00, 0x62, 0xCE, 0x6C];
    let count = u32::try_from(streams.len()).unwrap();
    joined(&[&mark, &500_u64.to_le_bytes(), &count.to_le_bytes(), &[1, 2], &objects, &noise(300)])
}

pub fn wmv() -> Vec<u8> {
    asf(&[SOUND_STREAM, VIDEO_STREAM])
}

pub fn wma() -> Vec<u8> {
    asf(&[SOUND_STREAM])
}

pub fn ogg(codec: &[u8]) -> Vec<u8> {
    joined(&[b"OggS", &[0, 2], &[0; 20], &[1, 0x1E], codec, &noise(300)])
}

/// MPEG packets of 188 bytes, each with `before` bytes of a clock before it.
pub fn transport_stream(before: usize) -> Vec<u8> {
    let packet = |_| joined(&[&vec![0; before], b"G", &noise(187)]);
    (0..8).flat_map(packet).collect()
}

pub fn tagged_mp3() -> Vec<u8> {
    joined(&[b"ID3", &[4, 0, 0], &[0, 0, 1, 0], &noise(128), &[0xFF, 0xFB, 0x90, 0x44], &noise(400)])
}

/// An OLE file with its directory at the end, whose root bears `class`.
pub fn compound(class: &[u8; 16]) -> Vec<u8> {
    let mark = [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1];
    let header = joined(&[&mark, &[0; 16], &[0x3E, 0, 3, 0, 0xFE, 0xFF, 9, 0], &[0; 16], &[8, 0, 0, 0]]);
    let mut bytes = joined(&[&header, &vec![0xFF; 512 - header.len()], &noise(8 * 512)]);
    bytes.extend(joined(&[b"R\0o\0o\0t\0", &[0; 72], class, &[0; 32], &[0; 384]]));
    bytes
}

/// A class as it stands in a file, of the numbers as they are spoken of.
pub fn class(first: u32, rest: u16) -> [u8; 16] {
    let mut class = [0, 0, 0, 0, 0, 0, 0, 0, 0xC0, 0, 0, 0, 0, 0, 0, 0x46];
    class[..4].copy_from_slice(&first.to_le_bytes());
    class[4..6].copy_from_slice(&rest.to_le_bytes());
    class
}

pub fn zip(names: &[&str]) -> Vec<u8> {
    let mut archive = ZipArchiveWriter::new(Vec::new());
    for name in names {
        if name.ends_with('/') {
            archive.new_dir(*name).create().unwrap();
            continue;
        }
        let (mut entry, config) = archive.new_file(*name).start().unwrap();
        let mut writer = config.wrap(&mut entry);
        writer.write_all(b"content").unwrap();
        let (_, told) = writer.finish().unwrap();
        entry.finish(told).unwrap();
    }
    archive.finish().unwrap()
}

/// The header of one file of a tar archive, and the file. `mark` is nothing in the oldest kind.
pub fn tar(name: &[u8], mark: &[u8]) -> Vec<u8> {
    let mut header = [0; 512];
    let mut put = |at: usize, bytes: &[u8]| header[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, name);
    put(100, b"0000644\x000001750\x000001750\x0000000000007\x0014512345670\x00        0");
    put(257, mark);
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    joined(&[&header, b"content", &[0; 505], &[0; 1024]])
}

pub fn exe(characteristics: u16) -> Vec<u8> {
    let portable = joined(&[b"PE\0\0", &[0x64, 0x86], &[0; 16], &characteristics.to_le_bytes(), &noise(300)]);
    joined(&[b"MZ", &[0; 58], &[0x80, 0, 0, 0], &[0; 64], &portable])
}

pub fn utf16(text: &str) -> Vec<u8> {
    std::iter::once(0xFEFF).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
}
