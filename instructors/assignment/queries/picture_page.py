"""The page that a study's picture is shown on: title, map, scale, legend, notes, as plain shapes.

Measured in units, 600 to the width of an A4 sheet upright: whoever draws it decides how large a unit is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from xml.etree import ElementTree

from instructors.assignment.models import GapStudy
from instructors.assignment.queries.data_notes import StudyNotes, study_notes
from instructors.assignment.rules.figure_words import method_told, policy_told

WIDTH, TALLEST, MARGIN = 600.0, 849.0, 22.0
INNER = WIDTH - 2 * MARGIN
INK, QUIET, PAPER, FRAME = "#1c2a29", "#4c5a58", "#ffffff", "#8b9a94"
# Sites as on the page of gaps: those of today purple, new ones blue.
REACHED, MISSED, STANDING, CHOSEN, STREET = "#4c8f77", "#d9763a", "#8a2f6b", "#1d5c8f", "#b3bcb7"
OUTLINE = "#6f7d8c"
# Of the paths of a stored picture: what fills them, what draws them.
PATHS = {"t": (None, STREET), "c": (None, OUTLINE), "in": (REACHED, None), "out": (MISSED, None)}
LEGEND_STEP, NOTE_SIZE, NOTE_STEP = 21.0, 11.5, 16.0
SMALLEST_MAP = 160.0
# Half a house's side as stored in metres; no house is drawn smaller than so many units.
HOUSE_M, SMALLEST_HOUSE = 6.0, 2.2
_DOTS = {"standing": (3.4, STANDING), "chosen": (8.5, CHOSEN)}
_ROUND = (1, 2, 5)
# Words with the space and the punctuation behind them, and single Chinese characters with theirs.
_WORDS = re.compile(r"[^\s\u2e80-\uffff]+[，。；：、）]?\s*|[\u2e80-\uffff][，。；：、）]?\s*|\s+")


@dataclass(frozen=True, slots=True)
class Text:
    """A line of text on its baseline; `anchor`: start, middle or end."""

    x: float
    y: float
    text: str
    size: float
    colour: str = INK
    anchor: str = "start"
    is_bold: bool = False


@dataclass(frozen=True, slots=True)
class Area:
    """A filled polygon with an edge, or with none."""

    points: tuple[tuple[float, float], ...]
    fill: str
    edge: str | None = None


@dataclass(frozen=True, slots=True)
class Disc:
    """A filled circle with a white rim; `said` when pointed at."""

    x: float
    y: float
    radius: float
    fill: str
    said: str = ""


@dataclass(frozen=True, slots=True)
class PlacedMap:
    """Path data in metres by class, drawn from (`x`, `y`) on with `scale` units a metre and cut at the box."""

    x: float
    y: float
    width: float
    height: float
    scale: float
    paths: Mapping[str, str]


@dataclass(slots=True)
class Page:
    """What is drawn, the map first and then the shapes in their order."""

    height: float
    title: str
    told: str
    ground: PlacedMap
    shapes: list[Text | Area | Disc] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Dot:
    kind: str
    x: float
    y: float
    said: str
    number: str


@dataclass(frozen=True, slots=True)
class _Stored:
    width: float
    height: float
    paths: dict[str, str]
    dots: list[_Dot]


def page_of(study: GapStudy) -> Page:
    """The page of a computed study, no taller than an A4 sheet is to its width."""
    notes, stored = study_notes(study), _stored(study.picture)
    legend, written = _legend(study, stored), list(_written(notes))
    top = MARGIN + 78.0
    below = 30.0 + LEGEND_STEP * -(-len(legend) // 2) + 8.0 + NOTE_STEP * len(written) + MARGIN
    tallest = max(SMALLEST_MAP, TALLEST - top - below)
    scale = min(INNER / stored.width, tallest / stored.height)
    wide, high = scale * stored.width, scale * stored.height
    ground = PlacedMap((WIDTH - wide) / 2, top, wide, high, scale, stored.paths)
    title = f"{notes.city} 健身站点覆盖与缺口"
    page = Page(top + high + below, title, notes.label, ground)
    page.shapes += _heading(study, title)
    page.shapes += _frame(ground)
    page.shapes += _dots(stored, ground)
    page.shapes += _scale_bar(ground, top + high + 18)
    page.shapes += _north(top + high + 6)
    page.shapes += _legend_shapes(legend, top + high + 46)
    first = top + high + below - MARGIN - NOTE_STEP * (len(written) - 1)
    page.shapes += [
        Text(MARGIN, first + NOTE_STEP * at, line, NOTE_SIZE, QUIET) for at, line in enumerate(written)
    ]
    return page


def house_edge(scale: float) -> float:
    """How wide an edge houses need so that in a wide city they are still seen, in units."""
    return max(0.0, SMALLEST_HOUSE - 2 * HOUSE_M * scale)


def _stored(picture: str) -> _Stored:
    """The paths and dots of a stored picture; a unit of its view box is a metre."""
    root = ElementTree.fromstring(picture)
    _, _, width, height = map(float, root.attrib["viewBox"].split())
    paths: dict[str, str] = {}
    dots: list[tuple[str, ElementTree.Element]] = []
    for each in root:
        name = each.tag.rpartition("}")[2]
        if name == "path":
            paths[each.attrib["class"]] = each.attrib["d"]
        elif name == "circle":
            dots.append((each.attrib["class"].split()[-1], each))
        elif name == "text":
            dots.append(("number", each))
    return _Stored(width, height, paths, _read_dots(dots))


def _read_dots(found: list[tuple[str, ElementTree.Element]]) -> list[_Dot]:
    """Circles, each with the number that follows it."""
    dots: list[_Dot] = []
    for kind, each in found:
        if kind == "number":
            last = dots.pop()
            dots.append(_Dot(last.kind, last.x, last.y, last.said, each.text or ""))
            continue
        title = each.find("{*}title")
        said = "" if title is None else title.text or ""
        dots.append(_Dot(kind, float(each.attrib["cx"]), float(each.attrib["cy"]), said, ""))
    return dots


def _heading(study: GapStudy, title: str) -> Iterator[Text]:
    figures = study.figures
    every = figures["households"]
    now, then = (_share(figures[name], every) for name in ("covered_today", "covered_then"))
    yield Text(MARGIN, MARGIN + 20, title, 22, is_bold=True)
    english = f"Coverage and gaps of fitness sites · {study.as_of.isoformat()} · #{study.pk}"
    yield Text(MARGIN, MARGIN + 40, english, 12.5, QUIET)
    more = f"新增 {len(study.steps)} 个站点后 {then}"
    reached = f"{figures['covered_today']:,} / {every:,} 户"
    yield Text(MARGIN, MARGIN + 64, f"步行可达：现在 {now}（{reached}）→ {more}", 15)


def _share(part: int, whole: int) -> str:
    """To a tenth of a percent; 100 % is told only of all."""
    tenths = round(1000 * part / whole) if whole else 0
    return f"{(min(tenths, 999) if part < whole else tenths) / 10:.1f}%"


def _frame(ground: PlacedMap) -> Iterator[Area]:
    right, bottom = ground.x + ground.width, ground.y + ground.height
    corners = ((ground.x, ground.y), (right, ground.y), (right, bottom), (ground.x, bottom))
    yield Area(corners, "none", FRAME)


def _dots(stored: _Stored, ground: PlacedMap) -> Iterator[Disc | Text]:
    for dot in stored.dots:
        radius, colour = _DOTS[dot.kind]
        x, y = ground.x + ground.scale * dot.x, ground.y + ground.scale * dot.y
        yield Disc(x, y, radius, colour, dot.said)
        if dot.number:
            yield Text(x, y + 3.7, dot.number, 10.5, PAPER, "middle", is_bold=True)


def _scale_bar(ground: PlacedMap, y: float) -> Iterator[Area | Text]:
    """A round length, at most a quarter of the width."""
    length = _round_length(WIDTH / 4 / ground.scale)
    half, x = length * ground.scale / 2, MARGIN
    yield Area(((x, y - 5), (x + half, y - 5), (x + half, y), (x, y)), INK, INK)
    yield Area(((x + half, y - 5), (x + 2 * half, y - 5), (x + 2 * half, y), (x + half, y)), PAPER, INK)
    told = f"{length / 1000:g} 千米 km" if length >= 1000 else f"{length:g} 米 m"
    yield Text(x + 2 * half + 8, y, told, 12, QUIET)


def _round_length(most: float) -> float:
    """The greatest of 1, 2 or 5 times a power of ten metres that is not above `most`."""
    step = 1.0
    while step * 10 <= most:
        step *= 10
    return max(step * digit for digit in _ROUND if step * digit <= max(most, 1.0))


def _north(y: float) -> Iterator[Area | Text]:
    x = WIDTH - MARGIN - 34
    yield Area(((x, y), (x + 5, y + 14), (x, y + 10.5), (x - 5, y + 14)), INK)
    yield Text(x + 10, y + 12, "北 N", 12, QUIET)


def _legend(study: GapStudy, stored: _Stored) -> list[tuple[str, str, str]]:
    """Of each sign: its shape, its colour, what it means."""
    figures = study.figures
    covered, every = figures["covered_today"], figures["households"]
    rows = [
        ("square", REACHED, f"步行可达的住宅：{covered:,} 户 within reach"),
        ("square", MISSED, f"步行不可达的住宅：{every - covered:,} 户 beyond"),
        ("disc", STANDING, f"现有健身站点 {figures['sites']} 个 sites of today"),
        ("number", CHOSEN, f"建议新站点 {len(study.steps)} 个，数字为顺序 new, by rank"),
    ]
    lines = (("t", STREET, "道路 streets"), ("c", OUTLINE, "社区（村）界 communities"))
    return rows + [("line", colour, told) for name, colour, told in lines if stored.paths.get(name)]


def _legend_shapes(rows: list[tuple[str, str, str]], top: float) -> Iterator[Text | Area | Disc]:
    for at, (kind, colour, told) in enumerate(rows):
        x, y = MARGIN + (at % 2) * INNER / 2, top + (at // 2) * LEGEND_STEP
        yield from _sign(kind, colour, x + 8, y - 4.5)
        yield Text(x + 24, y, told, 12.5)


def _sign(kind: str, colour: str, x: float, y: float) -> Iterator[Text | Area | Disc]:
    if kind in ("square", "line"):
        wide, high = (5.5, 5.5) if kind == "square" else (8.0, 0.9)
        corners = ((x - wide, y - high), (x + wide, y - high), (x + wide, y + high), (x - wide, y + high))
        yield Area(corners, colour)
        return
    radius, _ = _DOTS["chosen" if kind == "number" else "standing"]
    yield Disc(x, y, radius, colour)
    if kind == "number":
        yield Text(x, y + 3.7, "1", 10.5, PAPER, "middle", is_bold=True)


def _written(notes: StudyNotes) -> Iterator[str]:
    """The notes below, each line no wider than the page."""
    zh, _ = method_told(notes.study.figures)
    lines = [f"数据说明：{notes.label or '—'}", f"测算方法：{zh}", f"户数分母：{notes.homes_told}"]
    lines.append(f"政策版本：{policy_told(notes.study.policy_version)[0] or '—'}")
    if notes.attribution:
        lines.append(notes.attribution)
    for line in lines:
        yield from wrapped(line, NOTE_SIZE, INNER)


def wrapped(text: str, size: float, width: float) -> Iterator[str]:
    """The text in lines that are not wider; broken between Chinese characters and words, a longer word anywhere.

    A Chinese character is as wide as it is high, others are taken for 0.6 of it.
    """
    line, used = "", 0.0
    for word in _WORDS.findall(text):
        wide = _wide(word, size)
        if line and used + wide > width:
            yield line.rstrip()
            line, used = "", 0.0
        for sign in word:
            if used + _wide(sign, size) > width:
                yield line
                line, used = "", 0.0
            line, used = line + sign, used + _wide(sign, size)
    if line:
        yield line


def _wide(text: str, size: float) -> float:
    return sum(size * (1.0 if ord(sign) > 0x2E80 else 0.6) for sign in text)
