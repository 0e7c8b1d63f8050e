"""Every day somebody sends lies between 2000 and 2100."""

from __future__ import annotations

import pytest

from tenants.bureau.queries.org_units import root_unit
from tenants.bureau.rules.permission_catalogue import PERMISSIONS

pytestmark = pytest.mark.django_db
VALUE = {"value": 12, "effective_from": "2027-01-01", "ends_predecessor": True}
NOTICE = {"year": 2027, "notice_number": "测试文号〔2026〕1号", "days": []}
UNIT = {"level": "county", "name": "测试区", "parent_id": 1}
VERSIONS = "policy-parameters/order.lead_workdays/versions"

ASKED = [
    ("get", "org-units?as_of={day}", None, ()),
    ("get", "policy-parameters?on={day}", None, ()),
    ("get", "policy-parameters/order.lead_workdays?on={day}", None, ()),
    ("get", "work-calendar/earliest-date?submitted_on={day}", None, ()),
    ("post", VERSIONS, VALUE, ("effective_from",)),
    ("post", VERSIONS, VALUE, ("effective_to",)),
    ("post", "work-calendar/notices", NOTICE, ("published_on",)),
    ("post", "work-calendar/notices", NOTICE, ("days", "day")),
    ("post", "org-units", UNIT, ("valid_from",)),
    ("patch", "org-units/{root}", {}, ("valid_to",)),
]


def body(given, where, day):
    if where == ("days", "day"):
        return given | {"days": [{"day": day, "kind": "rest"}]}
    return None if given is None else given | dict.fromkeys(where, day)


@pytest.mark.parametrize("day", ["0001-01-01", "1999-12-31", "2101-01-01", "9999-12-31"])
def test_a_day_out_of_range_is_refused_everywhere(alpha, in_alpha, make_user, api, day):
    city, root = api(alpha, make_user(alpha, "li", sorted(PERMISSIONS))), root_unit().pk
    for method, path, given, where in ASKED:
        answer = getattr(city, method)(
            path.format(day=day, root=root), body(given, where, day), If_Match='"1"'
        )
        assert (answer.status_code, answer.json()["code"]) == (400, "DAY_OUT_OF_RANGE"), (
            path,
            answer.content,
        )


@pytest.mark.parametrize("day", ["2000-01-01", "2100-12-31"])
def test_the_first_and_the_last_day_are_taken(alpha, make_user, api, day):
    city = api(alpha, make_user(alpha, "li", sorted(PERMISSIONS)))
    for method, path, given, _ in ASKED:
        if given is None:
            assert getattr(city, method)(path.format(day=day)).status_code == 200, path
