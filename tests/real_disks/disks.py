"""Airlift on real file systems, each with a character of its own; scripts/real-disks runs it in a guest, as root.

    disks.py AIRLIFT ONLY            ONLY: a regular expression that is found in "DISK: CASE"

A tree whose names and times some disk can't hold goes from one process to another, whose folder is on that disk. In
the end, whatever the disk makes of names and times, and whatever happened on the way, every content must be there
exactly once. So no two files have the same one, and it says of which file it is.
"""

import hashlib
import json
import os
import random
import re
import shutil
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

RULES = ["keep-both", "skip", "replace", "complete"]
# Longer than anything here takes without hardware's help; and what can flow meanwhile, so that there is a middle.
DEADLINE = 180
SPEED = "4MB/s"
LARGE = 20_000_000
WORK = Path("/run/work")
SHARE = Path("/run/share")


# The tree.

# In seconds since 1970; the files of a pair have the same size and time, so that only their content tells them apart.
USUAL = 1_700_000_000
TIMES = {
    "1901": -2_177_452_800, "1969": -1, "1970": 0, "1979": 300_000_001, "fat's first": 315_532_800, "odd": USUAL + 1,
    "half": USUAL + 0.5, "fine": USUAL + 1.123456789, "2040": 2_208_988_801, "2108": 4_360_000_000, "2300": 10_413_792_000,
}
NAMES = """
    README readme ReadMe
    straße strasse STRASSE
    caf\u00e9.txt cafe\u0301.txt CAF\u00c9.txt
    plain.bin pla\u00adin.bin
    a:b.txt what?.txt star*.txt lt<gt>.txt pi|pe.txt quo"te.txt back\\slash.txt
    dot. dots... nul.txt CON aux.log
    Folder/in folder/in folder/IN Ga\u00dfe/in Gasse/in com1/in ends./a?b
    .hidden 写真🎉.jpg a/b/c/d/e/deep.txt
""".split() + ["space ", " space", "new\nline", "bell\a", "x" * 250, "é" * 120]
# Every disk here can hold these, so they must be there by name.
PLAIN = ["plain/one.txt", "plain/two.txt", "plain/three.txt"]


