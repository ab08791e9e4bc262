//! The one permission that travels, the executable bit, where a system has it.

use cap_std::fs::{Metadata, OpenOptions};

use crate::model::FileMode;

/// Executable when anybody may execute it.
#[cfg(unix)]
pub(super) fn of(metadata: &Metadata) -> FileMode {
    use cap_std::fs::MetadataExt as _;
    if metadata.mode() & 0o111 == 0 { FileMode::Regular } else { FileMode::Executable }
}

#[cfg(not(unix))]
pub(super) fn of(_: &Metadata) -> FileMode {
    FileMode::Regular
}

/// Has a new file created with its final permissions, so that the system applies the person's own
/// umask and default access lists, and no other bit can ever be set.
#[cfg(unix)]
pub(super) fn create_with(options: &mut OpenOptions, mode: FileMode) {
    use cap_std::fs::OpenOptionsExt as _;
    options.mode(match mode {
        FileMode::Regular => 0o666,
        FileMode::Executable => 0o777,
    });
}

#[cfg(not(unix))]
pub(super) fn create_with(_: &mut OpenOptions, _: FileMode) {}
