"""What the city's households come to once a file is in, and the refusal when they cannot."""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import pandas as pd

from gis.compute.intake import Finding
from gis.layers.models import LayerImport
from gis.layers.queries.features import stand_ins
from gis.layers.queries.frames import community_frames
from gis.layers.services.counting import Counted, count_households, recount, together

COUNTING = ("use", "floors", "height_m", "given_households", "stands_for_id", "geometry")


class FileRefused(Exception):
    """Findings that came up only while the file was being fitted in; the transaction is rolled back."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__(f"{len(findings)} findings")
        self.findings = list(findings)


def recounted(
    layer_import: LayerImport, counts: dict[str, int], metric_crs: str
) -> tuple[dict[str, int], list[Finding]]:
    """The counts with those of the city counted anew, and warnings; raises `FileRefused`."""
    counted = recount(layer_import, metric_crs)
    if counted.errors:
        raise FileRefused(counted.errors)
    standing = {"stand_ins": stand_ins().count()}
    return {**counts, **standing, **household_counts(counted.frame)}, counted.warnings


def counted_together(parts: Sequence[gpd.GeoDataFrame], metric_crs: str) -> Counted:
    """The households of buildings that come together; raises `FileRefused`."""
    found = count_households(together(parts, COUNTING), community_frames(), metric_crs)
    if found.errors:
        raise FileRefused(found.errors)
    return found


def household_counts(frame: pd.DataFrame) -> dict[str, int]:
    """How many households stand in the city and how many in no community."""
    unplaced = frame[frame["community_id"].isna()]
    return {
        "households": int(frame["households"].sum()),
        "unplaced": int((unplaced["households"] > 0).sum()),
        "unplaced_households": int(unplaced["households"].sum()),
    }
