"""Publishing the totals of a quarter, once, with small cells hidden before anything is stored. Rule: J17"""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import Any

from django.db import IntegrityError, transaction

from grids.wellness.models import FitnessTest, FitnessTotals
from grids.wellness.queries.fitness_tests import counted_tests
from grids.wellness.queries.policy import wellness_policy
from grids.wellness.queries.standards import standard_found
from grids.wellness.rules.measuring import INCOMPLETE
from grids.wellness.rules.quarter import Quarter, quarter_before, quarter_named
from grids.wellness.rules.small_cells import Row, check_period_over, published
from grids.wellness.rules.standard import Grade
from grids.wellness.services.sealed import GRADE, opened
from grids.wellness.services.standards import STANDARD
from tenants.accounts.models import User
from tenants.accounts.queries import sealer
from tenants.accounts.services import record_audit
from tenants.bureau.models import OrgUnit
from tenants.bureau.queries.days import today
from wangge.errors import RuleBroken
from wangge.kernel.permissions import require

# Tests on paper are entered some days later; what comes after that is in no total.
LATE_ENTRIES = timedelta(days=10)
CLASSES = (*(grade.value for grade in Grade), INCOMPLETE)


def publish_totals(*, standard_id: int, period: str, acting_user: User) -> FitnessTotals:
    """Publish the totals of a quarter that is over. 403, 404, 400, 422 PERIOD_NOT_OVER, 409 TOTALS_PUBLISHED."""
    require(acting_user, STANDARD)
    standard_found(standard_id)
    quarter = quarter_named(period)
    check_period_over(quarter.name, quarter.last_day.isoformat(), is_over=quarter.last_day < today())
    return _publish(standard_id, quarter, acting_user)


def publish_due_totals(*, on: date) -> int:
    """Publish the last quarter that has been over for ten days, for every standard used in it; how many were new."""
    quarter = quarter_before(on - LATE_ENTRIES)
    used = FitnessTest.objects.filter(tested_on__range=(quarter.first_day, quarter.last_day))
    done = FitnessTotals.objects.filter(period=quarter.name).values("standard_id")
    made = 0
    for standard_id in used.exclude(standard_id__in=done).values_list("standard_id", flat=True).distinct():
        try:
            _publish(standard_id, quarter, None)
        except RuleBroken:  # somebody published it this moment
            continue
        made += 1
    return made


@transaction.atomic
def _publish(standard_id: int, quarter: Quarter, acting_user: User | None) -> FitnessTotals:
    policy = wellness_policy(today())
    k = int(policy.values["minimum_cell"])
    try:
        with transaction.atomic():
            totals = FitnessTotals.objects.create(
                standard_id=standard_id, period=quarter.name, minimum_cell=k, policy_version=policy.version,
                rows=_rows(standard_id, quarter, k), published_by=acting_user,
            )  # fmt: skip
    except IntegrityError as clash:
        raise RuleBroken(
            "TOTALS_PUBLISHED", zh=f"{quarter.name}的统计已生成，不再更改", status=409, rule="J17", field="period",
            en=f"the totals of {quarter.name} are published and do not change",
            how_to_fix_zh="请直接查看", how_to_fix_en="read them",
        ) from clash  # fmt: skip
    record_audit(
        acting_user=acting_user, action="wellness.publish_totals", subject=totals,
        after={"period": quarter.name, "minimum_cell": k}, policy_version=policy.version,
    )  # fmt: skip
    return totals


def _rows(standard_id: int, quarter: Quarter, k: int) -> list[dict[str, Any]]:
    counts = _counts(standard_id, quarter)
    ids = {int(part) for path in counts for part in path.strip("/").split("/")}
    units = {unit.path: unit for unit in OrgUnit.objects.filter(pk__in=ids)}
    parents = {path: _parent(path, units) for path in sorted(units, key=_parts)}
    rows = published(parents, counts, CLASSES, k)
    return [_shown(row, units[row.unit]) for row in rows]


def _counts(standard_id: int, quarter: Quarter) -> dict[str, Counter[str]]:
    """Unit path → grade → people, for this function's callers only."""
    keys, counts = sealer(), dict[str, Counter[str]]()
    tests = counted_tests(standard_id, quarter.first_day, quarter.last_day)
    for seal, kept, path in tests.values_list("seal", "grade_sealed", "citizen__community__unit__path"):
        counts.setdefault(path, Counter())[opened(GRADE, seal, kept, keys)] += 1
    return counts


def _parts(path: str) -> list[int]:
    return [int(part) for part in path.strip("/").split("/")]


def _parent(path: str, units: dict[str, OrgUnit]) -> str | None:
    above = path.rstrip("/").rpartition("/")[0] + "/"
    return above if above in units else None


def _shown(row: Row, unit: OrgUnit) -> dict[str, Any]:
    return {
        "unit_id": unit.pk,
        "path": unit.path,
        "name": unit.name,
        "level": unit.level,
        "detail": row.detail.value,
        "cells": dict(row.cells),
        "total": row.total,
    }
