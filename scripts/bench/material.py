"""What is sent: files and folders made from a seed, so that every machine sends the same."""

import os
import random
import re
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

MIB = 1 << 20
SPARE = 512 * MIB
"""Bytes of memory that stay free."""
DEAR = 0.000_15
"""Processor seconds for making one file that show that places of deleted ones are being passed over."""
AFTER_TREES, AFTER_FILES = 65, 3
"""Seconds that a disk needs after deletions. For a minute, ext4 without a journal passes over what was just
deleted, one by one, when it makes files in its place."""
WORDS = ("the", "of", "packet", "folder", "bytes", "network", "to", "and", "return", "self", "value", "length",
         "0", "1", "=", "(", ")", "{", "}", "if", "for", "let", "match", "error", "buffer", "index", "name", "\n")


def incompressible(path, size, seed=1):
    """A file that no compression makes smaller."""
    chance = random.Random(seed)
    with open(path, "wb") as file:
        for start in range(0, size, MIB):
            file.write(chance.randbytes(min(MIB, size - start)))
    return path


def words(path, size, seed=4):
    """A file of text, without any repetition that is longer than chance makes it."""
    chance = random.Random(seed)
    with open(path, "wb") as file:
        while file.tell() < size:
            text = " ".join(chance.choices(WORDS, k=200_000)).encode()
            file.write(text[:size - file.tell()])
    return path


def sparse(path, size):
    with open(path, "wb") as file:
        file.truncate(size)
    return path


def many(path, count, size, seed=2):
    """So many files of one size, a thousand to a folder."""
    chance = random.Random(seed)
    for number in range(count):
        folder = path / f"{number // 1000:04}"
        if number % 1000 == 0:
            folder.mkdir(parents=True)
        with open(f"{folder}/{number:07}", "wb", buffering=0) as file:
            file.write(chance.randbytes(size))
    return path


def source_tree(path, count, seed=3):
    """Folders of text with a few large binaries, in sizes as source trees have them: half of the files
    below 6 KiB, some of several MiB."""
    chance = random.Random(seed)
    text = " ".join(chance.choices(WORDS, k=400_000)).encode()
    for number in range(count):
        folder = path / f"part-{number % 37:02}" / f"module-{number % 211:03}"
        folder.mkdir(parents=True, exist_ok=True)
        size = min(int(chance.lognormvariate(8.7, 1.9)), 12 * MIB)
        if chance.random() < 0.15:
            content = chance.randbytes(size)
        else:
            start = chance.randrange(len(text) // 2)
            content = (text[start:] * (1 + 2 * size // len(text)))[:size]
        (folder / f"file-{number:05}.{'bin' if number % 7 == 0 else 'txt'}").write_bytes(content)
    return path


def size_of(path):
    """Bytes and files."""
    if path.is_file():
        return path.stat().st_size, 1
    sizes = [os.lstat(os.path.join(folder, name)).st_size
             for folder, _, names in os.walk(path) for name in names]
    return sum(sizes), len(sizes)


def warm(folder, size):
    """Writes and deletes as much as a run will write: memory that a machine had given back, or a disk
    had not got yet, would otherwise be in the first one's time."""
    path = folder / "warm"
    block = bytes(MIB)
    with open(path, "wb", buffering=0) as file:
        for _ in range(0, size, MIB):
            file.write(block)
    path.unlink()


def warm_memory(folder, size):
    """Does the same in memory alone, before a tree is written: a disk would be slow after it. What isn't free
    needn't be warmed, and would have to be taken from the files that are about to be read."""
    free = int(re.search(r"^MemFree:\s+(\d+)", Path("/proc/meminfo").read_text(), re.MULTILINE).group(1)) << 10
    warm(folder, max(0, min(size, free - SPARE)))


def read_through(path):
    """Puts a file, or all files of a folder, into the page cache."""
    subprocess.run(["find", str(path), "-type", "f", "-exec", "cat", "{}", "+"], check=True, timeout=600,
                   stdout=subprocess.DEVNULL)


def remove(path):
    """Deletes a file, or a folder with all that is in it; nothing where there is none."""
    subprocess.run(["rm", "-rf", str(path)], check=True, timeout=1800)


def clear(setting, *paths):
    """Deletes what a work has made, and waits until a disk has done with it. A quick run waits for nothing: it
    deletes when it ends."""
    if setting.quick:
        return
    trees = any(path.is_dir() and any(path.iterdir()) for path in paths)
    for path in paths:
        remove(path)
    sync(setting.disk)
    time.sleep(AFTER_TREES if trees else AFTER_FILES)


def rest(setting, work):
    """Waits before trees are measured in this work until nobody's deletions keep the disk from making files as it should.
    Where they go on doing so, it is said."""
    sync(setting.disk)
    for _ in range(1 if setting.quick else 40):
        if _cost_of_a_file(setting.disk) < DEAR:
            return
        time.sleep(0 if setting.quick else 10)
    setting.skip(f"{work}: as it should be: something else deletes files on this disk, so that making one takes many "
                 "times as long as otherwise")


def _cost_of_a_file(folder):
    """Processor seconds for making one, the median of many. They stay, as deleting them is what must not be."""
    folder, costs = Path(tempfile.mkdtemp(prefix="probe-", dir=folder)), []
    for number in range(1000):
        before = time.process_time()
        os.close(os.open(folder / str(number), os.O_CREAT | os.O_EXCL | os.O_WRONLY))
        costs.append(time.process_time() - before)
    return statistics.median(costs)


def sync(folder):
    subprocess.run(["sync", "-f", str(folder)], check=True, timeout=1800)
