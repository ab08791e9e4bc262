"""How Airlift's time and memory grow with the size of a file."""

import shutil
import statistics

from . import material
from .measure import Clock, Failure
from .peers import Job
from .setting import say, sized
from .work import transfer

MIB, GIB = 1 << 20, 1 << 30
SIZES = [0, MIB, 16 * MIB, 256 * MIB, GIB, 4 * GIB, 16 * GIB, 64 * GIB]
SPARE = 3 * GIB
"""Bytes of a disk that stay free."""


def measure(setting, airlift, keys):
    result = {"title": "Growth", "clock": Clock.BOTH.value, "sizes": []}
    say("\nGrowth with the size of one file (sparse)")
    for size in SIZES[:4] if setting.quick else SIZES:
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
    size = source.stat().st_size
    samples, ground = [], where / "growth"
    try:
        for number in range(rounds):
            samples.append(_sample(airlift, Job(source, ground / str(number) / "inbox", keys), size, slow))
    except Failure as why:
        setting.skip(f"growth: {sized(size)}: {why}")
    finally:
        material.remove(ground)
    if not samples:
        return None
    point = {"seconds": statistics.median(one["seconds"] for one in samples),
             "cpu": statistics.median(sum(one["cpu"].values()) for one in samples),
             "peak": {side: max(one["peak"][side] for one in samples) for side in samples[0]["peak"]},
             "where": "disk" if where == setting.disk else "memory", "rounds": len(samples)}
    say(f"  {sized(size):>9} {point['seconds']:9.3f} s  "
        + "  ".join(f"{side} {peak / MIB:.0f} MiB" for side, peak in point["peak"].items()))
    return point


def _sample(airlift, job, size, slow):
    job.inbox.mkdir(parents=True)
    material.warm(job.inbox, min(size, 4 * GIB))
    material.sync(job.inbox)
    # Comparing so much would take longer than the transfer: its size must do.
    sample, _ = transfer(airlift, job, job.inbox.parent / "notes", compare=not slow)
    material.remove(job.inbox)
    return sample
