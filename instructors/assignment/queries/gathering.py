"""What a computed assignment begins from, gathered as plain values in a fixed number of statements. Rule: S07"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

import geopandas as gpd
from django.db.models import Q, QuerySet

from gis.layers.queries.frames import frame_of
from instructors.assignment.models import (
    AssignmentPin,
    Booking,
    BookingKind,
    RunState,
    Site,
    SiteAssignment,
    SiteNeed,
)
from instructors.assignment.queries.needs import needs_in_force
from instructors.assignment.queries.runs import standing_run
from instructors.assignment.rules.home_cells import middle_of_home_cell
from instructors.assignment.rules.qualifications import InputsSeen, digest, qualification, role_asked_at
from instructors.assignment.rules.site_assignment import AvailableInstructor, Pair, WeeklyNeed, WeeklySpan
from instructors.assignment.rules.weekly_times import weekly_spans_left
from instructors.people.models import FreeTime, GradeAward, Instructor, TeachingItem
from instructors.people.rules.free_times import MINUTES_A_DAY, Span, minutes_by_day
from instructors.people.rules.grades import TeachingRole
from tenants.bureau.queries.city import city_profile
from tenants.bureau.rules.local_time import SHANGHAI

# Bookings are looked at so many weeks ahead; what is booked in half of them counts as booked every week.
WEEKS_LOOKED_AT = 4
ALL_WEEK = tuple((weekday, Span(0, MINUTES_A_DAY)) for weekday in range(1, 8))


@dataclass(frozen=True, slots=True)
class GatherOptions:
    """`as_of`: day of qualification and free times. `assume_free`: who gave no times is free all week, else left out."""

    as_of: date
    buffer_min: int
    assume_free: bool = False


@dataclass(frozen=True)
class Gathered:
    """`left_out`: reason → ids of people who could not be considered. `sites`: metric points, `site_id`."""

    instructors: list[AvailableInstructor]
    needs: list[SiteNeed]
    sites: gpd.GeoDataFrame
    pins: list[Pair]
    before: list[Pair]
    before_run: int | None
    left_out: dict[str, list[int]] = field(default_factory=dict)

    def weekly_needs(self, households: Mapping[int, int]) -> list[WeeklyNeed]:
        """The needs for the computation; a need without a weight of its own weighs its site's households."""
        return [
            weekly_need(
                need, self.sites, households.get(need.site_id, 0) if need.weight is None else need.weight
            )
            for need in self.needs
        ]

    def seen(self) -> InputsSeen:
        """Digests of all this, households excepted: layers change by imports, which everybody sees."""
        return InputsSeen(
            {str(one.key): digest_of_instructor(one) for one in self.instructors},
            {str(need.pk): digest_of_need(need) for need in self.needs},
            {f"{pin.instructor}-{pin.need}": "" for pin in self.pins},
        )


def digest_of_instructor(one: AvailableInstructor) -> str:
    """Changes with what may be taught, the square of the home, free times and limit."""
    return digest((sorted(one.items), round(one.home_x_m), round(one.home_y_m), one.free, one.weekly_limit))


def digest_of_need(need: SiteNeed) -> str:
    """Changes with place, kind of site, item, time, number and weight."""
    when = (need.weekday, need.from_minute, need.to_minute)
    site = (need.site_id, need.site.site_kind, need.site.geometry.coords)
    return digest((site, need.item_id, when, need.wanted, need.weight))


def gather(options: GatherOptions) -> Gathered:
    """Everybody of the register on that day, what sites ask for, pins, and the run in force."""
    needs = list(needs_in_force(options.as_of))
    instructors, left_out = _instructors(options, None)
    known = {need.pk for need in needs}
    pins = AssignmentPin.objects.filter(need__in=known).order_by("instructor_id", "need_id")
    adopted = SiteAssignment.objects.filter(run__state=RunState.ADOPTED).order_by("instructor_id", "need_id")
    standing = standing_run()
    return Gathered(
        instructors=instructors,
        needs=needs,
        sites=metric_sites({need.site_id for need in needs}),
        pins=[Pair(*pair) for pair in pins.values_list("instructor_id", "need_id")],
        before=[Pair(*pair) for pair in adopted.values_list("instructor_id", "need_id")],
        before_run=None if standing is None else standing.pk,
        left_out=left_out,
    )


def available_instructors(options: GatherOptions, ids: Collection[int]) -> list[AvailableInstructor]:
    """Some people as the computation sees them, those it leaves out excepted."""
    return _instructors(options, ids)[0]


def considered(
    options: GatherOptions, ids: Collection[int]
) -> tuple[list[AvailableInstructor], dict[str, list[int]]]:
    """The same, and reason → ids of those left out."""
    return _instructors(options, ids)


def unqualified_pairs(run_id: int, on: date) -> list[tuple[int, int]]:
    """Pairs (instructor, need) of a run whose person is off the register on the day, or without grade or item for it."""
    pairs = (
        SiteAssignment.objects.filter(run_id=run_id)
        .select_related("need__site")
        .defer("need__site__as_imported")
    )
    found = list(pairs.order_by("id"))
    ids = {pair.instructor_id for pair in found}
    there = Instructor.objects.filter(Q(left_on=None) | Q(left_on__gte=on), pk__in=ids)
    able, items = set(there.values_list("pk", flat=True)) & _graded(on, ids), _items(on, ids)
    return [
        (pair.instructor_id, pair.need_id)
        for pair in found
        if pair.instructor_id not in able
        or qualification(pair.need.item_id, role_asked_at(pair.need.site.site_kind))
        not in items[pair.instructor_id]
    ]


