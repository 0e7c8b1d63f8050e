"""One table: endpoint × role → status. A new endpoint of the bureau that is not in it fails the test."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tenants.accounts.models import AuditEvent
from tenants.bureau.api.urls import urlpatterns
from tenants.bureau.models import BackgroundJob, Grant, OutboxMessage
from tenants.bureau.queries.org_units import root_unit
from tenants.bureau.rules.role_templates import ROLE_TEMPLATES

pytestmark = pytest.mark.django_db

ROLES = ("bureau_admin", "district_officer", "town_staff", "gis_staff", "auditor", "citizen")
EVERYBODY = dict.fromkeys(ROLES, 200)
STAFF = EVERYBODY | {"citizen": 403}
AUDITORS = ("bureau_admin", "district_officer", "auditor")


def only(status: int, *roles: str) -> dict[str, int]:
    """That status for some roles, 403 for the rest."""
    return dict.fromkeys(ROLES, 403) | dict.fromkeys(roles, status)


# A write with an empty body: who may write is told 400, who may not 403. Roles are held at the root here; what a
# district may reach is tested with users and units.
TABLE: list[tuple[str, str, dict[str, int]]] = [
    ("get", "jobs", EVERYBODY),
    ("get", "jobs/{job}", dict.fromkeys(ROLES, 404)
        | dict.fromkeys(("bureau_admin", "district_officer", "gis_staff", "auditor"), 200)),
    ("post", "jobs/{job}/cancel", dict.fromkeys(ROLES, 404)
        | {"bureau_admin": 202, "district_officer": 403, "gis_staff": 403, "auditor": 403}),
    ("get", "storage", only(200, "bureau_admin", "district_officer", "gis_staff", "auditor")),
    ("get", "me/rights", EVERYBODY),
    ("get", "rights-catalogue", only(200, "bureau_admin", "district_officer", "auditor")),
    ("get", "org-units", STAFF),
    ("post", "org-units", only(400, "bureau_admin")),
    ("get", "org-units/{root}", STAFF | {"citizen": 404}),
    ("patch", "org-units/{root}", only(428, "bureau_admin") | {"citizen": 404}),
    ("delete", "org-units/{root}", dict.fromkeys(ROLES, 405)),
    ("get", "populations", STAFF),
    ("post", "populations", only(400, "bureau_admin")),
    ("get", "policy-parameters", STAFF),
    ("get", "policy-parameters/quota.yearly_amount", STAFF),
    ("post", "policy-parameters/quota.yearly_amount/versions", dict.fromkeys(ROLES, 400) | {"citizen": 403}),
    ("get", "work-calendar/earliest-date", STAFF),
    ("get", "work-calendar/2026", STAFF),
    ("post", "work-calendar/notices", only(400, "bureau_admin")),
    ("get", "users", only(200, "bureau_admin", "district_officer", "auditor")),
    ("post", "users", only(400, "bureau_admin", "district_officer")),
    ("get", "users/{other}", dict.fromkeys(ROLES, 404)
        | dict.fromkeys(("bureau_admin", "district_officer", "auditor"), 200)),
    ("patch", "users/{other}", dict.fromkeys(ROLES, 404)
        | {"bureau_admin": 428, "district_officer": 428, "auditor": 403}),
    ("post", "users/{other}/reveal", dict.fromkeys(ROLES, 404)
        | {"bureau_admin": 403, "district_officer": 403, "auditor": 403}),
    ("post", "users/look-up", only(400, "bureau_admin", "district_officer", "auditor")),
    ("get", "personal-purposes", EVERYBODY),
    ("get", "messages", EVERYBODY),
    ("post", "messages/{message}/read", dict.fromkeys(ROLES, 404)),
    ("get", "outbox", only(200, "bureau_admin")),
    ("post", "outbox/{message}/retry", dict.fromkeys(ROLES, 404) | {"bureau_admin": 409}),
    ("get", "users/{other}/grants", dict.fromkeys(ROLES, 404)
        | dict.fromkeys(("bureau_admin", "district_officer", "auditor"), 200)),
    ("post", "users/{other}/grants", dict.fromkeys(ROLES, 404)
        | {"bureau_admin": 400, "district_officer": 400, "auditor": 403}),
    ("delete", "users/{other}/sessions", dict.fromkeys(ROLES, 404)
        | {"bureau_admin": 204, "district_officer": 204, "auditor": 403}),
    ("delete", "users/{other}/sign-in-lock", dict.fromkeys(ROLES, 404)
        | {"bureau_admin": 204, "district_officer": 204, "auditor": 403}),
    ("post", "users/{other}/second-factor-reset", dict.fromkeys(ROLES, 404)
        | {"bureau_admin": 400, "district_officer": 403, "auditor": 403}),
    ("delete", "grants/{grant}", dict.fromkeys(ROLES, 404)
        | {"bureau_admin": 204, "district_officer": 204, "auditor": 403}),
    ("get", "audit-events", only(200, "bureau_admin", "district_officer", "auditor")),
    ("get", "audit-events/export", only(200, *AUDITORS)),
    ("get", "audit-events/{audit}", dict.fromkeys(ROLES, 404) | dict.fromkeys(AUDITORS, 200)),
    ("delete", "audit-events/{audit}", dict.fromkeys(ROLES, 405)),
    ("patch", "audit-events/{audit}", dict.fromkeys(ROLES, 405)),
    ("put", "audit-events/{audit}", dict.fromkeys(ROLES, 405)),
    ("post", "audit-events", dict.fromkeys(ROLES, 405)),
    ("delete", "audit-events", dict.fromkeys(ROLES, 405)),
]  # fmt: skip


@pytest.fixture
def asked(alpha, in_alpha, make_user) -> Callable[[str], str]:
    other = make_user(alpha, "other", ["grid.view"])
    AuditEvent.objects.create(actor_label="test", action="test.act", subject_type="test")
    ids = {
        "root": root_unit().pk,
        "other": other.pk,
        "grant": Grant.objects.get(user=other).pk,
        "audit": AuditEvent.objects.first().pk,
        "message": OutboxMessage.objects.create(channel="sms", recipient="x", template="x", dedup_key="x").pk,
        "job": BackgroundJob.objects.create(kind="test", started_by=other, unit_path=root_unit().path).pk,
    }
    return lambda path: path.format(**ids)


@pytest.mark.parametrize("role", ROLES)
def test_a_role_is_answered_as_the_table_says(role, alpha, asked, make_user, api):
    user = make_user(alpha, "li", sorted(ROLE_TEMPLATES[role].permissions))
    city = api(alpha, user)
    # Deleting goes last, so that every row finds its object.
    rows = sorted(TABLE, key=lambda row: row[0] == "delete")
    got = {(method, path): ask(city, method, asked(path)) for method, path, _ in rows}
    assert got == {(method, path): expected[role] for method, path, expected in TABLE}


def test_a_stranger_is_asked_to_sign_in_everywhere(alpha, asked, api):
    city = api(alpha)
    got = {(method, path): ask(city, method, asked(path)) for method, path, _ in TABLE}
    assert set(got.values()) == {401}, got


def test_every_route_of_the_bureau_is_in_the_table():
    wanted = {str(pattern.pattern) for pattern in urlpatterns}
    asked_for = {_route(path) for _, path, _ in TABLE}
    assert asked_for == wanted


def ask(city: Any, method: str, path: str) -> int:
    return int(getattr(city, method)(path, None if method in ("get", "delete") else {}).status_code)


def _route(path: str) -> str:
    for name in ("{job}", "{root}", "{other}", "{grant}", "{audit}", "{message}"):
        path = path.replace(name, "<int:id>")
    return path.replace("quota.yearly_amount", "<str:key>").replace(
        "work-calendar/2026", "work-calendar/<int:year>"
    )
