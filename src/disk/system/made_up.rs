//! Files that a system makes up while they are read, as those of Linux's `/proc` and `/sys`: what size they say they
//! have tells nothing.

use std::path::Path;

/// Whether the sizes of a disk's files can be believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sizes {
    Believed,
    /// Those of its files that say they are empty, or just one page long, are not.
    MadeUp,
}

/// What some say of every file, however long it is.
pub const PAGE: u64 = 4096;

/// Of the disk that a path is on.
#[cfg(target_os = "linux")]
pub fn sizes(path: &Path) -> Sizes {
    /// Linux's own for processes, devices, debugging, tracing, security, both kinds of
    /// control groups, configuration, two for access rules, filters, kinds of programs, FUSE's connections, and caches.
    const OWN: [u64; 14] = [
        0x9fa0,
        0x6265_6572,
        0x6462_6720,
        0x7472_6163,
        0x7363_6673,
        0x0027_e0eb,
        0x6367_7270,
        0x6265_6570,
        0xf97c_ff8c,
        0x4341_5d53,
        0xcafe_4a11,
        0x4249_4e4d,
        0x6573_5543,
        0x0765_5821,
    ];
    // The type is a number of 32 bits, and negative for some where it is kept in a signed one.
    let is_own = |kind: i64| OWN.contains(&(kind.cast_unsigned() & 0xffff_ffff));
    #[expect(clippy::useless_conversion, reason = "it is shorter on others")]
    match rustix::fs::statfs(path) {
        Ok(disk) if is_own(i64::from(disk.f_type)) => Sizes::MadeUp,
        _ => Sizes::Believed,
    }
}

#[cfg(not(target_os = "linux"))]
pub fn sizes(_: &Path) -> Sizes {
    Sizes::Believed
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn the_kernel_s_own_are_told_from_disks() {
        assert_eq!(sizes(Path::new("/proc/version")), Sizes::MadeUp);
        assert_eq!(sizes(&std::env::temp_dir()), Sizes::Believed);
        assert_eq!(sizes(Path::new("/nowhere")), Sizes::Believed);
    }
}
