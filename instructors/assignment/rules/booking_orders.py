"""What somebody asks to be booked, and what is wrong with it before any table is read. Rule: S07"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime

from instructors.assignment.rules.bookings import check_times
from instructors.assignment.rules.duties import DUTY_NAMES
from instructors.people.rules.grades import TeachingRole
from tenants.bureau.rules.local_time import SHANGHAI, local_date
from wangge.errors import RuleBroken, refuse_all

MOST_IN_A_SERIES = 200


@dataclass(frozen=True, slots=True)
class BookingOrder:
    """Time of an instructor, a site, or both. `reference` is the taker's own name of it, the same for nobody else.

    `town_id`: the street or town it takes place in, asked for only without a site. `is_exclusive` None: as the site is
    used. `item_id`: what is taught, in `role`; None: a grade in force is enough.
    `assumes_free`: who never gave weekly times counts as free, as in a run that assumes so.
    """

    kind: str
    reference: str
    starts_at: datetime
    ends_at: datetime
    instructor_id: int | None = None
    site_id: int | None = None
    town_id: int | None = None
    hall: str = ""
    is_exclusive: bool | None = None
    item_id: int | None = None
    role: TeachingRole = TeachingRole.SKILL_COACH
    assumes_free: bool = False

    @property
    def day(self) -> date:
        """The local day on which it begins."""
        return local_date(self.starts_at)

    @property
    def name(self) -> tuple[str, str, int]:
        """What may be booked once only; without a person there is no such thing (0)."""
        return self.kind, self.reference, self.instructor_id or 0


@dataclass(frozen=True, slots=True)
class Authority:
    """People and places that the caller may book by a right of its own, decided before, instead of `booking.edit`.

    Whoever runs an interest grid by post holds no right over units, and still takes its place and its own instructor's
    time. Which these are is the upper floor's knowledge; it names them one by one, so that nothing else is opened.
    """

    people: frozenset[int] = frozenset()
    sites: frozenset[int] = frozenset()


NO_OTHER_AUTHORITY = Authority()


@dataclass(frozen=True, slots=True)
class Change:
    """Another time or place of a booking; None: as it is. Another site begins with the whole of it."""

    starts_at: datetime | None = None
    ends_at: datetime | None = None
    site_id: int | None = None
    town_id: int | None = None
    hall: str | None = None
    item_id: int | None = None

    def applied_to(self, order: BookingOrder) -> BookingOrder:
        """The order as it is after the change."""
        given = {name: value for name, value in asdict(self).items() if value is not None}
        if self.site_id is not None and self.site_id != order.site_id:
            given.setdefault("hall", "")
            given.setdefault("town_id", None)
        return replace(order, **given)

    def told(self) -> dict[str, object]:
        """What is to change, for the answer to a stale edit."""
        given = {name: value for name, value in asdict(self).items() if value is not None}
        return {
            name: value.isoformat() if isinstance(value, datetime) else value for name, value in given.items()
        }


def check_orders(orders: Sequence[BookingOrder]) -> None:
    """Refuse a series of none or too many (422 SERIES_SIZE), impossible times, and orders that take nothing."""
    if not 1 <= len(orders) <= MOST_IN_A_SERIES:
        raise RuleBroken(
            "SERIES_SIZE",
            zh=f"一次可登记1–{MOST_IN_A_SERIES}个时段，收到{len(orders)}个",
            en=f"1 to {MOST_IN_A_SERIES} times are booked in one go, here are {len(orders)}",
            rule="S07",
            facts={"most": MOST_IN_A_SERIES, "count": len(orders)},
            how_to_fix_zh="请分批登记",
            how_to_fix_en="book them in several goes",
            field="occurrences",
        )
    refuse_all(refusal for order in orders for refusal in _faults(order))


def check_names(orders: Sequence[BookingOrder]) -> None:
    """Refuse names that only the duties of an adopted assignment bear, for whoever else books: 422 REFERENCE_RESERVED."""
    taken = next((order for order in orders if order.reference.startswith(DUTY_NAMES)), None)
    if taken is None:
        return
    raise RuleBroken(
        "REFERENCE_RESERVED",
        zh=f"编号“{taken.reference}”以“{DUTY_NAMES}”开头，仅用于已采用分配的值守",
        en=f"the reference {taken.reference} begins with {DUTY_NAMES}, which is kept for duties of an adopted assignment",
        rule="S07",
        facts={"reference": taken.reference, "reserved": DUTY_NAMES},
        how_to_fix_zh="请改用其他编号",
        how_to_fix_en="choose another reference",
        field="reference",
    )


def town_contradicts(order: BookingOrder, town_id: int) -> RuleBroken | None:
    """422 TOWN_CONTRADICTS_SITE where the order names another street or town than the one its site stands in."""
    if order.town_id is None or order.town_id == town_id:
        return None
    return RuleBroken(
        "TOWN_CONTRADICTS_SITE",
        zh="所填街镇与场地所在街镇不一致",
        en="the street or town named is not the one the site stands in",
        rule="S07",
        facts={"town_id": order.town_id, "town_of_site": town_id, "site_id": order.site_id},
        how_to_fix_zh="有场地时不必填街镇（town_id），以场地所在街镇为准",
        how_to_fix_en="leave town_id out where a site is named: the site's own counts",
        field="town_id",
    )


def shares_unshared(order: BookingOrder, is_shared: bool) -> RuleBroken | None:
    """422 SITE_NOT_SHARED where the order would let others in at a place that one group uses at a time.

    Duties of an adopted assignment (their names are kept for them) stand beside whoever uses the place.
    """
    if order.is_exclusive is not False or is_shared or order.reference.startswith(DUTY_NAMES):
        return None
    return RuleBroken(
        "SITE_NOT_SHARED",
        zh="该场地同一时间只供一方使用，不能按共用登记",
        en="this place is used by one group at a time: it cannot be booked as shared",
        rule="S07",
        facts={"site_id": order.site_id, "is_shared": is_shared},
        how_to_fix_zh="请留空 is_exclusive，或先在站点资料中登记为可共用",
        how_to_fix_en="leave is_exclusive out, or record first that the site is shared",
        field="is_exclusive",
    )


def _faults(order: BookingOrder) -> Iterator[RuleBroken]:
    try:
        check_times(order.starts_at, order.ends_at)
    except RuleBroken as refused:
        yield refused
    if order.instructor_id is None and order.site_id is None:
        yield _incomplete("instructor_id", "请指定教师或场地", "name an instructor, a site, or both")
    elif order.site_id is None and order.town_id is None:
        yield _incomplete("town_id", "没有场地时，请指定所在街镇", "without a site, name the street or town")
    if order.site_id is None and order.hall:
        yield _incomplete("hall", "没有场地时，不能指定场地的部分", "a hall is part of a site: name the site")


def _incomplete(field: str, zh: str, en: str) -> RuleBroken:
    return RuleBroken(
        "BOOKING_INCOMPLETE", zh=zh, en=en, rule="S07", field=field, facts={"field": field},
        how_to_fix_zh="请补充后重试", how_to_fix_en="complete it and send again",
    )  # fmt: skip


def booking_past(starts_at: datetime) -> RuleBroken:
    """422 BOOKING_PAST: what has begun is written only with a reason."""
    when = starts_at.astimezone(SHANGHAI)
    return RuleBroken(
        "BOOKING_PAST",
        zh=f"该时段已于{when:%Y-%m-%d %H:%M}开始",
        en=f"this time began at {when:%Y-%m-%d %H:%M}",
        rule="S07",
        facts={"starts_at": when.isoformat()},
        how_to_fix_zh="请改到以后的时间；补登、更正已发生的，请填写理由",
        how_to_fix_en="choose a later time; give a reason (override_reason) to record or correct what has taken place",
        field="starts_at",
    )


def booked_twice(order: BookingOrder) -> RuleBroken:
    """409 BOOKING_TWICE: the same thing is booked for the same person already."""
    return RuleBroken(
        "BOOKING_TWICE",
        zh=f"该事项（{order.reference}）已为该教师登记",
        en=f"this ({order.reference}) is booked for this instructor already",
        status=409,
        rule="S07",
        facts={"kind": order.kind, "reference": order.reference},
        how_to_fix_zh="请改期（移动原登记），或先取消原登记",
        how_to_fix_en="move the booking that stands, or cancel it first",
        field="reference",
    )


def check_active(is_active: bool, end_reason: str) -> None:
    """Refuse to change a booking that was given back with 409 BOOKING_CANCELLED."""
    if is_active:
        return
    raise RuleBroken(
        "BOOKING_CANCELLED",
        zh=f"该登记已取消（{end_reason or '未注明原因'}）",
        en=f"this booking was cancelled ({end_reason or 'no reason given'})",
        status=409,
        rule="S07",
        facts={"end_reason": end_reason},
        how_to_fix_zh="请重新登记",
        how_to_fix_en="book it anew",
    )
