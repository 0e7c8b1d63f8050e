"""X07: whom an import that was taken back names is read in full by who keeps the record, masked by everybody else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_tenants.utils import schema_context

from gis.layers.models import LayerImport, LayerKind
from instructors.assignment.models import AssignmentPin
from instructors.assignment.services.bookings import book_series
from instructors.people.models import Instructor
from tenants.bureau.models import Grant, OrgUnit
from tenants.bureau.queries.days import today
from tenants.bureau.rules.local_time import local_date

from .test_retiring import Layer, duty_order

pytestmark = pytest.mark.django_db
FULL = {"测试甲", "测试乙"}  # of one masked name
LOOKS = ["layer.view", "layer.import"]
KEEPS = [*LOOKS, "instructor.edit"]


@dataclass
class Undone:
    """An import that was taken back: of two people who left meanwhile, neither pins nor duties came back."""

    row: LayerImport
    answer: Any

    def kept(self, alpha: Any) -> list[dict[str, Any]]:
        """The findings as the city keeps them."""
        with schema_context(alpha.schema_name):
            self.row.refresh_from_db()
        return list(self.row.undo_findings)


@pytest.fixture
def layer(alpha: Any, booked_world: Any) -> Layer:
    made = Layer(alpha, booked_world.acting)
    made.begin(booked_world.here, booked_world.there)
    return made


@pytest.fixture
def undone(
    alpha: Any, booked_world: Any, make_need: Callable[..., Any], layer: Layer, make_user: Any, api: Any
) -> Undone:
    world = booked_world
    first = local_date(timezone.now()) + timedelta(days=3)
    need = make_need(world.here, when=(first.isoweekday(), 540, 600), wanted=2)
    with schema_context(alpha.schema_name):
        for person in (world.person, world.other):
            AssignmentPin.objects.create(need=need, instructor=person, pinned_by=world.acting, reason="熟悉")
        orders = [duty_order(need, person, first) for person in (world.person, world.other)]
        book_series(orders=orders, acting_user=world.acting, are_duties=True)
    row, _ = layer.drop(world.here)
    with schema_context(alpha.schema_name):
        Instructor.objects.update(left_on=today() - timedelta(days=1))
        LayerImport.objects.update(unit_path=world.units["city"].path, applied_at=world.nine)
        LayerImport.objects.filter(pk=row.pk).update(applied_at=timezone.now())
    gis = make_user(alpha, "gis", LOOKS)
    answer = api(alpha, gis).post(f"layer-imports/{row.pk}/undo")
    assert answer.status_code == 200, answer.content
    return Undone(row, answer.json())


def told(findings: list[dict[str, Any]]) -> str:
    """Everything that the findings say, facts included."""
    return " ".join(f"{one['zh']} {one['en']} {one['facts']}" for one in findings)


def named_in(answer: Any) -> set[str]:
    return {name for name in FULL if name in told(answer["undo_findings"])}


def test_x07_who_keeps_no_record_reads_masked_names(
    alpha: Any, undone: Undone, make_user: Any, api: Any
) -> None:
    codes = sorted(one["code"] for one in undone.answer["undo_findings"])
    assert codes == ["DUTY_NOT_RESTORED"] * 2 + ["LET_GO_RESTORED"] + ["PIN_NOT_RESTORED"] * 2
    onlooker = make_user(alpha, "onlooker", LOOKS)
    one = api(alpha, onlooker).get(f"layer-imports/{undone.row.pk}").json()
    for answer in (undone.answer, one):
        assert named_in(answer) == set()
        assert told(answer["undo_findings"]).count("测*") == 4 * 2  # in both languages


def test_x07_who_keeps_the_records_reads_names_in_full_alone_and_in_the_list(
    alpha: Any, undone: Undone, make_user: Any, api: Any
) -> None:
    keeper = api(alpha, make_user(alpha, "keeper", KEEPS))
    one = keeper.get(f"layer-imports/{undone.row.pk}").json()
    (listed,) = [row for row in keeper.get("layer-imports").json()["results"] if row["id"] == undone.row.pk]
    for answer in (one, listed):
        assert named_in(answer) == FULL
        assert "测*" not in told(answer["undo_findings"])
    assert [row["code"] for row in one["undo_findings"]] == [
        row["code"] for row in undone.answer["undo_findings"]
    ]
    assert not any(name in told(undone.kept(alpha)) for name in FULL), "what is kept stays masked"


def test_x07_a_keeper_of_one_town_reads_that_towns_people_and_a_person_the_own_name(
    alpha: Any, undone: Undone, booked_world: Any, make_user: Any, api: Any
) -> None:
    whole = make_user(alpha, "whole", LOOKS)
    with schema_context(alpha.schema_name):
        Grant.objects.create(user=whole, permission="instructor.edit", unit=booked_world.units["other_town"])
        own = make_user(alpha, "own", LOOKS)
        Instructor.objects.filter(pk=booked_world.person.pk).update(user=own)
    path = f"layer-imports/{undone.row.pk}"
    assert named_in(api(alpha, whole).get(path).json()) == {"测试乙"}
    assert named_in(api(alpha, own).get(path).json()) == {"测试甲"}


def test_x07_a_neighbour_city_reads_nothing_and_a_forged_id_names_nobody_of_ours(
    alpha: Any, beta: Any, undone: Undone, booked_world: Any, make_user: Any, api: Any
) -> None:
    """Ids of one city mean nothing in another, whoever writes them there and whatever rights that person holds."""
    hostile = make_user(beta, "hostile", KEEPS)
    path = f"layer-imports/{undone.row.pk}"
    assert api(beta, hostile).get(path).status_code == 404
    assert api(alpha, hostile).get(path).status_code == 401
    kept = undone.kept(alpha)
    with schema_context(beta.schema_name):
        forged = LayerImport.objects.create(
            kind=LayerKind.FITNESS_SITES, status="undone", file_name="sites.xlsx", sha256="0" * 64,
            imported_by=hostile, undo_findings=kept,
            unit_path=OrgUnit.objects.get(parent=None).path,
        )  # fmt: skip
    answer = api(beta, hostile).get(f"layer-imports/{forged.pk}").json()
    assert named_in(answer) == set()
    assert booked_world.person.pk in {each for row in kept for each in row["facts"].get("instructors", [])}
    assert told(answer["undo_findings"]).count("测*") == 4 * 2


def test_x07_names_of_a_whole_page_are_read_at_once(
    alpha: Any, undone: Undone, make_user: Any, api: Any
) -> None:
    keeper = api(alpha, make_user(alpha, "keeper", KEEPS))

    def statements() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert keeper.get("layer-imports").status_code == 200
        return sum("people_instructor" in one["sql"] for one in asked.captured_queries)

    assert statements() == 1
    kept = undone.kept(alpha)
    with schema_context(alpha.schema_name):
        for number in range(5):
            LayerImport.objects.create(
                kind=LayerKind.FITNESS_SITES, status="undone", file_name=f"{number}.xlsx", sha256=f"{number:064d}",
                imported_by_id=undone.row.imported_by_id, undo_findings=kept, warnings=kept,
            )  # fmt: skip
    assert statements() == 1
