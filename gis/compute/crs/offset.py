"""Is a file displaced against the city's own layers, and does a shifted datum explain it?

A file whose coordinates are GCJ-02 but labelled WGS-84 looks faultless and lies 300–700 m off. Three kinds
of witness are heard, each over at most `_SAMPLE` features of a fixed spread:

1. *Hypotheses.* The file is moved as if it were GCJ-02 or BD-09 (or had been un-shifted though it was true), and
   for every feature we ask whether it fits the city's layers: lies on the linework of its own kind, lies
   wholly inside one community, is not crossed by a street. The features that a move sets right are weighed
   against those it spoils (McNemar's test), so chance fits cancel.
2. *Votes.* Where the city already holds the same kind, differences between neighbouring points vote for a
   displacement in a 20 m raster; a clear winner away from zero is a displacement, whatever its cause (`votes`).
3. *Open ground.* Sites are few, so that neither of these can speak where the city holds none yet: see
   `gis.compute.crs.open_ground`.

Features far from the city's own layers say nothing; where nothing speaks, or a file that lay off could not
be told from this one, the verdict says so: no finding never means "tested and right" by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from gis.compute.crs.moves import MOVES, explanation, moved, shift_m
from gis.compute.crs.open_ground import fit_open_ground, is_set_right
from gis.compute.crs.shifted import Floats, to_gcj02
from gis.compute.crs.systems import to_metric
from gis.compute.crs.votes import voted_shift
from gis.compute.crs.witnesses import Flags, Witness, witnesses_of

_SAMPLE = 2000
# McNemar: 4 sigma, and at least this many features set right, before a file is called displaced.
_LEAST_Z = 4.0
_LEAST_GAIN = 12
_LEAST_GAIN_SHARE = 0.04
# The right move mends nearly all it changes (0.85 and more on real data); chance mends about as many as it
# spoils.
_LEAST_MENDED_OF_CHANGED = 0.7
DISPLACED_FROM_M = 50.0
# Degrees, about 1.5 km: a rough first choice, nothing is measured with it.
_NEAR_DEG = 0.015

_SENTENCES = {
    "is_gcj02": (
        "坐标其实是GCJ-02（火星坐标），却被标为WGS-84/CGCS2000",
        "the coordinates are really GCJ-02 though labelled WGS-84/CGCS2000",
    ),
    "is_bd09": (
        "坐标其实是BD-09（百度坐标），却被标为其他坐标系",
        "the coordinates are really BD-09 though labelled otherwise",
    ),
    "was_unshifted_gcj02": (
        "坐标本来就是WGS-84/CGCS2000，却被当作GCJ-02又改正了一次",
        "the coordinates were true already and have been corrected as if they were GCJ-02",
    ),
    "was_unshifted_bd09": (
        "坐标本来就是WGS-84/CGCS2000，却被当作BD-09又改正了一次",
        "the coordinates were true already and have been corrected as if they were BD-09",
    ),
}


@dataclass(frozen=True)
class OffsetVerdict:
    """What the comparison found.

    `is_displaced` is the refusal; `dx_m`, `dy_m` how far the file lies east and north of the city's layers;
    `cause` a hypothesis name, `unexplained` or `none`; `system` what to declare instead ("" when unknown);
    `compared` how many features spoke; `share_before` and `share_after` how many of them fit as given and
    moved; `is_tested` whether a file that lay off as GCJ-02 does would have been told from this one.
    """

    is_displaced: bool
    dx_m: float
    dy_m: float
    cause: str
    system: str
    compared: int
    share_before: float
    share_after: float
    zh: str
    en: str
    is_tested: bool = True


@dataclass(frozen=True)
class _Fit:
    cause: str
    fits: Flags
    gain: int
    z: float
    mended_of_changed: float


def _sampled(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """At most `_SAMPLE` features at even steps: the same ones every time."""
    if len(frame) <= _SAMPLE:
        return frame
    return frame.iloc[np.linspace(0, len(frame) - 1, _SAMPLE).astype(int)]


def _present(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return frame[~(frame.geometry.isna() | frame.geometry.is_empty)]


def _near(candidate: gpd.GeoDataFrame, held: Mapping[str, gpd.GeoDataFrame]) -> gpd.GeoDataFrame:
    """The features within reach of the city's layers: a new district far away can prove nothing."""
    boxes = [shapely.box(*frame.total_bounds).buffer(_NEAR_DEG) for frame in held.values()]
    if not boxes:
        return candidate.iloc[:0]
    return candidate[candidate.geometry.intersects(shapely.union_all(boxes))]


def offset_against(
    references: Mapping[str, gpd.GeoDataFrame], candidate: gpd.GeoDataFrame, kind: str
) -> OffsetVerdict:
    """Compare a file with the city's own layers.

    `references` maps layer kinds (`communities`, `buildings`, `streets`, …) to storage frames (EPSG:4490
    lon-lat), `candidate` is a storage frame of kind `kind`. Returns a verdict; never raises on data that
    cannot be compared.
    """
    present = {name: _present(frame) for name, frame in references.items()}
    held = {name: frame for name, frame in present.items() if not frame.empty}
    sample = _sampled(_near(_present(candidate), held))
    if sample.empty:
        return _silent()
    west, _, east, _ = sample.total_bounds
    lon = float(west + east) / 2.0
    witnesses = witnesses_of(kind, held, lon)
    if not witnesses and not (kind == "fitness_sites" and "buildings" in held):
        return _silent()
    voted = voted_shift(held[kind], sample, lon) if kind in held else None
    best, plain, is_tested = _best_hypothesis(sample, witnesses, lon)
    if best is not None:
        east_m, north_m = shift_m(sample, best.cause, lon)
        return _verdict(best.cause, east_m, north_m, plain, best.fits)
    if voted is not None and np.hypot(*voted) >= DISPLACED_FROM_M:
        return _verdict(explanation(sample, voted, lon), voted[0], voted[1], plain, plain)
    if kind == "fitness_sites":
        on_ground = _on_open_ground(held, sample, lon)
        if on_ground.cause:
            east_m, north_m = shift_m(sample, on_ground.cause, lon)
            return _verdict(on_ground.cause, east_m, north_m, on_ground.before, on_ground.after)
        is_tested = is_tested or on_ground.is_tested
    share = float(plain.mean()) if len(plain) else 0.0
    zh = f"与本市已有图层比对{len(plain)}次，未发现整体偏移"
    return OffsetVerdict(
        False, 0.0, 0.0, "none", "", len(plain), share, share, zh,
        f"compared {len(plain)} times with the city's own layers: no displacement",
        is_tested or voted is not None,
    )  # fmt: skip


