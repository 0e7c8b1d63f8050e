"""Intake of map layers: any file a bureau sends becomes a clean frame, or a list of what to mend.

`read_layer` is the one way in. It raises `InputRefused` when the file cannot be read at all; otherwise it
returns an `Intake` with every row's errors and warnings. Nothing is measured in degrees and nothing is
written.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from gis.compute.crs import STORAGE_EPSG, Extent, to_storage
from gis.compute.intake.archives import DEFAULT_LIMITS, MEGABYTE, ArchiveLimits
from gis.compute.intake.checks import (
    areas_to_points,
    check_geometry,
    check_inside,
    check_overlaps,
)
from gis.compute.intake.columns import read_fields
from gis.compute.intake.findings import Finding, Intake, Provenance
from gis.compute.intake.formats import RawLayer, read_raw
from gis.compute.intake.kinds import KINDS, FieldSpec, LayerKind, ValueType
from gis.compute.intake.mended import pointless_warning, repaired_warning
from gis.compute.intake.mistaken import check_kind, check_streets
from gis.compute.intake.placing import astray_rows, decide_system, feature_middles
from gis.compute.intake.repeats import check_repeats, left_out_repeats
from gis.compute.refusal import InputRefused

__all__ = [
    "KINDS",
    "FieldSpec",
    "Finding",
    "Intake",
    "IntakeOptions",
    "LayerKind",
    "Provenance",
    "ValueType",
    "file_digest",
    "read_layer",
]

_HASH_CHUNK_BYTES = 1 << 20
_KINDS_INSIDE_COMMUNITIES = ("buildings", "compounds")


@dataclass(frozen=True)
class IntakeOptions:
    """How a file is to be read.

    `declared_crs` is what the person said ("" or `auto`: find out); `layer` one of several layers; `columns`
    field → column where the names do not tell; `extent` where the city lies (lon-lat); `communities` those
    the city holds (storage CRS, with `name` and `code`): buildings must lie in one, and added communities
    must not overlap them; `repair` mends rings; `leave_out_outside` drops, with a warning, what lies in no
    community; with `any_codes` codes of communities need not have 12 digits.
    """

    declared_crs: str = ""
    layer: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    extent: Extent | None = None
    communities: gpd.GeoDataFrame | None = None
    repair: bool = False
    keep_first_of_repeats: bool = False
    leave_out_outside: bool = False
    any_codes: bool = False
    most_bytes: int = 200 * MEGABYTE
    archive_limits: ArchiveLimits = DEFAULT_LIMITS


def file_digest(path: Path) -> str:
    """SHA-256 of a file's bytes, by which the same file is known again."""
    digest = hashlib.sha256()
    with path.open("rb") as source:
        while chunk := source.read(_HASH_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def read_layer(
    path: Path, kind: str, options: IntakeOptions | None = None, *, file_name: str | None = None
) -> Intake:
    """Read one layer of a kind from a file.

    `file_name` is the name the person gave it (default: the path's). Raises `InputRefused` with a code when
    the file as a whole is unusable: `FILE_TOO_LARGE`, `FILE_EMPTY`, `FORMAT_UNKNOWN`, `FILE_BROKEN`,
    `ARCHIVE_*`, `LAYER_*`, `NO_FEATURES`, `MOJIBAKE`, `CRS_*`, `COORDINATE_COLUMNS_MISSING`.
    """
    options = options or IntakeOptions()
    spec = _without_patterns(_kind(kind)) if options.any_codes else _kind(kind)
    name = file_name or path.name
    _check_size(path, options.most_bytes)
    with tempfile.TemporaryDirectory(prefix="intake-") as scratch:
        raw = read_raw(_working_copy(path, name, Path(scratch)), name, spec, options.layer, Path(scratch))
    return _understood(raw, spec, options, path=path, name=name)


def _kind(kind: str) -> LayerKind:
    if kind not in KINDS:
        raise InputRefused(
            "LAYER_KIND_UNKNOWN",
            zh=f"没有“{kind}”这种图层",
            en=f"there is no layer kind “{kind}”",
            remedy_zh=f"可用：{'、'.join(KINDS)}",
            remedy_en=f"use one of: {', '.join(KINDS)}",
            field="kind",
        )
    return KINDS[kind]


def _without_patterns(kind: LayerKind) -> LayerKind:
    return replace(kind, fields=tuple(replace(spec, pattern="") for spec in kind.fields))


def _check_size(path: Path, most_bytes: int) -> None:
    size = path.stat().st_size
    if size >= most_bytes:
        raise InputRefused(
            "FILE_TOO_LARGE",
            zh=f"文件大小{size / MEGABYTE:.0f}MB，上限{most_bytes / MEGABYTE:.0f}MB",
            en=f"the file has {size / MEGABYTE:.0f} MB; the limit is {most_bytes / MEGABYTE:.0f} MB",
            remedy_zh="请按区县拆分后分别导入，或压缩为ZIP",
            remedy_en="split it by county and import the parts, or pack it as ZIP",
            facts={"size_bytes": size, "most_bytes": most_bytes},
        )


def _working_copy(path: Path, name: str, scratch: Path) -> Path:
    """The file under a plain name with its own suffix: GDAL chooses drivers by suffix, and GBK JSON is
    rewritten.

    A link where the file is only read; a copy where it may be rewritten.
    """
    suffix = Path(name).suffix.lower()
    plain_suffix = suffix if suffix.isascii() and suffix[1:].isalnum() else ""
    target = scratch / f"upload{plain_suffix}"
    if plain_suffix in (".json", ".geojson"):
        target.write_bytes(path.read_bytes())
    else:
        target.symlink_to(path.resolve())
    return target


def _understood(raw: RawLayer, kind: LayerKind, options: IntakeOptions, *, path: Path, name: str) -> Intake:
    """The raw layer as an intake: placed, its fields read, its geometry checked."""
    given = np.asarray(raw.frame.geometry.values, dtype=object)
    middles = feature_middles(given)
    placing = decide_system(raw, middles, options.declared_crs, options.extent)
    stored = to_storage(raw.frame, placing.system)
    checked = check_geometry(
        np.asarray(stored.geometry.values, dtype=object),
        raw.rows,
        kind,
        repair=options.repair,
        bad_coordinate_rows=frozenset(raw.bad_coordinate_rows),
    )
    geometry, reduced = areas_to_points(checked.geometry, kind)
    attributes = pd.DataFrame(raw.frame.drop(columns=raw.frame.geometry.name))
    fields = read_fields(attributes, raw.rows, kind, options.columns)
    frame = gpd.GeoDataFrame(fields.values.assign(row=raw.rows), geometry=geometry, crs=STORAGE_EPSG)
    frame = _without(frame, checked.pointless)
    misplaced = checked.errors + astray_rows(middles, raw.rows, placing.system, options.extent)
    drawn = _without(frame, misplaced).geometry
    repeats = check_repeats(frame, kind)
    warnings = [*raw.warnings, *placing.warnings, *_encoding_warning(raw), *fields.warnings, *reduced]
    warnings += repaired_warning(raw.rows, checked.repaired) + pointless_warning(checked.pointless)
    if options.keep_first_of_repeats:
        frame, repeats, dropped = _without(frame, repeats), [], left_out_repeats(repeats)
        warnings += dropped
    errors = misplaced + fields.errors + repeats
    clean = _without(frame, errors)
    clean, more_errors, more_warnings = _checked_together(clean, kind, options)
    errors += more_errors
    mistaken = check_kind(drawn, errors + fields.warnings, [str(name) for name in attributes.columns], kind)
    mistaken = mistaken or check_streets(list(clean.get("road_class", [])), kind)
    warnings += more_warnings + _kind_warnings(clean, kind)
    provenance = replace(
        _provenance(raw, path, name),
        crs_declared=options.declared_crs,
        crs_used=placing.system.code,
        axes_swapped=placing.system.swapped,
        repaired_rows=int(checked.repaired.sum()),
        ignored_columns=fields.ignored_columns,
    )
    ordered = tuple(sorted(errors, key=lambda finding: (finding.row or 0, finding.code)))
    # What explains all the rest is said first; a row of a wrong type says nearly as much and shows the place.
    at = 1 if ordered and ordered[0].code == "GEOMETRY_TYPE" else 0
    ordered = (*ordered[:at], *mistaken, *ordered[at:])
    return Intake(kind.name, _without(clean, errors), ordered, tuple(warnings), provenance, drawn)


def _provenance(raw: RawLayer, path: Path, name: str) -> Provenance:
    """Where a raw layer came from, before anything was understood of it."""
    return Provenance(
        file_name=name,
        sha256=file_digest(path),
        size_bytes=path.stat().st_size,
        format=raw.format,
        layer=raw.layer,
        encoding=raw.encoding,
        crs_label=raw.label.code if raw.label else "",
        crs_declared="",
        crs_used="",
        axes_swapped=False,
        source_rows=len(raw.rows),
        repaired_rows=0,
        ignored_columns=(),
    )


def _without(frame: gpd.GeoDataFrame, errors: list[Finding]) -> gpd.GeoDataFrame:
    bad = {finding.row for finding in errors if finding.row is not None}
    return frame[~frame["row"].isin(bad)].reset_index(drop=True)


def _checked_together(
    frame: gpd.GeoDataFrame, kind: LayerKind, options: IntakeOptions
) -> tuple[gpd.GeoDataFrame, list[Finding], list[Finding]]:
    """Checks between rows, and against the communities the city holds."""
    if kind.name == "communities":
        return frame, check_overlaps(frame, options.communities), []
    if kind.name not in _KINDS_INSIDE_COMMUNITIES or options.communities is None or options.communities.empty:
        return frame, [], []
    outside = check_inside(frame, options.communities)
    if not outside or not options.leave_out_outside:
        return frame, outside, []
    left_out = Finding(
        "OUTSIDE_LEFT_OUT",
        zh=f"{len(outside)}行不在任何社区内，已跳过",
        en=f"{len(outside)} rows lie in no community and were left out",
        facts={"count": len(outside), "rows": [finding.row for finding in outside][:1000]},
    )
    return _without(frame, outside), [], [left_out]


def _encoding_warning(raw: RawLayer) -> list[Finding]:
    if not raw.encoding_label_is_wrong:
        return []
    return [
        Finding(
            "ENCODING_LABEL_OVERRULED",
            zh=f"文件标注的编码不对，已按{raw.encoding}读取",
            en=f"the file's encoding label is wrong; it was read as {raw.encoding}",
            facts={"encoding": raw.encoding},
        )
    ]


def _kind_warnings(frame: gpd.GeoDataFrame, kind: LayerKind) -> list[Finding]:
    """What a kind can do without but not well: buildings without footprints."""
    if kind.name != "buildings" or frame.empty:
        return []
    points = int((frame.geometry.geom_type == "Point").sum())
    if not points:
        return []
    return [
        Finding(
            "WITHOUT_FOOTPRINT",
            zh=f"{points}栋建筑只有点位、没有轮廓，户数须由表中给出",
            en=f"{points} buildings have a point but no footprint, so their households must be given",
            facts={"count": points},
        )
    ]
