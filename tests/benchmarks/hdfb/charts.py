"""Curves as SVG: light, and readable on a white page and on a dark one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

WIDTH, HEIGHT = 430, 270
"""Of a panel."""
LEFT, RIGHT, TOP, BOTTOM = 62, 12, 34, 44
INK = "#7d8590"
"""Of letters and axes: as far from white as from black."""
STYLES = (
    ("#e8702a", ""),
    ("#2f81f7", "7 4"),
    ("#2da44e", "2 3"),
    ("#a371f7", "9 3 2 3"),
    ("#d4a72c", "4 2"),
    ("#db61a2", "1 2"),
)
"""Colour and dashes of the first, second, ... line: they differ without colour, too."""


@dataclass(frozen=True)
class Line:
    """A curve with its spread: y between `low` and `high` at each x."""

    label: str
    x: Sequence[float]
    y: Sequence[float]
    low: Sequence[float]
    high: Sequence[float]


@dataclass(frozen=True)
class Panel:
    """One pair of axes; y is logarithmic."""

    title: str
    x_label: str
    y_label: str
    lines: Sequence[Line]


def write(file: Path, rows: Sequence[Sequence[Panel]], description: str) -> None:
    """Panels in rows, and one legend below, of the lines of the first panel."""
    width = max(2, *(len(row) for row in rows)) * WIDTH
    places = _places([line.label for line in rows[0][0].lines], width)
    height = len(rows) * HEIGHT + places[-1][1] + 18
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" font-family="sans-serif" font-size="12" fill="{INK}" role="img">',
        f"<title>{escape(description)}</title>",
    ]
    for i, row in enumerate(rows):
        for j, panel in enumerate(row):
            parts.append(f'<g transform="translate({j * WIDTH} {i * HEIGHT})">{_panel(panel)}</g>')
    for n, (line, (x, down)) in enumerate(zip(rows[0][0].lines, places, strict=True)):
        y = len(rows) * HEIGHT + down
        key = f'<path d="M{x} {y}h38" {_stroke(n)}/>'
        parts.append(f'{key}<text x="{x + 46}" y="{y + 4}">{escape(line.label)}</text>')
    file.write_text("\n".join([*parts, "</svg>", ""]), encoding="utf-8")


def _places(labels: Sequence[str], width: int) -> list[tuple[int, int]]:
    """Where the legend has each label: (x, y), in lines that are no longer than `width`."""
    places, x, y = [], LEFT, 14
    for label in labels:
        room = 70 + 7 * len(label)
        if x + room > width:
            x, y = LEFT, y + 22
        places.append((x, y))
        x += room
    return places


def _panel(panel: Panel) -> str:
    right = max(max(line.x) for line in panel.lines)
    low = math.log10(min(min(line.low) for line in panel.lines)) - 0.03
    high = math.log10(max(max(line.high) for line in panel.lines)) + 0.03

    def across(x: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * x / right

    def down(y: float) -> float:
        return TOP + (HEIGHT - TOP - BOTTOM) * (high - math.log10(y)) / (high - low)

    parts = [
        f'<text x="{LEFT}" y="{TOP - 12}" font-weight="bold" font-size="13">{escape(panel.title)}</text>'
    ]
    for tick in _logarithmic(low, high):
        y = down(tick)
        parts.append(f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="{INK}" stroke-opacity="0.25"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{tick:g}</text>')
    for tick in _linear(right):
        x = across(tick)
        parts.append(f'<path d="M{x:.1f} {HEIGHT - BOTTOM}v5" stroke="{INK}"/>')
        parts.append(f'<text x="{x:.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{tick:g}</text>')
    parts.append(f'<path d="M{LEFT} {TOP}V{HEIGHT - BOTTOM}H{WIDTH - RIGHT}" stroke="{INK}" fill="none"/>')
    middle = (LEFT + WIDTH - RIGHT) / 2
    parts.append(f'<text x="{middle}" y="{HEIGHT - 8}" text-anchor="middle">{escape(panel.x_label)}</text>')
    centre = (TOP + HEIGHT - BOTTOM) / 2
    upright = f'transform="translate(14 {centre}) rotate(-90)" text-anchor="middle"'
    parts.append(f"<text {upright}>{escape(panel.y_label)}</text>")
    for n, line in enumerate(panel.lines):
        edge = [*zip(line.x, line.high, strict=True), *zip(line.x[::-1], line.low[::-1], strict=True)]
        points = " ".join(f"{across(x):.1f},{down(y):.1f}" for x, y in edge)
        parts.append(f'<polygon points="{points}" fill="{STYLES[n][0]}" fill-opacity="0.18"/>')
        points = " ".join(f"{across(x):.1f},{down(y):.1f}" for x, y in zip(line.x, line.y, strict=True))
        parts.append(f'<polyline points="{points}" {_stroke(n)}/>')
    return "".join(parts)


def _stroke(n: int) -> str:
    colour, dashes = STYLES[n]
    dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
    return f'fill="none" stroke="{colour}" stroke-width="2"{dashed}'


def _logarithmic(low: float, high: float) -> list[float]:
    """1, 2 and 5 times powers of ten between 10^low and 10^high; more of them where these are few."""
    for steps in ((1, 2, 5), (1, 1.5, 2, 3, 4, 5, 7)):
        ticks = [m * 10.0**p for p in range(math.floor(low), math.ceil(high)) for m in steps]
        ticks = [tick for tick in ticks if low <= math.log10(tick) <= high]
        if len(ticks) >= 4:
            break
    return ticks


def _linear(right: float) -> list[float]:
    step = next(s * 10.0**p for p in range(-2, 6) for s in (1, 2, 5) if right / (s * 10.0**p) <= 6)
    return [n * step for n in range(int(right / step) + 1)]
