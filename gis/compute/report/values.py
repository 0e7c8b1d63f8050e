"""The plain values a report is made of; renderers take nothing else.

Shapes are SVG path data in metres: x east of the picture's left edge, y south of its upper edge.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Words = tuple[str, str]
"""A text in Chinese and in English."""


@dataclass(frozen=True)
class Box:
    """Left, top, width and height in the picture's metres."""

    left: int
    top: int
    width: int
    height: int


@dataclass(frozen=True)
class Line:
    """Path data of streets or barriers; `kind` is street, water, rail, main_road or other."""

    path: str
    kind: str = "street"


@dataclass(frozen=True)
class Histogram:
    """Counts between edges (one more edge than counts), of shares or of plain numbers.

    `shaded`: the range that is as wanted, or None; `below`, `above` say that the outer bars take in all beyond.
    """

    title: Words
    edges: tuple[float, ...]
    counts: tuple[int, ...]
    is_share: bool = True
    shaded: tuple[float, float] | None = None
    mean: float | None = None


@dataclass(frozen=True)
class Source:
    """One input file as it was read."""

    kind: Words
    file: str
    layer: str
    format: str
    crs: str
    rows: int
    used: int
    sha256: str


@dataclass(frozen=True)
class About:
    """What a run was: title, rows of parameters, input files, versions, notes and warnings."""

    title: str
    parameters: tuple[tuple[Words, str], ...] = ()
    sources: tuple[Source, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[Words, ...] = ()


@dataclass(frozen=True)
class Grid:
    """One grid; `deviation` is signed; `mood` says how it misses the target (see `MOODS`)."""

    code: str
    households: int
    buildings: int
    deviation: float
    mood: str
    compactness: float
    reock: float
    street_share: float
    barrier_m: float
    compounds_split: int
    moved: int
    reasons: tuple[Words, ...]
    path: str
    at: tuple[int, int]


@dataclass(frozen=True)
class Zone:
    """One zone: a community cut by its barriers.

    `verdict`, `gap` (share or None) and `told` (a sentence, or two empty texts) say how far from the best possible it
    is; `at_most`: proven limit of its grids in band, None where there is none. `verdict` is a key of `VERDICTS`.
    """

    number: int
    grids: int
    households: int
    attainable: float
    in_band: int
    verdict: str
    gap: float | None
    at_most: int | None = None
    told: Words = ("", "")


@dataclass(frozen=True)
class Community:
    """One community or village with its grids and zones, its outline, the borders between its
    grids, and the streets, houses and barriers in it.
    """

    code: str
    name: str
    is_village: bool
    box: Box
    outline: str
    borders: str
    grids: tuple[Grid, ...]
    zones: tuple[Zone, ...]
    streets: str = ""
    houses: str = ""
    lines: tuple[Line, ...] = ()


@dataclass(frozen=True)
class Figures:
    """The figures of a whole plan.

    Grids of villages follow villager groups and have no size to keep: they count in `grids` and `village_grids` and
    in no figure of balance. `attainable`: grids in zones whose households could be split into the band;
    `worst_attainable`: the worst deviation among these. `area_gap`: relative difference between the grids' area and
    the communities'.
    """

    communities: int
    grids: int
    village_grids: int
    households: int
    buildings: int
    in_band: int
    in_band_share: float
    attainable: int
    attainable_in_band: int
    in_band_at_most: int | None
    worst_deviation: float
    worst_attainable: float
    worst_attainable_without_towers: float
    outside_hard_limits: int
    mean_compactness: float
    mean_reock: float
    barrier_m: float
    compounds_split: int
    moved_households: int
    empty: int
    not_contiguous: int
    crossing_barriers: int
    crossing_without_need: int
    households_lost: int
    buildings_lost: int
    coverage_valid: bool
    area_gap: float
    sound: bool


@dataclass(frozen=True)
class PartitionReport:
    """A plan as its report shows it; `lines` are barriers over the whole city."""

    about: About
    figures: Figures
    communities: tuple[Community, ...]
    box: Box
    lines: tuple[Line, ...]
    histograms: tuple[Histogram, ...]
    band: float
    target: int

    @property
    def sized_grids(self) -> int:
        """Grids that have a size to keep, of which `in_band_share` is a share: not villages', not without homes."""
        moods = ("band", *OUT_OF_BAND)
        return sum(grid.mood in moods for community in self.communities for grid in community.grids)


# How a grid misses the target, from far too few over as wanted to far too many households.
MOODS: dict[str, Words] = {
    "far_below": ("低于硬下限", "below the hard minimum"),
    "below": ("低于软下限", "below the soft minimum"),
    "bit_below": ("略少", "a little few"),
    "band": ("达标", "in band"),
    "bit_above": ("略多", "a little many"),
    "above": ("高于软上限", "above the soft maximum"),
    "far_above": ("高于硬上限", "above the hard maximum"),
    "no_homes": ("无住户", "no homes"),
    "village": ("村民小组", "villager group"),
}

# How far from the best possible a zone is divided.
VERDICTS: dict[str, Words] = {
    "optimal": ("已证明最优", "proven optimal"),
    "optimal_if_soft": ("在软限之内已证明最优", "proven optimal within the soft limits"),
    "optimal_if_as_near": ("最大偏差不变时已证明最优", "proven optimal for its worst deviation"),
    "within": ("离上限不超过已知差距", "within a known gap"),
    "unproven": ("没有求出上限", "no bound"),
}

# Moods that miss the target; villages and land without homes have none to miss.
OUT_OF_BAND = ("far_below", "below", "bit_below", "bit_above", "above", "far_above")


@dataclass(frozen=True)
class Area:
    """A grid or a community with its covered households; `share` is None without households.

    `mean_m`: mean walk of its households to the nearest site, None where none has one.
    """

    code: str
    name: str
    households: int
    covered: int
    share: float | None
    mean_m: float | None
    path: str


@dataclass(frozen=True)
class Site:
    """A site or a place for one; `households`: those whose nearest it is (or whom it adds); `at`: place in the picture.

    `state`: standing, chosen or candidate; `number`: the order in which chosen places should open, else 0.
    """

    name: str
    state: str
    households: int
    at: tuple[int, int]
    number: int = 0


@dataclass(frozen=True)
class Ground:
    """What lies under a map of sites: its box, streets, and the houses within and beyond reach, as path data."""

    box: Box
    streets: str
    covered: str
    uncovered: str
    outlines: str = ""


@dataclass(frozen=True)
class CoverageReport:
    """Who lives within reach of a site.

    `reach`: in words, such as "15 分钟"; `by_minutes`: minutes and covered share; `by_radius`: households judged by
    the straight line because no street is near; `areas` are grids or communities (`areas_are`).
    """

    about: About
    reach: Words
    households: int
    covered: int
    buildings: int
    by_radius: int
    mean_m: float | None
    by_minutes: tuple[tuple[float, float], ...]
    walks: Histogram
    areas_are: Words
    areas: tuple[Area, ...]
    sites: tuple[Site, ...]
    ground: Ground


@dataclass(frozen=True)
class SitingReport:
    """Where new sites should stand.

    `steps`: name, households added, covered in all, share after it. `bound`: no choice of as many places covers
    more; `proof`: optimal or bound.
    """

    about: About
    reach: Words
    households: int
    before: int
    covered: int
    bound: int
    proof: str
    candidates: int
    steps: tuple[tuple[str, int, int, float], ...]
    sites: tuple[Site, ...]
    ground: Ground


@dataclass(frozen=True)
class ComparedGrid:
    """One grid of the new plan against the old one it takes over; `old` is "" for a grid that is new."""

    code: str
    old: str
    community: str
    before: int
    after: int
    came: int
    left: int
    path: str


@dataclass(frozen=True)
class ComparisonReport:
    """Two plans side by side; `figures`: what, in the plan before, in the plan after, and whether more is better.

    `changed`: households that changed grid of those in both plans (`compared`); `gone`: grids without a successor.
    """

    about: About
    names: tuple[str, str]
    figures: tuple[tuple[Words, str, str], ...]
    compared: int
    changed: int
    changed_buildings: int
    new_grids: int
    gone: tuple[str, ...]
    grids: tuple[ComparedGrid, ...]
    box: Box
    outlines_before: str
    moved: str
    deviations: tuple[Histogram, Histogram]
