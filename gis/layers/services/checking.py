"""Checking a file against the city before anything is written: extent, communities, org tree,
displacement.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
from django.conf import settings
from django.db.models import QuerySet

from gis.compute.crs import ControlPoint, Extent, check_control_point, offset_against, parse_system
from gis.compute.intake import Finding, Intake, IntakeOptions, read_layer
from gis.compute.intake.checks import check_overlaps
from gis.compute.intake.findings import finding_of
from gis.compute.intake.repeats import check_held, same_shapes_warning
from gis.compute.refusal import InputRefused
from gis.layers.models import LONGEST_NAME, LONGEST_REF, LayerKind
from gis.layers.queries.features import current_features, real_buildings
from gis.layers.queries.frames import city_extent, community_frames, frame_of
from gis.layers.rules.community_codes import PlacedCommunity, UnitOfTree, place_communities
from gis.layers.rules.findings import warn_of_cut_texts
from gis.layers.rules.import_options import ImportMode, ImportOptions
from gis.layers.rules.replacing import check_usable
from tenants.bureau.models import CityProfile
from tenants.bureau.queries.org_units import root_unit, units_by_code

# A Chinese city rarely reaches farther than this from its middle; rows beyond are another city's or mistyped.
_AROUND_CENTRE_DEG = 1.5
_WITNESSES = (LayerKind.COMMUNITIES, LayerKind.STREETS, LayerKind.BUILDINGS)


_WITH_HOMES = (LayerKind.BUILDINGS, LayerKind.COMPOUNDS)


@dataclass(frozen=True)
class Checked:
    """A file as it would be imported: its rows, where its communities hang, and everything found."""

    intake: Intake | None
    placed: list[PlacedCommunity] = field(default_factory=list)
    errors: list[Finding] = field(default_factory=list)
    warnings: list[Finding] = field(default_factory=list)


def check_file(
    path: Path, file_name: str, kind: str, options: ImportOptions, profile: CityProfile, today: date
) -> Checked:
    """Read a file and hold it against what the city knows; nothing is written."""
    communities = community_frames()
    inside = None if kind == LayerKind.COMMUNITIES else communities
    intake_options = IntakeOptions(
        declared_crs=options.crs,
        layer=options.layer,
        columns=options.columns,
        extent=expected_extent(profile),
        communities=inside,
        repair=options.repair,
        leave_out_outside=options.leave_out_outside,
        most_bytes=settings.WANGGE_UPLOAD_LIMIT_BYTES,
    )
    try:
        intake = read_layer(path, kind, intake_options, file_name=file_name)
    except InputRefused as refused:
        return Checked(None, errors=[finding_of(refused)])
    checked = Checked(intake, errors=list(intake.errors), warnings=list(intake.warnings))
    if kind == LayerKind.COMMUNITIES:
        checked = _with_places(checked, intake, today)
        if options.mode == ImportMode.ADD:
            checked.errors.extend(_overlaps_with_held(checked, intake, communities))
    held_errors, held_warnings = _repeats(intake.frame, kind, options)
    checked.errors.extend(held_errors)
    checked.warnings.extend(held_warnings + _too_long(intake.frame))
    errors, warnings = _displacement(intake, kind, options)
    # A displaced file explains all the rows that lie outside: it is said before them.
    checked = replace(checked, errors=errors + checked.errors, warnings=checked.warnings + warnings)
    return checked if checked.errors else replace(checked, errors=_nothing_left(intake, kind))


def _repeats(
    frame: gpd.GeoDataFrame, kind: str, options: ImportOptions
) -> tuple[list[Finding], list[Finding]]:
    """Errors for rows the layer holds already, a warning for repeated outlines: both would count homes twice."""
    is_added = options.mode == ImportMode.ADD and kind in (*_WITH_HOMES, LayerKind.FITNESS_SITES)
    held = frame_of(_drawn(kind), {"ref": "ref"}) if is_added else None
    if kind == LayerKind.BUILDINGS:
        frame = frame[frame["stands_for_id"].isna()]
    errors = [] if held is None else check_held(frame, held)
    return errors, same_shapes_warning(frame, held) if kind in _WITH_HOMES else []


def _too_long(frame: gpd.GeoDataFrame) -> list[Finding]:
    """A warning for each of ref and name that holds texts longer than the city keeps."""
    found = []
    for name, longest in (("ref", LONGEST_REF), ("name", LONGEST_NAME)):
        if name in frame:
            is_long = frame[name].astype(str).str.len() > longest
            found += warn_of_cut_texts(name, longest, [int(row) for row in frame.loc[is_long, "row"]])
    return found


def _nothing_left(intake: Intake, kind: str) -> list[Finding]:
    """The error when no row is left: an empty file would only empty the layer."""
    left = intake.frame
    if kind == LayerKind.BUILDINGS:  # what an export gave for compounds without buildings is no building
        left = left[left["stands_for_id"].isna()]
    return check_usable(intake.provenance.source_rows, len(left))


def expected_extent(profile: CityProfile) -> Extent | None:
    """Where the city's data may lie: around its centre and its communities; None when neither is known."""
    boxes: list[Extent] = []
    if profile.centre is not None:
        lon, lat = profile.centre
        around = _AROUND_CENTRE_DEG
        boxes.append((lon - around, lat - around, lon + around, lat + around))
    held = city_extent()
    if held is not None:
        boxes.append(held)
    if not boxes:
        return None
    return (
        min(box[0] for box in boxes),
        min(box[1] for box in boxes),
        max(box[2] for box in boxes),
        max(box[3] for box in boxes),
    )


