//! Files that are too large to be kept in memory, and what is read of them.

use std::{
    fs::{self, File},
    io::{Seek as _, SeekFrom, Write as _},
    path::Path,
};

use serde_json::Value;

const PIECE: u64 = 4 << 20;

fn noise(seed: u64, len: u64) -> Vec<u8> {
    let mut bytes = vec![0; usize::try_from(len).unwrap()];
    blake3::Hasher::new().update(&seed.to_le_bytes()).finalize_xof().fill(&mut bytes);
    bytes
}

/// Bytes that can’t be compressed. Its digest, as it is shown.
pub fn shoot(path: &Path, size: u64, seed: u64) -> String {
    sparse(path, size, seed, 1)
}

/// As [`shoot`], but of so many pieces only one has content, and the others are holes.
pub fn sparse(path: &Path, size: u64, seed: u64, holes: u64) -> String {
    let mut file = File::create(path).unwrap();
    file.set_len(size).unwrap();
    for number in (0..size.div_ceil(PIECE)).step_by(usize::try_from(holes).unwrap()) {
        let at = number * PIECE;
        file.seek(SeekFrom::Start(at)).unwrap();
        file.write_all(&noise(seed + number, PIECE.min(size - at))).unwrap();
    }
    digest(path)
}

pub fn digest(path: &Path) -> String {
    blake3::Hasher::new().update_reader(File::open(path).unwrap()).unwrap().finalize().to_hex().to_string()
}

/// A sender that has ended says that this is complete. It does not know the digest where an attempt
/// that broke in its last moment had stored the file already.
pub fn is_complete(end: &Value, made: &str) {
    assert_eq!((&end["outcome"], &end["verified"]), (&"complete".into(), &true.into()), "{end}");
    assert!(end["digest"].is_null() || end["digest"] == made, "{end}");
}

/// Bytes that a process has asked files for: what it receives from the network does not count.
pub fn read_by(process: u32) -> u64 {
    let io = fs::read_to_string(format!("/proc/{process}/io")).unwrap();
    let line = io.lines().find(|line| line.starts_with("rchar:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}
