//! What a system's error codes mean where the standard library has no word for them.

use std::io;

/// True of what a system says of a name that it can't hold.
pub fn is_of_name(why: &io::Error) -> bool {
    use io::ErrorKind::{InvalidFilename, InvalidInput};
    matches!(why.kind(), InvalidFilename | InvalidInput) || is_spelling(why)
}

/// True of what a system says of a length that a file can't have: here and now, or at all.
pub fn is_of_size(why: &io::Error) -> bool {
    use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
    matches!(why.kind(), StorageFull | QuotaExceeded | FileTooLarge)
}

/// A name that can't be written in the disk's own alphabet.
#[cfg(unix)]
pub fn is_spelling(why: &io::Error) -> bool {
    rustix::io::Errno::from_io_error(why) == Some(rustix::io::Errno::ILSEQ)
}

#[cfg(not(unix))]
pub fn is_spelling(_: &io::Error) -> bool {
    false
}