def _with_places(checked: Checked, intake: Intake, today: date) -> Checked:
    units = [UnitOfTree(unit.pk, code, unit.name) for code, unit in units_by_code(today).items()]
    frame = intake.frame
    rows = list(zip(frame["row"].astype(int), frame["code"], frame["name"], strict=True))
    placed, errors, warnings = place_communities(rows, units, root_unit().pk)
    return Checked(intake, placed, checked.errors + errors, checked.warnings + warnings)


def _overlaps_with_held(checked: Checked, intake: Intake, held: gpd.GeoDataFrame) -> list[Finding]:
    """Overlaps with communities that stay: those the file does not bring anew."""
    brought = {place.code for place in checked.placed}
    return (
        check_overlaps(intake.frame.iloc[:0], None)
        if held.empty
        else [
            finding
            for finding in check_overlaps(intake.frame, held[~held["code"].isin(brought)])
            if finding.facts.get("other_row") is None
        ]
    )


def _displacement(intake: Intake, kind: str, options: ImportOptions) -> tuple[list[Finding], list[Finding]]:
    """Errors and warnings about the file as a whole lying beside the city's own layers.

    All its rows are compared: those that lie outside the communities show the displacement best.
    """
    proven, errors = _control_point(options, intake)
    if intake.drawn.empty or errors:
        return errors, []
    verdict = offset_against(reference_frames(kind), intake.drawn.to_frame("geometry"), kind)
    facts: dict[str, object] = {
        "dx_m": round(verdict.dx_m),
        "dy_m": round(verdict.dy_m),
        "cause": verdict.cause,
        "declare": verdict.system,
        "compared": verdict.compared,
        "share_before": round(verdict.share_before, 3),
        "share_after": round(verdict.share_after, 3),
    }
    if verdict.is_displaced:
        offset = _layer_offset(verdict.zh, verdict.en, verdict.system, facts)
        return ([], [offset]) if proven or options.accept_offset else ([offset], [])
    if verdict.is_tested or proven:
        return [], []
    return [], [_too_few_to_tell(facts) if verdict.compared else _first_import()]


def _layer_offset(zh: str, en: str, declare: str, facts: dict[str, object]) -> Finding:
    return Finding(
        "LAYER_OFFSET",
        zh=zh,
        en=en,
        remedy_zh=(f"请以坐标系{declare}重新导入" if declare else "请核对坐标系")
        + "；若错的是已有图层，请附控制点证明本文件，或选择“以本文件为准”",
        remedy_en=(f"import it again as {declare}" if declare else "check the coordinate system")
        + "; if the layers held are the wrong ones, prove this file by a control point or accept the offset",
        field="crs",
        facts=facts,
    )


def _first_import() -> Finding:
    return Finding(
        "OFFSET_UNTESTED",
        zh="本市尚无可与之比对的图层，无法检验数据是否整体偏移（如GCJ-02标为WGS-84会偏移300–700米）",
        en="the city holds no layer to compare with, so a displacement (GCJ-02 labelled WGS-84) cannot be seen",
        remedy_zh="请提供一个控制点：已知经纬度（WGS-84/CGCS2000）和它在文件中的坐标",
        remedy_en="give a control point: its known lon and lat (WGS-84/CGCS2000) and its numbers in the file",
        field="control_point",
    )


def _too_few_to_tell(facts: dict[str, object]) -> Finding:
    return Finding(
        "OFFSET_UNTESTED",
        zh="已与本市图层比对，但可作判断的要素太少，看不出数据是否整体偏移（如GCJ-02标为WGS-84会偏移300–700米）",
        en="compared with the city's layers, but too few features can tell whether the data are displaced"
        " (GCJ-02 labelled WGS-84)",
        remedy_zh="请核对坐标来源，或提供一个控制点：已知经纬度（WGS-84/CGCS2000）和它在文件中的坐标",
        remedy_en="check where the coordinates are from, or give a control point: its known lon and lat"
        " (WGS-84/CGCS2000) and its numbers in the file",
        field="control_point",
        facts=facts,
    )


def _control_point(options: ImportOptions, intake: Intake) -> tuple[bool, list[Finding]]:
    """Whether a control point proves the file, and the error when it speaks against it."""
    given = options.control_point
    if given is None:
        return False, []
    system = parse_system(intake.provenance.crs_used) if intake.provenance.crs_used != "CUSTOM" else None
    if system is None:
        return False, []
    point = ControlPoint("控制点", given.lon, given.lat, given.file_x, given.file_y)
    verdict = check_control_point(
        point, system.axes_exchanged() if intake.provenance.axes_swapped else system
    )
    if verdict.agrees:
        return True, []
    return False, [
        Finding(
            "CONTROL_POINT_OFF",
            zh=verdict.zh,
            en=verdict.en,
            remedy_zh=f"请以坐标系{verdict.system}重新导入" if verdict.system else "请核对控制点与坐标系",
            remedy_en=f"import it again as {verdict.system}"
            if verdict.system
            else "check the point and the CRS",
            field="control_point",
            facts={"distance_m": round(verdict.distance_m, 1), "declare": verdict.system},
        )
    ]


def reference_frames(kind: str) -> dict[str, gpd.GeoDataFrame]:
    """The city's own layers that can witness where a file of this kind should lie."""
    kinds = dict.fromkeys([*_WITNESSES, LayerKind(kind)])
    frames = {str(name): frame_of(_drawn(name), {"name": "name"}) for name in kinds}
    return {name: frame for name, frame in frames.items() if not frame.empty}


def _drawn(kind: str) -> QuerySet[Any]:
    """What somebody drew: a row that stands for a compound would witness for the compound's own file."""
    return real_buildings() if kind == LayerKind.BUILDINGS else current_features(kind)
