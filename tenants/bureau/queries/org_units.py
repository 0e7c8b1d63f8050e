"""Reads of the org tree."""

from __future__ import annotations

from datetime import date

from django.db.models import F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from tenants.accounts.models import User
from tenants.bureau.models import FormerName, OrgCode, OrgLevel, OrgUnit
from tenants.bureau.queries.rights import granted_paths, under_paths
from wangge.errors import not_found

STAT_SCHEME = "stat"


def valid_on(on: date) -> Q:
    """A filter for rows with valid_from and valid_to that hold on a day; the last day is included."""
    return Q(valid_from__lte=on) & (Q(valid_to=None) | Q(valid_to__gte=on))


def org_units_visible_to(user: User) -> QuerySet[OrgUnit]:
    """The units one may see, of all dates."""
    return OrgUnit.objects.filter(under_paths(granted_paths(user, "org.view"), field="path")).order_by("id")


def with_names(units: QuerySet[OrgUnit], on: date) -> QuerySet[OrgUnit]:
    """The units, each with `name_then` and `code_then` as they were on a day; its last code when it had none then."""
    former = FormerName.objects.filter(unit=OuterRef("pk"), valid_to__gte=on).order_by("valid_to")
    codes = OrgCode.objects.filter(unit=OuterRef("pk"), scheme=STAT_SCHEME).order_by("-valid_from")
    return units.annotate(
        name_then=Coalesce(Subquery(former.values("name")[:1]), F("name")),
        code_then=Coalesce(
            Subquery(codes.filter(valid_on(on)).values("code")[:1]), Subquery(codes.values("code")[:1])
        ),
    )


def as_of(units: QuerySet[OrgUnit], on: date) -> QuerySet[OrgUnit]:
    """Only the units that stand on a day, with their names and codes of that day."""
    return with_names(units.filter(valid_on(on)), on)


def org_unit_for_update(unit_id: int) -> OrgUnit:
    """The unit, its row locked; 404 when there is none."""
    found = OrgUnit.objects.select_for_update().filter(pk=unit_id).first()
    if found is None:
        raise not_found("单位", "unit")
    return found


def root_unit() -> OrgUnit:
    """The city itself, at the top of the tree; 404 before the city was opened."""
    found = OrgUnit.objects.filter(parent=None, level=OrgLevel.CITY).order_by("id").first()
    if found is None:
        raise not_found("市级单位", "city unit")
    return found


def units_by_code(on: date) -> dict[str, OrgUnit]:
    """The unit behind every statistical code valid on a day."""
    rows = OrgCode.objects.filter(valid_on(on), scheme=STAT_SCHEME).select_related("unit")
    return {row.code: row.unit for row in rows}


def codes_of_level(level: str, on: date) -> set[str]:
    """The statistical codes of one level valid on a day, for checks such as that of a grid's code."""
    rows = OrgCode.objects.filter(valid_on(on), scheme=STAT_SCHEME, unit__level=level)
    return set(rows.values_list("code", flat=True))
