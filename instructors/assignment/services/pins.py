"""Pins: somebody decided that a person serves a need, and computations keep it. Rule: S07"""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.utils import timezone

from instructors.assignment.models import AssignmentPin, SiteNeed
from instructors.assignment.queries.gathering import GatherOptions
from instructors.assignment.queries.needs import needs_in_force
from instructors.assignment.queries.runs import RUN, pins_visible_to
from instructors.assignment.queries.sites import sites_visible_to
from instructors.assignment.queries.why import obstacles_of_pin
from instructors.assignment.rules.run_orders import RunOrder, parameters_of
from instructors.assignment.rules.why_words import Told, said
from instructors.assignment.services.runs import BUFFER, lock_runs
from instructors.people.queries.instructors import instructors_visible_to
from tenants.accounts.models import User
from tenants.accounts.services import record_audit
from tenants.bureau.queries.org_units import root_unit
from tenants.bureau.queries.policy import policy_number
from tenants.bureau.rules.local_time import local_date
from wangge.errors import RuleBroken, not_found
from wangge.kernel.permissions import require


@transaction.atomic
def add_pin(
    *, need_id: int, instructor_id: int, acting_user: User, order: RunOrder | None = None, reason: str = ""
) -> AssignmentPin:
    """Pin a person to a need; `order` says with which reach and whether unknown times are free.

    404 for a need or person out of sight, 403, 409 PINNED_TWICE, 422 ASSIGNMENT_PIN when it breaks a hard rule.
    """
    order = order or RunOrder()
    today = local_date(timezone.now())
    need = needs_in_force(today).filter(pk=need_id, site__in=sites_visible_to(acting_user)).first()
    if need is None:
        raise not_found("需求", "need")
    if not instructors_visible_to(acting_user).filter(pk=instructor_id).exists():
        raise not_found("指导员", "instructor")
    require(acting_user, RUN, root_unit().path)
    lock_runs()
    _check(need, instructor_id, order, acting_user)
    try:
        with transaction.atomic():
            pin = AssignmentPin.objects.create(
                need=need, instructor_id=instructor_id, pinned_by=acting_user, reason=reason
            )
    except IntegrityError as clash:
        raise RuleBroken(
            "PINNED_TWICE", zh="该指导员已固定在该需求上", status=409, rule="S07",
            en="this instructor is pinned to this need already",
        ) from clash  # fmt: skip
    record_audit(
        acting_user=acting_user, action="assignment.pin", subject=pin, reason=reason,
        after={"need": need.pk, "instructor": instructor_id},
    )  # fmt: skip
    return pin


def _check(need: SiteNeed, instructor_id: int, order: RunOrder, acting_user: User) -> None:
    if AssignmentPin.objects.filter(need=need, instructor_id=instructor_id).exists():
        return  # the database says it better
    today = order.as_of or local_date(timezone.now())
    buffer_min = policy_number(BUFFER, today)
    options = GatherOptions(today, buffer_min, order.assume_free)
    parameters = parameters_of(order.parameters(buffer_min))
    told = obstacles_of_pin(need, instructor_id, options, parameters, acting_user)
    if told:
        raise _refused(need, instructor_id, told)


def _refused(need: SiteNeed, instructor_id: int, told: list[Told]) -> RuleBroken:
    return RuleBroken(
        "ASSIGNMENT_PIN",
        zh=f"不能固定：{said(told, 'zh')}",
        en=f"this cannot be pinned: {said(told, 'en')}",
        rule="S07",
        facts={
            "need": need.pk,
            "instructor": instructor_id,
            "obstacles": [{"code": each.code, **each.facts} for each in told],
        },
        how_to_fix_zh="请另选指导员，或先解除相应限制（资格、时间、次数、其他固定）",
        how_to_fix_en="choose another person, or mend what stands between: papers, times, limits, other pins",
        field="instructor",
    )


@transaction.atomic
def remove_pin(*, pin_id: int, acting_user: User) -> None:
    """Let computations decide again. 404, 403."""
    pin = pins_visible_to(acting_user).filter(pk=pin_id).first()
    if pin is None:
        raise not_found("固定", "pin")
    require(acting_user, RUN, root_unit().path)
    lock_runs()
    record_audit(
        acting_user=acting_user, action="assignment.unpin", subject=pin,
        before={"need": pin.need_id, "instructor": pin.instructor_id},
    )  # fmt: skip
    pin.delete()


def end_pins_of(*, instructor_id: int, reason: str, acting_user: User) -> int:
    """Let go of all pins of a person who leaves, one audit row each; how many. Who lets the person go decides on them.

    The caller holds `lock_runs`.
    """
    pins = list(AssignmentPin.objects.filter(instructor_id=instructor_id).order_by("id"))
    for pin in pins:
        record_audit(
            acting_user=acting_user, action="assignment.unpin", subject=pin, reason=reason,
            before={"need": pin.need_id, "instructor": pin.instructor_id},
        )  # fmt: skip
    AssignmentPin.objects.filter(pk__in=[pin.pk for pin in pins]).delete()
    return len(pins)
