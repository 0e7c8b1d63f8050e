"""Posts of grid members: nominated, confirmed, moved, ended. Rule: J08"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.db import IntegrityError, transaction

from grids.interest.models import GridMember, InterestGrid, MemberPost
from grids.interest.queries.members import member_for_update, posts_visible_to
from grids.interest.queries.standing import (
    interest_grid_for_update,
    interest_grid_in_reach,
    interest_grids_locked,
)
from grids.interest.rules.member_source import CLAUSE
from grids.interest.rules.people_states import (
    InterestGridAction,
    InterestGridState,
    PostAction,
    PostState,
    check_interest_grid_action,
    check_post_action,
    state_of_confirmed,
    state_of_ending,
)
from grids.interest.rules.standing import Act
from grids.interest.services.sources import SourceOrder, prove_source
from grids.units.queries.pilots import check_feature_open
from grids.units.rules.pilots import PilotFeature
from tenants.accounts.models import User
from tenants.accounts.services import record_audit
from tenants.bureau.queries.days import today
from tenants.bureau.rules.masking import mask_name
from wangge.errors import RuleBroken, not_found

PROVED_BY = ("source", "proof", "proof_file", "association", "site")


@dataclass(frozen=True, slots=True)
class PostOrder:
    """A post to be nominated for: whence the person comes, and the first and last day."""

    interest_grid_id: int
    source: SourceOrder = field(default_factory=SourceOrder)
    starts_on: date | None = None
    ends_on: date | None = None


@transaction.atomic
def nominate_post(*, member_id: int, order: PostOrder, acting_user: User) -> MemberPost:
    """Nominate a person one manages, or who once served where one is in charge, for a post in an interest grid one runs.

    Raises 404, 403 POST_REQUIRED and PILOT_ONLY, 409 POST_TWICE and INVALID_TRANSITION (a closed interest grid), 422
    MEMBER_SOURCE and POST_DAYS.
    """
    member = member_for_update(acting_user, member_id, to_nominate=True)
    return nominate(member, order, acting_user)


def nominate(member: GridMember, order: PostOrder, acting_user: User) -> MemberPost:
    """The same for a person the caller has locked; inside the caller's transaction."""
    found = interest_grid_for_update(acting_user, order.interest_grid_id, Act.STAFF)
    check_feature_open(PilotFeature.MEMBER_POSTS, found.unit_path, today())
    check_interest_grid_action(InterestGridState(found.state), InterestGridAction.EDIT)
    starts_on = order.starts_on or today()
    _check_days(starts_on, order.ends_on)
    proved = prove_source(member, order.source, max(starts_on, today()), acting_user)
    if proved.instructor is not None and member.instructor_id is None:
        _link_instructor(member, proved.instructor.pk)
    post = MemberPost(
        member=member, interest_grid=found, source=order.source.source, proof=proved.proof,
        proof_file=proved.proof_file, association=order.source.association.strip(), site=proved.site,
        starts_on=starts_on, ends_on=order.ends_on, nominated_by=acting_user,
    )  # fmt: skip
    with _overlap_told(post):
        post.save(force_insert=True)
    _audit("member_post.nominate", post, acting_user, after=post_told(post))
    return post


@transaction.atomic
def confirm_post(*, post_id: int, acting_user: User) -> MemberPost:
    """Confirm a nomination: served from its first day. 404, 403 POST_REQUIRED, 409 INVALID_TRANSITION."""
    post = post_for_update(acting_user, post_id)
    check_post_action(PostState(post.state), PostAction.CONFIRM)
    before = post_told(post)
    post.state, post.confirmed_by = state_of_confirmed(post.starts_on, today()).value, acting_user
    post.version += 1
    post.save(update_fields=["state", "confirmed_by", "version"])
    _audit("member_post.confirm", post, acting_user, before=before, after=post_told(post))
    return post


@transaction.atomic
def end_post(*, post_id: int, reason: str, acting_user: User, ends_on: date | None = None) -> MemberPost:
    """End a post on that day, its last (yesterday's end is told today: at once).

    A nomination is withdrawn, and so is, without a day, a post that has not begun: it is never served.

    Raises 404, 403 POST_REQUIRED, 409 INVALID_TRANSITION, 422 POST_DAYS.
    """
    post = post_for_update(acting_user, post_id)
    check_post_action(PostState(post.state), PostAction.END)
    if ends_on is not None:
        _check_days(post.starts_on, ends_on)
    _end(post, ends_on or today(), reason, acting_user)
    return post


