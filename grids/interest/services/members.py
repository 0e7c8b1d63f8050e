"""Grid members: entered once, found again by their phone, linked to an account, revealed for a purpose. Rule: J08"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction

from gis.layers.models import Community
from gis.layers.queries.features import current_communities
from grids.interest.models import GridMember
from grids.interest.queries.interest_grids import home_to_propose_in
from grids.interest.queries.members import (
    member_for_update,
    member_in_reach,
    member_of_phone,
    members_visible_to,
    serves_elsewhere,
)
from grids.interest.queries.standing import interest_grid_in_reach
from grids.interest.rules.member_source import CLAUSE
from grids.interest.rules.standing import RIGHT_OF, Act, Standing, check_standing
from grids.interest.services.phones import digest_of_phone, keep_phone, opened_phone
from grids.interest.services.posts import PostOrder, nominate
from grids.units.models import Grid
from grids.units.queries.leaders import grids_led_by
from tenants.accounts.models import User
from tenants.accounts.services import record_audit
from tenants.bureau.queries.contacts import FULL_VALUE
from tenants.bureau.queries.days import today
from tenants.bureau.rules.masking import mask_name
from tenants.bureau.rules.phone import normal_phone
from tenants.bureau.rules.purposes import check_purpose
from wangge.errors import RuleBroken, not_found
from wangge.kernel.database.locks import hold_lock
from wangge.kernel.etag import check_if_match
from wangge.kernel.permissions import holds


@dataclass(frozen=True, slots=True)
class MemberOrder:
    """A person to be entered, at a community (that of the first post where none is named), with a first post if any."""

    name: str
    phone: str = ""
    community_id: int | None = None
    user_id: int | None = None
    post: PostOrder | None = None


@transaction.atomic
def add_member(*, order: MemberOrder, acting_user: User) -> GridMember:
    """Enter a person, or give one whose phone is known another post; `added_now` tells which.

    Raises 404, 403 POST_REQUIRED, 409 MEMBER_EXISTS, MEMBER_NAME_DIFFERS and ACCOUNT_LINKED, 422 PHONE_FORMAT, and what
    nominating raises.
    """
    phone = normal_phone(order.phone) if order.phone else ""
    community = _community(order, acting_user)
    name = " ".join(order.name.split())
    known = _known(phone)
    member = known or GridMember(name=name, community=community, added_by=acting_user)
    if known is None:
        member.user = _account(order.user_id)
        with _clash_told():
            member.save(force_insert=True)
            keep_phone(member, phone)
        record_audit(acting_user=acting_user, action="grid_member.add", subject=member, after=_told(member))
    else:
        _check_known(known, name, order, acting_user)
    if order.post is not None:
        nominate(member, order.post, acting_user)
    member.added_now = known is None  # type: ignore[attr-defined]
    return member


@transaction.atomic
def change_member(
    *, member_id: int, changes: Mapping[str, Any], if_match: str | None, acting_user: User
) -> GridMember:
    """Correct `name` or `phone`, or link an account by `user_id` (None: none).

    Raises 404, 403 POST_REQUIRED and MEMBER_ELSEWHERE, 412, 428, 409 MEMBER_EXISTS and ACCOUNT_LINKED, 422
    PHONE_FORMAT.
    """
    member = member_for_update(acting_user, member_id)
    _check_elsewhere(member, acting_user)
    sent = {name: value for name, value in changes.items() if name != "phone"}
    check_if_match(if_match, version=member.version, current=_told(member), sent=sent)
    before = _told(member)
    if "name" in changes:
        member.name = " ".join(changes["name"].split())
    if "user_id" in changes:
        member.user = _account(changes["user_id"])
    member.version += 1
    with _clash_told():
        member.save(update_fields=["name", "user", "version"])
        if "phone" in changes:
            keep_phone(member, normal_phone(changes["phone"]) if changes["phone"] else "")
    record_audit(
        acting_user=acting_user,
        action="grid_member.change",
        subject=member,
        before=before,
        after=_told(member),
    )
    return member


@transaction.atomic
def reveal_member_phone(*, member_id: int, purpose: str, note: str, acting_user: User) -> str:
    """The phone in full; the audit row with its purpose is written before it is opened.

    For who manages the person, and for who holds `personal.full_value` there. Raises 404 (also without a phone), 403,
    422 PURPOSE_REQUIRED and PURPOSE_UNKNOWN.
    """
    seen: Any = member_in_reach(acting_user, member_id)
    if not (seen.is_managed or seen.is_own or holds(acting_user, FULL_VALUE, seen.unit_path)):
        check_standing(Act.SEE_NUMBERS, {Standing.MEMBER})
    reason = check_purpose(purpose, note)
    member = GridMember.objects.get(pk=member_id)
    if member.phone_sealed is None:
        raise not_found("手机号", "phone")
    record_audit(
        acting_user=acting_user, action="personal.reveal", subject=member, reason=reason,
        after={"fields": ["phone"], "purpose": purpose},
    )  # fmt: skip
    return opened_phone(member)


def _community(order: MemberOrder, user: User) -> Community:
    """The person's home: the community named, else that of the first post; decides who may enter people there."""
    if order.post is not None:
        found = interest_grid_in_reach(user, order.post.interest_grid_id, Act.STAFF)
        if order.community_id is None:
            return found.community
        home = current_communities().filter(pk=order.community_id).first()
        if home is None:
            raise not_found("社区", "community")
        return home
    if order.community_id is None:
        raise RuleBroken(
            "COMMUNITY_REQUIRED", zh="请选择网格员所在社区，或同时提名任职", rule="J08", field="community_id",
            en="name the person's community, or a first post", clause=CLAUSE,
            how_to_fix_zh="请填写 community_id", how_to_fix_en="send community_id",
        )  # fmt: skip
    home = home_to_propose_in(user, order.community_id, today())
    standings = set()
    if holds(user, RIGHT_OF[Act.STAFF], home.unit_path):
        standings.add(Standing.OFFICE)
    if Grid.objects.filter(community=home, pk__in=grids_led_by(user, today())).exists():
        standings.add(Standing.LEADER)
    check_standing(Act.STAFF, standings)
    return home


