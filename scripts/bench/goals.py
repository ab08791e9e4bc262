"""What Airlift is meant to reach, and whether the results do. A goal: what, how much, what was measured,
and whether it is met; the last two are None where it was not measured."""

import statistics

GIB, MB = 1 << 30, 1_000_000
LOSSY = "1 Gbit/s, 20 ms, 1% loss"


def seconds(work, peer):
    """The median of a peer in a work; None where it has none."""
    samples = (work or {}).get("peers", {}).get(peer, {}).get("samples")
    return statistics.median(one["seconds"] for one in samples) if samples else None


def cpu(work, peer):
    """Median processor seconds of both sides."""
    samples = (work or {}).get("peers", {}).get(peer, {}).get("samples")
    return statistics.median(one["cpu"].get("sender", 0) + one["cpu"].get("receiver", 0)
                             for one in samples) if samples else None


def best(work, wanted):
    """The fastest peer of those wanted: its name and seconds."""
    found = [(seconds(work, name), name) for name, entry in (work or {}).get("peers", {}).items()
             if name != "Airlift" and entry["samples"] and wanted(name, entry)]
    return min(found)[::-1] if found else (None, None)


def goals(works):
    yield from _large(works.get("memory"), works.get("disk"))
    yield from _small(works.get("small"), works.get("tiny"))
    yield from _cpu(works.get("memory"))
    yield from _memory(works.get("growth"))
    yield from _links((works.get("links") or {}).get("links", []))


def _faster(what, work, name, other, wanted):
    """Airlift has at least `wanted` times the speed of another."""
    own = seconds(work, "Airlift")
    label = f"≥ {wanted:g}× {name}" if wanted != 1 else f"faster than {name}"
    if own is None or other is None:
        return what, label, None, None
    return what, label, f"{other / own:.2f}×", other / own >= wanted


def _large(memory, disk):
    what = (memory or {}).get("title", "One large file to memory")
    yield _faster(what, memory, "croc", seconds(memory, "croc"), 2.7)
    name, other = best(memory, lambda name, entry: entry["encrypts"])
    yield _faster(what, memory, f"the fastest that encrypts ({name or 'none'})", other, 1.5)
    yield _faster(what, memory, "nc", seconds(memory, "nc"), 1.2)
    yield _faster(what, memory, "cp", seconds(memory, "cp"), 0.75)
    what = (disk or {}).get("title", "One large file to disk, synced")
    yield _faster(what, disk, "cp and sync", seconds(disk, "cp"), 0.85)


def _small(small, tiny):
    what = (small or {}).get("title", "Many small files to disk, synced")
    own, copied = seconds(small, "Airlift"), seconds(small, "cp")
    label = "≤ 2× the time of cp -r and sync"
    yield (what, label, f"{own / copied:.2f}×", own <= 2 * copied) if own and copied else (what, label, None, None)
    yield _faster(what, small, "croc", seconds(small, "croc"), 20)
    name, other = best(small, lambda name, entry: name.startswith("rsync"))
    yield _faster(what, small, f"rsync ({name or 'none'})", other, 1)
    own = seconds(tiny, "Airlift")
    what = (tiny or {}).get("title", "One file of 100 bytes")
    yield (what, "≤ 60 ms", f"{own * 1000:.0f} ms", own <= 0.060) if own else (what, "≤ 60 ms", None, None)


def _cpu(memory):
    what = "Processor seconds for a GiB to memory, both sides"
    own, other = cpu(memory, "Airlift"), cpu(memory, "croc")
    own = own / memory["bytes"] * GIB if own else None
    other = other / memory["bytes"] * GIB if other else None
    yield (what, "≤ 1.2 s", f"{own:.2f} s", own <= 1.2) if own else (what, "≤ 1.2 s", None, None)
    label = "≤ 0.5× croc"
    yield (what, label, f"{own / other:.2f}×", own <= other / 2) if own and other else (what, label, None, None)


def _memory(growth):
    sizes = {point["size"]: point["peak"] for point in (growth or {}).get("sizes", [])}
    counts = {point["count"]: point["peak"] for point in (growth or {}).get("counts", [])}
    rest, largest = sizes.get(0), max(sizes, default=0)
    over = lambda peak: max(peak[side] - rest[side] for side in rest) / MB
    what, label = "Peak memory of a side over rest, any size", "≤ 64 MB"
    if rest and largest:
        worst = max(over(peak) for peak in sizes.values())
        yield what, label, f"{worst:.0f} MB", worst <= 64
    else:
        yield what, label, None, None
    what, label = "The same for 1 GiB and 64 GiB", "within 8 MB"
    if GIB in sizes and 64 * GIB in sizes:
        apart = abs(over(sizes[64 * GIB]) - over(sizes[GIB]))
        yield what, label, f"{apart:.1f} MB apart", apart <= 8
    else:
        yield what, label, None, None
    what, label = "Peak memory of a side, 1,000,000 files", "≤ 300 MB"
    if peak := counts.get(1_000_000):
        yield what, label, f"{max(peak.values()) / MB:.0f} MB", max(peak.values()) <= 300 * MB
    else:
        yield what, label, None, None


def _links(links):
    share = {link["name"]: link.get("share", {}) for link in links}
    own = share.get("1 Gbit/s", {}).get("Airlift")
    what, label = "1 Gbit/s link", "≥ 93% of it as content"
    yield (what, label, f"{own:.1%}", own >= 0.93) if own else (what, label, None, None)
    for name in (LOSSY, f"{LOSSY}, cubic"):
        both = [share.get(name, {}).get(peer) for peer in ("Airlift", "scp")]
        ok = all(both)
        yield name, "≥ 3× scp", f"{both[0] / both[1]:.2f}×" if ok else None, both[0] >= 3 * both[1] if ok else None
