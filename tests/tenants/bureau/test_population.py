"""Residents stand with their day and source, and one answer never mixes two counts."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.utils import timezone

from tenants.accounts.models import AuditEvent
from tenants.bureau.models import Population
from tenants.bureau.queries.org_units import units_by_code
from tenants.bureau.queries.population import census_on
from tenants.bureau.rules.division_changes import DivisionRow
from tenants.bureau.rules.local_time import local_date
from tenants.bureau.services.org_units import load_division_codes
from tenants.bureau.services.population import record_populations
from wangge.errors import RuleBroken

pytestmark = pytest.mark.django_db
CENSUS, YEARBOOK = date(2020, 11, 1), date(2025, 12, 31)


@pytest.fixture
def counties(in_alpha):
    pairs = (("410802", "解放区"), ("410803", "中站区"))
    rows = [DivisionRow(code, name, line) for line, (code, name) in enumerate(pairs, 2)]
    load_division_codes(rows=rows, valid_from=date(2020, 1, 1), acting_user=None)
    units = units_by_code(CENSUS)
    return units["410802"].pk, units["410803"].pk


def _record(residents, counted_on=CENSUS, source="人口普查"):
    return record_populations(residents=residents, counted_on=counted_on, source=source, acting_user=None)


def test_j20_one_source_and_day_for_all(counties):
    first, second = counties
    _record({first: 347382, second: 107281})
    _record({first: 350000}, YEARBOOK, "统计年鉴")
    assert census_on(YEARBOOK - timedelta(1)).residents == {first: 347382, second: 107281}
    newer = census_on(YEARBOOK)
    assert (newer.counted_on, newer.source, newer.residents) == (YEARBOOK, "统计年鉴", {first: 350000})


def test_of_two_sources_of_a_day_the_fuller_counts(counties):
    first, second = counties
    _record({first: 1}, source="甲")
    _record({first: 2, second: 3}, source="乙")
    assert census_on(CENSUS).source == "乙"


def test_nothing_was_counted_before_the_first_count(counties):
    assert census_on(CENSUS).residents == {}
    assert census_on(CENSUS).counted_on is None


def test_the_same_count_again_replaces_its_numbers(counties):
    first, _ = counties
    _record({first: 1})
    _record({first: 2})
    assert [row.residents for row in Population.objects.all()] == [2]
    assert AuditEvent.objects.filter(action="population.record").count() == 2


def test_j20_a_count_of_tomorrow_is_refused(counties):
    today = local_date(timezone.now())
    _record({counties[0]: 1}, today)
    with pytest.raises(RuleBroken) as refused:
        _record({counties[0]: 1}, today + timedelta(1))
    assert (refused.value.code, refused.value.status) == ("POPULATION_IN_FUTURE", 422)


def test_j20_a_unit_that_is_none_is_refused_and_nothing_is_written(counties):
    with pytest.raises(RuleBroken) as refused:
        _record({counties[0]: 1, 987654: 2})
    assert (refused.value.code, refused.value.facts["units"]) == ("POPULATION_UNIT", [987654])
    assert not Population.objects.exists()


def test_who_may_not_edit_units_may_not_enter_counts(alpha, counties, make_user, api):
    body = {
        "counted_on": "2020-11-01",
        "source": "人口普查",
        "residents": [{"unit_id": counties[0], "residents": 5}],
    }
    looker = make_user(alpha, "looker", ["org.view"])
    assert api(alpha, looker).post("populations", body).status_code == 403
    editor = make_user(alpha, "editor", ["org.view", "org.edit"])
    assert api(alpha, editor).post("populations", body).json() == {"units": 1}
    rows = api(alpha, looker).get("populations").json()["results"]
    assert [(row["residents"], row["source"]) for row in rows] == [(5, "人口普查")]
