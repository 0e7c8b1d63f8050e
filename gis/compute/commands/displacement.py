"""A file that lies beside the others as a shifted datum would put it is refused with the option that mends it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import geopandas as gpd
import numpy as np
import shapely

from gis.compute.commands.layer import Layer
from gis.compute.crs import BD09, GCJ02, OffsetVerdict, lon_lat, offset_against, parse_system
from gis.compute.intake import Intake, Provenance
from gis.compute.refusal import InputRefused

# So many of the rows must come to lie inside, and so many must not have done so, before a system is proposed.
_NEARLY_ALL, _MANY = 0.9, 0.2


def check_place(intake: Intake, communities: gpd.GeoDataFrame | None) -> None:
    """Raise InputRefused("LAYER_OFFSET") where a file as a whole lies beside the communities it should lie in.

    All its sound rows are heard, also those outside, which show it best. `communities`: storage CRS, None where
    nothing is to be compared. What was declared is believed as long as every row lies in a community.
    """
    is_outside = any(error.code == "OUTSIDE_COMMUNITIES" for error in intake.errors)
    if communities is None or intake.drawn.empty or (intake.provenance.crs_declared and not is_outside):
        return
    verdict = offset_against({"communities": communities}, intake.drawn.to_frame("geometry"), intake.kind)
    if verdict.is_displaced and verdict.system:
        raise _displaced(verdict, intake.kind, intake.provenance, ("communities",))
    if is_outside:
        _check_few(intake, communities)


def check_displacement(
    layers: Mapping[str, Layer], beside: Mapping[str, Layer] | None = None
) -> dict[str, Layer]:
    """Raise InputRefused("LAYER_OFFSET") where a layer lies off against the others as GCJ-02 or BD-09 would.

    `layers`: kind → layer, storage CRS; `beside`: others that were checked before. A layer whose system was declared
    has been read with it already. Returns the layers; sites that are too few to tell bear a note that says so.
    """
    frames = {kind: layer.frame for kind, layer in {**(beside or {}), **layers}.items()}
    checked = dict(layers)
    for kind, layer in layers.items():
        if kind == "communities" or any(source.crs_declared for source in layer.sources):
            continue
        others = {name: frame for name, frame in frames.items() if name != kind}
        verdict = offset_against(others, layer.frame[["geometry"]], kind)
        if verdict.is_displaced and verdict.system and layer.sources:
            raise _displaced(verdict, kind, layer.sources[0], _at_fault(frames, kind, verdict))
        if kind == "fitness_sites" and not verdict.is_tested:
            checked[kind] = replace(layer, notes=(*layer.notes, _untested(layer)))
    return checked


def _at_fault(frames: Mapping[str, gpd.GeoDataFrame], kind: str, verdict: OffsetVerdict) -> tuple[str, ...]:
    """The others against which by themselves the layer lies off; all of them where none tells alone."""
    others = {name: frame for name, frame in frames.items() if name != kind}
    mine = frames[kind][["geometry"]]
    found = tuple(
        name
        for name, frame in others.items()
        if offset_against({name: frame}, mine, kind).cause == verdict.cause
    )
    return found or tuple(others)


def _untested(layer: Layer) -> tuple[str, str]:
    names = "、".join(source.file_name for source in layer.sources)
    return (
        f"{names}：无法核对站点坐标是否整体偏移；取自高德、腾讯、百度地图的请声明 --crs sites=GCJ-02 或 --crs sites=BD-09",
        f"{names}: it could not be tested whether the sites lie off; points from Amap, Tencent or Baidu want "
        "--crs sites=GCJ-02 or --crs sites=BD-09",
    )


def _displaced(verdict: OffsetVerdict, kind: str, source: Provenance, others: Sequence[str]) -> InputRefused:
    """The refusal with both ways out: the file's system is declared, or that of what it was compared with."""
    facts = {"dx_m": round(verdict.dx_m), "dy_m": round(verdict.dy_m), "cause": verdict.cause}
    was_shifted = source.crs_used in (GCJ02, BD09)
    if verdict.cause.startswith("was_unshifted") and not was_shifted:
        # Nobody corrected this file, so it is the others that are shifted.
        other = BD09 if verdict.cause.endswith("bd09") else GCJ02
        distance_m = float(np.hypot(verdict.dx_m, verdict.dy_m))
        declared = " ".join(f"--crs {_called(name)}={other}" for name in others)
        return InputRefused(
            "LAYER_OFFSET",
            zh=f"{source.file_name}：与其他图层整体相差约{distance_m:.0f}米，其他图层像是{other}坐标",
            en=f"{source.file_name}: lies about {distance_m:.0f} m off the other layers, which look like {other}",
            remedy_zh=f"请声明其他图层的坐标系：{declared}；若确认无误：--crs {_called(kind)}=EPSG:4490",
            remedy_en=f"declare the others: {declared}; if all is right: --crs {_called(kind)}=EPSG:4490",
            field="crs",
            facts={**facts, "declare": other, "others": list(others)},
        )
    # A system that was declared, and wrongly, is believed only where what lies outside is left out.
    otherwise = f"{source.crs_used} --outside leave-out" if was_shifted else "EPSG:4490"
    return InputRefused(
        "LAYER_OFFSET",
        zh=f"{source.file_name}：{verdict.zh}",
        en=f"{source.file_name}: {verdict.en}",
        remedy_zh=f"请声明坐标系：--crs {_called(kind)}={verdict.system}；若确认无误：--crs {_called(kind)}={otherwise}",
        remedy_en=f"declare it: --crs {_called(kind)}={verdict.system}; if it is right: --crs {_called(kind)}={otherwise}",
        field="crs",
        facts={**facts, "declare": verdict.system},
    )


