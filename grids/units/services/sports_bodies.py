"""Founding, correcting and dissolving sports bodies of the org tree's units. Rule: J19"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.db import IntegrityError, transaction

from grids.units.models import SportsBody
from grids.units.queries.plans import organisation_of
from grids.units.queries.sports_bodies import EDIT, VIEW, sports_body_for_update
from grids.units.queries.vacancies import unit_path_in_reach
from grids.units.rules.sports_bodies import (
    SportsBodyKind,
    body_exists,
    check_body_days,
    check_body_level,
    check_unit_stands,
)
from tenants.accounts.models import User
from tenants.accounts.services import record_audit
from tenants.bureau.queries.days import today
from tenants.bureau.queries.org_units import org_unit_for_update
from tenants.bureau.rules.org_levels import OrgLevel
from wangge.errors import RuleBroken
from wangge.kernel.database.locks import hold_lock
from wangge.kernel.etag import check_if_match
from wangge.kernel.permissions import require

# Entering by hand and by file wait for one another: both decide on what stands.
BODIES = "sports bodies"


@transaction.atomic
def found_sports_body(
    *, unit_id: int, kind: SportsBodyKind, name: str, founded_on: date, acting_user: User
) -> SportsBody:
    """Enter a body of a unit. 404, 403, 409 SPORTS_BODY_EXISTS and UNIT_ENDED, 422 ORG_LEVEL and SPORTS_BODY_PERIOD."""
    require(acting_user, EDIT, unit_path_in_reach(acting_user, unit_id, VIEW))
    hold_lock(BODIES)
    unit = org_unit_for_update(unit_id)
    check_body_level(kind, OrgLevel(unit.level))
    check_body_days(founded_on, None, today())
    check_unit_stands(unit.name, unit.valid_to, today())
    standing = SportsBody.objects.filter(unit=unit, kind=kind.value, dissolved_on=None)
    _check_alone(standing.values_list("name", flat=True), kind, unit.name, name.strip())
    body = SportsBody.objects.create(
        unit=unit, kind=kind.value, name=name.strip(), founded_on=founded_on, entered_by=acting_user
    )
    _audit(body, "sports_body.found", acting_user)
    return body


def _check_alone(names: Iterable[str], kind: SportsBodyKind, unit: str, name: str) -> None:
    for other in names:
        if kind is SportsBodyKind.FEDERATION or other == name:
            raise body_exists(kind, unit, other)


@transaction.atomic
def change_sports_body(
    *,
    body_id: int,
    acting_user: User,
    if_match: str | None,
    name: str | None = None,
    founded_on: date | None = None,
) -> SportsBody:
    """Correct a body's name or founding day. 404, 403, 412, 428, 409 SPORTS_BODY_EXISTS, 422 SPORTS_BODY_PERIOD."""
    hold_lock(BODIES)
    body = sports_body_for_update(acting_user, body_id)
    before = told(body)
    sent = {"name": name, "founded_on": None if founded_on is None else founded_on.isoformat()}
    check_if_match(if_match, version=body.version, current=before, sent=sent)
    body.name, body.founded_on = (name or body.name).strip(), founded_on or body.founded_on
    check_body_days(body.founded_on, body.dissolved_on, today())
    body.version += 1
    try:
        with transaction.atomic():
            body.save(update_fields=["name", "founded_on", "version"])
    except IntegrityError as clash:
        raise body_exists(SportsBodyKind(body.kind), body.unit.name, body.name) from clash
    _audit(body, "sports_body.change", acting_user, before)
    return body


@transaction.atomic
def dissolve_sports_body(*, body_id: int, dissolved_on: date, reason: str, acting_user: User) -> SportsBody:
    """Dissolve a body on a day, its last. 404, 403, 409 SPORTS_BODY_DISSOLVED, 422 SPORTS_BODY_PERIOD."""
    hold_lock(BODIES)
    body = sports_body_for_update(acting_user, body_id)
    if body.dissolved_on is not None:
        raise RuleBroken(
            "SPORTS_BODY_DISSOLVED", zh=f"“{body.name}”已于{body.dissolved_on.isoformat()}撤销", status=409, rule="J19",
            en=f"“{body.name}” was dissolved on {body.dissolved_on}",
            facts={"dissolved_on": body.dissolved_on.isoformat()},
            how_to_fix_zh="无需再次撤销", how_to_fix_en="nothing is left to do",
        )  # fmt: skip
    check_body_days(body.founded_on, dissolved_on, today())
    before = told(body)
    body.dissolved_on, body.dissolve_reason = dissolved_on, reason
    body.version += 1
    body.save(update_fields=["dissolved_on", "dissolve_reason", "version"])
    _audit(body, "sports_body.dissolve", acting_user, before, reason)
    return body


def told(body: SportsBody) -> dict[str, object]:
    """A body as the audit log keeps it."""
    return {
        "unit": body.unit_id,
        "kind": body.kind,
        "name": body.name,
        "founded_on": body.founded_on.isoformat(),
        "dissolved_on": None if body.dissolved_on is None else body.dissolved_on.isoformat(),
    }


def _audit(
    body: SportsBody,
    action: str,
    acting_user: User,
    before: dict[str, object] | None = None,
    reason: str = "",
) -> None:
    record_audit(
        acting_user=acting_user,
        action=action,
        subject=body,
        before=before,
        after=told(body),
        reason=reason,
        organisation=organisation_of(acting_user, EDIT, body.unit_path),
    )
