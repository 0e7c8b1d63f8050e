"""Issues seen in a grid: noted, handed to the city's hotline through the outbox, answered, closed; never handled here.

Rule: J15
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from grids.interest.models import HotlineIssue, InterestGrid
from grids.interest.queries.base_grid_standing import base_grid_in_reach
from grids.interest.queries.hotline import hotline_issue_for_update
from grids.interest.queries.noting import record_days
from grids.interest.queries.standing import interest_grid_in_reach
from grids.interest.rules.demand_states import check_reason
from grids.interest.rules.duty_role import WorkKind
from grids.interest.rules.hotline_issue import (
    KIND_NAMES_ZH,
    IssueKind,
    IssueState,
    check_interest_grid_serves,
    check_issue_step,
)
from grids.interest.rules.noted_at import check_noted_at
from grids.interest.rules.personal_numbers import (
    PersonalNumber,
    personal_numbers_in,
    without_personal_numbers,
)
from grids.interest.rules.standing import Act
from grids.interest.services.hotline_channel import HOTLINE
from grids.interest.services.work_logs import WorkDone, record_work
from grids.units.models import Grid
from grids.units.queries.plans import organisation_of
from instructors.assignment.queries.sites import sites_visible_to
from tenants.accounts.models import User
from tenants.accounts.services import record_audit
from tenants.bureau.models import StoredFile
from tenants.bureau.queries.days import today
from tenants.bureau.rules.local_time import SHANGHAI, local_date
from tenants.bureau.services.outbox import queue_message, retry_message
from wangge.errors import not_found


@dataclass(frozen=True, slots=True)
class IssueOrder:
    """What was seen and where; `photo_id` is a file that the person stored."""

    grid_id: int
    kind: IssueKind
    place_name: str
    text: str = ""
    interest_grid_id: int | None = None
    site_id: int | None = None
    photo_id: int | None = None
    noted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class IssueNoted:
    """The issue, and which personal numbers were masked in its words."""

    issue: HotlineIssue
    masked: list[PersonalNumber]


@transaction.atomic
def note_issue(*, order: IssueOrder, acting_user: User) -> IssueNoted:
    """Note a fault or a matter of a base grid. Personal numbers in the words are masked and told of.

    Raises 404, 403 POST_REQUIRED, 409 GRID_RETIRED, 422 INTEREST_GRID_ELSEWHERE and NOTED_AT.
    """
    now = timezone.now()
    noted_at = order.noted_at or now
    grid = base_grid_in_reach(acting_user, order.grid_id, Act.LOG, local_date(noted_at))
    interest_grid = _interest_grid(order, grid, acting_user)
    if order.site_id is not None and not sites_visible_to(acting_user).filter(pk=order.site_id).exists():
        raise not_found("站点", "site")
    check_noted_at(noted_at, now, record_days(today()))
    issue = HotlineIssue.objects.create(
        grid=grid, interest_grid=interest_grid, site_id=order.site_id, kind=order.kind.value,
        place_name=without_personal_numbers(order.place_name.strip()),
        text=without_personal_numbers(order.text.strip()), photo=_photo(order.photo_id, acting_user),
        noted_by=acting_user, noted_at=noted_at,
    )  # fmt: skip
    record_work(
        work=WorkDone(WorkKind.ISSUE_NOTED, f"issue:{issue.pk}", noted_at),
        acting_user=acting_user,
        interest_grid=interest_grid,
        grid=grid,
    )
    _audit(issue, "hotline_issue.note", acting_user)
    return IssueNoted(issue, personal_numbers_in(f"{order.place_name}\n{order.text}"))


def _interest_grid(order: IssueOrder, grid: Grid, user: User) -> InterestGrid | None:
    if order.interest_grid_id is None:
        return None
    found = interest_grid_in_reach(user, order.interest_grid_id, Act.LOG)
    check_interest_grid_serves(found.base_grids.filter(pk=grid.pk).exists(), found.code, grid.code)
    return found


def _photo(photo_id: int | None, user: User) -> StoredFile | None:
    """A picture that the same person stored; 404 for any other file."""
    if photo_id is None:
        return None
    own = StoredFile.objects.filter(pk=photo_id, stored_by=user, content_type__startswith="image/")
    found = own.first()
    if found is None:
        raise not_found("照片", "photo")
    return found


@transaction.atomic
def hand_over_issue(*, issue_id: int, acting_user: User) -> HotlineIssue:
    """Hand a noted issue over to the hotline; one whose message was given up is sent anew under the same key.

    Where the city has no hotline channel the message waits in the outbox and the issue says so.
    404, 403 POST_REQUIRED, 409 ISSUE_STATE.
    """
    issue = hotline_issue_for_update(acting_user, issue_id)
    if (
        issue.message is not None
        and issue.message.given_up_at is not None
        and issue.state == IssueState.HANDED_OVER
    ):
        issue.message = retry_message(message_id=issue.message.pk, acting_user=acting_user)
        return issue
    check_issue_step(IssueState(issue.state), IssueState.HANDED_OVER, _facts(issue))
    issue.message = queue_message(
        channel=HOTLINE,
        recipient=HOTLINE,
        template="hotline_issue",
        facts=_told(issue),
        dedup_key=f"hotline_issue:{issue.pk}",
    )
    issue.state, issue.handed_over_by, issue.handed_over_at = (
        IssueState.HANDED_OVER.value, acting_user, timezone.now(),
    )  # fmt: skip
    _save(issue)
    _audit(issue, "hotline_issue.hand_over", acting_user)
    return issue


def _told(issue: HotlineIssue) -> dict[str, object]:
    """What the hotline is told: the matter and its place, nobody's name."""
    kind = KIND_NAMES_ZH[IssueKind(issue.kind)]
    return {
        "issue_id": issue.pk,
        "title": f"{kind}：{issue.place_name}",
        "text": issue.text or kind,
        "kind": issue.kind,
        "place": issue.place_name,
        "site": "" if issue.site is None else issue.site.name,
        "grid": issue.grid.code,
        "external_grid": issue.grid.external_grid_code or "",
        "community": issue.grid.community.name,
        "noted_at": issue.noted_at.astimezone(SHANGHAI).isoformat(timespec="seconds"),
        "has_photo": issue.photo_id is not None,
        "photo": None if issue.photo is None else _photo_told(issue.pk, issue.photo),
    }


