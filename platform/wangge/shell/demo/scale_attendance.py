"""What happened in a city made for measuring: activities, meetings of the last year, who came, how it was liked, work."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

import numpy as np
from django.db import connection
from django.utils import timezone

from gis.layers.services.bulk import insert_rows
from grids.interest.models import (
    Activity,
    Attendance,
    InterestGrid,
    Occurrence,
    OccurrenceRating,
)
from tenants.bureau.rules.local_time import SHANGHAI, local_date
from wangge.shell.demo.people import ADMIN
from wangge.shell.demo.scale_frames import SEED
from wangge.shell.demo.scale_interest import reserve_ids
from wangge.shell.demo.scale_steps import Making

WEEKS = 26
# How many of the past weeks an interest grid met: most of them often enough to be regular.
MET = ((2, 0.25), (4, 0.35), (8, 0.3), (WEEKS, 0.1))
HELD_AT, MINUTES = time(7), 60
CANCELLED_SHARE, HEADS, RATED_SHARE = 0.05, 4, 0.05
BATCH = 50_000
SCORES, SCORE_SHARES = (1, 2, 3), (0.03, 0.12, 0.85)

_LAST_ACTIVITY = """
UPDATE interest_interestgrid AS one SET last_activity_on = held.day
FROM (SELECT interest_grid_id, max((starts_at AT TIME ZONE 'Asia/Shanghai')::date) AS day
      FROM interest_occurrence WHERE state = 'held' GROUP BY 1) AS held
WHERE held.interest_grid_id = one.id"""

_FIRST_ATTENDED = """
UPDATE interest_participant AS person SET first_attended_on = came.attended_on
FROM interest_attendance AS came WHERE came.participant_id = person.id AND came.is_first_time"""

_WORK = """
INSERT INTO interest_worklog (user_id, kind, duty_role, themes, community_id, interest_grid_id, done_at, done_on,
                              reference, is_typed, note)
SELECT %(user)s, 'activity_held', (ARRAY['instruction', 'instruction', 'service', 'publicity', 'information'])[1 + one.id %% 5],
       '{}', one.community_id, one.id, held.ends_at, (held.starts_at AT TIME ZONE 'Asia/Shanghai')::date,
       'occurrence:' || held.id, false, ''
FROM interest_occurrence AS held JOIN interest_interestgrid AS one ON one.id = held.interest_grid_id
WHERE held.state = 'held'"""

_DEMANDS = """
INSERT INTO interest_demand (community_id, interest_grid_id, item_id, course_type, askers, crowd, weekdays, time_of_day,
                             place_name, contact_role, state, entered_by_id, answer_reason, close_reason, version,
                             town_id, handed_up_by_id, handed_up_on)
SELECT one.community_id, one.id, one.item_id, 'skill_class', 1 + one.id %% 9, 'everybody', '{}', '', '', 'applicant',
       CASE WHEN one.id %% 3 = 0 THEN 'handed_up' ELSE 'open' END, %(user)s, '', '', 1,
       CASE WHEN one.id %% 3 = 0 THEN unit.parent_id END, CASE WHEN one.id %% 3 = 0 THEN %(user)s::bigint END,
       CASE WHEN one.id %% 3 = 0 THEN %(today)s::date END
FROM interest_interestgrid AS one
JOIN citylayers_community AS community ON community.id = one.community_id
JOIN bureau_orgunit AS unit ON unit.id = community.unit_id
WHERE one.state = 'active' AND one.id %% 5 = 0"""


def hold_activities(making: Making) -> None:
    """A weekly activity of every interest grid that was confirmed, and its meetings of the past weeks."""
    rng = np.random.default_rng(SEED + 13)
    today, admin = local_date(timezone.now()), making.people[ADMIN].pk
    rows = list(
        InterestGrid.objects.exclude(active_since=None)
        .order_by("id")
        .values_list("id", "site_id", "dormant_since", "active_since")
    )
    count = len(rows)
    with making.step(f"安排 {count} 项活动"):
        activities = reserve_ids(Activity, count)
        _insert_activities(rows, activities, admin)
    weeks = rng.choice([weeks for weeks, _ in MET], count, p=[share for _, share in MET])
    weekdays = rng.integers(0, 7, count)
    meetings: list[tuple[Any, ...]] = []
    for at, (one, site, slept, begun) in enumerate(rows):
        # Who sleeps since a day had last met two months before it.
        last = today - timedelta(days=1) if slept is None else slept - timedelta(days=61)
        for back in range(int(weeks[at])):
            day = last - timedelta(days=int(weekdays[at]) + 7 * back)
            if begun is not None and day >= begun:
                meetings.append((activities[at], one, day, site))
    with making.step(f"举办 {len(meetings)} 场次"):
        _insert_meetings(meetings, rng)
        with connection.cursor() as cursor:
            cursor.execute(_LAST_ACTIVITY)
    with making.step("工作记录与需求"), connection.cursor() as cursor:
        cursor.execute(_WORK, {"user": admin})
        cursor.execute(_DEMANDS, {"user": admin, "today": today})


def _insert_activities(rows: list[Any], ids: list[int], admin: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO interest_activity (id, interest_grid_id, title, recurrence, starts_at, minutes, site_id, hall,
                is_exclusive, place_name, is_outdoors, assist_themes, welcomes_visitors, state, planned_by_id, version)
            SELECT v.id, one.id, one.name, 'FREQ=WEEKLY', (one.active_since + %(at)s::time) AT TIME ZONE 'Asia/Shanghai',
                %(minutes)s,
                one.site_id, '', false, one.place_name, true, '{}', false, 'active', %(user)s, 1
            FROM unnest(%(ids)s::bigint[], %(ones)s::bigint[]) AS v(id, one)
            JOIN interest_interestgrid AS one ON one.id = v.one""",
            {
                "ids": ids,
                "ones": [row[0] for row in rows],
                "user": admin,
                "at": HELD_AT.isoformat(),
                "minutes": MINUTES,
            },
        )


