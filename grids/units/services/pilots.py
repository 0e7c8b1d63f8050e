"""Saying which county tries what, and until when. Rule: J10"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.db import transaction

from grids.units.models import Pilot
from grids.units.queries.pilots import pilot_times, pilots_visible_to
from grids.units.rules.pilots import (
    PilotTime,
    check_features,
    check_not_twice,
    check_pilot_days,
    check_pilot_level,
)
from tenants.accounts.models import User
from tenants.accounts.services import record_audit
from tenants.bureau.queries.org_units import org_unit_for_update, org_units_visible_to
from tenants.bureau.rules.org_levels import OrgLevel
from wangge.errors import not_found
from wangge.kernel.etag import check_if_match
from wangge.kernel.permissions import require

EDIT = "pilot.edit"


@transaction.atomic
def set_pilot(
    *,
    unit_id: int,
    features: Sequence[str],
    starts_on: date,
    acting_user: User,
    ends_on: date | None = None,
    note: str = "",
) -> Pilot:
    """Make a county a pilot for some features from a day on.

    404, 403, 409 PILOT_TWICE, 422 PILOT_LEVEL, PILOT_FEATURE and PILOT_PERIOD.
    """
    if not org_units_visible_to(acting_user).filter(pk=unit_id).exists():
        raise not_found("单位", "unit")
    unit = org_unit_for_update(unit_id)
    require(acting_user, EDIT, unit.path)
    check_pilot_level(OrgLevel(unit.level))
    check_features(features)
    check_pilot_days(starts_on, ends_on)
    check_not_twice(
        PilotTime(unit.path, tuple(features), starts_on, ends_on), pilot_times(unit.pk), unit.name
    )
    pilot = Pilot.objects.create(
        unit=unit,
        features=list(features),
        starts_on=starts_on,
        ends_on=ends_on,
        note=note,
        decided_by=acting_user,
    )
    record_audit(acting_user=acting_user, action="pilot.set", subject=pilot, after=_told(pilot), reason=note)
    return pilot


@transaction.atomic
def end_pilot(*, pilot_id: int, ends_on: date, acting_user: User, if_match: str | None) -> Pilot:
    """Set the last day of a pilot, an earlier or a later one. 404, 403, 412, 428, 409 PILOT_TWICE, 422 PILOT_PERIOD."""
    found = pilots_visible_to(acting_user).filter(pk=pilot_id).first()
    if found is None:
        raise not_found("试点", "pilot")
    require(acting_user, EDIT, found.unit_path)
    unit = org_unit_for_update(found.unit_id)
    pilot = (
        Pilot.objects.select_for_update(of=("self",)).select_related("unit", "decided_by").get(pk=pilot_id)
    )
    current = {"ends_on": None if pilot.ends_on is None else pilot.ends_on.isoformat()}
    check_if_match(if_match, version=pilot.version, current=current, sent={"ends_on": ends_on.isoformat()})
    check_pilot_days(pilot.starts_on, ends_on)
    time = PilotTime(unit.path, tuple(pilot.features), pilot.starts_on, pilot.ends_on, unit.name)
    others = [other for other in pilot_times(unit.pk) if other != time]
    check_not_twice(PilotTime(unit.path, time.features, time.starts_on, ends_on), others, unit.name)
    before = _told(pilot)
    pilot.ends_on = ends_on
    pilot.version += 1
    pilot.save(update_fields=["ends_on", "version"])
    record_audit(
        acting_user=acting_user, action="pilot.end", subject=pilot, before=before, after=_told(pilot)
    )
    return pilot


def _told(pilot: Pilot) -> dict[str, object]:
    return {
        "unit": pilot.unit_id,
        "features": list(pilot.features),
        "starts_on": pilot.starts_on.isoformat(),
        "ends_on": None if pilot.ends_on is None else pilot.ends_on.isoformat(),
    }
