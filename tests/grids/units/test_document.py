"""What the API answers about real grids is what its document says, field by field."""

from __future__ import annotations

import re
from typing import Any

import jsonschema_rs
import pytest
from django_tenants.utils import schema_context

from grids.units.models import Grid, GridLeader
from grids.units.rules.drawing_order import DrawingOrder
from grids.units.services.coverage import compute_coverage
from grids.units.services.drawing import draw_plan
from wangge.shell.documents import openapi

pytestmark = pytest.mark.django_db


def test_answers_with_data_match_the_document(
    alpha: Any, api: Any, make_user: Any, published: dict[str, int], small_city: Any, staff: Any
) -> None:
    from tenants.bureau.rules.permission_catalogue import PERMISSIONS

    client = api(alpha, make_user(alpha, "everything", sorted(PERMISSIONS)))
    with schema_context(alpha.schema_name):
        compute_coverage(acting_user=staff.bureau)
        draft = draw_plan(
            community_id=small_city.community("shengli").pk,
            order=DrawingOrder(preset="fast", seed=9),
            acting_user=staff.gis,
        )
        grid = Grid.objects.order_by("code")[0]
        GridLeader.objects.create(
            grid=grid, user=staff.gis, starts_on="2024-01-01", appointed_by=staff.officer
        )
    document = openapi("wangge.shell.urls")
    asked = {
        "grid-plans": "grid-plans",
        "grid-plans/{id}": f"grid-plans/{draft.pk}",
        "grids": "grids",
        "grids/{id}": f"grids/{grid.pk}",
        "grids/{id}/leader": f"grids/{grid.pk}/leader",
        "grids/by-code/{code}": f"grids/by-code/{grid.code}",
        "culture-sports-officers": "culture-sports-officers",
        "grid-summary": "grid-summary",
        "coverage-runs/latest": "coverage-runs/latest",
        "coverage": "coverage?level=grid",
    }
    for template, path in asked.items():
        answer = client.get(path)
        assert answer.status_code == 200, path
        _check(document, f"/api/v1/{template}", answer.json())
    assert client.get(f"grids?plan={draft.pk}").json()["results"][0]["plan_id"] == draft.pk
    checked = client.post(f"grid-plans/{draft.pk}/check")
    _check(document, "/api/v1/grid-plans/{id}/check", checked.json(), method="post")


def _check(document: dict[str, Any], path: str, data: Any, method: str = "get") -> None:
    answer = document["paths"][path][method]["responses"]["200"]
    schema = {**answer["content"]["application/json"]["schema"], "components": document["components"]}
    errors = [
        f"{path} {'.'.join(map(str, error.instance_path))}: {re.sub(r' +', ' ', error.message)[:300]}"
        for error in jsonschema_rs.Draft202012Validator(schema).iter_errors(data)
    ]
    assert errors == []
