"""Writes of the working calendar: from a library for the years it knows, from an uploaded notice for others."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, timedelta
from importlib.metadata import version

import chinese_calendar
from django.db import transaction
from django.utils import timezone

from tenants.accounts.models import User
from tenants.accounts.services import actor_label, record_audit
from tenants.bureau.models import CalendarDay, CalendarNotice
from tenants.bureau.queries.calendar import notices_in_force, work_calendar
from tenants.bureau.rules.calendar_notices import days_of_year, known_notices
from tenants.bureau.rules.work_calendar import CalendarDay as Day
from tenants.bureau.rules.work_calendar import CalendarYear, WorkCalendar, check_notice
from wangge.errors import RuleBroken, refuse_all
from wangge.kernel.permissions import require

UPLOAD = "upload"


@transaction.atomic
def fill_calendar_from_library(*, acting_user: User | None) -> list[int]:
    """Enter every year that both the library and a notice known by number cover and that has no official notice yet.

    Returns the years entered. A year the library does not know (2027 in version 1.11) is left out, never guessed.
    """
    official = set(notices_in_force().filter(provisional=False).values_list("year", flat=True))
    source = f"chinesecalendar {version('chinesecalendar')}"
    entered = []
    for year, notice in sorted(known_notices().items()):
        days = days_of_year(year, chinese_calendar.holidays, chinese_calendar.workdays)
        if year in official or not days:
            continue
        head = CalendarYear(year, notice.number, provisional=False, source=source)
        _enter(head, days, published_on=notice.published_on, acting_user=acting_user)
        entered.append(year)
    return entered


@transaction.atomic
def upload_calendar_notice(
    *, head: CalendarYear, days: Sequence[Day], published_on: date | None, acting_user: User
) -> tuple[CalendarNotice, list[date]]:
    """Enter a notice, or a provisional calendar, for a year; returns it and the days that change their nature.

    An earlier entry of the year is superseded and kept. Raises every fault of the rows at once (422), and 409
    CALENDAR_OFFICIAL_EXISTS for a provisional calendar where an official one stands.
    """
    require(acting_user, "calendar.edit")
    refuse_all(check_notice(head, days))
    standing = notices_in_force().select_for_update().filter(year=head.year).first()
    if head.provisional and standing is not None and not standing.provisional:
        raise _official_exists(standing)
    before = work_calendar()
    notice = _enter(head, days, published_on=published_on, acting_user=acting_user)
    return notice, _changed_days(before, work_calendar(), head.year)


def _enter(
    head: CalendarYear, days: Collection[Day], *, published_on: date | None, acting_user: User | None
) -> CalendarNotice:
    label = actor_label(acting_user)
    CalendarNotice.objects.filter(year=head.year, superseded_at=None).update(superseded_at=timezone.now())
    notice = CalendarNotice.objects.create(
        year=head.year,
        notice_number=head.notice_number.strip(),
        provisional=head.provisional,
        source=head.source or UPLOAD,
        published_on=published_on,
        entered_by_label=label,
    )
    CalendarDay.objects.bulk_create(
        CalendarDay(notice=notice, day=row.day, kind=row.kind.value, name=row.name) for row in days
    )
    after = {
        "year": head.year,
        "notice_number": notice.notice_number,
        "provisional": head.provisional,
        "source": notice.source,
        "days": len(days),
    }
    record_audit(acting_user=acting_user, action="calendar.enter_notice", subject=notice, after=after)
    return notice


def _changed_days(before: WorkCalendar, after: WorkCalendar, year: int) -> list[date]:
    # A notice reaches back into the December before its year.
    first = date(year - 1, 12, 1)
    days = (first + timedelta(days=offset) for offset in range((date(year, 12, 31) - first).days + 1))
    return [day for day in days if before.is_workday(day) != after.is_workday(day)]


def _official_exists(standing: CalendarNotice) -> RuleBroken:
    return RuleBroken(
        "CALENDAR_OFFICIAL_EXISTS",
        zh=f"{standing.year}年已有正式放假安排（{standing.notice_number}），不能改为临时日历",
        en=f"{standing.year} has an official calendar ({standing.notice_number}); a provisional one cannot replace it",
        status=409,
        rule="X03",
        facts={"year": standing.year, "notice_number": standing.notice_number},
        how_to_fix_zh="如国务院办公厅另有调整，请录入新的通知文号",
        how_to_fix_en="if the State Council has changed it, enter the new notice with its number",
        field="provisional",
    )
