"""Coordinate systems of Chinese cities: names, detection, storage, displaced files."""

from gis.compute.crs.control import ControlPoint, ControlVerdict, check_control_point
from gis.compute.crs.detect import CHINA, Detection, Extent, coordinate_classes, detect_system, in_extent
from gis.compute.crs.offset import OffsetVerdict, offset_against
from gis.compute.crs.shifted import (
    bd09_from_gcj02,
    from_bd09,
    from_gcj02,
    gcj02_shift_deg,
    to_bd09,
    to_gcj02,
)
from gis.compute.crs.systems import (
    BD09,
    GCJ02,
    STORAGE_EPSG,
    CoordinateSystem,
    canonical,
    lon_lat,
    parse_system,
    system_of,
    to_metric,
    to_storage,
    zone_for,
)

__all__ = [
    "BD09",
    "CHINA",
    "GCJ02",
    "STORAGE_EPSG",
    "ControlPoint",
    "ControlVerdict",
    "CoordinateSystem",
    "Detection",
    "Extent",
    "OffsetVerdict",
    "bd09_from_gcj02",
    "canonical",
    "check_control_point",
    "coordinate_classes",
    "detect_system",
    "from_bd09",
    "from_gcj02",
    "gcj02_shift_deg",
    "in_extent",
    "lon_lat",
    "offset_against",
    "parse_system",
    "system_of",
    "to_bd09",
    "to_gcj02",
    "to_metric",
    "to_storage",
    "zone_for",
]
