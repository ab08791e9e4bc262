//! Whether what was written is sure to survive a power cut.

use std::io::{self, ErrorKind};

/// What a system says when it is asked to make something last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lasting {
    Promised,
    /// The file system has no such thing, so that nobody can say: what is written is there all the same.
    NotPromised,
}

impl Lasting {
    /// What a sync has brought. That a file system doesn't have it is no failure.
    ///
    /// # Errors
    /// When it has failed.
    pub fn of(synced: io::Result<()>) -> io::Result<Self> {
        match synced {
            Ok(()) => Ok(Self::Promised),
            // As the systems say it in many ways, of which none is a disk that fails.
            Err(why) if matches!(why.kind(), ErrorKind::InvalidInput | ErrorKind::Unsupported) => {
                Ok(Self::NotPromised)
            }
            Err(why) => Err(why),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_file_system_does_not_have_is_no_failure_and_what_fails_is_one() {
        assert_eq!(Lasting::of(Ok(())).unwrap(), Lasting::Promised);
        for no_such_thing in [ErrorKind::InvalidInput, ErrorKind::Unsupported] {
            assert_eq!(Lasting::of(Err(no_such_thing.into())).unwrap(), Lasting::NotPromised);
        }
        for failure in [ErrorKind::StorageFull, ErrorKind::Other, ErrorKind::ReadOnlyFilesystem] {
            assert_eq!(Lasting::of(Err(failure.into())).unwrap_err().kind(), failure);
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_numbers_of_linux_are_understood() {
        // EINVAL, ENOSYS, EOPNOTSUPP.
        for number in [22, 38, 95] {
            assert_eq!(Lasting::of(Err(io::Error::from_raw_os_error(number))).unwrap(), Lasting::NotPromised);
        }
        // EIO, ENOSPC, EDQUOT, EROFS.
        for number in [5, 28, 122, 30] {
            assert!(Lasting::of(Err(io::Error::from_raw_os_error(number))).is_err(), "{number}");
        }
    }
}
