"""A computed assignment as a file: site points, names as in the lists; never a home, nor an exact way to one. Rule: S07"""

from __future__ import annotations

import csv
import io
import json
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from openpyxl import Workbook

from instructors.assignment.models import AssignmentRun, SiteAssignment, SiteNeed, UnservedNeed
from instructors.assignment.queries.data_notes import attribution, data_label, label_lines
from instructors.assignment.queries.runs import UNSHOWN, left_out_of, pairs_visible_to, unserved_visible_to
from instructors.assignment.queries.sheets import book_bytes, fill_lines, fill_sheet
from instructors.assignment.rules.figure_words import Line, label, policy_told, run_lines
from instructors.assignment.rules.why_words import coarse, tell_left_out, tell_unserved, when_zh
from instructors.people.queries.instructors import name_for
from tenants.accounts.models import User

EXPORT_TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
    "geojson": "application/geo+json",
    "json": "application/json",
}
_COLUMNS = {
    "need": "需求编号", "site_ref": "站点编号", "site": "站点", "town": "街镇", "unit": "社区", "item": "项目", "when": "时间",
    "wanted": "所需人数", "instructor_id": "指导员编号", "instructor": "指导员", "travel_m": "路程约（米）",
    "is_pinned": "人工固定", "is_kept": "与上次相同", "empty_places": "空缺人数", "reason": "空缺原因",
}  # fmt: skip
_METHODS = {
    "network": "沿道路 / along streets", "radius": "直线 / as the crow flies",
    "mixed": "沿道路，附近没有道路的按直线 / along streets, as the crow flies where there are none",
}  # fmt: skip
# A spreadsheet reads a cell that begins so as a formula.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def export_run(user: User, run: AssignmentRun, form: str) -> bytes:
    """The run at the sites the user may see, as xlsx, csv, geojson or json; in a fixed number of statements."""
    if form == "geojson":
        return json.dumps(_geojson(user, run), ensure_ascii=False).encode()
    rows = _rows(user, run.pk)
    if form == "xlsx":
        return _workbook(rows, run, _left_out(user, run))
    if form == "csv":
        return _csv(rows)
    document = _json(rows, run)
    return json.dumps(document, ensure_ascii=False).encode()


def _rows(user: User, run_id: int) -> list[dict[str, Any]]:
    place = "need__site__geometry"
    pairs = [
        _of_pair(pair, user)
        for pair in pairs_visible_to(user, run_id).defer(place, "instructor__home", *UNSHOWN)
    ]
    empty = [_of_unserved(row) for row in unserved_visible_to(user, run_id).defer(place, *UNSHOWN)]
    return sorted(
        [*pairs, *empty], key=lambda row: (row["need"], "reason" in row, row.get("instructor_id", 0))
    )


def _left_out(user: User, run: AssignmentRun) -> list[list[Any]]:
    rows, reasons = left_out_of(user, run)
    return [
        [person.pk, name_for(user, person), person.unit.name, tell_left_out(reasons[person.pk]).zh]
        for person in rows
    ]


def _of_need(need: SiteNeed) -> dict[str, Any]:
    return {
        "need": need.pk, "site_ref": need.site.ref, "site": need.site.name, "town": need.site.town.name,
        "unit": need.site.unit.name, "item": need.item.name, "wanted": need.wanted,
        "when": when_zh(need.weekday, need.from_minute, need.to_minute),
    }  # fmt: skip


def _of_pair(pair: SiteAssignment, reader: User) -> dict[str, Any]:
    return {
        **_of_need(pair.need), "instructor_id": pair.instructor_id, "instructor": name_for(reader, pair.instructor),
        "travel_m": coarse(pair.travel_m), "is_pinned": pair.is_pinned, "is_kept": pair.is_kept,
    }  # fmt: skip


def _of_unserved(row: UnservedNeed) -> dict[str, Any]:
    told = tell_unserved(row.reason, row.places, row.facts)
    return {**_of_need(row.need), "empty_places": row.places, "reason": told.zh, "reason_code": told.code}


