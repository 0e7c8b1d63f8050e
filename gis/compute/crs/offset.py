"""Is a file displaced against the city's own layers, and does a shifted datum explain it?

A file whose coordinates are GCJ-02 but labelled WGS-84 looks faultless and lies 300–700 m off. Two witnesses
are heard, each over at most `_SAMPLE` features of a fixed spread:

1. *Hypotheses.* The file is moved as if it were GCJ-02 or BD-09 (or had been un-shifted though it was true),
and
   for every feature we ask whether it fits the city's layers: lies on the linework of its own kind, lies
   wholly inside one community, is not crossed by a street. The features that a move sets right are weighed
   against those it spoils (McNemar's test), so chance fits cancel.
2. *Votes.* Where the city already holds the same kind, differences between neighbouring points vote for a
   displacement in a 20 m raster; a clear winner away from zero is a displacement, whatever its cause.

3. *Open ground.* Sites are few, so that neither of these can speak where the city holds none yet: see
`gis.compute.crs.open_ground`.

Features far from the city's own layers say nothing; where nothing speaks, or a file that lay off could not
be told from this one, the verdict says so: no finding never means "tested and right" by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from scipy.spatial import cKDTree

from gis.compute.crs.open_ground import fit_open_ground, is_set_right
from gis.compute.crs.shifted import Floats, Pair, from_bd09, from_gcj02, to_bd09, to_gcj02
from gis.compute.crs.systems import BD09, GCJ02, STORAGE_EPSG, to_metric

Flags: TypeAlias = npt.NDArray[np.bool_]

_SAMPLE = 2000
_POINTS_PER_FEATURE = 4
_NEIGHBOURS = (("streets", "communities"), ("barriers", "communities"), ("communities", "streets"))
_COLLECTION = 7  # shapely's type number
# Drawn linework of one street differs by a few metres between surveys; 10 m still tells 50 m apart.
_LINE_TOLERANCE_M = 10.0
_POINT_TOLERANCE_M = 25.0
# McNemar: 4 sigma, and at least this many features set right, before a file is called displaced.
_LEAST_Z = 4.0
_LEAST_GAIN = 12
_LEAST_GAIN_SHARE = 0.04
# The right move mends nearly all it changes (0.85 and more on real data); chance mends about as many as it
# spoils.
_LEAST_MENDED_OF_CHANGED = 0.7
# BD-09 lies up to about 1,300 m off; votes are counted in this reach.
_VOTE_REACH_M = 1500.0
_VOTE_CELL_M = 20.0
_LEAST_VOTE_LEAD = 2.5
_LEAST_VOTE_SHARE = 0.25
DISPLACED_FROM_M = 50.0
_EXPLAINED_WITHIN_M = 40.0
# Degrees, about 1.5 km: a rough first choice, nothing is measured with it.
_NEAR_DEG = 0.015

_MOVES: dict[str, tuple[Callable[[npt.ArrayLike, npt.ArrayLike], Pair], str]] = {
    "is_gcj02": (from_gcj02, GCJ02),
    "is_bd09": (from_bd09, BD09),
    "was_unshifted_gcj02": (to_gcj02, GCJ02),
    "was_unshifted_bd09": (to_bd09, BD09),
}
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


def _moved(geometry: gpd.GeoSeries, move: Callable[[npt.ArrayLike, npt.ArrayLike], Pair]) -> gpd.GeoSeries:
    def apply(xy: Floats) -> Floats:
        return np.column_stack(move(xy[:, 0], xy[:, 1]))

    return gpd.GeoSeries(shapely.transform(geometry.values, apply), index=geometry.index, crs=STORAGE_EPSG)


def _has_linework(geometry: npt.NDArray[Any]) -> Flags:
    """True for lines and areas with a length; points and collections are looked at by their place alone."""
    return np.asarray(
        (shapely.get_dimensions(geometry) >= 1)
        & (shapely.get_type_id(geometry) != _COLLECTION)
        & (shapely.length(geometry) > 0)
    )


def _linework(geometry: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return np.asarray(shapely.line_merge([_as_lines(shape) for shape in geometry]), dtype=object)


def _as_lines(shape: Any) -> Any:
    return shapely.boundary(shape) if shapely.get_dimensions(shape) == 2 else shape


def _anchors(lines: npt.NDArray[Any]) -> Floats:
    """Four places per line, (n, 4, 2), spread evenly along its longest part."""
    single = np.array([_longest_part(line) for line in lines], dtype=object)
    steps = (np.arange(_POINTS_PER_FEATURE) + 0.5) / _POINTS_PER_FEATURE
    places = shapely.line_interpolate_point(single[:, None], steps[None, :], normalized=True)
    return np.stack([shapely.get_x(places), shapely.get_y(places)], axis=-1)


def _longest_part(line: Any) -> Any:
    parts = shapely.get_parts(line)
    return parts[np.argmax(shapely.length(parts))]


def _fit_same_kind(reference: npt.NDArray[Any]) -> Callable[[npt.NDArray[Any]], Flags]:
    """Fits when most of a line's or outline's places lie on linework the city holds, or a point lies at its
    place.

    Points are also at their place inside or beside an area, areas also around or beside a point.
    """
    drawn = _has_linework(reference)
    whole = shapely.STRtree(reference)
    point_reach_m = _LINE_TOLERANCE_M if drawn.any() else _POINT_TOLERANCE_M
    lines = shapely.STRtree(_linework(reference[drawn])) if drawn.any() else None
    points = shapely.STRtree(reference[~drawn]) if not drawn.all() else None

    def fits(geometry: npt.NDArray[Any]) -> Flags:
        result = np.zeros(len(geometry), dtype=bool)
        own_lines = _has_linework(geometry)
        result[~own_lines] = _is_near(whole, geometry[~own_lines], point_reach_m)
        if lines is not None and own_lines.any():
            places = _anchors(_linework(geometry[own_lines]))
            hits = _is_near(lines, shapely.points(places.reshape(-1, 2)), _LINE_TOLERANCE_M)
            result[own_lines] = hits.reshape(-1, _POINTS_PER_FEATURE).sum(axis=1) >= _POINTS_PER_FEATURE - 1
        if points is not None and own_lines.any():
            result[own_lines] |= _is_near(points, geometry[own_lines], _LINE_TOLERANCE_M)
        return result

    return fits


def _is_near(tree: shapely.STRtree, geometry: npt.NDArray[Any], reach_m: float) -> Flags:
    near = np.zeros(len(geometry), dtype=bool)
    if len(geometry):
        near[tree.query(geometry, predicate="dwithin", distance=reach_m)[0]] = True
    return near


def _fit_communities(reference: npt.NDArray[Any]) -> Callable[[npt.NDArray[Any]], Flags]:
    """Fits when a feature lies wholly inside one community."""
    tree = shapely.STRtree(reference)

    def fits(geometry: npt.NDArray[Any]) -> Flags:
        inside = np.zeros(len(geometry), dtype=bool)
        inside[tree.query(geometry, predicate="within")[0]] = True
        return inside

    return fits


def _fit_streets(reference: npt.NDArray[Any]) -> Callable[[npt.NDArray[Any]], Flags]:
    """Fits when no street crosses a footprint; near a street only, else it says nothing."""
    tree = shapely.STRtree(reference)

    def fits(geometry: npt.NDArray[Any]) -> Flags:
        free = np.ones(len(geometry), dtype=bool)
        free[tree.query(geometry, predicate="intersects")[0]] = False
        return free

    return fits


def _witnesses(
    kind: str, references: Mapping[str, gpd.GeoDataFrame], lon: float
) -> list[Callable[[npt.NDArray[Any]], Flags]]:
    """The questions the city's layers can answer about a file of this kind."""
    metric: dict[str, npt.NDArray[Any]] = {}
    for name, frame in references.items():
        metric[name] = np.asarray(to_metric(frame.geometry, lon).values, dtype=object)
    asked: list[Callable[[npt.NDArray[Any]], Flags]] = []
    if kind in metric:
        asked.append(_fit_same_kind(metric[kind]))
    # Community lines run along streets, rivers and railways, so each is a witness for the other.
    for one, other in _NEIGHBOURS:
        if kind == one and other in metric:
            asked.append(_fit_same_kind(metric[other]))
    if "communities" in metric and kind in ("buildings", "compounds", "fitness_sites"):
        asked.append(_fit_communities(metric["communities"]))
    if "streets" in metric and kind in ("buildings", "compounds"):
        asked.append(_fit_streets(metric["streets"]))
    return asked


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
    witnesses = _witnesses(kind, held, lon)
    if not witnesses and not (kind == "fitness_sites" and "buildings" in held):
        return _silent()
    voted = _vote(held[kind], sample, lon) if kind in held else None
    best, plain, is_tested = _best_hypothesis(sample, witnesses, lon)
    if best is not None:
        east_m, north_m = _shift_m(sample, best.cause, lon)
        return _verdict(best.cause, east_m, north_m, plain, best.fits)
    if voted is not None and np.hypot(*voted) >= DISPLACED_FROM_M:
        return _verdict(_explanation(sample, voted, lon), voted[0], voted[1], plain, plain)
    if kind == "fitness_sites":
        on_ground = _on_open_ground(held, sample, lon)
        if on_ground.cause:
            east_m, north_m = _shift_m(sample, on_ground.cause, lon)
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
    for cause, (move, _) in _MOVES.items():
        right = places(_moved(sample.geometry, move))
        if is_set_right(fits, given, right):
            return _OnGround(cause, before, fits(right), True)
    away = places(_moved(sample.geometry, to_gcj02))
    return _OnGround("", before, before, is_set_right(fits, away, given))


