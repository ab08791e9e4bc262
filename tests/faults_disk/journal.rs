//! Reads what a journal claims, after its description in `src/disk/intake/journal.rs` and not with its code.

use std::{fs, ops::Range, path::Path};

const HEADER: usize = 8 + 4 + 16 + 32 + 8 + 32;
const CHUNK: u64 = 256 * 1024;

fn number(bytes: &[u8]) -> u64 {
    let mut whole = [0; 8];
    whole[..bytes.len()].copy_from_slice(bytes);
    u64::from_le_bytes(whole)
}

/// The parts of its file that it says are on the disk.
pub fn claimed(journal: &Path) -> Vec<Range<usize>> {
    let bytes = fs::read(journal).unwrap();
    let (Some(header), mut at) = (bytes.get(..HEADER), HEADER) else { return Vec::new() };
    if header[68..] != *blake3::hash(&header[..68]).as_bytes() {
        return Vec::new();
    }
    let size = number(&header[60..68]);
    let key: [u8; 32] = header[68..].try_into().unwrap();
    let mut chunks = std::collections::BTreeSet::new();
    while let Some(start) = bytes.get(at..at + 13) {
        let (first, count) = (number(&start[1..9]), number(&start[9..13]));
        let values = match start[0] {
            1 => count,
            3 => 1,
            _ => 0,
        };
        let end = at + 13 + 32 * usize::try_from(values).unwrap();
        let (Some(record), Some(check)) = (bytes.get(at..end), bytes.get(end..end + 16)) else { break };
        let mut hasher = blake3::Hasher::new_keyed(&key);
        hasher.update(&(at as u64).to_le_bytes()).update(record);
        if hasher.finalize().as_bytes()[..16] != *check {
            break;
        }
        match start[0] {
            1 => chunks.extend(first..first + count),
            3 => chunks.extend(first..first + (1 << count)),
            _ => chunks.retain(|chunk| !(first..first + (1 << count)).contains(chunk)),
        }
        at = end + 16;
    }
    let byte = |chunk: u64| usize::try_from((chunk * CHUNK).min(size)).unwrap();
    chunks.into_iter().map(|chunk| byte(chunk)..byte(chunk + 1)).collect()
}
