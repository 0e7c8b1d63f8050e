"""Imports of grid members, and for which unit a person brings them in."""

from __future__ import annotations

from datetime import date

from django.db.models import Q, QuerySet

from grids.interest.models import MemberImport
from grids.interest.rules.standing import RIGHT_OF, Act, check_standing
from grids.units.models import Grid
from grids.units.queries.leaders import grids_led_by
from tenants.accounts.models import User
from tenants.bureau.models import OrgUnit
from tenants.bureau.queries.rights import granted_paths, under_paths


def member_imports_visible_to(user: User) -> QuerySet[MemberImport]:
    """One's own imports, and those for units whose members one manages, oldest first."""
    managed = under_paths(granted_paths(user, RIGHT_OF[Act.STAFF]), "unit__path")
    rows = MemberImport.objects.filter(Q(imported_by=user.pk) | managed)
    return rows.select_related("unit", "imported_by", "job").order_by("id")


def unit_to_import_for(user: User, on: date) -> OrgUnit:
    """The unit of the user's `member.edit`, or of the first base grid led; 403 POST_REQUIRED without either."""
    paths = granted_paths(user, RIGHT_OF[Act.STAFF])
    if paths:
        return OrgUnit.objects.get(path=sorted(paths)[0])
    led = Grid.objects.filter(pk__in=grids_led_by(user, on)).select_related("community__unit")
    first = led.order_by("id").first()
    if first is None:
        check_standing(Act.STAFF, set())
        raise AssertionError("nobody without a standing passes")
    return first.community.unit
