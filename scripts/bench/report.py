"""The report: what was measured, as tables and plots, between two marks in a page whose rest is kept."""

import statistics

from . import goals, plot
from .peers import BEFORE, OWN
from .setting import sized

BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
PAGE = f"# Performance\n\n{BEGIN}\n{END}\n"
MB = 1_000_000
WORKS = ("memory", "disk", "small", "tree", "tiny")


def write(results, out):
    """Puts the results into the page, and the plots into the folder `performance` beside it."""
    plots = out.parent / "performance"
    plots.mkdir(parents=True, exist_ok=True)
    works = results["works"]
    parts = _circumstances(results) + _goals(works)
    for name in WORKS:
        if name in works:
            parts += _work(name, works[name], plots)
    if "links" in works:
        parts += _links(works["links"], plots)
    if "growth" in works:
        parts += _growth(works["growth"], plots)
    if "many" in works:
        parts += _many(works["many"], plots)
    parts += _commands(works) + _missing(results)

    page = out.read_text() if out.exists() else PAGE
    if BEGIN not in page or END not in page:
        raise SystemExit(f"{out} lacks the marks {BEGIN} and {END}: the report has no place there")
    before, rest = page.split(BEGIN, 1)
    out.write_text(f"{before}{BEGIN}\n" + "\n".join(parts).rstrip() + f"\n{END}{rest.split(END, 1)[1]}")


def _circumstances(results):
    machine, works = results["machine"], results["works"]
    lines = ["**These are numbers of a quick try of the script: they mean nothing.**", ""] if results["quick"] else []
    lines += [
        f"Measured on {machine['processor']}, {machine['cores']} cores, {sized(machine['memory'])} of memory; "
        f"{machine['system']}, {machine['kernel']}; memory is {machine['memory_fs']}, the disk has "
        f"{machine['disk_fs']}; congestion control {machine['congestion']}. Both sides run on this one machine.",
        "",
        "| measured | Airlift | when | rounds |", "|---|---|---|---|",
    ]
    lines += [f"| {work['title']} | {work['airlift']} | {work['date']} | {work.get('rounds', 'see there')} |"
              for work in works.values()]
    return [*lines, "", "With " + ", ".join(text for text in results["versions"].values() if text) + ".", ""]


def _goals(works):
    lines = ["## Goals", "", "A ratio is the median of the rounds’ own ratios: in each round all take turns. *Before* is the older build. "
             f"Over a link, rounds of the same build differ by {1 - goals.AS_FAST:.0%}, which is not called slower.", "",
             "| work | goal | measured | |", "|---|---|---|---|"]
    for what, goal, measured, met in goals.goals(works):
        word = {True: "met", False: "**not met**", None: "not measured"}[met]
        lines.append(f"| {what} | {goal} | {measured or '–'} | {word} |")
    return [*lines, ""]


COLUMNS = "encrypts | verifies | seconds | range | MB/s | Airlift’s speed to it | processor s | " \
          "memory, sender / receiver | rounds"
SYNC = "where a program doesn’t sync what it stores, a sync of that file system follows and counts"


def _work(name, work, plots):
    taking_part = {peer: entry for peer, entry in work["peers"].items() if entry["samples"]}
    median = {peer: goals.median(work, peer) for peer in taking_part}
    as_rate = work["bytes"] > 16 << 20 and work["files"] == 1
    lines = [f"## {work['title']}", "", f"![](performance/{name}.svg)", "",
             f"{work['bytes']:,} bytes. The time is that of {work['clock']}"
             + (f"; {SYNC}. " if work["synced"] else ". ")
             + "Range: fastest and slowest round. Memory: the peak of each side’s processes, added up.", "",
             f"| | {COLUMNS} |", "|---|---|---|---|---|---|---|---|---|---|"]
    for peer in sorted(taking_part, key=median.get):
        lines.append(f"| {_row(peer, taking_part[peer], work)} |")
    (plots / f"{name}.svg").write_text(_bars(work, taking_part, median, as_rate))
    return [*lines, ""]


def _row(peer, entry, work):
    samples = entry["samples"]
    seconds = goals.median(work, peer)
    all_seconds = [one["seconds"] for one in samples]
    memory = " / ".join(
        f"{statistics.median(one['peak'].get(side, 0) for one in samples) / MB:.0f}" if any(
            side in one["peak"] for one in samples) else "–" for side in ("sender", "receiver"))
    yes = lambda answer: "yes" if answer else "–"
    rate = f"{work['bytes'] / seconds / MB:,.0f}" if work["bytes"] > MB else "–"
    shown = f"**{entry['shown']}**" if peer == OWN else entry["shown"]
    speed = None if peer == OWN else goals.speed(work, peer)
    return (f"{shown} | {yes(entry['encrypts'])} | {yes(entry['verifies'])} | {_seconds(seconds)} "
            f"| {_seconds(min(all_seconds))}–{_seconds(max(all_seconds))} | {rate} "
            f"| {f'{speed:.2f}×' if speed else '–'} | {goals.median(work, peer, goals.cpu):.2f} | {memory} MB "
            f"| {len(samples)}")


def _bars(work, taking_part, median, as_rate):
    value = (lambda peer: work["bytes"] / median[peer] / MB) if as_rate else median.get
    order = sorted(taking_part, key=median.get)
    rows = [(taking_part[peer]["shown"], value(peer),
             "own" if peer == OWN else "safe" if taking_part[peer]["encrypts"] else "bare") for peer in order]
    end = max(row[1] for row in rows)
    if not as_rate:
        # One peer that takes a hundred times as long would leave the others no room.
        end = min(end, 4 * statistics.median(row[1] for row in rows))
    show = (lambda number: f"{number:,.0f}") if as_rate else _seconds
    axis = "MB/s of content (longer is faster)" if as_rate else "seconds (shorter is faster)"
    return plot.bars(work["title"], rows, axis, end, show)


