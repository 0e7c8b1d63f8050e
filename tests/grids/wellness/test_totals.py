"""Totals for the bureau: published once a quarter, never of fewer people than policy says: J17."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django_tenants.utils import schema_context

from tests.grids.wellness.conftest import today

pytestmark = pytest.mark.django_db

GOOD = {"grip": "43.0", "sit_and_reach": "12.5", "one_leg_stand": "31"}
POOR = {"grip": "20", "sit_and_reach": "-10", "one_leg_stand": "1"}


@pytest.fixture
def quarter() -> Any:
    from grids.wellness.rules.quarter import quarter_before

    return quarter_before(today())


@pytest.fixture
def tested(alpha: Any, people: Any, town: Any, example: Any, quarter: Any) -> Any:
    """`tested("shengli", 12, GOOD)` lets so many invented people be tested in the last quarter."""
    from decimal import Decimal

    from django.utils import timezone

    from grids.wellness.models import Citizen
    from grids.wellness.services.testing import Measured, TestEntry, keep_test
    from tenants.bureau.models import Consent

    def make(community: str, number: int, values: dict[str, str], on: date | None = None) -> list[Any]:
        entry = TestEntry(
            example[0].pk,
            on or quarter.first_day,
            [Measured(code, Decimal(value)) for code, value in values.items()],
        )
        made = []
        with schema_context(alpha.schema_name):
            for _ in range(number):
                citizen = Citizen.objects.create(
                    name="周演示",
                    sex="male",
                    birth_year=1980,
                    birth_month=5,
                    community=town.communities[community],
                )
                Consent.objects.create(
                    subject=citizen.subject, purpose="fitness_test", text_version="1", given_at=timezone.now()
                )
                made.append((citizen, keep_test(citizen, example[0], entry, people.tester)))
        return made

    return make


@pytest.fixture
def publish(client: Any, example: Any, quarter: Any) -> Any:
    def make(period: str = "") -> Any:
        body = {"standard_id": example[0].pk, "period": period or quarter.name}
        return client("bureau").post("wellness/totals", body)

    return make


def _rows(answer: Any) -> dict[str, Any]:
    return {row["name"]: row for row in answer.json()["rows"]}


def test_j17_small_cells_and_what_would_tell_them_are_hidden(tested: Any, publish: Any) -> None:
    tested("shengli", 12, GOOD)
    tested("shengli", 3, POOR)
    tested("xinhua", 15, GOOD)
    tested("xinhua", 11, POOR)
    answer = publish()
    assert (answer.status_code, answer.json()["minimum_cell"]) == (201, 10)
    rows = _rows(answer)
    assert rows["county"]["cells"] == {"excellent": 0, "good": 27, "pass": 0, "fail": 14, "incomplete": 0}
    assert (rows["shengli"]["detail"], rows["shengli"]["total"]) == ("total", 15)
    assert rows["shengli"]["cells"]["fail"] is None
    assert rows["xinhua"]["cells"]["fail"] is None  # 14 - 11 would tell the three


def test_nine_people_are_hidden_and_ten_are_not(tested: Any, publish: Any) -> None:
    tested("shengli", 9, GOOD)
    tested("xinhua", 10, {"grip": "43.0"})
    rows = _rows(publish())
    assert rows["county"]["detail"] == "total"  # nine are good: the cell is hidden at every level
    assert rows["county"]["total"] == 19
    assert rows["shengli"]["total"] is None
    assert rows["xinhua"]["total"] is None  # 19 - 10 would tell


def test_incomplete_is_a_class_of_its_own(tested: Any, publish: Any) -> None:
    tested("shengli", 10, {"grip": "43.0"})
    rows = _rows(publish())
    assert rows["shengli"]["cells"] == {"excellent": 0, "good": 0, "pass": 0, "fail": 0, "incomplete": 10}


def test_a_person_counts_once_by_the_last_test(
    alpha: Any, tested: Any, publish: Any, people: Any, example: Any, quarter: Any
) -> None:
    from decimal import Decimal

    from grids.wellness.services.testing import Measured, TestEntry, keep_test

    first = tested("shengli", 10, POOR)
    entry = TestEntry(
        example[0].pk, quarter.last_day, [Measured(code, Decimal(value)) for code, value in GOOD.items()]
    )
    with schema_context(alpha.schema_name):
        for citizen, _ in first:
            keep_test(citizen, example[0], entry, people.tester)
    assert _rows(publish())["shengli"]["cells"]["good"] == 10


def test_who_withdrew_or_was_struck_out_or_tested_in_another_quarter_is_not_counted(
    alpha: Any, tested: Any, publish: Any, quarter: Any
) -> None:
    from django.utils import timezone

    from tenants.bureau.models import Consent

    tested("shengli", 10, GOOD)
    gone = tested("shengli", 10, GOOD)
    tested("shengli", 10, GOOD, quarter.first_day - timedelta(days=1))
    tested("shengli", 10, GOOD, quarter.last_day + timedelta(days=1))
    with schema_context(alpha.schema_name):
        for citizen, recorded in gone[:5]:
            Consent.objects.filter(subject=citizen.subject).update(withdrawn_at=timezone.now())
            assert recorded.test.pk
        for _, recorded in gone[5:]:
            recorded.test.voided_at = timezone.now()
            recorded.test.save()
    assert _rows(publish())["shengli"]["total"] == 10


def test_j17_period_not_over_and_published_once(tested: Any, publish: Any) -> None:
    from grids.wellness.rules.quarter import quarter_of

    running = publish(quarter_of(today()).name)
    assert (running.status_code, running.json()["code"]) == (422, "PERIOD_NOT_OVER")
    assert publish("2026Q9").status_code == 400
    assert publish().status_code == 201
    tested("shengli", 20, GOOD)
    again = publish()
    assert (again.status_code, again.json()["code"]) == (409, "TOTALS_PUBLISHED")


def test_what_was_published_is_read_as_it_was(
    alpha: Any,
    tested: Any,
    publish: Any,
    client: Any,
    example: Any,
    quarter: Any,
    django_assert_max_num_queries: Any,
) -> None:
    from grids.wellness.models import FitnessTest

    tested("shengli", 20, GOOD)
    published = publish().json()
    with schema_context(alpha.schema_name):
        FitnessTest.objects.all().delete()
    path = f"wellness/totals?standard={example[0].pk}&period={quarter.name}"
    with django_assert_max_num_queries(6):
        assert client("bureau").get(path).json() == published
    assert client("bureau").get(path.replace(quarter.name, "2020Q1")).status_code == 404


def test_a_town_sees_its_own_rows(
    alpha: Any, tested: Any, publish: Any, api: Any, make_user: Any, town: Any, example: Any, quarter: Any
) -> None:
    tested("shengli", 20, GOOD)
    tested("xinhua", 20, GOOD)
    publish()
    officer = api(alpha, make_user(alpha, "south", ["wellness.aggregate"], unit=town.units["south"]))
    answer = officer.get(f"wellness/totals?standard={example[0].pk}&period={quarter.name}")
    assert set(_rows(answer)) == {"south", "xinhua"}


def test_the_regular_job_publishes_once(
    alpha: Any, tested: Any, client: Any, example: Any, quarter: Any
) -> None:
    from grids.wellness.models import FitnessTotals
    from grids.wellness.services.totals import publish_due_totals

    tested("shengli", 10, GOOD)
    with schema_context(alpha.schema_name):
        assert publish_due_totals(on=quarter.last_day + timedelta(days=10)) == 0  # entries may still come
        assert publish_due_totals(on=quarter.last_day + timedelta(days=11)) == 1
        assert publish_due_totals(on=quarter.last_day + timedelta(days=12)) == 0
        assert FitnessTotals.objects.get().period == quarter.name


def test_j17_a_workbook_hides_what_the_page_hides(
    tested: Any, publish: Any, client: Any, example: Any, quarter: Any
) -> None:
    import io

    from openpyxl import load_workbook

    tested("shengli", 12, GOOD)
    tested("xinhua", 3, POOR)
    assert publish().status_code == 201
    asked = f"standard={example[0].pk}&period={quarter.name}"
    answer = client("bureau").get(f"wellness/totals/export?{asked}")
    assert answer.status_code == 200
    book = load_workbook(io.BytesIO(answer.content))
    lines = {row[1]: row[2:] for row in book[quarter.name].iter_rows(min_row=2, values_only=True)}
    assert lines["xinhua"] == ("不公布",) * 6
    shown = {row["name"]: row for row in client("bureau").get(f"wellness/totals?{asked}").json()["rows"]}
    for name, cells in lines.items():
        assert cells[-1] == ("不公布" if shown[name]["total"] is None else shown[name]["total"]), name
    notes = dict(book["说明"].iter_rows(values_only=True))
    assert notes["不公布"] == "少于10人，或可由其推算出少于10人的数字"
    assert "示例标准" in notes["标准"]


def test_the_quarters_that_were_published_are_listed_without_figures(
    tested: Any, publish: Any, client: Any, quarter: Any
) -> None:
    assert client("bureau").get("wellness/totals/quarters").json()["results"] == []
    tested("shengli", 12, GOOD)
    publish()
    listed = client("bureau").get("wellness/totals/quarters").json()["results"]
    assert [(row["period"], row["standard"]["is_example"]) for row in listed] == [(quarter.name, True)]
    assert "rows" not in listed[0]
