"""Files become layers, or one clear refusal that names the file, the rows and the option that helps."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gis.compute.commands.displacement import check_place
from gis.compute.commands.layer import Layer
from gis.compute.commands.wishes import ReadingWishes
from gis.compute.crs import BD09, GCJ02, STORAGE_EPSG, Extent
from gis.compute.intake import Finding, Intake, IntakeOptions, Provenance, read_layer
from gis.compute.refusal import InputRefused

# Nothing is uploaded here: the limit only keeps a mistyped name from filling the memory.
_MOST_BYTES = 50_000_000_000
_SHAPEFILE_PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg")
# Fields that a city's database needs and a drawing does not.
_SPARED = {"barriers": "barrier_kind", "fitness_sites": "name", "communities": "name"}
_SHOWN = 5
_LISTED = 200


def read_files(
    kind: str,
    paths: Sequence[Path],
    wishes: ReadingWishes,
    *,
    communities: gpd.GeoDataFrame | None = None,
    extent: Extent | None = None,
) -> Layer:
    """Read one or several files of a kind into one layer.

    `communities`: those in which buildings must lie; `extent` where the city lies, lon-lat. Raises
    InputRefused with the file's name in its text for whatever is wrong with a file or its rows.
    """
    options = _options(kind, wishes, communities=communities, extent=extent)
    read = [_read(path, kind, options) for path in paths]
    frames = [frame for frame, _, _ in read]
    joined = pd.concat(frames, ignore_index=True) if len(frames) > 1 else frames[0]
    return Layer(
        kind,
        gpd.GeoDataFrame(joined, geometry="geometry", crs=STORAGE_EPSG),
        tuple(source for _, source, _ in read),
        tuple(note for _, _, notes in read for note in notes),
    )


def _options(
    kind: str,
    wishes: ReadingWishes,
    *,
    communities: gpd.GeoDataFrame | None = None,
    extent: Extent | None = None,
) -> IntakeOptions:
    return IntakeOptions(
        declared_crs=wishes.system_of(kind),
        layer=wishes.layers.get(kind),
        columns=wishes.columns.get(kind, {}),
        extent=extent,
        communities=communities,
        repair=wishes.repair,
        leave_out_outside=wishes.leave_out_outside,
        keep_first_of_repeats=wishes.keep_first_of_repeats,
        any_codes=True,
        most_bytes=_MOST_BYTES,
    )


def intake_of(path: Path, kind: str, wishes: ReadingWishes) -> Intake:
    """What the intake says of one file, errors and all; raises InputRefused where it cannot be read at all."""
    return _intake(path, kind, _options(kind, wishes))


def _read(
    path: Path, kind: str, options: IntakeOptions
) -> tuple[gpd.GeoDataFrame, Provenance, list[tuple[str, str]]]:
    intake = _intake(path, kind, options)
    check_place(intake, options.communities)
    name_zh, name_en = _told(path.name, options.layer)
    frame, spared = _without_needless(intake, options.layer)
    notes = [(f"{name_zh}：{zh}", f"{name_en}: {en}") for zh, en in _folded([*intake.warnings, *spared])]
    if len(frame) == 0:
        raise _refused("NO_FEATURES", path, "没有可用的要素", "holds no usable feature")
    return frame, intake.provenance, notes


def _intake(path: Path, kind: str, options: IntakeOptions) -> Intake:
    check_readable(path)
    try:
        with tempfile.TemporaryDirectory(prefix="layer-") as scratch:
            return read_layer(_whole(path, Path(scratch)), kind, options, file_name=_shown(path))
    except InputRefused as refused:
        raise _named(refused, path, kind) from refused
    except (OSError, MemoryError) as failure:
        raise _unreadable(path, str(failure)) from failure


def _folded(findings: list[Finding]) -> list[tuple[str, str]]:
    """One line for each kind of finding: the first in full, the others counted."""
    of_code: dict[str, list[Finding]] = {}
    for finding in findings:
        of_code.setdefault(finding.code, []).append(finding)
    return [
        (first.zh, first.en)
        if not others
        else (f"{first.zh}（另有{len(others)}处同类）", f"{first.en} ({len(others)} more like this)")
        for first, *others in of_code.values()
    ]


def check_readable(path: Path) -> None:
    """Raise InputRefused unless the path is a file that may be read."""
    if path.is_dir():
        raise _refused("FILE_IS_FOLDER", path, "是文件夹，不是文件", "is a folder, not a file")
    if not path.exists():
        raise _refused("FILE_MISSING", path, "不存在", "does not exist")
    try:
        path.open("rb").close()
    except OSError as failure:
        raise _unreadable(path, failure.strerror or str(failure)) from failure


def _unreadable(path: Path, why: str) -> InputRefused:
    return _refused("FILE_UNREADABLE", path, f"无法读取（{why}）", f"cannot be read ({why})")


def _refused(code: str, path: Path, zh: str, en: str) -> InputRefused:
    return InputRefused(
        code,
        zh=f"文件 {path} {zh}",
        en=f"{path} {en}",
        remedy_zh="请检查文件名、路径和权限",
        remedy_en="check the name, the folder and its rights",
        facts={"file": str(path)},
    )


def _shown(path: Path) -> str:
    return f"{path.stem}.zip" if path.suffix.lower() == ".shp" else path.name


def _whole(path: Path, scratch: Path) -> Path:
    """The file itself; a shapefile with its other parts as the one archive that the intake reads."""
    if path.suffix.lower() != ".shp":
        return path
    packed = scratch / "shapefile.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for part in sorted(path.parent.glob("*")):
            if part.stem == path.stem and part.suffix.lower() in _SHAPEFILE_PARTS:
                archive.write(part, part.name)
    return packed


def _told(name: str, layer: str | None) -> tuple[str, str]:
    """What a file is called in a message: with its layer, where one was asked for by name."""
    return (f"{name}（图层 {layer}）", f"{name} (layer {layer})") if layer else (name, name)


def _without_needless(intake: Intake, layer: str | None) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """The good rows, or the refusal of the file; what only a database needs may be missing."""
    field = _SPARED.get(intake.kind)
    spared = [error for error in intake.errors if field and error.field == field]
    grave = [error for error in intake.errors if error not in spared]
    if grave:
        raise _faulty(intake, grave, layer)
    rows_spared = any(error.row is not None for error in spared)
    if not rows_spared:
        return intake.frame, spared
    return _with_unnamed(intake), spared[:1]


def _with_unnamed(intake: Intake) -> gpd.GeoDataFrame:
    """The good rows, and after them the shapes of those that only lack what a database needs."""
    known = set(shapely.to_wkb(np.asarray(intake.frame.geometry.values, dtype=object)))
    drawn = np.asarray(intake.drawn.values, dtype=object)
    lacking = np.array([shape not in known for shape in shapely.to_wkb(drawn)], dtype=bool)
    rest = gpd.GeoDataFrame(geometry=drawn[lacking], crs=STORAGE_EPSG)
    joined = pd.concat([intake.frame, rest], ignore_index=True)
    return gpd.GeoDataFrame(joined, geometry="geometry", crs=STORAGE_EPSG)


def _faulty(intake: Intake, errors: list[Finding], layer: str | None) -> InputRefused:
    """All errors of a file as one refusal: the first in full, the next few in a line each, all of them counted."""
    first, name = errors[0], intake.provenance.file_name
    name_zh, name_en = _told(name, layer)
    count = len(errors)
    more_zh = f"（本文件共{count}处错误）" if count > 1 else ""
    more_en = f" ({count} errors in this file)" if count > 1 else ""
    refused = first.as_refusal()
    by_code = pd.Series([error.code for error in errors]).value_counts()
    return InputRefused(
        first.code,
        zh=f"{name_zh}：{first.zh}{more_zh}",
        en=f"{name_en}: {first.en}{more_en}",
        remedy_zh=_hint_zh(first.code, intake.kind, refused.remedy_zh),
        remedy_en=_hint_en(first.code, intake.kind, refused.remedy_en),
        row=first.row,
        field=first.field,
        place=first.place,
        facts={
            **refused.facts,
            "file": name,
            "errors": count,
            "by_code": {str(code): int(number) for code, number in by_code.items()},
            "rows": [error.row for error in errors if error.row is not None][:_LISTED],
            "others_zh": [error.zh for error in errors[1:_SHOWN]],
            "others_en": [error.en for error in errors[1:_SHOWN]],
        },
    )


def _named(refused: InputRefused, path: Path, kind: str) -> InputRefused:
    return InputRefused(
        refused.code,
        zh=refused.zh if refused.zh.startswith(path.name) else f"{path.name}：{refused.zh}",
        en=refused.en if refused.en.startswith(path.name) else f"{path.name}: {refused.en}",
        remedy_zh=_hint_zh(refused.code, kind, refused.remedy_zh),
        remedy_en=_hint_en(refused.code, kind, refused.remedy_en),
        row=refused.row,
        field=refused.field,
        place=refused.place,
        facts={**refused.facts, "file": str(path)},
    )


def _option_for(code: str, kind: str) -> str:
    """The option that helps against a refusal of the intake, with an example."""
    if code in ("LAYER_UNKNOWN", "LAYER_NOT_NAMED"):
        return f"--layer {kind}=…"
    if code.startswith("CRS_") or code in ("OUTSIDE_CHINA"):
        return f"--crs {kind}=EPSG:…"
    if code in ("COLUMN_REQUIRED", "COLUMN_UNKNOWN", "FIELD_UNKNOWN"):
        return f"--column {kind}.…=…"
    if code.startswith("RING_") or code == "GEOMETRY_INVALID":
        return "--repair"
    if code == "GEOMETRY_TYPE" and kind in ("streets", "barriers"):
        return "--repair"
    if code == "KEY_REPEATED":
        return "--repeated-ids keep-first"
    return "--outside leave-out" if code == "OUTSIDE_COMMUNITIES" else ""


def _hint_zh(code: str, kind: str, remedy: str) -> str:
    option = _option_for(code, kind)
    hint = f"{remedy}（选项 {option}）" if option else remedy
    if code != "OUTSIDE_COMMUNITIES":
        return hint
    return f"{hint}；若数据取自高德或百度：--crs {kind}={GCJ02} 或 {BD09}"


def _hint_en(code: str, kind: str, remedy: str) -> str:
    option = _option_for(code, kind)
    hint = f"{remedy} (option {option})" if option else remedy
    if code != "OUTSIDE_COMMUNITIES":
        return hint
    return f"{hint}; if the data come from Amap or Baidu: --crs {kind}={GCJ02} or {BD09}"
