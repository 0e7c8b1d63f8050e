"""A standard that is loaded anew has no holes: what a slip of the pen leaves out would grade people wrongly in silence.

Asked once, when the document is loaded; what stands in the register already is read as it was.

Rule: J17
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from grids.wellness.rules.loaded_document import (
    Spoilt,
    check_keys_once,
    check_known,
    check_names_once,
    document_of,
    document_refused,
)
from grids.wellness.rules.standard import Group, Sex, Standard, standard_of

_FIELDS = frozenset(
    {"code", "version", "name", "source", "is_example", "valid_from", "indicators", "groups", "grades"}
)
_INDICATOR_FIELDS = frozenset({"code", "zh", "en", "unit", "places", "lowest", "highest"})
_GROUP_FIELDS = frozenset({"sex", "age_from", "age_to", "scores", "weights"})
_BAND_FIELDS = frozenset({"from", "points"})


@dataclass(frozen=True, slots=True)
class AgeGap:
    """Completed years of a sex, first and last, for which the standard has no group though it has older and younger."""

    sex: Sex
    age_from: int
    age_to: int


def whole_standard(form: str, text: str) -> Standard:
    """The standard a new document holds; 422 STANDARD_INVALID with the place of the first fault or hole.

    Holes: a field nobody knows (a misspelt `weights` would count as none), a field or an indicator that stands twice,
    a weight that is not above 0, a group in which nobody can reach the highest grade.

    Rule: J17
    """
    standard = standard_of(form, text)
    try:
        check_keys_once(form, text)
        _check_fields(document_of(form, text))
        for number, group in enumerate(standard.groups):
            _check_reachable(standard, group, f"groups[{number}]")
    except Spoilt as spoilt:
        raise document_refused("STANDARD", "J17", spoilt) from spoilt
    return standard


def age_gaps(standard: Standard) -> list[AgeGap]:
    """The ages between the youngest and the oldest of all groups that a sex has no group for: told, not refused.

    A document may cover children and adults and leave out those between.

    Rule: J17
    """
    youngest = min(group.age_from for group in standard.groups)
    oldest = max(group.age_to for group in standard.groups)
    found = []
    for sex in Sex:
        expected = youngest
        own = sorted((group for group in standard.groups if group.sex is sex), key=lambda one: one.age_from)
        for group in own:
            if group.age_from > expected:
                found.append(AgeGap(sex, expected, group.age_from - 1))
            expected = group.age_to + 1
        if expected <= oldest:
            found.append(AgeGap(sex, expected, oldest))
    return found


def _check_fields(document: Mapping[str, Any]) -> None:
    check_known(document, _FIELDS, "document")
    for number, row in enumerate(document["indicators"]):
        check_known(row, _INDICATOR_FIELDS, f"indicators[{number}]")
    check_names_once((row["code"] for row in document["indicators"]), "indicators")
    for number, row in enumerate(document["groups"]):
        check_known(row, _GROUP_FIELDS, f"groups[{number}]")
        for code, bands in row["scores"].items():
            for band in bands:
                check_known(band, _BAND_FIELDS, f"groups[{number}].scores.{code}")


def _check_reachable(standard: Standard, group: Group, where: str) -> None:
    if any(weight <= 0 for weight in group.weights.values()):
        raise Spoilt(f"{where}.weights", "权重须大于 0", "a weight is above 0")
    most = sum(
        (max(band.points for band in bands) * group.weights[code] for code, bands in group.tables.items()),
        Decimal(0),
    )
    grade, least = standard.grades[0]
    if most < least:
        raise Spoilt(
            where,
            f"最高总分 {most:f} 达不到优秀的 {least:f}",
            f"its highest total {most:f} is below the {least:f} of {grade.value}",
        )
