"""`manage.py cities` prints a row for every city, or a document for a script."""

from __future__ import annotations

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from tenants.registry.models import City


def _said(*arguments: str) -> str:
    out = StringIO()
    call_command("cities", *arguments, stdout=out)
    return out.getvalue()


@pytest.fixture(autouse=True)
def _wide(monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")


def test_every_city_has_its_row(alpha, beta):
    now = timezone.now()
    City.objects.filter(pk=alpha.pk).update(suspended_at=now, backed_up_at=now - timedelta(days=30))
    said = _said()
    rows = {slug: line for line in said.splitlines() for slug in ("alpha", "beta") if slug in line}
    assert "暂停" in rows["alpha"]
    assert "从未" not in rows["alpha"]
    assert "从未 never" in rows["beta"]
    assert "20.0 GB" in rows["beta"]
    assert "2 个城市" in said


def test_a_script_reads_the_same_as_json(alpha, beta):
    rows = json.loads(_said("--json"))["results"]
    assert [row["slug"] for row in rows] == ["alpha", "beta"]
    assert rows[0]["figures"]["users"] == 1


def test_an_installation_without_a_city_has_an_empty_table(db):
    City.objects.all().delete()
    assert "0 个城市" in _said()
