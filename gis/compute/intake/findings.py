"""What an intake reports: findings with row, field, place and remedy, and where the data came from."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd

from gis.compute.crs import STORAGE_EPSG
from gis.compute.refusal import InputRefused


@dataclass(frozen=True)
class Finding:
    """One thing wrong (an error refuses the file) or worth knowing (a warning) in one row or in the whole
    file.

    `row` is 1-based: a feature's position, or a spreadsheet's own row number, header included. `place` is
    lon-lat.
    """

    code: str
    zh: str
    en: str
    remedy_zh: str = ""
    remedy_en: str = ""
    row: int | None = None
    field: str | None = None
    place: tuple[float, float] | None = None
    facts: Mapping[str, object] = dataclasses.field(default_factory=dict)

    def as_refusal(self) -> InputRefused:
        """The same finding as an exception, where nothing else can be read."""
        return InputRefused(
            self.code,
            zh=self.zh,
            en=self.en,
            remedy_zh=self.remedy_zh,
            remedy_en=self.remedy_en,
            row=self.row,
            field=self.field,
            place=self.place,
            facts=dict(self.facts),
        )


def finding_of(refused: InputRefused) -> Finding:
    """The refusal of a whole file as a finding like any other."""
    return Finding(
        refused.code,
        zh=refused.zh,
        en=refused.en,
        remedy_zh=refused.remedy_zh,
        remedy_en=refused.remedy_en,
        row=refused.row,
        field=refused.field,
        place=refused.place,
        facts=refused.facts,
    )


@dataclass(frozen=True)
class Provenance:
    """Where a layer came from and how it was read; kept with every import.

    `crs_label` is what the file says of itself, `crs_declared` what the person said, `crs_used` what it was
    read with; `ignored_columns` are the file's columns no field wanted.
    """

    file_name: str
    sha256: str
    size_bytes: int
    format: str
    layer: str
    encoding: str
    crs_label: str
    crs_declared: str
    crs_used: str
    axes_swapped: bool
    source_rows: int
    repaired_rows: int
    ignored_columns: tuple[str, ...]


@dataclass(frozen=True)
class Intake:
    """A file read: the good rows, every error, every warning.

    `frame` is in EPSG:4490 lon-lat through the write gate, with the fields of the kind as columns (all of
    them, missing ones empty), `row` (source row) and `geometry`. It holds only rows without errors; a file
    with errors must not be stored. `drawn` holds the geometry of every row that has a sound one in the city's
    reach, also of rows outside the communities or with other faults: it shows where the file as a whole lies.
    """

    kind: str
    frame: gpd.GeoDataFrame
    errors: tuple[Finding, ...]
    warnings: tuple[Finding, ...]
    provenance: Provenance
    drawn: gpd.GeoSeries = dataclasses.field(default_factory=lambda: gpd.GeoSeries([], crs=STORAGE_EPSG))

    @property
    def is_accepted(self) -> bool:
        """True when nothing stands against storing the file."""
        return not self.errors
