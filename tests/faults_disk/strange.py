#!/usr/bin/python3
"""A disk with a character: shows a folder through FUSE, and its knobs make it behave like the disks people have.

    strange.py FOLDER POINT KEY=VALUE…

Knobs in the file that control=PATH names, one a line, go before those given here. It is looked at with every
call, so the character changes while it is mounted; put a new file in its place by renaming. An empty value takes
a knob back. What can't be understood ends the program, and the disk with it. until=stdin unmounts when standard
input ends. "mounted" is written to standard output when it is.

Faults: OP=WHAT[@WHEN][,…]. OP is one of OPERATIONS below. WHAT is an errno's name, sleep:SECONDS, which ends early
when the knob changes, or lies: says that it is done and does nothing. WHEN is N or N-M. For read and write it is
bytes: the call strikes that touches one from N on, or from N to M. For the others it is calls, counted from 1
since the knob got its value: from the Nth on, or the Nth to the Mth.

    fsync=EIO@3      fsync=EIO@3-3,sleep:0.1      write=ENOSPC@1048576      fsyncdir=lies      link=EPERM

Names. Those that can't be are ENOENT when they are looked for.
    fold=case         letters' case makes no difference; what was stored is listed (vfat, exFAT, CIFS)
    fold=casefold     full folding, any normal form, ignorable code points are nothing: ß = ss (ext4, f2fs)
    fold=KIND:PATH    only in that folder and below it, a list; the path is as stored and may come to be later
    forbid=CHARS      a new name with one of these or a control character is EINVAL; or forbid=ERR:CHARS
    trailing=dropped  dots at the end of a name (vfat); trailing=dropped:CHARS: these
    namemax=N         longest name in bytes; Nu: in UTF-16 units; N/M: statfs says M (encfs: 175/189)
    notutf8=ERR       a new name that is not UTF-8
    streams=windows   a colon makes a stream of the file before it, which is made; nothing is renamed to one (ntfs-3g)

Times, a list: times=2s,1980-2107 ctime=mtime (vfat).
    2s 1s 10ms 100ns …       rounded down to that
    YEAR or YEAR-YEAR        earlier (and later) ones are moved there
    ignored                  setting one of the two alone is said to be done (bindfs: libfuse without utime_omit_ok)
    zero=now                 a time that is set to 0 is now (sshfs)
    u32                      whole seconds that wrap in 2106 (sshfs)
    ctime=mtime              a knob of its own

Other lies.
    statfs=zero  none (ENOSYS)  free:BYTES  nofiles  frsize:N     a list, with faults
    size=zero  size=N  blocks=zero
    largest=N         what would make a file longer than that is EFBIG (FAT: 4294967295)
    inodes=stable     those of the folder, as without it; inodes=unstable: others with every mount
    modes=ignored     all are shown as 0755, or modes=ignored:OCTAL, and chmod says that it is done
    modes=refused     the same, but chmod to another mode is EPERM (vfat)
    hidden=shown      an open file that is unlinked or replaced is listed as .fuse_hidden… until it is closed (sshfs,
                      bindfs); without it that is not seen. That libfuse hides it counts as unlink, not as rename

Only when it is mounted:
    inodes=counted    as libfuse counts what is looked at, so mounted again a number may be another file's
    cache=none        every read gets here (direct_io)
    type=NAME         /proc/mounts says fuse.NAME

What it can't: rename without replacing (EINVAL, as with sshfs and bindfs: libfuse 2 has no flags), fallocate
(EOPNOTSUPP), holes (the kernel says that all is data), extended attributes, birth times, an f_type that is not
FUSE's, failing syncfs (the kernel answers 0 itself), files that belong to others than who runs it.
"""

import ctypes
import errno
import functools
import hashlib
import os
import re
import stat
import subprocess
import sys
import threading
import time
import unicodedata
from datetime import datetime, timezone

from fusepy import FUSE, FuseOSError, Operations, c_timespec

OPERATIONS = """chmod chown create flush fsync fsyncdir getattr link mkdir mknod open opendir read readdir readlink
    release rename rmdir statfs symlink truncate unlink utimens write""".split()