@dataclass(frozen=True)
class _OnGround:
    cause: str
    before: Flags
    after: Flags
    is_tested: bool


def _on_open_ground(held: Mapping[str, gpd.GeoDataFrame], sample: gpd.GeoDataFrame, lon: float) -> _OnGround:
    """The move that alone puts the sites on open ground, and whether a file moved away would have been seen."""

    def shapes(name: str) -> npt.NDArray[Any] | None:
        return np.asarray(to_metric(held[name].geometry, lon).values, dtype=object) if name in held else None

    def places(geometry: gpd.GeoSeries) -> Floats:
        xy: Floats = shapely.get_coordinates(shapely.point_on_surface(to_metric(geometry, lon).values))
        return xy

    fits = fit_open_ground(shapes("communities"), shapes("buildings"))
    given = places(sample.geometry)
    before = fits(given)
    for cause, (move, _) in MOVES.items():
        right = places(moved(sample.geometry, move))
        if is_set_right(fits, given, right):
            return _OnGround(cause, before, fits(right), True)
    away = places(moved(sample.geometry, to_gcj02))
    return _OnGround("", before, before, is_set_right(fits, away, given))


def _best_hypothesis(
    sample: gpd.GeoDataFrame, witnesses: list[Witness], lon: float
) -> tuple[_Fit | None, Flags, bool]:
    """The move that sets clearly more features right than it spoils, the fits as given, and whether those of this
    file moved away as GCJ-02 would have been told from them.
    """

    def heard(geometry: gpd.GeoSeries) -> Flags:
        metric = np.asarray(to_metric(geometry, lon).values, dtype=object)
        return np.concatenate([np.zeros(0, dtype=bool), *(fits(metric) for fits in witnesses)])

    plain = heard(sample.geometry)
    after_moves = {cause: heard(moved(sample.geometry, move)) for cause, (move, _) in MOVES.items()}
    convincing = [
        fit for cause, after in after_moves.items() if _is_convincing(fit := _weigh(cause, plain, after))
    ]
    # As if the file were true and had come as GCJ-02: the move away is that of `was_unshifted_gcj02`.
    is_tested = _is_convincing(_weigh("is_gcj02", after_moves["was_unshifted_gcj02"], plain))
    return (max(convincing, key=lambda fit: fit.gain) if convincing else None), plain, is_tested


def _weigh(cause: str, before: Flags, after: Flags) -> _Fit:
    mended, spoilt = int((after & ~before).sum()), int((before & ~after).sum())
    z = (mended - spoilt) / max(np.sqrt(mended + spoilt), 1.0)
    return _Fit(cause, after, mended - spoilt, float(z), mended / max(mended + spoilt, 1))


def _is_convincing(fit: _Fit) -> bool:
    if fit.z < _LEAST_Z or fit.mended_of_changed < _LEAST_MENDED_OF_CHANGED:
        return False
    return fit.gain >= max(_LEAST_GAIN, _LEAST_GAIN_SHARE * len(fit.fits))


def _silent() -> OffsetVerdict:
    return OffsetVerdict(
        False, 0.0, 0.0, "none", "", 0, 0.0, 0.0,
        "没有可比对的图层，无法检验坐标是否整体偏移",
        "there is no layer to compare with, so a displacement could not be tested",
        is_tested=False,
    )  # fmt: skip


def _verdict(cause: str, east_m: float, north_m: float, before: Flags, after: Flags) -> OffsetVerdict:
    zh_cause, en_cause = _SENTENCES.get(cause, ("原因不明", "the cause is unknown"))
    distance_m = float(np.hypot(east_m, north_m))
    zh_x, en_x = ("东", "east") if east_m >= 0 else ("西", "west")
    zh_y, en_y = ("北", "north") if north_m >= 0 else ("南", "south")
    where_zh = f"向{zh_x}{abs(east_m):.0f}米、向{zh_y}{abs(north_m):.0f}米"
    where_en = f"{abs(east_m):.0f} m {en_x}, {abs(north_m):.0f} m {en_y}"
    return OffsetVerdict(
        is_displaced=True,
        dx_m=east_m,
        dy_m=north_m,
        cause=cause,
        system=("EPSG:4490" if cause.startswith("was_") else MOVES[cause][1]) if cause in MOVES else "",
        compared=len(before),
        share_before=float(before.mean()),
        share_after=float(after.mean()),
        zh=f"数据相对本市已有图层整体偏移约{distance_m:.0f}米（{where_zh}）：{zh_cause}",
        en=f"the data lie about {distance_m:.0f} m off the city's own layers ({where_en}): {en_cause}",
    )
