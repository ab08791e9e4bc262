#!/usr/bin/env bash
# A tmpfs that was mounted with size=0, which means without a limit: statvfs(3) says that it has no blocks, none of them free.
# So do df, psutil and what else asks it; ramfs says the same.
#
# One would expect: the machine's memory, or some very large number; or, where all numbers are 0, a file system that takes
# nothing, as /proc.
# Seen: 0 of 0 bytes free, and a megabyte is written all the same. So a program that looks
# whether there is room before it writes refuses a disk that takes everything; a total of 0 has to be read as "not known".
#
# Needs Linux, root and Python with venv; psutil is installed in a temporary folder.
set -euo pipefail

psutil=7.0.0

place=$(mktemp -d)
trap 'umount "$place/tmpfs" "$place/ramfs" 2>/dev/null || true; rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/pip" install -q --disable-pip-version-check "psutil==$psutil"
mkdir "$place/tmpfs" "$place/ramfs"
mount -t tmpfs -o size=0 none "$place/tmpfs"
mount -t ramfs none "$place/ramfs"
echo "Linux $(uname -r | cut -d- -f1), psutil $psutil"
df -B1 --output=fstype,size,avail "$place/tmpfs" "$place/ramfs"

"$place/venv/bin/python" - "$place/tmpfs" "$place/ramfs" <<'PYTHON'
import os, sys
import psutil

for folder in sys.argv[1:]:
    said, usage = os.statvfs(folder), psutil.disk_usage(folder)
    with open(os.path.join(folder, "file"), "wb") as file:
        written = file.write(bytes(1 << 20))
    kind = os.path.basename(folder)
    print(f"{kind}: {said.f_bavail} of {said.f_blocks} blocks free; "
          f"psutil: {usage.free} of {usage.total} bytes free; {written} bytes were written")
    numbers = (said.f_bavail, said.f_blocks, usage.free, usage.total)
    assert numbers == (0,) * 4 and written == 1 << 20, "it says something else now"
PYTHON
echo "As described."
