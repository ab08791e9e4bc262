#!/usr/bin/env bash
# A file system over libfuse 2 (bindfs here; sshfs, ntfs-3g and many others are the same): renameat2(2) with
# RENAME_NOREPLACE says EEXIST where the new name is taken, as if it knew what that flag means, and EINVAL where it is free.
#
# One would expect: a rename that must not replace either works or says EINVAL, so one try tells whether it can be used; and
# EEXIST means that it could have been.
# Seen: the kernel looks whether the new name is there before it asks the file system, which has no such flag. So a
# program that tries the call on a name that is taken finds that it works, and fails on the first one that is free. The
# same goes for RENAME_EXCHANGE, the other way round: ENOENT where the second name is missing, EINVAL where it is there.
#
# Needs Debian 12 (its packages are only unpacked, into a temporary folder), root and /dev/fuse.
set -euo pipefail

bindfs=1.14.7-1
libfuse2=2.9.9-6+b1

place=$(mktemp -d)
trap 'umount "$place/shown" 2>/dev/null || true; rm -rf "$place"' EXIT
cd "$place"
apt-get download -qq "bindfs=$bindfs" "libfuse2=$libfuse2" >/dev/null
for package in ./*.deb; do dpkg -x "$package" .; done
library=$(dirname "$(find . -name 'libfuse.so.2' | head -n 1)")
mkdir below shown
LD_LIBRARY_PATH="$library" usr/bin/bindfs below shown
echo "bindfs $bindfs over libfuse $libfuse2, kernel $(uname -r), $(findmnt -n -o FSTYPE "$place/shown")"

python3 - "$place/shown" "$place/below" <<'PYTHON'
import ctypes, errno, os, sys

libc = ctypes.CDLL(None, use_errno=True)
AT_FDCWD, NOREPLACE, EXCHANGE = -100, 1, 2


def rename(old, new, flags):
    done = libc.renameat2(AT_FDCWD, old.encode(), AT_FDCWD, new.encode(), flags)
    return "done" if done == 0 else errno.errorcode[ctypes.get_errno()]


def tried(folder):
    os.chdir(folder)
    for name in ("one", "two"):
        open(name, "w").close()
    return {
        "without replacing, the name is taken": rename("one", "two", NOREPLACE),
        "without replacing, the name is free": rename("one", "free", NOREPLACE),
        "in exchange, the other is missing": rename("two", "missing", EXCHANGE),
        "in exchange, both are there": rename("one" if os.path.exists("one") else "free", "two", EXCHANGE),
    }


shown = tried(sys.argv[1])
for name in os.listdir("."):
    os.remove(name)
# The same calls on the file system below, to show that they are right.
below = tried(sys.argv[2])
for what, answer in shown.items():
    print(f"{what}: {answer} (on the disk below it: {below[what]})")
assert list(below.values()) == ["EEXIST", "done", "ENOENT", "done"], "the disk below can't do it either"
assert list(shown.values()) == ["EEXIST", "EINVAL", "ENOENT", "EINVAL"], "it is another answer now"
PYTHON
echo "As described."
