"""What the city's own layers say about a file: which of its features lie as such features lie beside them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from gis.compute.crs.shifted import Floats
from gis.compute.crs.systems import to_metric

Flags: TypeAlias = npt.NDArray[np.bool_]
Witness: TypeAlias = Callable[[npt.NDArray[Any]], Flags]

_POINTS_PER_FEATURE = 4
_NEIGHBOURS = (("streets", "communities"), ("barriers", "communities"), ("communities", "streets"))
_COLLECTION = 7  # shapely's type number
# Drawn linework of one street differs by a few metres between surveys; 10 m still tells 50 m apart.
_LINE_TOLERANCE_M = 10.0
_POINT_TOLERANCE_M = 25.0


def witnesses_of(kind: str, references: Mapping[str, gpd.GeoDataFrame], lon: float) -> list[Witness]:
    """The questions the city's layers can answer about a file of this kind.

    `references` maps kinds to storage frames (EPSG:4490 lon-lat); `lon` is the middle of the file. Each answers for
    shapes in metres around that longitude: whether they lie as they should.
    """
    metric: dict[str, npt.NDArray[Any]] = {}
    for name, frame in references.items():
        metric[name] = np.asarray(to_metric(frame.geometry, lon).values, dtype=object)
    asked: list[Witness] = []
    if kind in metric:
        asked.append(_fit_same_kind(metric[kind]))
    # Community lines run along streets, rivers and railways, so each is a witness for the other.
    for one, other in _NEIGHBOURS:
        if kind == one and other in metric:
            asked.append(_fit_same_kind(metric[other]))
    if "communities" in metric and kind in ("buildings", "compounds", "fitness_sites"):
        asked.append(_fit_by(metric["communities"], "within", is_met=True))
    if "streets" in metric and kind in ("buildings", "compounds"):
        # No street crosses a footprint that lies right.
        asked.append(_fit_by(metric["streets"], "intersects", is_met=False))
    return asked


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


def _fit_same_kind(reference: npt.NDArray[Any]) -> Witness:
    """Fits when most of a line's or outline's places lie on linework the city holds, or a point lies at its place.

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


def _fit_by(reference: npt.NDArray[Any], predicate: str, *, is_met: bool) -> Witness:
    """Fits when a feature stands so (shapely's predicate) to one of these shapes; to none, where `is_met` is false."""
    tree = shapely.STRtree(reference)

    def fits(geometry: npt.NDArray[Any]) -> Flags:
        found = np.full(len(geometry), not is_met)
        found[tree.query(geometry, predicate=predicate)[0]] = is_met
        return found

    return fits
