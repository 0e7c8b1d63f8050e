"""Who is in charge of culture and sports in a community, and what the end of that post does to terms. Rule: J06"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

from django.db import IntegrityError, transaction
from django.utils import timezone

from grids.units.models import CultureSportsOfficer, GridLeader
from grids.units.queries.leaders import in_state, officers_visible_to
from grids.units.queries.plans import community_in_reach, organisation_of
from grids.units.rules.leader import office_covers_until
from grids.units.rules.leader_states import LeaderState
from grids.units.services.leader_terms import APPOINT, audit_term, offices_for_update, told
from tenants.accounts.models import User
from tenants.accounts.services import record_audit
from tenants.bureau.queries.days import today
from wangge.errors import RuleBroken, not_found
from wangge.kernel.permissions import require

OFFICE_ENDED = "分管文体职务结束"


@transaction.atomic
def record_officer(
    *, community_id: int, user_id: int, valid_from: date, acting_user: User, valid_to: date | None = None
) -> CultureSportsOfficer:
    """Record that a person is in charge of culture and sports in a community. 404, 403, 409 OFFICER_TWICE."""
    community = community_in_reach(acting_user, community_id, "leader.view")
    require(acting_user, APPOINT, community.unit_path)
    if not User.objects.filter(pk=user_id, is_active=True).exists():
        raise not_found("人员", "person")
    _check_days(valid_from, valid_to)
    with _once_at_a_time("valid_from"):
        officer = CultureSportsOfficer.objects.create(
            user_id=user_id, community=community, valid_from=valid_from, valid_to=valid_to
        )
    record_audit(
        acting_user=acting_user,
        action="officer.record",
        subject=officer,
        after={"user": user_id, "community": community_id, "valid_from": valid_from.isoformat()},
        organisation=organisation_of(acting_user, APPOINT, community.unit_path),
    )
    return officer


@transaction.atomic
def end_officer(*, officer_id: int, valid_to: date, acting_user: User) -> CultureSportsOfficer:
    """End a post on that day, its last; the terms as leader that stand on it end with it.

    The grids are then vacant, unless another is appointed or the person stays on as acting leader. Acting terms stand
    on no office and go on; an office that is made longer makes no term longer. 404, 403, 422 OFFICER_PERIOD, 409 OFFICER_TWICE.
    """
    found = officers_visible_to(acting_user).filter(pk=officer_id).first()
    if found is None:
        raise not_found("任职记录", "post")
    require(acting_user, APPOINT, found.unit_path)
    offices_for_update(found.user_id, found.community_id)  # all of them: of two that end at once one waits
    officer = CultureSportsOfficer.objects.get(pk=officer_id)
    _check_days(officer.valid_from, valid_to)
    officer.valid_to = valid_to
    with _once_at_a_time("valid_to"):
        officer.save(update_fields=["valid_to"])
    ended = _end_terms_on(officer, acting_user)
    record_audit(
        acting_user=acting_user,
        action="officer.end",
        subject=officer,
        after={"valid_to": valid_to.isoformat(), "terms_ended": ended},
        organisation=organisation_of(acting_user, APPOINT, found.unit_path),
    )
    return officer


def _end_terms_on(officer: CultureSportsOfficer, acting_user: User) -> int:
    """Shorten the person's terms by office in this community to what offices still cover; how many changed."""
    assert officer.valid_to is not None
    offices = offices_for_update(officer.user_id, officer.community_id)
    rows = GridLeader.objects.exclude(in_state(LeaderState.ENDED, today())).filter(
        user_id=officer.user_id, grid__community_id=officer.community_id, is_acting=False
    )
    changed = 0
    for term in (
        rows.select_for_update(of=("self",)).select_related("grid__community__unit", "user").order_by("id")
    ):
        held, until = office_covers_until(term.user_id, officer.community_id, offices, term.starts_on)
        if held and (until is None or (term.ends_on is not None and term.ends_on <= until)):
            continue
        before = told(term)
        if held or officer.valid_to >= term.starts_on:
            term.ends_on = until if held else officer.valid_to
        else:
            term.withdrawn_at = timezone.now()
        term.end_reason = OFFICE_ENDED
        term.save(update_fields=["ends_on", "withdrawn_at", "end_reason"])
        audit_term(term, "leader.office_ended", acting_user, before=before, reason=OFFICE_ENDED)
        changed += 1
    return changed


def _check_days(valid_from: date, valid_to: date | None) -> None:
    if valid_to is not None and valid_to < valid_from:
        raise RuleBroken(
            "OFFICER_PERIOD", zh="任职截止日期早于开始日期", en="the post ends before it begins", rule="J06",
            field="valid_to", how_to_fix_zh="请更正日期", how_to_fix_en="correct the dates",
        )  # fmt: skip


@contextmanager
def _once_at_a_time(field: str) -> Iterator[None]:
    try:
        with transaction.atomic():
            yield
    except IntegrityError as clash:
        raise RuleBroken(
            "OFFICER_TWICE", zh="该人员在本社区的任职时间重叠", status=409, rule="J06", field=field,
            en="the person's posts in this community overlap in time",
            how_to_fix_zh="请先结束原任职", how_to_fix_en="end the earlier post first",
        ) from clash  # fmt: skip
