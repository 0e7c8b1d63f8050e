"""Two people who set one parameter at the same moment: one passes, the other is told of the overlap."""

from __future__ import annotations

import threading
from datetime import date

from django.db import connections
from django_tenants.utils import schema_context

from tenants.bureau.services.policy import set_policy
from wangge.errors import RuleBroken

KEY = "order.lead_workdays"
JANUARY = date(2027, 1, 1)


def test_two_people_who_set_a_value_at_once_do_not_both_pass(committed_database, alpha, make_user):
    user = make_user(alpha, "bureau", ["policy.view", "policy.edit"])
    outcomes: list[str] = []

    def set_it() -> None:
        try:
            with schema_context(alpha.schema_name):
                set_policy(key=KEY, value=12, effective_from=JANUARY, ends_predecessor=True, acting_user=user)
            outcomes.append("set")
        except RuleBroken as refused:
            outcomes.append(refused.code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=set_it) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert sorted(outcomes) == ["POLICY_OVERLAP", "POLICY_OVERLAP", "set"]