# A lie about these would need an answer that there isn't.
NO_LIES = "create getattr open opendir read readdir readlink statfs".split()
WORDS = {
    "blocks": ["zero"], "cache": ["none"], "ctime": ["mtime"], "hidden": ["shown"],
    "inodes": ["stable", "unstable", "counted"], "streams": ["windows"], "until": ["stdin"],
}
UNITS = {"ns": 1, "us": 10**3, "ms": 10**6, "s": 10**9}
UTIME_NOW, UTIME_OMIT, AT_FDCWD, AT_SYMLINK_NOFOLLOW = (1 << 30) - 1, (1 << 30) - 2, -100, 0x100
# What libfuse renames a file to that is unlinked while it is open.
HIDDEN = b".fuse_hidden"
# Unicode's Default_Ignorable_Code_Point.
IGNORABLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]")
libc = ctypes.CDLL(None, use_errno=True)


def parts(pattern, text):
    match = re.fullmatch(pattern, text)
    if not match:
        raise ValueError("can’t be understood")
    return match.groups()


def number(name):
    value = getattr(errno, name, None)
    if value is None:
        raise ValueError("no errno is called that")
    return value


def new_year(year):
    return int(datetime(int(year), 1, 1, tzinfo=timezone.utc).timestamp()) * 10**9


@functools.lru_cache(1 << 16)
def folded(kind, name):
    """Names that are the same to such a folder are equal here."""
    try:
        text = name.decode()
    except UnicodeDecodeError:
        return name
    if kind == "case":
        return "".join(c.upper() if len(c.upper()) == 1 else c for c in text)
    return IGNORABLE.sub("", unicodedata.normalize("NFD", unicodedata.normalize("NFD", text).casefold()))


class Fault:
    def __init__(self, op, text):
        what, _, when = text.partition("@")
        first, _, last = when.partition("-")
        self.first, self.last = int(first or 0), float(last or "inf")
        self.lies = what == "lies"
        self.seconds = float(what[6:]) if what.startswith("sleep:") else None
        self.error = None if self.lies or self.seconds is not None else number(what)
        if self.lies and op in NO_LIES:
            raise ValueError("that can’t be told as a lie")