def _photo_told(issue_id: int, photo: StoredFile) -> dict[str, object]:
    """Where the photo is read with an account of this product, and what proves that it is the same."""
    return {
        "path": f"/api/v1/hotline-issues/{issue_id}/photo",
        "sha256": photo.sha256,
        "size_bytes": photo.size_bytes,
    }


@transaction.atomic
def answer_issue(*, issue_id: int, number: str, answer: str, acting_user: User) -> HotlineIssue:
    """Keep what the hotline answered, and its number. 404, 403 POST_REQUIRED, 409 ISSUE_STATE."""
    issue = hotline_issue_for_update(acting_user, issue_id)
    check_issue_step(IssueState(issue.state), IssueState.ANSWERED, _facts(issue))
    issue.state, issue.answered_at = IssueState.ANSWERED.value, timezone.now()
    issue.number = number.strip() or issue.number
    issue.answer = without_personal_numbers(answer.strip())
    _save(issue)
    _audit(issue, "hotline_issue.answer", acting_user)
    return issue


@transaction.atomic
def close_issue(*, issue_id: int, reason: str, acting_user: User) -> HotlineIssue:
    """Close an issue: settled, or seen to already. 404, 403 POST_REQUIRED, 409 ISSUE_STATE, 422 REASON_REQUIRED."""
    issue = hotline_issue_for_update(acting_user, issue_id)
    check_issue_step(IssueState(issue.state), IssueState.CLOSED, _facts(issue))
    if issue.state != IssueState.ANSWERED:
        check_reason(reason)
    issue.state, issue.closed_at = IssueState.CLOSED.value, timezone.now()
    issue.close_reason = without_personal_numbers(reason.strip())
    _save(issue)
    _audit(issue, "hotline_issue.close", acting_user)
    return issue


def _save(issue: HotlineIssue) -> None:
    issue.version += 1
    issue.save()


def _facts(issue: HotlineIssue) -> dict[str, object]:
    moments = {
        "handed_over_at": issue.handed_over_at,
        "answered_at": issue.answered_at,
        "closed_at": issue.closed_at,
    }
    told: dict[str, object] = {name: at.isoformat() for name, at in moments.items() if at is not None}
    return {**told, "number": issue.number} if issue.number else told


def _audit(issue: HotlineIssue, action: str, acting_user: User) -> None:
    after = {"grid": issue.grid.code, "kind": issue.kind, "state": issue.state, "number": issue.number}
    organisation = organisation_of(acting_user, "hotline.view", issue.unit_path)
    record_audit(
        acting_user=acting_user, action=action, subject=issue, after=after, organisation=organisation
    )
