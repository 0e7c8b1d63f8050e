"""What an import let go of with sites comes back when the import is undone, as far as it still can. Rules: J12, J13"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange as Range
from django.db.models import F

from gis.compute.intake import Finding
from gis.layers.models import LayerImport
from gis.layers.services.following import LayerChange
from instructors.assignment.models import AssignmentPin, Booking, RetiredUse, Site, SiteNeed
from instructors.assignment.queries.bookings import order_of
from instructors.assignment.queries.retired import let_go_by, needs_locked, needs_standing, people_locked
from instructors.assignment.rules.bookings import time_told
from instructors.assignment.rules.duties import need_of_reference
from instructors.assignment.rules.needs import check_need_time
from instructors.assignment.rules.retiring import (
    Restored,
    brought_back,
    duty_stays_away,
    need_stays_away,
    pin_stays_away,
)
from instructors.assignment.services.bookings import told
from instructors.assignment.services.judging import Judged, Parties, judge, present
from instructors.assignment.services.needs import told_need
from instructors.assignment.services.retiring import GIVEN_BACK
from instructors.assignment.services.rivals import settled
from instructors.assignment.services.runs import lock_runs
from instructors.assignment.services.site_messages import masked
from instructors.people.models import Instructor
from instructors.people.rules.free_times import WEEKDAYS_ZH, Span, clock
from tenants.accounts.models import User
from tenants.accounts.services import AuditSubject, record_audits
from tenants.bureau.queries.days import today
from wangge.errors import RuleBroken

BACK = "导入已撤销，站点恢复"
Reason = tuple[str, str]
_NEED_GONE = ("其需求没有恢复", "its need did not come back")


@dataclass(frozen=True, slots=True)
class LetGo:
    """What an import let go of; needs and people are locked, before the sites that are settled next."""

    rows: Sequence[RetiredUse]
    needs: dict[int, SiteNeed]
    people: dict[int, Instructor]


@dataclass
class Returned:
    """What came back, what did not, and what is said of both."""

    needs: list[SiteNeed] = field(default_factory=list)
    pins: int = 0
    duties: list[Booking] = field(default_factory=list)
    duties_away: list[Booking] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


def hold_let_go(layer_import: LayerImport) -> LetGo:
    """Lock what undoing the import touches beside sites, in the order in which all lock: runs, needs, people."""
    rows = let_go_by(layer_import.pk)
    if not rows:
        return LetGo(rows, {}, {})
    lock_runs()
    needs = {row.pk: row for row in needs_locked(row.need_id for row in rows if row.need_id is not None)}
    people = {row.duty.instructor_id for row in rows if row.duty is not None}
    pinned = {pin["instructor"] for row in rows for pin in row.pins}
    return LetGo(rows, needs, people_locked({each for each in people | pinned if each is not None}))


def bring_back(let_go: LetGo, change: LayerChange) -> Returned:
    """Let needs, pins and duties stand again that this import let go of; each that cannot is told with its reason.

    The caller has settled and locked the sites. A need stays away whose site is still gone, is shut at that time, or
    asks for the same again; a duty whose time has come or whose instructor or place is taken or no longer fit.
    """
    done = Returned()
    if not let_go.rows:
        return done
    sites = {
        site.pk: site for site in Site.objects.select_related("unit", "town").filter(pk__in=_site_ids(let_go))
    }
    _return_needs(let_go, sites, done, change.acting_user)
    _return_pins(let_go, done)
    _return_duties(let_go, sites, done, change.acting_user)
    RetiredUse.objects.filter(layer_import=change.layer_import).delete()
    done.findings.insert(0, brought_back(Restored(len(done.needs), done.pins, len(done.duties))))
    return done


def _site_ids(let_go: LetGo) -> set[int]:
    ids = {need.site_id for need in let_go.needs.values()}
    return ids | {
        row.duty.site_id for row in let_go.rows if row.duty is not None and row.duty.site_id is not None
    }


# --- needs and pins -----------------------------------------------------------------------------------------


def _return_needs(let_go: LetGo, sites: dict[int, Site], done: Returned, acting_user: User) -> None:
    asked = needs_standing(list(sites))
    for row in let_go.rows:
        if row.need_id is None or row.need_id not in let_go.needs:
            continue
        need = let_go.needs[row.need_id]
        why = _against(need, row, sites[need.site_id], asked)
        if why is not None:
            done.findings.append(need_stays_away(need.site.name, _what(need), *why))
            continue
        need.valid_to = row.valid_to
        done.needs.append(need)
    SiteNeed.objects.bulk_update(done.needs, ["valid_to"], batch_size=500)
    record_audits(
        acting_user=acting_user, action="site_need.restore", reason=BACK,
        subjects=[AuditSubject(need, after=told_need(need)) for need in done.needs],
    )  # fmt: skip


def _against(
    need: SiteNeed, row: RetiredUse, site: Site, asked: set[tuple[int, int, int, int]]
) -> Reason | None:
    if site.valid_to is not None:
        return "站点仍不在图层中", "its site is still gone"
    if need.valid_to != row.ended_on:
        return "此后另有变更", "it was changed since"
    if row.valid_to is None and (need.site_id, need.item_id, need.weekday, need.from_minute) in asked:
        return "已有同一需求", "the same is asked for already"
    try:
        check_need_time(site.opening_hours, need.weekday, Span(need.from_minute, need.to_minute))
    except RuleBroken as shut:
        return shut.zh, shut.en
    return None


def _what(need: SiteNeed) -> str:
    hours = f"{clock(need.from_minute)}–{clock(need.to_minute)}"
    return f"{need.item.name} {WEEKDAYS_ZH[need.weekday]}{hours}"


def _return_pins(let_go: LetGo, done: Returned) -> None:
    """Pins of needs that came back, for people who still stand in the register."""
    back, pins = {need.pk for need in done.needs}, []
    for row in let_go.rows:
        for pin in row.pins:
            person = let_go.people.get(pin["instructor"])
            need = let_go.needs.get(row.need_id or 0)
            if person is not None and row.need_id in back and _is_in_register(person):
                pins.append(
                    AssignmentPin(
                        need_id=row.need_id,
                        instructor=person,
                        pinned_by_id=pin["pinned_by"],
                        reason=pin["reason"],
                    )
                )
            elif person is not None and need is not None:
                done.findings.append(pin_stays_away(need.site.name, _what(need), masked(person)))
    AssignmentPin.objects.bulk_create(pins, ignore_conflicts=True)
    done.pins = len(pins)


def _is_in_register(person: Instructor) -> bool:
    return person.left_on is None or person.left_on >= today()


# --- duties -------------------------------------------------------------------------------------------------


def _return_duties(let_go: LetGo, sites: dict[int, Site], done: Returned, acting_user: User) -> None:
    back = {need.pk for need in done.needs}
    let_go_needs = set(let_go.needs)
    open_duties: list[Booking] = []
    for duty in (row.duty for row in let_go.rows if row.duty is not None):
        need = need_of_reference(duty.reference)
        if duty.is_active or duty.end_reason != GIVEN_BACK:
            continue  # it stands, or was ended for another reason: nothing of this import
        if need in let_go_needs and need not in back:
            _stays_away(duty, _NEED_GONE, done)
        elif duty.starts_at <= present():
            _stays_away(duty, ("时间已过", "its time has come"), done)
        else:
            open_duties.append(duty)
    if open_duties:
        settled(lambda: _book_again(open_duties, Parties(let_go.people, sites), done, acting_user))


def _book_again(duties: Sequence[Booking], parties: Parties, done: Returned, acting_user: User) -> None:
    """Judge each against what stands now, as when somebody moves it; whether the person said to be free was judged then."""
    orders = [order_of(row) for row in duties]
    judged = judge(orders, [row.pk for row in duties], parties, is_overridden=True)
    restored: list[Booking] = []
    away: list[tuple[Booking, Reason]] = []
    for row, verdict in zip(duties, judged, strict=True):
        if verdict.refusals:
            away.append((row, _said(verdict)))
        else:
            restored.append(_stands_again(row, verdict))
    columns = ["is_active", "is_called_off", "end_reason", "padded", "town"]
    Booking.objects.bulk_update(restored, columns, batch_size=500)
    Booking.objects.filter(pk__in=[row.pk for row in restored]).update(version=F("version") + 1)
    record_audits(
        acting_user=acting_user, action="booking.restore", reason=BACK,
        subjects=[AuditSubject(row, {**told(row), "is_active": False}, told(row)) for row in restored],
    )  # fmt: skip
    done.duties.extend(restored)
    for row, why in away:
        _stays_away(row, why, done)


def _stands_again(row: Booking, judged: Judged) -> Booking:
    row.is_active, row.is_called_off, row.end_reason = True, False, ""
    row.padded, row.town_id = Range(*judged.padded), judged.taking.town
    return row


def _said(judged: Judged) -> Reason:
    return "；".join(each.zh for each in judged.refusals), "; ".join(each.en for each in judged.refusals)


def _stays_away(duty: Booking, why: Reason, done: Returned) -> None:
    person = None if duty.instructor is None else masked(duty.instructor)
    place = duty.town.name if duty.site is None else duty.site.name
    when = time_told(duty.starts_at, duty.ends_at)
    done.duties_away.append(duty)
    done.findings.append(duty_stays_away(person, place, when, *why))
