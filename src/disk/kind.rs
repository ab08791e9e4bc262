//! What there can be in a folder, looked at without following links.

use cap_std::fs::Metadata;

/// What there can be in a folder.
pub enum Kind {
    File,
    Folder,
    Link,
    Special,
}

impl Kind {
    pub fn of(metadata: &Metadata) -> Self {
        let file_type = metadata.file_type();
        if file_type.is_symlink() {
            Self::Link
        } else if file_type.is_dir() {
            Self::Folder
        } else if file_type.is_file() {
            Self::File
        } else {
            Self::Special
        }
    }
}