def _best_hypothesis(
    sample: gpd.GeoDataFrame, witnesses: list[Callable[[npt.NDArray[Any]], Flags]], lon: float
) -> tuple[_Fit | None, Flags, bool]:
    """The move that sets clearly more features right than it spoils, the fits as given, and whether those of this
    file moved away as GCJ-02 would have been told from them.
    """

    def heard(geometry: gpd.GeoSeries) -> Flags:
        metric = np.asarray(to_metric(geometry, lon).values, dtype=object)
        return np.concatenate([np.zeros(0, dtype=bool), *(fits(metric) for fits in witnesses)])

    plain = heard(sample.geometry)
    moved = {cause: heard(_moved(sample.geometry, move)) for cause, (move, _) in _MOVES.items()}
    convincing = [fit for cause, after in moved.items() if _is_convincing(fit := _weigh(cause, plain, after))]
    # As if the file were true and had come as GCJ-02: the move away is that of `was_unshifted_gcj02`.
    is_tested = _is_convincing(_weigh("is_gcj02", moved["was_unshifted_gcj02"], plain))
    return (max(convincing, key=lambda fit: fit.gain) if convincing else None), plain, is_tested


def _weigh(cause: str, before: Flags, after: Flags) -> _Fit:
    mended, spoilt = int((after & ~before).sum()), int((before & ~after).sum())
    z = (mended - spoilt) / max(np.sqrt(mended + spoilt), 1.0)
    return _Fit(cause, after, mended - spoilt, float(z), mended / max(mended + spoilt, 1))


