"""J13: a site is retired while somebody proposes or plans there: each waits for the other, and hears of it."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction

from gis.layers.rules.findings import refusal
from gis.layers.services.following import Followed
from grids.interest.rules.activity_plans import ActivityPlan
from grids.interest.services import activities, interest_grids
from grids.interest.services.activities import plan_activity
from grids.interest.services.interest_grids import propose_interest_grid
from instructors.assignment.services import retiring
from tests.grids.interest.activities.conftest import at
from tests.grids.interest.conftest import Neighbourhood, order_of
from tests.grids.interest.site_layer import Layer, square_layer  # noqa: F401
from tests.racing import meet
from wangge.errors import refuse_all


def test_j13_who_proposes_beside_the_import_is_refused_or_named(
    committed_database: Any,
    alpha: Any,
    neighbourhood: Neighbourhood,
    layer: Layer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Never does an interest grid come to stand at a site that went without its being told."""
    order = order_of(neighbourhood, name="夕阳红舞队")

    def drop() -> None:
        with transaction.atomic():
            refuse_all(refusal(finding) for finding in layer.drop(lets_go=False).refusals)

    def propose() -> None:
        propose_interest_grid(order=order, acting_user=neighbourhood.people["leader"])

    assert meet(alpha, monkeypatch, (interest_grids, "record_audit"), propose, drop) == [
        "done",
        "SITES_IN_USE",
    ]


def test_j13_who_proposes_while_the_site_is_retired_waits_and_is_refused(
    committed_database: Any,
    alpha: Any,
    neighbourhood: Neighbourhood,
    layer: Layer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    order = order_of(neighbourhood, name="夕阳红舞队")
    ends = meet(
        alpha, monkeypatch, (retiring, "tell_users_gone"), layer.drop,
        lambda: propose_interest_grid(order=order, acting_user=neighbourhood.people["leader"]),
    )  # fmt: skip
    assert ends == ["done", "SITE_RETIRED"]


def test_j13_who_plans_while_the_site_is_retired_waits_and_is_refused(
    committed_database: Any,
    alpha: Any,
    neighbourhood: Neighbourhood,
    layer: Layer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plan = ActivityPlan("晨光广场舞", at(1, 20), at(1, 21), site_id=neighbourhood.site.pk)

    def run() -> None:
        plan_activity(
            interest_grid_id=neighbourhood.dance.pk, plan=plan, acting_user=neighbourhood.people["member"],
            skip_conflicts=True,
        )  # fmt: skip

    ends = meet(alpha, monkeypatch, (retiring, "tell_users_gone"), layer.drop, run)
    assert ends == ["done", "SITE_RETIRED"]


def test_j13_the_import_waits_for_who_plans_there_and_tells_of_it(
    committed_database: Any,
    alpha: Any,
    neighbourhood: Neighbourhood,
    layer: Layer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plan = ActivityPlan("晨光广场舞", at(1, 20), at(1, 21), site_id=neighbourhood.site.pk)
    found: list[Followed] = []

    def run() -> None:
        plan_activity(
            interest_grid_id=neighbourhood.dance.pk, plan=plan, acting_user=neighbourhood.people["member"]
        )

    ends = meet(alpha, monkeypatch, (activities, "record_audit"), run, lambda: found.append(layer.drop()))
    assert ends == ["done", "done"]
    assert found[0].told[0].facts["meetings"] == 1