class Character:
    """The knobs as they stand at one time, taken apart."""

    blocks = ctime = forbid = hidden = inodes = largest = modes = namemax = notutf8 = size = streams = None
    trailing, grain, low, high = b"", 1, -(1 << 63), 1 << 63

    def __init__(self, knobs, before=None):
        self.knobs, self.faults, self.statfs, self.folds, self.odd_times, self.calls = knobs, {}, {}, [], set(), {}
        for key, value in knobs.items():
            try:
                self.take(key, value)
            except ValueError as e:
                raise ValueError(f"{key}={value}: {e}") from None
            if before and before.knobs.get(key) == value and key in before.calls:
                self.calls[key] = before.calls[key]

    def take(self, key, value):
        words = value.split(",")
        if key == "statfs":
            told = [re.fullmatch(r"(zero|nofiles|free(?=:)|frsize(?=:))(?::(\d+))?", word) for word in words]
            self.statfs = {word[1]: int(word[2] or 0) for word in told if word}
            words = [word.replace("none", "ENOSYS") for word, lie in zip(words, told) if not lie]
        if key in OPERATIONS:
            self.faults[key] = [Fault(key, word) for word in words]
        elif key == "times":
            for word in words:
                self.take_time(word)
        elif key == "fold":
            for kind, _, path in (word.partition(":") for word in words):
                if kind not in ("case", "casefold"):
                    raise ValueError("neither case nor casefold")
                self.folds.append((kind, os.fsencode(path.strip("/"))))
        elif key == "namemax":
            longest, units, says = parts(r"(\d+)(u?)(?:/(\d+))?", value)
            self.namemax = int(longest), units, int(says or longest)
        elif key == "modes":
            self.modes, shown = parts(r"(ignored|refused)(?::([0-7]+))?", value)
            self.shown = int(shown or "755", 8)
        elif key == "forbid":
            says, chars = parts(r"(?:(E[A-Z0-9]+):)?(.+)", value)
            self.forbid = number(says or "EINVAL"), set(chars) | set(map(chr, range(32)))
        elif key == "trailing":
            self.trailing = os.fsencode(parts(r"dropped(?::(.+))?", value)[0] or ".")
        elif key == "notutf8":
            self.notutf8 = number(value)
        elif key == "largest":
            self.largest = int(value)
        elif key == "size":
            self.size = 0 if value == "zero" else int(value)
        elif key not in ("control", "type"):
            if value not in WORDS.get(key, []):
                raise ValueError("not a knob, or none of its words")
            setattr(self, key, value)

    def take_time(self, word):
        grain, years = re.fullmatch(r"(\d+)(ns|us|ms|s)", word), re.fullmatch(r"(\d{4})(?:-(\d{4}))?", word)
        if grain:
            self.grain = int(grain[1]) * UNITS[grain[2]]
        elif years:
            self.low = new_year(years[1])
            self.high = new_year(int(years[2]) + 1) - 1 if years[2] else self.high
        elif word in ("ignored", "zero=now", "u32"):
            self.odd_times.add(word)
        else:
            raise ValueError("no such word")

    def time(self, ns):
        if "u32" in self.odd_times:
            ns = ns // 10**9 % (1 << 32) * 10**9
        return min(max(ns, self.low), self.high) // self.grain * self.grain

    def named(self, name, is_new):
        """What a name is made to, if it can be one."""
        name = name.rstrip(self.trailing) if self.trailing else name
        text = name.decode(errors="surrogateescape")
        if self.namemax:
            longest, units, _ = self.namemax
            if (len(text.encode("utf-16-le", "surrogatepass")) // 2 if units else len(name)) > longest:
                raise FuseOSError(errno.ENAMETOOLONG)
        refusal = None if name else errno.ENOENT
        if self.notutf8 and re.search("[\ud800-\udfff]", text):
            refusal = self.notutf8
        elif self.forbid and self.forbid[1].intersection(text):
            refusal = self.forbid[0]
        if refusal:
            raise FuseOSError(refusal if is_new else errno.ENOENT)
        return name


class Knobs:
    """What was given, and the control file, which is read again when it has changed."""

    def __init__(self, given):
        self.given, self.control, self.seen = given, given.get("control"), None
        self.lock, self.character = threading.Lock(), Character(given)

    def now(self):
        try:
            at = os.stat(self.control) if self.control else None
        except FileNotFoundError:
            at = None
        seen = at and (at.st_ino, at.st_mtime_ns, at.st_size)
        if seen != self.seen:
            with self.lock:
                if seen != self.seen:
                    self.read(seen)
        return self.character

    def read(self, seen):
        lines = open(self.control, encoding="utf-8", errors="surrogateescape").read().splitlines() if seen else []
        knobs = {**self.given, **dict(line.split("=", 1) for line in lines if line)}
        try:
            self.character = Character({key: value for key, value in knobs.items() if value}, self.character)
        except ValueError as e:
            # A test that goes on would test something else.
            print(f"strange: {e}", file=sys.stderr, flush=True)
            os._exit(2)
        self.seen = seen

    def strike(self, op, first, last):
        """Does to a call what the knobs want; true when it is not to be done. Without bytes it is counted."""
        character = self.now()
        faults = character.faults.get(op, [])
        if faults and first is None:
            with self.lock:
                first = last = character.calls[op] = character.calls.get(op, 0) + 1
        lies = False
        for fault in faults:
            if last < fault.first or first > fault.last:
                continue
            if fault.error:
                raise FuseOSError(fault.error)
            lies |= fault.lies
            end = time.monotonic() + (fault.seconds or 0)
            while (left := end - time.monotonic()) > 0 and self.now().knobs.get(op) == character.knobs[op]:
                time.sleep(min(left, 0.02))
        return lies


class Strange(Operations):
    """Paths come as text that stands for bytes, one to one, so that every name gets through."""

    use_ns = True
    # Without it libfuse drops a call that sets one of the two times.
    flag_utime_omit_ok = 1
    # What is open has no need of a path: a call that hangs doesn't hold up a rename.
    flag_nullpath_ok = flag_nopath = 1
    # The kernel asks once and not again: it asks for one at every write.
    getxattr = setxattr = listxattr = removexattr = ioctl = None

    def __init__(self, root, knobs):
        self.root, self.knobs = root, knobs
        # Two spellings of a folder are two folders to the kernel, whose own locks don't help then.
        self.naming = threading.RLock()
        self.salt = int.from_bytes(os.urandom(7), "big")

    def __call__(self, op, path, *args):
        if op in OPERATIONS:
            first, last, struck = None, None, op
            if op in ("read", "write"):
                size = args[0] if op == "read" else len(args[0])
                first, last = args[1], args[1] + size - 1
            elif op == "rename" and os.path.basename(args[0]).startswith(HIDDEN.decode()):
                struck = "unlink"
            if not os.path.basename(path or "").startswith(HIDDEN.decode()) and self.knobs.strike(struck, first, last):
                return len(args[0]) if op == "write" else 0
        return getattr(self, op)(path and path.encode("latin-1"), *args)

    def init(self, path):
        print("mounted", flush=True)

    def place(self, path, is_new=False):
        """Where a path's file lies. The last name may be a new one."""
        character, names = self.knobs.now(), [name for name in path.split(b"/") if name]
        below, place = b"", self.root
        for at, name in enumerate(names):
            if not name.startswith(HIDDEN):
                name = character.named(name, is_new and at == len(names) - 1)
            if character.streams and b":" in name and at == len(names) - 1:
                return self.stream(below, place, name, is_new)
            for kind, top in character.folds:
                if not top or (below + b"/").startswith(top + b"/"):
                    name = self.stored(place, name, kind)
            below, place = below + b"/" + name if below else name, place + b"/" + name
        return place

    def stream(self, below, place, name, is_new):
        """Where a stream lies, beside all that is shown of the disk."""
        if is_new:
            os.close(os.open(place + b"/" + name.partition(b":")[0], os.O_CREAT | os.O_WRONLY, 0o666))
        streams = os.path.dirname(self.root) + b"/streams"
        os.makedirs(streams, exist_ok=True)
        return streams + b"/" + hashlib.sha1(below + b"/" + name).hexdigest().encode()

    def no_stream(self, path):
        if self.knobs.now().streams and b":" in os.path.basename(path):
            raise FuseOSError(errno.EINVAL)

    def stored(self, folder, name, kind):
        if os.path.lexists(folder + b"/" + name):
            return name
        wanted = folded(kind, name)
        try:
            return next((there for there in os.listdir(folder) if folded(kind, there) == wanted), name)
        except (FileNotFoundError, NotADirectoryError):
            return name

    def getattr(self, path, fi=None):
        at, character = os.fstat(fi.fh) if fi else os.lstat(self.place(path)), self.knobs.now()
        shown = {key: getattr(at, key) for key in dir(at) if key.startswith("st_") and "time" not in key}
        shown["st_ino"] = self.number(at.st_ino)
        for key in ("st_atime", "st_mtime", "st_ctime"):
            source = "st_mtime" if key == "st_ctime" and character.ctime else key
            shown[key] = character.time(getattr(at, source + "_ns"))
        if character.modes and not stat.S_ISLNK(at.st_mode):
            shown["st_mode"] = stat.S_IFMT(at.st_mode) | character.shown
        if character.size is not None and stat.S_ISREG(at.st_mode):
            shown["st_size"] = character.size
        if character.blocks:
            shown["st_blocks"] = 0
        return shown

    def number(self, ino):
        return (ino + self.salt) % (1 << 63) if self.knobs.now().inodes == "unstable" else ino

    def statfs(self, path):
        character, at = self.knobs.now(), os.statvfs(self.root)
        told = character.statfs
        if "zero" in told:
            # As libfuse answers for who doesn't.
            return {"f_bsize": 512, "f_namemax": 255}
        shown = {key: getattr(at, key) for key in dir(at) if key.startswith("f_")}
        rooms, blocks = ("f_bavail", "f_bfree", "f_blocks"), at.f_frsize
        if "frsize" in told:
            blocks = shown["f_frsize"] = shown["f_bsize"] = told["frsize"]
            shown.update({key: shown[key] * at.f_frsize // blocks for key in rooms})
        if "free" in told:
            free = told["free"] // blocks
            shown.update(f_bavail=free, f_bfree=free, f_blocks=max(shown["f_blocks"], free))
        if "nofiles" in told:
            shown.update(f_files=1000, f_ffree=0, f_favail=0)
        if character.namemax:
            shown["f_namemax"] = character.namemax[2]
        return shown

    def utimens(self, path, times):
        odd = self.knobs.now().odd_times
        if "ignored" in odd and any(nanos == UTIME_OMIT for _, nanos in times):
            return
        if "zero=now" in odd:
            times = [(0, UTIME_NOW) if at == (0, 0) else at for at in times]
        both = (c_timespec * 2)(*times)
        if libc.utimensat(AT_FDCWD, self.place(path), both, AT_SYMLINK_NOFOLLOW) != 0:
            raise FuseOSError(ctypes.get_errno())

    def chmod(self, path, mode):
        character, place = self.knobs.now(), self.place(path)
        if not character.modes:
            os.chmod(place, mode)
        elif character.modes == "refused" and stat.S_IMODE(mode) != character.shown:
            raise FuseOSError(errno.EPERM)

    def chown(self, path, uid, gid):
        os.chown(self.place(path), uid, gid, follow_symlinks=False)

    def mknod(self, path, mode, device):
        with self.naming:
            os.mknod(self.place(path, is_new=True), mode, device)

    def mkdir(self, path, mode):
        with self.naming:
            os.mkdir(self.place(path, is_new=True), mode)

    def symlink(self, path, target):
        with self.naming:
            os.symlink(target.encode("latin-1"), self.place(path, is_new=True))

    def readlink(self, path):
        return os.readlink(self.place(path)).decode("latin-1")

    def link(self, path, old):
        self.no_stream(path)
        with self.naming:
            os.link(self.place(old.encode("latin-1")), self.place(path, is_new=True), follow_symlinks=False)

    def rename(self, path, new):
        self.no_stream(new.encode("latin-1"))
        with self.naming:
            old, new = self.place(path), new.encode("latin-1")
            place = self.place(new, is_new=True)
            if place == old:
                # The same file, to be spelled in another way.
                place = os.path.dirname(old) + b"/" + self.knobs.now().named(os.path.basename(new), True)
            os.rename(old, place)

    def unlink(self, path):
        with self.naming:
            os.unlink(self.place(path))

    def rmdir(self, path):
        with self.naming:
            os.rmdir(self.place(path))

    def create(self, path, mode, fi):
        with self.naming:
            fi.fh = os.open(self.place(path, is_new=True), self.flags(fi) | os.O_CREAT, mode)

    def open(self, path, fi):
        fi.fh = os.open(self.place(path), self.flags(fi) & ~(os.O_CREAT | os.O_EXCL))

    def flags(self, fi):
        # The kernel says where to write, from memory that is not aligned.
        return fi.flags & ~(os.O_APPEND | os.O_DIRECT)

    def read(self, path, size, offset, fi):
        return os.pread(fi.fh, size, offset)

    def write(self, path, data, offset, fi):
        self.must_fit(offset + len(data))
        return os.pwrite(fi.fh, data, offset)

    def must_fit(self, length):
        largest = self.knobs.now().largest
        if largest is not None and length > largest:
            raise FuseOSError(errno.EFBIG)

    def truncate(self, path, length, fi=None):
        self.must_fit(length)
        os.truncate(fi.fh if fi else self.place(path), length)

    def fsync(self, path, only_data, fi):
        os.fdatasync(fi.fh) if only_data else os.fsync(fi.fh)

    def release(self, path, fi):
        os.close(fi.fh)

    def opendir(self, path):
        return os.open(self.place(path), os.O_RDONLY | os.O_DIRECTORY)

    def readdir(self, path, handle):
        with os.scandir(handle) as entries:
            there = [(os.fsencode(e.name), e.inode(), e.is_dir(follow_symlinks=False), e.is_symlink()) for e in entries]
        yield from (".", "..")
        for name, ino, is_dir, is_link in there:
            kind = stat.S_IFDIR if is_dir else stat.S_IFLNK if is_link else stat.S_IFREG
            if self.knobs.now().hidden or not name.startswith(HIDDEN):
                yield name.decode("latin-1"), {"st_ino": self.number(ino), "st_mode": kind}, 0

    def fsyncdir(self, path, only_data, handle):
        os.fsync(handle)

    def releasedir(self, path, handle):
        os.close(handle)


class Mount(FUSE):
    def utimens(self, path, both):
        """As it is but in one number, where “leave it” would be a second after 1970."""
        times = [(at.tv_sec, at.tv_nsec) for at in (both.contents.actime, both.contents.modtime)]
        return self.operations("utimens", path.decode(self.encoding), times)


def unmount_after_stdin(point):
    # Also when who started it was killed and could not.
    sys.stdin.buffer.read()
    subprocess.run(["umount", "-l", point], stderr=subprocess.DEVNULL)
    os._exit(0)


def main(folder, point, *words):
    try:
        given = dict(word.split("=", 1) for word in words)
        knobs = Knobs({key: value for key, value in given.items() if value})
    except ValueError as e:
        sys.exit(f"strange: {e}")
    # The kernel has applied that of who asks.
    os.umask(0)
    # Nothing is kept by the kernel that a knob could change, nor what another spelling changes.
    options = {"attr_timeout": 0, "entry_timeout": 0, "big_writes": True, "allow_other": True,
               "default_permissions": True, "fsname": "strange",
               "use_ino": given.get("inodes") != "counted", "direct_io": given.get("cache") == "none"}
    if "type" in given:
        options["subtype"] = given["type"]
    if given.get("until") == "stdin":
        threading.Thread(target=unmount_after_stdin, args=[point], daemon=True).start()
    Mount(Strange(os.path.abspath(os.fsencode(folder)), knobs), os.fsencode(point).decode("latin-1"), raw_fi=True,
          encoding="latin-1", foreground=True, **options)


if __name__ == "__main__":
    main(*sys.argv[1:])