LINKED = {OWN: "own", BEFORE: "safe", "nc": "bare", "scp": "safe"}
"""Who is measured over links, and how each is drawn."""


def _links(work, plots):
    lines = ["## Shaped links", "", "![](performance/links.svg)", "",
             "One file that no compression makes smaller, unless said otherwise, over a link of known speed, between two network namespaces of this machine; "
             "what the wire adds to each packet is left out of the rate, so that content can be at most 94.1% as it is. "
             f"The time is that {work['clock']}. Medians of {work['rounds']}.", "",
             f"| link | congestion control | file | {' | '.join(LINKED)} | Airlift to before | Airlift to scp |",
             "|---|---|---|---|---|---|---|---|---|"]
    rows = []
    for link in work["links"]:
        share = link.get("share", {})
        cells = [f"{share[peer]:.1%}" if peer in share else "–" for peer in LINKED]
        speeds = [goals.speed(link, peer) for peer in (BEFORE, "scp")]
        lines.append(f"| {link['name'].removesuffix(', cubic')} | {link.get('congestion', '–')} "
                     f"| {sized(link['bytes'])} | {' | '.join(cells)} "
                     f"| {' | '.join(f'{speed:.2f}×' if speed else '–' for speed in speeds)} |")
        rows += [(f"{link['name'] if peer == OWN else peer}", share[peer] * 100, kind)
                 for peer, kind in LINKED.items() if peer in share]
    if rows:
        (plots / "links.svg").write_text(plot.bars(
            "Share of the link that is content", rows, "per cent of the link", max(100, *(row[1] for row in rows)),
            lambda number: f"{number:.3g}%"))
    return [*lines, ""]


def _growth(work, plots):
    points = work["sizes"]
    if not points:
        return []
    lines = ["## Growth", "", "Peak memory is that of each side’s process. Large points were measured once.", "",
             "![](performance/growth-sizes.svg)", "",
             "| Size | seconds | processor s | memory, sender / receiver | to |", "|---|---|---|---|---|"]
    for point in points:
        peak = " / ".join(f"{point['peak'][side] / MB:.1f}" for side in ("sender", "receiver"))
        lines.append(f"| {sized(point['size'])} | {_seconds(point['seconds'])} | {point['cpu']:.2f} "
                     f"| {peak} MB | {point['where']} |")
    points = [point for point in points if point["size"]]
    if points:
        shared = {"x": "size of the file", "factor": 16, "show_x": lambda size: sized(round(size))}
        (plots / "growth-sizes.svg").write_text(plot.curves([
            {"title": "Time", "y": "seconds", "scale": "log", **shared,
             "lines": [("", [(point["size"], point["seconds"]) for point in points])]},
            {"title": "Peak memory", "y": "MB", "scale": "even", **shared,
             "lines": [(side, [(point["size"], point["peak"][side] / MB) for point in points])
                       for side in ("sender", "receiver")]},
        ]))
    return [*lines, ""]


def _many(work, plots):
    counts = work["counts"]
    lines = [f"## {work['title']}", "", "![](performance/many.svg)", "",
             f"The time is that of {counts[0]['clock']}; {SYNC}. Each has new homes. *Growth* is what the time is to "
             "that of the number before, round by round: ten times as many files. Memory: the peak of each side’s "
             "processes.", "",
             f"| files | | growth | {COLUMNS} |", "|---|---|---|---|---|---|---|---|---|---|---|---|"]
    for number, entry in enumerate(counts):
        for peer, about in entry["peers"].items():
            if not about["samples"]:
                continue
            growth = goals.ratio(goals.samples(entry, peer), goals.samples(counts[number - 1], peer)) if number else None
            name, _, rest = _row(peer, about, entry).partition(" | ")
            lines.append(f"| {entry['files']:,} | {name} | {f'{growth:.1f}×' if growth else '–'} | {rest} |")
    shared = {"x": "files", "factor": 10, "show_x": lambda count: f"{count:,.0f}"}
    times = [(name, _line(counts, lambda entry: goals.median(entry, peer)))
             for peer, name in ((OWN, "Airlift"), (BEFORE, "before"), ("cp", "cp -r, sync"))]
    peaks = [(side, _line(counts, lambda entry: goals.median(entry, OWN, lambda one: one["peak"][side] / MB)))
             for side in ("sender", "receiver")]
    panels = [{"title": title, "y": y, "scale": scale, **shared, "lines": [line for line in drawn if line[1]]}
              for title, y, scale, drawn in (("Time", "seconds", "log", times), ("Peak memory", "MB", "even", peaks))]
    if all(panel["lines"] for panel in panels):
        (plots / "many.svg").write_text(plot.curves(panels))
    return [*lines, ""]


def _line(counts, of):
    points = [(entry["files"], of(entry)) for entry in counts]
    return [point for point in points if point[1] is not None]


def _commands(works):
    lines = ["## Commands", "", "As they were given; paths and ports are this run’s own.", ""]
    for name, title in (("memory", "One file"), ("small", "A folder")):
        if name not in works:
            continue
        lines += [f"<details><summary>{title}</summary>", "", "```text"]
        for entry in works[name]["peers"].values():
            lines += [f"{entry['shown']}", *(f"    {command}" for command in entry["commands"])]
        lines += ["```", "", "</details>", ""]
    return lines if len(lines) > 4 else []


def _missing(results):
    skipped = [what for some in results["skipped"].values() for what in some]
    return ["## Not measured", "", *(f"- {what}" for what in skipped), ""] if skipped else []


def _seconds(number):
    return f"{number:.3f}" if number < 1 else f"{number:.2f}" if number < 10 else f"{number:.1f}"