@transaction.atomic
def move_post(
    *, post_id: int, interest_grid_id: int, reason: str, acting_user: User, starts_on: date | None = None
) -> MemberPost:
    """End a post the day before and begin the same in another interest grid one runs; returns the new post.

    Source and proof go along; a confirmed post stays confirmed. Raises what ending and nominating raise.
    """
    old = post_for_update(acting_user, post_id, moved_to=interest_grid_id)
    check_post_action(PostState(old.state), PostAction.END)
    target = interest_grid_for_update(acting_user, interest_grid_id, Act.STAFF)
    check_feature_open(PilotFeature.MEMBER_POSTS, target.unit_path, today())
    check_interest_grid_action(InterestGridState(target.state), InterestGridAction.EDIT)
    if target.pk == old.interest_grid_id:
        raise _twice(old.member, target)
    begins = starts_on or max(today(), old.starts_on)
    is_confirmed, last = old.confirmed_by_id is not None, old.ends_on
    _check_days(begins, last)
    _end(old, begins - timedelta(days=1), reason, acting_user)
    new = MemberPost(
        member=old.member, interest_grid=target, starts_on=begins, ends_on=last, nominated_by=acting_user,
        confirmed_by=acting_user if is_confirmed else None,
        state=(state_of_confirmed(begins, today()) if is_confirmed else PostState.NOMINATED).value,
        **{name: getattr(old, name) for name in PROVED_BY},
    )  # fmt: skip
    with _overlap_told(new):
        new.save(force_insert=True)
    _audit("member_post.move", new, acting_user, before=post_told(old), after=post_told(new), reason=reason)
    return new


def post_for_update(user: User, post_id: int, *, moved_to: int | None = None) -> MemberPost:
    """The post, locked: 404 out of sight, 403 POST_REQUIRED for who does not manage its interest grid.

    `moved_to`: another interest grid that is locked with its own, so that of two who move crosswise one waits.
    """
    found = posts_visible_to(user).filter(pk=post_id).first()
    if found is None:
        raise not_found("网格员任职", "member's post")
    interest_grid_in_reach(user, found.interest_grid_id, Act.STAFF)
    interest_grids_locked({found.interest_grid_id, moved_to or found.interest_grid_id})
    rows = MemberPost.objects.select_for_update(of=("self",), no_key=True)
    return rows.select_related("member", "interest_grid__community__unit", "interest_grid__item", "site").get(
        pk=post_id
    )


def post_told(post: MemberPost) -> dict[str, Any]:
    """The post as the audit log tells it."""
    return {
        "member": post.member_id,
        "interest_grid": post.interest_grid.code,
        "source": post.source,
        "association": post.association,
        "site": post.site_id,
        "has_proof": bool(post.proof) or post.proof_file_id is not None,
        "state": post.state,
        "starts_on": post.starts_on.isoformat(),
        "ends_on": None if post.ends_on is None else post.ends_on.isoformat(),
    }


def _end(post: MemberPost, ends_on: date, reason: str, acting_user: User) -> None:
    """A last day before the first: what has not begun is withdrawn, what began is served to its first day."""
    before = post_told(post)
    if ends_on < post.starts_on and post.starts_on > today():
        post.state, post.confirmed_by = PostState.ENDED.value, None
    else:
        post.state = state_of_ending(PostState(post.state), max(ends_on, post.starts_on), today()).value
    post.ends_on, post.end_reason = max(ends_on, post.starts_on), reason
    post.version += 1
    with _overlap_told(post):
        post.save(update_fields=["state", "confirmed_by", "ends_on", "end_reason", "version"])
    _audit("member_post.end", post, acting_user, before=before, after=post_told(post), reason=reason)


def _link_instructor(member: GridMember, instructor_id: int) -> None:
    try:
        with transaction.atomic():
            member.instructor_id = instructor_id
            member.save(update_fields=["instructor"])
    except IntegrityError as clash:
        raise RuleBroken(
            "INSTRUCTOR_IS_MEMBER", zh="该指导员已登记为另一名网格员", status=409, rule="J08", clause=CLAUSE,
            en="this instructor is recorded as another member already", field="certificate_number",
            how_to_fix_zh="请查找已有的网格员，为其增加任职", how_to_fix_en="find that member and add a post",
        ) from clash  # fmt: skip


def _check_days(starts_on: date, ends_on: date | None) -> None:
    if ends_on is None or starts_on <= ends_on:
        return
    raise RuleBroken(
        "POST_DAYS", zh=f"任期截止日期{ends_on.isoformat()}早于开始日期{starts_on.isoformat()}", rule="J08",
        en=f"the last day {ends_on} lies before the first day {starts_on}", field="ends_on", clause=CLAUSE,
        facts={"starts_on": starts_on.isoformat(), "ends_on": ends_on.isoformat()},
        how_to_fix_zh="请更正日期", how_to_fix_en="correct the days",
    )  # fmt: skip


@contextmanager
def _overlap_told(post: MemberPost) -> Iterator[None]:
    try:
        with transaction.atomic():
            yield
    except IntegrityError as clash:
        raise _twice(post.member, post.interest_grid) from clash


def _twice(member: GridMember, found: InterestGrid) -> RuleBroken:
    return RuleBroken(
        "POST_TWICE", zh=f"{mask_name(member.name)}在兴趣网格“{found.name}”的任期重叠", status=409, rule="J08",
        en=f"the person's posts in “{found.name}” overlap in time", field="starts_on", clause=CLAUSE,
        facts={"member": member.pk, "interest_grid": found.code},
        how_to_fix_zh="请先结束原任职，新任期自次日起", how_to_fix_en="end the earlier post first; begin the day after",
    )  # fmt: skip


def _audit(
    action: str,
    post: MemberPost,
    acting_user: User,
    *,
    after: dict[str, Any],
    before: dict[str, Any] | None = None,
    reason: str = "",
) -> None:
    record_audit(
        acting_user=acting_user, action=action, subject=post, before=before, after=after, reason=reason
    )
