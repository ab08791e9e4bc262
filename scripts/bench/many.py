"""Files of 100 bytes, ten and a hundred times as many: how time and memory of each side grow, beside
`cp -r` with a sync. The numbers of files take turns within a round as well."""

import os
import shutil

from . import material, work
from .measure import Clock
from .peers import BEFORE, OWN, Job
from .setting import say

COUNTS, QUICK_COUNTS = (10_000, 100_000, 1_000_000), (1_000, 10_000)
BYTES = 100
"""Of each file."""
TAKING_PART = (OWN, BEFORE, "cp")
COMPARED = 100_000
"""From so many files on, only the first round compares what arrived byte by byte; the others count it."""
SPARE = 3 << 30
"""Bytes of the disk that stay free."""
ON_DISK = 6144
"""Bytes that one of the files, its name and what is recorded of it take, at most."""


def measure(setting, contestants, keys):
    taking_part = [peer for peer in contestants if peer.name in TAKING_PART]
    result = {"title": f"Many files of {BYTES} bytes to disk, synced", "rounds": setting.rounds, "counts": []}
    ground, sources = setting.disk / "many", []
    say(f"\n{result['title']}")
    try:
        for count in QUICK_COUNTS if setting.quick else COUNTS:
            # What is sent, and one tree of everybody.
            if not _has_room(setting, (1 + len(taking_part)) * count):
                setting.skip(f"many: no room for {count:,} files")
                continue
            sources.append(material.many(setting.disk / f"many-{count}", count, BYTES))
            result["counts"].append(_about(sources[-1], count, setting))
        material.rest(setting, "many")
        for number in range(setting.rounds):
            for source, entry in zip(sources, result["counts"]):
                _round(number, source, entry, ground, setting, taking_part, keys)
    finally:
        material.clear(setting, ground, *sources)
    return result if result["counts"] else None


def _about(source, count, setting):
    return {"title": f"{count:,} files of {BYTES} bytes to disk, synced", "name": source.name, "files": count,
            "bytes": count * BYTES, "synced": True, "clock": Clock.BOTH.value, "rounds": setting.rounds, "peers": {}}


def _round(number, source, entry, ground, setting, taking_part, keys):
    turn = number % len(taking_part)
    for peer in taking_part[turn:] + taking_part[:turn]:
        # Trees stay while there is room for them: what is made in place of a tree that has just been
        # deleted is slow.
        if not _has_room(setting, entry["files"]):
            material.clear(setting, ground)
            material.rest(setting, "many")
        place = ground / f"{entry['files']}-{number}-{peer.name.replace(' ', '-')}"
        # With new homes, since a history that has grown to millions is not what is measured here.
        job = Job(source, place / "inbox", keys, homes=place / "homes")
        work.one(entry, setting, peer, number, job, place,
                 compare=number == 0 or entry["files"] < COMPARED)


def _has_room(setting, files):
    inodes = os.statvfs(setting.disk).f_favail
    return shutil.disk_usage(setting.disk).free > SPARE + ON_DISK * files and inodes > 2 * files
