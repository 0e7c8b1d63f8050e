"""What tests of bookings share: a Monday, orders, and races of real connections."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
from django.db import connection
from django_tenants.utils import schema_context

from instructors.assignment.models import SiteNeed
from instructors.assignment.rules.booking_orders import BookingOrder
from instructors.assignment.services import bookings, judging, leaving
from tenants.bureau.rules.local_time import SHANGHAI
from wangge.errors import RuleBroken, RulesBroken

NINE = datetime(2026, 3, 2, 9, 0, tzinfo=SHANGHAI)  # a Monday
HOUR = timedelta(hours=1)
RUNS = "assignment-runs"
MORNING = (1, 360, 450)


@dataclass
class BookedWorld:
    """Two instructors, a site in `town` (`here`) and one in `other_town` (`there`), and the dispatcher who books."""

    person: Any
    other: Any
    here: Any
    there: Any
    units: dict[str, Any]
    items: dict[str, Any]
    acting: Any
    nine: datetime = NINE

    def order(self, starts_at: datetime = NINE, lasts: timedelta = HOUR, **fields: Any) -> BookingOrder:
        """A class of `person` at `here`, unless the fields say otherwise."""
        fields = {"instructor_id": self.person.pk, "site_id": self.here.pk, **fields}
        name = fields.pop("reference", f"class-{starts_at.isoformat()}")
        return BookingOrder("course", name, starts_at, starts_at + lasts, **fields)


@pytest.fixture(autouse=True)
def before_the_monday(monkeypatch: pytest.MonkeyPatch) -> None:
    """For bookings it is January 2026, so that the Monday of these tests lies ahead."""
    for module in (judging, bookings, leaving):
        monkeypatch.setattr(module, "present", lambda: datetime(2026, 1, 5, tzinfo=SHANGHAI))


@pytest.fixture
def booked_world(small_city, staff, make_instructor, make_site) -> BookedWorld:
    """Rows to book with; the connection stands where the test put it."""
    return BookedWorld(
        make_instructor(), make_instructor("测试乙", unit="xinhua"), make_site("S1"), make_site("S2", unit="xinhua"),
        small_city.units, small_city.items, staff.dispatcher,
    )  # fmt: skip


def _codes(refused: RuleBroken | RulesBroken) -> str:
    return "+".join(sorted({each.code for each in getattr(refused, "broken", [refused])}))


@pytest.fixture
def race(alpha: Any) -> Callable[..., list[str]]:
    """`race(deed, deed, …)` runs each on a connection of its own, all at once: sorted "done" or codes of refusals.

    What is not a refusal, such as a deadlock, is raised.
    """

    def run_all(*deeds: Callable[[], Any]) -> list[str]:
        start = Barrier(len(deeds))

        def run(deed: Callable[[], Any]) -> str:
            try:
                with schema_context(alpha.schema_name):
                    connection.ensure_connection()
                    start.wait(timeout=30)
                    deed()
            except (RuleBroken, RulesBroken) as refused:
                return _codes(refused)
            finally:
                connection.close()
            return "done"

        with ThreadPoolExecutor(len(deeds)) as pool:
            return sorted(each.result(timeout=60) for each in [pool.submit(run, deed) for deed in deeds])

    return run_all


@pytest.fixture
def make_need(alpha: Any, small_city: Any) -> Callable[..., SiteNeed]:
    """`make_need(site, "taiji", (1, 360, 450), wanted=1, weight=None)`."""

    def make(site: Any, item: str = "taiji", when: tuple[int, int, int] = MORNING, **fields: Any) -> SiteNeed:
        weekday, begin, end = when
        with schema_context(alpha.schema_name):
            return SiteNeed.objects.create(
                site=site,
                item=small_city.items[item],
                weekday=weekday,
                from_minute=begin,
                to_minute=end,
                **fields,
            )

    return make


@pytest.fixture
def speaker(alpha: Any, api: Any, staff: Any) -> Any:
    return api(alpha, staff.dispatcher)


@pytest.fixture
def compute(alpha: Any, speaker: Any, run_jobs: Any) -> Callable[..., int]:
    """Asks for a computation, lets it run, gives the id of the run."""

    def make(**body: Any) -> int:
        answer = speaker.post(RUNS, body)
        assert answer.status_code == 202, answer.content
        jobs = run_jobs(alpha)
        assert jobs[-1].state == "succeeded", jobs[-1].problem
        return int(answer.json()["run"]["id"])

    return make
