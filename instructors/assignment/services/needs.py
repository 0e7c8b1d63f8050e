"""What sites ask for: added, changed, ended; every change raises the site's version. Rules: J12, J13"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from instructors.assignment.models import Site, SiteNeed
from instructors.assignment.queries.bookings import duties_after
from instructors.assignment.queries.needs import need_for_update, servers_of
from instructors.assignment.queries.sites import EDIT, site_for_update
from instructors.assignment.rules.needs import check_need_time, need_is_served, need_twice
from instructors.assignment.rules.retiring import site_retired
from instructors.assignment.services.bookings import call_off
from instructors.assignment.services.turning import tell_need_ended
from instructors.people.models import Instructor
from instructors.people.queries.standing import item_by_code
from instructors.people.rules.free_times import Span
from tenants.accounts.models import User
from tenants.accounts.services import record_audit
from wangge.errors import RuleBroken
from wangge.kernel.etag import check_if_match

_WHEN = ("item", "weekday", "from_minute", "to_minute")


@dataclass(frozen=True, slots=True)
class EndedNeed:
    """A need that ended, and those who served it and whom no message reaches."""

    need: SiteNeed
    missed: list[Instructor]


@dataclass(frozen=True, slots=True)
class NeedOrder:
    """What is asked for: an item by its code, when, how many, and what it is worth (None: households in reach)."""

    item: str
    weekday: int
    from_minute: int
    to_minute: int
    wanted: int = 1
    weight: int | None = None


@transaction.atomic
def add_need(*, site_id: int, order: NeedOrder, acting_user: User) -> SiteNeed:
    """Ask for instructors at a site. 404, 403, 409 SITE_RETIRED and NEED_TWICE, 422 for times it is shut."""
    site = site_for_update(acting_user, site_id)
    check_stands(site)
    need = SiteNeed(site=site)
    _write(need, asdict(order))
    _raise_version(site)
    record_audit(acting_user=acting_user, action="site_need.add", subject=need, after=told_need(need))
    return need


@transaction.atomic
def change_need(
    *, need_id: int, changes: Mapping[str, Any], acting_user: User, if_match: str | None
) -> SiteNeed:
    """Change a need; `if_match` is the site's version. 404, 403, 412, 428, 409 NEED_ENDED, NEED_IS_SERVED, NEED_TWICE.

    Once somebody serves it, only number and weight change: another time is another need.
    """
    need = need_for_update(acting_user, need_id)
    site = site_for_update(acting_user, need.site_id)
    before = told_need(need)
    check_if_match(if_match, version=site.version, current=before, sent=changes)
    _check_not_ended(need)
    moved = [name for name in _WHEN if name in changes and changes[name] != before[name]]
    servers = servers_of(need.pk) if moved else 0
    if servers:
        raise need_is_served(servers)
    need.site = site
    _write(need, {**before, **changes})
    _raise_version(site)
    record_audit(
        acting_user=acting_user, action="site_need.change", subject=need, before=before, after=told_need(need)
    )
    return need


@transaction.atomic
def end_need(*, need_id: int, ends_on: date, acting_user: User) -> EndedNeed:
    """Ask for it no longer after that day, its last; its pins go. 404, 403, 409 NEED_ENDED.

    Duties booked for later days are given back, whether or not who ends it may book; whoever served it is told.
    """
    need = need_for_update(acting_user, need_id)
    site = site_for_update(acting_user, need.site_id)
    _check_not_ended(need)
    need.valid_to, now = ends_on, timezone.now()
    need.save(update_fields=["valid_to"])
    need.pins.all().delete()
    _raise_version(site)
    duties = list(duties_after(need.pk, ends_on, now))
    freed = call_off(duties, "站点需求已结束", acting_user, EDIT)
    missed = tell_need_ended(need, duties, now)
    record_audit(
        acting_user=acting_user, action="site_need.end", subject=need,
        after={"ends_on": ends_on.isoformat(), "duties_given_back": freed},
    )  # fmt: skip
    return EndedNeed(need, missed)


def _write(need: SiteNeed, values: Mapping[str, Any]) -> None:
    span = Span(values["from_minute"], values["to_minute"])
    check_need_time(need.site.opening_hours, values["weekday"], span)
    if need.pk is None or need.item.code != values["item"]:
        need.item = item_by_code(values["item"])
    for name in ("weekday", "from_minute", "to_minute", "wanted", "weight"):
        setattr(need, name, values[name])
    try:
        with transaction.atomic():
            need.save()
    except IntegrityError as clash:
        raise need_twice() from clash


def _raise_version(site: Site) -> None:
    site.version += 1
    site.save(update_fields=["version"])


def told_need(need: SiteNeed) -> dict[str, Any]:
    """A need as audit rows and stale edits tell it."""
    return {
        "item": need.item.code, "weekday": need.weekday, "from_minute": need.from_minute,
        "to_minute": need.to_minute, "wanted": need.wanted, "weight": need.weight,
    }  # fmt: skip


def check_stands(site: Site) -> None:
    """Refuse a site that has left the layer: 409 SITE_RETIRED."""
    if site.valid_to is not None:
        raise site_retired(site.valid_to)


def _check_not_ended(need: SiteNeed) -> None:
    if need.valid_to is None:
        return
    raise RuleBroken(
        "NEED_ENDED", zh=f"该需求已于{need.valid_to.isoformat()}结束", status=409, rule="J12",
        en=f"this need ended on {need.valid_to}", facts={"valid_to": need.valid_to.isoformat()},
        how_to_fix_zh="请另建一项需求", how_to_fix_en="add another need",
    )  # fmt: skip