def _known(phone: str) -> GridMember | None:
    """Who has the phone; two who enter one person at one moment wait for one another."""
    if not phone:
        return None
    hold_lock(f"grid member {digest_of_phone(GridMember, phone)}")
    return member_of_phone(phone)


def _account(user_id: int | None) -> User | None:
    if user_id is None:
        return None
    found = User.objects.filter(pk=user_id, is_active=True).first()
    if found is None:
        raise not_found("账号", "account")
    return found


def _check_elsewhere(member: GridMember, user: User) -> None:
    """Name, phone and account carry every post of a person: who runs some of them changes none of these.

    Else whoever knows a phone could nominate its owner, link another account, and reach what the person serves in.
    """
    if holds(user, RIGHT_OF[Act.STAFF], member.unit_path) or not serves_elsewhere(user, member.pk):
        return
    raise RuleBroken(
        "MEMBER_ELSEWHERE", zh="该网格员还在其他兴趣网格任职，您不能修改其姓名、手机号和账号", status=403, rule="J08",
        en="the person serves in other interest grids too: you may not change name, phone or account", clause=CLAUSE,
        how_to_fix_zh="请由该网格员所在街镇或区县体育部门修改",
        how_to_fix_en="ask the office of the street, town or county the person belongs to",
    )  # fmt: skip


def _check_known(known: GridMember, name: str, order: MemberOrder, acting_user: User) -> None:
    """A phone that is known belongs to the same person, who then takes another post; nothing else of theirs is told.

    That another name is refused tells who staffs an interest grid that the phone is a member's. It has to: otherwise a
    digit mistyped would put a stranger into a post, with its rights. Participants get none, and are never told of.
    """
    if known.name != name:
        raise RuleBroken(
            "MEMBER_NAME_DIFFERS", zh="该手机号已登记为其他姓名的网格员", status=409, rule="J08", clause=CLAUSE,
            en="this phone belongs to a member of another name", field="phone",
            how_to_fix_zh="请核对姓名和手机号", how_to_fix_en="compare name and phone",
        )  # fmt: skip
    if order.post is None:
        is_seen = members_visible_to(acting_user).filter(pk=known.pk).exists()
        raise _exists({"member": known.pk} if is_seen else {})


def _exists(facts: Mapping[str, object]) -> RuleBroken:
    return RuleBroken(
        "MEMBER_EXISTS", zh="该手机号已登记为网格员", status=409, rule="J08", clause=CLAUSE, field="phone",
        en="a member with this phone exists already", facts=facts,
        how_to_fix_zh="请为已有的网格员增加任职", how_to_fix_en="nominate the one who exists for a post",
    )  # fmt: skip


@contextmanager
def _clash_told() -> Iterator[None]:
    try:
        with transaction.atomic():
            yield
    except IntegrityError as clash:
        if "phone_digest" in str(clash):
            raise _exists({}) from clash
        raise RuleBroken(
            "ACCOUNT_LINKED", zh="该账号已关联另一名网格员", status=409, rule="J08", clause=CLAUSE, field="user_id",
            en="this account belongs to another member", how_to_fix_zh="请先解除原关联",
            how_to_fix_en="unlink it there first",
        ) from clash  # fmt: skip


def _told(member: GridMember) -> dict[str, Any]:
    return {
        "name": mask_name(member.name),
        "phone": member.phone_masked,
        "community": member.community_id,
        "user": member.user_id,
        "instructor": member.instructor_id,
    }
