//! Files that a system makes up while they are read, as those of Linux's `/proc` and `/sys`: what size they say they
//! have tells nothing.

use std::path::Path;

use super::family::Family;

/// Whether the sizes of a disk's files can be believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sizes {
    Believed,
    /// A file that is empty by its size may have content: a program, or another machine, shows it.
    Doubted,
    /// Those of its files that say they are empty, or just one page long, are not.
    MadeUp,
}

/// What some say of every file, however long it is.
pub const PAGE: u64 = 4096;

/// Of the disk that a path is on.
pub fn sizes(path: &Path) -> Sizes {
    match Family::at(path) {
        Some(Family::System) => Sizes::MadeUp,
        Some(Family::Plain | Family::Memory | Family::Fat | Family::ExFat | Family::Ntfs | Family::Hfs) => {
            Sizes::Believed
        }
        Some(Family::Fuse | Family::Smb | Family::Other) | None => Sizes::Doubted,
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn the_kernel_s_own_are_told_from_disks() {
        assert_eq!(sizes(Path::new("/proc/version")), Sizes::MadeUp);
        assert_eq!(sizes(Path::new("/dev/shm")), Sizes::Believed);
        assert_eq!(sizes(Path::new("/nowhere")), Sizes::Doubted);
    }
}