def _insert_meetings(meetings: list[tuple[Any, ...]], rng: np.random.Generator) -> None:
    count = len(meetings)
    cancelled = rng.random(count) < CANCELLED_SHARE
    heads = rng.integers(0, HEADS, count)
    begins = [datetime.combine(day, HELD_AT, SHANGHAI) for _, _, day, _ in meetings]
    ends = [begin + timedelta(minutes=MINUTES) for begin in begins]
    insert_rows(
        Occurrence,
        {
            "activity_id": [each[0] for each in meetings], "interest_grid_id": [each[1] for each in meetings],
            "starts_at": begins, "ends_at": ends, "site_id": [each[3] for each in meetings], "place_name": [""] * count,
            "state": ["cancelled" if each else "held" for each in cancelled],
            "cancel_category": ["weather" if each else "" for each in cancelled], "cancel_reason": [""] * count,
            "headcount": [0 if off else int(head) for off, head in zip(cancelled, heads, strict=True)],
            "visitors": [0] * count, "held_at": [None if off else end for off, end in zip(cancelled, ends, strict=True)],
            "version": [1] * count,
        },
    )  # fmt: skip


def attend(making: Making) -> None:
    """As many attendances as the size says: people at meetings of the interest grids they had joined by then."""
    rng, wanted = np.random.default_rng(SEED + 14), making.scale.attendances
    with making.step("分配到场人员"):
        meeting, person, grid, day, begin = _who_could_come()
        # The size asks for a number; where fewer could have come, all of them did.
        kept = np.sort(rng.permutation(len(meeting))[:wanted])
        order = kept[np.argsort(day[kept], kind="stable")]
        _, firsts = np.unique(person[order], return_index=True)
        is_first = np.zeros(len(order), dtype=bool)
        is_first[firsts] = True
    with making.step(f"登记 {len(order)} 条签到") as listen:
        _insert_attendances(meeting[order], person[order], grid[order], begin[order], is_first, listen)
        with connection.cursor() as cursor:
            cursor.execute(_FIRST_ATTENDED)
    rated = list(
        Attendance.objects.order_by("id").values_list("id", "occurrence_id")[:: round(1 / RATED_SHARE)]
    )
    with making.step(f"登记 {len(rated)} 条评价"):
        scores = rng.choice(SCORES, len(rated), p=SCORE_SHARES)
        insert_rows(
            OccurrenceRating,
            {
                "attendance_id": [one for one, _ in rated], "occurrence_id": [one for _, one in rated],
                "score": [int(score) for score in scores],
            },
        )  # fmt: skip


def _who_could_come() -> tuple[np.ndarray[Any, Any], ...]:
    """Every pair of a held meeting and a person who belonged to its interest grid: meeting, person, grid, day, begin."""
    with connection.cursor() as cursor:
        cursor.execute("""
            SELECT held.id, joined.participant_id, held.interest_grid_id,
                   (held.starts_at AT TIME ZONE 'Asia/Shanghai')::date - date '2000-01-01',
                   extract(epoch FROM held.starts_at)::bigint
            FROM interest_occurrence AS held
            JOIN interest_participation AS joined ON joined.interest_grid_id = held.interest_grid_id
            WHERE held.state = 'held' AND joined.joined_on <= (held.starts_at AT TIME ZONE 'Asia/Shanghai')::date
              AND (joined.left_on IS NULL OR joined.left_on >= (held.starts_at AT TIME ZONE 'Asia/Shanghai')::date)
            ORDER BY held.id, joined.participant_id""")
        found = np.array(cursor.fetchall(), dtype=np.int64).reshape(-1, 5)
    return tuple(found[:, at] for at in range(5))


def _insert_attendances(meeting: Any, person: Any, grid: Any, begin: Any, is_first: Any, listen: Any) -> None:
    for start in range(0, len(meeting), BATCH):
        part = slice(start, start + BATCH)
        begins = [datetime.fromtimestamp(int(each), SHANGHAI) for each in begin[part]]
        size = len(begins)
        insert_rows(
            Attendance,
            {
                "occurrence_id": meeting[part].tolist(), "interest_grid_id": grid[part].tolist(),
                "attended_on": [each.date() for each in begins], "participant_id": person[part].tolist(),
                "way": ["qr" if at % 3 else "ticked" for at in range(size)], "checked_in_at": begins,
                "is_first_time": is_first[part].tolist(),
            },
        )  # fmt: skip
        listen(start + size, len(meeting), "")