def make_trees(root):
    """The tree, and a small one where a file and a folder have one name."""
    def make(name, content, modified=USUAL, root=root / "tree"):
        path = os.path.join(os.fsencode(root), os.fsencode(name))
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(content)
        nanoseconds = round(modified * 10**9) if isinstance(modified, float) else modified * 10**9
        os.utime(path, ns=(USUAL * 10**9, nanoseconds))

    def short(name):
        return hashlib.sha256(os.fsencode(name)).digest()

    for name in NAMES + PLAIN:
        make(name, short(name))
    for name, modified in TIMES.items():
        make(f"times/{name}", short(name), modified)
    make(b"not-\xff\xfe-utf8", short("not utf8"))
    make("empty", b"")
    for number in range(4):
        make(f"middle/{number}", random.Random(number).randbytes(300_000))
    make("large", random.Random("large").randbytes(LARGE))
    (root / "tree" / "nothing in it").mkdir()
    for name in ["Both", "both/in", "OTHER", "other/in"]:
        make(name, short(name), root=root / "clash")
    # Files get their names in groups. This one ends a group, so that a file has its name before the folder is made.
    make("a large", random.Random("clash").randbytes(LARGE // 2), root=root / "clash")
    make("Clash", random.Random("Clash").randbytes(LARGE // 2), root=root / "clash")
    return root / "tree", root / "clash"


def contents(folder):
    """The digest of each file below a folder, by its path. Bytes, since not all are text."""
    found = {}
    for place, _, files in os.walk(os.fsencode(folder)):
        for name in files:
            path = os.path.join(place, name)
            with open(path, "rb") as file:
                found[os.path.relpath(path, os.fsencode(folder))] = hashlib.file_digest(file, "sha256").hexdigest()
    return found


# The disks.

def run(*command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise OSError(f"{' '.join(map(str, command))}: {(done.stdout + done.stderr).strip()}")
    return done.stdout.strip()


class Missing(Exception):
    """This machine or its kernel can't make such a disk."""


class Disk:
    """An image, mounted at a place that stays the same."""

    def __init__(self, name, make, kind, options="", fold=()):
        self.name, self.make, self.kind, self.options, self.fold = name, make, kind, options, fold
        self.image, self.point, self.device = WORK / "image", WORK / "disk", None
        self.inbox = self.point / "in"

    def __enter__(self):
        try:
            self.point.mkdir(exist_ok=True)
            self.image.write_bytes(b"")
            os.truncate(self.image, 300 << 20)
            run(*self.make, self.image)
            self.mount()
        except (OSError, subprocess.SubprocessError) as problem:
            self.__exit__()
            raise Missing(problem) from None
        return self

    def __exit__(self, *_):
        subprocess.run(["umount", self.point], stderr=subprocess.DEVNULL)
        if self.device:
            subprocess.run(["losetup", "--detach", self.device])
        self.image.unlink(missing_ok=True)

    def mount(self):
        # The new device is made before the old one goes, so that it is another one: as with a stick that is put in again.
        device = run("losetup", "--find", "--show", self.image)
        if self.device:
            run("losetup", "--detach", self.device)
        self.device = device
        self.link_as_udev_does()
        run("mount", "-t", self.kind, *(["-o", self.options] if self.options else []), device, self.point)

    def link_as_udev_does(self):
        links = Path("/dev/disk/by-uuid")
        shutil.rmtree(links, ignore_errors=True)
        links.mkdir(parents=True)
        (links / run("blkid", "-p", "-o", "value", "-s", "UUID", self.device)).symlink_to(self.device)

    def remount(self):
        run("umount", self.point)
        self.mount()

    def clear(self):
        """An empty receiving folder."""
        shutil.rmtree(os.fsencode(self.inbox), ignore_errors=True)
        self.inbox.mkdir()
        for name in self.fold:
            folds = self.inbox / name
            folds.mkdir(exist_ok=True)
            run("chattr", "+F", folds)


class OfTheHost(Disk):
    """A folder of this machine, as a guest has it."""

    def __init__(self, name):
        super().__init__(name, ["true"], "9p", "trans=virtio,version=9p2000.L,msize=262144")

    def mount(self):
        run("mount", "-t", self.kind, "-o", self.options, "disk", self.point)


CASEFOLD = ["mkfs.ext4", "-q", "-O", "casefold", "-E", "encoding=utf8"]
DISKS = [
    # A disk without a character: what fails here as well is not the others' doing.
    Disk("ext4", ["mkfs.ext4", "-q"], "ext4"),
    # As desktops mount a stick.
    Disk("vfat", ["mkfs.vfat", "-F", "32"], "vfat", "utf8,shortname=mixed,flush"),
    Disk("exfat", ["mkfs.exfat"], "exfat"),
    Disk("ext4-casefold", CASEFOLD, "ext4", fold=["."]),
    # The receiving folder tells names apart that a folder in it doesn't.
    Disk("ext4-casefold-below", CASEFOLD, "ext4", fold=["tree", "clash"]),
    Disk("f2fs-casefold", ["mkfs.f2fs", "-q", "-O", "casefold", "-C", "utf8"], "f2fs", fold=["."]),
    Disk("ntfs-3g", ["mkfs.ntfs", "-q", "-F", "-Q"], "ntfs-3g"),
    Disk("ntfs-3g-windows", ["mkfs.ntfs", "-q", "-F", "-Q"], "ntfs-3g", "windows_names"),
    OfTheHost("9p"),
]


# The two sides.

class Side:
    """A process that tells what happens, a line each, into a file."""

    def __init__(self, airlift, home, *words):
        self.said, self.complaints = home.with_suffix(".events"), home.with_suffix(".errors")
        # What one says after a break comes after what it said before.
        self.start = self.said.stat().st_size if self.said.exists() else 0
        with open(self.said, "ab") as out, open(self.complaints, "ab") as errors:
            self.process = subprocess.Popen(
                [airlift, *words], stdin=subprocess.DEVNULL, stdout=out, stderr=errors, env=dict(os.environ, AIRLIFT_HOME=home)
            )

    def events(self):
        with open(self.said, "rb") as file:
            file.seek(self.start)
            return [json.loads(line) for line in file if line.endswith(b"\n")]

    def wait_for(self, wanted):
        """The first event that is wanted, or None where it ended without one."""
        until = time.monotonic() + DEADLINE
        while time.monotonic() < until:
            over = self.process.poll() is not None
            found = next(filter(wanted, self.events()), None)
            if found or over:
                return found
            time.sleep(0.02)
        raise TimeoutError(f"{self.said.stem}: nothing for {DEADLINE} s; last: {self.events()[-1:]}")

    def end(self):
        """Its `finished`, if it is complete and the exit code says so."""
        finished = self.wait_for(lambda event: event["event"] == "finished")
        code = self.process.wait(DEADLINE)
        if finished is None or finished["outcome"] != "complete" or code != 0 or not finished["verified"]:
            raise Wrong(f"{self.said.stem} ended with {code}: {finished or self.complaints.read_text()[-500:]}")
        return finished

    def kill(self):
        self.process.kill()
        self.process.wait()


class Wrong(Exception):
    """What must hold does not."""


def is_at(files, size):
    """Progress of at least so many files and bytes."""
    return lambda event: event["event"] == "progress" and event["files"] >= files and event["bytes"] >= size


# The first files have their names; a quarter of the large one is there; most of it. Not later: a receiver that dies when
# the sender has heard that all is there waits for it, and its sender is gone.
BREAKS = [is_at(1, 0), is_at(0, LARGE // 4), is_at(0, LARGE * 3 // 4)]


class Trial:
    """Transfers of the tree to one disk, between two devices that have not met."""

    def __init__(self, airlift, disk, tree, place):
        self.airlift, self.disk, self.tree, self.place = airlift, disk, tree, place
        self.sent = Counter(contents(tree).values())
        self.notes = []

    def receive(self, rule, port):
        words = ["receive", "--json", "--accept", "all", "--once", "--dir", self.disk.inbox, "--port", str(port)]
        receiver = Side(self.airlift, self.place / "receiver", *words, "--conflict", rule)
        listening = receiver.wait_for(lambda event: event["event"] in ("listening", "error"))
        if listening is None or listening["event"] == "error":
            raise Wrong(f"it does not receive: {listening or receiver.complaints.read_text()}")
        return receiver, listening["port"]

    def take(self, rule, breaks=(), meanwhile=lambda: None):
        """One transfer. At each break the receiver dies, and its disk is taken out and put in again."""
        receiver = sender = None
        try:
            receiver, port = self.receive(rule, 0)
            words = ["send", "--json", "--to", f"127.0.0.1:{port}", *(["--limit", SPEED] if breaks else []), self.tree]
            sender = Side(self.airlift, self.place / "sender", *words)
            for moment in breaks:
                # It may have been too quick; then there is one break less.
                if receiver.wait_for(lambda event: moment(event) or event["event"] == "finished")["event"] == "finished":
                    self.notes.append("over before a break")
                    break
                receiver.kill()
                if any(event["event"] == "finished" for event in sender.events()):
                    raise Wrong("this machine was too quick or too busy: killed when all was over for the sender")
                self.disk.remount()
                meanwhile()
                receiver, _ = self.receive(rule, port)
            sender.end()
            return receiver.end()
        finally:
            for side in filter(None, (receiver, sender)):
                side.kill()

    def expect(self, others=()):
        """Every content of the tree, and these others, are there once, and nothing else is."""
        found = contents(self.disk.inbox)
        left = Counter(found.values())
        left.subtract(self.sent)
        left.subtract(others)
        problems = []
        for path, digest in contents(self.tree).items():
            if left[digest] < 0:
                problems.append(f"missing: {os.fsdecode(path)!r}")
        for path, digest in found.items():
            if left[digest] > 0:
                problems.append(f"too much: {os.fsdecode(path)!r}")
        if any(left[digest] < 0 for digest in others):
            problems.append("what was not to be replaced is gone")
        return problems

    def expect_plain(self, top="tree"):
        problems = []
        for name in PLAIN:
            there, here = self.disk.inbox / top / name, self.tree / name
            if not there.exists() or there.read_bytes() != here.read_bytes():
                problems.append(f"not under its name: {name}")
            elif abs(there.stat().st_mtime - here.stat().st_mtime) >= 2:
                problems.append(f"its time is another: {name}: {there.stat().st_mtime}")
        return problems


# The cases. Each begins with an empty folder, and returns what is wrong.

def arrives_and_again(trial, rule):
    trial.take(rule)
    before = contents(trial.disk.inbox)
    problems = trial.expect() + ([] if rule == "keep-both" else trial.expect_plain())
    trial.disk.remount()
    if (trial.disk.inbox / "tree (1)").exists():
        # Folders that are there are not added to with this rule, so the next one would go elsewhere.
        return problems
    finished = trial.take("complete")
    trial.notes.append(f"again: {finished['already']} of {finished['files']} were there")
    after = contents(trial.disk.inbox)
    if after != before:
        changed = [os.fsdecode(path) for path in before.keys() | after.keys() if before.get(path) != after.get(path)]
        problems.append(f"sent again, other: {changed}")
    return problems


def killed(trial, rule, breaks=BREAKS):
    trial.take(rule, breaks)
    return trial.expect()


def touched(trial, rule):
    def touch():
        for path in contents(trial.disk.inbox):
            if b".airlift-" not in path:
                os.utime(os.path.join(os.fsencode(trial.disk.inbox), path))

    trial.take(rule, BREAKS[1:], touch)
    return trial.expect()


def older(trial, breaks=()):
    """Some of the tree's names are taken, and some that only this disk takes for them, and one that isn't among them."""
    old, top = {}, trial.disk.inbox / "tree"
    for name in [*PLAIN, *NAMES[:9], "Plain/TWO.txt", "Readme", "large", "large.mine", "folder/In", "times/mine"]:
        path = top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            path.write_text(f"old {name}")
            os.utime(path, (USUAL - 1_000_000, USUAL - 1_000_000))
            old[path.stat().st_ino] = hashlib.sha256(path.read_bytes()).hexdigest()
    for path in contents(trial.tree):
        there = os.path.join(os.fsencode(top), path)
        try:
            old.pop(os.stat(there).st_ino, None)
        except OSError:
            pass
    trial.notes.append(f"{len(old)} not to be replaced")
    trial.take("replace", breaks)
    return trial.expect(old.values()) + trial.expect_plain()


CASES = [(f"arrives, and again: {rule}", lambda trial, rule=rule: arrives_and_again(trial, rule)) for rule in RULES]
CASES += [(f"killed: {rule}", lambda trial, rule=rule: killed(trial, rule)) for rule in RULES]
CASES += [(f"touched: {rule}", lambda trial, rule=rule: touched(trial, rule)) for rule in RULES]
CASES += [(f"clash: {rule}", lambda trial, rule=rule: killed(trial, rule, ())) for rule in RULES]
CASES += [("older replaced", older), ("older replaced, killed", lambda trial: older(trial, BREAKS))]


def say(*words):
    print(*words, flush=True)


def try_case(airlift, disk, trees, name, case):
    place = WORK / "devices"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    disk.clear()
    trial, start = Trial(airlift, disk, trees[name.startswith("clash")], place), time.monotonic()
    try:
        problems = case(trial)
    except (Wrong, OSError, subprocess.SubprocessError) as problem:
        problems = [f"{problem}"] + trial.expect()
    result = "FAIL" if problems else "PASS"
    notes = f"; {', '.join(trial.notes)}" if trial.notes else ""
    say(f"{result} {disk.name}: {name} ({time.monotonic() - start:.0f} s{notes})")
    for problem in problems[:12]:
        say(f"     {problem[:1000]}")
    if problems:
        kept = SHARE / "failed" / disk.name / name.replace(" ", "-")
        kept.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(place, kept, symlinks=True)
        listing = [f"{os.fsdecode(path)!r} {digest}" for path, digest in sorted(contents(disk.inbox).items())]
        (kept / "listing").write_text("\n".join(listing + problems) + "\n")
    return result


def main():
    airlift, only = sys.argv[1], re.compile(sys.argv[2])
    WORK.mkdir()
    run("mount", "-t", "tmpfs", "tmpfs", WORK)
    trees = make_trees(WORK)
    say(*(f"{len(contents(tree))} files in {tree.name};" for tree in trees))
    results = Counter()
    for disk in DISKS:
        cases = [(name, case) for name, case in CASES if only.search(f"{disk.name}: {name}")]
        if not cases:
            continue
        try:
            with disk:
                for name, case in cases:
                    results[disk.name, try_case(airlift, disk, trees, name, case)] += 1
        except Missing as reason:
            say(f"SKIPPED {disk.name}: {reason}")
            results[disk.name, "SKIPPED"] += 1
    say("")
    for (name, result), count in results.items():
        say(f"{name:20} {result:8} {count}")
    return int(any(result == "FAIL" for _, result in results))


if __name__ == "__main__":
    sys.exit(main())
