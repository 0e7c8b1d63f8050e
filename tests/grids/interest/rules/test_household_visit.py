"""J13: purpose and consent first, and nothing kept of who was not spoken to."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from grids.interest.rules.household_visit import (
    VisitOutcome,
    VisitPurpose,
    VisitTold,
    check_keeps_nothing,
    check_visit_consent,
    erased_on,
)
from tenants.bureau.rules.local_time import SHANGHAI
from wangge.errors import RuleBroken

TALKED, REFUSED, NOBODY = VisitOutcome.TALKED, VisitOutcome.REFUSED, VisitOutcome.NOBODY_HOME
TELL = VisitPurpose.TELL


@pytest.mark.parametrize(
    "visit",
    [
        VisitTold(TELL, TALKED, consented=True),
        VisitTold(TELL, REFUSED, consented=False),
        VisitTold(TELL, NOBODY, consented=False),
    ],
)
def test_j13_a_visit_that_told_its_purpose_and_asked(visit: VisitTold) -> None:
    check_visit_consent(visit)


@pytest.mark.parametrize(
    ("visit", "missing"),
    [
        (VisitTold(None, TALKED, consented=True), ["purpose"]),
        (VisitTold(TELL, TALKED, consented=False), ["consented"]),
        (VisitTold(None, REFUSED, consented=False), ["purpose"]),
    ],
)
def test_j13_visit_consent(visit: VisitTold, missing: list[str]) -> None:
    with pytest.raises(RuleBroken) as refused:
        check_visit_consent(visit)
    assert (refused.value.code, refused.value.status) == ("VISIT_CONSENT", 422)
    assert refused.value.zh == "请告知目的并取得同意"
    assert refused.value.facts["missing"] == missing


@pytest.mark.parametrize("outcome", [REFUSED, NOBODY])
def test_j13_nothing_is_kept_of_a_household_not_spoken_to(outcome: VisitOutcome) -> None:
    check_keeps_nothing(VisitTold(TELL, outcome, consented=False, note="  "))
    for told in ({"note": "x"}, {"needs": 1}):
        with pytest.raises(RuleBroken, match="VISIT_KEEPS_NOTHING"):
            check_keeps_nothing(VisitTold(TELL, outcome, consented=False, **told))  # type: ignore[arg-type]
    check_keeps_nothing(VisitTold(TELL, TALKED, consented=True, note="x", needs=2))


@pytest.mark.parametrize(
    ("noted", "years", "erased"),
    [
        (datetime(2026, 3, 2, 9, tzinfo=SHANGHAI), 1, date(2027, 3, 2)),
        (datetime(2026, 3, 2, 23, 59, tzinfo=SHANGHAI), 2, date(2028, 3, 2)),
        (datetime(2028, 2, 29, tzinfo=SHANGHAI), 1, date(2029, 3, 1)),
        (datetime(2028, 2, 29, tzinfo=SHANGHAI), 4, date(2032, 2, 29)),
    ],
)
def test_j13_the_day_of_erasing(noted: datetime, years: int, erased: date) -> None:
    assert erased_on(noted, years) == erased