def _is_convincing(fit: _Fit) -> bool:
    if fit.z < _LEAST_Z or fit.mended_of_changed < _LEAST_MENDED_OF_CHANGED:
        return False
    return fit.gain >= max(_LEAST_GAIN, _LEAST_GAIN_SHARE * len(fit.fits))


def _shift_m(sample: gpd.GeoDataFrame, cause: str, lon: float) -> tuple[float, float]:
    """How far east and north the file lies of where the hypothesis would put it, in metres."""
    west, south, east, north = sample.total_bounds
    middle = gpd.GeoSeries([shapely.Point((west + east) / 2, (south + north) / 2)], crs=STORAGE_EPSG)
    given = to_metric(middle, lon).iloc[0]
    right = to_metric(_moved(middle, _MOVES[cause][0]), lon).iloc[0]
    return float(given.x - right.x), float(given.y - right.y)


def _vote(reference: gpd.GeoDataFrame, sample: gpd.GeoDataFrame, lon: float) -> tuple[float, float] | None:
    """The displacement most neighbouring pairs agree on, or None without a clear winner."""
    held = _centres(to_metric(reference.geometry, lon))
    given = _centres(to_metric(sample.geometry, lon))
    pairs = cKDTree(given).query_ball_tree(cKDTree(held), r=_VOTE_REACH_M)
    differences = [given[row] - held[found] for row, found in enumerate(pairs) if found]
    if len(differences) < _LEAST_GAIN:
        return None
    moves = np.vstack(differences)
    edges = np.arange(-_VOTE_REACH_M, _VOTE_REACH_M + _VOTE_CELL_M, _VOTE_CELL_M)
    votes, _, _ = np.histogram2d(moves[:, 0], moves[:, 1], bins=(edges, edges))
    blurred = sum(np.roll(votes, (i, j), axis=(0, 1)) for i in (-1, 0, 1) for j in (-1, 0, 1))
    votes = np.asarray(blurred)
    peak = np.unravel_index(int(np.argmax(votes)), votes.shape)
    centre = np.array([edges[peak[0]], edges[peak[1]]]) + _VOTE_CELL_M / 2
    near = moves[np.abs(moves - centre).max(axis=1) <= 1.5 * _VOTE_CELL_M]
    rivals = votes[np.abs(np.arange(len(votes)) - peak[0]) > 4]
    clear = votes[peak] >= _LEAST_VOTE_LEAD * max(float(rivals.max()), 1.0)
    if not clear or len(near) < max(_LEAST_GAIN, _LEAST_VOTE_SHARE * len(given)):
        return None
    return float(np.median(near[:, 0])), float(np.median(near[:, 1]))


def _centres(geometry: gpd.GeoSeries) -> Floats:
    centre = shapely.centroid(np.asarray(geometry.values, dtype=object))
    xy: Floats = np.column_stack([shapely.get_x(centre), shapely.get_y(centre)])
    if len(xy) <= 4 * _SAMPLE:
        return xy
    chosen = np.linspace(0, len(xy) - 1, 4 * _SAMPLE).astype(int)
    return np.asarray(xy[chosen], dtype=np.float64)


def _explanation(sample: gpd.GeoDataFrame, voted: tuple[float, float], lon: float) -> str:
    """The hypothesis whose shift at this place equals the voted one within 40 m, or `unexplained`."""
    for cause in _MOVES:
        east_m, north_m = _shift_m(sample, cause, lon)
        if np.hypot(voted[0] - east_m, voted[1] - north_m) <= _EXPLAINED_WITHIN_M:
            return cause
    return "unexplained"


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
        system=("EPSG:4490" if cause.startswith("was_") else _MOVES[cause][1]) if cause in _MOVES else "",
        compared=len(before),
        share_before=float(before.mean()),
        share_after=float(after.mean()),
        zh=f"数据相对本市已有图层整体偏移约{distance_m:.0f}米（{where_zh}）：{zh_cause}",
        en=f"the data lie about {distance_m:.0f} m off the city's own layers ({where_en}): {en_cause}",
    )