def metric_sites(ids: Collection[int]) -> gpd.GeoDataFrame:
    """Sites as points in the city's metric zone, index and `site_id` their ids."""
    frame = frame_of(Site.objects.filter(pk__in=list(ids)), {"site_id": "id"})
    return frame.to_crs(f"EPSG:{city_profile().gauss_kruger_epsg}")


def weekly_need(need: SiteNeed, sites: gpd.GeoDataFrame, weight: int) -> WeeklyNeed:
    """A need as the computation sees it."""
    place = sites.geometry.at[need.site_id]
    return WeeklyNeed(
        key=need.pk,
        site=need.site_id,
        x_m=place.x,
        y_m=place.y,
        town=need.site.town_id,
        item=qualification(need.item_id, role_asked_at(need.site.site_kind)),
        when=WeeklySpan(need.weekday, need.from_minute, need.to_minute),
        wanted=need.wanted,
        weight=int(weight),
    )


# --- people -------------------------------------------------------------------------------------------------


def _instructors(
    options: GatherOptions, ids: Collection[int] | None
) -> tuple[list[AvailableInstructor], dict[str, list[int]]]:
    people = Instructor.objects.filter(Q(left_on=None) | Q(left_on__gte=options.as_of))
    if ids is not None:
        people = people.filter(pk__in=list(ids))
    limits = dict(people.order_by("id").values_list("id", "weekly_limit"))
    at_home = frame_of(people.filter(home__isnull=False), {}, "home")
    homes = at_home.to_crs(f"EPSG:{city_profile().gauss_kruger_epsg}").geometry
    graded = _graded(options.as_of, ids)
    items = _items(options.as_of, ids)
    said = _patterns(options.as_of, ids)
    booked = _booked(options, ids)
    place = dict(zip(homes.index, map(middle_of_home_cell, homes.x, homes.y), strict=True))
    found, left_out = [], defaultdict(list)
    for key, limit in limits.items():
        times = said.get(key, ALL_WEEK if options.assume_free else ())
        reason = _why_left_out(key in place, key in graded and key in items, bool(times), limit)
        if reason:
            left_out[reason].append(key)
            continue
        free = weekly_spans_left(times, booked.get(key, ()), options.buffer_min)
        x_m, y_m = place[key]
        spans = tuple(WeeklySpan(day, span.from_minute, span.to_minute) for day, span in free)
        found.append(AvailableInstructor(key, frozenset(items[key]), x_m, y_m, spans, limit))
    return found, dict(left_out)


def why_left_out(instructor_id: int, options: GatherOptions) -> str:
    """Why a person cannot be considered; `not_in_run` when the register does not have them on the day."""
    left_out = _instructors(options, [instructor_id])[1]
    return next(iter(left_out), "not_in_run")


def _why_left_out(has_home: bool, is_qualified: bool, has_times: bool, limit: int) -> str:
    if not is_qualified:
        return "not_qualified"
    if not has_home:
        return "no_home"
    if not has_times:
        return "no_free_times"
    return "" if limit else "no_sessions"


def _of(rows: QuerySet[Any], ids: Collection[int] | None) -> QuerySet[Any]:
    return rows if ids is None else rows.filter(instructor_id__in=list(ids))


def _valid(on: date) -> Q:
    return Q(valid_from__lte=on) & (Q(valid_to=None) | Q(valid_to__gte=on))


def _graded(on: date, ids: Collection[int] | None) -> set[int]:
    return set(_of(GradeAward.objects.filter(_valid(on)), ids).values_list("instructor_id", flat=True))


def _items(on: date, ids: Collection[int] | None) -> dict[int, set[int]]:
    rows = _of(TeachingItem.objects.filter(_valid(on)), ids)
    found: dict[int, set[int]] = defaultdict(set)
    for key, item, role in rows.values_list("instructor_id", "item_id", "teaching_role"):
        found[key].add(qualification(item, TeachingRole(role)))
    return found


def _patterns(on: date, ids: Collection[int] | None) -> dict[int, list[tuple[int, Span]]]:
    """Weekly times that hold on the day; a person whose times all lie at other dates is not free at all."""
    found: dict[int, list[tuple[int, Span]]] = defaultdict(list)
    columns = ("instructor_id", "weekday", "from_minute", "to_minute", "valid_from", "valid_to")
    for key, weekday, begin, end, first, last in _of(FreeTime.objects.all(), ids).values_list(*columns):
        spans = found[key]
        if (first is None or first <= on) and (last is None or on <= last):
            spans.append((weekday, Span(begin, end)))
    return found


def _booked(options: GatherOptions, ids: Collection[int] | None) -> dict[int, list[tuple[int, Span]]]:
    """What other work takes in at least half of the coming weeks; duties of the plan itself do not count."""
    first = datetime.combine(options.as_of, time.min, tzinfo=SHANGHAI)
    rows = Booking.objects.filter(
        is_active=True,
        instructor__isnull=False,
        busy__overlap=(first, first + timedelta(weeks=WEEKS_LOOKED_AT)),
    ).exclude(kind=BookingKind.SITE_DUTY)
    weeks: dict[int, Counter[tuple[int, Span]]] = defaultdict(Counter)
    for key, busy in _of(rows, ids).values_list("instructor_id", "busy"):
        weeks[key].update(_days_of(busy.lower, busy.upper))
    least = WEEKS_LOOKED_AT // 2
    return {key: [when for when, count in found.items() if count >= least] for key, found in weeks.items()}


def _days_of(starts_at: datetime, ends_at: datetime) -> Iterable[tuple[int, Span]]:
    return [(day.isoweekday(), span) for day, span in minutes_by_day(starts_at, ends_at)]
