#!/usr/bin/env bash
# CryFS (encrypted folders, much used inside of folders that a cloud keeps in step): fsync(2) of a file and of its folder
# succeed while not a byte is in the folder that CryFS keeps its blocks in.
#
# One would expect: after fsync of a file and of the folder that has its name, both are there whatever happens to the program that
# shows the file system; what it keeps in memory for speed is written out before it answers. encfs, gocryptfs, bindfs and
# mergerfs do that.
# Seen: CryFS keeps blocks in memory for about half a second, and fsync waits for none of them. If its program ends in that time
# (killed here; a crash or a power cut are no kinder), what was written is gone, though all calls had said that it was
# safe. A second later it is there. What can be done from outside is to wait for a while after the last sync, or to tell
# people that this disk promises nothing.
#
# Needs Debian 12 (its packages are only unpacked, into a temporary folder), root and /dev/fuse.
set -euo pipefail

cryfs=0.11.3-5
libfuse2=2.9.9-6+b1

place=$(mktemp -d)
trap 'umount -l "$place/shown" 2>/dev/null || true; pkill -KILL -f "$place/shown" || true; rm -rf "$place"' EXIT
cd "$place"
# The libraries that it needs and are not installed, of whatever version the distribution has now.
mapfile -t others < <(apt-cache depends --recurse --no-recommends --no-suggests --no-conflicts --no-breaks --no-replaces \
    --no-enhances --no-pre-depends "cryfs=$cryfs" | grep -E '^lib' | grep -v '^libfuse2$' | sort -u)
missing=()
for package in "${others[@]}"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q ' installed' || missing+=("$package")
done
apt-get download -qq -o APT::Sandbox::User=root "cryfs=$cryfs" "libfuse2=$libfuse2" "${missing[@]}" >/dev/null
for package in ./*.deb; do dpkg -x "$package" .; done
LD_LIBRARY_PATH=$(find . -name '*.so.*' -printf "$place/%h\n" | sort -u | paste -sd:)
export LD_LIBRARY_PATH CRYFS_FRONTEND=noninteractive CRYFS_NO_UPDATE_CHECK=true HOME="$place"

# Each try has a folder of blocks of its own: CryFS remembers those that it has seen.
begin() {
    blocks=$place/$1
    mkdir -p "$blocks" shown
    echo "a password of no worth" | usr/bin/cryfs "$blocks" "$place/shown" >/dev/null
}
end() {
    pkill -KILL -f "$place/shown"
    while pgrep -f "$place/shown" >/dev/null; do :; done
    umount -l "$place/shown"
}
# Bytes in all blocks together.
kept() { find "$blocks" -type f -printf '%s\n' | awk '{ sum += $1 } END { print sum + 0 }'; }

# Writes a file of 300,000 bytes, and syncs it and its folder.
store() {
    python3 - "$place/shown" <<'PYTHON'
import os, sys

file = os.open(sys.argv[1] + "/file", os.O_WRONLY | os.O_CREAT)
os.write(file, os.urandom(300_000))
os.fsync(file)
os.close(file)
folder = os.open(sys.argv[1], os.O_RDONLY)
os.fsync(folder)
PYTHON
}

echo "CryFS $cryfs over libfuse $libfuse2, kernel $(uname -r)"
begin one
store
end
early=$(kept)
echo "a file of 300000 bytes written, it and its folder synced, the program killed: $early bytes are in its folder"
begin two
store
# No call says when they are there: looked at for a minute at most.
for _ in $(seq 600); do [ "$(kept)" -ge 300000 ] && break; sleep 0.1; done
end
late=$(kept)
echo "the same, the program killed a while after: $late bytes"
[ "$early" -lt 300000 ] && [ "$late" -ge 300000 ] || { echo "It is another now." >&2; exit 1; }
echo "As described."
