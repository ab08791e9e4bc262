"""The report: what was measured, as tables and plots, between two marks in a page whose rest is kept."""

import statistics

from . import goals, plot
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
    lines = ["## Goals", "", "A ratio is of speeds, Airlift’s to the other’s, medians of one run.", "",
             "| work | goal | measured | |", "|---|---|---|---|"]
    for what, goal, measured, met in goals.goals(works):
        word = {True: "met", False: "**not met**", None: "not measured"}[met]
        lines.append(f"| {what} | {goal} | {measured or '–'} | {word} |")
    return [*lines, ""]


def _work(name, work, plots):
    taking_part = {peer: entry for peer, entry in work["peers"].items() if entry["samples"]}
    median = {peer: goals.seconds(work, peer) for peer in taking_part}
    own = median.get("Airlift")
    as_rate = work["bytes"] > 16 << 20 and work["files"] == 1
    lines = [f"## {work['title']}", "", f"![](performance/{name}.svg)", "",
             f"{work['bytes']:,} bytes. The time is that of {work['clock']}"
             + ("; where a program doesn’t sync what it stores, a sync of that file system follows and counts. "
                if work["synced"] else ". ")
             + "Range: fastest and slowest round. Memory: the peak of each side’s processes, added up.", "",
             "| | encrypts | verifies | seconds | range | MB/s | Airlift’s speed to it | processor s | "
             "memory, sender / receiver | rounds |",
             "|---|---|---|---|---|---|---|---|---|---|"]
    for peer in sorted(taking_part, key=median.get):
        lines.append(_row(peer, taking_part[peer], median[peer], own, work))
    (plots / f"{name}.svg").write_text(_bars(work, taking_part, median, as_rate))
    return [*lines, ""]


def _row(peer, entry, seconds, own, work):
    samples = entry["samples"]
    all_seconds = [one["seconds"] for one in samples]
    cpu = goals.cpu(work, peer)
    memory = " / ".join(
        f"{statistics.median(one['peak'].get(side, 0) for one in samples) / MB:.0f}" if any(
            side in one["peak"] for one in samples) else "–" for side in ("sender", "receiver"))
    yes = lambda answer: "yes" if answer else "–"
    rate = f"{work['bytes'] / seconds / MB:,.0f}" if work["bytes"] > MB else "–"
    shown = f"**{entry['shown']}**" if peer == "Airlift" else entry["shown"]
    return (f"| {shown} | {yes(entry['encrypts'])} | {yes(entry['verifies'])} | {_seconds(seconds)} "
            f"| {_seconds(min(all_seconds))}–{_seconds(max(all_seconds))} | {rate} "
            f"| {f'{seconds / own:.2f}×' if own and peer != 'Airlift' else '–'} | {cpu:.2f} | {memory} MB "
            f"| {len(samples)} |")


def _bars(work, taking_part, median, as_rate):
    value = (lambda peer: work["bytes"] / median[peer] / MB) if as_rate else median.get
    order = sorted(taking_part, key=median.get)
    rows = [(taking_part[peer]["shown"], value(peer),
             "own" if peer == "Airlift" else "safe" if taking_part[peer]["encrypts"] else "bare") for peer in order]
    end = max(row[1] for row in rows)
    if not as_rate:
        # One peer that takes a hundred times as long would leave the others no room.
        end = min(end, 4 * statistics.median(row[1] for row in rows))
    show = (lambda number: f"{number:,.0f}") if as_rate else _seconds
    axis = "MB/s of content (longer is faster)" if as_rate else "seconds (shorter is faster)"
    return plot.bars(work["title"], rows, axis, end, show)


def _links(work, plots):
    lines = ["## Shaped links", "", "![](performance/links.svg)", "",
             "One file that no compression makes smaller, unless said otherwise, over a link of known speed, between two network namespaces of this machine; "
             "what the wire adds to each packet is left out of the rate, so that content can be at most 94.1% as it is. "
             f"The time is that {work['clock']}. Medians of {work['rounds']}.", "",
             "| link | congestion control | file | " + " | ".join(("Airlift", "nc", "scp")) + " | Airlift to scp |",
             "|---|---|---|---|---|---|---|"]
    rows = []
    for link in work["links"]:
        share = link.get("share", {})
        cells = [f"{share[peer]:.1%}" if peer in share else "–" for peer in ("Airlift", "nc", "scp")]
        ratio = f"{share['Airlift'] / share['scp']:.2f}×" if {"Airlift", "scp"} <= share.keys() else "–"
        lines.append(f"| {link['name'].removesuffix(', cubic')} | {link.get('congestion', '–')} "
                     f"| {sized(link['bytes'])} | {' | '.join(cells)} | {ratio} |")
        rows += [(f"{link['name'] if peer == 'Airlift' else peer}", share[peer] * 100,
                  {"Airlift": "own", "scp": "safe", "nc": "bare"}[peer])
                 for peer in ("Airlift", "nc", "scp") if peer in share]
    (plots / "links.svg").write_text(plot.bars(
        "Share of the link that is content", rows, "per cent of the link", max(100, *(row[1] for row in rows)), lambda number: f"{number:.3g}%"))
    return [*lines, ""]


def _growth(work, plots):
    lines = ["## Growth", "", "Peak memory is that of each side’s process. Large points were measured once.", ""]
    kinds = (("sizes", "size", "size of the file", "Size", 16, lambda size: sized(round(size))),
             ("counts", "count", f"files of {work['tiny']} bytes", "Files", 10, lambda count: f"{count:,.0f}"))
    for kind, key, axis, head, factor, show in kinds:
        points = work[kind]
        if not points:
            continue
        lines += [f"![](performance/growth-{kind}.svg)", "",
                  f"| {head} | seconds | processor s | memory, sender / receiver | to |", "|---|---|---|---|---|"]
        for point in points:
            peak = " / ".join(f"{point['peak'][side] / MB:.1f}" for side in ("sender", "receiver"))
            lines.append(f"| {show(point[key])} | {_seconds(point['seconds'])} | {point['cpu']:.2f} "
                         f"| {peak} MB | {point['where']} |")
        lines.append("")
        points = [point for point in points if point[key]]
        shared = {"x": axis, "factor": factor, "show_x": show}
        (plots / f"growth-{kind}.svg").write_text(plot.curves([
            {"title": "Time", "y": "seconds", "scale": "log", **shared,
             "lines": [("", [(point[key], point["seconds"]) for point in points])]},
            {"title": "Peak memory", "y": "MB", "scale": "even", **shared,
             "lines": [(side, [(point[key], point["peak"][side] / MB) for point in points])
                       for side in ("sender", "receiver")]},
        ]))
    return lines


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
