"""What Airlift is meant to reach, and whether the results do. A goal: what, how much, what was measured,
and whether it is met; the last two are None where it was not measured.

A ratio is the median of the rounds' own ratios: within a round, all ran within the same minute."""

import statistics

from .peers import BEFORE, OWN

GIB, MB = 1 << 30, 1_000_000
TLS, QFT = "nginx TLS, curl", "quick-file-transfer"
PEERS = (BEFORE, "cp", "nc", TLS, QFT)
"""Those that a goal names."""
AS_FAST = 0.98
"""Less than this is slower: rounds of one and the same build over a link differ by as much."""


def samples(work, peer):
    """What was measured of a peer in a work, by round."""
    return {one["round"]: one for one in (work or {}).get("peers", {}).get(peer, {}).get("samples", [])}


def time(sample):
    return sample["seconds"]


def cpu(sample):
    """Processor seconds of both sides."""
    return sample["cpu"].get("sender", 0) + sample["cpu"].get("receiver", 0)


def median(work, peer, of=time):
    """None where there is no sample."""
    found = samples(work, peer).values()
    return statistics.median(map(of, found)) if found else None


def ratio(over, under, of=time):
    """Between two peers' samples, paired by round; None where they have no round in common."""
    both = over.keys() & under.keys()
    return statistics.median(of(over[number]) / of(under[number]) for number in both) if both else None


def speed(work, other):
    """Airlift's speed to another's."""
    return ratio(samples(work, other), samples(work, OWN))


def goals(works):
    memory = works.get("memory")
    yield from _cpu(memory)
    what = (memory or {}).get("title", "One large file to memory")
    for other, name, wanted in ((BEFORE, "before", 1.45), (TLS, "nginx TLS, curl", 1.5), ("nc", "nc", 1.1),
                                (QFT, "quick-file-transfer", 1.0), ("cp", "cp", 0.6)):
        yield _at_least(what, name, speed(memory, other), wanted)
    disk = works.get("disk")
    what = (disk or {}).get("title", "One large file to disk, synced")
    for other, name, wanted in ((BEFORE, "before", 1.4), ("cp", "cp and sync", 0.9)):
        yield _at_least(what, name, speed(disk, other), wanted)
    small = works.get("small")
    what = (small or {}).get("title", "Many small files to disk, synced")
    yield _at_most(what, "cp -r and sync", ratio(samples(small, OWN), samples(small, "cp")), 1.4)
    yield from _many((works.get("many") or {}).get("counts", []))
    yield from _memory(works.get("growth"))
    yield from _links((works.get("links") or {}).get("links", []))


def _at_least(what, name, found, wanted):
    """A speed, to the speed of another."""
    return what, f"≥ {wanted:g}× the speed of {name}", found and f"{found:.2f}×", found and found >= wanted


def _at_most(what, name, found, wanted):
    """A time, to the time of another."""
    return what, f"≤ {wanted:g}× the time of {name}", found and f"{found:.2f}×", found and found <= wanted


def _cpu(memory):
    what, label = "The same, processor seconds for a GiB, both sides", "≤ 0.75× those of before"
    if memory:
        what = f"{memory['title']}: processor seconds for a GiB, both sides"
    found = ratio(samples(memory, OWN), samples(memory, BEFORE), cpu)
    if found is None:
        yield what, label, None, None
        return
    own, before = (median(memory, peer, cpu) / memory["bytes"] * GIB for peer in (OWN, BEFORE))
    yield what, label, f"{found:.2f}× ({own:.2f} s, before {before:.2f} s)", found <= 0.75


def _many(counts):
    """The goals of the largest number of files, the second largest being a tenth of it."""
    tenth, most = counts[-2:] if len(counts) > 1 else (None, counts[-1] if counts else None)
    what = most["title"] if most else "A million files of 100 bytes to disk, synced"
    own = samples(most, OWN)
    yield _at_most(what, "cp -r and sync", ratio(own, samples(most, "cp")), 1.5)
    yield _at_most(what, f"{tenth['files']:,}" if tenth else "100,000", ratio(own, samples(tenth, OWN)), 13)
    what, label = f"{what}: peak memory of each side", "≤ 200 MB"
    if own:
        worst = max(max(one["peak"].values()) for one in own.values())
        yield what, label, f"{worst / MB:.0f} MB", worst <= 200 * MB
    else:
        yield what, label, None, None


def _memory(growth):
    sizes = {point["size"]: point["peak"] for point in (growth or {}).get("sizes", [])}
    rest = sizes.get(0)
    what, label = "Peak memory of a side over rest, one file of any size", "≤ 24 MB"
    if rest and len(sizes) > 1:
        worst = max(peak[side] - rest[side] for peak in sizes.values() for side in rest)
        yield what, label, f"{worst / MB:.0f} MB", worst <= 24 * MB
    else:
        yield what, label, None, None


def _links(links):
    if not links:
        yield "Shaped links", "none slower than before", None, None
    for link in links:
        yield _at_least(link["name"], "before", speed(link, BEFORE), AS_FAST)
