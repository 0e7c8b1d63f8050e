"""What must be said beside figures of the city wherever they leave it: whose data, how measured, counted when."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from gis.layers.models import ImportStatus, LayerImport, LayerKind
from gis.layers.queries.features import layers_label
from instructors.assignment.models import GapStudy
from instructors.assignment.queries.staffing import Staffing
from instructors.assignment.rules.figure_words import (
    Line,
    attribution_of,
    label,
    method_of,
    method_told,
    pace_of,
    policy_told,
)
from tenants.bureau.queries.city import city_profile
from tenants.bureau.rules.local_time import local_date

NO_CENSUS = "未录入人口数据 / no count of residents entered"
LON_LAT = "WGS 84 (CRS84), lon, lat; CGCS2000 coordinates unchanged, the two differ by less than a metre"


def data_label() -> str:
    """The city's own label and its layers', each once."""
    labels = [city_profile().data_label, layers_label()]
    return "；".join(dict.fromkeys(text for text in labels if text))


def attribution() -> str:
    """Who must be named beside the city's data; "" for nobody."""
    return attribution_of(data_label())


@dataclass(frozen=True, slots=True)
class StudyNotes:
    """What a file of a study says of itself. `homes_since`: when the building file came in that it counts households of."""

    study: GapStudy
    city: str
    label: str
    attribution: str
    homes_since: date | None

    @property
    def homes_told(self) -> str:
        """The denominator in words."""
        since = "" if self.homes_since is None else f"{self.homes_since.isoformat()} 导入的"
        return f"{self.study.figures['households']:,} 户，{since}建筑图层中有户数的建筑"

    def members(self) -> dict[str, Any]:
        """The same as members of a JSON document."""
        figures = self.study.figures
        return {
            "study": self.study.pk,
            "as_of": self.study.as_of.isoformat(),
            "data_label": self.label,
            "attribution": self.attribution,
            "method": method_of(figures["households_by_method"]),
            "method_households": figures["households_by_method"],
            "walk_minutes": figures["walk_minutes"],
            "walk_speed_m_per_min": pace_of(figures),
            "reach_m": figures["reach_m"],
            "radius_m": figures["radius_m"],
            "households": figures["households"],
            "households_since": None if self.homes_since is None else self.homes_since.isoformat(),
            "policy_version": self.study.policy_version,
            "coordinates": LON_LAT,
        }

    def lines(self) -> Iterator[Line]:
        """The same for the sheet of notes."""
        zh, en = method_told(self.study.figures)
        yield label("内容", "what"), f"{self.city} 健身站点覆盖与缺口分析 #{self.study.pk}"
        yield label("统计日", "as of"), self.study.as_of.isoformat()
        yield from label_lines(self.label, self.attribution)
        yield label("测算方法", "method"), f"{zh} / {en}"
        yield label("户数分母", "households counted"), self.homes_told
        yield label("分母日期", "households since"), _day(self.homes_since)
        yield label("政策版本", "policy version"), " / ".join(policy_told(self.study.policy_version))


def study_notes(study: GapStudy) -> StudyNotes:
    """The notes of a computed study."""
    told = data_label()
    return StudyNotes(study, city_profile().name, told, attribution_of(told), _homes_since(study))


def label_lines(told: str, owed: str) -> Iterator[Line]:
    """Whose data they are, for a sheet of notes."""
    yield label("数据说明", "data"), told
    if owed:
        yield label("署名", "attribution"), owed


def staffing_lines(staffing: Staffing, on: date) -> Iterator[Line]:
    """What the staffing of a day rests on, for the sheet of notes."""
    census, told = staffing.census, data_label()
    yield label("统计日", "as of"), on.isoformat()
    yield from label_lines(told, attribution_of(told))
    yield label("人口来源", "source of residents"), census.source or NO_CENSUS
    yield label("人口统计日", "residents counted on"), _day(census.counted_on)
    yield label("每千人目标", "target per 1,000", "人"), float(staffing.target_per_1000)
    yield label("持证", "certified"), "等级证书有效的指导员 / people with a grade in force"
    yield label("本年注册", "registered"), "持证且本年已注册 / of the certified, work registered this year"
    yield (
        label("在岗", "active"),
        "持证且近期有核实的服务 / of the certified, with a verified service of late",
    )


def _homes_since(study: GapStudy) -> date | None:
    applied = LayerImport.objects.filter(
        kind=LayerKind.BUILDINGS, status=ImportStatus.APPLIED, applied_at__lte=study.created_at
    )
    newest = applied.order_by("-applied_at").values_list("applied_at", flat=True).first()
    return None if newest is None else local_date(newest)


def _day(day: date | None) -> str:
    return "—" if day is None else day.isoformat()
