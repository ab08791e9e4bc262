//! Which file system a folder is on, by its mount: the number that a file system gives for its kind may be that of
//! the one that it shows (9P), and of what other machines and programs show the system knows no more than a name.
//!
//! Knows `/proc`. What is not found there is not known.

use std::os::fd::AsRawFd;

/// The kind of file system that an open file or folder is on, as the system calls it.
pub fn kind(of: &impl AsRawFd) -> Option<String> {
    // Through the handle, and by the number of the mount: a device's number is not always that which files have
    // (Btrfs, overlays), and another disk may be mounted over the path.
    let about = std::fs::read_to_string(format!("/proc/self/fdinfo/{}", of.as_raw_fd())).ok()?;
    let mounts = std::fs::read_to_string("/proc/self/mountinfo").ok()?;
    kind_of(&mounts, mount(&about)?).map(str::to_owned)
}

/// The number of the mount in what is said of an open file.
fn mount(about: &str) -> Option<u64> {
    about.lines().find_map(|line| line.strip_prefix("mnt_id:"))?.trim().parse().ok()
}

/// The kind in the line of a mount: its number comes first, then five fields more and some that may be, and after a
/// lone dash the kind. Spaces in a field are written as octal numbers.
fn kind_of(mounts: &str, number: u64) -> Option<&str> {
    let line = mounts
        .lines()
        .find(|line| line.split_once(' ').is_some_and(|(first, _)| first.parse() == Ok(number)))?;
    let mut rest = line.split(' ').skip(6).skip_while(|field| *field != "-");
    rest.next()?;
    rest.next().filter(|kind| !kind.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUNTS: &str = r"22 1 0:20 / / rw,relatime shared:1 - ext4 /dev/root rw
36 22 98:0 /mnt1 /mnt/with\040space rw,noatime master:1 shared:7 propagate_from:2 - ext3 /dev/root rw,errors=continue
40 22 0:43 /sub\134vol /home rw - btrfs /dev/sda2 rw,subvolid=257
41 22 0:50 / /merged rw,relatime shared:3 - overlay overlay rw,lowerdir=/l\054o,upperdir=/u
42 22 0:51 / /mnt/host rw,sync shared:4 - 9p host0 rw,trans=virtio
43 22 0:52 / /mnt/s rw - fuse.sshfs me@there:/a\040-\040b rw
44 22 0:53 / /mnt/- rw shared:9 - tmpfs - rw
torn 45
46 22 0:54 / /mnt/x rw shared:9
47 22 0:54 / /mnt/x rw shared:9 -
";

    #[test]
    fn the_kind_stands_after_the_dash_whatever_stands_before_it() {
        for (number, kind) in [
            (22, Some("ext4")),
            (36, Some("ext3")),
            (40, Some("btrfs")),
            (41, Some("overlay")),
            (42, Some("9p")),
            (43, Some("fuse.sshfs")),
            (44, Some("tmpfs")),
            (45, None),
            (46, None),
            (47, None),
            // No line begins so, though some begin like it.
            (4, None),
            (2, None),
        ] {
            assert_eq!(kind_of(MOUNTS, number), kind, "{number}");
        }
        assert_eq!(kind_of("", 22), None);
    }

    #[test]
    fn the_mount_of_an_open_file_is_told_in_what_is_said_of_it() {
        assert_eq!(mount("pos:\t0\nflags:\t012100000\nmnt_id:\t129\nino:\t77\n"), Some(129));
        assert_eq!(mount("pos:\t0\n"), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn proc_is_of_its_own_kind() {
        assert_eq!(kind(&std::fs::File::open("/proc").unwrap()).as_deref(), Some("proc"));
    }
}
