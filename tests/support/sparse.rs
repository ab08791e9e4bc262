//! Files with holes, and how much room they take.

use std::{
    fs,
    ops::Range,
    os::unix::fs::{FileExt as _, MetadataExt as _},
    path::Path,
    time::{Duration, SystemTime},
};

use super::tree::noise;

/// Writes a file of that size, with an old modification time, that has content only there.
pub fn sparse(path: &Path, size: u64, content: &[Range<u64>]) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let file = fs::File::create(path).unwrap();
    file.set_len(size).unwrap();
    for range in content {
        let bytes = noise(range.start + 1, usize::try_from(range.end - range.start).unwrap());
        file.write_all_at(&bytes, range.start).unwrap();
    }
    file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(1_234_567_890 + size % 1000)).unwrap();
}

/// Bytes of its disk that a file takes.
pub fn taken(path: &Path) -> u64 {
    fs::metadata(path).unwrap().blocks() * 512
}
