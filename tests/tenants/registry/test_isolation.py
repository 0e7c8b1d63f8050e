"""A city's statements run under its own role and reach nothing of the neighbour.

Rule: X01
"""

from __future__ import annotations

import pytest
from django.db import DatabaseError, connection, transaction

pytestmark = pytest.mark.django_db


def _one(statement: str, parameters: list[object] | None = None) -> object:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchone()[0]


def test_statements_of_a_city_run_under_its_role(in_alpha):
    assert _one("SELECT current_user") == "wanggetest_city_alpha"
    assert _one("SELECT current_schema()") == "city_alpha"


@pytest.mark.parametrize(
    "probe",
    [
        "SELECT count(*) FROM city_beta.accounts_user",
        "SELECT count(*) FROM public.accounts_user",
        "SELECT count(*) FROM public.registry_city",
        "SELECT count(*) FROM public.procrastinate_jobs",
        "SELECT 1; RESET ROLE",
        "SELECT set_config('role', 'none', false)",
        "SELECT query_to_xml('select 1', true, true, '')",
        "COPY (SELECT 1) TO PROGRAM 'true'",
        "CREATE TABLE mine (id int)",
        "DELETE FROM accounts_auditevent",
        "UPDATE accounts_auditevent SET reason = 'x'",
        "TRUNCATE accounts_auditevent",
        "UPDATE django_migrations SET name = 'x'",
        "SELECT pg_read_file('/etc/passwd')",
    ],
)
def test_probe_is_denied(in_alpha, probe):
    with pytest.raises(DatabaseError), transaction.atomic():
        _one(probe)
    assert _one("SELECT current_user") == "wanggetest_city_alpha"


def test_savepoint_rollback_keeps_role_and_path(in_alpha):
    with pytest.raises(RuntimeError), transaction.atomic():
        _one("SELECT 1")
        raise RuntimeError
    assert _one("SELECT current_user") == "wanggetest_city_alpha"


def test_a_job_cannot_name_another_city(in_alpha):
    statement = (
        "SELECT procrastinate_defer_jobs_v1(ARRAY[ROW('default', 'shell.rescue_stalled', 0, NULL, NULL,"
        " jsonb_build_object('city', %s::text), NULL)]::procrastinate_job_to_defer_v1[])"
    )
    assert _one(statement, ["city_alpha"])
    with pytest.raises(DatabaseError, match="another city"), transaction.atomic():
        _one(statement, ["city_beta"])
