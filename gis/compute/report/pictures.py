"""Maps as inline SVG: what is under, what is over, and the colours of both."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from gis.compute.report.values import Box, Line, Words

# Blue for too few, orange for too many, a calm green for as wanted: told apart by every eye, and in print.
MOOD_COLOURS = {
    "far_below": "#2f6ba8",
    "below": "#74a9d8",
    "bit_below": "#c3dcf0",
    "band": "#d3e6d6",
    "bit_above": "#fadcb4",
    "above": "#efa45c",
    "far_above": "#c25a1c",
    "no_homes": "#ecebe6",
    "village": "#efe9d3",
}

# Plain class selectors only: what stands before a class does not reach shapes shown again by reference.
MAP_STYLE = """
.map path{vector-effect:non-scaling-stroke;stroke-linejoin:round}
.g,.s,.b,.c,.h,.w,.r,.m,.o{vector-effect:non-scaling-stroke;fill:none;stroke-linejoin:round}
.g{stroke:none}
.g:hover{stroke:#1c2a29;stroke-width:2}
.s,.b,.c,.h,.w,.r,.m,.o{pointer-events:none}
.s{stroke:#fff;stroke-width:var(--street,.8);stroke-opacity:.8}
.b{stroke:#4c605b;stroke-width:var(--edge,.7)}
.h{fill:#1c2a29;fill-opacity:.14;stroke:none}
.c{stroke:#22302f;stroke-width:var(--line-width,1.2)}
.w{fill:#b5d2e4;fill-opacity:.9;stroke:#8db6d0;stroke-width:1}
.w.l{fill:none;stroke:#8db6d0;stroke-width:2.5}
.r{stroke:#4d4d4d;stroke-width:1.3;stroke-dasharray:5 3}
.m{stroke:#a98d5a;stroke-width:1.4;stroke-opacity:.75}
.o{stroke:#7a6a7d;stroke-width:1.1;stroke-dasharray:2 2}
.map.fine{--street:.5;--edge:.4;--line-width:.8}
.sheet .map{--street:2.4;--edge:1.4;--line-width:2}
.map text{paint-order:stroke;stroke:#fff;stroke-opacity:.85;fill:#1c2a29;text-anchor:middle;pointer-events:none}
""" + "".join(f".{mood}{{fill:{colour}}}" for mood, colour in MOOD_COLOURS.items())

_LINE_CLASSES = {
    "street": "s",
    "water": "w",
    "water_line": "w l",
    "rail": "r",
    "main_road": "m",
    "other": "o",
}
LINE_LEGENDS: dict[str, tuple[str, Words]] = {
    "street": ("#cfd6d2", ("道路", "streets")),
    "water": ("#8db6d0", ("水系", "water")),
    "rail": ("#4d4d4d", ("铁路", "railway")),
    "main_road": ("#a98d5a", ("快速路、主干道", "main road")),
    "other": ("#7a6a7d", ("其他屏障", "other barrier")),
}


def svg(box: Box, inner: str, label: Words) -> str:
    """A picture of a box, as wide as the page gives it."""
    return (
        f'<svg viewBox="{box.left} {box.top} {box.width} {box.height}" role="img" '
        f'aria-label="{escape(f"{label[0]} {label[1]}", quote=True)}">{inner}</svg>'
    )


def lines_svg(lines: Iterable[Line]) -> str:
    """Barriers and streets, one path each."""
    return "".join(
        f'<path class="{_LINE_CLASSES.get(line.kind, "o")}" d="{line.path}"/>' for line in lines if line.path
    )


def legend(rows: Iterable[tuple[str, Words, str]]) -> str:
    """Swatches with their meaning and count: colour, words, what stands after."""
    return _legend(f'<i style="background:{colour}"></i>{_said(words, more)}' for colour, words, more in rows)


def line_legend(kinds: Iterable[str], outline: Words = ("社区界", "community line")) -> str:
    """What the lines of a map mean; `outline` names the darkest."""
    rows = [LINE_LEGENDS[kind] for kind in LINE_LEGENDS if kind in set(kinds)]
    rows.append(("#22302f", outline))
    return _legend(
        f'<i class="stroke" style="border-color:{colour}"></i>{_said(words, "")}' for colour, words in rows
    )


def _legend(items: Iterable[str]) -> str:
    return f'<ul class="legend">{"".join(f"<li>{item}</li>" for item in items)}</ul>'


def _said(words: Words, more: str) -> str:
    after = f" <b>{escape(more)}</b>" if more else ""
    return f'<span>{escape(words[0])} <span class="en">{escape(words[1])}</span>{after}</span>'


def bar(parts: Iterable[tuple[float, str, str]]) -> str:
    """Parts of a whole beside each other: size, colour, what is said when pointed at."""
    given = [part for part in parts if part[0] > 0]
    spans = (
        f'<span style="flex:{size:g};background:{colour}" title="{escape(said, quote=True)}"></span>'
        for size, colour, said in given
    )
    return f'<div class="bar">{"".join(spans)}</div>'
