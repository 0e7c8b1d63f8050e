"""A file that lies beside the others as a shifted datum would put it is refused with the option that mends it."""

from __future__ import annotations

from collections.abc import Mapping

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
        raise _displaced(verdict, intake.kind, intake.provenance)
    if is_outside:
        _check_few(intake, communities)


def check_displacement(layers: Mapping[str, Layer]) -> None:
    """Raise InputRefused("LAYER_OFFSET") where a layer lies off against the others as GCJ-02 or BD-09 would.

    `layers`: kind → layer, storage CRS. A layer whose system was declared has been read with it already.
    """
    frames = {kind: layer.frame for kind, layer in layers.items()}
    for kind, layer in layers.items():
        if kind == "communities" or any(source.crs_declared for source in layer.sources):
            continue
        others = {name: frame for name, frame in frames.items() if name != kind}
        verdict = offset_against(others, layer.frame[["geometry"]], kind)
        if verdict.is_displaced and verdict.system and layer.sources:
            raise _displaced(verdict, kind, layer.sources[0])


def _displaced(verdict: OffsetVerdict, kind: str, source: Provenance) -> InputRefused:
    """The refusal with both ways out: the file's system is declared, or that of what it was compared with."""
    facts = {"dx_m": round(verdict.dx_m), "dy_m": round(verdict.dy_m), "cause": verdict.cause}
    was_shifted = source.crs_used in (GCJ02, BD09)
    if verdict.cause.startswith("was_unshifted") and not was_shifted:
        # Nobody corrected this file, so it is the others that are shifted.
        other = BD09 if verdict.cause.endswith("bd09") else GCJ02
        distance_m = float(np.hypot(verdict.dx_m, verdict.dy_m))
        return InputRefused(
            "LAYER_OFFSET",
            zh=f"{source.file_name}：与其他图层整体相差约{distance_m:.0f}米，其他图层像是{other}坐标",
            en=f"{source.file_name}: lies about {distance_m:.0f} m off the other layers, which look like {other}",
            remedy_zh=f"请声明社区等图层的坐标系：--crs communities={other}；若确认无误：--crs {kind}=EPSG:4490",
            remedy_en=f"declare the others: --crs communities={other}; if all is right: --crs {kind}=EPSG:4490",
            field="crs",
            facts={**facts, "declare": other},
        )
    return InputRefused(
        "LAYER_OFFSET",
        zh=f"{source.file_name}：{verdict.zh}",
        en=f"{source.file_name}: {verdict.en}",
        remedy_zh=f"请声明坐标系：--crs {kind}={verdict.system}；若确认无误：--crs {kind}=EPSG:4490",
        remedy_en=f"declare it: --crs {kind}={verdict.system}; if it is right: --crs {kind}=EPSG:4490",
        field="crs",
        facts={**facts, "declare": verdict.system},
    )


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
