"""J12: a register comes in alike from every form of its table, or is refused by row."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from instructors.people.models import Instructor
from tests.handed_in import BROKEN, FORMS, WRONG_CELLS, Table

from .conftest import HEADER, codes, line

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_alpha")]
TABLE = Table(
    HEADER,
    [[str(cell) for cell in line(number)] for number in (1, 2, 3)],
    merged=("所属社区", "项目"), needed="姓名", days=("发证日期",), numbers=("手机号",),
)  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_J12_a_register_comes_in_alike_in_every_form(bring: Any, form: str) -> None:
    make, told = FORMS[form]
    done = bring(make(TABLE))
    assert (done.status, done.errors, codes(done.warnings)) == ("applied", [], told)
    people = Instructor.objects.order_by("name").select_related("unit").prefetch_related("grades")
    assert [(each.name, each.unit.name, each.grades.get().valid_from) for each in people] == [
        (f"测试{number}", "xinhua", date(2024, 5, 1)) for number in (1, 2, 3)
    ]


@pytest.mark.parametrize("wrong", WRONG_CELLS)
def test_J12_a_cell_without_a_value_is_told_by_its_row_and_nobody_comes_in(bring: Any, wrong: str) -> None:
    make, code = WRONG_CELLS[wrong]
    done = bring(make(TABLE))
    assert (done.status, [(each["row"], each["code"]) for each in done.errors]) == ("refused", [(3, code)])
    assert not Instructor.objects.exists()


@pytest.mark.parametrize("kind", BROKEN)
def test_J12_a_register_that_cannot_be_read_is_refused_with_its_reason(bring: Any, kind: str) -> None:
    make, code = BROKEN[kind]
    done = bring(make(TABLE))
    assert (done.status, codes(done.errors)) == ("refused", [code])
