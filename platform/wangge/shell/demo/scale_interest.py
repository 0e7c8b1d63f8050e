"""Interest grids of a city made for measuring: kinds, places and times, members and participants; all invented."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, timedelta

import numpy as np
from django.db import connection
from django.db.models import Model
from django.utils import timezone

from gis.layers.services.bulk import insert_rows
from grids.interest.models import (
    GridMember,
    InterestGrid,
    InterestGridSpan,
    MemberPost,
    Participant,
    Participation,
)
from grids.interest.rules.interest_grid_code import interest_grid_code
from grids.interest.services.phones import phone_columns
from grids.units.models import Grid
from instructors.assignment.models import Site
from instructors.people.models import ActivityItem
from tenants.accounts.queries import sealer
from tenants.bureau.rules.local_time import local_date
from wangge.shell.demo.people import ADMIN
from wangge.shell.demo.scale_frames import SEED
from wangge.shell.demo.scale_steps import Making

KINDS = 24  # of the catalogue's first items
PROPOSED_SHARE, DORMANT_SHARE = 0.03, 0.1
SOURCES = ("association", "site_head", "instructor", "backbone")
SOURCE_SHARES = (0.1, 0.15, 0.25, 0.5)
SECOND_MEMBER_SHARE, SECOND_GRID_SHARE, LEFT_SHARE = 0.3, 0.3, 0.05
WORDING = "generated-1"


def gather_interest_grids(making: Making) -> None:
    """As many as the size says, spread over the communities, each serving one to three base grids of its own."""
    rng, count = np.random.default_rng(SEED + 11), making.scale.interest_grids
    today, admin = local_date(timezone.now()), making.people[ADMIN].pk
    of_community: dict[int, list[int]] = defaultdict(list)
    for grid, community in Grid.objects.order_by("id").values_list("id", "community_id"):
        of_community[community].append(grid)
    codes = dict(Grid.objects.values_list("community_id", "community__code").distinct())
    sites = _sites_of_communities()
    items = list(ActivityItem.objects.order_by("id").values_list("id", "name")[:KINDS])
    communities = sorted(of_community)
    # Every community has one, then as many as there are base grids: where more people live there are more.
    weights = np.array([len(of_community[each]) for each in communities], dtype=float)
    homes = [
        *communities,
        *rng.choice(communities, max(0, count - len(communities)), p=weights / weights.sum()),
    ]
    shares = 1 / np.arange(1, len(items) + 1) ** 0.7
    kinds = rng.choice(len(items), count, p=shares / shares.sum())
    states = rng.choice(
        ["proposed", "dormant", "active"], count, p=[PROPOSED_SHARE, DORMANT_SHARE, 1 - PROPOSED_SHARE - DORMANT_SHARE]
    )  # fmt: skip
    columns: dict[str, list[object]] = defaultdict(list)
    numbers: dict[int, int] = defaultdict(int)
    for at, home in enumerate(int(each) for each in homes[:count]):
        numbers[home] += 1
        item, item_name = items[int(kinds[at])]
        begun = today - timedelta(days=int(rng.integers(120, 390)))
        is_confirmed = states[at] != "proposed"
        slept = today - timedelta(days=int(rng.integers(1, 50))) if states[at] == "dormant" else None
        site = sites.get(home)
        for name, value in {
            "code": interest_grid_code(codes[home], item, numbers[home]), "sequence": numbers[home],
            "name": f"{item_name}{numbers[home]:02d}队", "item_id": item, "community_id": home, "site_id": site,
            "place_name": "" if site else "生成地点", "recurrence": "FREQ=WEEKLY", "from_minute": 420, "minutes": 60,
            "is_outdoors": True, "introduction": "", "state": str(states[at]), "proposed_by_id": admin,
            "active_since": begun if is_confirmed else None, "dormant_since": slept, "close_reason": "", "version": 1,
            "last_activity_on": None,
        }.items():  # fmt: skip
            columns[name].append(value)
    with making.step(f"组建 {count} 个兴趣网格"):
        insert_rows(InterestGrid, columns)
        facts = ("id", "community_id", "state", "active_since", "dormant_since")
        rows = list(InterestGrid.objects.order_by("id").values_list(*facts))
        _serve(rows, of_community, rng)
        _remember(rows, today)
    _staff(making, rows, rng)


Rows = list[tuple[int, int, str, date | None, date | None]]


def _sites_of_communities() -> dict[int, int]:
    """Community → one site that stands in it."""
    from gis.layers.models import Community

    units = dict(Site.objects.filter(valid_to=None).order_by("-id").values_list("unit_id", "id"))
    return {
        community: units[unit]
        for community, unit in Community.objects.filter(valid_to=None).values_list("id", "unit_id")
        if unit in units
    }


def _serve(rows: Rows, of_community: dict[int, list[int]], rng: np.random.Generator) -> None:
    served = [
        (one, grid)
        for one, community, *_ in rows
        for grid in _some(of_community[community], int(rng.integers(1, 4)), rng)
    ]
    insert_rows(
        InterestGrid.base_grids.through,
        {"interestgrid_id": [one for one, _ in served], "grid_id": [grid for _, grid in served]},
    )


def _some(ids: list[int], wanted: int, rng: np.random.Generator) -> list[int]:
    return [int(each) for each in rng.choice(ids, min(wanted, len(ids)), replace=False)]


def _remember(rows: Rows, today: date) -> None:
    """The days of every state: proposed a month before it was confirmed, active since, asleep since."""
    spans: list[tuple[int, str, date, date | None]] = []
    for one, _, state, begun, slept in rows:
        if begun is None:
            spans.append((one, "proposed", today - timedelta(days=20), None))
            continue
        spans.append((one, "proposed", begun - timedelta(days=30), begun - timedelta(days=1)))
        spans.append((one, "active", begun, None if slept is None else slept - timedelta(days=1)))
        if slept is not None:
            spans.append((one, state, slept, None))
    ones, states, firsts, lasts = zip(*spans, strict=True)
    insert_rows(
        InterestGridSpan,
        {"interest_grid_id": ones, "state": states, "since": firsts, "until": lasts},
    )


def _staff(making: Making, rows: Rows, rng: np.random.Generator) -> None:
    """A member for every interest grid that was confirmed, a second one for some; phones of no network (1990…)."""
    admin, today = making.people[ADMIN].pk, local_date(timezone.now())
    led = [
        (one, community, begun)
        for one, community, _, begun, _ in rows
        if begun is not None
        for _ in range(1 + int(rng.random() < SECOND_MEMBER_SHARE))
    ]
    with making.step(f"登记 {len(led)} 名网格员"):
        count = len(led)
        members = reserve_ids(GridMember, count)
        insert_rows(
            GridMember,
            {
                "id": members, "name": [f"测试{number:06d}" for number in range(count)],
                "community_id": [each[1] for each in led], "version": [1] * count, "added_by_id": [admin] * count,
                **_phones(GridMember, members, "199"),
            },
        )  # fmt: skip
        insert_rows(
            MemberPost,
            {
                "member_id": members, "interest_grid_id": [each[0] for each in led],
                "source": [str(each) for each in rng.choice(SOURCES, count, p=SOURCE_SHARES)],
                "proof": ["生成数据"] * count, "association": ["生成协会"] * count, "state": ["active"] * count,
                "starts_on": [each[2] for each in led], "ends_on": [today + timedelta(days=365)] * count,
                "end_reason": [""] * count, "nominated_by_id": [admin] * count, "confirmed_by_id": [admin] * count,
                "version": [1] * count,
            },
        )  # fmt: skip


def reserve_ids(model: type[Model], count: int) -> list[int]:
    """So many ids that no other row of the table will have, in order."""
    table = model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)", [table, count]
        )
        return [int(row[0]) for row in cursor.fetchall()]


def _phones(
    kind: type[GridMember] | type[Participant], ids: list[int], prefix: str
) -> dict[str, list[object]]:
    """Sealed numbers of no network, one a row."""
    keys = sealer()
    phones = [phone_columns(keys, kind, row, f"{prefix}{at:08d}") for at, row in enumerate(ids)]
    return {
        "phone_sealed": [each.phone_sealed for each in phones],
        "phone_digest": [each.phone_digest for each in phones],
        "phone_masked": [each.phone_masked for each in phones],
    }


def join_participants(making: Making) -> None:
    """As many people as the size says, each in one interest grid or two; some have left."""
    rng, count = np.random.default_rng(SEED + 12), making.scale.participants
    rows = InterestGrid.objects.order_by("id").values_list("id", "active_since")
    confirmed = [(one, since) for one, since in rows if since is not None]
    keen = rng.lognormal(0, 0.5, len(confirmed))
    keen /= keen.sum()
    with making.step(f"登记 {count} 名参与者"):
        people = reserve_ids(Participant, count)
        names = [f"测试{number:06d}" for number in range(count)]
        insert_rows(Participant, {"id": people, "name": names, **_phones(Participant, people, "198")})
        first = rng.choice(len(confirmed), count, p=keen)
        second = rng.choice(len(confirmed), count, p=keen)
        also = (rng.random(count) < SECOND_GRID_SHARE) & (first != second)
        pairs = [(people[at], int(first[at])) for at in range(count)]
        pairs += [(people[at], int(second[at])) for at in range(count) if also[at]]
        joined = [confirmed[at][1] + timedelta(days=int(rng.integers(0, 60))) for _, at in pairs]
        left = [day + timedelta(days=30) if rng.random() < LEFT_SHARE else None for day in joined]
        insert_rows(
            Participation,
            {
                "participant_id": [person for person, _ in pairs],
                "interest_grid_id": [confirmed[at][0] for _, at in pairs], "joined_on": joined, "left_on": left,
                "consent_version": [WORDING] * len(pairs),
                "consented_at": [datetime.combine(day, datetime.min.time(), timezone.get_current_timezone()) for day in joined],
            },
        )  # fmt: skip
