"""The list of background jobs, narrowed to what the work is about."""

from __future__ import annotations

from typing import Any

import pytest
from django_tenants.utils import schema_context

from tenants.bureau.models import BackgroundJob, OrgUnit

pytestmark = pytest.mark.django_db


def test_jobs_are_listed_by_what_they_are_about(alpha: Any, api: Any, make_user: Any) -> None:
    watcher, other = make_user(alpha, "watcher", ["job.view"]), make_user(alpha, "other")
    with schema_context(alpha.schema_name):
        for kind in ("layers.import", "units.draw_plans", "interest.import_members"):
            BackgroundJob.objects.create(
                kind=kind, state="failed", started_by=other, unit_path=OrgUnit.objects.get(parent=None).path
            )
    call = api(alpha, watcher)

    def kinds(query: str) -> list[str]:
        return [row["kind"] for row in call.get(f"jobs{query}").json()["results"]]

    assert kinds("") == ["layers.import", "units.draw_plans", "interest.import_members"]
    assert kinds("?subject=layers,units") == ["layers.import", "units.draw_plans"]
    assert kinds("?subject=layer") == []
    assert call.get("jobs?subject=%25").status_code == 400
    assert api(alpha, make_user(alpha, "stranger")).get("jobs?subject=layers").json()["results"] == []
