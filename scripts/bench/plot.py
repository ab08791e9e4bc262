"""Plots as SVG, legible on light and dark pages."""

import math
from html import escape

STYLE = """<style>
text { font: 13px system-ui, sans-serif; fill: #6e7681 }
.small { font-size: 11.5px } .title { font-size: 14px; font-weight: 600 }
.own { fill: #2f81f7 } .safe { fill: #8c959f } .bare { fill: none; stroke: #8c959f; stroke-width: 1.5 }
.axis { stroke: #8c959f; stroke-width: 1 } .grid { stroke: #8c959f; stroke-opacity: .28; stroke-width: 1 }
.line { fill: none; stroke-width: 2 } .first { stroke: #2f81f7 } .second { stroke: #d29922 }
.third { stroke: #8c959f }
.first-dot { fill: #2f81f7 } .second-dot { fill: #d29922 } .third-dot { fill: #8c959f }
@media (prefers-color-scheme: light) { text { fill: #3d444d } }
@media (prefers-color-scheme: dark) { text { fill: #d1d7e0 } }
</style>"""
ROW, LEFT, WIDE = 26, 215, 790


def _svg(width, height, parts):
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
            f'height="{height}">{STYLE}\n' + "\n".join(parts) + "\n</svg>\n")


def _text(x, y, words, anchor="start", kind=""):
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" class="{kind}">{escape(words)}</text>'


def _line(x1, y1, x2, y2, kind):
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" class="{kind}"/>'


def bars(title, rows, axis, end, show, legend=True):
    """Horizontal bars. `rows`: (label, value, kind), kind being `own`, `safe` or `bare`; what is longer
    than `end` is cut, and says how long it is."""
    top, right = 40, WIDE - 80
    bottom = top + ROW * len(rows)
    scale = (right - LEFT) / end
    parts = [_text(10, 20, title, kind="title")]
    for tick in _ticks(end):
        x = LEFT + tick * scale
        parts += [_line(x, top - 6, x, bottom, "grid"),
                  _text(x, bottom + 16, f"{tick:,.4g}" if tick < 1000 else f"{tick:,.0f}", "middle", "small")]
    parts.append(_text((LEFT + right) / 2, bottom + 36, axis, "middle", "small"))
    for number, (label, value, kind) in enumerate(rows):
        y = top + ROW * number
        length = max(1.5, min(value, end) * scale)
        parts += [_text(LEFT - 8, y + 15, label, "end"),
                  f'<rect x="{LEFT}" y="{y + 3}" width="{length:.1f}" height="{ROW - 9}" class="{kind}"/>',
                  _text(LEFT + length + 6, y + 15, ("» " if value > end else "") + show(value), kind="small")]
    parts.append(_line(LEFT, top - 6, LEFT, bottom, "axis"))
    if legend:
        parts += _legend(bottom + 50)
    return _svg(WIDE, bottom + (72 if legend else 48), parts)


def _legend(y):
    parts, x = [], LEFT
    for kind, words, width in (("own", "Airlift (encrypts, verifies)", 205), ("safe", "encrypts", 100),
                               ("bare", "does not encrypt", 0)):
        parts += [f'<rect x="{x}" y="{y}" width="12" height="12" class="{kind}"/>',
                  _text(x + 18, y + 11, words, kind="small")]
        x += width
    return parts


def _ticks(end):
    step = 10 ** math.floor(math.log10(end))
    for finer in (5, 2):
        if end / step < 3:
            step /= 2 if finer == 5 else 2.5
    return [step * number for number in range(int(end / step + 1e-9) + 1)]


def curves(panels):
    """Panels side by side; x is logarithmic. A panel: title, x axis, y axis, how to show a tick of x, factor
    from tick to tick of x, how y goes on (`log` or `even`), and its lines: (name, [(x, y)])."""
    width, height, parts = 430, 330, []
    for number, panel in enumerate(panels):
        parts.append(f'<g transform="translate({number * width} 0)">')
        parts += _panel(panel, width, height)
        parts.append("</g>")
    return _svg(width * len(panels), height, parts)


def _panel(panel, width, height):
    left, right, top, bottom = 70, width - 18, 44, height - 62
    points = [point for _, line in panel["lines"] for point in line]
    values = [y for _, y in points]
    xs = _powers([x for x, _ in points], panel["factor"])
    ys, share = (_powers(values, 10), _log_share) if panel["scale"] == "log" else (_even(values), _even_share)
    across = lambda x: left + (right - left) * _log_share(x, xs)
    up = lambda y: bottom - (bottom - top) * share(y, ys)
    parts = [_text(left, 18, panel["title"], kind="title"),
             _text((left + right) / 2, height - 22, panel["x"], "middle", "small"),
             f'<text transform="translate(16 {(top + bottom) / 2}) rotate(-90)" text-anchor="middle" '
             f'class="small">{escape(panel["y"])}</text>']
    for x in xs:
        parts += [_line(across(x), top, across(x), bottom, "grid"),
                  _text(across(x), bottom + 16, panel["show_x"](x), "middle", "small")]
    for y in ys:
        parts += [_line(left, up(y), right, up(y), "grid"),
                  _text(left - 6, up(y) + 4, f"{y:g}", "end", "small")]
    parts += [_line(left, bottom, right, bottom, "axis"), _line(left, top, left, bottom, "axis")]
    for number, (name, line) in enumerate(panel["lines"]):
        kind = ("first", "second", "third")[number]
        path = " ".join(f"{across(x):.1f},{up(y):.1f}" for x, y in line)
        parts.append(f'<polyline points="{path}" class="line {kind}"/>')
        parts += [f'<circle cx="{across(x):.1f}" cy="{up(y):.1f}" r="3.2" class="{kind}-dot"/>' for x, y in line]
        if len(panel["lines"]) > 1:
            x = left + 10 + 85 * number
            parts += [_line(x, top - 10, x + 16, top - 10, f"line {kind}"),
                      _text(x + 21, top - 6, name, kind="small")]
    return parts


def _powers(values, factor):
    """The ticks: from below the least to above the largest value, one factor apart."""
    low = factor ** math.floor(math.log(min(values), factor) + 1e-9)
    ticks = [low]
    while ticks[-1] < max(values) * (1 - 1e-9) or len(ticks) < 2:
        ticks.append(ticks[-1] * factor)
    return ticks


def _even(values):
    """Ticks from nothing to above the largest value."""
    ticks = _ticks(max(values) * 1.15)
    return [*ticks, ticks[-1] + ticks[1]] if ticks[-1] < max(values) else ticks


def _even_share(value, ticks):
    return value / ticks[-1]


def _log_share(value, ticks):
    return math.log(value / ticks[0]) / math.log(ticks[-1] / ticks[0])
