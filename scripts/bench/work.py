"""The kinds of work, and the rounds in which Airlift and the peers do them in turn."""

import getpass
import subprocess
from dataclasses import dataclass
from pathlib import Path

from . import material
from .measure import Clock, Failure, Run
from .peers import BEFORE, OWN, Job
from .setting import say, sized

PATIENCE = 40
"""Seconds of one work after which a peer is not run in later rounds."""
IN_MEMORY = 6 << 10
"""Bytes that the system keeps of each small file that is written, at most: a page, and what it knows of it."""


@dataclass
class Work:
    name: str
    title: str
    make: callable
    """Makes what is sent, at a path."""
    to_memory: bool = False
    synced: bool = False
    clock: Clock = Clock.BOTH
    without: tuple = ()
    """Peers that make no sense here."""


def works(setting):
    quick = setting.quick
    count, files = (2_000, 500) if quick else (10_000, 3_000)
    big = lambda path: material.incompressible(path, setting.size)
    return [
        Work("memory", f"One file of {sized(setting.size)} to memory", big, to_memory=True),
        Work("disk", f"One file of {sized(setting.size)} to disk, synced", big, synced=True),
        Work("small", f"{count:,} files of 4 KiB to disk, synced",
             lambda path: material.many(path, count, 4096), synced=True),
        Work("tree", f"A tree of {files:,} files of mixed sizes to disk, synced",
             lambda path: material.source_tree(path, files), synced=True),
        Work("tiny", "One file of 100 bytes to a receiver that waits",
             lambda path: material.incompressible(path, 100), clock=Clock.COMMAND,
             without=("cp", "scp, default cipher")),
    ]


def measure(work, setting, contestants, keys):
    """All rounds of one work: its facts, and the samples of each that took part."""
    ground = setting.memory if work.to_memory else setting.disk
    source = work.make(setting.disk / f"{work.name}-source")
    size, files = material.size_of(source)
    taking_part = [peer for peer in contestants
                   if peer.name not in work.without and not (peer.only_files and files > 1)]
    say(f"\n{work.title}: {files:,} files, {size:,} bytes")
    result = {"title": work.title, "name": work.name, "bytes": size, "files": files, "synced": work.synced,
              "clock": work.clock.value, "rounds": setting.rounds, "peers": {}}
    folders = ground / work.name
    if files > 1:
        material.rest(setting, work.name)
    try:
        for number in range(setting.rounds):
            turn = number % len(taking_part)
            for peer in taking_part[turn:] + taking_part[:turn]:
                if tired(peer, result["peers"].get(peer.name, {}).get("samples", [])):
                    continue
                place = folders / f"{number}-{peer.name.replace(' ', '-').replace(',', '')}"
                one(result, setting, peer, number, Job(source, place / "inbox", keys), place)
    finally:
        material.clear(setting, folders, source)
    return result


def tired(peer, samples):
    """Whether a peer has taken so long that it is not run in later rounds; a build of Airlift always is."""
    return peer.name not in (OWN, BEFORE) and sum(sample["seconds"] for sample in samples) > PATIENCE


def one(work, setting, peer, number, job, place, compare=True):
    """One run of one peer, from preparing to comparing; `work` is what is known of the work so far, and
    gets the sample."""
    entry = work["peers"].setdefault(peer.name, {
        "shown": peer.name_for(job.is_tree), "encrypts": peer.encrypts, "verifies": peer.verifies,
        "samples": [], "commands": [], "failures": []})
    if entry["failures"]:
        return
    job.inbox.mkdir(parents=True)
    material.read_through(job.source)
    if job.is_tree:
        material.sync(job.inbox)
        material.warm_memory(setting.memory, work["bytes"] + IN_MEMORY * work["files"])
    else:
        material.warm(job.inbox, work["bytes"])
        material.sync(job.inbox)
    flush = job.inbox if work["synced"] and not peer.syncs else None
    try:
        sample, entry["commands"] = transfer(peer, job, place / "notes", Clock(work["clock"]), flush, compare=compare)
        entry["samples"].append({"round": number, **sample})
        say(f"  {entry['shown']:24} {sample['seconds']:8.3f} s  {sum(sample['cpu'].values()):6.2f} s cpu")
    except Failure as why:
        entry["failures"].append(str(why))
        setting.skip(f"{work['name']}: {peer.name} failed: {why}")
    if not job.is_tree:
        # Trees stay until the work is over: a disk that has just deleted one is slow for a while.
        material.remove(place)


def transfer(peer, job, notes, clock=Clock.BOTH, flush=None, limit=900, place=None, compare=True):
    """Runs one transfer and compares what arrived, or with `compare` off its size and number alone. Its sample,
    and the commands that were given."""
    with Run(notes, clock, limit, place) as run:
        peer.move(run, job)
        sample = run.finish(flush)
    if compare:
        same = not subprocess.run(["diff", "-rq", "--no-dereference", str(job.source), str(job.target)],
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=1200).returncode
    else:
        same = material.size_of(job.target) == material.size_of(job.source)
    if not same:
        raise Failure("what arrived is not what was sent")
    return sample, [f"{side}: {_plain(line, job, notes)}" for side, line in run.commands]


def _plain(line, job, notes):
    """A command without the folders and the user of this machine."""
    names = {job.inbox: "INBOX", job.source: "SOURCE", job.source.parent: "SOURCES", job.keys: "KEYS", notes: "NOTES"}
    for path in sorted(names, key=lambda path: -len(str(path))):
        line = line.replace(str(path), names[path])
    line = line.replace(f"{getpass.getuser()}@", "USER@")
    return " ".join(Path(word).name if word.startswith("/") else word for word in line.split(" "))