def _called(kind: str) -> str:
    """A kind as the options call it."""
    return "sites" if kind == "fitness_sites" else kind


# ---- Few rows ---------------------------------------------------------------------------------------------


def _check_few(intake: Intake, communities: gpd.GeoDataFrame) -> None:
    """Too few rows for a proof: a system is proposed when read in it nearly all rows would lie in communities."""
    spots = shapely.point_on_surface(np.asarray(intake.drawn.values, dtype=object))
    xy = np.column_stack([shapely.get_x(spots), shapely.get_y(spots)])
    rings = shapely.STRtree(np.asarray(communities.geometry.values, dtype=object))
    given = _share_inside(xy, rings)
    shares = {name: _share_inside(lon_lat(xy, parse_system(name)), rings) for name in (GCJ02, BD09)}
    best = max(shares, key=lambda name: shares[name])
    if intake.provenance.crs_used in shares or shares[best] < _NEARLY_ALL or given > shares[best] - _MANY:
        return
    name, kind = intake.provenance.file_name, intake.kind
    raise InputRefused(
        "LAYER_OFFSET",
        zh=f"{name}：{1 - given:.0%}的行不在任何社区内，按{best}读取则{shares[best]:.0%}落在社区内，"
        f"坐标很可能是{best}（偏移300–1300米）",
        en=f"{name}: {1 - given:.0%} of the rows lie in no community; read as {best}, {shares[best]:.0%} lie in one: "
        f"the coordinates are probably {best} (300–1300 m off)",
        remedy_zh=f"请声明坐标系：--crs {kind}={best}；若坐标无误：--crs {kind}=EPSG:4490 --outside leave-out",
        remedy_en=f"declare it: --crs {kind}={best}; if they are right: --crs {kind}=EPSG:4490 --outside leave-out",
        field="crs",
        facts={"declare": best, "inside": round(given, 3), "inside_as_declared": round(shares[best], 3)},
    )


def _share_inside(xy: np.ndarray, rings: shapely.STRtree) -> float:
    found = rings.query(shapely.points(xy), predicate="intersects")[0]
    return len(np.unique(found)) / max(len(xy), 1)
