"""Ordering plans over the API: what may be said, what is refused by its name, what an order may choose from."""

from __future__ import annotations

from typing import Any

import pytest
from django_tenants.utils import schema_context

from grids.units.rules.drawing_order import ORDER_LIMITS, DrawingOrder
from grids.units.rules.grid_size import SizeLimits
from tenants.bureau.models import BackgroundJob

pytestmark = pytest.mark.django_db


@pytest.fixture
def gis(api: Any, alpha: Any, staff: Any) -> Any:
    return api(alpha, staff.gis)


@pytest.mark.parametrize("path", ["grid-plans", "grid-plans/partition"])
def test_a_field_that_nobody_reads_is_refused_by_its_name_in_both_languages(gis: Any, path: str) -> None:
    answer = gis.post(path, {"all": True, "stabilty": 3.0, "colour": "red"})
    assert answer.status_code == 422
    told = {entry["field"]: entry for entry in answer.json()["errors"]}
    assert {entry["code"] for entry in told.values()} == {"UNKNOWN_FIELD"}
    assert told["stabilty"]["message"] == {"zh": "不认识的字段“stabilty”", "en": "unknown field “stabilty”"}
    assert told["stabilty"]["how_to_fix"] == {"zh": "是否应为“stability”？", "en": "is “stability” meant?"}
    assert "cross_for_balance" in told["colour"]["how_to_fix"]["zh"]
    assert "alpha" in told["colour"]["facts"]["known"]


def test_nothing_is_started_by_an_order_with_an_unknown_field(alpha: Any, gis: Any) -> None:
    gis.post("grid-plans/partition", {"all": True, "sede": 7})
    with schema_context(alpha.schema_name):
        assert not BackgroundJob.objects.exists()


def test_many_strange_fields_make_no_long_answer(gis: Any) -> None:
    answer = gis.post("grid-plans/partition", {"all": True} | {f"x{i}" * 100: 1 for i in range(500)})
    assert (answer.status_code, len(answer.json()["errors"])) == (422, 20)
    assert max(len(entry["field"]) for entry in answer.json()["errors"]) == 60


def test_the_document_says_that_orders_and_edits_take_no_other_field() -> None:
    from wangge.shell.documents import openapi

    schema = openapi("wangge.shell.urls")["components"]["schemas"]
    assert schema["DrawingInputRequest"]["additionalProperties"] is False
    assert schema["PatchedPlanEditInputRequest"]["additionalProperties"] is False


def test_options_say_name_unit_default_and_limits_of_every_number_of_an_order(gis: Any) -> None:
    answer = gis.get("grid-plans/drawing-options").json()
    options = {row["name"]: row for row in answer["options"]}
    assert (answer["presets"], answer["preset"]) == (["fast", "standard", "best"], "standard")
    assert set(options) == {*ORDER_LIMITS, "seed"}
    for name, limit in ORDER_LIMITS.items():
        row = options[name]
        assert (row["least"], row["most"], row["zh"]) == (limit.least, limit.most, limit.zh)
        assert row["en"] and row["help_zh"] and row["help_en"] and row["unit_zh"] and row["unit_en"]


def test_the_default_shown_is_what_an_order_without_the_number_is_drawn_with(gis: Any) -> None:
    shown = {row["name"]: row["default"] for row in gis.get("grid-plans/drawing-options").json()["options"]}
    drawn = DrawingOrder().parameters(SizeLimits(400, 300, 500, 100, 800, 300))
    for name in ("band", "stability", "barrier_per_m", "compound", "seed"):
        assert shown[name] == getattr(drawn, name), name
    again = DrawingOrder(**{name: shown[name] for name in ORDER_LIMITS})
    assert again.parameters(SizeLimits(400, 300, 500, 100, 800, 300)).alpha == shown["alpha"]


def test_options_are_for_who_may_draft(api: Any, alpha: Any, staff: Any) -> None:
    assert api(alpha, staff.officer).get("grid-plans/drawing-options").status_code == 403
