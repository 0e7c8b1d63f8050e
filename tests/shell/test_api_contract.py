"""The API document is complete and true: no warning, OpenAPI 3.1, and a running server that keeps to it."""

from __future__ import annotations

import warnings

import pytest
import schemathesis
from drf_spectacular.drainage import GENERATOR_STATS
from hypothesis import HealthCheck, Phase, given, settings

from tenants.bureau.rules.permission_catalogue import PERMISSIONS
from wangge.shell.documents import openapi

CHECKS = [
    schemathesis.checks.not_a_server_error,
    schemathesis.checks.status_code_conformance,
    schemathesis.checks.content_type_conformance,
    schemathesis.checks.response_schema_conformance,
]


@pytest.mark.parametrize("urlconf", ["wangge.shell.urls", "wangge.shell.urls_operator"])
def test_document_is_openapi_3_1_without_warnings(urlconf):
    GENERATOR_STATS.reset()
    with GENERATOR_STATS.silence(), warnings.catch_warnings():
        warnings.simplefilter("error")
        document = openapi(urlconf)
    assert document["openapi"].startswith("3.1")
    said = [*GENERATOR_STATS._warn_cache, *GENERATOR_STATS._error_cache]
    assert not said, "\n".join(said)


def test_a_running_server_keeps_to_its_document(live_alpha, alpha, make_user):
    """Random requests to every operation, as a person with every right: no 5xx, no undocumented status or body."""
    user = make_user(alpha, "fuzzer", sorted(PERMISSIONS))
    schema = schemathesis.openapi.from_url(f"{live_alpha}/api/v1/openapi.json")
    headers = {"Authorization": f"Bearer {user.secret}"}
    failures: list[str] = []
    tried = 0
    for found in schema.get_all_operations():
        operation = found.ok()
        try:
            tried += _try(operation, headers)
        except Exception as exc:  # every operation is tried before the test fails
            failures.append(f"{operation.method.upper()} {operation.path}: {exc}")
    assert not failures, "\n\n".join(failures)
    assert tried >= 50, "the document has hardly any operation"


def _try(operation, headers: dict[str, str]) -> int:
    answered = 0

    @settings(
        max_examples=12,
        derandomize=True,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
        database=None,
    )
    @given(case=operation.as_strategy())
    def one(case) -> None:
        nonlocal answered
        answered += 1
        case.call_and_validate(headers=headers, checks=CHECKS, timeout=60)

    one()
    return answered
