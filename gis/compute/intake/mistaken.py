"""Does a file hold another kind of layer than it was given as? Told by its shapes, columns and words.

Only what no layer of the expected kind can look like is called a mistake: a row of buildings covers some hundred
square metres and a community some hundred thousand, so the two are told apart by their median area alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import shapely

from gis.compute.crs import to_metric
from gis.compute.intake.findings import Finding
from gis.compute.intake.kinds import KINDS, LayerKind
from gis.compute.intake.tables import normal_name

_DIMENSION = {
    "Point": 0, "MultiPoint": 0, "LineString": 1, "MultiLineString": 1, "Polygon": 2, "MultiPolygon": 2,
}  # fmt: skip
# Real medians: buildings 460–1,100 m², compounds 36,000 m², communities above 100,000 m².
_COMMUNITY_IS_ABOVE_M2 = 3_000.0
_BUILDING_IS_BELOW_M2 = 40_000.0
_FEW = 8
_NEARLY_ALL = 0.9
_MOST = 0.5
Look = tuple[str, str, str]  # what it looks like, and why in Chinese and in English
_OF_BUILDINGS = ("households", "floors", "height_m")
_EVERYDAY_STREETS = frozenset(
    {
        "residential", "service", "tertiary", "secondary", "unclassified", "footway", "path", "pedestrian",
        "cycleway", "livingstreet", "steps", "track", "支路", "次干路", "街坊路", "小路", "村道", "乡道", "县道",
    }
)  # fmt: skip
_LOOKS = {
    "buildings": ("楼栋", "buildings"),
    "communities": ("社区", "communities"),
    "lines": ("道路或阻隔等线状图层", "streets, barriers or other lines"),
    "points": ("站点等点状图层", "sites or other points"),
    "areas": ("楼栋、社区等面状图层", "buildings, communities or other areas"),
    "streets": ("道路", "streets"),
    "barriers": ("阻隔（河流、铁路）", "barriers such as rivers and railways"),
}


def check_kind(
    drawn: gpd.GeoSeries, findings: Sequence[Finding], columns: Sequence[str], kind: LayerKind
) -> list[Finding]:
    """One error `LAYER_MISTAKEN` when the file can hardly be of this kind, with what it looks like in `looks_like`.

    `drawn`: its sound shapes, storage CRS; `findings`: what is wrong with its rows; `columns`: those of the file.
    """
    found = (
        _by_type(len(drawn), findings)
        or _by_area(drawn, kind)
        or _by_columns(columns, kind)
        or _by_words(len(drawn), findings, kind)
    )
    return [] if found is None else [_mistaken(found, kind)]


def check_streets(road_classes: Sequence[str], kind: LayerKind) -> list[Finding]:
    """The same error for streets whose classes are waters and railways."""
    words = [normal_name(word) for word in road_classes if word]
    choices = next(spec.choices for spec in KINDS["barriers"].fields if spec.name == "barrier_kind")
    known = {*choices["water"], *choices["rail"]}
    foreign = sorted({word for word in words if word in known})
    if kind.name != "streets" or not foreign:
        return []
    if sum(word in known for word in words) < _NEARLY_ALL * len(road_classes):
        return []
    shown = "、".join(foreign[:3])
    return [_mistaken(("barriers", f"类型为{shown}", f"they are of kind {shown}"), kind)]


def _mistaken(found: Look, kind: LayerKind) -> Finding:
    looks_like, why_zh, why_en = found
    zh, en = _LOOKS[looks_like]
    return Finding(
        "LAYER_MISTAKEN",
        zh=f"这里应是“{kind.zh}”，文件看起来却是{zh}：{why_zh}",
        en=f"{kind.name} are expected here, but the file looks like {en}: {why_en}",
        remedy_zh="请核对文件是否选错、是否与另一个文件对调了",
        remedy_en="check whether this is the wrong file, or was swapped with another",
        field="kind",
        facts={"expected": kind.name, "looks_like": looks_like},
    )


def _by_type(sound: int, findings: Sequence[Finding]) -> Look | None:
    """Nearly every row has a type that the kind cannot have."""
    found = Counter(
        _DIMENSION.get(str(finding.facts["found"])) for finding in findings if finding.code == "GEOMETRY_TYPE"
    )
    if not found or sum(found.values()) < _NEARLY_ALL * (sum(found.values()) + sound):
        return None
    dimension, count = found.most_common(1)[0]
    if dimension is None:
        return None
    zh, en = (("点", "points"), ("线", "lines"), ("面", "polygons"))[dimension]
    return ("points", "lines", "areas")[dimension], f"{count}个要素是{zh}", f"{count} features are {en}"


def _by_area(drawn: gpd.GeoSeries, kind: LayerKind) -> Look | None:
    """Communities of a house's size, houses of a community's size."""
    if kind.name not in ("communities", "buildings"):
        return None
    flat = drawn[shapely.get_dimensions(np.asarray(drawn.values, dtype=object)) == 2]
    if len(flat) == 0 or len(flat) < _NEARLY_ALL * len(drawn):
        return None
    median_m2 = float(to_metric(flat).area.median())
    is_houses = kind.name == "communities" and median_m2 < _COMMUNITY_IS_ABOVE_M2 and len(flat) >= _FEW
    is_ground = kind.name == "buildings" and median_m2 > _BUILDING_IS_BELOW_M2
    if not (is_houses or is_ground):
        return None
    return (
        "buildings" if is_houses else "communities",
        f"{len(flat)}个面，面积中位数{median_m2:,.0f}平方米",
        f"{len(flat)} polygons with a median area of {median_m2:,.0f} m²",
    )


def _by_columns(columns: Sequence[str], kind: LayerKind) -> Look | None:
    """Sites or barriers with households or floors are buildings."""
    if kind.name not in ("fitness_sites", "barriers", "streets"):
        return None
    names = {normal_name(column): column for column in columns}
    known = [
        names[synonym]
        for spec in KINDS["buildings"].fields if spec.name in _OF_BUILDINGS
        for synonym in spec.synonyms if synonym in names
    ]  # fmt: skip
    if not {"households", "户数", "层数", "floors"} & {normal_name(column) for column in known}:
        return None
    return "buildings", f"有“{'、'.join(known)}”列", f"it has the column {', '.join(known)}"


def _by_words(sound: int, findings: Sequence[Finding], kind: LayerKind) -> Look | None:
    """Barriers whose kinds are the classes of everyday streets."""
    if kind.name != "barriers":
        return None
    words = [
        normal_name(str(finding.facts.get("value", "")))
        for finding in findings if finding.code == "BARRIER_KIND_UNKNOWN"
    ]  # fmt: skip
    roads = [word for word in words if word in _EVERYDAY_STREETS]
    if len(roads) <= _MOST * max(sound, len(words)) or len(roads) < _FEW:
        return None
    shown = "、".join(sorted(set(roads))[:3])
    return "streets", f"类型多为{shown}", f"most are of kind {shown}"
