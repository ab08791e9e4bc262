"""How Airlift's time and memory grow with the size of a file and with the number of files."""

import shutil
import statistics
import subprocess

from . import material
from .measure import Clock, Failure
from .peers import Job
from .setting import say, sized
from .work import transfer

MIB, GIB = 1 << 20, 1 << 30
SIZES = [0, MIB, 16 * MIB, 256 * MIB, GIB, 4 * GIB, 16 * GIB, 64 * GIB]
COUNTS = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000]
TINY = 16
"""Bytes of each of many files."""
SPARE = 3 * GIB
"""Bytes of a disk that stay free."""
ON_DISK = 8192
"""Bytes that a tiny file, its name and what the disk knows of it take, at most."""


def measure(setting, airlift, keys):
    sizes, counts = (SIZES[:4], COUNTS[:4]) if setting.quick else (SIZES, COUNTS)
    result = {"title": "Growth", "clock": Clock.BOTH.value, "tiny": TINY, "sizes": [], "counts": []}
    say("\nGrowth with the size of one file (sparse)")
    for size in sizes:
        where = _place(setting, size)
        if where is None:
            setting.skip(f"growth: no room for a file of {sized(size)}")
            continue
        source = material.sparse(setting.disk / "sparse", size)
        try:
            point = _point(setting, airlift, keys, source, where, slow=size >= 4 * GIB)
            result["sizes"] += [{"size": size, **point}] if point else []
        finally:
            source.unlink()
    say(f"\nGrowth with the number of files of {TINY} bytes")
    for count in counts:
        if shutil.disk_usage(setting.disk).free < SPARE + 2 * ON_DISK * count:
            setting.skip(f"growth: no room for {count:,} files")
            continue
        source = setting.disk / "tiny-files"
        try:
            material.many(source, count, TINY)
            point = _point(setting, airlift, keys, source, setting.disk, slow=count >= 100_000)
            result["counts"] += [{"count": count, **point}] if point else []
        finally:
            shutil.rmtree(source)
    return result


def _place(setting, size):
    """A disk that has room for it, or memory that has, or nothing. A file in memory takes from what the
    programs need, so that at least a quarter of the memory stays free."""
    if shutil.disk_usage(setting.disk).free > size + SPARE:
        return setting.disk
    room = shutil.disk_usage(setting.memory)
    return setting.memory if room.free - size > max(SPARE, room.total // 4) else None


def _point(setting, airlift, keys, source, where, slow):
    rounds = 1 if slow or setting.quick else min(setting.rounds, 3)
    size, files = material.size_of(source)
    samples, ground = [], where / "growth"
    try:
        for number in range(rounds):
            samples.append(_sample(airlift, Job(source, ground / str(number) / "inbox", keys), size, slow))
    except Failure as why:
        setting.skip(f"growth: {sized(size)} in {files:,} files: {why}")
    finally:
        shutil.rmtree(ground)
    if not samples:
        return None
    point = {"seconds": statistics.median(one["seconds"] for one in samples),
             "cpu": statistics.median(sum(one["cpu"].values()) for one in samples),
             "peak": {side: max(one["peak"][side] for one in samples) for side in samples[0]["peak"]},
             "where": "disk" if where == setting.disk else "memory", "rounds": len(samples)}
    say(f"  {sized(size):>9} in {files:9,} files {point['seconds']:9.3f} s  "
        + "  ".join(f"{side} {peak / MIB:.0f} MiB" for side, peak in point["peak"].items()))
    return point


def _sample(airlift, job, size, slow):
    job.inbox.mkdir(parents=True)
    if not job.is_tree:
        material.warm(job.inbox, min(size, 4 * GIB))
    subprocess.run(["sync", "-f", str(job.inbox)], check=True, timeout=600)
    # Comparing so much would take longer than the transfer: its size must do.
    sample, _ = transfer(airlift, job, job.inbox.parent / "notes", limit=900, compare=not slow)
    if material.size_of(job.target) != material.size_of(job.source):
        raise Failure("what arrived is not what was sent")
    if not job.is_tree:
        shutil.rmtree(job.inbox)
    return sample