def _table(rows: list[dict[str, Any]]) -> list[list[Any]]:
    shown, told = {True: "是", False: "否"}, data_label()
    return [
        [*_COLUMNS.values(), "数据说明"],
        *(
            [
                *(
                    shown[row[name]] if isinstance(row.get(name), bool) else row.get(name, "")
                    for name in _COLUMNS
                ),
                told,
            ]
            for row in rows
        ),
    ]


def _csv(rows: list[dict[str, Any]]) -> bytes:
    sink = io.StringIO(newline="")
    writer = csv.writer(sink)
    for row in _table(rows):
        writer.writerow(
            f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA_STARTS) else value
            for value in row
        )
    return sink.getvalue().encode("utf-8-sig")


def _workbook(rows: list[dict[str, Any]], run: AssignmentRun, left_out: list[list[Any]]) -> bytes:
    book = Workbook(write_only=True)
    fill_sheet(book, "分配", _table(rows))
    fill_sheet(book, "未参与计算", [["指导员编号", "指导员", "单位", "原因"], *left_out])
    fill_lines(book, "指标", run_lines(run.figures))
    fill_lines(book, "说明", _notes(run))
    return book_bytes(book)


def _notes(run: AssignmentRun) -> Iterator[Line]:
    yield label("计算编号", "run"), run.pk
    yield label("统计日", "as of"), run.as_of.isoformat()
    yield from label_lines(data_label(), attribution())
    told = _METHODS.get(run.figures.get("reach", {}).get("method", "none"), "—")
    yield label("户数测算方法", "how households were measured"), told
    yield (
        label("路程", "travel"),
        "自住处所在方格中心至站点的直线距离，按百米进位 / as the crow flies, in whole 100 m",
    )
    yield label("政策版本", "policy version"), " / ".join(policy_told(run.policy_version))


def _said(run: AssignmentRun) -> dict[str, Any]:
    """Whose data they are and how households were measured, as members of a document."""
    method = run.figures.get("reach", {}).get("method", "none")
    return {
        "run": run.pk, "as_of": run.as_of.isoformat(), "data_label": data_label(), "attribution": attribution(),
        "method": method, "policy_version": run.policy_version,
    }  # fmt: skip


def _json(rows: list[dict[str, Any]], run: AssignmentRun) -> dict[str, Any]:
    return {**_said(run), "figures": run.figures, "rows": rows}


def _geojson(user: User, run: AssignmentRun) -> dict[str, Any]:
    """One point a site: who serves it, what stays empty and why."""
    served: dict[int, list[SiteAssignment]] = defaultdict(list)
    empty: dict[int, list[UnservedNeed]] = defaultdict(list)
    sites = {}
    for pair in pairs_visible_to(user, run.pk):
        sites[pair.need.site_id] = pair.need.site
        served[pair.need.site_id].append(pair)
    for row in unserved_visible_to(user, run.pk):
        sites[row.need.site_id] = row.need.site
        empty[row.need.site_id].append(row)
    features, told = [], _said(run)
    for key in sorted(sites):
        site = sites[key]
        shown = {
            "ref": site.ref, "name": site.name, "site_kind": site.site_kind, "town": site.town.name,
            "served_places": len(served[key]), "empty_places": sum(row.places for row in empty[key]),
            "instructors": sorted({name_for(user, pair.instructor) for pair in served[key]}),
            "reasons": [tell_unserved(row.reason, row.places, row.facts).zh for row in empty[key]],
            "data_label": told["data_label"], "attribution": told["attribution"],
        }  # fmt: skip
        place = [round(site.geometry.x, 7), round(site.geometry.y, 7)]
        features.append(
            {
                "type": "Feature",
                "id": key,
                "geometry": {"type": "Point", "coordinates": place},
                "properties": shown,
            }
        )
    return {"type": "FeatureCollection", **told, "features": features}
