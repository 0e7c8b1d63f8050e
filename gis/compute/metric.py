"""Guards against measuring degrees as if they were metres."""

from __future__ import annotations

import geopandas as gpd

from gis.compute.refusal import InputRefused


def require_metric(frame: gpd.GeoDataFrame | gpd.GeoSeries) -> None:
    """Raise `InputRefused("DEGREES_NOT_METRES")` unless the frame's CRS is projected and in metres."""
    crs = frame.crs
    if crs is not None and crs.is_projected and all(axis.unit_name == "metre" for axis in crs.axis_info):
        return
    name = "none" if crs is None else crs.to_string()
    raise InputRefused(
        "DEGREES_NOT_METRES",
        zh=f"坐标系为 {name}，不能按米量算",
        en=f"the coordinate system is {name}; lengths and areas need metres",
        remedy_zh="请先转换到本市的高斯-克吕格投影带",
        remedy_en="convert to the city's Gauss-Krüger zone first",
        facts={"crs": name},
    )
